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
NOISE = 1e-6

Key = tuple[float, float, str | None]  # position, and name in `travel.places` where there are matrices
Trips = tuple[np.ndarray, np.ndarray, np.ndarray]  # seconds by period, metres, fen (by period or of one)


class Places:
    """The different places of a problem, numbered; equal position and name is the same place."""

    def __init__(self, problem: Problem) -> None:
        self._number: dict[Key, int] = {}
        self.tasks = [self._add(task.lat, task.lon, task.place) for task in problem.tasks]
        self.starts = [self._add(e.start_lat, e.start_lon, e.start_place) for e in problem.engineers]
        self.ends = [self._add(e.end_lat, e.end_lon, e.end_place) for e in problem.engineers]
        self.keys = list(self._number)
        self._crow: np.ndarray | None = None

    def great_circle_m(self) -> np.ndarray:
        """Distances as the crow flies, in metres."""
        if self._crow is None:
            self._crow = great_circle(spots(self.keys), spots(self.keys))
        return self._crow

    def find(self, key: Key) -> int | None:
        """The number of a place, or None where it is new."""
        return self._number.get(key)

    def _add(self, lat: float, lon: float, name: str | None) -> int:
        return self._number.setdefault((lat, lon, name), len(self._number))


class Legs:
    """All trips of one mode between the numbered places."""

    def __init__(self, mode: Mode, names: tuple[str, ...], places: Places) -> None:
        # full: [period, from, to], seconds if that period lasted all day
        self.full, self.metres, self.fares = trips(
            mode, names, places.keys, places.keys, places.great_circle_m()
        )
        for table in (*self.full, self.metres, *self.fares):
            np.fill_diagonal(table, 0)
        # What a trip usually costs; the only price there is where it does not depend on the time.
        self.money = usual_fen(self.fares)
        self.ends = [period.to_s for period in mode.periods[:-1]]
        self.fixed_s = mode.fixed_s
        # Plain lists are far faster to look into than arrays; rows are made when first asked for.
        self._rows: list[list[list[float]] | None] = [None] * len(places.keys)

    def put(self, place: int, there: Trips, back: Trips) -> None:
        """Give `place` other trips: `there` from it to every place (one row), `back` to it (one column)."""
        for table, out, home in zip((self.full, self.metres, self.fares), there, back, strict=True):
            table[..., place, :] = out[..., 0, :]
            table[..., :, place] = home[..., 0]
            table[..., place, place] = 0
        self.money[place], self.money[:, place] = (
            usual_fen(self.fares[:, place]),
            usual_fen(self.fares[:, :, place]),
        )
        self._rows[place] = None
        lonely = (self.metres[:, place] == 0) & (self.full[:, :, place] == 0).all(axis=0)
        seconds = np.where(lonely, -1.0, self.full[:, :, place]).T.tolist()
        for row, values in zip(self._rows, seconds, strict=True):
            for line, value in zip(row or (), values, strict=row is not None):
                line[place] = value

    def _row(self, i: int) -> list[list[float]]:
        """For each period the seconds to every place; below 0 where there is no trip."""
        lonely = (self.metres[i] == 0) & (self.full[:, i] == 0).all(axis=0)
        row: list[list[float]] = np.where(lonely, -1.0, self.full[:, i]).tolist()
        self._rows[i] = row
        return row

    def fare(self, i: int, j: int, leave_s: int) -> int:
        """Price in fen of a trip that begins at `leave_s`."""
        return int(self.fares[bisect_right(self.ends, leave_s) if len(self.fares) > 1 else 0, i, j])

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
        return math.ceil(at + left * rows[p][j] - NOISE) + self.fixed_s

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
        found = math.floor(at - left * full + NOISE)
        while self.arrive(i, j, found) > arrive_s:
            found -= 1
        while self.arrive(i, j, found + 1) <= arrive_s:
            found += 1
        return found


def trips(mode: Mode, names: tuple[str, ...], starts: list[Key], ends: list[Key], crow: np.ndarray) -> Trips:
    """All trips of a mode from some places to some; `crow` is how far they are apart in metres.

    Seconds by period as if it lasted all day, road metres, fen by period (of one period where none has prices of
    its own). Equal places are not looked for.
    """

    def picked(matrix: tuple[tuple[int, ...], ...]) -> np.ndarray:
        number = {name: n for n, name in enumerate(names)}
        rows, columns = ([number.get(key[2] or "", 0) for key in keys] for keys in (starts, ends))
        lines = [matrix[n] for n in rows]
        if len(columns) < len(rows):
            return np.array([[line[n] for n in columns] for line in lines], dtype=float)
        return np.array(lines, dtype=float).reshape(len(rows), -1)[:, columns]

    metres = np.rint(crow * mode.factor) if mode.metres is None else picked(mode.metres)
    full = np.stack(
        [
            metres / (period.speed_kmh or 1.0) * 3.6 if period.seconds is None else picked(period.seconds)
            for period in mode.periods
        ]
    )
    trip = (metres > 0) | (full > 0).any(axis=0)
    common = (
        mode.fare_fen + (metres * mode.km_fen + 500) // 1000 if mode.fares is None else picked(mode.fares)
    )
    own = any(period.fares is not None for period in mode.periods)
    fares = np.stack(
        [
            common if period.fares is None else picked(period.fares)
            for period in (mode.periods if own else mode.periods[:1])
        ]
    )
    return full * trip, (metres * trip).astype(np.int64), (fares * trip).astype(np.int64)


def usual_fen(fares: np.ndarray) -> np.ndarray:
    """The mean of fares over their periods (the first axis), in whole fen."""
    mean: np.ndarray = np.rint(fares.mean(axis=0)).astype(np.int64)
    return mean


def spots(keys: list[Key]) -> np.ndarray:
    """Latitudes and longitudes of places, in radians."""
    found: np.ndarray = np.radians(np.array([key[:2] for key in keys], dtype=float).reshape(-1, 2).T)
    return found


def great_circle(starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Metres as the crow flies from each of some `spots()` to each of others."""
    (lat1, lon1), (lat2, lon2) = starts, ends
    half = (
        np.sin((lat1[:, None] - lat2[None, :]) / 2) ** 2
        + np.cos(lat1[:, None]) * np.cos(lat2[None, :]) * np.sin((lon1[:, None] - lon2[None, :]) / 2) ** 2
    )
    return 2 * EARTH_M * np.arcsin(np.sqrt(np.minimum(half, 1.0)))
