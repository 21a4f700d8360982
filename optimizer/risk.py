"""The chance that a plan's visits start late: the day is lived through many thousand times.

Durations and trips are lognormal around what the plan says (its value is the mean), each independent of the
others. An engineer leaves when the plan says at first, then goes on as soon as he is free; waits for a window
to open; takes his break where the plan has it, no earlier than its window begins. Trips take what they take
at the time of day at which they begin. Who is linked to another waits for him: until his task has ended, or until
both are there. The draws belong to the tasks, not to the plan: two plans of one
problem are compared with the same luck.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from optimizer.instance import Instance
from optimizer.model import NEEDED, Engineer, Problem, Task, Window
from optimizer.plan import Plan, Route, Stop
from optimizer.travel import Legs

Times = np.ndarray  # float32 seconds since midnight, one for each run


@dataclass(frozen=True, slots=True)
class Spread:
    """How far reality strays: coefficients of variation (standard deviation ÷ mean).

    A task's own `duration_spread_s`, where it is above 0, counts instead of `duration`.
    """

    duration: float = 0.3
    travel: float = 0.25


@dataclass(frozen=True, slots=True)
class VisitRisk:
    """One visit. `late` is the chance to start after `due_s`, the end of the window that it is planned in."""

    task: str
    engineer: str
    planned_s: int
    due_s: int | None  # None without windows: then `late` is 0
    late: float
    mean_late_s: float  # how late it is on average, counting 0 where it is not
    start_p50_s: int
    start_p90_s: int


@dataclass(frozen=True, slots=True)
class DayRisk:
    """One engineer's day: chances to be home after the shift, and after the longest day."""

    engineer: str
    home_planned_s: int
    home_p50_s: int
    home_p90_s: int
    overtime: float
    too_long: float


@dataclass(frozen=True, slots=True)
class Risk:
    """All visits in the plan's order, all days, and what is to be expected of the whole."""

    visits: tuple[VisitRisk, ...]
    days: tuple[DayRisk, ...]
    late_visits: float  # expected number of visits that start late
    any_late: float  # chance that at least one does
    runs: int


def risk(
    problem: Problem, plan: Plan, spread: Spread | None = None, runs: int = 10_000, seed: int = 1
) -> Risk:
    """Live the planned day `runs` times; the same arguments give the same answer.

    Raises KeyError where the plan speaks of tasks or engineers that the problem does not have.
    """
    return lived(Instance(problem), plan.routes, spread, runs, seed)


def lived(
    instance: Instance,
    routes: Iterable[Route],
    spread: Spread | None = None,
    runs: int = 10_000,
    seed: int = 1,
) -> Risk:
    """`risk()` of some days only; a day's answer depends on those only to which its tasks are linked.

    Nobody waits for a task that is in none of these days.
    """
    simulation = _Simulation(instance, spread or Spread(), runs, seed)
    days = simulation.run(list(routes))
    visits = tuple(visit for day in days for visit in day.visits)
    return Risk(
        visits=visits,
        days=tuple(day.home for day in days if day.home is not None),
        late_visits=sum(visit.late for visit in visits),
        any_late=float(np.mean(simulation.bad)),
        runs=runs,
    )


@dataclass(slots=True)
class _Day:
    """What is known of a day while it is lived."""

    visits: list[VisitRisk] = field(default_factory=list)
    home: DayRisk | None = None


class _Simulation:
    def __init__(self, instance: Instance, spread: Spread, runs: int, seed: int) -> None:
        self.instance, self.runs, self.seed = instance, runs, seed
        self.spread = spread
        self.tasks = {task.id: task for task in instance.problem.tasks}
        self.bad = np.zeros(runs, dtype=bool)
        self.after: dict[str, list[tuple[str, int]]] = {}
        self.with_: dict[str, list[str]] = {}
        for link in instance.problem.links:
            if link.kind in NEEDED:
                self.after.setdefault(link.second, []).append((link.first, link.gap_s))
            elif link.kind == "together":
                self.with_.setdefault(link.first, []).append(link.second)
                self.with_.setdefault(link.second, []).append(link.first)
        self.ended: dict[str, Times] = {}
        self.there: dict[str, Times] = {}
        self.awaited: set[str] = set()  # tasks for which it is of use to wait

    def run(self, routes: list[Route]) -> list[_Day]:
        """All days, each as far as it goes until it has to wait for another."""
        self.awaited = {stop.task for route in routes for stop in route.stops}
        days = [_Day() for _ in routes]
        alive = [self.live(route, day) for route, day in zip(routes, days, strict=True)]
        while alive:
            known = len(self.ended) + len(self.there)
            alive = [one for one in alive if next(one, None) is not None]
            if len(self.ended) + len(self.there) == known:
                self.awaited.clear()  # a plan made by hand in which each waits for the other
        return days

    def service(self, task: Task) -> Times:
        """How long the service takes in each run."""
        if not task.duration_s:
            return np.zeros(self.runs, dtype=np.float32)
        own = task.duration_spread_s / task.duration_s if task.duration_spread_s else self.spread.duration
        return task.duration_s * self.factor(f"duration/{task.id}", own)

    def factor(self, name: str, variation: float) -> Times:
        """Reality ÷ plan for each run; it depends on the seed and on what it is of, on nothing else."""
        rng = np.random.default_rng([self.seed, zlib.crc32(name.encode())])
        # A lognormal with mean 1: sigma² = ln(1 + cv²), mu = -sigma²/2.
        sigma = np.float32(np.sqrt(np.log1p(variation**2)))
        drawn = rng.standard_normal(self.runs, dtype=np.float32)
        factors: Times = np.exp(drawn * sigma - sigma * sigma / 2)
        return factors

    def live(self, route: Route, day: _Day) -> Iterator[str]:
        """One engineer's day, in all runs at once; stops at each task that it has to wait for."""
        instance = self.instance
        number = instance.worker_number[route.engineer]
        engineer, worker = instance.problem.engineers[number], instance.workers[number]
        lunch = _lunch_at(route, engineer)
        place = worker.start
        free: Times = np.full(self.runs, route.start_s, dtype=np.float32)
        if lunch == (0, "before"):
            free = self._eat(free, engineer)
            free = np.maximum(free, np.float32(route.start_s))
        for k, stop in enumerate(route.stops):
            task = self.tasks[stop.task]
            there = instance.places.tasks[instance.task_number[stop.task]]
            if task.frozen is not None and task.frozen.engineer == route.engineer:
                free = np.maximum(self._fact(task, free) if k else self._fact(task, free * 0), free * 0)
                self.ended[task.id] = free
                place = there
                continue
            if lunch == (k, "before") and k:
                free = self._eat(free, engineer)
            arrived = free + self._trip(worker.legs, place, there, free) * self.factor(
                f"travel/{stop.task}", self.spread.travel
            )
            if lunch == (k, "arrived"):
                arrived = self._eat(arrived, engineer)
            for first, gap_s in self.after.get(task.id, ()):
                while first not in self.ended and first in self.awaited:
                    yield first
                if first in self.ended:
                    arrived = np.maximum(arrived, self.ended[first] + np.float32(gap_s))
            window = self._window(task, stop)
            if window is not None:
                arrived = np.maximum(arrived, np.float32(window[0]))
            self.there[task.id] = arrived
            for other in self.with_.get(task.id, ()):
                while other not in self.there and other in self.awaited:
                    yield other
                arrived = np.maximum(arrived, self.there.get(other, arrived))
            day.visits.append(self._visit(task, stop, route.engineer, arrived, window))
            free = self.ended[task.id] = arrived + self.service(task)
            place = there
        if lunch == (len(route.stops), "before"):
            free = self._eat(free, engineer)
        home = free + self._trip(worker.legs, place, worker.end, free) * self.factor(
            f"travel/{route.engineer}", self.spread.travel
        )
        p50, p90 = _quantiles(home)
        longest = engineer.shift_end_s + engineer.max_overtime_s
        day.home = DayRisk(
            engineer=route.engineer,
            home_planned_s=route.home_s,
            home_p50_s=p50,
            home_p90_s=p90,
            overtime=float(np.mean(home > engineer.shift_end_s + 1)),
            too_long=float(np.mean(home > longest + 1)),
        )

    def _fact(self, task: Task, free: Times) -> Times:
        """The end of a task that is under way or done."""
        assert task.frozen is not None
        begun, now = task.frozen.start_s, self.instance.problem.now_s
        if now is not None and begun + task.duration_s <= now:
            ended: Times = np.full(self.runs, begun + task.duration_s, dtype=np.float32)
        else:
            ended = begun + self.service(task)
            ended = np.maximum(ended, np.float32(now or 0))
        return np.maximum(ended, free)

    def _window(self, task: Task, stop: Stop) -> Window | None:
        """The window that the visit is planned in."""
        window = next(((a, b) for a, b in sorted(task.windows) if a <= stop.start_s <= b), None)
        if window is None:
            # Planned by hand after its window: it is late against the last one that it has missed.
            window = max((w for w in task.windows if w[1] < stop.start_s), default=None)
        if task.pin_start_s is not None:
            window = (task.pin_start_s, task.pin_start_s)
        return window

    def _visit(self, task: Task, stop: Stop, engineer: str, start: Times, window: Window | None) -> VisitRisk:
        late = mean_late = 0.0
        if window is not None:
            over = start > window[1] + 1  # float32 holds seconds of a day to a hundredth
            late = float(np.mean(over))
            mean_late = float(np.mean(np.where(over, start - window[1], 0)))
            self.bad |= over
        p50, p90 = _quantiles(start)
        due = None if window is None else window[1]
        return VisitRisk(task.id, engineer, stop.start_s, due, late, round(mean_late, 1), p50, p90)

    def _eat(self, at: Times, engineer: Engineer) -> Times:
        assert engineer.lunch is not None
        begun: Times = np.maximum(at, np.float32(engineer.lunch.from_s))
        return begun + engineer.lunch.length_s

    def _trip(self, legs: Legs, a: int, b: int, leave: Times) -> Times:
        """Seconds of a trip that begins at each of the times, through the periods of the day."""
        if a == b or (legs.metres[a, b] == 0 and not legs.full[:, a, b].any()):
            return np.zeros_like(leave)
        whole = legs.full[:, a, b]
        at, left = leave.copy(), np.ones_like(leave)
        for end, full in zip(legs.ends, whole[:-1], strict=True):
            # What of the trip can be made before this period ends.
            share = np.clip((end - at) / max(full, 1e-6), 0, left)
            at += share * np.float32(full)
            left -= share
        at += left * np.float32(whole[-1])
        return at - leave + legs.fixed_s


def _lunch_at(route: Route, engineer: Engineer) -> tuple[int, str] | None:
    """Before which stop the break is (as many as there are stops: before home), and on which side of the trip."""
    if route.lunch is None or engineer.lunch is None or route.lunch.start_s >= route.home_s:
        return None
    for k, stop in enumerate(route.stops):
        if route.lunch.end_s <= stop.arrive_s - stop.travel_s:
            return k, "before"
        if route.lunch.start_s >= stop.arrive_s and route.lunch.end_s <= stop.start_s:
            return k, "arrived"
    return len(route.stops), "before"


def _quantiles(times: Times) -> tuple[int, int]:
    last = len(times) - 1
    half, most = last // 2, (last * 9) // 10
    part = np.partition(times, (half, most))
    return round(float(part[half])), round(float(part[most]))
