"""Reads of a person's inbox."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from backend.core.paging import Page, page_by_id
from backend.core.uow import UnitOfWork
from backend.notifications.models import InboxItem


@dataclass(frozen=True)
class InboxRow:
    """A message in both languages; ``data`` holds the ids that a link is made of."""

    id: int
    kind: str
    zh: str
    en: str
    data: dict[str, Any]
    created_at: datetime
    read_at: datetime | None

    def text(self, lang: str) -> str:
        """The sentence in "zh" or "en"."""
        return self.en if lang == "en" else self.zh


def inbox(
    uow: UnitOfWork, person_id: int, *, unread_only: bool = False, cursor: str | None = None, size: int = 50
) -> Page[InboxRow]:
    """Messages to a person, newest first."""
    query = select(InboxItem).where(InboxItem.person_id == person_id)
    if unread_only:
        query = query.where(InboxItem.read_at.is_(None))
    return page_by_id(uow, query, InboxItem.id, _row, cursor=cursor, size=size)


def newer(uow: UnitOfWork, person_id: int, *, after_id: int, size: int = 50) -> list[InboxRow]:
    """The messages to a person after the one of that id, oldest first; only the newest ``size`` of many."""
    query = select(InboxItem).where(InboxItem.person_id == person_id, InboxItem.id > after_id)
    found = uow.session.scalars(query.order_by(InboxItem.id.desc()).limit(size)).all()
    return [_row(item) for item in reversed(found)]


def newest_id(uow: UnitOfWork, person_id: int | None = None) -> int:
    """The number of the newest message, to that person or to anyone; 0 for none."""
    query = select(func.max(InboxItem.id))
    if person_id is not None:
        query = query.where(InboxItem.person_id == person_id)
    return uow.session.scalar(query) or 0


def told_since(uow: UnitOfWork, *, after_id: int, most: int = 2000) -> list[tuple[int, int]]:
    """Number and person of the messages to anyone after the one of that number, oldest first."""
    query = select(InboxItem.id, InboxItem.person_id).where(InboxItem.id > after_id)
    return [(row.id, row.person_id) for row in uow.session.execute(query.order_by(InboxItem.id).limit(most))]


def keys_told(uow: UnitOfWork, fact_keys: Iterable[str]) -> set[str]:
    """Those of the keys of which somebody was told."""
    query = select(InboxItem.fact_key).where(InboxItem.fact_key.in_(list(fact_keys)))
    return set(uow.session.scalars(query))


NEWS_BACK = timedelta(days=14)


@dataclass(frozen=True)
class DayNews:
    """The last news of a changed day to an engineer, and when he said that he had seen it."""

    told_at: datetime
    seen_at: datetime | None


def day_news(uow: UnitOfWork, on: date) -> dict[int, DayNews]:
    """Who was told that his day changed, by person: the last news of each."""
    query = select(InboxItem).where(
        InboxItem.kind == "schedule_changed", InboxItem.created_at > uow.now - NEWS_BACK
    )
    return {
        item.person_id: DayNews(item.created_at, item.read_at)
        for item in uow.session.scalars(query.order_by(InboxItem.id))
        if item.data.get("on") == on.isoformat()
    }


def unread_count(uow: UnitOfWork, person_id: int) -> int:
    """How many messages a person has not read yet."""
    query = select(func.count()).select_from(InboxItem)
    query = query.where(InboxItem.person_id == person_id, InboxItem.read_at.is_(None))
    return uow.session.scalar(query) or 0


def _row(item: InboxItem) -> InboxRow:
    return InboxRow(item.id, item.kind, item.zh, item.en, dict(item.data), item.created_at, item.read_at)
