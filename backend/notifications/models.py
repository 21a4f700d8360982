"""The inbox is the truth; a push is a hint that something is in it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
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


class CustomerMessage(Base):
    """A text message to a customer. Without a gateway it waits for somebody who sends it by hand.

    ``status`` is ``waiting``, ``sent``, ``refused`` (by the gateway) or ``dropped`` (not true any more).
    """

    __tablename__ = "customer_messages"
    __table_args__ = (Index("ix_customer_messages_status_id", "status", "id"),)

    id: Mapped[int] = id_column()
    fact_key: Mapped[str] = mapped_column(String(80), unique=True)
    service_order_id: Mapped[int] = mapped_column(ForeignKey("service_orders.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    contact: Mapped[str] = mapped_column(String(40))
    phone: Mapped[str] = mapped_column(String(30))
    text: Mapped[str] = mapped_column(Text)
    useful_until: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(String(20), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime | None] = mapped_column(UtcDateTime)
    detail: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
