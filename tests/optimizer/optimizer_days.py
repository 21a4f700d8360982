"""Small days for tests: short builders, and a hypothesis strategy that mixes every rule."""

from __future__ import annotations

import itertools
import math
from typing import Any

from hypothesis import strategies as st

from optimizer.model import (
    BaselineVisit,
    Engineer,
    Frozen,
    Lunch,
    Mode,
    Period,
    Prices,
    Problem,
    Task,
    Travel,
)

H = 3600
M = 60
DAY = 24 * H
# One degree of longitude on the equator; with factor 1 and 36 km/h a step of 0.01° takes about 111 s.
STEADY = Mode(periods=(Period(0, DAY, 36.0),), factor=1.0)


def task(name: str, x: float = 0.0, **more: Any) -> Task:
    """A half-hour task on the equator, `x` hundredths of a degree east."""
    return Task(**{"id": name, "lat": 0.0, "lon": x / 100, "duration_s": 30 * M, **more})


def engineer(name: str = "e", **more: Any) -> Engineer:
    """Nine to five from the origin, without a break."""
    own = {
        "id": name,
        "start_lat": 0.0,
        "start_lon": 0.0,
        "end_lat": 0.0,
        "end_lon": 0.0,
        "shift_start_s": 9 * H,
        "shift_end_s": 17 * H,
        "mode": "car",
    }
    return Engineer(**{**own, **more})


def problem(tasks: list[Task], engineers: list[Engineer] | None = None, **more: Any) -> Problem:
    """A day with one steady mode."""
    own = {"day": "2026-11-24", "travel": Travel({"car": STEADY})}
    crew = (engineer(),) if engineers is None else tuple(engineers)
    return Problem(tasks=tuple(tasks), engineers=crew, **{**own, **more})


TIMES = st.integers(8 * H // 300, 19 * H // 300).map(lambda n: n * 300)
SKILLS = st.lists(st.sampled_from(["a", "b"]), unique=True).map(tuple)
SPOTS = st.tuples(st.integers(-30, 30), st.integers(-30, 30)).map(
    lambda p: (40 + p[0] / 100, 116 + p[1] / 100)
)


@st.composite
def modes(draw: st.DrawFn, places: int) -> Mode:
    cuts = sorted(draw(st.lists(TIMES, max_size=3, unique=True)))
    edges = [0, *cuts, DAY]
    spans = list(itertools.pairwise(edges))
    fixed = draw(st.sampled_from([0, 300]))
    if places:
        row = st.lists(st.integers(0, 5400), min_size=places, max_size=places).map(tuple)
        matrix = st.lists(row, min_size=places, max_size=places).map(tuple)
        periods = tuple(Period(a, b, seconds=draw(matrix)) for a, b in spans)
        metres = draw(st.none() | matrix)
        return Mode(periods, fixed_s=fixed, fare_fen=draw(st.integers(0, 500)), metres=metres)
    periods = tuple(Period(a, b, float(draw(st.integers(5, 60)))) for a, b in spans)
    return Mode(periods, fixed_s=fixed, km_fen=draw(st.integers(0, 100)), fare_fen=draw(st.integers(0, 500)))


@st.composite
def windows(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    found = []
    for _ in range(draw(st.sampled_from([0, 1, 1, 2]))):
        a, b = draw(TIMES), draw(TIMES)
        found.append((min(a, b), max(a, b)))
    return tuple(found)


@st.composite
def problems(draw: st.DrawFn, most_tasks: int = 8, most_engineers: int = 3) -> Problem:
    """A day with any mixture of the rules, often impossible in part."""
    names = [f"e{n}" for n in range(draw(st.integers(0, most_engineers)))]
    matrix = draw(st.sampled_from([0, 0, 3]))
    places = tuple(f"p{n}" for n in range(matrix))
    place = st.sampled_from(places) if places else st.none()
    travel = Travel({"m1": draw(modes(matrix)), "m2": draw(modes(matrix))}, places)
    who = st.lists(st.sampled_from([*names, "absent"]), max_size=2, unique=True).map(tuple)
    someone = st.none() | st.sampled_from(names) if names else st.none()
    engineers = []
    for name in names:
        begin, length = draw(TIMES), draw(st.integers(0, 10)) * H
        (lat, lon), end = draw(SPOTS), draw(SPOTS)
        lunch = None
        if draw(st.booleans()):
            from_s = draw(st.integers(22, 26)) * 1800
            lunch = Lunch(
                draw(st.sampled_from([0, 1800, 2700])), from_s, from_s + draw(st.sampled_from([2700, 9000]))
            )
        engineers.append(
            Engineer(
                name,
                lat,
                lon,
                *end,
                begin,
                begin + length,
                draw(st.sampled_from(["m1", "m2"])),
                max_overtime_s=draw(st.sampled_from([0, 3600])),
                lunch=lunch,
                skills=draw(SKILLS),
                max_visits=draw(st.none() | st.integers(0, 4)),
                hourly_fen=draw(st.none() | st.integers(0, 10_000)),
                overtime_factor=draw(st.none() | st.floats(1, 3)),
                start_place=draw(place),
                end_place=draw(place),
            )
        )
    tasks = []
    for n in range(draw(st.integers(0, most_tasks))):
        lat, lon = draw(SPOTS)
        frozen = None
        if names and draw(st.integers(0, 9)) == 0:
            frozen = Frozen(draw(st.sampled_from(names)), draw(TIMES))
        tasks.append(
            Task(
                f"t{n}",
                lat,
                lon,
                draw(st.integers(0, 24)) * 300,
                draw(windows()),
                draw(SKILLS) if draw(st.booleans()) else (),
                kind=draw(st.sampled_from(["install", "repair", "strange"])),
                urgent=draw(st.booleans()),
                undone_fen=draw(st.none() | st.integers(0, 100_000)),
                pin_engineer=draw(someone) if draw(st.integers(0, 4)) == 0 else None,
                pin_start_s=draw(TIMES) if draw(st.integers(0, 6)) == 0 else None,
                allowed_engineers=draw(who) if draw(st.integers(0, 4)) == 0 else (),
                forbidden_engineers=draw(who) if draw(st.integers(0, 4)) == 0 else (),
                frozen=frozen,
                place=draw(place),
            )
        )
    baseline = tuple(
        BaselineVisit(t.id, draw(st.sampled_from([*names, "absent"])), draw(TIMES), draw(st.booleans()))
        for t in tasks
        if draw(st.integers(0, 3)) == 0
    )
    now = draw(st.none() | TIMES)
    return Problem("2026-11-24", tuple(tasks), tuple(engineers), travel, Prices(), baseline, now)


def arrive_plainly(mode: Mode, metres: float, leave_s: float) -> float:
    """Travel second by second: an own, slow way to the same answer."""
    at, left = leave_s, metres
    while left > 1e-9:
        pace = next((p for p in mode.periods if at < p.to_s), mode.periods[-1])
        speed = (pace.speed_kmh or 1) / 3.6
        step = 1.0 if pace is mode.periods[-1] else min(1.0, pace.to_s - at)
        used = min(left, speed * step)
        at, left = at + used / speed, left - used
    return math.ceil(at - 1e-6) + (mode.fixed_s if metres else 0)
