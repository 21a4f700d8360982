"""Telling people. The inbox item is the message; pushes are hints, kept with how they ended."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import or_, select, update

from backend.core.uow import UnitOfWork
from backend.notifications.models import InboxItem, PushAttempt
from backend.staff import actions as staff_actions
from backend.staff import queries as staff

WAITING = "waiting"
MOST_ATTEMPTS = 6
FIRST_WAIT_S = 30
TOO_OLD = timedelta(hours=12)


@dataclass(frozen=True)
class DuePush:
    """A push that is to be sent now."""

    attempt_id: int
    token: str | None
    title: str
    body: str
    data: dict[str, str]


def tell(
    uow: UnitOfWork,
    *,
    person_id: int,
    fact_key: str,
    kind: str,
    zh: str,
    en: str,
    data: dict[str, Any] | None = None,
) -> int | None:
    """Put a message into a person's inbox and a push for each of his phones in line.

    The same ``fact_key`` tells a person once: then, and for someone who is gone, nothing happens and None
    is returned. Returns the message's id.
    """
    same = select(InboxItem.id).where(InboxItem.person_id == person_id, InboxItem.fact_key == fact_key)
    if uow.session.scalar(same) is not None:
        return None
    item = InboxItem(
        person_id=person_id,
        fact_key=fact_key,
        kind=kind,
        zh=zh[:400],
        en=en[:400],
        data=data or {},
        created_at=uow.now,
    )
    uow.session.add(item)
    uow.flush()
    for device in staff.active_devices(uow, person_id):
        if device.fcm_token:
            attempt = PushAttempt(inbox_item_id=item.id, device_id=device.id, status=WAITING, attempts=0)
            uow.session.add(attempt)
    return item.id


def mark_read(uow: UnitOfWork, *, item_ids: Iterable[int] | None = None) -> int:
    """Mark own messages as read, those named or all; returns how many were unread."""
    statement = (
        update(InboxItem)
        .where(InboxItem.person_id == uow.actor.person_id, InboxItem.read_at.is_(None))
        .values(read_at=uow.now)
        .returning(InboxItem.id)
    )
    if item_ids is not None:
        statement = statement.where(InboxItem.id.in_(list(item_ids)))
    return len(uow.session.execute(statement).all())


def due_pushes(uow: UnitOfWork, *, limit: int = 100) -> list[DuePush]:
    """Pushes whose time has come, oldest first. ``token`` is None where the phone is gone meanwhile."""
    due = or_(PushAttempt.not_before.is_(None), PushAttempt.not_before <= uow.now)
    query = (
        select(PushAttempt, InboxItem)
        .join(InboxItem, InboxItem.id == PushAttempt.inbox_item_id)
        .where(PushAttempt.status == WAITING, due)
        .order_by(PushAttempt.id)
        .limit(limit)
    )
    found = uow.session.execute(query).all()
    people = {item.person_id for _, item in found}
    tokens = {d.id: d.fcm_token for person_id in people for d in staff.active_devices(uow, person_id)}
    return [
        DuePush(
            attempt.id,
            tokens.get(attempt.device_id),
            "派单",
            item.zh,
            {"kind": item.kind, "item_id": str(item.id)},
        )
        for attempt, item in found
    ]


def note_push(uow: UnitOfWork, *, attempt_id: int, outcome: str, detail: str = "") -> None:
    """Write down how a push ended: delivered, refused, unregistered (the token is forgotten) or retry.

    A retry waits longer each time and is given up after MOST_ATTEMPTS, or when the message is old news.
    """
    attempt = uow.session.get_one(PushAttempt, attempt_id)
    item = uow.session.get_one(InboxItem, attempt.inbox_item_id)
    attempt.attempts += 1
    attempt.detail = detail[:200]
    if outcome == "retry":
        if attempt.attempts >= MOST_ATTEMPTS or uow.now - item.created_at > TOO_OLD:
            attempt.status = "given_up"
        else:
            attempt.not_before = uow.now + timedelta(seconds=FIRST_WAIT_S * 2 ** (attempt.attempts - 1))
        return
    attempt.status, attempt.not_before = outcome, None
    if outcome == "unregistered":
        staff_actions.forget_fcm_token(uow, attempt.device_id)
