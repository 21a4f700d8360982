"""Exact travel: time-dependent, first in first out, in whole seconds.

A trip makes progress at the speed of the period that is in force at each moment; who leaves later therefore
never arrives earlier. With matrices the speed of a period is one trip per `seconds[i][j]`.
"""

from __future__ import annotations

import math
from bisect import bisect_right

import numpy as np

from optimizer.model import Mode, Problem

EARTH_M = 6_371_000.0
# Float noise of less than a microsecond must not round a trip up to the next second.
_NOISE = 1e-6


class Places:
    """The different places of a problem, numbered; equal position and name is the same place."""

    def __init__(self, problem: Problem) -> None:
        self._number: dict[tuple[float, float, str | None], int] = {}
        self.tasks = [self._add(task.lat, task.lon, task.place) for task in problem.tasks]
        self.starts = [self._add(e.start_lat, e.start_lon, e.start_place) for e in problem.engineers]
        self.ends = [self._add(e.end_lat, e.end_lon, e.end_place) for e in problem.engineers]
        self.keys = list(self._number)
        self._crow: np.ndarray | None = None

    def great_circle_m(self) -> np.ndarray:
        """Distances as the crow flies, in metres."""
        if self._crow is None:
            self._crow = _great_circle(self.keys)
        return self._crow

    def _add(self, lat: float, lon: float, name: str | None) -> int:
        return self._number.setdefault((lat, lon, name), len(self._number))


class Legs:
    """All trips of one mode between the numbered places."""

    def __init__(self, mode: Mode, names: tuple[str, ...], places: Places) -> None:
        row = {name: n for n, name in enumerate(names)}
        picked = [row.get(key[2] or "", 0) for key in places.keys]
        if mode.metres is not None:
            metres = np.array(mode.metres, dtype=float)[np.ix_(picked, picked)]
        else:
            metres = np.rint(places.great_circle_m() * mode.factor)
        full = []
        for period in mode.periods:
            if period.seconds is not None:
                full.append(np.array(period.seconds, dtype=float)[np.ix_(picked, picked)])
            else:
                full.append(metres / (period.speed_kmh or 1.0) * 3.6)
        self.full = np.stack(full)  # [period, from, to]: seconds if that period lasted all day
        trip = (metres > 0) | (self.full > 0).any(axis=0)
        np.fill_diagonal(trip, False)
        self.full = self.full * trip
        money = np.where(trip, mode.fare_fen + (metres * mode.km_fen + 500) // 1000, 0)
        self.ends = [period.to_s for period in mode.periods[:-1]]
        self.fixed_s = mode.fixed_s
        self.metres = (metres * trip).astype(np.int64)
        self.money = money.astype(np.int64)
        # Plain lists are far faster to look into than arrays; rows are made when first asked for.
        self._rows: list[list[list[float]] | None] = [None] * len(places.keys)

    def _row(self, i: int) -> list[list[float]]:
        """For each period the seconds to every place; below 0 where there is no trip."""
        lonely = (self.metres[i] == 0) & (self.full[:, i] == 0).all(axis=0)
        row: list[list[float]] = np.where(lonely, -1.0, self.full[:, i]).tolist()
        self._rows[i] = row
        return row

    def arrive(self, i: int, j: int, leave_s: int) -> int:
        """When who leaves place `i` at `leave_s` is at place `j`."""
        rows = self._rows[i] or self._row(i)
        if rows[0][j] < 0:
            return leave_s
        ends = self.ends
        p = bisect_right(ends, leave_s) if ends else 0
        at: float = leave_s
        left = 1.0  # the part of the trip that is still ahead
        while p < len(ends):
            full = rows[p][j]
            if at + left * full <= ends[p]:
                break
            left -= (ends[p] - at) / full
            at = ends[p]
            p += 1
        return math.ceil(at + left * rows[p][j] - _NOISE) + self.fixed_s

    def leave(self, i: int, j: int, arrive_s: int) -> int:
        """The latest second at which one may leave `i` and be at `j` by `arrive_s` (may be negative)."""
        rows = self._rows[i] or self._row(i)
        if rows[0][j] < 0:
            return arrive_s
        target = arrive_s - self.fixed_s
        p = bisect_right(self.ends, target)
        at: float = target
        left = 1.0
        while True:
            full = rows[p][j]
            begin = self.ends[p - 1] if p else -math.inf
            if at - left * full >= begin:
                break
            left -= (at - begin) / full
            at = begin
            p -= 1
        found = math.floor(at - left * full + _NOISE)
        while self.arrive(i, j, found) > arrive_s:
            found -= 1
        while self.arrive(i, j, found + 1) <= arrive_s:
            found += 1
        return found


def _great_circle(keys: list[tuple[float, float, str | None]]) -> np.ndarray:
    lat = np.radians(np.array([key[0] for key in keys], dtype=float))
    lon = np.radians(np.array([key[1] for key in keys], dtype=float))
    half = (
        np.sin((lat[:, None] - lat[None, :]) / 2) ** 2
        + np.cos(lat[:, None]) * np.cos(lat[None, :]) * np.sin((lon[:, None] - lon[None, :]) / 2) ** 2
    )
    return 2 * EARTH_M * np.arcsin(np.sqrt(np.minimum(half, 1.0)))
