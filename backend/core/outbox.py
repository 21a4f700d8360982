"""The relay's half of the outbox: facts are handed on after their transaction, at least once, in order."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select

from backend.core.ledger import OutboxMessage
from backend.core.uow import SYSTEM, Transactions, UnitOfWork

LONGEST_WAIT_S = 300


@dataclass(frozen=True)
class Fact:
    """A fact as its consumers get it. Consumers are idempotent: ``key`` is the same on every delivery."""

    key: str
    name: str
    payload: dict[str, Any]
    created_at: datetime


def deliver_pending(transactions: Transactions, deliver: Callable[[Fact], None], *, limit: int = 100) -> int:
    """Hand pending facts on, oldest first, and mark them after their consumers have returned.

    A consumer that fails leaves its fact pending with a growing wait; the others go on. A relay that is
    killed before the marks delivers once more after its restart. Returns how many were delivered.
    """
    with transactions.read(SYSTEM) as uow:
        due = or_(OutboxMessage.not_before.is_(None), OutboxMessage.not_before <= uow.now)
        query = select(OutboxMessage).where(OutboxMessage.delivered_at.is_(None), due)
        messages = uow.session.scalars(query.order_by(OutboxMessage.id).limit(limit)).all()
        facts = [(m.id, Fact(f"outbox-{m.id}", m.name, m.payload, m.created_at)) for m in messages]
    errors: dict[int, str | None] = {}
    for message_id, fact in facts:
        try:
            deliver(fact)
            errors[message_id] = None
        except Exception as exc:  # the relay must outlive any consumer
            errors[message_id] = f"{type(exc).__name__}: {exc}"
    if errors:
        with transactions.begin(SYSTEM) as uow:  # one for all: each commit waits for the disk
            for message in uow.session.scalars(select(OutboxMessage).where(OutboxMessage.id.in_(errors))):
                _mark(message, errors[message.id], uow.now)
    return sum(error is None for error in errors.values())


def _mark(message: OutboxMessage, error: str | None, now: datetime) -> None:
    message.attempts += 1
    message.last_error = error
    if error is None:
        message.delivered_at = now
    else:
        message.not_before = now + timedelta(seconds=min(2**message.attempts, LONGEST_WAIT_S))


def pending_count(transactions: Transactions) -> int:
    """How many facts wait to be handed on."""
    with transactions.read(SYSTEM) as uow:
        query = select(func.count()).select_from(OutboxMessage).where(OutboxMessage.delivered_at.is_(None))
        return uow.session.scalar(query) or 0


def deliver_within(uow: UnitOfWork, deliver: Callable[[UnitOfWork, Fact], None]) -> int:
    """Hand every pending fact on inside the caller's own transaction, where all or nothing is wanted.

    A consumer that fails ends the transaction; nothing is tried again. Returns how many were delivered.
    """
    query = select(OutboxMessage).where(OutboxMessage.delivered_at.is_(None)).order_by(OutboxMessage.id)
    messages = uow.session.scalars(query).all()
    for message in messages:
        deliver(uow, Fact(f"outbox-{message.id}", message.name, message.payload, message.created_at))
        message.attempts += 1
        message.delivered_at = uow.now
    return len(messages)
