"""The time window agreed with the customer."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text
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
