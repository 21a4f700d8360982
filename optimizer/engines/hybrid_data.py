"""The arrays on which the compiled search works, made from an `Instance`."""

from __future__ import annotations

import numpy as np

from optimizer.building import route_cost
from optimizer.engines import clock_kernels as clock
from optimizer.engines import compiled  # noqa: F401 - first: says where the kernels' code is kept
from optimizer.engines import search_kernels as kernels
from optimizer.instance import NEVER, Instance
from optimizer.timing import Labels, time_jobs

FAR = 2**31 - 1
# Places of a task in a route that are priced exactly, where an estimate is not exact. On a large day pricing three finds
# better places but makes a third fewer rounds, which is worse; a small day has rounds enough.
TRIED_OF_SMALL, SMALL = 3, 60
POOL = 20_000  # routes that one search may remember between two choices
RANDOM, DEAR, TIGHT, RARE, SHORT, FAR_OUT, CLOSE_BY, EARLY, LATE, BULKY = range(10)


class Numbers:
    """Which tasks and engineers the search has, and everything it has to know about them."""

    def __init__(self, instance: Instance, free: list[int]) -> None:
        self.instance, self.free = instance, free
        self.jobs = [instance.jobs[n] for n in free]
        self.data = self._data()

    def _data(self) -> clock.Data:
        instance, jobs = self.instance, self.jobs
        modes = list(instance.legs)
        full, whole, money, fares, usual, ends, mode = self._travel(modes)
        workers = np.array([self._worker(k, modes) for k in range(len(instance.workers))], dtype=np.int64)
        assign = np.full((len(jobs), len(instance.workers)), -1, dtype=np.int64)
        for row, job in enumerate(jobs):
            for k in job.engineers:
                assign[row, k] = instance.assignment(job, k)
        self._kinds(workers, assign)
        near, related = self._neighbours(usual, workers)
        keys, weights = self._keys(assign, usual, workers)
        rng = np.random.Generator(np.random.PCG64(20_201))
        rates = np.array([w.hour_fen / 3600 for w in instance.workers])
        prices = instance.problem.prices
        return clock.Data(
            task=np.array([self._task(job) for job in jobs], dtype=np.int64),
            windows=self._windows(),
            assign=assign,
            worker=workers,
            mode=mode,
            ends=ends,
            full=full,
            whole=whole,
            usual=usual,
            money=money,
            fares=fares,
            rate=rates,
            price=np.array(
                [
                    prices.moved_after_s,
                    prices.late_first_s,
                    prices.late_fen,
                    prices.late_more_fen,
                    prices.unfair_fen,
                ],
                dtype=np.int64,
            ),
            near=near,
            related=related,
            keys=keys,
            weights=weights,
            salt=rng.integers(0, 2**63, len(jobs) + len(instance.workers), dtype=np.uint64),
        )

    def _travel(self, modes: list[str]) -> tuple[np.ndarray, ...]:
        legs = [self.instance.legs[name] for name in modes]
        most = max(len(leg.ends) for leg in legs)
        size = len(self.instance.places.keys)
        steady = all(not leg.ends for leg in legs)
        full = np.full((len(legs), 1 if steady else size, 1 if steady else size, most + 1), -1.0)
        whole = np.zeros((len(legs), size, size), dtype=np.int32)
        money = np.zeros((len(legs), size, size), dtype=np.int32)
        timed = max(len(leg.fares) for leg in legs)
        wide = size if timed > 1 else 1
        fares = np.zeros((len(legs), timed, wide, wide), dtype=np.int32)
        usual = np.zeros((len(legs), size, size), dtype=np.float32)
        ends = np.full((len(legs), most + 1), NEVER, dtype=np.int64)
        mode = np.zeros((len(legs), 4), dtype=np.int64)
        for m, leg in enumerate(legs):
            lonely = (leg.metres == 0) & (leg.full == 0).all(axis=0)
            once = np.ceil(leg.full[0] - 1e-6) + leg.fixed_s
            whole[m] = np.where(lonely, 0, once)
            money[m] = leg.money
            usual[m] = np.where(lonely, 0.0, leg.full.mean(axis=0) + leg.fixed_s)
            mode[m] = not leg.ends, len(leg.ends), leg.fixed_s, len(leg.fares)
            if len(leg.fares) > 1:
                fares[m, : len(leg.fares)] = leg.fares
            ends[m, : len(leg.ends)] = leg.ends
            if leg.ends:
                for p, seconds in enumerate(leg.full):
                    full[m, :, :, p] = np.where(lonely, -1.0, seconds)
        return full, whole, money, fares, usual, ends, mode

    def _task(self, job) -> list[int]:
        row = [0] * clock.TASK_COLUMNS
        row[clock.PLACE], row[clock.DURATION], row[clock.DEMAND] = job.place, job.duration_s, job.demand
        row[clock.ABSENT] = self.instance.absence(job)
        row[clock.FIRST], row[clock.LAST] = job.windows[0][0], job.windows[-1][1]
        row[clock.WINDOWS] = len(job.windows)
        row[clock.TIMED] = job.timed
        row[clock.BASE], row[clock.MOVED] = job.base_start_s, job.moved_fen
        row[clock.BASE_WORKER] = job.base_engineer
        if job.preferred is not None:
            row[clock.PREFER_FROM], row[clock.PREFER_TO] = job.preferred
            row[clock.PREFER_RATE] = job.prefer_fen
        if job.promise is not None:
            row[clock.PROMISE_FROM], row[clock.PROMISE_TO] = job.promise
            row[clock.PROMISED] = 1
        return row

    def _windows(self) -> np.ndarray:
        most = max(len(job.windows) for job in self.jobs)
        windows = np.full((len(self.jobs), most, 2), NEVER, dtype=np.int64)
        for row, job in enumerate(self.jobs):
            windows[row, : len(job.windows)] = job.windows
        return windows

    def _worker(self, number: int, modes: list[str]) -> list[int]:
        instance, worker = self.instance, self.instance.workers[number]
        row = [0] * clock.WORKER_COLUMNS
        row[clock.MODE] = modes.index(instance.problem.engineers[number].travels_by)
        row[clock.ORIGIN], row[clock.END] = worker.origin, worker.end
        row[clock.READY], row[clock.SHIFT_END] = worker.ready_s, worker.shift_end_s
        row[clock.HOME_BY] = worker.home_by_s
        row[clock.LUNCH] = -1
        if worker.lunch is not None:
            row[clock.LUNCH], row[clock.LUNCH_FROM], row[clock.LUNCH_TO] = worker.lunch
        closed = Labels(worker, []).home_s >= NEVER
        row[clock.ROOM] = 0 if closed else min(worker.room, len(self.jobs))
        row[clock.CAPACITY] = min(worker.capacity, 10**12) - worker.load
        row[clock.HOUR], row[clock.OVERTIME] = worker.hour_fen, worker.overtime_fen
        row[clock.FROZEN] = bool(worker.frozen)
        row[clock.LEFT] = -1 if worker.left_s is None else worker.left_s
        row[clock.FAIR] = -1 if worker.fair_s is None else worker.fair_s
        if worker.frozen:
            timed = time_jobs(worker, [])
            row[clock.EMPTY_COST] = route_cost(instance, number, [], timed) if timed else 0
        row[clock.DAY] = worker.day_fen
        free = worker.hour_fen == 0 and worker.overtime_fen == 0 and worker.day_fen == 0
        row[clock.PLAIN] = free and worker.fair_s is None and len(worker.legs.fares) == 1
        return row

    def _kinds(self, workers: np.ndarray, assign: np.ndarray) -> None:
        """Engineers who are alike in everything get the same number."""
        based = {job.base_engineer for job in self.jobs if job.moved_fen}
        known: dict[object, int] = {}
        for k, row in enumerate(workers):
            alone = k if row[clock.FROZEN] or k in based else -1
            key = (row.tobytes(), assign[:, k].tobytes(), alone)
            row[clock.KIND] = known.setdefault(key, len(known))

    def _neighbours(self, usual: np.ndarray, workers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        counts = np.bincount(workers[:, clock.MODE], minlength=len(usual)) if len(workers) else None
        common = usual[int(np.argmax(counts))] if counts is not None else usual[0]
        places = np.array([job.place for job in self.jobs])
        away = common[np.ix_(places, places)].astype(float)
        away = away + away.T
        middle = np.array([(job.windows[0][0] + min(job.windows[-1][1], 86_400)) / 2 for job in self.jobs])
        apart = np.abs(middle[:, None] - middle[None, :])
        both = away / max(1e-9, away.mean()) + apart / max(1e-9, apart.mean())
        np.fill_diagonal(away, -1.0)
        np.fill_diagonal(both, -1.0)
        near = np.argsort(away, axis=1, kind="stable").astype(np.int64)
        related = np.argsort(both, axis=1, kind="stable").astype(np.int64)
        return near, np.ascontiguousarray(related[:, :100])

    def _keys(
        self, assign: np.ndarray, usual: np.ndarray, workers: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Orders of putting back, and the running sum of how often each is used."""
        jobs = self.jobs
        absent = np.array([self.instance.absence(job) for job in jobs], dtype=float)
        width = np.array([sum(b - a for a, b in job.windows) for job in jobs], dtype=float)
        crew = (assign >= 0).sum(axis=1).astype(float)
        duration = np.array([job.duration_s for job in jobs], dtype=float)
        demand = np.array([job.demand for job in jobs], dtype=float)
        origins = workers[:, clock.ORIGIN]
        places = np.array([job.place for job in jobs])
        out = usual[0][np.ix_(origins, places)].mean(axis=0).astype(float)
        keys = np.zeros((10, len(jobs)))
        keys[DEAR], keys[TIGHT], keys[RARE] = -absent, width, crew
        keys[SHORT] = -absent / (60.0 + duration)
        keys[FAR_OUT], keys[CLOSE_BY] = -out, out
        keys[EARLY] = [job.windows[0][0] for job in jobs]
        keys[LATE] = [-job.windows[-1][1] for job in jobs]
        keys[BULKY] = -demand
        weights = np.zeros(10)
        weights[RANDOM], weights[FAR_OUT], weights[CLOSE_BY] = 4, 2, 1
        if np.ptp(absent):
            weights[DEAR], weights[SHORT] = 4, 3
        if np.ptp(width) or np.ptp(keys[EARLY]):
            weights[TIGHT], weights[EARLY], weights[LATE] = 2, 1, 1
        weights[RARE] = 2 if np.ptp(crew) else 0
        weights[BULKY] = 3 if np.ptp(demand) else 0
        return keys, np.cumsum(weights / weights.sum())

    def state(self, seed: int) -> kernels.State:
        """An empty search with everything to do and all engineers."""
        tasks, workers = len(self.jobs), len(self.instance.workers)
        width = int(self.data.worker[:, clock.ROOM].max(initial=0)) + 2
        width = min(width, self._longest() + 2)
        rng = np.array([(seed * 0x9E3779B97F4A7C15 + 0xD1B54A32D192ED03) % 2**64], dtype=np.uint64)
        mem = np.zeros(6, dtype=np.int64)
        mem[kernels.TRIED] = TRIED_OF_SMALL if tasks <= SMALL else 1
        return kernels.State(
            seq=np.zeros((workers, width), dtype=np.int64),
            info=np.zeros((workers, 3), dtype=np.int64),
            cost=np.zeros(workers),
            labels=np.zeros((workers, width + 1, 4), dtype=np.int64),
            where=np.full(tasks, kernels.OUT, dtype=np.int64),
            absent=np.zeros(tasks, dtype=np.int64),
            absent_at=np.zeros(tasks, dtype=np.int64),
            seen=np.full((tasks, workers), -1, dtype=np.int64),
            seen_cost=np.zeros((tasks, workers)),
            seen_at=np.zeros((tasks, workers), dtype=np.int64),
            mem=mem,
            sum=np.zeros(2),
            mine=np.arange(workers, dtype=np.int64),
            todo=np.arange(tasks, dtype=np.int64),
            mark=np.zeros(workers, dtype=np.int64),
            touched=np.zeros(workers + 1, dtype=np.int64),
            kept_seq=np.zeros((workers, width), dtype=np.int64),
            kept_info=np.zeros((workers, 3), dtype=np.int64),
            kept_cost=np.zeros(workers),
            kept_labels=np.zeros((workers, width + 1, 4), dtype=np.int64),
            best_seq=np.zeros((workers, width), dtype=np.int64),
            best_info=np.zeros(workers, dtype=np.int64),
            dirty=np.ones(workers, dtype=np.bool_),
            spare=np.zeros((width + 1, 4), dtype=np.int64),
            spare2=np.zeros((width + 1, 4), dtype=np.int64),
            line=np.zeros(width + 1, dtype=np.int64),
            kind_seen=np.zeros(workers, dtype=np.int64),
            pool_seq=np.zeros((POOL, width), dtype=np.int16),
            pool_info=np.zeros((POOL, 2), dtype=np.int32),
            pool_cost=np.zeros(POOL),
            pool_key=np.zeros(POOL, dtype=np.uint64),
            slots=np.full(1 << 16, -1, dtype=np.int32),
            rng=rng,
            order=np.zeros(kernels.MOST_OUT + 2 * kernels.STRING + kernels.RETRIED, dtype=np.int64),
            before=np.zeros(kernels.RETRIED + 1, dtype=np.int64),
            strung=np.zeros(workers, dtype=np.int64),
        )

    def _longest(self) -> int:
        """No route can hold more visits than this."""
        return len(self.jobs)
