"""Who else has the board of a day open, and what is selected there."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from backend.core.uow import UnitOfWork
from backend.dispatch.models import BoardPresence
from backend.orders import queries as orders
from backend.staff import queries as staff
from backend.staff.policy import require

ALIVE_S = 45
"""A page says every 20 seconds that it is there."""


@dataclass(frozen=True)
class Looker:
    """Another person at the board."""

    name: str
    order_id: int | None


def look(uow: UnitOfWork, *, on: date, order_id: int | None) -> None:
    """Say that this person looks at a day, with this order selected. No trace is kept of it. Raises NotFound."""
    require(uow.actor, "dispatch.read")
    if uow.actor.person_id is None:
        return
    if order_id is not None:
        orders.get(uow, order_id)
    row = uow.session.get(BoardPresence, uow.actor.person_id)
    if row is None:
        row = BoardPresence(person_id=uow.actor.person_id)
        uow.session.add(row)
    row.on, row.order_id, row.at = on, order_id, uow.now


def others(uow: UnitOfWork, on: date) -> list[Looker]:
    """Everybody else who looks at the day just now, by name."""
    return [one for person_id, one in everybody(uow, on) if person_id != uow.actor.person_id]


def everybody(uow: UnitOfWork, on: date) -> list[tuple[int, Looker]]:
    """Person id and look of everybody who looks at the day just now, by name."""
    query = select(BoardPresence.person_id, BoardPresence.order_id).where(
        BoardPresence.on == on, BoardPresence.at > uow.now - timedelta(seconds=ALIVE_S)
    )
    rows = uow.session.execute(query).all()
    names = staff.names(uow) if rows else {}
    found = [(row.person_id, Looker(names.get(row.person_id, ""), row.order_id)) for row in rows]
    return sorted(found, key=lambda one: one[1].name)
