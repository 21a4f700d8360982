"""VRPLIB files of the vehicle routing problem with time windows (Solomon, Gehring and Homberger).

Distances follow the DIMACS rule: Euclidean, truncated to one decimal; travel takes as long as it is far, and
the sum of the plan is distance. Inside, a unit of the file is ten: all numbers are whole. Every vehicle is
an engineer without a price for his hours; an unserved customer costs twenty times the longest trip, so that
it pays to serve all. Tasks are named by node numbers, vehicles from 1.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from fractions import Fraction

from optimizer.errors import ProblemError
from optimizer.formats.reading import Reading, capacity, demand
from optimizer.model import LATEST_S, Engineer, Mode, Period, Prices, Problem, Task, Travel

UNIT = 10
_ABSENT_TRIPS = 20
_KNOWN = {"NAME", "COMMENT", "TYPE", "DIMENSION", "VEHICLES", "CAPACITY", "SERVICE_TIME", "EDGE_WEIGHT_TYPE"}
_SECTIONS = {
    "NODE_COORD_SECTION": 2,
    "DEMAND_SECTION": 1,
    "TIME_WINDOW_SECTION": 2,
    "SERVICE_TIME_SECTION": 1,
    "DEPOT_SECTION": 0,
}


@dataclass
class _File:
    heads: dict[str, str] = field(default_factory=dict)
    nodes: dict[str, dict[int, list[Fraction]]] = field(default_factory=dict)
    depots: list[int] = field(default_factory=list)


def _number(text: str, path: str) -> Fraction:
    if not re.fullmatch(r"[+-]?\d{1,12}(\.\d{0,12})?([eE][+-]?\d\d?)?", text):
        raise ProblemError(path, f"should be a number, is {text[:40]!r}")
    value = Fraction(text)
    if abs(value) > 10**9:
        raise ProblemError(path, f"should be at most {10**9}, is {text}")
    return value


def _whole(text: str, path: str, low: int = 0) -> int:
    value = _number(text, path)
    if value.denominator != 1 or value < low:
        raise ProblemError(path, f"should be a whole number of at least {low}, is {text}")
    return int(value)


def _parse(source: bytes) -> _File:
    try:
        text = source.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ProblemError("", "not UTF-8 text") from None
    found, section = _File(), ""
    for n, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        word = line.split(":")[0].strip()
        if not line:
            continue
        if word == "EOF":
            break
        if word.endswith("_SECTION"):
            if word not in _SECTIONS:
                raise ProblemError(f"line {n}", f"{word} is not read; known here: {', '.join(_SECTIONS)}")
            if word in found.nodes:
                raise ProblemError(f"line {n}", f"{word} stands twice")
            section = word
            found.nodes[section] = {}
        elif section == "DEPOT_SECTION":
            for part in line.split():
                if part != "-1":
                    found.depots.append(_whole(part, f"DEPOT_SECTION (line {n})", 1))
        elif section:
            _row(found, section, line, n)
        else:
            name, colon, value = (part.strip() for part in line.partition(":"))
            if not colon or name not in _KNOWN:
                raise ProblemError(
                    f"line {n}", f"unknown: {name[:40]!r}; known here: {', '.join(sorted(_KNOWN))}"
                )
            if name in found.heads:
                raise ProblemError(f"line {n}", f"{name} stands twice")
            found.heads[name] = value
    return found


def _row(found: _File, section: str, line: str, n: int) -> None:
    width, parts = _SECTIONS[section], line.split()
    where = f"{section} (line {n})"
    if len(parts) != width + 1:
        raise ProblemError(where, f"should hold a node and {width} more, holds {len(parts)} values")
    node = _whole(parts[0], where, 1)
    if node in found.nodes[section]:
        raise ProblemError(where, f"node {node} stands twice")
    found.nodes[section][node] = [_number(part, where) for part in parts[1:]]


def _head(found: _File, name: str) -> str:
    if name not in found.heads:
        raise ProblemError(name, "is missing")
    return found.heads[name]


def _checked(found: _File) -> int:
    """The number of nodes, after looking at what every file must have."""
    if _head(found, "TYPE") not in ("CVRPTW", "VRPTW"):
        raise ProblemError("TYPE", f"should be CVRPTW or VRPTW, is {found.heads['TYPE']}")
    if _head(found, "EDGE_WEIGHT_TYPE") != "EUC_2D":
        raise ProblemError("EDGE_WEIGHT_TYPE", f"should be EUC_2D, is {found.heads['EDGE_WEIGHT_TYPE']}")
    size = _whole(_head(found, "DIMENSION"), "DIMENSION", 1)
    for section in ("NODE_COORD_SECTION", "DEMAND_SECTION", "TIME_WINDOW_SECTION"):
        if section not in found.nodes:
            raise ProblemError(section, "is missing")
    for section, rows in found.nodes.items():
        if section == "DEPOT_SECTION":
            continue
        for node in rows:
            if node > size:
                raise ProblemError(f"{section}[{node}]", f"DIMENSION allows nodes up to {size}")
        for node in range(1, size + 1):
            if node not in rows:
                raise ProblemError(f"{section}[{node}]", "is missing")
    if len(found.depots) != 1 or found.depots[0] > size:
        raise ProblemError("DEPOT_SECTION", "should name one node")
    return size


def _distances(found: _File, size: int) -> list[list[int]]:
    """Tenths, truncated: floor(10 × Euclidean distance), exactly."""
    points = [found.nodes["NODE_COORD_SECTION"][n] for n in range(1, size + 1)]
    scale = math.lcm(*(value.denominator for point in points for value in point))
    whole = [(int(x * scale), int(y * scale)) for x, y in points]
    return [
        [math.isqrt(UNIT * UNIT * ((ax - bx) ** 2 + (ay - by) ** 2)) // scale for bx, by in whole]
        for ax, ay in whole
    ]


def distances(source: bytes) -> list[list[int]]:
    """The distances of a file in tenths of its unit, node 1 first; raises `ProblemError`."""
    found = _parse(source)
    return _distances(found, _checked(found))


def _time(value: Fraction, path: str, up: bool = False) -> int:
    """Our seconds; a finer time than a tenth is rounded so that the plan still holds."""
    scaled = value * UNIT
    rounded = math.ceil(scaled) if up else math.floor(scaled)
    if not 0 <= rounded <= LATEST_S:
        raise ProblemError(path, f"should be from 0 to {LATEST_S // UNIT}, is {float(value):g}")
    return rounded


def read(source: bytes) -> Reading:
    """A VRPTW file; raises `ProblemError` naming the section and line, or the section and node."""
    found = _parse(source)
    size = _checked(found)
    matrix = _distances(found, size)
    longest = max(map(max, matrix))
    depot = found.depots[0]
    windows = {}
    for node, (a, b) in found.nodes["TIME_WINDOW_SECTION"].items():
        path = f"TIME_WINDOW_SECTION[{node}]"
        windows[node] = (_time(a, path, up=True), _time(b, path))
        if windows[node][1] < windows[node][0]:
            raise ProblemError(path, "should not end before it begins")
    if "SERVICE_TIME_SECTION" in found.nodes:
        service = {n: row[0] for n, row in found.nodes["SERVICE_TIME_SECTION"].items()}
    else:
        service = dict.fromkeys(windows, _number(found.heads.get("SERVICE_TIME", "0"), "SERVICE_TIME"))
    customers = [node for node in range(1, size + 1) if node != depot]
    count = len(customers)
    if "VEHICLES" in found.heads:
        count = _whole(found.heads["VEHICLES"], "VEHICLES", 1)
    room = _whole(_head(found, "CAPACITY"), "CAPACITY")
    loads = {
        node: _whole(str(row[0]), f"DEMAND_SECTION[{node}]")
        for node, row in found.nodes["DEMAND_SECTION"].items()
    }
    spots = _positions(found)
    places = tuple(str(node) for node in range(1, size + 1))
    metres = tuple(map(tuple, matrix))
    problem = Problem(
        day="2000-01-01",
        tasks=tuple(
            Task(
                id=str(node),
                lat=spots[node][0],
                lon=spots[node][1],
                duration_s=_time(service[node], f"SERVICE_TIME_SECTION[{node}]", up=True),
                windows=(windows[node],),
                undone_fen=_ABSENT_TRIPS * max(1, longest),
                place=str(node),
                **demand(loads[node], f"DEMAND_SECTION[{node}]"),
            )
            for node in customers
        ),
        engineers=tuple(
            Engineer(
                id=str(n + 1),
                start_lat=spots[depot][0],
                start_lon=spots[depot][1],
                end_lat=spots[depot][0],
                end_lon=spots[depot][1],
                shift_start_s=windows[depot][0],
                shift_end_s=windows[depot][1],
                mode="vehicle",
                start_place=str(depot),
                end_place=str(depot),
                **capacity(room),
            )
            for n in range(min(count, len(customers)))
        ),
        travel=Travel(
            {"vehicle": Mode((Period(0, LATEST_S, seconds=metres),), km_fen=1000, metres=metres)}, places
        ),
        prices=Prices(hour_fen=0),
    )
    problem.validate()
    file_distances = {"vehicle": [[tenths / UNIT for tenths in row] for row in matrix]}
    return Reading(problem, False, 0, UNIT, file_distances, UNIT)


def _positions(found: _File) -> dict[int, tuple[float, float]]:
    """Places for a drawing: the file's plane as a square of one degree around 0, 0."""
    points = found.nodes["NODE_COORD_SECTION"]
    xs, ys = [float(p[0]) for p in points.values()], [float(p[1]) for p in points.values()]
    span = max(max(xs) - min(xs), max(ys) - min(ys)) or 1.0
    return {
        node: ((float(p[1]) - min(ys)) / span - 0.5, (float(p[0]) - min(xs)) / span - 0.5)
        for node, p in points.items()
    }
