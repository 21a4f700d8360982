# ruff: noqa: RUF009 - `described()` makes dataclass fields, which is what a default may be
"""VROOM's JSON: jobs, vehicles, skills, several windows, breaks, priorities, custom matrices, amounts.

VROOM first wants the highest sum of priorities, then the most jobs, then the lowest cost of driving; here one
sum does that: an undone job costs ten times the dearest trip, and ten times that again for each point of its
priority. One unit of VROOM's cost is 100 fen. What our model does not know (shipments, two breaks in one
day, limits of driving) is refused with its path, not left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from optimizer import codec
from optimizer.codec import described
from optimizer.errors import ProblemError
from optimizer.formats.reading import Reading, capacity, demand
from optimizer.model import FEN_MAX, LATEST_S, Engineer, Lunch, Mode, Period, Prices, Problem, Task, Travel
from optimizer.travel import EARTH_M

FEN_PER_COST = 100
# Without matrices: great circle × 1.32 at 36 km/h, in place of a routing server.
ROAD_FACTOR, METRES_PER_S = 1.32, 10.0
_TIME_MAX = 10**12
_NOWHERE = "nowhere"


def _times(doc: str, **more: Any) -> Any:
    return described(doc, unit="s", low=0, high=_TIME_MAX, **more)


@dataclass(frozen=True, slots=True)
class _Job:
    id: int = described("unique among the jobs", low=0)
    description: str | None = described("", default=None)
    location: tuple[float, float] | None = described("[lon, lat]", default=None, low=-180, high=180)
    location_index: int | None = described("row of the matrices", default=None, low=0)
    setup: int = described("", default=0, low=0, high=86_400)
    service: int = described("", default=0, low=0, high=86_400)
    delivery: tuple[int, ...] = described("", default=(), low=0, high=10**9)
    pickup: tuple[int, ...] = described("", default=(), low=0, high=10**9)
    amount: tuple[int, ...] = described("the old name of delivery", default=(), low=0, high=10**9)
    skills: tuple[int, ...] = described("", default=())
    priority: int = described("", default=0, low=0, high=100)
    time_windows: tuple[tuple[int, int], ...] = _times("", default=())


@dataclass(frozen=True, slots=True)
class _Break:
    id: int = described("")
    description: str | None = described("", default=None)
    time_windows: tuple[tuple[int, int], ...] = _times("", default=())
    service: int = described("", default=0, low=0, high=86_400)


@dataclass(frozen=True, slots=True)
class _Costs:
    fixed: int = described("", default=0, low=0, high=1_000_000)
    per_hour: int = described("", default=3600, low=0, high=1_000_000)
    per_km: int = described("", default=0, low=0, high=100_000)


@dataclass(frozen=True, slots=True)
class _Vehicle:
    id: int = described("unique among the vehicles", low=0)
    profile: str = described("", default="car")
    description: str | None = described("", default=None)
    start: tuple[float, float] | None = described("[lon, lat]", default=None, low=-180, high=180)
    start_index: int | None = described("", default=None, low=0)
    end: tuple[float, float] | None = described("[lon, lat]", default=None, low=-180, high=180)
    end_index: int | None = described("", default=None, low=0)
    capacity: tuple[int, ...] = described("", default=(), low=0, high=10**9)
    costs: _Costs = described("", factory=_Costs)
    skills: tuple[int, ...] = described("", default=())
    time_window: tuple[int, int] | None = _times("", default=None)
    breaks: tuple[_Break, ...] = described("", default=())
    speed_factor: float = described("", default=1.0, low=0.01, high=5)
    max_tasks: int | None = described("", default=None, low=0)
    steps: Any = described("a start for the search, which this engine does not need", default=None)


_Rows = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class _Matrices:
    durations: _Rows | None = described("", default=None, low=0, high=2**32)
    distances: _Rows | None = described("", default=None, low=0, high=2**32)
    costs: _Rows | None = described("", default=None, low=0, high=2**32)


@dataclass(frozen=True, slots=True)
class _File:
    vehicles: tuple[_Vehicle, ...] = described("")
    jobs: tuple[_Job, ...] = described("", default=())
    matrices: dict[str, _Matrices] | None = described("", default=None)
    matrix: _Rows | None = described("the old name of durations", default=None, low=0, high=2**32)
    options: Any = described("for VROOM's own server", default=None)


def read(source: bytes) -> Reading:
    """A file for VROOM; raises `ProblemError` with the field's path."""
    data = codec.parse(source)
    if isinstance(data, dict) and data.get("shipments"):
        raise ProblemError("shipments", "pickups with a delivery elsewhere are not planned here; jobs are")
    if isinstance(data, dict) and data.get("shipments") == []:
        del data["shipments"]
    return _Reader(codec.decode(_File, data)).reading()


@dataclass
class _Reader:
    file: _File
    names: dict[str, int] = field(default_factory=dict)  # place -> row of the base matrices, -1 = nowhere
    spots: dict[str, tuple[float, float]] = field(default_factory=dict)
    fixed: dict[str, int] = field(default_factory=dict)  # start place -> fixed cost of its vehicle

    def reading(self) -> Reading:
        file = self.file
        _unique([job.id for job in file.jobs], "jobs")
        _unique([vehicle.id for vehicle in file.vehicles], "vehicles")
        self.origin = self._origin()
        self.base = self._base()
        jobs = [self._place(job, f"jobs[{n}]") for n, job in enumerate(file.jobs)]
        starts, ends = [], []
        for n, vehicle in enumerate(file.vehicles):
            path = f"vehicles[{n}]"
            start = self._end(vehicle.start, vehicle.start_index, f"{path}.start")
            if vehicle.costs.fixed:
                # Who leaves for a job pays once: every trip from a start of his own costs that more.
                mine = f"start of {vehicle.id}"
                self.names[mine], self.spots[mine] = self.names[start], self.spots[start]
                self.fixed[mine] = vehicle.costs.fixed
                start = mine
            starts.append(start)
            ends.append(self._end(vehicle.end, vehicle.end_index, f"{path}.end"))
        self.loads, self.rooms = self._loads()
        modes = {self._mode_name(vehicle): vehicle for vehicle in file.vehicles}
        built = {name: self._mode(vehicle) for name, vehicle in modes.items()}
        dearest = max((max(map(max, mode.metres or ((0,),))) for mode, _ in built.values()), default=0)
        apiece = min(FEN_MAX // 1001, max(10 * dearest, FEN_PER_COST))
        problem = Problem(
            day="2000-01-01",
            tasks=tuple(self._task(job, n, jobs[n], apiece, f"jobs[{n}]") for n, job in enumerate(file.jobs)),
            engineers=tuple(
                self._engineer(vehicle, n, starts[n], ends[n], f"vehicles[{n}]")
                for n, vehicle in enumerate(file.vehicles)
            ),
            travel=Travel({name: mode for name, (mode, _) in built.items()}, tuple(self.names)),
            prices=Prices(hour_fen=0),
        )
        problem.validate()
        distances = {name: rows for name, (_, rows) in built.items()}
        return Reading(problem, False, self.origin, 1, distances, FEN_PER_COST)

    # Time

    def _origin(self) -> int:
        """The file's time at our midnight: 0, or the midnight before its first time where it is a date."""
        begins = [a for job in self.file.jobs for a, _ in job.time_windows]
        begins += [v.time_window[0] for v in self.file.vehicles if v.time_window]
        begins += [a for v in self.file.vehicles for b in v.breaks for a, _ in b.time_windows]
        begins = [a for a in begins if a > 0]
        if not begins or max(begins) <= LATEST_S:
            return 0
        return min(begins) // 86_400 * 86_400

    def _window(self, window: tuple[int, int], path: str) -> tuple[int, int]:
        from_s, to_s = (at - self.origin for at in window)
        if to_s < from_s:
            raise ProblemError(path, "should not end before it begins")
        if from_s > LATEST_S or to_s < 0:
            raise ProblemError(path, f"all times should lie within {LATEST_S // 3600} hours")
        return max(0, from_s), min(LATEST_S, to_s)

    # Places

    def _base(self) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray | None]] | None:
        """Durations, distances and own costs by profile; None where the file has only coordinates."""
        found = dict(self.file.matrices or {})
        if self.file.matrix is not None:
            found.setdefault("car", _Matrices(durations=self.file.matrix))
        if not found:
            return None
        sizes: set[int] = set()
        read: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray | None]] = {}
        for profile, matrices in found.items():
            path = f"matrices.{profile}"
            if matrices.durations is None:
                raise ProblemError(f"{path}.durations", "is missing")
            square: list[np.ndarray | None] = []
            for name in ("durations", "distances", "costs"):
                rows = getattr(matrices, name)
                if rows is not None and any(len(row) != len(rows) for row in rows):
                    raise ProblemError(f"{path}.{name}", "should have as many columns as rows")
                square.append(
                    None if rows is None else np.array(rows, dtype=float).reshape(len(rows), len(rows))
                )
                if rows is not None:
                    sizes.add(len(rows))
            durations, distances, costs = square
            assert durations is not None
            read[profile] = (durations, np.zeros_like(durations) if distances is None else distances, costs)
            if len(sizes) != 1:
                raise ProblemError(path, "all matrices should have the same size")
        return read

    def _place(self, job: _Job, path: str) -> str:
        if job.location is None and job.location_index is None:
            raise ProblemError(f"{path}.location", "is missing")
        return self._spot(job.location, job.location_index, f"{path}.location")

    def _end(self, location: tuple[float, float] | None, index: int | None, path: str) -> str:
        """A vehicle's start or end; without one its day begins or ends at a job, at no cost."""
        if location is None and index is None:
            self.names[_NOWHERE] = -1
            self.spots.setdefault(_NOWHERE, (0.0, 0.0))
            return _NOWHERE
        return self._spot(location, index, path)

    def _spot(self, location: tuple[float, float] | None, index: int | None, path: str) -> str:
        if location is not None and abs(location[1]) > 90:
            raise ProblemError(f"{path}[1]", f"should be a latitude, [lon, lat]; is {location[1]}")
        if self.base is None:
            if location is None:
                raise ProblemError(f"{path}_index", "the file has no matrices")
            name = f"{location[0]},{location[1]}"
            row = self.names.setdefault(name, len(self.names))
        else:
            size = len(next(iter(self.base.values()))[0])
            if index is None:
                raise ProblemError(f"{path}_index", "is missing, but the file has matrices")
            if index >= size:
                raise ProblemError(f"{path}_index", f"the matrices have {size} rows, is {index}")
            name, row = str(index), index
            self.names[name] = row
        self.spots.setdefault(name, (location[1], location[0]) if location else (0.0, 0.0))
        return name

    # Travel

    def _mode_name(self, vehicle: _Vehicle) -> str:
        costs = vehicle.costs
        return f"{vehicle.profile} {vehicle.speed_factor:g} {costs.per_hour} {costs.per_km}"

    def _mode(self, vehicle: _Vehicle) -> tuple[Mode, list[list[float]]]:
        """The travel mode of a vehicle; its "metres" are hundredths of VROOM's cost, and 1 fen each."""
        names = list(self.names)
        rows = np.array([self.names[name] for name in names])
        if self.base is None:
            crow = _road_m([self.spots[name] for name in names])
            durations, distances, own = np.rint(crow / METRES_PER_S), np.rint(crow), None
        else:
            if vehicle.profile not in self.base:
                raise ProblemError(f"matrices.{vehicle.profile}", "is missing, a vehicle has this profile")
            picked = np.ix_(rows, rows)
            base = self.base[vehicle.profile]
            durations, distances = base[0][picked], base[1][picked]
            own = None if base[2] is None else base[2][picked]
        seconds = np.minimum(np.rint(durations / vehicle.speed_factor), LATEST_S)
        costs = vehicle.costs
        price = own if own is not None else seconds * costs.per_hour / 3600 + distances * costs.per_km / 1000
        fen = np.rint(price * FEN_PER_COST)
        nowhere = rows < 0
        for matrix in (seconds, fen, distances):
            matrix[nowhere, :] = 0
            matrix[:, nowhere] = 0
        for name, fixed in self.fixed.items():
            fen[names.index(name), :] += fixed * FEN_PER_COST
        fen = np.minimum(fen, 10**8)
        whole = [tuple(tuple(int(v) for v in row) for row in matrix) for matrix in (seconds, fen)]
        mode = Mode((Period(0, LATEST_S, seconds=whole[0]),), km_fen=1000, metres=whole[1])
        return mode, distances.tolist()

    # Loads

    def _loads(self) -> tuple[list[int], list[int | None]]:
        """What each job takes of a vehicle's capacity, and what each vehicle holds, of the one kind used."""
        jobs, vehicles = self.file.jobs, self.file.vehicles
        taken: list[tuple[int, ...]] = []
        delivers = any(any(job.delivery) or any(job.amount) for job in jobs)
        for n, job in enumerate(jobs):
            if any(job.pickup) and delivers:
                raise ProblemError(f"jobs[{n}].pickup", "pickups beside deliveries are not planned here")
            taken.append(job.delivery or job.amount or job.pickup)
        used = sorted({kind for loads in taken for kind, load in enumerate(loads) if load})
        if not used:
            return [0] * len(jobs), [None] * len(vehicles)
        if len(used) > 1:
            first = next(n for n, loads in enumerate(taken) if any(loads[used[1] :]))
            raise ProblemError(f"jobs[{first}]", "one kind of load is planned here, the file has several")
        kind = used[0]
        rooms: list[int | None] = []
        for n, vehicle in enumerate(vehicles):
            if kind >= len(vehicle.capacity):
                raise ProblemError(
                    f"vehicles[{n}].capacity", f"should hold {kind + 1} values, as the jobs do"
                )
            rooms.append(vehicle.capacity[kind])
        return [loads[kind] if kind < len(loads) else 0 for loads in taken], rooms

    # Jobs and vehicles

    def _task(self, job: _Job, n: int, place: str, apiece: int, path: str) -> Task:
        return Task(
            id=str(job.id),
            lat=self.spots[place][0],
            lon=self.spots[place][1],
            duration_s=min(86_400, job.service + job.setup),
            windows=tuple(
                self._window(w, f"{path}.time_windows[{k}]") for k, w in enumerate(job.time_windows)
            ),
            skills=tuple(str(skill) for skill in job.skills),
            undone_fen=apiece * (1 + 10 * job.priority),
            place=place,
            **demand(self.loads[n], f"{path}.delivery"),
        )

    def _engineer(self, vehicle: _Vehicle, n: int, start: str, end: str, path: str) -> Engineer:
        window = (0, LATEST_S)
        if vehicle.time_window:
            window = self._window(vehicle.time_window, f"{path}.time_window")
        return Engineer(
            id=str(vehicle.id),
            start_lat=self.spots[start][0],
            start_lon=self.spots[start][1],
            end_lat=self.spots[end][0],
            end_lon=self.spots[end][1],
            shift_start_s=window[0],
            shift_end_s=window[1],
            mode=self._mode_name(vehicle),
            lunch=self._lunch(vehicle, window, path),
            skills=tuple(str(skill) for skill in vehicle.skills),
            max_visits=None if vehicle.max_tasks is None else min(1000, vehicle.max_tasks),
            start_place=start,
            end_place=end,
            **capacity(self.rooms[n]),
        )

    def _lunch(self, vehicle: _Vehicle, shift: tuple[int, int], path: str) -> Lunch | None:
        if not vehicle.breaks:
            return None
        if len(vehicle.breaks) > 1:
            raise ProblemError(f"{path}.breaks[1]", "one break a day is planned here")
        found, where = vehicle.breaks[0], f"{path}.breaks[0]"
        spans = [self._window(w, f"{where}.time_windows[{n}]") for n, w in enumerate(found.time_windows)] or [
            (shift[0], max(shift[0], shift[1] - found.service))
        ]
        spans = [(a, b) for a, b in spans if a <= shift[1] and b >= shift[0]] or spans[:1]
        if len(spans) > 1:
            raise ProblemError(f"{where}.time_windows[1]", "one window for a break is planned here")
        # VROOM's window is for the beginning of the break, ours holds all of it.
        return Lunch(found.service, spans[0][0], min(LATEST_S, spans[0][1] + found.service))


def _unique(ids: list[int], path: str) -> None:
    seen: set[int] = set()
    for n, found in enumerate(ids):
        if found in seen:
            raise ProblemError(f"{path}[{n}].id", f"{found} stands twice")
        seen.add(found)


def _road_m(spots: list[tuple[float, float]]) -> np.ndarray:
    """Road distances by great circle, in metres."""
    lat, lon = np.radians(np.array(spots, dtype=float).reshape(-1, 2)).T
    half = (
        np.sin((lat[:, None] - lat[None, :]) / 2) ** 2
        + np.cos(lat[:, None]) * np.cos(lat[None, :]) * np.sin((lon[:, None] - lon[None, :]) / 2) ** 2
    )
    metres: np.ndarray = 2 * EARTH_M * ROAD_FACTOR * np.arcsin(np.sqrt(np.minimum(half, 1.0)))
    return metres
