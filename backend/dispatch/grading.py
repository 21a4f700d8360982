"""How good a window is to offer: its price in the day, and what the price cannot know. Pure functions, money in fen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import cos, radians

from backend.core import numbers
from optimizer.instance import Instance
from optimizer.model import Task, Window

NOON_S = 12 * 3600


@dataclass(frozen=True)
class Weights:
    """What the price cannot know, in money; the department sets the numbers (`backend.core.numbers`).

    Up to ``good_fen`` above the best of all windows an offer is good, up to ``fair_fen`` fair; beyond it is dear.
    A window in which every able engineer is taken would keep an hour's work from the next caller (``crowd_fen``);
    until the share ``crowded_from`` of their time is taken it is not crowded. A longer window leaves the plan room.
    With neighbours in the same part of the day a tour will grow denser with the next calls.
    """

    good_fen: int
    fair_fen: int
    crowd_fen: int
    crowded_from: float
    late_day_fen: int
    not_wished_fen: int
    freedom_fen_per_hour: int
    near_fen: int
    near_most: int
    near_km: int
    trip_s: int
    notice_s: int

    @classmethod
    def of(cls, values: Mapping[str, int]) -> "Weights":
        """From the numbers of the settings page: yuan, minutes, per cent."""
        return cls(
            good_fen=values["good"] * 100,
            fair_fen=values["fair"] * 100,
            crowd_fen=values["crowd"] * 100,
            crowded_from=values["crowded_from"] / 100,
            late_day_fen=values["late_day"] * 100,
            not_wished_fen=values["not_wished"] * 100,
            freedom_fen_per_hour=values["freedom"] * 100,
            near_fen=values["near"] * 100,
            near_most=values["near_most"],
            near_km=values["near_km"],
            trip_s=values["trip"] * 60,
            notice_s=values["notice"] * 60,
        )


USUAL = Weights.of(numbers.defaults("windows"))


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


def score(look: Look, by: Weights = USUAL) -> int:
    """What the window costs, all in all."""
    crowd = max(0.0, min(look.taken, 1.0) - by.crowded_from) / (1 - by.crowded_from)
    return round(
        (look.cost_fen or 0)
        + by.crowd_fen * crowd
        + by.late_day_fen * look.days_late
        + by.not_wished_fen * (look.wished is False)
        - by.freedom_fen_per_hour * max(0, look.width_s - 7200) / 3600
        - by.near_fen * min(look.near, by.near_most)
    )


def grades(looks: Sequence[Look], by: Weights = USUAL) -> list[tuple[str, int]]:
    """Grade and score of each window beside the best of all: good, fair, dear, or none where nobody has room."""
    scores = [score(look, by) for look in looks]
    fitting = [one for one, look in zip(scores, looks, strict=True) if look.cost_fen is not None]
    best = min(fitting, default=0)
    return [
        ("none" if look.cost_fen is None else _grade(one - best, by), one)
        for one, look in zip(scores, looks, strict=True)
    ]


def _grade(above_fen: int, by: Weights) -> str:
    return "good" if above_fen <= by.good_fen else "fair" if above_fen <= by.fair_fen else "dear"


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


def taken(
    instance: Instance,
    able: Iterable[int],
    routes: Sequence[Sequence[int]],
    window: Window,
    by: Weights = USUAL,
) -> float:
    """Which share of the able engineers' time in a window is taken by visits; 1 where none of them works then."""
    there = used = 0.0
    for worker in able:
        engineer = instance.problem.engineers[worker]
        there += _common(window, (engineer.shift_start_s, engineer.shift_end_s))
        for number in routes[worker]:
            task = instance.problem.tasks[number]
            for from_s, to_s in task.windows or ((engineer.shift_start_s, engineer.shift_end_s),):
                share = _common(window, (from_s, to_s)) / max(to_s - from_s, 1)
                used += min(share, 1.0) * (task.duration_s + by.trip_s)
    return min(used / there, 1.0) if there else 1.0


def near(task: Task, others: Iterable[Task], window: Window, by: Weights = USUAL) -> int:
    """How many other visits lie nearby in the window or the hour beside it."""
    wide = 111.2 * cos(radians(task.lat))
    return sum(
        ((other.lat - task.lat) * 111.2) ** 2 + ((other.lon - task.lon) * wide) ** 2 <= by.near_km**2
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
