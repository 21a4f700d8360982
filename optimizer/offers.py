"""Windows to offer for a task over several days' plans, quickly enough for the telephone.

An `OfferBook` is made once of the plans: it keeps the labels of every day, so that a place in it is tested
in constant time and only what fits is priced. Its answers are those of `insertion.best_insertions()`, by the
compiled kernels where they are ready and by the plain functions where they are not.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from optimizer.building import Routes
from optimizer.daybook import DayBook, towns
from optimizer.days import Times
from optimizer.errors import OptimizerError
from optimizer.insertion import Insertion, cheapest_first
from optimizer.instance import open_windows
from optimizer.model import Problem, Task, Window
from optimizer.plan import Plan

# An offer's grade by what it costs beyond the cheapest of all days: up to so many fen.
GRADES = ((500, "good"), (3000, "fair"))
SPARE = 16  # windows that are asked about at once

Windows = Sequence[Window] | Mapping[str, Sequence[Window]]


@dataclass(frozen=True, slots=True)
class Shift:
    """A visit that would begin at another time."""

    task: str
    start_before_s: int
    start_after_s: int


@dataclass(frozen=True, slots=True)
class Offer:
    """A window on a day, with whom it would be cheapest, and what it would cost.

    `grade` is `good`, `fair` or `dear` beside the cheapest of all offers. `moves` are the visits whose start
    shifts, against the day without the task. `window` is None where the task's own windows were asked about.
    """

    day: str
    window: Window | None
    grade: str
    engineer: str
    position: int
    start_s: int
    latest_start_s: int
    extra_fen: int
    extra_travel_s: int
    moves: tuple[Shift, ...]


class OfferBook:
    """Plans made ready for questions about new tasks. Threads may share it."""

    def __init__(self, plans: Sequence[tuple[Problem, Plan | Routes]]) -> None:
        """One plan for each day, or its sequences; raises `ProblemError` where it is not one of its problem."""
        self._days = [_Day(problem, plan) for problem, plan in plans]
        names = [day.problem.day for day in self._days]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise OptimizerError(f"two of the plans are for {twice}")
        self._towns = towns(self._days)
        self._lock = threading.Lock()

    def offers(self, task: Task, windows: Windows = ()) -> list[Offer]:
        """The cheapest place in each window of each day, by day and window; nothing where none fits.

        `windows` are for every day, or by day; without them the task's own windows count as one. `task` may
        be new, or one that a plan holds or leaves out: it is then taken out first.
        """
        found: list[tuple[str, Insertion, tuple[Shift, ...]]] = []
        with self._lock:
            for town in self._towns:
                town.visit(task)
            for day in self._days:
                own = windows.get(day.problem.day) if isinstance(windows, Mapping) else windows
                if own is not None:
                    found += [(day.problem.day, *best) for best in day.best(task, own)]
        lowest = min((place.extra_fen for _, place, _ in found), default=0)
        made = [
            Offer(
                day=name,
                window=place.window,
                grade=grade(place.extra_fen - lowest),
                engineer=place.engineer,
                position=place.position,
                start_s=place.start_s,
                latest_start_s=place.latest_start_s,
                extra_fen=place.extra_fen,
                extra_travel_s=place.extra_travel_s,
                moves=moves,
            )
            for name, place, moves in found
        ]
        return sorted(made, key=lambda offer: (offer.day, offer.window or (0, 0)))

    def insertions(self, day: str, task: Task, windows: Sequence[Window] = ()) -> list[Insertion]:
        """`insertion.best_insertions()` on one of the days; KeyError for a day that is not in the book."""
        one = next((one for one in self._days if one.problem.day == day), None)
        if one is None:
            raise KeyError(day)
        with self._lock:
            for town in self._towns:
                town.visit(task)
            return one.all(task, windows)


def grade(extra_fen: int) -> str:
    """In words what an offer costs more than the cheapest."""
    return next((name for most, name in GRADES if extra_fen <= most), "dear")


class _Day(DayBook):
    """One day of the book."""

    def __init__(self, problem: Problem, plan: Plan | Routes) -> None:
        super().__init__(problem, plan, SPARE)
        self._seen: dict[tuple[int, int], Times] = {}

    def best(self, task: Task, windows: Sequence[Window]) -> Iterator[tuple[Insertion, tuple[Shift, ...]]]:
        """The cheapest place in each window, and whom it moves."""
        for some in self._ask(task, windows):
            chosen = [(places, n) for places in some for n in np.flatnonzero(places.cheapest()).tolist()]
            for _, made in itertools.groupby(self._insertions(chosen), key=lambda one: one[0].window):
                yield min(made, key=lambda pair: cheapest_first(pair[0]))

    def all(self, task: Task, windows: Sequence[Window]) -> list[Insertion]:
        """The cheapest place with each engineer in each window."""
        found: list[Insertion] = []
        for some in self._ask(task, windows):
            chosen = [(places, n) for places in some for n in np.flatnonzero(places.positions >= 0).tolist()]
            found += (place for place, _ in self._insertions(chosen))
        return sorted(found, key=cheapest_first)

    def _ask(self, task: Task, windows: Sequence[Window]) -> Iterator[list[_Places]]:
        """By window, where the task is cheapest with each engineer who may do it; so many at once as are spare."""
        number = self.instance.task_number.get(task.id, -1)
        if number in self.instance.frozen:
            return
        job = self.instance.job(task, self.place)
        spans = [open_windows((window,), task.pin_start_s) for window in windows] or [job.windows]
        crew = np.array(job.engineers, dtype=np.int64)
        gone = np.full(len(crew), -1)
        mine = next((w for w, route in enumerate(self.routes) if number in route), -1)
        if mine >= 0:
            gone[crew == mine] = self.routes[mine].index(number)
        for at in range(0, len(spans), SPARE):
            some = spans[at : at + SPARE]
            slots = self.spare[: len(some)]
            self.days.put(slots, job, some)
            asked = np.empty((len(some), len(crew), 3), dtype=np.int64)
            asked[:, :, 0] = np.array(slots)[:, None]
            asked[:, :, 1], asked[:, :, 2] = crew, gone
            prices, positions = self.days.places(asked.reshape(-1, 3))
            shape = len(some), len(crew)
            extra = np.full(len(positions), np.inf)
            np.subtract(prices[:, 1], prices[:, 0], out=extra, where=positions >= 0)
            extra = extra.reshape(shape)
            positions = positions.reshape(shape)
            yield [
                _Places(windows[at + n] if windows else None, slot, crew, gone, positions[n], extra[n])
                for n, slot in enumerate(slots)
            ]

    def _insertions(self, chosen: list[tuple[_Places, int]]) -> Iterator[tuple[Insertion, tuple[Shift, ...]]]:
        asked = [
            (places.task, int(places.crew[n]), int(places.gone[n]), int(places.positions[n]))
            for places, n in chosen
        ]
        new = [(w, out) for _, w, out, _ in asked if (w, out) not in self._seen]
        self._seen.update(zip(new, self.days.times([(-1, *one, 0) for one in new]), strict=True))
        tasks, engineers = self.instance.problem.tasks, self.instance.problem.engineers
        for (places, n), (_, w, out, at), after in zip(chosen, asked, self.days.times(asked), strict=True):
            before = self._seen[w, out]
            place = Insertion(
                engineer=engineers[w].id,
                window=places.window,
                position=at + len(self.instance.workers[w].frozen),
                extra_fen=int(places.extra[n]),
                extra_travel_s=after.travel_s - before.travel_s,
                start_s=after.starts_s[at],
                latest_start_s=after.latest_s,
            )
            starts = after.starts_s[:at] + after.starts_s[at + 1 :]
            others = [task for k, task in enumerate(self.routes[w]) if k != out]
            yield (
                place,
                tuple(
                    Shift(tasks[task].id, old, new)
                    for task, old, new in zip(others, before.starts_s, starts, strict=True)
                    if old != new
                ),
            )


class _Places(NamedTuple):
    """The answers for one window: for each engineer the visit taken out, the position, and fen more."""

    window: Window | None
    task: int
    crew: np.ndarray
    gone: np.ndarray
    positions: np.ndarray
    extra: np.ndarray

    def cheapest(self) -> np.ndarray:
        """Which of the engineers are cheapest."""
        lowest = self.extra.min(initial=np.inf)
        found: np.ndarray = (self.extra == lowest) & (self.positions >= 0)
        return found
