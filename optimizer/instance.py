"""A problem made ready for computing: numbers instead of names, and the sum of a route.

Tasks and engineers are their positions in the problem. Sequences hold only tasks that are still a choice:
frozen ones are the fixed beginning of their engineer's day and live in `Worker.frozen`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

from optimizer.model import Problem, Task, Way, Window
from optimizer.travel import Legs, Places

NEVER = 10**9


@dataclass(frozen=True, slots=True)
class Job:
    """A task, ready for computing; `windows` is sorted and without overlaps."""

    place: int
    duration_s: int
    windows: tuple[Window, ...]
    undone_fen: int
    engineers: tuple[int, ...]
    base_engineer: int = -1
    base_start_s: int = -1
    moved_fen: int = 0
    demand: int = 0
    preferred: Window | None = None
    prefer_fen: int = 0
    promise: Window | None = None
    friends: tuple[int, ...] = ()
    wished: bool = False

    @property
    def timed(self) -> bool:
        """Whether the moment of its start has a price."""
        return bool(self.moved_fen or self.prefer_fen or self.promise is not None)

    def start_from(self, at_s: int) -> int:
        """The first allowed start at or after `at_s`, or `NEVER`."""
        for from_s, to_s in self.windows:
            if at_s <= to_s:
                return from_s if from_s > at_s else at_s
        return NEVER

    def start_by(self, at_s: int) -> int:
        """The last allowed start at or before `at_s`, or `-NEVER`."""
        for from_s, to_s in reversed(self.windows):
            if at_s >= from_s:
                return to_s if to_s < at_s else at_s
        return -NEVER


@dataclass(frozen=True, slots=True)
class Worker:
    """An engineer, ready for computing.

    `origin` and `ready_s` are where and when the part of his day begins that is still a choice: his start
    place and shift, or the last frozen task. `lunch` is None where there is none to place any more.
    """

    legs: Legs
    start: int
    end: int
    origin: int
    ready_s: int
    shift_end_s: int
    home_by_s: int
    lunch: tuple[int, int, int] | None
    room: int
    hour_fen: int
    overtime_fen: int
    frozen: tuple[int, ...]
    left_s: int | None
    capacity: int = NEVER
    load: int = 0
    fair_s: int | None = None
    unfair_fen: int = 0
    day_fen: int = 0

    def pay(self, left_s: int, home_s: int, lunch_inside_s: int) -> tuple[int, int]:
        """Prices in fen of the normal and the overtime hours between leaving and coming home."""
        worked = home_s - left_s - lunch_inside_s
        over = min(worked, max(0, home_s - self.shift_end_s))
        return ((worked - over) * self.hour_fen + 1800) // 3600, (over * self.overtime_fen + 1800) // 3600

    def unfair(self, left_s: int, home_s: int, lunch_inside_s: int) -> int:
        """Price in fen of work beyond a fair day."""
        if self.fair_s is None:
            return 0
        return (max(0, home_s - left_s - lunch_inside_s - self.fair_s) * self.unfair_fen + 1800) // 3600


def undone_price(problem: Problem, task: Task) -> int:
    """Price in fen of not doing a task this day."""
    prices = problem.prices
    price = task.undone_fen
    if price is None:
        price = prices.undone_fen.get(task.kind, prices.undone_fen.get("other", 0))
        if task.urgent:
            price = round(price * prices.urgent_factor)
    return round(price * prices.due_factor) if task.due is not None and task.due <= problem.day else price


def open_windows(windows: tuple[Window, ...], pin_start_s: int | None) -> tuple[Window, ...]:
    """Sorted windows without overlaps; the whole day if there are none; one second if a start is pinned."""
    merged: list[Window] = []
    for from_s, to_s in sorted(windows) or [(0, NEVER // 2)]:
        if merged and from_s <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(to_s, merged[-1][1]))
        else:
            merged.append((from_s, to_s))
    if pin_start_s is None:
        return tuple(merged)
    return ((pin_start_s, pin_start_s),) if any(a <= pin_start_s <= b for a, b in merged) else ()


class Instance:
    """A problem with its travel computed; build it once for each solve."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.task_number = {task.id: n for n, task in enumerate(problem.tasks)}
        self.worker_number = {engineer.id: n for n, engineer in enumerate(problem.engineers)}
        self.places = Places(problem)
        used = {engineer.travels_by for engineer in problem.engineers}
        used |= {way.mode for engineer in problem.engineers for way in engineer.ways}
        self.legs = {
            name: Legs(mode, problem.travel.places, self.places)
            for name, mode in problem.travel.modes.items()
            if name in used
        }
        self._skills = [frozenset(engineer.skills) for engineer in problem.engineers]
        self._levels = [engineer.skill_levels for engineer in problem.engineers]
        self._able: dict[tuple[object, ...], tuple[int, ...]] = {}
        self._baseline = {visit.task: visit for visit in problem.baseline}
        self.jobs = [self.job(task, self.places.tasks[n]) for n, task in enumerate(problem.tasks)]
        self.frozen = {n for n, task in enumerate(problem.tasks) if task.frozen is not None}
        self.workers = [self.worker(n) for n in range(len(problem.engineers))]

    def can(self, worker: int, task: Task) -> bool:
        """Whether skills, permissions and pins let this engineer do the task."""
        name, way = self.problem.engineers[worker].id, self.problem.engineers[worker].way
        return (
            (way is None or task.zone is None or task.zone not in way.barred_zones)
            and self._skills[worker].issuperset(task.skills)
            and all(self.level(worker, skill) >= least for skill, least in task.skill_levels.items())
            and (not task.allowed_engineers or name in task.allowed_engineers)
            and name not in task.forbidden_engineers
            and (task.pin_engineer is None or task.pin_engineer == name)
        )

    def level(self, worker: int, skill: str) -> int:
        """The engineer's level of a skill; 0 where he does not have it."""
        return self._levels[worker].get(skill, 1) if skill in self._skills[worker] else 0

    def job(self, task: Task, place: int) -> Job:
        """A task of this problem made ready for computing."""
        prices = self.problem.prices
        visit = self._baseline.get(task.id)
        return Job(
            place=place,
            duration_s=task.duration_s,
            windows=open_windows(task.windows, task.pin_start_s),
            undone_fen=undone_price(self.problem, task),
            engineers=self.able_to(task),
            base_engineer=self.worker_number.get(visit.engineer, -1) if visit else -1,
            base_start_s=visit.start_s if visit else -1,
            moved_fen=0 if visit is None else prices.moved_told_fen if visit.told else prices.moved_fen,
            demand=task.demand,
            preferred=task.preferred_window,
            prefer_fen=task.preferred_fen if task.preferred_window is not None else 0,
            promise=task.promised_window,
            friends=tuple(
                self.worker_number[name] for name in task.preferred_engineers if name in self.worker_number
            ),
            wished=bool(task.preferred_engineers),
        )

    def give(self, ways: Sequence[Way | None]) -> None:
        """Let the engineers travel otherwise: by number, None for his own mode. Changes this instance."""
        engineers = tuple(
            dataclasses.replace(engineer, way=way)
            for engineer, way in zip(self.problem.engineers, ways, strict=True)
        )
        changed = [n for n, one in enumerate(engineers) if one.way != self.problem.engineers[n].way]
        self.problem = dataclasses.replace(self.problem, engineers=engineers)
        for n in changed:
            self.workers[n] = self.worker(n)
        self._able.clear()
        for n, task in enumerate(self.problem.tasks):
            self.jobs[n] = dataclasses.replace(self.jobs[n], engineers=self.able_to(task))

    def able_to(self, task: Task) -> tuple[int, ...]:
        """The engineers that may do the task; most tasks of a day ask for the same."""
        levels = tuple(sorted(task.skill_levels.items()))
        key = (
            task.skills, levels, task.allowed_engineers, task.forbidden_engineers, task.pin_engineer, task.zone
        )  # fmt: skip
        found = self._able.get(key)
        if found is None:
            workers = range(len(self.problem.engineers))
            found = self._able[key] = tuple(n for n in workers if self.can(n, task))
        return found

    def lateness(self, job: Job, start_s: int) -> int:
        """Price in fen of a start outside the promised window."""
        if job.promise is None:
            return 0
        prices = self.problem.prices
        off = max(job.promise[0] - start_s, start_s - job.promise[1], 0)
        first = min(off, prices.late_first_s)
        return (first * prices.late_fen + (off - first) * prices.late_more_fen + 30) // 60

    def wishes(self, job: Job, worker: int, start_s: int) -> int:
        """Price in fen of a stranger, and of a start outside the preferred window."""
        price = self.problem.prices.stranger_fen if job.wished and worker not in job.friends else 0
        if job.preferred is not None:
            off = max(job.preferred[0] - start_s, start_s - job.preferred[1], 0)
            price += (off * job.prefer_fen + 30) // 60
        return price

    def assignment(self, job: Job, worker: int) -> int:
        """Price in fen of giving the job to this worker, whenever he does it."""
        price = self.problem.prices.stranger_fen if job.wished and worker not in job.friends else 0
        return price + (job.moved_fen if worker != job.base_engineer else 0)

    def soft(self, job: Job, worker: int, start_s: int) -> int:
        """Everything that depends on who does the job and when it starts, in fen."""
        return (
            self.lateness(job, start_s)
            + self.wishes(job, worker, start_s)
            + self.disturbance(job, worker, start_s)
        )

    def loaded(self, worker: int, jobs: list[Job]) -> bool:
        """Whether the worker has room for these visits and can take what they demand."""
        own = self.workers[worker]
        return len(jobs) <= own.room and own.load + sum(job.demand for job in jobs) <= own.capacity

    def disturbance(self, job: Job, worker: int, start_s: int) -> int:
        """Price in fen of a baseline visit that is now made by `worker` at `start_s`."""
        if not job.moved_fen:
            return 0
        late = abs(start_s - job.base_start_s) > self.problem.prices.moved_after_s
        return job.moved_fen if late or worker != job.base_engineer else 0

    def absence(self, job: Job) -> int:
        """Price in fen of leaving a task out, with the disturbance where it was in the baseline."""
        return job.undone_fen + job.moved_fen

    def worker(self, number: int) -> Worker:
        """An engineer of the problem made ready for computing."""
        problem, engineer = self.problem, self.problem.engineers[number]
        legs = self.legs[engineer.travels_by]
        start = self.places.starts[number]
        facts = [
            (task.frozen.start_s, n)
            for n, task in enumerate(problem.tasks)
            if task.frozen is not None and task.frozen.engineer == engineer.id
        ]
        facts.sort()
        frozen = tuple(n for _, n in facts)
        origin, ready, left = start, engineer.shift_start_s, None
        if frozen:
            origin = self.places.tasks[frozen[-1]]
            ready = max(at + problem.tasks[n].duration_s for at, n in facts)
            left = max(0, legs.leave(start, self.places.tasks[frozen[0]], facts[0][0]))
        if problem.now_s is not None:
            ready = max(ready, problem.now_s)
        lunch = None
        if engineer.lunch is not None:
            lunch = (engineer.lunch.length_s, engineer.lunch.from_s, engineer.lunch.to_s)
            # In the middle of the day a break whose window has passed was taken, or is lost:
            # not ours to place.
            if frozen and max(ready, lunch[1]) + lunch[0] > lunch[2]:
                lunch = None
        hour = problem.prices.hour_fen if engineer.hourly_fen is None else engineer.hourly_fen
        factor = (
            problem.prices.overtime_factor if engineer.overtime_factor is None else engineer.overtime_factor
        )
        room = NEVER if engineer.max_visits is None else max(0, engineer.max_visits - len(frozen))
        return Worker(
            legs=legs,
            start=start,
            end=self.places.ends[number],
            origin=origin,
            ready_s=ready,
            shift_end_s=engineer.shift_end_s,
            home_by_s=engineer.shift_end_s + engineer.max_overtime_s,
            lunch=lunch,
            room=room,
            hour_fen=hour,
            overtime_fen=math.floor(hour * factor + 0.5),
            frozen=frozen,
            left_s=left,
            capacity=NEVER if engineer.capacity is None else engineer.capacity,
            load=sum(problem.tasks[n].demand for n in frozen),
            fair_s=problem.prices.fair_s,
            unfair_fen=problem.prices.unfair_fen,
            day_fen=engineer.way.fen if engineer.way is not None else 0,
        )
