"""Five hundred small days that mix every rule: both engines, and the checker finds nothing."""

from __future__ import annotations

import pytest

import optimizer
from optimizer import Limits
from optimizer.bench import mixed

DAYS = 500


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["hybrid", "ortools"])
def test_plans_of_five_hundred_random_days_keep_every_rule(engine: str) -> None:
    served = 0
    for seed in range(DAYS):
        day = mixed.generate(seed)
        plan = optimizer.solve(day, Limits(None, 20, seed + 1), engine=engine)
        assert optimizer.check(day, plan) == [], f"day {seed}"
        served += plan.summary.served
    # The days are not so hard that hardly anything could go wrong.
    assert served > 3 * DAYS
