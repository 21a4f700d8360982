"""Small days against the proven optimum of an exact model."""

from __future__ import annotations

import dataclasses

import pytest
from optimizer_days import H, M, engineer, problem, task
from test_optimizer_exact import best_of_all

from optimizer import Limits, OptimizerError, solve
from optimizer.bench.exact import prove
from optimizer.bench.suites import small_day
from optimizer.instance import Instance
from optimizer.model import BaselineVisit, Frozen, Lunch


@pytest.mark.parametrize("seed", range(4))
def test_the_exact_model_agrees_with_every_possible_plan(seed: int) -> None:
    day = small_day(seed, largest=5)
    assert prove(day).cost_fen == best_of_all(Instance(day))


def test_the_exact_model_keeps_the_break_whole() -> None:
    # 0.9 h there; the break is due at 12:00 sharp, when a start at noon would need him on the way or at work.
    far = task("far", 29, windows=((12 * H, 12 * H + 40 * M),), undone_fen=10**6)
    lunch = engineer(lunch=Lunch(45 * M, 12 * H, 12 * H + 45 * M))
    assert prove(problem([far], [engineer()])).routes == (("far",),)
    assert prove(problem([far], [lunch])).routes == ((),)
    later = dataclasses.replace(far, windows=((12 * H, 12 * H + 45 * M),))
    assert prove(problem([later], [lunch])).routes == (("far",),)


def test_the_exact_model_prices_disturbance() -> None:
    visit = BaselineVisit("a", "e", 15 * H)
    proof = prove(problem([task("a", 1)], baseline=(visit,)))
    undisturbed = prove(problem([task("a", 1)]))
    assert proof.proven and proof.cost_fen == undisturbed.cost_fen


def test_the_exact_model_says_what_it_does_not_know() -> None:
    with pytest.raises(OptimizerError, match="frozen"):
        prove(problem([task("a", frozen=Frozen("e", 9 * H))]))


@pytest.mark.slow
@pytest.mark.timeout(900)  # about a minute alone, several on a crowded machine
def test_two_hundred_small_days_are_optimal() -> None:
    """No sum below the proven optimum (so the proof and the engines agree on prices), and hardly one above.

    What is left above comes from timing: a route comes home as early as it can and then leaves as late as
    that allows, which is not always the cheapest way to time it.
    """
    above: dict[int, float] = {}
    for seed in range(200):
        day = small_day(seed, largest=6 if seed % 10 else 8)
        proof = prove(day, seconds=30)
        assert proof.proven, seed
        gap = solve(day, Limits(None, 3000)).summary.cost_fen / proof.cost_fen - 1
        assert gap >= 0, seed
        if gap > 0:
            above[seed] = gap
    assert len(above) <= 4, above
    assert max(above.values(), default=0) < 0.02, above
