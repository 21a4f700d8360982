"""A window is held while its customer is on the telephone: others see it, nobody can take it, it ends by itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Select, func, select

from backend.appointments.models import WindowHold
from backend.appointments.policy import check_window
from backend.core.errors import DomainError
from backend.core.uow import UnitOfWork
from backend.orders import queries as orders
from backend.orders.states import SERVICE_ORDER
from backend.staff import queries as staff
from backend.staff.policy import require

HOLD_S = 10 * 60
"""A call in which a window was named ends within ten minutes, with a yes or without."""


class HeldByOther(DomainError):
    """Somebody else is on the telephone with the same customer."""

    code = "held_by_other"
    kind = "conflict"
    zh = "{name}正在和{customer}约时间（占着 {window}，还有 {minutes} 分钟）。请先问一下"
    en = "{name} is agreeing a time with {customer} ({window} is held for {minutes} more min); ask first"


@dataclass(frozen=True)
class HoldRow:
    """A window that is kept for an order until ``expires_at``."""

    id: int
    order_id: int
    on: date
    from_s: int
    to_s: int
    held_by: int | None
    held_by_name: str
    held_at: datetime
    expires_at: datetime


def hold(uow: UnitOfWork, *, order_id: int, on: date, from_s: int, to_s: int) -> HoldRow:
    """Keep a window for an order for ten minutes; an earlier one of the same person is given up for it.

    The same window again goes on for ten minutes more. Whether an engineer has room is the caller's
    question (`backend.dispatch.booking`). Raises HeldByOther, WrongState, BadWindow, WindowPast, NotFound.
    """
    require(uow.actor, "appointments.manage")
    check_window(uow.now, on, from_s, to_s)
    order = orders.get(uow, order_id)
    SERVICE_ORDER.target(order.status, "appoint", uow.actor)
    uow.lock(f"hold:{order_id}")
    before = _running(uow, order_id)
    if before is not None and before.expires_at > uow.now:
        _refuse_stranger(uow, before, order.short_name)
        if (before.on, before.from_s, before.to_s) == (on, from_s, to_s):
            before.expires_at = uow.now + timedelta(seconds=HOLD_S)
            return _rows(uow, [before])[0]
    if before is not None:
        _end(uow, before, "replaced" if before.expires_at > uow.now else "expired")
    kept = WindowHold(
        service_order_id=order_id,
        on=on,
        from_s=from_s,
        to_s=to_s,
        held_at=uow.now,
        held_by=uow.actor.person_id,
        expires_at=uow.now + timedelta(seconds=HOLD_S),
    )
    uow.session.add(kept)
    uow.flush()
    after = {"on": on.isoformat(), "from_s": from_s, "to_s": to_s}
    uow.audit("service_order", order_id, "window_held", after=after)
    return _rows(uow, [kept])[0]


def release(uow: UnitOfWork, *, order_id: int) -> None:
    """Give a held window up. Safe to repeat. Raises HeldByOther."""
    require(uow.actor, "appointments.manage")
    uow.lock(f"hold:{order_id}")
    kept = _running(uow, order_id)
    if kept is None:
        return
    if kept.expires_at > uow.now:
        _refuse_stranger(uow, kept, orders.get(uow, order_id).short_name)
    _end(uow, kept, "released" if kept.expires_at > uow.now else "expired")


def settle(uow: UnitOfWork, order_id: int) -> None:
    """The order gets its window: what was held for it ends. Raises HeldByOther."""
    kept = _running(uow, order_id)
    if kept is None:
        return
    if kept.expires_at > uow.now:
        _refuse_stranger(uow, kept, orders.get(uow, order_id).short_name)
    _end(uow, kept, "agreed")


def expire(uow: UnitOfWork) -> list[HoldRow]:
    """End the holds whose time is over; returns them, so that their people can be told. Safe to repeat."""
    query = select(WindowHold).where(WindowHold.ended_at.is_(None), WindowHold.expires_at <= uow.now)
    over = list(uow.session.scalars(query.order_by(WindowHold.id).with_for_update(skip_locked=True)))
    for kept in over:
        _end(uow, kept, "expired")
    return _rows(uow, over)


def any_over(uow: UnitOfWork) -> bool:
    """True where `expire` would have something to do."""
    query = select(WindowHold.id).where(WindowHold.ended_at.is_(None), WindowHold.expires_at <= uow.now)
    return uow.session.scalar(query.limit(1)) is not None


def of_orders(uow: UnitOfWork, order_ids: Iterable[int]) -> dict[int, HoldRow]:
    """What is held now for those orders, by order id."""
    wanted = list(order_ids)
    if not wanted:
        return {}
    query = _now(uow).where(WindowHold.service_order_id.in_(wanted))
    return {row.order_id: row for row in _rows(uow, uow.session.scalars(query))}


def on_days(uow: UnitOfWork, days: Iterable[date]) -> list[HoldRow]:
    """What is held now on those days, in the order in which it was held."""
    query = _now(uow).where(WindowHold.on.in_(list(days)))
    return _rows(uow, uow.session.scalars(query.order_by(WindowHold.id)))


def newest(uow: UnitOfWork) -> tuple[int, int]:
    """A pair that changes whenever a hold begins or ends."""
    ids = select(func.max(WindowHold.id), func.count(WindowHold.id)).where(
        WindowHold.ended_at.is_(None), WindowHold.expires_at > uow.now
    )
    last, running = uow.session.execute(ids).one()
    return last or 0, running


def _now(uow: UnitOfWork) -> Select[WindowHold]:
    return select(WindowHold).where(WindowHold.ended_at.is_(None), WindowHold.expires_at > uow.now)


def _running(uow: UnitOfWork, order_id: int) -> WindowHold | None:
    query = select(WindowHold).where(WindowHold.service_order_id == order_id, WindowHold.ended_at.is_(None))
    return uow.session.scalars(query.with_for_update()).one_or_none()


def _refuse_stranger(uow: UnitOfWork, kept: WindowHold, customer: str) -> None:
    if kept.held_by != uow.actor.person_id:
        name = staff.person(uow, kept.held_by).name if kept.held_by is not None else "paidan"
        left = -(-int((kept.expires_at - uow.now).total_seconds()) // 60)
        window = f"{kept.on:%m-%d} {kept.from_s // 3600}:{kept.from_s // 60 % 60:02d}"
        raise HeldByOther(name=name, customer=customer, window=window, minutes=left)


def _end(uow: UnitOfWork, kept: WindowHold, outcome: str) -> None:
    kept.ended_at, kept.outcome = uow.now, outcome
    window = {"on": kept.on.isoformat(), "from_s": kept.from_s, "to_s": kept.to_s}
    uow.audit("service_order", kept.service_order_id, f"hold_{outcome}", before=window)
    uow.flush()


def _rows(uow: UnitOfWork, found: Iterable[WindowHold]) -> list[HoldRow]:
    kept = list(found)
    names = staff.names(uow) if kept else {}
    return [
        HoldRow(
            id=one.id,
            order_id=one.service_order_id,
            on=one.on,
            from_s=one.from_s,
            to_s=one.to_s,
            held_by=one.held_by,
            held_by_name=names.get(one.held_by or 0, "paidan"),
            held_at=one.held_at,
            expires_at=one.expires_at,
        )
        for one in kept
    ]
