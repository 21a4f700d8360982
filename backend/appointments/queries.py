"""Reads of agreed windows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from backend.appointments.models import Appointment
from backend.core.db import columns
from backend.core.uow import UnitOfWork


@dataclass(frozen=True)
class AppointmentRow:
    """The window agreed with a customer: the service begins between ``from_s`` and ``to_s`` of the day."""

    id: int
    order_id: int
    on: date
    from_s: int
    to_s: int
    agreed_with: str
    note: str
    agreed_at: datetime
    agreed_by: int | None
    ended_at: datetime | None


def current(uow: UnitOfWork, order_ids: Iterable[int]) -> dict[int, AppointmentRow]:
    """The window in force of each order that has one, by order id."""
    wanted = set(order_ids)
    if not wanted:
        return {}
    query = select(Appointment).where(
        Appointment.service_order_id.in_(wanted), Appointment.ended_at.is_(None)
    )
    return {found.service_order_id: _row(found) for found in uow.session.scalars(query)}


def on_day(uow: UnitOfWork, day: date) -> list[AppointmentRow]:
    """All windows in force on a day, in the order of their beginnings."""
    query = select(*columns(Appointment)).where(Appointment.on == day, Appointment.ended_at.is_(None))
    return [_row(found) for found in uow.session.execute(query.order_by(Appointment.from_s, Appointment.id))]


def orders_on_day(uow: UnitOfWork, day: date) -> list[int]:
    """The orders that have a window in force on a day."""
    query = select(Appointment.service_order_id).where(Appointment.on == day, Appointment.ended_at.is_(None))
    return list(uow.session.scalars(query.order_by(Appointment.id)))


def newest_on_day(uow: UnitOfWork, day: date) -> int:
    """The id of the newest window of a day, which grows when one is agreed; 0 where there is none."""
    query = select(func.max(Appointment.id)).where(Appointment.on == day, Appointment.ended_at.is_(None))
    return uow.session.scalar(query) or 0


def newest(uow: UnitOfWork) -> int:
    """The id of the newest window of any day; 0 where there is none."""
    return uow.session.scalar(select(func.max(Appointment.id))) or 0


def history(uow: UnitOfWork, order_id: int) -> list[AppointmentRow]:
    """Every window that was ever agreed for an order, oldest first."""
    query = select(Appointment).where(Appointment.service_order_id == order_id).order_by(Appointment.id)
    return [_row(found) for found in uow.session.scalars(query)]


def _row(found: Any) -> AppointmentRow:
    return AppointmentRow(
        id=found.id,
        order_id=found.service_order_id,
        on=found.on,
        from_s=found.from_s,
        to_s=found.to_s,
        agreed_with=found.agreed_with,
        note=found.note,
        agreed_at=found.agreed_at,
        agreed_by=found.agreed_by,
        ended_at=found.ended_at,
    )
