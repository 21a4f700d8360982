"""A visit goes to another day: its engineer is told, the customer has a new window, and there it gets a place."""

from dataclasses import dataclass
from datetime import date

from backend.appointments import actions as appointments
from backend.core.uow import UnitOfWork
from backend.dispatch import board, changes, keeping, publishing, sheet
from backend.dispatch.models import ScheduleDay
from backend.dispatch.publishing import TOLD
from backend.orders import queries as orders

TO_DAY = changes.TO_DAY


@dataclass(frozen=True)
class Moved:
    """Where the visit has gone; without an engineer it waits in the list of its new day."""

    order_id: int
    on: date
    engineer_id: int | None
    engineer_name: str
    start_s: int | None


def to_day(
    uow: UnitOfWork,
    *,
    on: date,
    order_id: int,
    to: date,
    from_s: int,
    to_s: int,
    agreed_with: str = "",
    seen: int | None = None,
) -> Moved:
    """Appoint an order of ``on`` anew for another window, on another day or later on the same one.

    It leaves the plan of the day; an engineer who had been told is told again. Where the new day has a working
    plan and room, it gets its cheapest place there. Everything happens or nothing. Cannot be undone by a key: the
    customer was told. Raises NotOnThisDay, VisitRuns, Overtaken, PastDay, WindowPast, BadWindow.
    """
    day, now = changes.begin(uow, on)
    task = changes.movable(now, order_id)
    changes.check_seen(uow, now, order_id, seen)
    keeping.set_pin(uow, order_id, None)
    keeping.write(uow, day, now, now.without(task), TO_DAY, [order_id])
    if orders.get(uow, order_id).status in TOLD:
        publishing.take_back(uow, order_id=order_id, reason="replanned")
    appointments.appoint(uow, order_id=order_id, on=to, from_s=from_s, to_s=to_s, agreed_with=agreed_with)
    there = uow.session.get(ScheduleDay, to)
    if there is None or there.working_plan_id is None:
        return Moved(order_id, to, None, "", None)
    found = board.places(sheet.load(uow, to), [order_id])
    if not found or found[0].engineer_id is None or found[0].start_s is None:
        return Moved(order_id, to, None, "", None)
    engineer_id, start_s = found[0].engineer_id, found[0].start_s
    changes.move(uow, on=to, order_id=order_id, engineer_id=engineer_id, start_s=start_s)
    return Moved(order_id, to, engineer_id, found[0].engineer_name, start_s)
