"""Windows agreed with customers, windows held while somebody is on the telephone, and the calls made for them."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.core.db import Base, UtcDateTime, id_column


class Appointment(Base):
    """A window of one day in seconds since midnight. An order has one in force; older ones are history."""

    __tablename__ = "appointments"
    __table_args__ = (Index("ix_appointments_on_current", "on", "ended_at"),)

    id: Mapped[int] = id_column()
    service_order_id: Mapped[int] = mapped_column(ForeignKey("service_orders.id"), index=True)
    on: Mapped[date]
    from_s: Mapped[int]
    to_s: Mapped[int]
    agreed_with: Mapped[str] = mapped_column(String(40), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    agreed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    agreed_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class WindowHold(Base):
    """A window that is kept for an order while its customer is asked. It counts as taken until it ends.

    ``outcome`` is ``agreed``, ``released``, ``replaced`` or ``expired``; None while it runs. An order has at
    most one that has not ended; one whose ``expires_at`` is past means nothing any more.
    """

    __tablename__ = "window_holds"
    __table_args__ = (
        Index("ix_window_holds_on_ended", "on", "ended_at"),
        Index(
            "uq_window_holds_running",
            "service_order_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = id_column()
    service_order_id: Mapped[int] = mapped_column(ForeignKey("service_orders.id"))
    on: Mapped[date]
    from_s: Mapped[int]
    to_s: Mapped[int]
    held_at: Mapped[datetime] = mapped_column(UtcDateTime)
    held_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str | None] = mapped_column(String(20))


class CallAttempt(Base):
    """A call to a customer about an order that brought no window: how it ended, and when to call again."""

    __tablename__ = "call_attempts"

    id: Mapped[int] = id_column()
    service_order_id: Mapped[int] = mapped_column(ForeignKey("service_orders.id"), index=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    outcome: Mapped[str] = mapped_column(String(20))
    call_back_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(String(400), default="")
    client_key: Mapped[str | None] = mapped_column(String(36), unique=True)
