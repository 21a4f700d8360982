"""Agreeing on a window with the customer."""

from datetime import date

from sqlalchemy import select

from backend.appointments import holds
from backend.appointments.models import Appointment
from backend.appointments.policy import check_window
from backend.core.uow import UnitOfWork
from backend.orders import actions as orders
from backend.orders import queries as order_queries
from backend.staff.policy import require


def appoint(
    uow: UnitOfWork, *, order_id: int, on: date, from_s: int, to_s: int, agreed_with: str = "", note: str = ""
) -> int:
    """Agree that the service begins between ``from_s`` and ``to_s`` (seconds since midnight) of ``on``.

    An earlier window of the order stays as history, what was held for it ends. Returns the appointment's id;
    the same once more changes nothing. Raises BadWindow, WindowPast, WrongState, HeldByOther.
    """
    require(uow.actor, "appointments.manage")
    check_window(uow.now, on, from_s, to_s)
    query = select(Appointment).where(
        Appointment.service_order_id == order_id, Appointment.ended_at.is_(None)
    )
    present = list(uow.session.scalars(query.with_for_update()))
    said = (on, from_s, to_s, agreed_with.strip()[:40], note.strip())
    if order_queries.get(uow, order_id).status in ("appointed", "planned"):
        for same in present:
            if (same.on, same.from_s, same.to_s, same.agreed_with, same.note) == said:
                return same.id
    holds.settle(uow, order_id)
    orders.move(uow, order_id, "appoint")
    before = None
    for old in present:
        old.ended_at = uow.now
        before = {"on": old.on.isoformat(), "from_s": old.from_s, "to_s": old.to_s}
    appointment = Appointment(
        service_order_id=order_id,
        on=on,
        from_s=from_s,
        to_s=to_s,
        agreed_with=agreed_with.strip()[:40],
        note=note.strip(),
        agreed_at=uow.now,
        agreed_by=uow.actor.person_id,
    )
    uow.session.add(appointment)
    uow.flush()
    after = {"on": on.isoformat(), "from_s": from_s, "to_s": to_s, "agreed_with": appointment.agreed_with}
    uow.audit("service_order", order_id, "window_agreed", before=before, after=after)
    uow.emit(
        "window_agreed",
        order_id=order_id,
        appointment_id=appointment.id,
        on=on.isoformat(),
        from_s=from_s,
        to_s=to_s,
        changed=before is not None,
    )
    return appointment.id
