"""Keeps the working plan: a sheet becomes the day's plan, a change remembers what it touched, and can be taken back."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from backend.core.uow import UnitOfWork
from backend.dispatch import prices, sheet, terms
from backend.dispatch.laying import Placed
from backend.dispatch.models import DayPlan, Pin, PlanChange, ScheduleDay
from backend.dispatch.policy import Overtaken
from backend.dispatch.sheet import Placements, Sheet
from backend.dispatch.store import packed
from backend.orders import actions as orders
from backend.orders import queries as order_queries
from backend.staff import queries as staff
from optimizer import codec
from optimizer.plan import Route, Stop

HAND = "hand"


def write(
    uow: UnitOfWork,
    day: ScheduleDay,
    before: Sheet,
    after: Sheet,
    kind: str,
    order_ids: list[int],
    *,
    broken: Iterable[dict[str, Any]] = (),
    reason_code: str = "",
    reason: str = "",
) -> PlanChange:
    """Keep the sheet as the working plan and the change with what it touched."""
    old, new = before.placements(), after.placements()
    touched = sorted({*order_ids, *(i for i in {*old, *new} if old.get(i) != new.get(i))})
    _save(uow, day, before, after)
    for order_id in touched:
        _move_order(uow, order_id, planned=order_id in new)
    change = PlanChange(
        on=day.on,
        revision=day.revision,
        kind=kind,
        order_ids=order_ids,
        before={"placed": {str(i): old.get(i) for i in touched}},
        after={"placed": {str(i): new.get(i) for i in touched}},
        broken=list(broken),
        reason_code=reason_code[:40],
        reason=reason,
        at=uow.now,
        person_id=uow.actor.person_id,
    )
    uow.session.add(change)
    uow.flush()
    uow.audit("schedule_day", day.on.isoformat(), f"hand_{kind}", after=for_trail(change))
    return change


def restore(
    uow: UnitOfWork,
    day: ScheduleDay,
    now: Sheet,
    change: PlanChange,
    expected: dict[str, Any],
    wanted: dict[str, Any],
) -> None:
    """Put back what the change touched and nobody has touched since; the orders that it meant must be so."""
    lengths = {int(order_id): length for order_id, length in wanted.get("durations", {}).items()}
    for order_id in lengths:
        if order_queries.get(uow, order_id).duration_s != expected["durations"][str(order_id)]:
            raise _overtaken(uow, change, order_id)
    present = now.placements()
    pins_now = pins(uow, change.order_ids)
    for order_id in change.order_ids:
        was = expected["placed"].get(str(order_id))
        pinned = expected.get("pins", {}).get(str(order_id), pins_now.get(str(order_id)))
        if _moved_since(present.get(order_id), was) or pinned != pins_now.get(str(order_id)):
            raise _overtaken(uow, change, order_id)
    back = {
        int(order_id): tuple(place) if place is not None else None
        for order_id, place in wanted["placed"].items()
        if not _moved_since(present.get(int(order_id)), expected["placed"].get(order_id))
    }
    for order_id, length in lengths.items():
        orders.set_duration(uow, order_id=order_id, duration_s=length)
    kept = wanted.get("terms", {})
    others = terms.restore(uow, day.on, expected=expected.get("terms", {}), wanted=kept) if kept else False
    after = now = sheet.load(uow, day.on) if lengths or others else now
    for order_id, place in back.items():
        task = now.task(order_id)
        if place is None and task is not None:
            after = after.without(task)
    after = placed_as(after, {order_id: place for order_id, place in back.items() if place is not None})
    _save(uow, day, now, after)
    held = after.placements()
    for order_id in back:
        _move_order(uow, order_id, planned=order_id in held)
    for order_id, held_pin in wanted.get("pins", {}).items():
        set_pin(uow, int(order_id), tuple(held_pin) if held_pin is not None else None)


def _overtaken(uow: UnitOfWork, change: PlanChange, order_id: int) -> Overtaken:
    name = staff.names(uow).get(_last_writer(uow, change, order_id) or 0, "paidan")
    return Overtaken(name=name, customer=order_queries.get(uow, order_id).short_name)


def placed_as(now: Sheet, wanted: Placements) -> Sheet:
    """The sheet with those orders exactly where they are wanted, each day laid out once."""
    rows = {worker: list(placed) for worker, placed in now.placed.items()}
    changed: set[int] = set()
    away: dict[int, list[Stop]] = {}
    for order_id, (engineer_id, start_s) in wanted.items():
        task, worker = now.task(order_id), now.worker(engineer_id)
        if task is None or task in now.instance.frozen:
            continue
        for other, placed in rows.items():
            if any(one.task == task for one in placed):
                rows[other] = [one for one in placed if one.task != task]
                changed.add(other)
        if worker is None:
            away.setdefault(engineer_id, []).append(_as_it_was(now, task, start_s))
        else:
            rows[worker].append(Placed(task, start_s))
            changed.add(worker)
    given = {order_id for order_id in wanted if now.task(order_id) is not None}
    lost = {p: tuple(s for s in stops if int(s.task) not in given) for p, stops in now.lost.items()}
    for person_id, stops in away.items():
        held = [*lost.get(person_id, ()), *stops]
        lost[person_id] = tuple(sorted(held, key=lambda stop: stop.start_s))
    bare = replace(now, lost={person: stops for person, stops in lost.items() if stops})
    return bare.with_rows(
        {worker: tuple(sorted(rows[worker], key=lambda one: one.start_s)) for worker in sorted(changed)}
    )


def _as_it_was(now: Sheet, task: int, start_s: int) -> Stop:
    """A visit of someone who is away, as his row shows it; nobody travels to it."""
    own = now.instance.problem.tasks[task]
    return Stop(own.id, start_s, start_s, start_s + own.duration_s, 0, 0, prices.PUBLIC_MODE, 0)


def pins(uow: UnitOfWork, order_ids: Iterable[int]) -> dict[str, list[int | None] | None]:
    """The pins of those orders as a change keeps them."""
    found = {i: uow.session.get(Pin, i) for i in order_ids}
    return {str(i): None if pin is None else [pin.engineer_id, pin.start_s] for i, pin in found.items()}


def set_pin(uow: UnitOfWork, order_id: int, wanted: tuple[int | None, int | None] | None) -> None:
    """Hold an order with an engineer, at a start, or both; None sets it free."""
    found = uow.session.get(Pin, order_id)
    if wanted is None:
        if found is not None:
            uow.session.delete(found)
    else:
        if found is None:
            found = Pin(service_order_id=order_id)
            uow.session.add(found)
        found.engineer_id, found.start_s = wanted
        found.set_at, found.set_by = uow.now, uow.actor.person_id
    uow.flush()


def for_trail(change: PlanChange) -> dict[str, Any]:
    """What the audit trail keeps of a change."""
    kept = {
        "change_id": change.id,
        "orders": change.order_ids,
        "from": {i: change.before["placed"].get(str(i)) for i in map(str, change.order_ids)},
        "to": {i: change.after["placed"].get(str(i)) for i in map(str, change.order_ids)},
    }
    if change.broken:
        kept |= {
            "broken": [one["zh"] for one in change.broken],
            "reason": change.reason or change.reason_code,
        }
    return kept


def _save(uow: UnitOfWork, day: ScheduleDay, before: Sheet, after: Sheet) -> None:
    """The working plan becomes what the sheet says. Published and proposed plans are never changed.

    Days that the change does not touch stay as they were planned: that somebody runs late by now is no change
    of the plan.
    """
    stored = uow.session.get(DayPlan, day.working_plan_id) if day.working_plan_id is not None else None
    planned = {route["engineer"]: route for route in stored.plan["routes"]} if stored is not None else {}
    plan = after.plan(HAND)
    if stored is None or stored.engine != HAND or stored.id == day.published_plan_id:
        stored = DayPlan(
            on=day.on,
            problem_gz=packed(after.facts.problem),
            engine=HAND,
            seed=0,
            iterations=0,
            violations=[],
            created_at=uow.now,
            created_by=uow.actor.person_id,
        )
        uow.session.add(stored)
    data = plan.to_data()
    same = {str(after.person(n)) for n, rows in after.placed.items() if before.placed.get(n) == rows}
    data["routes"] = [
        planned[route["engineer"]] if route["engineer"] in same & planned.keys() else route
        for route in data["routes"]
    ]
    stored.plan = data | _with_lost(data, after)
    stored.served, stored.unserved = plan.summary.served, plan.summary.unserved
    stored.cost_fen = plan.summary.cost_fen
    uow.flush()
    day.working_plan_id = stored.id
    day.revision += 1


def _with_lost(data: dict[str, Any], after: Sheet) -> dict[str, Any]:
    """Routes of people who are away stay in the plan until their visits are given to others."""
    routes = [
        Route(str(person), stops, None, stops[0].arrive_s - stops[0].travel_s, stops[-1].end_s, 0, 0, 0)
        for person, stops in after.lost.items()
    ]
    if not routes:
        return {}
    held = {stop.task for route in routes for stop in route.stops}
    return {
        "routes": [*data["routes"], *(codec.encode(route) for route in routes)],
        "unserved": [one for one in data["unserved"] if one["task"] not in held],
    }


def _moved_since(present: tuple[int, int] | None, was: Any) -> bool:
    return (list(present) if present is not None else None) != (list(was) if was is not None else None)


def _move_order(uow: UnitOfWork, order_id: int, *, planned: bool) -> None:
    order = order_queries.get(uow, order_id)
    if planned and order.status == "appointed":
        orders.move(uow, order_id, "plan")
    elif not planned and order.status == "planned":
        orders.move(uow, order_id, "unplan")


def _last_writer(uow: UnitOfWork, change: PlanChange, order_id: int) -> int | None:
    query = select(PlanChange).where(PlanChange.on == change.on, PlanChange.id > change.id)
    for later in uow.session.scalars(query.order_by(PlanChange.id.desc())):
        if str(order_id) in later.after["placed"]:
            return later.person_id
    return None
