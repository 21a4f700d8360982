"""The inbox is the truth; what goes out by any channel is a hint that something is in it."""

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


class Delivery(Base):
    """One text on its way by one channel to one address, and how that ended: the attempts of all channels.

    ``key`` names it to the channel too, so that a second sending is one for whoever gets it. ``status``: ``waiting``
    (perhaps until the morning), ``sending`` (by the sender whose lease ends at ``lease_until``), ``sent``, or one of
    the ends of `deliveries.ENDS`. ``tries`` is the fence: only the sender of the last try may write down its end.
    """

    __tablename__ = "deliveries"
    __table_args__ = (Index("ix_deliveries_status_channel", "status", "channel"),)

    id: Mapped[int] = id_column()
    key: Mapped[str] = mapped_column(String(120), unique=True)
    channel: Mapped[str] = mapped_column(String(12))
    kind: Mapped[str] = mapped_column(String(40))
    urgent: Mapped[bool] = mapped_column(default=False)
    text: Mapped[str] = mapped_column(Text)
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device_tokens.id"))
    inbox_item_id: Mapped[int | None] = mapped_column(ForeignKey("inbox_items.id"), index=True)
    customer_message_id: Mapped[int | None] = mapped_column(ForeignKey("customer_messages.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    useful_until: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(String(12), default="waiting")
    tries: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    detail: Mapped[str] = mapped_column(String(200), default="")


class PushSubscription(Base):
    """Where the browser of a phone takes Web Push: the service's address and the phone's public key."""

    __tablename__ = "push_subscriptions"

    device_id: Mapped[int] = mapped_column(
        ForeignKey("device_tokens.id"), primary_key=True, autoincrement=False
    )
    endpoint: Mapped[str] = mapped_column(Text)
    endpoint_hash: Mapped[str] = mapped_column(String(64), unique=True)
    p256dh: Mapped[str] = mapped_column(String(100))
    auth: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class NewsPreference(Base):
    """What a person chose about news; nobody's row means the defaults of `policy`."""

    __tablename__ = "news_preferences"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True, autoincrement=False)
    choices: Mapped[dict[str, list[str]]] = mapped_column(JSON, default=dict)
    quiet: Mapped[bool] = mapped_column(default=True)
    quiet_from_s: Mapped[int] = mapped_column()
    quiet_to_s: Mapped[int] = mapped_column()
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


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
    detail: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
