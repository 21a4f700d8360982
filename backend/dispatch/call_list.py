"""Customers to be told on the telephone what has become of their visits: whom, with what to say, and who has done it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from backend.core.errors import NotFound
from backend.core.uow import UnitOfWork
from backend.dispatch.models import CallToMake
from backend.dispatch.policy import clock
from backend.dispatch.sentences import Sentence
from backend.orders import queries as orders
from backend.orders.queries import ServiceOrderRow
from backend.staff import queries as staff
from backend.staff.policy import require

TELL_S = 600
"""Who is visited at another time by less than ten minutes need not be called."""
URGENT, SHIFTED = "urgent", "shifted"


@dataclass(frozen=True)
class CallRow:
    """One customer to call, or who was called, when, by whom."""

    id: int
    order_id: int
    customer: str
    contact_name: str
    contact_phone: str
    why: str
    said: Sentence
    called_at: datetime | None
    called_by: str


@dataclass(frozen=True)
class Told:
    """What a customer is to be told."""

    order_id: int
    why: str
    said: Sentence


def urgent(order: ServiceOrderRow, engineer: str, window: tuple[int, int]) -> Told:
    """The urgent customer is told who comes and when."""
    who, from_at, to_at = order.contact_name or order.short_name, clock(window[0]), clock(window[1])
    zh = f"您好，是{who}吗？工程师{engineer}今天 {from_at}–{to_at} 到您那里。"
    en = (
        f"Hello, is this {who}? Our engineer {engineer} will be with you today between {from_at} and {to_at}."
    )
    return Told(order.id, URGENT, Sentence(URGENT, zh, en))


def shifted(order: ServiceOrderRow, start_s: int, by_s: int) -> Told:
    """Whoever is visited later or earlier is told by how much."""
    who, at, n = order.contact_name or order.short_name, clock(start_s), -(-abs(by_s) // 60)
    zh = (
        f"您好，是{who}吗？工程师今天会晚 {n} 分钟，大约 {at} 到，给您添麻烦了。"
        if by_s > 0
        else f"您好，是{who}吗？工程师今天可以早 {n} 分钟，大约 {at} 到，方便吗？"
    )
    en = (
        f"Hello, is this {who}? Our engineer will be {n} min later today, at about {at}. We are sorry."
        if by_s > 0
        else f"Hello, is this {who}? Our engineer could come {n} min earlier today, at about {at}. "
        "Would that suit you?"
    )
    return Told(order.id, SHIFTED, Sentence(SHIFTED, zh, en))


def note(uow: UnitOfWork, on: date, rows: Iterable[Told]) -> None:
    """Put customers on the day's list; one who waits on it already hears the newest."""
    for row in rows:
        query = select(CallToMake).where(
            CallToMake.on == on, CallToMake.service_order_id == row.order_id, CallToMake.called_at.is_(None)
        )
        found = uow.session.scalars(query).first()
        if found is None:
            found = CallToMake(on=on, service_order_id=row.order_id)
            uow.session.add(found)
        found.why, found.said = row.why, {"zh": row.said.zh, "en": row.said.en}
        found.made_at, found.made_by = uow.now, uow.actor.person_id
    uow.flush()


def tick(uow: UnitOfWork, *, call_id: int, called: bool) -> CallRow:
    """The customer was called, or was not after all. Who ticks first stays. Safe to repeat. Raises NotFound."""
    require(uow.actor, "dispatch.manage")
    found = uow.session.get(CallToMake, call_id, with_for_update=True)
    if found is None:
        raise NotFound(what={"zh": "这通电话", "en": "That call"})
    if (found.called_at is not None) != called:
        found.called_at, found.called_by = (uow.now, uow.actor.person_id) if called else (None, None)
        action = "customer_told" if called else "customer_not_told"
        uow.audit("service_order", found.service_order_id, action, after={"text": found.said["zh"]})
        uow.flush()
    return _rows(uow, [found])[0]


def of_day(uow: UnitOfWork, on: date) -> list[CallRow]:
    """The day's list, those who wait first, in the order in which they came."""
    query = select(CallToMake).where(CallToMake.on == on)
    return _rows(
        uow, uow.session.scalars(query.order_by(CallToMake.called_at.is_not(None), CallToMake.id)).all()
    )


def counts(uow: UnitOfWork, on: date) -> tuple[int, int]:
    """How many customers are on the day's list, and how many of them were called."""
    query = select(func.count(CallToMake.id), func.count(CallToMake.called_at)).where(CallToMake.on == on)
    every, called = uow.session.execute(query).one()
    return int(every), int(called)


def _rows(uow: UnitOfWork, found: Iterable[CallToMake]) -> list[CallRow]:
    rows = list(found)
    known = orders.by_ids(uow, (row.service_order_id for row in rows))
    names = staff.names(uow) if rows else {}
    return [
        CallRow(
            id=row.id,
            order_id=row.service_order_id,
            customer=known[row.service_order_id].short_name,
            contact_name=known[row.service_order_id].contact_name,
            contact_phone=known[row.service_order_id].contact_phone,
            why=row.why,
            said=Sentence(row.why, row.said["zh"], row.said["en"]),
            called_at=row.called_at,
            called_by=names.get(row.called_by or 0, ""),
        )
        for row in rows
    ]
