"""Text messages to customers: written when something was agreed, sent by a gateway or by hand, dropped when untrue."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select

from backend.core.errors import DomainError, NotFound
from backend.core.uow import UnitOfWork
from backend.notifications import deliveries
from backend.notifications.models import CustomerMessage
from backend.staff.policy import require


class MessageOver(DomainError):
    """The message is not to be sent any more."""

    code = "message_over"
    kind = "conflict"
    zh = "这条短信已经不用发了，可能改约或取消了"
    en = "This message is not to be sent any more; the appointment was changed or cancelled"


@dataclass(frozen=True)
class MessageRow:
    """A text message to a customer."""

    id: int
    fact_key: str
    order_id: int
    kind: str
    contact: str
    phone: str
    text: str
    useful_until: datetime
    status: str
    detail: str
    created_at: datetime
    sent_at: datetime | None
    sent_by: int | None


def write(
    uow: UnitOfWork,
    *,
    order_id: int,
    fact_key: str,
    kind: str,
    contact: str,
    phone: str,
    text: str,
    useful_until: datetime,
) -> int | None:
    """Put a message in line for the gateway; what of that kind still waits for the order is dropped.

    The same ``fact_key`` writes once: then nothing happens and None is returned.
    """
    if uow.session.scalar(select(CustomerMessage.id).where(CustomerMessage.fact_key == fact_key)) is not None:
        return None
    drop(uow, order_id=order_id, kind=kind)
    made = CustomerMessage(
        service_order_id=order_id,
        fact_key=fact_key,
        kind=kind,
        contact=contact,
        phone=phone,
        text=text,
        useful_until=useful_until,
        status="waiting",
        created_at=uow.now,
    )
    uow.session.add(made)
    uow.flush()
    deliveries.to_customer(uow, message=made)
    uow.audit("service_order", order_id, "message_written", after={"kind": kind, "text": text})
    return made.id


def drop(uow: UnitOfWork, *, order_id: int, kind: str | None = None) -> int:
    """What waits for an order is not sent any more; returns how many. Safe to repeat."""
    query = select(CustomerMessage).where(
        CustomerMessage.service_order_id == order_id, CustomerMessage.status.in_(("waiting", "refused"))
    )
    if kind is not None:
        query = query.where(CustomerMessage.kind == kind)
    found = list(uow.session.scalars(query))
    for message in found:
        message.status = "dropped"
        deliveries.drop_customer(uow, message_id=message.id)
    return len(found)


def mark_sent(uow: UnitOfWork, *, message_id: int) -> None:
    """Somebody has sent it by hand. Safe to repeat. Raises MessageOver, NotFound."""
    require(uow.actor, "appointments.manage")
    message = _get(uow, message_id)
    if message.status == "sent":
        return
    if message.status == "dropped":
        raise MessageOver()
    message.status, message.sent_at, message.sent_by = "sent", uow.now, uow.actor.person_id
    deliveries.drop_customer(uow, message_id=message.id)
    uow.audit("service_order", message.service_order_id, "message_sent", after={"kind": message.kind})


def to_send(uow: UnitOfWork, *, limit: int = 200) -> list[MessageRow]:
    """What is still to reach a customer, what the gateway refused as well, oldest first."""
    return [_row(one) for one in uow.session.scalars(_open(uow).order_by(CustomerMessage.id).limit(limit))]


def to_send_count(uow: UnitOfWork) -> int:
    """How many `to_send` are."""
    return uow.session.scalar(select(func.count()).select_from(_open(uow).subquery())) or 0


def newest(uow: UnitOfWork, order_ids: Iterable[int]) -> dict[int, MessageRow]:
    """The newest message of each of those orders that has one."""
    query = select(CustomerMessage).where(CustomerMessage.service_order_id.in_(list(order_ids)))
    return {
        one.service_order_id: _row(one) for one in uow.session.scalars(query.order_by(CustomerMessage.id))
    }


def _open(uow: UnitOfWork) -> Select[CustomerMessage]:
    return select(CustomerMessage).where(
        CustomerMessage.status.in_(("waiting", "refused")), CustomerMessage.useful_until > uow.now
    )


def _get(uow: UnitOfWork, message_id: int) -> CustomerMessage:
    found = uow.session.get(CustomerMessage, message_id)
    if found is None:
        raise NotFound(what={"zh": "这条短信", "en": "That message"})
    return found


def _row(one: CustomerMessage) -> MessageRow:
    return MessageRow(
        one.id,
        one.fact_key,
        one.service_order_id,
        one.kind,
        one.contact,
        one.phone,
        one.text,
        one.useful_until,
        one.status,
        one.detail,
        one.created_at,
        one.sent_at,
        one.sent_by,
    )
