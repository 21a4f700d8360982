"""Where a new task would fit into a plan and what that would cost, for offers on the telephone.

Nothing else of the plan changes its engineer or its order; times are exact. `offers.OfferBook` answers the
same in constant time for each place; here it is said plainly.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from optimizer.building import Routes, route_cost, sequences
from optimizer.instance import NEVER, Instance, Job, Worker, open_windows
from optimizer.links import held
from optimizer.model import Problem, Task, Window
from optimizer.plan import Plan
from optimizer.timing import Labels, Timed, time_jobs


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
    dataclasses.replace(problem, tasks=(*others, task)).validate()
    kept = held(problem, plan)
    others = tuple(other for other in kept.tasks if other.id != task.id)
    with_task = dataclasses.replace(kept, tasks=(*others, task))
    instance = Instance(with_task)
    return insertions(instance, sequences(instance, plan, skip=task.id), task, windows)


def insertions(
    instance: Instance, routes: Routes, task: Task, windows: Sequence[Window] = ()
) -> list[Insertion]:
    """`best_insertions()` on an instance that holds the task, with `routes` that do not."""
    own = instance.jobs[instance.task_number[task.id]]
    wanted = jobs_within(own, task, windows)
    found: list[Insertion] = []
    for number in own.engineers:
        worker, jobs = instance.workers[number], [instance.jobs[n] for n in routes[number]]
        if len(jobs) >= worker.room:
            continue
        before_fen = before_s = 0
        if jobs or worker.frozen:
            before = time_jobs(worker, jobs)
            if before is None:
                continue
            before_fen = route_cost(instance, number, jobs, before)
            before_s = _travel_s(before)
        for window, job in wanted:
            best = cheapest(instance, number, jobs, job)
            if best is not None:
                k = best.position
                late = Labels(worker, [*jobs[:k], job, *jobs[k:]]).latest
                found.append(
                    Insertion(
                        engineer=instance.problem.engineers[number].id,
                        window=window,
                        position=k + len(worker.frozen),
                        extra_fen=best.price_fen - before_fen,
                        extra_travel_s=_travel_s(best.timed) - before_s,
                        start_s=best.timed.starts_s[k],
                        latest_start_s=max(best.timed.starts_s[k], late[0][k], late[1][k]),
                    )
                )
    return sorted(found, key=cheapest_first)


def _travel_s(timed: Timed) -> int:
    return timed.home_trip_s + sum(timed.trips_s)


def jobs_within(job: Job, task: Task, windows: Sequence[Window]) -> list[tuple[Window | None, Job]]:
    """The job as it would be in each of the windows; as it is where there are none."""
    if not windows:
        return [(None, job)]
    return [(w, dataclasses.replace(job, windows=open_windows((w,), task.pin_start_s))) for w in windows]


def cheapest_first(place: Insertion) -> tuple[int, int, str]:
    """The order of places: by price, then by start."""
    return place.extra_fen, place.start_s, place.engineer


def refilled(instance: Instance, number: int, route: list[int], tasks: Iterable[int]) -> list[int]:
    """The route with as many more tasks as hold, dearest absence first, each at its cheapest place."""
    route = list(route)
    for n in sorted(tasks, key=lambda n: (-instance.absence(instance.jobs[n]), n)):
        if number in instance.jobs[n].engineers and len(route) < instance.workers[number].room:
            place = cheapest(instance, number, [instance.jobs[m] for m in route], instance.jobs[n])
            if place is not None:
                route.insert(place.position, n)
    return route


@dataclass(frozen=True, slots=True)
class Place:
    """A job's cheapest place in a day: after how many visits, what the day then costs, and its times."""

    position: int
    price_fen: int
    timed: Timed


def cheapest(
    instance: Instance, number: int, jobs: list[Job], job: Job, worker: Worker | None = None
) -> Place | None:
    """The cheapest place of `job` in the day of worker `number`, the first of equals, or None where none fits.

    `worker` may be one with other rules than he has.
    """
    worker = worker or instance.workers[number]
    labels = Labels(worker, jobs)
    best: Place | None = None
    for k in range(len(jobs) + 1):
        if labels.fits(job, k) >= NEVER:
            continue
        longer = [*jobs[:k], job, *jobs[k:]]
        timed = time_jobs(worker, longer)
        if timed is None:
            continue
        price = route_cost(instance, number, longer, timed)
        if best is None or price < best.price_fen:
            best = Place(k, price, timed)
    return best
