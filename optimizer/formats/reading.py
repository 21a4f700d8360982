"""A problem that was read from a file, and the translation of its plans.

Inside, ids are text and times are whole seconds since midnight. A file may have numbers as ids, times from
another origin or in finer units, and a sum that is not money; plans are written and read back in its terms.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from optimizer import codec
from optimizer.errors import ProblemError
from optimizer.model import Problem, Task
from optimizer.plan import Plan

_LOADS = "demand" in Task.__dataclass_fields__
Matrix = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Reading:
    """What a file holds.

    `origin` is the file's time at our second 0, `per_unit` how many of our seconds make one unit of the
    file's time. `distances` holds for each travel mode the file's distances over `travel.places`; without it
    distances are our metres. `fen_per_cost` turns the sum without absence into the file's cost.
    """

    problem: Problem
    native: bool = True
    origin: int = 0
    per_unit: int = 1
    distances: Mapping[str, Matrix] | None = None
    fen_per_cost: int | None = None
    _numbers: dict[str, int] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._numbers.update({name: n for n, name in enumerate(self.problem.travel.places)})

    def write(self, plan: Plan) -> dict[str, Any]:
        """The plan as plain values in the file's ids and units."""
        data = plan.to_data()
        if self.native:
            return data
        total = 0.0
        for route in data["routes"]:
            legs = self._legs([stop["task"] for stop in route["stops"]], route["engineer"])
            route["engineer"] = _number(route["engineer"])
            for stop, distance in zip(route["stops"], legs, strict=False):
                stop["task"] = _number(stop["task"])
                for name in ("arrive_s", "start_s", "end_s"):
                    stop[name] = self._time_out(stop[name])
                stop["travel_s"] = self._out(stop["travel_s"])
                del stop["travel_m"], stop["mode"]
                stop["distance"] = distance
            if route["lunch"] is not None:
                route["lunch"] = {name: self._time_out(at) for name, at in route["lunch"].items()}
            route["start_s"], route["home_s"] = map(self._time_out, (route["start_s"], route["home_s"]))
            route["home_travel_s"] = self._out(route["home_travel_s"])
            del route["home_travel_m"]
            route["home_distance"] = legs[-1]
            route["distance"] = _tidy(sum(legs))
            total += sum(legs)
        for left in data["unserved"]:
            left["task"] = _number(left["task"])
            for reason in left["reasons"]:
                reason["detail"] = self._detail(reason["detail"])
        summary = data["summary"]
        summary["travel_s"] = self._out(summary["travel_s"])
        del summary["distance_m"]
        summary["distance"] = _tidy(total)
        if self.fen_per_cost is not None:
            of_routes = plan.summary.cost_fen - plan.summary.terms.get("undone", 0)
            summary["cost"] = _tidy(of_routes / self.fen_per_cost)
        return data

    def read_plan(self, source: bytes) -> Plan:
        """A plan that `write()` made, perhaps changed since; raises `ProblemError` for a wrong form."""
        data = codec.parse(source)
        return Plan.from_json(data if self.native else self._back(data))

    def _back(self, data: Any) -> Any:
        """The same values in our ids and units; what has another form stays, for the reader to refuse."""
        if not isinstance(data, dict):
            return data
        metres = 0
        for route in _objects(data, "routes"):
            route["engineer"] = _text(route.get("engineer"))
            stops = _objects(route, "stops")
            for stop in stops:
                stop["task"] = _text(stop.get("task"))
            mode, legs = self._metres([stop["task"] for stop in stops], route["engineer"])
            metres += sum(legs)
            for stop, length in zip(stops, legs, strict=False):
                for name in ("arrive_s", "start_s", "end_s"):
                    self._convert(stop, name, self.origin)
                self._convert(stop, "travel_s")
                stop.pop("distance", None)
                stop.update(travel_m=length, mode=mode)
            if isinstance(route.get("lunch"), dict):
                for name in ("start_s", "end_s"):
                    self._convert(route["lunch"], name, self.origin)
            for name in ("start_s", "home_s"):
                self._convert(route, name, self.origin)
            self._convert(route, "home_travel_s")
            route.pop("home_distance", None)
            route.pop("distance", None)
            route["home_travel_m"] = legs[-1]
        for left in _objects(data, "unserved"):
            left["task"] = _text(left.get("task"))
        summary = data.get("summary")
        if isinstance(summary, dict):
            self._convert(summary, "travel_s")
            summary.pop("distance", None)
            summary.pop("cost", None)
            summary["distance_m"] = metres
        return data

    def _convert(self, data: dict[str, Any], name: str, origin: int = 0) -> None:
        value = data.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            data[name] = round((value - origin) * self.per_unit)

    def _out(self, seconds: int) -> float:
        return seconds if self.per_unit == 1 else _tidy(seconds / self.per_unit)

    def _time_out(self, seconds: int) -> float:
        return self._out(seconds) + self.origin

    def _detail(self, detail: Mapping[str, Any]) -> dict[str, Any]:
        found = dict(detail)
        if "engineers" in found:
            found["engineers"] = [_number(name) for name in found["engineers"]]
        if "windows" in found:
            found["windows"] = [[self._time_out(at) for at in window] for window in found["windows"]]
        return found

    def _stations(self, tasks: list[str], engineer: str) -> tuple[str, list[int]]:
        """The mode and the numbers of the places of a route, or no places where an id is unknown."""
        who = next((e for e in self.problem.engineers if e.id == engineer), None)
        places = {task.id: task.place for task in self.problem.tasks}
        if who is None or not all(isinstance(name, str) and name in places for name in tasks):
            return "", []
        names = [who.start_place, *(places[name] for name in tasks), who.end_place]
        return who.mode, [self._numbers[name or ""] for name in names]

    def _legs(self, tasks: list[str], engineer: str) -> list[float]:
        mode, stations = self._stations(tasks, engineer)
        assert self.distances is not None
        matrix = self.distances[mode]
        return [_tidy(matrix[a][b]) for a, b in itertools.pairwise(stations)]

    def _metres(self, tasks: list[str], engineer: str) -> tuple[str, list[int]]:
        mode, stations = self._stations(tasks, engineer)
        if not stations:
            return mode, [0] * (len(tasks) + 1)
        matrix = self.problem.travel.modes[mode].metres
        assert matrix is not None
        return mode, [matrix[a][b] if a != b else 0 for a, b in itertools.pairwise(stations)]


def demand(load: int, path: str) -> dict[str, Any]:
    """The field of a task for what it takes of a vehicle's capacity."""
    if not _LOADS and load:
        raise ProblemError(path, "loads are not planned here")
    return {"demand": load} if _LOADS else {}


def capacity(room: int | None) -> dict[str, Any]:
    """The field of an engineer for what his vehicle holds."""
    return {"capacity": room} if _LOADS else {}


def _tidy(value: float) -> float:
    """A sum of decimals without the dust of binary fractions; a whole number as one."""
    rounded = round(value, 6)
    return int(rounded) if rounded == int(rounded) else rounded


def _number(name: str) -> Any:
    return int(name) if name.isdecimal() else name


def _text(value: Any) -> Any:
    return str(value) if type(value) is int else value


def _objects(data: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = data.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
