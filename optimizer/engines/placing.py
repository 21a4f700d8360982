"""The days of a plan as arrays, for the compiled kernels: the quick form of `days.Days`."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from optimizer.building import Routes
from optimizer.days import Asked, Strip, Times
from optimizer.engines import clock_kernels as clock
from optimizer.engines import compiled  # noqa: F401 - before the kernels: says where their code is kept
from optimizer.engines import placing_kernels as kernels
from optimizer.engines.hybrid_data import Numbers
from optimizer.instance import NEVER, Instance, Job
from optimizer.model import Window
from optimizer.travel import usual_fen

CLOSED = -1  # as room: nothing can be said about this day


class CompiledDays:
    """See `days.Days`; `spare` are the tasks that may be given another form."""

    def __init__(self, instance: Instance, routes: Routes, spare: Sequence[int] = ()) -> None:
        jobs, workers = instance.jobs, instance.workers
        # A visit without a window cannot be timed, nor can the day that holds it.
        sick = {w for w, route in enumerate(routes) if not all(jobs[n].windows for n in route)}
        kept = [[] if w in sick else route for w, route in enumerate(routes)]
        free = [*(n for route in kept for n in route), *spare]
        self._rows = np.full(len(jobs) + 1, -1)  # the last one is for a task of -1
        self._rows[free] = range(len(free))
        self._instance = instance
        self._numbers = Numbers(instance, free)
        self._data = self._numbers.data
        for w, route in enumerate(kept):
            for n in route:
                # Also where he may not do it and was given it by hand.
                self._data.assign[self._rows[n], w] = instance.assignment(jobs[n], w)
        width = max((len(route) for route in kept), default=0) + 3
        count = len(workers)
        self._days = kernels.Days(
            seq=np.zeros((count, width), dtype=np.int64),
            count=np.array([len(route) for route in kept], dtype=np.int64),
            cost=np.zeros(count),
            labels=np.zeros((count + 1, width + 1, 4), dtype=np.int64),
            room=np.array(
                [CLOSED if w in sick else worker.room for w, worker in enumerate(workers)], dtype=np.int64
            ),
            capacity=np.array([worker.capacity - worker.load for worker in workers], dtype=np.int64),
            line=np.zeros(width, dtype=np.int64),
            longer=np.zeros(width, dtype=np.int64),
            own=np.zeros((width + 1, 4), dtype=np.int64),
            spare=np.zeros((width + 1, 4), dtype=np.int64),
        )
        for w, route in enumerate(kept):
            self._days.seq[w, : len(route)] = self._rows[route]
        self._fresh = True
        self.places(np.empty((0, kernels.QUESTION), dtype=np.int64))

    def put(self, tasks: Sequence[int], job: Job, windows: Sequence[tuple[Window, ...]]) -> None:
        """See `Days`."""
        data, rows = self._data, self._rows[list(tasks)]
        most = max(map(len, windows))
        if most > data.windows.shape[1]:
            wider = np.full((len(data.windows), most, 2), NEVER, dtype=np.int64)
            wider[:, : data.windows.shape[1]] = data.windows
            data = self._data = data._replace(windows=wider)
        data.task[rows] = self._numbers._task(dataclasses.replace(job, windows=((0, 0),)))
        assign = np.full(len(self._instance.workers), -1, dtype=np.int64)
        assign[list(job.engineers)] = [self._instance.assignment(job, w) for w in job.engineers]
        data.assign[rows] = assign
        data.task[rows, clock.WINDOWS] = [len(own) for own in windows]
        data.task[rows, clock.FIRST] = [own[0][0] if own else NEVER for own in windows]
        data.task[rows, clock.LAST] = [own[-1][1] if own else -NEVER for own in windows]
        for n in range(most):
            data.windows[rows, n] = [own[n] if n < len(own) else (NEVER, NEVER) for own in windows]

    def move(self, place: int, strips: dict[str, Strip]) -> None:
        """See `Days`."""
        data = self._data
        for m, name in enumerate(self._instance.legs):
            own = strips[name]
            for table, out, home in (
                (data.money[m], usual_fen(own.there[2])[0], usual_fen(own.back[2])[:, 0]),
                (data.whole[m], *own.once),
            ):
                table[place], table[:, place], table[place, place] = out, home, 0
            if (count := data.mode[m, clock.FARES]) > 1:
                fares = data.fares[m, :count]
                fares[:, place], fares[:, :, place] = own.there[2][:, 0], own.back[2][:, :, 0]
                fares[:, place, place] = 0
            if not data.mode[m, clock.STEADY]:
                full, periods = data.full[m], own.paced[0].shape[1]
                full[place, :, :periods], full[:, place, :periods] = own.paced
                full[place, place] = -1.0

    def places(self, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See `Days`."""
        questions = np.full((len(asked), kernels.QUESTION), -1, dtype=np.int64)
        questions[:, : asked.shape[1]] = asked
        for column in (0, 4):
            questions[:, column] = self._rows[questions[:, column]]
        prices, positions = np.empty((len(asked), 2)), np.empty(len(asked), dtype=np.int64)
        kernels.places(self._data, self._days, questions, prices, positions, self._fresh)
        self._fresh = False
        prices[prices >= clock.BIG] = np.inf
        return prices, positions

    def times(self, asked: Sequence[Asked]) -> list[Times]:
        """See `Days`."""
        days = self._days
        questions = np.array(asked, dtype=np.int64).reshape(-1, 4)
        questions[:, 0] = self._rows[questions[:, 0]]
        starts = np.zeros((len(asked), days.seq.shape[1]), dtype=np.int64)
        ways, latest = np.zeros(len(asked), dtype=np.int64), np.zeros(len(asked), dtype=np.int64)
        kernels.times(self._data, days, questions, starts, ways, latest)
        counts = days.count[questions[:, 1]] - (questions[:, 2] >= 0) + (questions[:, 0] >= 0)
        rows = zip(starts.tolist(), counts.tolist(), ways.tolist(), latest.tolist(), strict=True)
        return [Times(row[:count], way, last) for row, count, way, last in rows]
