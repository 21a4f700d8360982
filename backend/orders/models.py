"""Install orders as the divisions send them, service orders with their one life cycle, import batches."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.core.db import Base, UtcDateTime, id_column


class ServiceOrder(Base):
    """One visit's worth of work. ``status`` moves only through `backend.orders.states.SERVICE_ORDER`."""

    __tablename__ = "service_orders"
    __table_args__ = (Index("ix_service_orders_status_id", "status", "id"),)

    id: Mapped[int] = id_column()
    number: Mapped[str] = mapped_column(String(30), unique=True)
    kind: Mapped[str] = mapped_column(String(20), index=True)
    status: Mapped[str] = mapped_column(String(20))
    urgent: Mapped[bool] = mapped_column(default=False)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"), index=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"), index=True)
    contact_name: Mapped[str] = mapped_column(String(40), default="")
    contact_phone: Mapped[str] = mapped_column(String(30), default="")
    problem: Mapped[str] = mapped_column(Text, default="")
    skills: Mapped[list[str]] = mapped_column(JSON, default=list)
    duration_s: Mapped[int] = mapped_column(default=3600)
    due_on: Mapped[date | None]
    reasons: Mapped[list[str]] = mapped_column(JSON, default=list)
    note: Mapped[str] = mapped_column(Text, default="")
    client_key: Mapped[str | None] = mapped_column(String(36), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    install: Mapped["InstallOrder | None"] = relationship(back_populates="order", lazy="joined")
    __mapper_args__ = {"version_id_col": version}


class InstallOrder(Base):
    """安装单: what a division's sales submitted, with the findings of the checks.

    The fields are `backend.orders.fields.INSTALL_ORDER_FIELDS`; ``raw`` is the sheet's own text by column.
    """

    __tablename__ = "install_orders"
    __table_args__ = (UniqueConstraint("division", "division_number"),)

    service_order_id: Mapped[int] = mapped_column(ForeignKey("service_orders.id"), primary_key=True)
    division: Mapped[str] = mapped_column(String(40))
    division_number: Mapped[str] = mapped_column(String(40))
    customer_name: Mapped[str] = mapped_column(String(120))
    name_key: Mapped[str] = mapped_column(String(120), index=True)
    tax_number: Mapped[str] = mapped_column(String(20), index=True)
    contact_name: Mapped[str] = mapped_column(String(40))
    contact_phone: Mapped[str] = mapped_column(String(30))
    address: Mapped[str] = mapped_column(String(200))
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    district: Mapped[str | None] = mapped_column(String(20))
    position_source: Mapped[str | None] = mapped_column(String(20))
    access_mode: Mapped[str] = mapped_column(String(20))
    line_count: Mapped[int]
    line_numbers: Mapped[list[str]] = mapped_column(JSON, default=list)
    device_model: Mapped[str] = mapped_column(String(30))
    pbx_model: Mapped[str] = mapped_column(String(60), default="")
    requested_on: Mapped[date | None]
    requested_window: Mapped[str] = mapped_column(String(20), default="any")
    price_fen: Mapped[int]
    invoice_type: Mapped[str] = mapped_column(String(20), default="normal")
    bank_account: Mapped[str] = mapped_column(String(120), default="")
    remarks: Mapped[str] = mapped_column(Text, default="")
    raw: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    answers: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"), index=True)
    row_number: Mapped[int | None]
    order: Mapped[ServiceOrder] = relationship(back_populates="install", lazy="joined")


class ImportBatch(Base):
    """One uploaded workbook and what became of its rows."""

    __tablename__ = "import_batches"

    id: Mapped[int] = id_column()
    filename: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    accepted: Mapped[int] = mapped_column(default=0)
    duplicates: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    errors: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)


class InstallPlan(Base):
    """安装方案: how an install will be connected, as it was sent to the customer; never edited, only replaced.

    ``data`` is the plan as values (`backend.orders.install_plan`); ``token`` opens its page for the customer.
    """

    __tablename__ = "install_plans"
    __table_args__ = (UniqueConstraint("service_order_id", "number"),)

    id: Mapped[int] = id_column()
    service_order_id: Mapped[int] = mapped_column(ForeignKey("service_orders.id"), index=True)
    number: Mapped[int]
    token: Mapped[str] = mapped_column(String(43), unique=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    sent_how: Mapped[str] = mapped_column(String(20), default="")
    sent_to: Mapped[str] = mapped_column(String(80), default="")
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_by: Mapped[str] = mapped_column(String(40), default="")
    confirmed_how: Mapped[str] = mapped_column(String(20), default="")
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    replaced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
