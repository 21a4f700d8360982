"""What an engineer sent of a visit that was reassigned is taken as done: the assistant says that his work counts.

The visit lives again, its steps and its card are what his phone sent, with the moments of his presses; a visit that was
given to someone else for the same order, and not accepted by him yet, is taken back.
"""

import base64
from typing import Any

from sqlalchemy import select

from backend.core.errors import DomainError
from backend.core.uow import Actor, UnitOfWork
from backend.orders import actions as orders
from backend.orders import queries as order_queries
from backend.orders.states import STATES
from backend.staff import queries as staff
from backend.staff.policy import require
from backend.visits import actions, policy
from backend.visits.models import Card, PhoneWrite, Visit
from backend.visits.queries import VisitRow, get

STEPS = (
    ("accept", "accepted_at"),
    ("set_out", "set_out_at"),
    ("sign_in", "signed_in_at"),
    ("finish", "finished_at"),
)
BEFORE = {"appointed": ("plan", "publish"), "planned": ("publish",), "published": ()}
"""The moves that bring an order to where its engineer found it."""


class NothingToAdopt(DomainError):
    """What came holds no finished work with a card."""

    code = "nothing_to_adopt"
    kind = "conflict"
    zh = "手机发来的里面没有完成和反馈卡，不能直接采用；请写下怎么处理"
    en = "What came holds no finish and no card, so it cannot be adopted; write down what you do about it"


class OrderMovedOn(DomainError):
    """The order is somewhere else by now."""

    code = "order_moved_on"
    kind = "conflict"
    zh = "这一单现在是「{state}」，新的工程师已经开始或已经结束，不能再采用；请写下怎么处理"
    en = "The order is “{state}” now: someone else has begun or ended it. Write down what you do about it"


def adopt(uow: UnitOfWork, *, visit_id: int, note: str = "") -> VisitRow:
    """Take the kept steps and card of a withdrawn visit as done. Safe to repeat.

    Raises NothingToAdopt, OrderMovedOn, CardWrong.
    """
    require(uow.actor, "cards.check")
    require(uow.actor, "dispatch.manage")
    visit = uow.session.get(Visit, visit_id, with_for_update=True)
    query = select(PhoneWrite).where(PhoneWrite.visit_id == visit_id, PhoneWrite.status.in_(("kept", "used")))
    rows = uow.session.scalars(query.order_by(PhoneWrite.id)).all()
    if visit is None or not rows:
        raise NothingToAdopt()
    if all(row.status == "used" for row in rows):
        return get(uow, visit_id)
    sent = {row.kind: row for row in rows}
    card = sent.get("card")
    if card is None or (visit.finished_at is None and "finish" not in sent):
        raise NothingToAdopt()
    order = order_queries.get(uow, visit.service_order_id)
    if order.status not in BEFORE:
        raise OrderMovedOn(state=STATES[order.status].both())
    _take_back_others(uow, visit, order.number)
    for move in BEFORE[order_queries.get(uow, order.id).status]:
        orders.move(uow, order.id, move)
    visit.outcome, visit.outcome_reason, visit.ended_at = None, "", None
    uow.flush()
    _repeat(uow, visit, staff.actor(uow, visit.engineer_id, "adopted"), sent)
    found = uow.session.scalars(select(Card).where(Card.visit_id == visit_id)).one()
    due_at = policy.due_with_cause(visit.card_due_at or card.received_at, visit.cause_until)
    found.first_submitted_at, found.late = card.received_at, card.received_at > due_at
    for row in rows:
        if row.status == "kept":
            row.status, row.decided_at, row.decided_by = "used", uow.now, uow.actor.person_id
            row.decision_note = note.strip()[:400]
    uow.audit("visit", visit_id, "evidence_adopted", after={"note": note.strip()[:400], "items": len(rows)})
    uow.flush()
    return get(uow, visit_id)


def _take_back_others(uow: UnitOfWork, visit: Visit, number: str) -> None:
    """The same order in another engineer's day: he hears that he does not go."""
    query = select(Visit).where(
        Visit.service_order_id == visit.service_order_id, Visit.id != visit.id, Visit.outcome.is_(None)
    )
    for other in uow.session.scalars(query):
        actions.withdraw(uow, visit_id=other.id, reason="adopted")
        uow.emit(
            "visit_taken_back",
            engineer_id=other.engineer_id,
            number=number,
            on=other.on.isoformat(),
            order_id=other.service_order_id,
        )


def _repeat(uow: UnitOfWork, visit: Visit, engineer: Actor, sent: dict[str, PhoneWrite]) -> None:
    """His presses once more, in his name; what was done before the visit was withdrawn only moves the order."""
    his = UnitOfWork(uow.session, engineer, uow.now)
    presses: dict[str, Any] = {
        "accept": actions.accept,
        "set_out": actions.set_out,
        "sign_in": actions.sign_in,
        "finish": actions.finish,
    }
    for kind, stamp in STEPS:
        row = sent.get(kind)
        if getattr(visit, stamp) is not None:
            orders.move(his, visit.service_order_id, kind)
        elif row is not None:
            presses[kind](his, visit_id=visit.id, at=row.happened_at, **(row.body or {}))
        else:  # the press before it never reached anybody: it was then at the latest
            presses[kind](his, visit_id=visit.id, at=sent["card"].happened_at)
    body = sent["card"].body or {}
    picture = (body.get("signature") or "").partition(",")[2]
    actions.submit_card(
        his,
        visit_id=visit.id,
        uuid=body["uuid"],
        data=body["data"],
        signature_png=base64.b64decode(picture) if picture else None,
    )
