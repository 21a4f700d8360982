"""How good a window is to offer: its price in the day, and what the price cannot know. Pure functions, money in fen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, radians

from optimizer.instance import Instance
from optimizer.model import Task, Window

GOOD_FEN, FAIR_FEN = 500, 3_000
"""Up to so much above the best of all windows an offer is good, or fair; beyond it is dear."""
CROWD_FEN = 4_000
"""A window in which every able engineer is taken would keep an hour's work from the next caller."""
HALF = 0.5
"""Until half of the able engineers' time is taken, a window is not crowded."""
LATE_DAY_FEN = 2_000
"""Each day after the day that the customer was promised."""
NOT_WISHED_FEN = 1_500
"""Half an hour's travel: so much dearer a window of the customer's own half-day may be."""
FREEDOM_FEN_PER_HOUR = 300
"""A longer window leaves the plan room; so much is each hour beyond two worth."""
NEAR_FEN, MOST_NEAR = 200, 3
"""Neighbours in the same part of the day: their tour will grow denser with the next calls."""
NEAR_KM = 3.0
TRIP_S = 1_200
"""What a visit takes besides its own time, in a crowded city."""
NOON_S = 12 * 3600


@dataclass(frozen=True)
class Said:
    """Something to say of a window: near, on_way, wished, quiet, crowded, late, nobody, no_skill; with its number."""

    code: str
    n: int = 0


@dataclass(frozen=True)
class Look:
    """What is seen of a window: its price (None where nobody has room) and what speaks for it or against it."""

    cost_fen: int | None
    extra_travel_s: int
    able: int
    taken: float
    near: int
    days_late: int
    wished: bool | None
    width_s: int


def score(look: Look) -> int:
    """What the window costs, all in all."""
    crowd = max(0.0, min(look.taken, 1.0) - HALF) / (1 - HALF)
    return round(
        (look.cost_fen or 0)
        + CROWD_FEN * crowd
        + LATE_DAY_FEN * look.days_late
        + NOT_WISHED_FEN * (look.wished is False)
        - FREEDOM_FEN_PER_HOUR * max(0, look.width_s - 7200) / 3600
        - NEAR_FEN * min(look.near, MOST_NEAR)
    )


def grades(looks: Sequence[Look]) -> list[tuple[str, int]]:
    """Grade and score of each window beside the best of all: good, fair, dear, or none where nobody has room."""
    scores = [score(look) for look in looks]
    fitting = [one for one, look in zip(scores, looks, strict=True) if look.cost_fen is not None]
    best = min(fitting, default=0)
    return [
        ("none" if look.cost_fen is None else _grade(one - best), one)
        for one, look in zip(scores, looks, strict=True)
    ]


def _grade(above_fen: int) -> str:
    return "good" if above_fen <= GOOD_FEN else "fair" if above_fen <= FAIR_FEN else "dear"


def said(look: Look) -> tuple[Said, ...]:
    """What to tell the assistant about a window, the weightiest first, three things at most."""
    if look.cost_fen is None:
        return (Said("no_skill") if look.able == 0 else Said("nobody", look.able),)
    found = [
        Said("late", look.days_late) if look.days_late else None,
        Said("wished") if look.wished else None,
        Said("near", look.near) if look.near else None,
        Said("on_way", -(-look.extra_travel_s // 60)) if look.extra_travel_s < 900 else None,
        Said("crowded", round(look.taken * 100)) if look.taken > 0.75 else None,
        Said("quiet", round(look.taken * 100)) if look.taken < 0.25 else None,
    ]
    return tuple(one for one in found if one is not None)[:3]


def taken(instance: Instance, able: Iterable[int], routes: Sequence[Sequence[int]], window: Window) -> float:
    """Which share of the able engineers' time in a window is taken by visits; 1 where none of them works then."""
    there = used = 0.0
    for worker in able:
        engineer = instance.problem.engineers[worker]
        there += _common(window, (engineer.shift_start_s, engineer.shift_end_s))
        for number in routes[worker]:
            task = instance.problem.tasks[number]
            for from_s, to_s in task.windows or ((engineer.shift_start_s, engineer.shift_end_s),):
                share = _common(window, (from_s, to_s)) / max(to_s - from_s, 1)
                used += min(share, 1.0) * (task.duration_s + TRIP_S)
    return min(used / there, 1.0) if there else 1.0


def near(task: Task, others: Iterable[Task], window: Window) -> int:
    """How many other visits lie within three kilometres in the window or the hour beside it."""
    wide = 111.2 * cos(radians(task.lat))
    return sum(
        ((other.lat - task.lat) * 111.2) ** 2 + ((other.lon - task.lon) * wide) ** 2 <= NEAR_KM**2
        and any(from_s < window[1] + 3600 and window[0] - 3600 < to_s for from_s, to_s in other.windows)
        for other in others
    )


def wished(part: str, window: Window) -> bool | None:
    """Whether a window lies in the half of the day that the customer asked for; None where he did not ask."""
    if part == "morning":
        return window[1] <= NOON_S + 3600
    if part == "afternoon":
        return window[0] >= NOON_S
    return None


def _common(a: Window, b: Window) -> int:
    return max(0, min(a[1], b[1]) - max(a[0], b[0]))
