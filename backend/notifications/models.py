"""The inbox is the truth; a push is a hint that something is in it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.core.db import Base, UtcDateTime, id_column


class InboxItem(Base):
    """A message to one person. ``fact_key`` makes a fact that is handed on twice arrive once."""

    __tablename__ = "inbox_items"
    __table_args__ = (
        UniqueConstraint("person_id", "fact_key"),
        Index("ix_inbox_items_person_id_id", "person_id", "id"),
    )

    id: Mapped[int] = id_column()
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    fact_key: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(40))
    zh: Mapped[str] = mapped_column(String(400))
    en: Mapped[str] = mapped_column(String(400))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PushAttempt(Base):
    """A push of one inbox item to one phone, and how it ended."""

    __tablename__ = "push_attempts"
    __table_args__ = (UniqueConstraint("inbox_item_id", "device_id"),)

    id: Mapped[int] = id_column()
    inbox_item_id: Mapped[int] = mapped_column(ForeignKey("inbox_items.id"))
    device_id: Mapped[int] = mapped_column(ForeignKey("device_tokens.id"))
    status: Mapped[str] = mapped_column(String(20), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime | None] = mapped_column(UtcDateTime)
    detail: Mapped[str] = mapped_column(String(200), default="")
