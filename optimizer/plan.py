# ruff: noqa: RUF009 - `described()` makes dataclass fields, which is what a default may be
"""The plan: routes, what was left out and why, and the sum term by term, as frozen values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from optimizer import codec
from optimizer.codec import derived, described
from optimizer.model import LATEST_S, Way

# Every term of the sum, in the order in which people read it.
TERMS = ("undone", "hours", "overtime", "travel", "lateness", "disturbance", "wishes", "unfairness")


def _time(doc: str, **more: Any) -> Any:
    return described(doc, unit="s since midnight", low=0, high=2 * LATEST_S, **more)


def _amount(doc: str, unit: str, **more: Any) -> Any:
    return described(doc, unit=unit, low=0, **more)


@dataclass(frozen=True, slots=True)
class Stop:
    """One visit of a route and the trip to it; the trip begins at `arrive_s - travel_s`."""

    task: str = described("id of the task")
    arrive_s: int = _time("arrival at the place")
    start_s: int = _time("start of the service")
    end_s: int = _time("end of the service")
    travel_s: int = _amount("length of the trip to it", "s")
    travel_m: int = _amount("road distance of the trip", "m")
    mode: str = described("travel mode of the trip")
    travel_fen: int = _amount("money for the trip", "fen")


@dataclass(frozen=True, slots=True)
class LunchPlaced:
    """When the break is; before `start_s` or after `home_s` of the route means at home."""

    start_s: int = _time("beginning")
    end_s: int = _time("end")


@dataclass(frozen=True, slots=True)
class Route:
    """One engineer's day; engineers without a visit have no route."""

    engineer: str = described("id of the engineer")
    stops: tuple[Stop, ...] = described("visits in their order")
    lunch: LunchPlaced | None = described("his break; null where he has none")
    start_s: int = _time("leaves the start place")
    home_s: int = _time("arrives at the end place")
    home_travel_s: int = _amount("length of the last trip", "s")
    home_travel_m: int = _amount("road distance of the last trip", "m")
    home_travel_fen: int = _amount("money for the last trip", "fen")
    way: Way | None = described("how he travels that day, where it is not by his own mode", default=None)
    distance: int = derived(
        "all trips of the day; files of others have it in their own unit", unit="m", low=0
    )

    def __post_init__(self) -> None:
        metres = self.home_travel_m + sum(stop.travel_m for stop in self.stops)
        object.__setattr__(self, "distance", metres)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a task was left out, for as many engineers as `count` says."""

    code: str = described("see docs/optimizer.md, Reasons")
    count: int = _amount("how many engineers it bars", "engineers")
    detail: dict[str, Any] = described("data for a sentence: engineers, skills, seconds", factory=dict)


@dataclass(frozen=True, slots=True)
class Unserved:
    """A task that is not in the plan."""

    task: str = described("id of the task")
    reasons: tuple[Reason, ...] = described("what bars it, commonest first", default=())


@dataclass(frozen=True, slots=True)
class Summary:
    """The plan in figures."""

    cost_fen: int = _amount("the sum that was minimised", "fen")
    travel_s: int = _amount("all trips, also those home", "s")
    distance_m: int = _amount("all trips, also those home", "m")
    served: int = _amount("tasks in the plan", "tasks")
    unserved: int = _amount("tasks left out", "tasks")
    terms: dict[str, int] = described("the sum by term", unit="fen", low=0)
    distance: int = derived("`distance_m`; files of others have it in their own unit", unit="m", low=0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "distance", self.distance_m)


@dataclass(frozen=True, slots=True)
class Plan:
    """What an engine found for a problem."""

    routes: tuple[Route, ...] = described(
        "routes with at least one stop, in the problem's order of engineers"
    )
    unserved: tuple[Unserved, ...] = described("tasks left out, in the problem's order")
    summary: Summary = described("the plan in figures")
    engine: str = described("name of the engine")
    seed: int = described("seed of its random choices")
    iterations: int = _amount("how many iterations ran", "iterations")

    @classmethod
    def from_json(cls, source: str | bytes | Mapping[str, Any]) -> Plan:
        """Read JSON text or plain values; raises `ProblemError` naming the field and what is wrong.

        Only the form is read here: whether the plan keeps the rules of a problem is for `checker.check`.
        """
        data = codec.parse(source) if isinstance(source, str | bytes) else source
        return codec.decode(cls, data)

    def to_data(self) -> dict[str, Any]:
        """Plain values (dicts, lists, numbers, text), every field written."""
        data: dict[str, Any] = codec.encode(self)
        return data

    def to_json(self) -> str:
        """Compact JSON text."""
        return json.dumps(self.to_data(), ensure_ascii=False, separators=(",", ":"))
