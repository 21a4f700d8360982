"""Reads of plans and days."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from backend.appointments import queries as appointments
from backend.appointments.queries import AppointmentRow
from backend.core import jobs
from backend.core.errors import NotFound
from backend.core.ledger import Job
from backend.core.paging import Page, page_by_id
from backend.core.uow import UnitOfWork
from backend.dispatch import prices, sentences
from backend.dispatch.models import DayPlan, Pin, ScheduleDay
from backend.dispatch.offers import suggest_windows
from backend.dispatch.problem import pin_start, pins_of
from backend.dispatch.rows import DayView, EngineerView, Figures, PlanRow, StopView, UnservedView, WindowOffer
from backend.dispatch.sentences import Sentence
from backend.dispatch.store import plan_of
from backend.orders import queries as orders
from backend.orders.queries import ServiceOrderRow
from backend.staff import queries as staff
from backend.staff.queries import EngineerDay
from optimizer import Plan
from optimizer.plan import Route

__all__ = ["DayView", "WindowOffer", "day_view", "plan", "plans", "running_job", "suggest_windows"]

WAITING = ("appointed", "planned")


def day_view(uow: UnitOfWork, on: date) -> DayView:
    """The working plan of a day with everything that the board and the map show."""
    day = uow.session.get(ScheduleDay, on)
    stored = (
        uow.session.get(DayPlan, day.working_plan_id) if day is not None and day.working_plan_id else None
    )
    chosen = plan_of(stored) if stored is not None else None
    team = staff.engineers_on(uow, on)
    windows = {row.order_id: row for row in appointments.on_day(uow, on)}
    facts = _Facts(windows, {}, {}, {engineer.person_id for engineer in team})
    facts.orders = orders.by_ids(uow, {*windows, *_task_ids(chosen)})
    facts.pins = pins_of(uow, facts.orders)
    routes = {int(route.engineer): route for route in chosen.routes} if chosen is not None else {}
    views = [_engineer(engineer, routes.pop(engineer.person_id, None), facts) for engineer in team]
    names = staff.engineer_names(uow) if routes else {}
    # Someone who fell ill after the plan was made still shows his visits, until it is made anew.
    views += [
        _absent(engineer_id, names.get(engineer_id, ""), route, facts)
        for engineer_id, route in routes.items()
    ]
    return DayView(
        on=on,
        engineers=tuple(views),
        unserved=tuple(_unserved(chosen, facts)),
        figures=_figures(chosen) if chosen is not None else None,
        plan_id=stored.id if stored is not None else None,
        planned_at=stored.created_at if stored is not None else None,
        published_plan_id=day.published_plan_id if day is not None else None,
        published_at=day.published_at if day is not None else None,
        job_id=running_job(uow, on),
    )


def running_job(uow: UnitOfWork, on: date) -> int | None:
    """The id of the job that plans this day now or waits to do so."""
    query = (
        select(Job.id, Job.args)
        .where(Job.kind == "plan_day", Job.status.in_(jobs.OPEN))
        .order_by(Job.id.desc())
    )
    return next((row.id for row in uow.session.execute(query) if row.args["on"] == on.isoformat()), None)


def plan(uow: UnitOfWork, plan_id: int) -> PlanRow:
    """One stored plan. Raises NotFound."""
    return _plan_row(_stored(uow, plan_id))


def plans(uow: UnitOfWork, on: date, *, cursor: str | None = None, size: int = 20) -> Page[PlanRow]:
    """The plans of a day, newest first."""
    query = select(DayPlan).where(DayPlan.on == on)
    return page_by_id(uow, query, DayPlan.id, _plan_row, cursor=cursor, size=size)


def plan_summary(uow: UnitOfWork, plan_id: int) -> dict[str, Any]:
    """A stored plan as a command prints it: served, unserved with reasons, cost, violations."""
    stored = _stored(uow, plan_id)
    chosen = plan_of(stored)
    numbers = orders.by_ids(uow, (int(unserved.task) for unserved in chosen.unserved))
    return {
        "plan_id": stored.id,
        "date": stored.on.isoformat(),
        "served": stored.served,
        "unserved": [
            {
                "order": numbers[int(unserved.task)].number,
                "reasons": [sentences.of_reason(reason).zh for reason in unserved.reasons],
            }
            for unserved in chosen.unserved
        ],
        "cost_fen": stored.cost_fen,
        "violations": stored.violations,
    }


@dataclass
class _Facts:
    windows: dict[int, AppointmentRow]
    orders: dict[int, ServiceOrderRow]
    pins: dict[int, Pin]
    present: set[int]


def _stored(uow: UnitOfWork, plan_id: int) -> DayPlan:
    stored = uow.session.get(DayPlan, plan_id)
    if stored is None:
        raise NotFound(what={"zh": "这份排程", "en": "That plan"})
    return stored


def _task_ids(chosen: Plan | None) -> set[int]:
    if chosen is None:
        return set()
    served = {int(stop.task) for route in chosen.routes for stop in route.stops}
    return served | {int(unserved.task) for unserved in chosen.unserved}


def _engineer(engineer: EngineerDay, route: Route | None, facts: _Facts) -> EngineerView:
    return EngineerView(
        engineer_id=engineer.person_id,
        code=engineer.code,
        name=engineer.name,
        mode=prices.travel_mode(engineer.mode),
        plate=engineer.plate,
        home_lat=engineer.home_lat,
        home_lon=engineer.home_lon,
        shift_start_s=engineer.shift_start_s,
        shift_end_s=engineer.shift_end_s,
        stops=_stops(route, facts),
        lunch_from_s=route.lunch.start_s if route is not None and route.lunch is not None else None,
        lunch_to_s=route.lunch.end_s if route is not None and route.lunch is not None else None,
        leave_s=route.start_s if route is not None else None,
        home_s=route.home_s if route is not None else None,
        home_travel_s=route.home_travel_s if route is not None else 0,
    )


def _absent(engineer_id: int, name: str, route: Route, facts: _Facts) -> EngineerView:
    stops = _stops(route, facts)
    first = stops[0] if stops else None
    return EngineerView(
        engineer_id=engineer_id,
        code="",
        name=name,
        mode=first.mode if first is not None else prices.PUBLIC_MODE,
        plate=None,
        home_lat=(first.lat or 0.0) if first is not None else 0.0,
        home_lon=(first.lon or 0.0) if first is not None else 0.0,
        shift_start_s=0,
        shift_end_s=0,
        stops=stops,
        lunch_from_s=None,
        lunch_to_s=None,
        leave_s=route.start_s,
        home_s=route.home_s,
        home_travel_s=route.home_travel_s,
    )


def _stops(route: Route | None, facts: _Facts) -> tuple[StopView, ...]:
    if route is None:
        return ()
    views = []
    for n, stop in enumerate(route.stops, start=1):
        order = facts.orders[int(stop.task)]
        window, pin = facts.windows.get(order.id), facts.pins.get(order.id)
        views.append(
            StopView(
                order_id=order.id,
                number=order.number,
                customer=order.short_name,
                address=order.address,
                district=order.district,
                lat=order.lat,
                lon=order.lon,
                kind=order.kind,
                urgent=order.urgent,
                status=order.status,
                sequence=n,
                window_from_s=window.from_s if window is not None else None,
                window_to_s=window.to_s if window is not None else None,
                leave_s=stop.arrive_s - stop.travel_s,
                arrive_s=stop.arrive_s,
                start_s=stop.start_s,
                end_s=stop.end_s,
                mode=stop.mode,
                travel_s=stop.travel_s,
                travel_m=stop.travel_m,
                travel_fen=stop.travel_fen,
                pinned_engineer=pin is not None and pin.engineer_id is not None,
                pinned_start=window is not None and pin_start(pin, window) is not None,
            )
        )
    return tuple(views)


def _unserved(chosen: Plan | None, facts: _Facts) -> Iterable[UnservedView]:
    reasons: dict[int, tuple[Sentence, ...]] = {}
    for unserved in chosen.unserved if chosen is not None else ():
        reasons[int(unserved.task)] = tuple(sentences.of_reason(reason) for reason in unserved.reasons)
    known = _task_ids(chosen)
    late = sentences.OVERTAKEN if chosen is not None else sentences.NOT_PLANNED
    for order in sorted(facts.orders.values(), key=lambda row: (not row.urgent, row.id)):
        window = facts.windows.get(order.id)
        if order.status not in (*WAITING, "published", "accepted") or window is None:
            continue
        if order.id in known and order.id not in reasons:
            continue
        pin = facts.pins.get(order.id)
        why = reasons.get(order.id, (late,) if order.status in WAITING else ())
        if pin is not None and pin.engineer_id is not None and pin.engineer_id not in facts.present:
            why = (sentences.ABSENT,)
        yield UnservedView(
            order_id=order.id,
            number=order.number,
            customer=order.short_name,
            address=order.address,
            district=order.district,
            lat=order.lat,
            lon=order.lon,
            kind=order.kind,
            urgent=order.urgent,
            status=order.status,
            window_from_s=window.from_s,
            window_to_s=window.to_s,
            reasons=why,
        )


def _figures(chosen: Plan) -> Figures:
    summary = chosen.summary
    return Figures(
        engineers=len(chosen.routes),
        orders=summary.served,
        unserved=summary.unserved,
        travel_s=summary.travel_s,
        distance_m=summary.distance_m,
        cost_fen=summary.cost_fen,
        terms=dict(summary.terms),
    )


def _plan_row(stored: DayPlan) -> PlanRow:
    return PlanRow(
        stored.id,
        stored.on,
        stored.engine,
        stored.seed,
        stored.iterations,
        stored.served,
        stored.unserved,
        stored.cost_fen,
        len(stored.violations),
        stored.created_at,
    )
