"""Lays out an engineer's day from the assistant's placements, with the optimizer's exact times.

Her word is final, so a day is laid out even where a rule breaks: then every time is the earliest that is
physically possible, and what breaks is named. Pure: values in, values out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from itertools import pairwise

from optimizer import Violation, check
from optimizer.building import route_cost, route_of
from optimizer.instance import NEVER, Instance, Job, Worker
from optimizer.plan import TERMS, Plan, Route, Summary, Unserved
from optimizer.timing import Timed, time_jobs

# The checker also compares a plan's own sums; a day that is laid out here has none yet.
_OF_THE_WHOLE = ("summary", "terms", "task_lost", "empty_route")


@dataclass(frozen=True, slots=True)
class Placed:
    """A visit in somebody's day: the task's number and when it is to begin, at the earliest."""

    task: int
    start_s: int


@dataclass(frozen=True, slots=True)
class Laid:
    """One engineer's day as it comes out: choices in order, times, broken rules, price in fen."""

    worker: int
    tasks: tuple[int, ...]
    timed: Timed
    route: Route
    broken: tuple[Violation, ...]
    cost_fen: int

    @property
    def placed(self) -> list[Placed]:
        """The choices with the times that they got."""
        return [Placed(task, start) for task, start in zip(self.tasks, self.timed.starts_s, strict=True)]


def freed(instance: Instance, task: int) -> Instance:
    """The instance without the pins of a task, which is what moving it by hand means."""
    problem = instance.problem
    loose = replace(problem.tasks[task], pin_engineer=None, pin_start_s=None, allowed_engineers=())
    if loose == problem.tasks[task]:
        return instance
    changed = copy(instance)
    changed.problem = replace(problem, tasks=(*problem.tasks[:task], loose, *problem.tasks[task + 1 :]))
    changed.jobs = list(instance.jobs)
    changed.jobs[task] = instance.job(loose, instance.jobs[task].place)
    return changed


def lay_out(
    instance: Instance, worker: int, placed: Sequence[Placed], moved: int | None = None
) -> Laid | None:
    """The day of a worker with these choices in this order; None where he has nothing at all.

    Nobody begins before his `start_s`. Where that leaves no room for the visit that was ``moved``, the others
    may begin earlier than they did; where that leaves none either, rules break, as few as can be.
    """
    own = instance.workers[worker]
    if not placed and not own.frozen:
        return None
    tasks = [one.task for one in placed]
    jobs = [instance.jobs[one.task] for one in placed]
    timed = None
    for tried in _attempts(jobs, placed, moved):
        timed = time_jobs(own, tried)
        if timed is not None:
            break
    if timed is None:
        timed = _walk(own, jobs, [one.start_s for one in placed])
    route = route_of(instance, worker, tasks, timed)
    broken = tuple(_broken(instance, worker, tasks, route))
    return Laid(worker, tuple(tasks), timed, route, broken, route_cost(instance, worker, jobs, timed))


def insert(instance: Instance, worker: int, placed: Sequence[Placed], task: int, at_s: int) -> Laid:
    """The day of a worker with ``task`` put in at about ``at_s``: after what has begun by then, or before it.

    Dropped onto the first half of another visit it may also go before that one, whatever breaks less.
    """
    after = sum(1 for one in placed if one.start_s <= at_s)
    positions = [after]
    if after:
        before = placed[after - 1]
        if at_s < before.start_s + instance.jobs[before.task].duration_s // 2:
            positions.append(after - 1)
    tried = []
    for k in positions:
        longer = [*placed[:k], Placed(task, at_s), *placed[k:]]
        laid = lay_out(instance, worker, longer, moved=task)
        assert laid is not None
        tried.append((len(laid.broken), abs(laid.timed.starts_s[k] - at_s), k, laid))
    return min(tried, key=lambda one: one[:3])[3]


def assemble(instance: Instance, laid: Iterable[Laid], engine: str) -> Plan:
    """The laid-out days as one plan with its sum, term by term."""
    days = sorted(laid, key=lambda one: one.worker)
    terms = dict.fromkeys(TERMS, 0)
    served = set(instance.frozen)
    for day in days:
        served.update(day.tasks)
        terms["hours"] += day.timed.hours_fen
        terms["overtime"] += day.timed.overtime_fen
        terms["unfairness"] += day.timed.unfair_fen
        terms["travel"] += day.route.home_travel_fen + sum(stop.travel_fen for stop in day.route.stops)
        for stop in day.route.stops:
            number = instance.task_number[stop.task]
            job = instance.jobs[number]
            if number not in instance.frozen:
                terms["lateness"] += instance.lateness(job, stop.start_s)
                terms["wishes"] += instance.wishes(job, day.worker, stop.start_s)
            terms["disturbance"] += instance.disturbance(job, day.worker, stop.start_s)
    absent = [n for n in range(len(instance.jobs)) if n not in served]
    for n in absent:
        terms["undone"] += instance.jobs[n].undone_fen
        terms["disturbance"] += instance.jobs[n].moved_fen
    routes = tuple(day.route for day in days)
    summary = Summary(
        cost_fen=sum(terms.values()),
        travel_s=sum(route.home_travel_s + sum(stop.travel_s for stop in route.stops) for route in routes),
        distance_m=sum(route.home_travel_m + sum(stop.travel_m for stop in route.stops) for route in routes),
        served=len(served),
        unserved=len(absent),
        terms=terms,
    )
    unserved = tuple(Unserved(instance.problem.tasks[n].id) for n in absent)
    return Plan(routes, unserved, summary, engine, seed=0, iterations=0)


def _attempts(jobs: Sequence[Job], placed: Sequence[Placed], moved: int | None) -> Iterator[list[Job]]:
    """The same sequence with less and less asked of it: her visit is to be where she put it to the last."""
    free = [replace(job, windows=((one.start_s, NEVER // 2),)) for job, one in zip(jobs, placed, strict=True)]
    kept = [_not_before(job, one.start_s) for job, one in zip(jobs, placed, strict=True)]
    # What she has put outside of its window before stays where it is.
    stays = [
        mine if one.task == moved or _inside(job, one.start_s) else wide
        for job, mine, wide, one in zip(jobs, kept, free, placed, strict=True)
    ]
    yield stays
    if moved is None:
        return
    hers = [one.task == moved for one in placed]
    yield [mine if own else job for job, mine, own in zip(jobs, kept, hers, strict=True)]
    # Outside of its own window nothing but the customer's word breaks.
    yield [wide if own else job for wide, job, own in zip(free, stays, hers, strict=True)]
    yield [wide if own else job for wide, job, own in zip(free, jobs, hers, strict=True)]


def _inside(job: Job, at_s: int) -> bool:
    return any(a <= at_s <= b for a, b in job.windows)


def _not_before(job: Job, at_s: int) -> Job:
    return replace(job, windows=tuple((max(a, at_s), b) for a, b in job.windows if b >= at_s))


def _walk(worker: Worker, jobs: Sequence[Job], wanted: Sequence[int]) -> Timed:
    """Earliest possible times of a sequence that breaks a rule; the break goes into the first gap that takes it."""
    legs = worker.legs
    free_s, at = worker.ready_s, worker.origin
    starts, arrivals, trips = [], [], []
    left_s, lunch_s = worker.left_s, None
    for job, want_s in zip(jobs, wanted, strict=True):
        leave_s = max(free_s, legs.leave(at, job.place, want_s))
        arrive_s = legs.arrive(at, job.place, leave_s)
        start_s = max(want_s, arrive_s)
        for gap in ((free_s, leave_s), (arrive_s, start_s)):
            lunch_s = _break_in(worker, *gap) if lunch_s is None else lunch_s
        left_s = leave_s if left_s is None else left_s
        starts.append(start_s)
        arrivals.append(arrive_s)
        trips.append(arrive_s - leave_s)
        free_s, at = start_s + job.duration_s, job.place
    home_s = legs.arrive(at, worker.end, free_s)
    left_s = free_s if left_s is None else left_s
    inside_s = (
        worker.lunch[0] if worker.lunch is not None and lunch_s is not None and lunch_s >= left_s else 0
    )
    if lunch_s is None and worker.lunch is not None:
        lunch_s = _break_in(worker, home_s, worker.lunch[2])
    hours, overtime = worker.pay(left_s, home_s, inside_s)
    stations = [worker.origin, *(job.place for job in jobs), worker.end]
    money = sum(int(legs.money[a, b]) for a, b in pairwise(stations))
    return Timed(
        left_s, tuple(starts), tuple(arrivals), tuple(trips), lunch_s, home_s, home_s - free_s, hours, overtime, money
    )  # fmt: skip


def _break_in(worker: Worker, from_s: int, to_s: int) -> int | None:
    if worker.lunch is None:
        return None
    length, earliest, latest = worker.lunch
    begin = max(from_s, earliest)
    return begin if begin + length <= min(to_s, latest) else None


def _broken(instance: Instance, worker: int, tasks: Sequence[int], route: Route) -> list[Violation]:
    """What the independent checker says of this one day."""
    problem = instance.problem
    numbers = {*instance.workers[worker].frozen, *tasks}
    alone = replace(
        problem,
        tasks=tuple(problem.tasks[n] for n in sorted(numbers)),
        engineers=(problem.engineers[worker],),
        baseline=(),
    )
    nothing = Summary(0, 0, 0, 0, 0, {})
    found = check(alone, Plan((route,), (), nothing, "hand", 0, 0))
    return [violation for violation in found if violation.code not in _OF_THE_WHOLE]
