"""The exact times of one engineer's sequence, and constant-time tests of an insertion into it.

Every position has two labels, because the break may be anywhere:

* `forward[state][k]`: the earliest end of the first `k` visits, with the break still ahead (0) or taken (1);
* `backward[state][k]`: the latest such end with which everything after it still holds.

Travel is first in first out and waiting is allowed, so earlier is never worse and the labels are exact. A
break lies before leaving a place or after arriving at one, never inside a trip or a service.
"""

from __future__ import annotations

import dataclasses
import itertools
from dataclasses import dataclass

from optimizer.instance import NEVER, Instance, Job, Worker


@dataclass(frozen=True, slots=True)
class Timed:
    """Exact times of a sequence: leaving, services, break, home, and the prices that depend on them."""

    left_s: int
    starts_s: tuple[int, ...]
    arrivals_s: tuple[int, ...]
    trips_s: tuple[int, ...]
    lunch_s: int | None
    home_s: int
    home_trip_s: int
    hours_fen: int
    overtime_fen: int
    travel_fen: int
    unfair_fen: int = 0

    @property
    def cost_fen(self) -> int:
        """Hours, overtime, travel money and unfairness together."""
        return self.hours_fen + self.overtime_fen + self.travel_fen + self.unfair_fen


def _break_from(lunch: tuple[int, int, int] | None, at_s: int) -> int:
    """The earliest end of the break when one is free from `at_s`, or `NEVER`."""
    if lunch is None:
        return NEVER
    length, from_s, to_s = lunch
    end = (at_s if at_s > from_s else from_s) + length
    return end if end <= to_s else NEVER


def _break_by(lunch: tuple[int, int, int] | None, end_s: int) -> int:
    """The latest moment from which the break can still be over by `end_s`, or `-NEVER`."""
    if lunch is None:
        return -NEVER
    length, from_s, to_s = lunch
    end_s = end_s if end_s < to_s else to_s
    return end_s - length if from_s + length <= end_s else -NEVER


class Labels:
    """Forward and backward labels of one sequence of jobs for one worker."""

    __slots__ = ("backward", "forward", "home_s", "jobs", "latest", "worker")

    def __init__(self, worker: Worker, jobs: list[Job], home_by_s: int | None = None) -> None:
        self.worker = worker
        self.jobs = jobs
        self.forward = self._forward()
        self.home_s = self._home(self.forward[0][-1], self.forward[1][-1])
        self.backward, self.latest = self._backward(worker.home_by_s if home_by_s is None else home_by_s)

    def _forward(self) -> tuple[list[int], list[int]]:
        worker = self.worker
        if worker.lunch is None:
            ahead, taken = NEVER, worker.ready_s
        else:
            ahead = worker.ready_s
            taken = _break_from(worker.lunch, ahead if worker.frozen else 0)
            if taken < NEVER:
                taken = max(taken, worker.ready_s)
        first, second = [ahead], [taken]
        at = worker.origin
        for job in self.jobs:
            ahead, taken = step(worker, at, job, ahead, taken)
            first.append(ahead)
            second.append(taken)
            at = job.place
        return first, second

    def _home(self, ahead: int, taken: int) -> int:
        worker = self.worker
        at = self.jobs[-1].place if self.jobs else worker.origin
        home = NEVER
        if taken < NEVER:
            home = worker.legs.arrive(at, worker.end, taken)
        if ahead < NEVER:
            after = worker.legs.arrive(at, worker.end, ahead)
            if _break_from(worker.lunch, after) < NEVER:
                home = min(home, after)
            before = _break_from(worker.lunch, ahead)
            if before < NEVER:
                home = min(home, worker.legs.arrive(at, worker.end, before))
        return home if home <= worker.home_by_s else NEVER

    def _backward(self, home_by_s: int) -> tuple[tuple[list[int], list[int]], tuple[list[int], list[int]]]:
        worker, jobs, legs = self.worker, self.jobs, self.worker.legs
        count = len(jobs)
        ahead, taken = [0] * (count + 1), [0] * (count + 1)
        late_ahead, late_taken = [0] * (count + 1), [0] * (count + 1)
        at = jobs[-1].place if jobs else worker.origin
        length = worker.lunch[0] if worker.lunch else 0
        # "On arrival" at the end place is after coming home, which need not be before `home_by_s`.
        by_after = -NEVER
        if worker.lunch is not None:
            by_after = min(home_by_s, worker.lunch[2] - length)
        late_taken[count], late_ahead[count] = home_by_s, by_after
        taken[count] = legs.leave(at, worker.end, home_by_s)
        ahead[count] = -NEVER
        if worker.lunch is not None:
            ahead[count] = max(legs.leave(at, worker.end, by_after), _break_by(worker.lunch, taken[count]))
        for k in range(count - 1, -1, -1):
            job = jobs[k]
            at = jobs[k - 1].place if k else worker.origin
            late_taken[k] = job.start_by(taken[k + 1] - job.duration_s)
            taken[k] = legs.leave(at, job.place, late_taken[k]) if late_taken[k] >= 0 else -NEVER
            late = -NEVER
            if worker.lunch is not None:
                late = max(
                    job.start_by(ahead[k + 1] - job.duration_s),
                    _break_by(worker.lunch, late_taken[k]),
                )
            late_ahead[k] = late
            by_arrival = legs.leave(at, job.place, late) if late >= 0 else -NEVER
            ahead[k] = max(by_arrival, _break_by(worker.lunch, taken[k]))
        return (ahead, taken), (late_ahead, late_taken)

    def fits(self, job: Job, k: int) -> int:
        """The earliest start of `job` as visit number `k` if everything after it still holds, or `NEVER`."""
        worker = self.worker
        legs = worker.legs
        late_ahead, late_taken = self.latest[0][k], self.latest[1][k]
        # Two cheap looks at the clock spare most of the travel times.
        if not job.windows or min(self.forward[0][k], self.forward[1][k]) > job.windows[-1][1]:
            return NEVER
        if max(late_ahead, late_taken) < job.windows[0][0] + job.duration_s:
            return NEVER
        at = self.jobs[k - 1].place if k else worker.origin
        ahead, taken = step(worker, at, job, self.forward[0][k], self.forward[1][k])
        last = k == len(self.jobs)
        to = worker.end if last else self.jobs[k].place
        if taken < NEVER and legs.arrive(job.place, to, taken) <= late_taken:
            return taken - job.duration_s
        if ahead < NEVER:
            if legs.arrive(job.place, to, ahead) <= late_ahead:
                return ahead - job.duration_s
            after = _break_from(worker.lunch, ahead)
            if after < NEVER and legs.arrive(job.place, to, after) <= late_taken:
                return ahead - job.duration_s
        return NEVER


def step(worker: Worker, at: int, job: Job, ahead: int, taken: int) -> tuple[int, int]:
    """The labels after serving `job`, coming from place `at` with the given labels."""
    legs, lunch = worker.legs, worker.lunch
    next_taken = NEVER
    if taken < NEVER:
        start = job.start_from(legs.arrive(at, job.place, taken))
        if start < NEVER:
            next_taken = start + job.duration_s
    if ahead >= NEVER or lunch is None:
        return NEVER, next_taken
    arrived = legs.arrive(at, job.place, ahead)
    start = job.start_from(arrived)
    next_ahead = start + job.duration_s if start < NEVER else NEVER
    on_arrival = _break_from(lunch, arrived)
    if on_arrival < NEVER:
        start = job.start_from(on_arrival)
        if start + job.duration_s < next_taken and start < NEVER:
            next_taken = start + job.duration_s
    before = _break_from(lunch, ahead)
    if before < NEVER:
        start = job.start_from(legs.arrive(at, job.place, before))
        if start + job.duration_s < next_taken and start < NEVER:
            next_taken = start + job.duration_s
    return next_ahead, next_taken


def schedule(instance: Instance, number: int, tasks: list[int]) -> Timed | None:
    """Exact times of `tasks` in this order for worker `number`, or None if a rule forbids the order.

    Home as early as possible, then leaving as late as that allows, then every service as early as possible.
    """
    worker = instance.workers[number]
    return time_jobs(worker, [instance.jobs[n] for n in tasks])


def time_jobs(worker: Worker, jobs: list[Job]) -> Timed | None:
    """`schedule()` for jobs."""
    # What has been done has been done, even where it was too much.
    load = worker.load + sum(job.demand for job in jobs)
    if len(jobs) > worker.room or (jobs and load > worker.capacity):
        return None
    first = Labels(worker, jobs)
    if first.home_s >= NEVER and worker.frozen and not jobs:
        # What has been done has been done, even where it ends after the longest day.
        worker = dataclasses.replace(worker, home_by_s=NEVER)
        first = Labels(worker, jobs)
    if first.home_s >= NEVER:
        return None
    if worker.frozen or not jobs:
        return _walk(worker, jobs, worker.ready_s, False, first.home_s)
    # With this time of coming home as the limit, the backward labels at 0 say how late he may leave.
    backward = first._backward(first.home_s)[0]
    best = None
    if backward[0][0] >= worker.ready_s and worker.lunch is not None:
        best = _walk(worker, jobs, backward[0][0], True, first.home_s)
    eaten = worker.ready_s if worker.lunch is None else max(worker.ready_s, worker.lunch[1] + worker.lunch[0])
    if backward[1][0] >= eaten:
        other = _walk(worker, jobs, backward[1][0], False, first.home_s)
        if other is not None and (best is None or other.cost_fen < best.cost_fen):
            best = other
    return best


def _walk(worker: Worker, jobs: list[Job], left_s: int, hungry: bool, home_s: int) -> Timed | None:
    """Times when leaving at `left_s`; `hungry` means that the break, if there is one, is still ahead."""
    legs, lunch = worker.legs, worker.lunch
    if worker.frozen:
        hungry = lunch is not None
    ahead, taken = (left_s, NEVER) if hungry else (NEVER, left_s)
    at = worker.origin
    labels = [(ahead, taken)]
    for job in jobs:
        ahead, taken = step(worker, at, job, ahead, taken)
        labels.append((ahead, taken))
        at = job.place
    plan = _trace(worker, jobs, labels, home_s)
    if plan is None:
        return None
    starts, arrivals, trips, lunch_s, home, home_trip = plan
    if lunch is not None and not hungry:
        lunch_s = lunch[1]
    left = worker.left_s if worker.left_s is not None else left_s
    inside = lunch[0] if lunch is not None and lunch_s is not None and left <= lunch_s < home else 0
    hours, overtime = worker.pay(left, home, inside)
    stations = [worker.origin, *(job.place for job in jobs), worker.end]
    leaving = [*(there - trip for there, trip in zip(arrivals, trips, strict=True)), home - home_trip]
    fares = (
        legs.fare(a, b, leave_s)
        for (a, b), leave_s in zip(itertools.pairwise(stations), leaving, strict=True)
    )
    money = worker.day_fen + sum(fares)
    return Timed(
        left,
        tuple(starts),
        tuple(arrivals),
        tuple(trips),
        lunch_s,
        home,
        home_trip,
        hours,
        overtime,
        money,
        worker.unfair(left, home, inside),
    )


_Traced = tuple[list[int], list[int], list[int], int | None, int, int]


def _trace(worker: Worker, jobs: list[Job], labels: list[tuple[int, int]], home_s: int) -> _Traced | None:
    """Walk back from home along the labels that make `home_s`, noting where the break is."""
    legs, lunch = worker.legs, worker.lunch
    count = len(jobs)
    stations = [worker.origin, *(job.place for job in jobs), worker.end]
    starts, arrivals, trips = [0] * count, [0] * count, [0] * count
    lunch_s: int | None = None
    ahead, taken = labels[count]
    at = stations[count]
    if taken < NEVER and legs.arrive(at, worker.end, taken) == home_s:
        state, left = 1, taken
    elif (
        ahead < NEVER
        and (before := _break_from(lunch, ahead)) < NEVER
        and legs.arrive(at, worker.end, before) == home_s
    ):
        assert lunch is not None
        state, left, lunch_s = 0, before, before - lunch[0]
    elif (
        ahead < NEVER
        and legs.arrive(at, worker.end, ahead) == home_s
        and (after := _break_from(lunch, home_s)) < NEVER
    ):
        assert lunch is not None
        state, left, lunch_s = 0, ahead, after - lunch[0]
    else:
        return None
    home_trip = home_s - left
    for k in range(count - 1, -1, -1):
        job, at = jobs[k], stations[k]
        end = labels[k + 1][state]
        ahead, taken = labels[k]
        starts[k] = end - job.duration_s
        if state == 0:
            arrivals[k], left = legs.arrive(at, job.place, ahead), ahead
        elif taken < NEVER and job.start_from(legs.arrive(at, job.place, taken)) + job.duration_s == end:
            arrivals[k], left = legs.arrive(at, job.place, taken), taken
        else:
            assert lunch is not None
            state = 0
            arrived = legs.arrive(at, job.place, ahead)
            over = _break_from(lunch, arrived)
            if over < NEVER and job.start_from(over) + job.duration_s == end:
                arrivals[k], left, lunch_s = arrived, ahead, over - lunch[0]
            else:
                left = _break_from(lunch, ahead)
                arrivals[k], lunch_s = legs.arrive(at, job.place, left), left - lunch[0]
        trips[k] = arrivals[k] - left
    return starts, arrivals, trips, lunch_s, home_s, home_trip
