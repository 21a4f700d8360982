"""Where a new task would fit into a plan and what that would cost, for offers on the telephone.

Nothing else of the plan changes its engineer or its order; times are exact.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from optimizer.building import route_cost, sequences
from optimizer.instance import NEVER, Instance, open_windows
from optimizer.model import Problem, Task, Window
from optimizer.plan import Plan
from optimizer.timing import Labels, time_jobs


@dataclass(frozen=True, slots=True)
class Insertion:
    """The cheapest place for a task with one engineer in one window."""

    engineer: str
    window: Window | None
    position: int  # number of visits before it on that day, frozen ones included
    extra_fen: int
    extra_travel_s: int
    start_s: int
    latest_start_s: int  # up to then the rest of the day still holds


def best_insertions(
    problem: Problem, plan: Plan, task: Task, windows: Sequence[Window] = ()
) -> list[Insertion]:
    """The cheapest feasible place for `task` with each engineer in each of `windows`, cheapest first.

    `task` may be new or one that the plan holds or leaves out (it is then taken out first). Without
    `windows` the task's own windows count as one, and `window` is None. Raises `ProblemError` where the
    plan does not belong to the problem.
    """
    others = tuple(other for other in problem.tasks if other.id != task.id)
    with_task = dataclasses.replace(problem, tasks=(*others, task))
    with_task.validate()
    instance = Instance(with_task)
    return insertions(instance, sequences(instance, plan, skip=task.id), task, windows)


def insertions(
    instance: Instance, routes: list[list[int]], task: Task, windows: Sequence[Window] = ()
) -> list[Insertion]:
    """`best_insertions()` on an instance that holds the task, with `routes` that do not."""
    number = instance.task_number[task.id]
    own = instance.jobs[number]
    offers: list[Window | None] = [(from_s, to_s) for from_s, to_s in windows] or [None]
    found: list[Insertion] = []
    for worker_number in own.engineers:
        worker, route = instance.workers[worker_number], routes[worker_number]
        if len(route) >= worker.room:
            continue
        jobs = [instance.jobs[n] for n in route]
        labels = Labels(worker, jobs)
        before_fen = before_s = 0
        if route or worker.frozen:
            before = time_jobs(worker, jobs)
            if before is None:
                continue
            before_fen = route_cost(instance, worker_number, jobs, before)
            before_s = before.home_trip_s + sum(before.trips_s)
        for window in offers:
            job = own
            if window is not None:
                job = dataclasses.replace(own, windows=open_windows((window,), task.pin_start_s))
            best: Insertion | None = None
            for k in range(len(route) + 1):
                if labels.fits(job, k) >= NEVER:
                    continue
                longer = [*jobs[:k], job, *jobs[k:]]
                after = time_jobs(worker, longer)
                if after is None:
                    continue
                extra = route_cost(instance, worker_number, longer, after) - before_fen
                if best is None or extra < best.extra_fen:
                    late = Labels(worker, longer).latest
                    best = Insertion(
                        engineer=instance.problem.engineers[worker_number].id,
                        window=window,
                        position=k + len(worker.frozen),
                        extra_fen=extra,
                        extra_travel_s=after.home_trip_s + sum(after.trips_s) - before_s,
                        start_s=after.starts_s[k],
                        latest_start_s=max(after.starts_s[k], late[0][k], late[1][k]),
                    )
            if best is not None:
                found.append(best)
    return sorted(found, key=lambda i: (i.extra_fen, i.start_s, i.engineer))
