"""A week at a glance: days across, engineers down, how full each day is and what has no place."""

from dataclasses import dataclass
from datetime import date, timedelta

from backend.core.uow import UnitOfWork
from backend.dispatch import queries, trying
from backend.dispatch.rows import DayView, EngineerView
from backend.staff.policy import require

DAYS = 7
FULL = 0.9


@dataclass(frozen=True)
class Visit:
    """One visit in a cell of the week."""

    order_id: int
    customer: str
    kind: str
    start_s: int
    movable: bool


@dataclass(frozen=True)
class Cell:
    """One engineer on one day; ``busy_s`` are service and trips, ``shift_s`` is 0 where he does not work."""

    on: date
    visits: tuple[Visit, ...]
    busy_s: int
    shift_s: int
    absence: str | None
    troubled: bool

    @property
    def load(self) -> float:
        """The share of his shift that is taken."""
        return self.busy_s / self.shift_s if self.shift_s else 0.0


@dataclass(frozen=True)
class Waiting:
    """An order of a day without a place in its plan."""

    order_id: int
    customer: str
    kind: str
    urgent: bool
    window_from_s: int | None
    window_to_s: int | None


@dataclass(frozen=True)
class Day:
    """A column: what is planned, what waits, how full the day is, and whether all of it is published."""

    on: date
    visits: int
    waiting: tuple[Waiting, ...]
    load: float
    planned: bool
    published: bool


@dataclass(frozen=True)
class Row:
    """An engineer's week."""

    engineer_id: int
    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class WeekView:
    """Seven days from Monday on."""

    first: date
    days: tuple[Day, ...]
    rows: tuple[Row, ...]


def view(uow: UnitOfWork, first: date) -> WeekView:
    """The working plans of the seven days from ``first`` on."""
    require(uow.actor, "dispatch.read")
    dates = [first + timedelta(days=n) for n in range(DAYS)]
    views = [queries.view_of(uow, trying.read(uow, on)) for on in dates]
    names = {one.engineer_id: one.name for shown in views for one in shown.engineers}
    rows = []
    for engineer_id, name in sorted(names.items()):
        own = [next((e for e in shown.engineers if e.engineer_id == engineer_id), None) for shown in views]
        rows.append(Row(engineer_id, name, tuple(_cell(on, one) for on, one in zip(dates, own, strict=True))))
    cells = [[row.cells[n] for row in rows] for n in range(DAYS)]
    return WeekView(first, tuple(map(_day, views, cells)), tuple(rows))


def _cell(on: date, one: EngineerView | None) -> Cell:
    if one is None:
        return Cell(on, (), 0, 0, None, False)
    visits = tuple(Visit(s.order_id, s.customer, s.kind, s.start_s, s.movable) for s in one.stops)
    busy_s = sum(s.end_s - s.start_s + s.travel_s for s in one.stops) + one.home_travel_s
    troubled = bool(one.broken) or any(s.broken for s in one.stops)
    return Cell(on, visits, busy_s, one.shift_end_s - one.shift_start_s, one.absence, troubled)


def _day(shown: DayView, cells: list[Cell]) -> Day:
    shift_s = sum(cell.shift_s for cell in cells)
    waiting = tuple(
        Waiting(one.order_id, one.customer, one.kind, one.urgent, one.window_from_s, one.window_to_s)
        for one in shown.unserved
    )
    return Day(
        on=shown.on,
        visits=sum(len(cell.visits) for cell in cells),
        waiting=waiting,
        load=sum(cell.busy_s for cell in cells) / shift_s if shift_s else 0.0,
        planned=shown.plan_id is not None,
        published=shown.published_at is not None,
    )
