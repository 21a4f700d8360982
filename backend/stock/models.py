"""Dialers by serial, gifts by count."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.core.db import Base, id_column


class Item(Base):
    """A dialer model or a gift, with its list price in fen."""

    __tablename__ = "items"

    id: Mapped[int] = id_column()
    code: Mapped[str] = mapped_column(String(30), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(20))
    lines: Mapped[int | None]
    price_fen: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)


class Serial(Base):
    """One dialer: in stock, issued to an engineer, installed at a site, returned or damaged."""

    __tablename__ = "serials"

    id: Mapped[int] = id_column()
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), index=True)
    serial: Mapped[str] = mapped_column(String(40), unique=True)
    status: Mapped[str] = mapped_column(String(20), default="in_stock", index=True)
    service_order_id: Mapped[int | None] = mapped_column(ForeignKey("service_orders.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
