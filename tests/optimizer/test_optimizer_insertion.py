"""Offers: where a new task fits, what it costs, and that it is true."""

from __future__ import annotations

import dataclasses

import pytest
from optimizer_days import H, engineer, problem, task

import optimizer
from optimizer import Limits, ProblemError
from optimizer.bench.beijing import generate
from optimizer.building import build
from optimizer.instance import Instance

WINDOWS = [(h * H, (h + 2) * H) for h in (9, 10, 11, 13, 14, 15)]


def test_every_offer_holds_when_it_is_taken() -> None:
    day = generate(16, 6, 2)
    plan = optimizer.solve(day, Limits(None, 40))
    new = task("new", 0, lat=39.95, lon=116.42, skills=("pbx",))
    offers = optimizer.best_insertions(day, plan, new, WINDOWS)
    assert offers and offers == sorted(offers, key=lambda o: o.extra_fen)
    assert len({(o.engineer, o.window) for o in offers}) == len(offers)
    for offer in offers:
        assert offer.window is not None
        taken = dataclasses.replace(new, windows=(offer.window,))
        longer = dataclasses.replace(day, tasks=(*day.tasks, taken))
        instance = Instance(longer)
        routes: list[list[int]] = [[] for _ in instance.workers]
        for route in plan.routes:
            routes[instance.worker_number[route.engineer]] = [
                instance.task_number[s.task] for s in route.stops
            ]
        routes[instance.worker_number[offer.engineer]].insert(offer.position, instance.task_number["new"])
        result = build(instance, routes, "test", 1, 0)
        assert optimizer.check(longer, result) == []
        assert abs(result.summary.cost_fen - plan.summary.cost_fen - offer.extra_fen) <= 2
        assert result.summary.travel_s - plan.summary.travel_s == offer.extra_travel_s
        found = next(s for r in result.routes for s in r.stops if s.task == "new")
        assert found.start_s == offer.start_s <= offer.latest_start_s


def test_without_windows_the_tasks_own_count_and_a_planned_task_is_moved() -> None:
    day = problem([task("a", 1), task("b", 2, windows=((15 * H, 16 * H),))], [engineer(), engineer("f")])
    plan = optimizer.solve(day, Limits(None, 20))
    offers = optimizer.best_insertions(day, plan, day.tasks[1])
    assert {o.engineer for o in offers} == {"e", "f"}
    assert all(o.window is None and 15 * H <= o.start_s <= 16 * H for o in offers)


def test_no_room_no_offer_and_a_foreign_plan_is_refused() -> None:
    day = problem([task("a", duration_s=8 * H)])
    plan = optimizer.solve(day, Limits(None, 5))
    assert optimizer.best_insertions(day, plan, task("new")) == []
    with pytest.raises(ProblemError, match="no task has the id 'a'"):
        optimizer.best_insertions(problem([]), plan, task("new"))


def test_a_full_day_has_places_for_the_telephone() -> None:
    day = generate(200, 30, 1)
    plan = optimizer.solve(day, Limits(None, 1))
    half = dataclasses.replace(
        plan, routes=tuple(dataclasses.replace(r, stops=r.stops[::2]) for r in plan.routes)
    )
    new = task("new", 0, lat=39.95, lon=116.42)
    assert len(optimizer.best_insertions(day, half, new, WINDOWS)) > 50
