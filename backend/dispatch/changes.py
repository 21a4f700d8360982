"""Changes of the working plan by hand: move, take out, pin; undo and redo by person.

Every change is a row of `plan_changes` with what it touched before and after, and an entry of the audit trail.
The day's row is locked meanwhile, so that two people queue; the second writer of the same visit is told.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_, select

from backend.core.clock import local_date
from backend.core.errors import NotFound
from backend.core.uow import UnitOfWork
from backend.dispatch import broken, keeping, sheet
from backend.dispatch.models import PlanChange, ScheduleDay
from backend.dispatch.policy import (
    NotAtWork,
    NothingToUndo,
    NotOnThisDay,
    Overtaken,
    RuleBroken,
    VisitRuns,
    check_day,
)
from backend.dispatch.sentences import Sentence
from backend.dispatch.sheet import Sheet
from backend.dispatch.store import schedule_day
from backend.orders import actions as orders
from backend.orders.states import STATES
from backend.staff import queries as staff
from backend.staff.policy import require
from optimizer import Violation

SHORTEST_S, LONGEST_S = 600, 10 * 3600
TO_DAY = "to_day"
"""The kind of a change that took an order to another day; it is not taken back by a key."""
MOVABLE = ("appointed", "planned", "published", "accepted")


@dataclass(frozen=True)
class Changed:
    """What a change did: the day's new revision, which rules it broke, and its id."""

    change_id: int
    revision: int
    broken: tuple[Sentence, ...]


def move(
    uow: UnitOfWork,
    *,
    on: date,
    order_id: int,
    engineer_id: int,
    start_s: int,
    seen: int | None = None,
    reason_code: str = "",
    reason: str = "",
) -> Changed:
    """Give an order to an engineer at about that time; the others of his day shift as far as they must.

    ``seen`` is the revision that the page showed. Rules that the move breaks need a reason: her word is
    final, and it is kept. Raises NotOnThisDay, VisitRuns, NotAtWork, Overtaken, RuleBroken, PastDay.
    """
    day, now = begin(uow, on)
    task = movable(now, order_id)
    worker = now.worker(engineer_id)
    if worker is None:
        raise NotAtWork(name=staff.engineer_names(uow).get(engineer_id, str(engineer_id)))
    check_seen(uow, now, order_id, seen)
    after = now.with_task(task, worker, start_s)
    new = broken.caused(now, after)
    said = [_said(violation, sentence) for violation, sentence in new]
    if new and not (reason_code or reason.strip()):
        raise RuleBroken(
            sentences={lang: "；".join(one[lang] for one in said) for lang in ("zh", "en")}, errors=said
        )
    pins = keeping.pins(uow, [order_id])
    change = keeping.write(
        uow, day, now, after, "move", [order_id], broken=said, reason_code=reason_code, reason=reason.strip()
    )
    _follow_pin(uow, change, order_id, pins, after)
    return Changed(change.id, day.revision, tuple(sentence for _, sentence in new))


def resize(
    uow: UnitOfWork,
    *,
    on: date,
    order_id: int,
    duration_s: int,
    seen: int | None = None,
    reason_code: str = "",
    reason: str = "",
) -> Changed:
    """Plan another length for a visit, in whole minutes from ten on; what follows in that day shifts.

    What was learned of the customer stays on top of the order's own length. Raises as `move` does.
    """
    day, now = begin(uow, on)
    task = movable(now, order_id)
    check_seen(uow, now, order_id, seen)
    if order_id not in now.placements():
        raise NotOnThisDay()
    was_s = now.facts.orders[order_id].duration_s
    learned_s = now.instance.problem.tasks[task].duration_s - was_s
    wanted_s = max(SHORTEST_S, min(LONGEST_S, duration_s // 60 * 60)) - learned_s
    orders.set_duration(uow, order_id=order_id, duration_s=max(60, wanted_s))
    after = sheet.load(uow, on)
    new = broken.caused(now, after)
    said = [_said(violation, sentence) for violation, sentence in new]
    if new and not (reason_code or reason.strip()):
        raise RuleBroken(
            sentences={lang: "；".join(one[lang] for one in said) for lang in ("zh", "en")}, errors=said
        )
    change = keeping.write(
        uow,
        day,
        now,
        after,
        "resize",
        [order_id],
        broken=said,
        reason_code=reason_code,
        reason=reason.strip(),
    )
    change.before = change.before | {"durations": {str(order_id): was_s}}
    change.after = change.after | {"durations": {str(order_id): after.facts.orders[order_id].duration_s}}
    return Changed(change.id, day.revision, tuple(sentence for _, sentence in new))


def say_why(uow: UnitOfWork, *, change_id: int, reason_code: str = "", reason: str = "") -> None:
    """Keep why one's own change was made; the last word counts. Raises NotFound."""
    require(uow.actor, "dispatch.manage")
    change = uow.session.get(PlanChange, change_id)
    if change is None or change.person_id != uow.actor.person_id:
        raise NotFound(what={"zh": "这处改动", "en": "That change"})
    change.reason_code, change.reason = reason_code[:40], reason.strip()
    after = {
        "change_id": change.id,
        "orders": change.order_ids,
        "reason": change.reason or change.reason_code,
    }
    uow.audit("schedule_day", change.on.isoformat(), "change_explained", after=after)


def take_out(uow: UnitOfWork, *, on: date, order_id: int, seen: int | None = None) -> Changed:
    """Take an order out of the working plan; it waits for a place again. Raises as `move` does."""
    day, now = begin(uow, on)
    task = movable(now, order_id)
    check_seen(uow, now, order_id, seen)
    change = keeping.write(uow, day, now, now.without(task), "take_out", [order_id])
    return Changed(change.id, day.revision, ())


def pin(
    uow: UnitOfWork, *, on: date, order_id: int, engineer: bool, time: bool, seen: int | None = None
) -> Changed:
    """Hold an order with its engineer, at its time, or both, as it is placed now; neither sets it free."""
    day, now = begin(uow, on)
    movable(now, order_id)
    check_seen(uow, now, order_id, seen)
    placed = now.placements().get(order_id)
    if placed is None:
        raise NotOnThisDay()
    wanted = (placed[0] if engineer else None, placed[1] if time else None)
    before = keeping.pins(uow, [order_id])
    kind = "pin" if engineer or time else "unpin"
    change = keeping.write(uow, day, now, now, kind, [order_id])
    keeping.set_pin(uow, order_id, None if wanted == (None, None) else wanted)
    change.before = change.before | {"pins": before}
    change.after = change.after | {"pins": keeping.pins(uow, [order_id])}
    return Changed(change.id, day.revision, ())


def undo(uow: UnitOfWork, *, on: date) -> PlanChange:
    """Take back this person's newest change of the day. Raises NothingToUndo, Overtaken."""
    day, now = begin(uow, on)
    query = _own(uow, on).where(PlanChange.undone_at.is_(None)).order_by(PlanChange.id.desc()).limit(1)
    change = uow.session.scalars(query).first()
    if change is None:
        raise NothingToUndo(what={"zh": "撤销", "en": "undo"})
    keeping.restore(uow, day, now, change, change.after, change.before)
    change.undone_at, change.undone_revision = uow.now, day.revision
    uow.audit("schedule_day", on.isoformat(), "change_undone", after=keeping.for_trail(change))
    return change


def redo(uow: UnitOfWork, *, on: date) -> PlanChange:
    """Make again what this person took back last, while nothing else was changed since by him or her."""
    day, now = begin(uow, on)
    own = _own(uow, on)
    last = uow.session.scalars(
        own.where(PlanChange.undone_at.is_(None)).order_by(PlanChange.id.desc())
    ).first()
    query = own.where(PlanChange.undone_at.is_not(None), PlanChange.id > (last.id if last else 0))
    change = uow.session.scalars(query.order_by(PlanChange.id).limit(1)).first()
    if change is None:
        raise NothingToUndo(what={"zh": "重做", "en": "redo"})
    keeping.restore(uow, day, now, change, change.before, change.after)
    change.undone_at, change.undone_revision, change.revision = None, None, day.revision
    uow.audit("schedule_day", on.isoformat(), "change_redone", after=keeping.for_trail(change))
    return change


def touched(uow: UnitOfWork, change_id: int) -> frozenset[int]:
    """The orders that a change has moved, those that it meant and those that shifted with them."""
    return frozenset(int(order_id) for order_id in uow.session.get_one(PlanChange, change_id).after["placed"])


def overruled(uow: UnitOfWork, on: date) -> set[int]:
    """Orders that she has put outside of their windows, with a reason, and not taken back."""
    query = select(PlanChange.broken).where(PlanChange.on == on, PlanChange.undone_at.is_(None))
    return {
        int(one["order"]) for said in uow.session.scalars(query) for one in said if one["code"] == "window"
    }


def _said(violation: Violation, sentence: Sentence) -> dict[str, Any]:
    return {"code": violation.code, "order": violation.task, "zh": sentence.zh, "en": sentence.en}


def begin(uow: UnitOfWork, on: date) -> tuple[ScheduleDay, Sheet]:
    """The day, locked until the end of the transaction, and its sheet; for those who may plan. Raises PastDay."""
    require(uow.actor, "dispatch.manage")
    check_day(on, local_date(uow.now))
    day = schedule_day(uow, on)
    return day, sheet.load(uow, on)


def movable(now: Sheet, order_id: int) -> int:
    """The task of an order that can still be planned. Raises NotOnThisDay, VisitRuns."""
    task, order = now.task(order_id), now.facts.orders.get(order_id)
    if order is None or (task is None and order.status in (*MOVABLE, "approved", "on_hold", "cancelled")):
        raise NotOnThisDay()
    if order.status not in MOVABLE or task is None or task in now.instance.frozen:
        raise VisitRuns(customer=order.short_name, state=STATES[order.status].both())
    return task


def check_seen(uow: UnitOfWork, now: Sheet, order_id: int, seen: int | None) -> None:
    """Raises Overtaken where somebody else has changed the order after the revision that the page showed."""
    if seen is None:
        return
    newer = or_(PlanChange.revision > seen, PlanChange.undone_revision > seen)
    query = select(PlanChange).where(PlanChange.on == now.facts.on, newer).order_by(PlanChange.id.desc())
    for change in uow.session.scalars(query):
        if order_id in change.order_ids and change.person_id != uow.actor.person_id:
            name = staff.names(uow).get(change.person_id or 0, "paidan")
            raise Overtaken(name=name, customer=now.facts.orders[order_id].short_name)


def _own(uow: UnitOfWork, on: date) -> Any:
    own = PlanChange.person_id == uow.actor.person_id
    return select(PlanChange).where(PlanChange.on == on, own, PlanChange.kind != TO_DAY)


def _follow_pin(
    uow: UnitOfWork, change: PlanChange, order_id: int, before: dict[str, Any], after: Sheet
) -> None:
    """Her newer word overrules her older one: a pin goes where the visit went."""
    held = before[str(order_id)]
    if held is None:
        return
    engineer_id, start_s = after.placements()[order_id]
    keeping.set_pin(
        uow,
        order_id,
        (engineer_id if held[0] is not None else None, start_s if held[1] is not None else None),
    )
    change.before = change.before | {"pins": before}
    change.after = change.after | {"pins": keeping.pins(uow, [order_id])}
