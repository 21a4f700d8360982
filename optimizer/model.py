# ruff: noqa: RUF009 - `described()` makes dataclass fields, which is what a default may be
"""The problem: one day's tasks, engineers, travel and prices, as frozen values.

Times are whole seconds since local midnight of `day` (`…_s`, up to 48 hours), money is whole fen, positions
are WGS-84. `validate()` checks what types cannot: ids, references, orders. A rule that a plan must keep is
hard; everything else has a price in fen (`docs/optimizer.md` says which).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from optimizer import codec
from optimizer.codec import described

LATEST_S = 2 * 86_400
FEN_MAX = 10**10
Window = tuple[int, int]


def _time(doc: str, **more: Any) -> Any:
    return described(doc, unit="s since midnight", low=0, high=LATEST_S, **more)


def _fen(doc: str, **more: Any) -> Any:
    return described(doc, unit="fen", low=0, high=FEN_MAX, **more)


def _degrees(doc: str, limit: int, **more: Any) -> Any:
    return described(doc, unit="° WGS-84", low=-limit, high=limit, **more)


@dataclass(frozen=True, slots=True)
class Frozen:
    """A fact: the task is under way or done, so its engineer and start are no longer choices."""

    engineer: str = described("id of the engineer who is doing or has done it")
    start_s: int = _time("when the service began")


@dataclass(frozen=True, slots=True)
class Task:
    """One visit to be made."""

    id: str = described("unique among the tasks")
    lat: float = _degrees("latitude", 90)
    lon: float = _degrees("longitude", 180)
    duration_s: int = described("length of the service", unit="s", low=0, high=86_400)
    windows: tuple[Window, ...] = described(
        "allowed starts of service as [from_s, to_s], both included; hard; empty = the whole day",
        unit="s since midnight",
        default=(),
        low=0,
        high=LATEST_S,
    )
    skills: tuple[str, ...] = described("skills that the engineer must have, all of them", default=())
    kind: str = described("kind of work; finds the price in `prices.undone_fen`", default="other")
    urgent: bool = described("multiplies the kind's price by `prices.urgent_factor`", default=False)
    undone_fen: int | None = _fen("price of not doing it this day; null = by kind and urgency", default=None)
    pin_engineer: str | None = described("only this engineer may do it", default=None)
    pin_start_s: int | None = _time(
        "service starts exactly then; narrows the windows, never widens them", default=None
    )
    allowed_engineers: tuple[str, ...] = described("only these may do it; empty = all", default=())
    forbidden_engineers: tuple[str, ...] = described("these may not do it", default=())
    frozen: Frozen | None = described("set when under way or done; then no other rule applies", default=None)
    place: str | None = described(
        "name of its place in `travel.places`, where matrices are used", default=None
    )
    demand: int = described(
        "how much of `capacity` it takes", unit="as capacity", default=0, low=0, high=10**9
    )
    skill_levels: dict[str, int] = described(
        "least level of a skill that the engineer must have", unit="level", factory=dict, low=1, high=100
    )
    preferred_engineers: tuple[str, ...] = described(
        "who should do it, for example who was there before; anybody else costs `prices.stranger_fen`",
        default=(),
    )
    preferred_window: Window | None = described(
        "wished starts of service; outside them each minute costs `preferred_fen`",
        unit="s since midnight",
        default=None,
        low=0,
        high=LATEST_S,
    )
    preferred_fen: int = described(
        "price of a minute outside `preferred_window`", unit="fen/min", default=0, low=0, high=1_000_000
    )
    promised_window: Window | None = described(
        "starts of service that the customer was promised; can be broken at `prices.late_fen` and "
        "`prices.late_more_fen` a minute",
        unit="s since midnight",
        default=None,
        low=0,
        high=LATEST_S,
    )
    due: str | None = described(
        "day by which it should be done, YYYY-MM-DD; on that day and later `prices.due_factor` applies",
        default=None,
    )
    zone: str | None = described("name of the zone that its place is in, for `barred_zones`", default=None)
    duration_spread_s: int = described(
        "standard deviation of the length of the service; for the simulation of risks only",
        unit="s",
        default=0,
        low=0,
        high=86_400,
    )
    reserve: bool = described(
        "room for urgent work that may come up: nobody waits for it, and urgent work takes it (`optimizer.reserve`)",
        default=False,
    )


@dataclass(frozen=True, slots=True)
class Lunch:
    """A break that lies wholly in its window and never inside a service or a trip."""

    length_s: int = described("length of the break", unit="s", low=0, high=86_400)
    from_s: int = _time("earliest beginning")
    to_s: int = _time("latest end")


@dataclass(frozen=True, slots=True)
class Way:
    """A way of travelling for a whole day: a car of the pool, the metro, his own e-bike."""

    mode: str = described("name of the travel mode in `travel.modes`")
    pool: str | None = described(
        "which of `pools` one is taken from; null = there is always one", default=None
    )
    fen: int = _fen("price of having it for the day, once he makes a visit", default=0)
    barred_zones: tuple[str, ...] = described(
        "zones where he cannot go with it that day, for example inside the fifth ring by its plate",
        default=(),
    )


@dataclass(frozen=True, slots=True)
class Engineer:
    """One engineer's day."""

    id: str = described("unique among the engineers")
    start_lat: float = _degrees("latitude where the day begins", 90)
    start_lon: float = _degrees("longitude where the day begins", 180)
    end_lat: float = _degrees("latitude where the day ends", 90)
    end_lon: float = _degrees("longitude where the day ends", 180)
    shift_start_s: int = _time("may leave the start no earlier")
    shift_end_s: int = _time("should be at the end place by then")
    mode: str = described("name of his own travel mode in `travel.modes`")
    max_overtime_s: int = described(
        "how long after the shift he may arrive at the end, at a price",
        unit="s",
        default=0,
        low=0,
        high=86_400,
    )
    lunch: Lunch | None = described("his break; null = none, or taken already", default=None)
    skills: tuple[str, ...] = described("what he can do", default=())
    max_visits: int | None = described(
        "largest number of visits; null = no limit", default=None, low=0, high=1000
    )
    hourly_fen: int | None = _fen("price of an hour of his; null = `prices.hour_fen`", default=None)
    overtime_factor: float | None = described(
        "an overtime hour costs this times his hour; null = `prices.overtime_factor`",
        default=None,
        low=1,
        high=10,
    )
    start_place: str | None = described("place of the start, where matrices are used", default=None)
    end_place: str | None = described("place of the end, where matrices are used", default=None)
    capacity: int | None = described(
        "sum of the demands that he can take; null = no limit",
        unit="as demand",
        default=None,
        low=0,
        high=10**9,
    )
    skill_levels: dict[str, int] = described(
        "level of a skill; a skill that is not named here has level 1",
        unit="level",
        factory=dict,
        low=1,
        high=100,
    )
    sequence: tuple[str, ...] = described(
        "ids of tasks that are pinned to him, in the order in which he makes them; others may come between",
        default=(),
    )
    way: Way | None = described(
        "how he travels that day, where somebody has decided it; null = by `mode`, or one of `ways`",
        default=None,
    )
    ways: tuple[Way, ...] = described(
        "how he could travel instead, at the solver's choice; not asked where `way` says it, or once he has begun",
        default=(),
    )

    @property
    def travels_by(self) -> str:
        """The mode of his way, or his own."""
        return self.mode if self.way is None else self.way.mode


@dataclass(frozen=True, slots=True)
class Period:
    """Speeds or travel times in force in one part of the day."""

    from_s: int = _time("beginning, included")
    to_s: int = _time("end, not included; the next period begins here")
    speed_kmh: float | None = described(
        "speed along the road; null where `seconds` is given", unit="km/h", default=None, low=0.1, high=300
    )
    seconds: tuple[tuple[int, ...], ...] | None = described(
        "seconds from each place (row) to each place (column) of `travel.places`",
        unit="s",
        default=None,
        low=0,
        high=LATEST_S,
    )
    fares: tuple[tuple[int, ...], ...] | None = described(
        "prices over `travel.places` of trips that begin in this part of the day, in place of the mode's; null = as the "
        "mode says",
        unit="fen",
        default=None,
        low=0,
        high=FEN_MAX,
    )


@dataclass(frozen=True, slots=True)
class Mode:
    """One way of travelling. Before the first period its first, after the last its last is in force."""

    periods: tuple[Period, ...] = described("parts of the day, in order, without gaps")
    factor: float = described("road distance ÷ great-circle distance", default=1.32, low=1, high=10)
    fixed_s: int = described(
        "added to every trip: parking, walking, waiting", unit="s", default=0, low=0, high=7200
    )
    fare_fen: int = _fen("price of every trip", default=0)
    km_fen: int = described("price of a kilometre", unit="fen/km", default=0, low=0, high=1_000_000)
    metres: tuple[tuple[int, ...], ...] | None = described(
        "distances over `travel.places`; null = great circle × factor",
        unit="m",
        default=None,
        low=0,
        high=10**8,
    )
    fares: tuple[tuple[int, ...], ...] | None = described(
        "prices of trips over `travel.places`, in place of `fare_fen` and `km_fen`; null = by those",
        unit="fen",
        default=None,
        low=0,
        high=FEN_MAX,
    )


@dataclass(frozen=True, slots=True)
class Travel:
    """How long and how dear it is to get from place to place."""

    modes: dict[str, Mode] = described("travel modes by name")
    places: tuple[str, ...] = described("names of the rows and columns of matrices", default=())


def _undone() -> dict[str, int]:
    return {"install": 80_000, "repair": 120_000, "maintenance": 20_000, "other": 50_000}


@dataclass(frozen=True, slots=True)
class Prices:
    """Exchange rates of the one sum that is minimised."""

    undone_fen: dict[str, int] = _fen(
        "price of an undone task by kind; a kind not named costs as `other`", factory=_undone
    )
    urgent_factor: float = described(
        "an undone urgent task costs this times more", default=3.0, low=1, high=100
    )
    hour_fen: int = _fen(
        "an engineer's hour, from leaving the start to the end place, without lunch", default=6_000
    )
    overtime_factor: float = described(
        "an overtime hour costs this times an hour", default=1.5, low=1, high=10
    )
    moved_fen: int = _fen("a baseline visit moved, given to another or dropped", default=4_000)
    moved_told_fen: int = _fen("the same, where the customer had been told", default=12_000)
    moved_after_s: int = described(
        "a start that shifts by more than this is moved", unit="s", default=1_800, low=0, high=86_400
    )
    stranger_fen: int = _fen(
        "a task done by somebody who is not among its `preferred_engineers`", default=2_000
    )
    late_first_s: int = described(
        "how long `late_fen` applies before `late_more_fen` does", unit="s", default=900, low=0, high=86_400
    )
    late_fen: int = described(
        "a minute outside a promised window, at first", unit="fen/min", default=200, low=0, high=1_000_000
    )
    late_more_fen: int = described(
        "a minute outside a promised window, after that",
        unit="fen/min",
        default=800,
        low=0,
        high=1_000_000,
    )
    due_factor: float = described(
        "an undone task costs this times more from its due day on", default=2.0, low=1, high=100
    )
    fair_s: int | None = described(
        "work of an engineer beyond this is unfair to him; null = never",
        unit="s",
        default=None,
        low=0,
        high=86_400,
    )
    unfair_fen: int = _fen("an hour of work beyond `fair_s`, on top of its pay", default=2_000)


@dataclass(frozen=True, slots=True)
class BaselineVisit:
    """A visit of the published plan, which a new plan should not disturb without need."""

    task: str = described("id of the task")
    engineer: str = described("id of the engineer who had it")
    start_s: int = _time("when its service was to start")
    told: bool = described("the customer was told", default=False)


@dataclass(frozen=True, slots=True)
class Link:
    """Two tasks that depend on each other. Facts are not judged: with a frozen first one `before` and `fetched` still hold."""

    kind: str = described(
        "`before`: the second may begin only after the first has ended, and not without it; `fetched`: the same, and "
        "by the same engineer, who picks up in the first what he needs in the second; `together`: both "
        "begin at the same second, by two engineers, or neither is done; `joined`: two tasks at one place, by "
        "one engineer, the second begins when the first ends, or neither is done"
    )
    first: str = described("id of a task")
    second: str = described("id of another task")
    gap_s: int = described(
        "`before` and `fetched`: least time between the end of the first and the start of the second",
        unit="s",
        default=0,
        low=0,
        high=86_400,
    )


LINKS = ("before", "fetched", "together", "joined")
# Of these the second is not done without the first, but the first without the second.
NEEDED = ("before", "fetched")


@dataclass(frozen=True, slots=True)
class Problem:
    """One day to be planned."""

    day: str = described("the local date, YYYY-MM-DD")
    tasks: tuple[Task, ...] = described("what there is to do")
    engineers: tuple[Engineer, ...] = described("who can do it")
    travel: Travel = described("how they get about")
    prices: Prices = described("exchange rates of the sum", factory=Prices)
    baseline: tuple[BaselineVisit, ...] = described("visits of the plan that is in force", default=())
    now_s: int | None = _time("nobody leaves for a task that is not frozen before then", default=None)
    links: tuple[Link, ...] = described("tasks that depend on each other", default=())
    pools: dict[str, int] = described(
        "how many of each kind of vehicle there are; a pool that is not named has none",
        unit="vehicles",
        factory=dict,
        low=0,
        high=10_000,
    )

    @classmethod
    def from_json(cls, source: str | bytes | Mapping[str, Any]) -> Problem:
        """Read JSON text or plain values; raises `ProblemError` naming the field and what is wrong."""
        data = codec.parse(source) if isinstance(source, str | bytes) else source
        problem = codec.decode(cls, data)
        problem.validate()
        return problem

    def to_data(self) -> dict[str, Any]:
        """Plain values (dicts, lists, numbers, text), every field written."""
        data: dict[str, Any] = codec.encode(self)
        return data

    def to_json(self) -> str:
        """Compact JSON text."""
        return json.dumps(self.to_data(), ensure_ascii=False, separators=(",", ":"))

    def validate(self) -> None:
        """Check what types cannot; raises `ProblemError` for the first thing that is wrong."""
        from optimizer.validation import validate  # knows every class of this module

        validate(self)
