"""The days of a plan, made ready for many questions: where would a task fit, what would the day then cost?

`open_days()` gives the compiled form where it is ready, else the plain one; both answer alike. Tasks are numbers
of the instance. A few of them may be spare: `put()` gives them the form of a task that the plan does not know.
"""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from optimizer.building import Routes, day_price
from optimizer.insertion import cheapest
from optimizer.instance import Instance, Job
from optimizer.model import Travel, Window
from optimizer.timing import Labels, time_jobs
from optimizer.travel import NOISE, Key, Trips, trips


class Strip(NamedTuple):
    """The trips of one mode from a place to all places and back, also as the kernels want them."""

    there: Trips
    back: Trips
    once: tuple[np.ndarray, np.ndarray]  # seconds in the first period; 0 where there is no trip
    paced: tuple[
        np.ndarray, np.ndarray
    ]  # [place, period] seconds if it lasted all day; -1 where there is no trip

    def cut(self, part: slice) -> Strip:
        """The same for some of the places."""
        there = tuple(table[..., part] for table in self.there)
        back = tuple(table[..., part, :] for table in self.back)
        once, paced = (tuple(row[part] for row in rows) for rows in (self.once, self.paced))
        return Strip(there, back, once, paced)  # type: ignore[arg-type]


def strip(travel: Travel, name: str, key: Key, keys: list[Key], crow: np.ndarray) -> Strip:
    """The trips of mode `name` between a new place and known ones that are `crow` metres away."""
    mode, names = travel.modes[name], travel.places
    there = trips(mode, names, [key], keys, crow)
    once, paced = _for_kernels(there, mode.fixed_s)
    if mode.metres is None and all(period.seconds is None for period in mode.periods):
        back = there[0].swapaxes(1, 2), there[1].T, there[2].swapaxes(1, 2)
        return Strip(there, back, (once, once), (paced, paced))
    back = trips(mode, names, keys, [key], crow.T)
    home = _for_kernels(back, mode.fixed_s)
    return Strip(there, back, (once, home[0]), (paced, home[1]))


def _for_kernels(table: Trips, fixed_s: int) -> tuple[np.ndarray, np.ndarray]:
    rows = table[0].reshape(len(table[0]), -1).T
    lonely = (table[1].ravel() == 0) & (rows == 0).all(axis=1)
    once = np.where(lonely, 0, np.ceil(rows[:, 0] - NOISE) + fixed_s).astype(np.int32)
    return once, np.where(lonely[:, None], -1.0, rows)


class Times(NamedTuple):
    """A day with its visits' starts, its seconds on the way, and the latest start of the task asked about."""

    starts_s: list[int]
    travel_s: int
    latest_s: int


Asked = tuple[int, int, int, int]  # task, engineer, the visit that is taken out or -1, position


class Days(Protocol):
    """What both forms can do."""

    def put(self, tasks: Sequence[int], job: Job, windows: Sequence[tuple[Window, ...]]) -> None:
        """Give spare tasks the form of a job, each with its own windows."""

    def move(self, place: int, strips: dict[str, Strip]) -> None:
        """Give a place other trips, by mode."""

    def places(self, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where a task is cheapest in an engineer's day, and what the day costs without and with it.

        One question in each row: task, engineer; visits of the day that are taken out (one or two numbers); a
        task that is put in, and its position. The last four are -1, or missing, where there is no such
        change. Prices are in fen, infinite where the day does not hold or the task does not fit; then the
        position is -1. With a task of -1 only the day is priced. Questions about the same day should stand
        together.
        """

    def times(self, asked: Sequence[Asked]) -> list[Times]:
        """The times of days with a task in its place; with a task of -1 those of the days without it."""


def open_days(instance: Instance, routes: Routes, spare: Sequence[int] = ()) -> Days:
    """The days of `routes`, compiled where that is ready."""
    if not instance.workers or not compiled_ready():
        return PlainDays(instance, routes)
    placing = importlib.import_module("optimizer.engines.placing")
    found: Days = placing.CompiledDays(instance, routes, spare)
    return found


def compiled_ready() -> bool:
    """Whether numba is installed and the kernels are compiled; else the first question would wait for that."""
    try:
        compiled = importlib.import_module("optimizer.engines.compiled")
    except ImportError:
        return False
    found: bool = compiled.ready("placing_kernels")
    return found


class PlainDays:
    """The answers of `insertion.cheapest()`."""

    def __init__(self, instance: Instance, routes: Routes) -> None:
        self._instance, self._routes = instance, routes
        self._jobs = list(instance.jobs)

    def put(self, tasks: Sequence[int], job: Job, windows: Sequence[tuple[Window, ...]]) -> None:
        """See `Days`."""
        for task, own in zip(tasks, windows, strict=True):
            self._jobs[task] = dataclasses.replace(job, windows=own)

    def move(self, place: int, strips: dict[str, Strip]) -> None:
        """See `Days`."""
        for name, legs in self._instance.legs.items():
            legs.put(place, strips[name].there, strips[name].back)

    def places(self, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See `Days`."""
        prices, positions = np.full((len(asked), 2), np.inf), np.full(len(asked), -1)
        for n, (task, engineer, *change) in enumerate(asked.tolist()):
            worker, jobs = self._instance.workers[engineer], self._day(engineer, *change)
            prices[n, 0] = day_price(self._instance, engineer, jobs)
            if task < 0 or prices[n, 0] == np.inf or len(jobs) >= worker.room:
                continue
            best = cheapest(self._instance, engineer, jobs, self._jobs[task])
            if best is not None:
                prices[n, 1], positions[n] = best.price_fen, best.position
        return prices, positions

    def times(self, asked: Sequence[Asked]) -> list[Times]:
        """See `Days`."""
        return [self._times(*one) for one in asked]

    def _times(self, task: int, engineer: int, gone: int, position: int) -> Times:
        worker, jobs = self._instance.workers[engineer], self._day(engineer, gone)
        if task >= 0:
            jobs.insert(position, self._jobs[task])
        if not jobs and not worker.frozen:
            return Times([], 0, 0)
        timed = time_jobs(worker, jobs)
        assert timed is not None
        latest_s = 0
        if task >= 0:
            late = Labels(worker, jobs).latest
            latest_s = max(timed.starts_s[position], late[0][position], late[1][position])
        return Times(list(timed.starts_s), timed.home_trip_s + sum(timed.trips_s), latest_s)

    def _day(self, engineer: int, gone: int = -1, too: int = -1, added: int = -1, at: int = -1) -> list[Job]:
        jobs = [self._jobs[n] for k, n in enumerate(self._routes[engineer]) if k not in (gone, too)]
        if added >= 0:
            jobs.insert(at, self._jobs[added])
        return jobs
