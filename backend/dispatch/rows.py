"""What pages get to see of a day. Times are seconds since midnight, money is fen, positions are WGS-84."""

from dataclasses import dataclass
from datetime import date, datetime

from backend.dispatch.grading import Said
from backend.dispatch.sentences import Sentence


@dataclass(frozen=True)
class StopView:
    """One visit of the plan with its order, window and trip; ``late`` is the chance to begin after the window."""

    order_id: int
    number: str
    customer: str
    address: str
    district: str | None
    lat: float | None
    lon: float | None
    kind: str
    urgent: bool
    status: str
    sequence: int
    window_from_s: int | None
    window_to_s: int | None
    leave_s: int
    arrive_s: int
    start_s: int
    end_s: int
    mode: str
    travel_s: int
    travel_m: int
    travel_fen: int
    pinned_engineer: bool
    pinned_start: bool
    contact_name: str = ""
    contact_phone: str = ""
    problem: str = ""
    movable: bool = False
    late: float = 0.0
    broken: tuple[Sentence, ...] = ()
    over: bool = False
    """Its window is past and its engineer's shift is over before he could begin: it will not be done this day."""

    @property
    def slack_s(self) -> int | None:
        """How much later it may begin; below 0 it is late; None without a window or once it has begun."""
        return self.window_to_s - self.start_s if self.window_to_s is not None and self.movable else None

    @property
    def travel_min(self) -> int:
        """Minutes of the trip, rounded up."""
        return -(-self.travel_s // 60)

    @property
    def pinned(self) -> bool:
        """True where the assistant has set engineer or start."""
        return self.pinned_engineer or self.pinned_start


@dataclass(frozen=True)
class EngineerView:
    """One engineer's day; ``leave_s`` and ``home_s`` are None where he has no visit."""

    engineer_id: int
    code: str
    name: str
    mode: str
    plate: str | None
    home_lat: float
    home_lon: float
    shift_start_s: int
    shift_end_s: int
    stops: tuple[StopView, ...]
    lunch_from_s: int | None
    lunch_to_s: int | None
    leave_s: int | None
    home_s: int | None
    home_travel_s: int
    absence: str | None = None
    broken: tuple[Sentence, ...] = ()
    barred: bool = False
    standby: bool = False


@dataclass(frozen=True)
class UnservedView:
    """An order of the day that has no place in the plan, with the sentences that say why."""

    order_id: int
    number: str
    customer: str
    address: str
    district: str | None
    lat: float | None
    lon: float | None
    kind: str
    urgent: bool
    status: str
    window_from_s: int | None
    window_to_s: int | None
    reasons: tuple[Sentence, ...]
    due_on: date | None = None
    contact_name: str = ""
    contact_phone: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Figures:
    """The plan in figures; ``terms`` is the sum by term in fen."""

    engineers: int
    orders: int
    unserved: int
    travel_s: int
    distance_m: int
    cost_fen: int
    terms: dict[str, int]

    @property
    def travel_h(self) -> float:
        """Hours on the way, one decimal."""
        return round(self.travel_s / 3600, 1)


@dataclass(frozen=True)
class DayView:
    """A day's working plan; without one, who works and what waits."""

    on: date
    engineers: tuple[EngineerView, ...]
    unserved: tuple[UnservedView, ...]
    figures: Figures | None
    plan_id: int | None
    planned_at: datetime | None
    published_plan_id: int | None
    published_at: datetime | None
    job_id: int | None
    revision: int = 0
    proposed_plan_id: int | None = None

    @property
    def is_published(self) -> bool:
        """True where the plan that is shown is the published one."""
        return self.plan_id is not None and self.plan_id == self.published_plan_id


@dataclass(frozen=True)
class WindowOffer:
    """A window that could be offered: what it would cost the day, and with whom; cost None = no room.

    ``grade`` is good, fair, dear or none; ``score_fen`` is the price with what it cannot know
    (`backend.dispatch.grading`), ``said`` what speaks for the window or against it, ``held_by`` who holds
    a window for another customer in that time. ``travel_s`` is how much longer
    everybody is on the way, ``moves`` how many visits would begin at another time.
    """

    on: date
    from_s: int
    to_s: int
    cost_fen: int | None
    engineer_name: str
    fits: bool
    start_s: int | None = None
    travel_s: int | None = None
    moves: int = 0
    grade: str = "none"
    score_fen: int = 0
    said: tuple[Said, ...] = ()
    held_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlanRow:
    """One stored plan without its routes."""

    id: int
    on: date
    engine: str
    seed: int
    iterations: int
    served: int
    unserved: int
    cost_fen: int
    violations: int
    created_at: datetime
