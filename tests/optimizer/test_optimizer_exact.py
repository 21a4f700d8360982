"""Small days against every possible plan."""

from __future__ import annotations

import itertools

from optimizer import Limits, solve
from optimizer.bench.beijing import generate
from optimizer.building import route_cost
from optimizer.instance import Instance
from optimizer.timing import time_jobs


def cheapest_orders(instance: Instance, worker: int) -> dict[int, int]:
    """The price of the best order of every set of tasks (as bits) that the worker can do."""
    able = [n for n, job in enumerate(instance.jobs) if worker in job.engineers]
    found = {0: 0}
    for size in range(1, len(able) + 1):
        for tasks in itertools.combinations(able, size):
            prices = []
            for order in itertools.permutations(tasks):
                jobs = [instance.jobs[n] for n in order]
                timed = time_jobs(instance.workers[worker], jobs)
                if timed is not None:
                    prices.append(route_cost(instance, worker, jobs, timed))
            if prices:
                found[sum(1 << n for n in tasks)] = min(prices)
    return found


def best_of_all(instance: Instance) -> int:
    plans = {0: 0}
    for worker in range(len(instance.workers)):
        routes = cheapest_orders(instance, worker)
        longer: dict[int, int] = {}
        for (done, cost), (more, extra) in itertools.product(plans.items(), routes.items()):
            if not done & more:
                longer[done | more] = min(cost + extra, longer.get(done | more, cost + extra))
        plans = longer
    absence = [instance.absence(job) for job in instance.jobs]
    return min(
        cost + sum(p for n, p in enumerate(absence) if not done >> n & 1) for done, cost in plans.items()
    )


def test_small_days_are_nearly_optimal() -> None:
    gaps = []
    for seed in range(12):
        day = generate(6, 2, seed)
        best = best_of_all(Instance(day))
        gaps.append(solve(day, Limits(None, 150)).summary.cost_fen / best - 1)
    assert min(gaps) > -1e-4  # rounding of the terms for each route, no more
    assert max(gaps) < 0.03
    assert sum(gaps) / len(gaps) < 0.005
