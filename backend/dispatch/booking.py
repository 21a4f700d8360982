"""Holding and agreeing a window while nobody else can take the same room unseen."""

from datetime import date

from backend.appointments import actions as appointments
from backend.appointments import holds
from backend.appointments.holds import HoldRow
from backend.appointments.policy import check_window
from backend.core.errors import DomainError
from backend.core.uow import UnitOfWork
from backend.dispatch import offers
from backend.dispatch.policy import clock
from backend.staff.policy import require


class NoRoom(DomainError):
    """No engineer has room in the window, perhaps because somebody else has just taken it."""

    code = "no_room"
    kind = "conflict"
    zh = "{on} {window} 没有人排得下了{because}。请另选一个时段，或者坚持约这个时间"
    en = "Nobody has room on {on} {window}{because}. Choose another window, or insist on this one"


def hold(
    uow: UnitOfWork, *, order_id: int, on: date, from_s: int, to_s: int, insist: bool = False
) -> HoldRow:
    """Hold a window for ten minutes, if there is room besides everything agreed and held for others.

    With ``insist`` it is held without room: her word is final, and the trail keeps it. Raises NoRoom and
    what `holds.hold` raises.
    """
    require(uow.actor, "appointments.manage")
    check_window(uow.now, on, from_s, to_s)
    _room(uow, order_id, on, from_s, to_s, insist)
    return holds.hold(uow, order_id=order_id, on=on, from_s=from_s, to_s=to_s)


def agree(
    uow: UnitOfWork,
    *,
    order_id: int,
    on: date,
    from_s: int,
    to_s: int,
    agreed_with: str = "",
    note: str = "",
    insist: bool = False,
) -> int:
    """The customer said yes: the window is agreed. What this person holds is sure; other windows need room.

    Returns the appointment's id. Raises NoRoom and what `appointments.appoint` raises.
    """
    require(uow.actor, "appointments.manage")
    check_window(uow.now, on, from_s, to_s)
    held = holds.of_orders(uow, [order_id]).get(order_id)
    mine = held is not None and held.held_by == uow.actor.person_id
    if not mine or held is None or (held.on, held.from_s, held.to_s) != (on, from_s, to_s):
        _room(uow, order_id, on, from_s, to_s, insist)
    return appointments.appoint(
        uow, order_id=order_id, on=on, from_s=from_s, to_s=to_s, agreed_with=agreed_with, note=note
    )


def _room(uow: UnitOfWork, order_id: int, on: date, from_s: int, to_s: int, insist: bool) -> None:
    uow.lock(f"windows:{on}")
    found = offers.offer(uow, order_id=order_id, on=on, window=(from_s, to_s))
    if found is None or found.fits:
        return
    window = {"on": on.isoformat(), "from_s": from_s, "to_s": to_s}
    if insist:
        uow.audit("service_order", order_id, "window_insisted", after=window)
        return
    names = found.held_by
    because = {
        "zh": f"（{'、'.join(names)}正替别的客户占着）" if names else "",
        "en": f" ({', '.join(names)} holds it for another customer)" if names else "",
    }
    raise NoRoom(on=f"{on:%m-%d}", window=f"{clock(from_s)}–{clock(to_s)}", because=because)
