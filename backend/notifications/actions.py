"""Telling people. The inbox item is the message; what goes out by the channels are hints at it."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select, update

from backend.core.uow import UnitOfWork
from backend.notifications import deliveries
from backend.notifications.models import InboxItem


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
    """Put a message into a person's inbox, and hints at it in line by the channels that he chose.

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
    deliveries.to_person(uow, item=item)
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


def tell_groups(
    uow: UnitOfWork, *, fact_key: str, kind: str, zh: str, data: dict[str, Any] | None = None
) -> None:
    """Tell the desk's groups, where news of this kind goes there; the same ``fact_key`` tells them once."""
    deliveries.to_groups(uow, fact_key=fact_key, kind=kind, zh=zh, data=data or {})
