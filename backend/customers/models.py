"""Customers, their sites, contacts, lines and site profiles (客户端信息, GAMIS)."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.core.db import Base, UtcDateTime, id_column


class Customer(Base):
    """A company. ``name_key`` is its name without the words that all companies share, for near matches."""

    __tablename__ = "customers"

    id: Mapped[int] = id_column()
    name: Mapped[str] = mapped_column(String(120), index=True)
    name_key: Mapped[str] = mapped_column(String(120), index=True)
    short_name: Mapped[str] = mapped_column(String(40))
    tax_number: Mapped[str | None] = mapped_column(String(20), index=True)
    division: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}


class Site(Base):
    """A place where lines are. Positions are WGS-84; none until the address is found or a pin is set."""

    __tablename__ = "sites"
    __table_args__ = (UniqueConstraint("customer_id", "address"),)

    id: Mapped[int] = id_column()
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    address: Mapped[str] = mapped_column(String(200))
    district: Mapped[str | None] = mapped_column(String(20))
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    position_source: Mapped[str | None] = mapped_column(String(20))
    access_notes: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}


class Contact(Base):
    """Whom to call at a site."""

    __tablename__ = "contacts"
    __table_args__ = (UniqueConstraint("site_id", "phone"),)

    id: Mapped[int] = id_column()
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    name: Mapped[str] = mapped_column(String(40))
    phone: Mapped[str] = mapped_column(String(30))
    title: Mapped[str] = mapped_column(String(40), default="")


class Line(Base):
    """A telephone line at a site."""

    __tablename__ = "lines"
    __table_args__ = (UniqueConstraint("site_id", "number"),)

    id: Mapped[int] = id_column()
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    number: Mapped[str] = mapped_column(String(30))
    access_mode: Mapped[str] = mapped_column(String(20))


class SiteProfile(Base):
    """The technical description of a site; the fields are `backend.customers.fields.SITE_PROFILE_FIELDS`."""

    __tablename__ = "site_profiles"

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), primary_key=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
