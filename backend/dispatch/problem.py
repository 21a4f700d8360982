"""Builds the optimizer's problem of a day from the records."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select

from backend.appointments import queries as appointments
from backend.appointments.queries import AppointmentRow
from backend.core.clock import local_date, seconds_of_day
from backend.core.uow import UnitOfWork
from backend.dispatch import learning, prices, terms
from backend.dispatch.learning import Learned
from backend.dispatch.models import Pin
from backend.dispatch.terms import Terms
from backend.orders import queries as orders
from backend.orders.queries import ServiceOrderRow
from backend.staff import queries as staff
from backend.staff.queries import EngineerDay
from backend.visits import queries as visits
from backend.visits.queries import VisitRow
from optimizer.model import BaselineVisit, Engineer, Frozen, Lunch, Problem, Task

OPEN = ("appointed", "planned")
UNDER_WAY = ("en_route", "on_site")
ENDED = ("done", "card_submitted", "card_passed", "closed")
ABSENT = "absent"
SHORTEST_S = 600
NOTHING = Learned()


@dataclass(frozen=True)
class Names:
    """Words for the ids in a problem: engineers' names and orders' numbers."""

    engineers: dict[str, str]
    orders: dict[str, str]


@dataclass(frozen=True)
class PinRow:
    """The assistant's word for an order."""

    engineer_id: int | None
    start_s: int | None
    set_at: datetime


@dataclass(frozen=True)
class DayFacts:
    """The records of a day, and the problem that they make. Everything by order id, the team by person id."""

    on: date
    problem: Problem
    team: dict[int, EngineerDay]
    orders: dict[int, ServiceOrderRow]
    windows: dict[int, AppointmentRow]
    visits: dict[int, VisitRow]
    pins: dict[int, PinRow]

    @property
    def names(self) -> Names:
        """Words for the problem's ids."""
        engineers = {str(person_id): engineer.name for person_id, engineer in self.team.items()}
        return Names(engineers, {str(order.id): order.number for order in self.orders.values()})


def build(uow: UnitOfWork, day: date) -> tuple[Problem, Names]:
    """The problem of a day, and words for its ids."""
    found = facts(uow, day)
    return found.problem, found.names


def facts(uow: UnitOfWork, day: date, assumed: dict[int, Terms] | None = None) -> DayFacts:
    """The problem of a day: who works, what is appointed, what runs or is done, what is promised.

    Task ids are order ids, engineer ids are person ids, both as text. Orders without a position are left
    out; approval makes sure that there are none. ``assumed`` stands in place of the terms that hold that day.
    """
    team = terms.applied(
        staff.engineers_on(uow, day, standby=True), terms.on_day(uow, day) if assumed is None else assumed
    )
    present = set(team)
    windows = {row.order_id: row for row in appointments.on_day(uow, day)}
    today = {v.order_id: v for v in visits.day(uow, day) if v.outcome in (None, "done")}
    rows = {order_id: visit.order for order_id, visit in today.items()}
    rows |= orders.by_ids(uow, windows.keys() - rows.keys())
    pins = pins_of(uow, rows)
    known = learning.for_orders(uow, rows.values())
    now_s = max(0, seconds_of_day(uow.now, day)) if local_date(uow.now) == day else None
    tasks: list[Task] = []
    baseline: list[BaselineVisit] = []
    for order in sorted(rows.values(), key=lambda row: row.id):
        visit, window = today.get(order.id), windows.get(order.id)
        if order.lat is None or order.lon is None:
            continue
        if visit is not None and (order.status in UNDER_WAY or order.status in ENDED):
            if visit.engineer_id in present:
                tasks.append(_fact(order, visit, day, now_s))
        elif visit is not None and order.status == "accepted" and visit.engineer_id in present:
            tasks.append(_promise(order, visit, window, now_s, known.get(order.id, NOTHING)))
        elif window is not None and (order.status in OPEN or order.status in ("published", "accepted")):
            tasks.append(_choice(order, window, pins.get(order.id), present, known.get(order.id, NOTHING)))
            if visit is not None and order.status in ("published", "accepted"):
                baseline.append(
                    BaselineVisit(str(order.id), str(visit.engineer_id), visit.start_s, told=True)
                )
    problem = Problem(
        day=day.isoformat(),
        tasks=tuple(tasks),
        engineers=tuple(_engineer(engineer) for engineer in team.values()),
        travel=prices.travel(),
        prices=prices.prices(),
        baseline=tuple(baseline),
        now_s=now_s,
    )
    problem.validate()
    return DayFacts(day, problem, team, rows, windows, today, pins)


def candidate(
    order: ServiceOrderRow, known: Learned = NOTHING, windows: tuple[tuple[int, int], ...] = ()
) -> Task:
    """An order as a task, without windows to see where it would fit. It needs a position.

    What was learned counts: who should come to its customer, and how much longer it takes there.
    """
    assert order.lat is not None and order.lon is not None
    return Task(
        id=str(order.id),
        lat=order.lat,
        lon=order.lon,
        duration_s=max(SHORTEST_S, order.duration_s + known.extra_s),
        skills=order.skills,
        kind=order.kind,
        urgent=order.urgent,
        windows=windows,
        preferred_engineers=tuple(str(person_id) for person_id in known.friends),
        due=order.due_on.isoformat() if order.due_on is not None else None,
    )


def pins_of(uow: UnitOfWork, order_ids: Iterable[int]) -> dict[int, PinRow]:
    """The assistant's pins for those orders, by order id."""
    query = select(Pin).where(Pin.service_order_id.in_(list(order_ids)))
    return {
        pin.service_order_id: PinRow(pin.engineer_id, pin.start_s, pin.set_at)
        for pin in uow.session.scalars(query)
    }


def pin_start(pin: PinRow | None, window: AppointmentRow) -> int | None:
    """The pinned start, which a window agreed later overrules."""
    return pin.start_s if pin is not None and pin.set_at >= window.agreed_at else None


def _choice(
    order: ServiceOrderRow, window: AppointmentRow, pin: PinRow | None, present: set[int], known: Learned
) -> Task:
    engineer_id = pin.engineer_id if pin is not None else None
    return replace(
        candidate(order, known),
        windows=((window.from_s, window.to_s),),
        pin_engineer=str(engineer_id) if engineer_id in present else None,
        pin_start_s=pin_start(pin, window),
        # Her word is final: pinned to someone who is away, it waits for another word instead of a stranger.
        allowed_engineers=(ABSENT,) if engineer_id is not None and engineer_id not in present else (),
    )


def _promise(
    order: ServiceOrderRow, visit: VisitRow, window: AppointmentRow | None, now_s: int | None, known: Learned
) -> Task:
    """An accepted visit keeps its engineer and its time; once he should be on his way it is a fact."""
    task = candidate(order, known)
    started = now_s is not None and visit.arrive_s - visit.travel_s <= now_s
    span = (window.from_s, window.to_s) if window is not None else (visit.start_s, visit.start_s)
    return Task(
        id=task.id,
        lat=task.lat,
        lon=task.lon,
        duration_s=task.duration_s,
        windows=((min(span[0], visit.start_s), max(span[1], visit.start_s)),),
        kind=task.kind,
        urgent=task.urgent,
        undone_fen=prices.ACCEPTED_UNDONE_FEN,
        pin_engineer=None if started else str(visit.engineer_id),
        pin_start_s=None if started else visit.start_s,
        frozen=Frozen(str(visit.engineer_id), max(visit.start_s, now_s or 0)) if started else None,
    )


def _fact(order: ServiceOrderRow, visit: VisitRow, day: date, now_s: int | None) -> Task:
    """A visit under way or done, at the time when it began or should begin."""
    task = candidate(order)
    start_s, duration_s = max(visit.start_s, now_s or 0), order.duration_s
    if visit.signed_in_at is not None:
        start_s = max(0, seconds_of_day(visit.signed_in_at, day))
    if visit.finished_at is not None:
        duration_s = max(0, seconds_of_day(visit.finished_at, day) - start_s)
    elif order.status == "on_site" and now_s is not None:
        duration_s = max(duration_s, now_s - start_s)
    return Task(
        id=task.id,
        lat=task.lat,
        lon=task.lon,
        duration_s=min(duration_s, 86_400),
        kind=task.kind,
        urgent=task.urgent,
        frozen=Frozen(str(visit.engineer_id), start_s),
    )


def _engineer(engineer: EngineerDay) -> Engineer:
    fits = 0 < engineer.lunch_s <= engineer.lunch_to_s - engineer.lunch_from_s
    lunch = Lunch(engineer.lunch_s, engineer.lunch_from_s, engineer.lunch_to_s) if fits else None
    return Engineer(
        id=str(engineer.person_id),
        start_lat=engineer.home_lat,
        start_lon=engineer.home_lon,
        end_lat=engineer.home_lat,
        end_lon=engineer.home_lon,
        shift_start_s=engineer.shift_start_s,
        shift_end_s=engineer.shift_end_s,
        mode=prices.travel_mode(engineer.mode),
        max_overtime_s=engineer.max_overtime_s,
        lunch=lunch,
        skills=engineer.skills,
        max_visits=engineer.max_visits,
        hourly_fen=round(engineer.hourly_fen * (prices.STANDBY_FACTOR if engineer.standby else 1)),
    )
