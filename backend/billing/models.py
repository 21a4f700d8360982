"""Invoice requests: prepared before an install, handed to the engineer, delivered or brought back."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.core.db import Base, UtcDateTime, id_column


class InvoiceRequest(Base):
    """The invoice of one install order; ``status`` moves through `backend.billing.states.INVOICE`."""

    __tablename__ = "invoice_requests"

    id: Mapped[int] = id_column()
    service_order_id: Mapped[int] = mapped_column(ForeignKey("service_orders.id"), unique=True)
    status: Mapped[str] = mapped_column(String(20), index=True)
    title: Mapped[str] = mapped_column(String(120))
    tax_number: Mapped[str] = mapped_column(String(20))
    invoice_type: Mapped[str] = mapped_column(String(20))
    bank_account: Mapped[str] = mapped_column(String(120), default="")
    amount_fen: Mapped[int]
    invoice_number: Mapped[str | None] = mapped_column(String(30), unique=True)
    prepared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    prepared_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    handed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    engineer_id: Mapped[int | None] = mapped_column(ForeignKey("engineers.person_id"))
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    received_by: Mapped[str] = mapped_column(String(40), default="")
    returned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    return_note: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
