"""When two tasks could begin together: moments by what the two detours would cost, nearly."""

from __future__ import annotations

import dataclasses
import itertools

from optimizer.building import Routes
from optimizer.instance import NEVER, Instance, Job
from optimizer.links import intersected
from optimizer.model import LATEST_S
from optimizer.timing import Labels

STEP_S = 900
MOMENTS = 32


def likely(instance: Instance, routes: Routes, one: Job, other: Job) -> list[int]:
    """Seconds at which both jobs could begin with two engineers in these routes, the cheapest first."""
    common = intersected(one.windows, other.windows)
    if not common:
        return []
    first, last = max(0, common[0][0]), min(LATEST_S, common[-1][1])
    step = max(STEP_S, -(-(last - first) // MOMENTS // STEP_S) * STEP_S)
    grid = sorted({*range(-(-first // step) * step, last + 1, step), *(a for a, _ in common)})
    moments = [m for m in grid if any(a <= m <= b for a, b in common)]
    mine, theirs = (_detours(instance, routes, job, moments) for job in (one, other))
    found = []
    for k, moment in enumerate(moments):
        prices = [a + b for v, a in mine[k] for w, b in theirs[k] if v != w]
        if prices:
            found.append((min(prices), moment))
    return [moment for _, moment in sorted(found)]


def _detours(
    instance: Instance, routes: Routes, job: Job, moments: list[int]
) -> list[list[tuple[int, float]]]:
    """For each moment the two cheapest engineers with the price of the detour as travel usually is."""
    found: list[list[tuple[int, float]]] = [[] for _ in moments]
    fixed = [dataclasses.replace(job, windows=((moment, moment),)) for moment in moments]
    for number in job.engineers:
        worker = instance.workers[number]
        jobs = [instance.jobs[n] for n in routes[number]]
        if len(jobs) >= worker.room:
            continue
        labels = Labels(worker, jobs)
        legs, hour = worker.legs, worker.hour_fen / 3600
        stations = [worker.origin, *(visit.place for visit in jobs), worker.end]

        def cost(a: int, b: int, legs=legs, hour=hour) -> float:
            return float(legs.full[:, a, b].mean()) * hour + float(legs.money[a, b])

        prices = [
            cost(a, job.place) + cost(job.place, b) - cost(a, b) for a, b in itertools.pairwise(stations)
        ]
        for row, then in zip(found, fixed, strict=True):
            fits = [price for k, price in enumerate(prices) if labels.fits(then, k) < NEVER]
            if fits:
                row.append((number, min(fits)))
    return [sorted(row, key=lambda pair: (pair[1], pair[0]))[:2] for row in found]
