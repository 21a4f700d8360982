"""Vehicles over days: who has which, for several days at once; vehicles that come and go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from backend.core.errors import DomainError, Invalid, Missing, NotFound
from backend.core.states import Label
from backend.core.uow import UnitOfWork
from backend.staff import actions
from backend.staff.models import Person, Vehicle, VehicleDay
from backend.staff.policy import require

KINDS = {
    "car": Label("公司车", "Company car"),
    "ebike": Label("电动车", "E-bike"),
    "metro_card": Label("交通卡", "Travel card"),
}
"""What is given out. With a car, an e-bike or a travel card one goes by car, e-bike or metro."""


class PlateTaken(DomainError):
    """Another vehicle has that plate or number."""

    code = "plate_taken"
    kind = "conflict"
    zh = "「{plate}」已经有了，请看看是不是停用的那一辆"
    en = "“{plate}” exists already; perhaps it is the one that was put out of use"


@dataclass(frozen=True)
class FleetRow:
    """A vehicle with whom it is given to, by day: person id and name."""

    id: int
    plate: str
    name: str
    kind: str
    active: bool
    given: dict[date, tuple[int, str]]


def fleet(uow: UnitOfWork, days: Sequence[date], *, retired: bool = False) -> list[FleetRow]:
    """The vehicles and who has them on those days; those out of use only where asked for."""
    given: dict[int, dict[date, tuple[int, str]]] = {}
    query = select(VehicleDay, Person.name).join(Person, Person.id == VehicleDay.person_id)
    for one, name in uow.session.execute(query.where(VehicleDay.on.in_(list(days)))):
        given.setdefault(one.vehicle_id, {})[one.on] = (one.person_id, name)
    vehicles = select(Vehicle).order_by(Vehicle.kind, Vehicle.id)
    if not retired:
        vehicles = vehicles.where(Vehicle.active.is_(True))
    return [
        FleetRow(one.id, one.plate, one.name, one.kind, one.active, given.get(one.id, {}))
        for one in uow.session.scalars(vehicles)
    ]


def add(uow: UnitOfWork, *, plate: str, name: str, kind: str) -> int:
    """A new vehicle; returns its id. Raises Missing, Invalid, PlateTaken."""
    require(uow.actor, "dispatch.manage")
    plate, name = plate.strip().upper()[:20], name.strip()[:60]
    if not plate:
        raise Missing(field={"zh": "车牌或编号", "en": "the plate or number"})
    if kind not in KINDS:
        raise Invalid(
            field={"zh": "种类", "en": "The kind"},
            value=kind[:20],
            expected={"zh": "请从列出的里选", "en": "choose one of those shown"},
        )
    if uow.session.scalar(select(Vehicle.id).where(Vehicle.plate == plate)) is not None:
        raise PlateTaken(plate=plate)
    return actions.add_vehicle(uow, plate=plate, name=name or plate, kind=kind)


def set_active(uow: UnitOfWork, *, vehicle_id: int, active: bool) -> None:
    """Put a vehicle out of use, or back; what it did stays. Safe to repeat. Raises NotFound."""
    require(uow.actor, "dispatch.manage")
    vehicle = uow.session.get(Vehicle, vehicle_id)
    if vehicle is None:
        raise NotFound(what={"zh": "这辆车", "en": "That vehicle"})
    if vehicle.active != active:
        vehicle.active = active
        uow.audit("vehicle", vehicle_id, "back_in_use" if active else "out_of_use")


def give(uow: UnitOfWork, *, vehicle_id: int, person_id: int, days: Sequence[date]) -> int:
    """Give a vehicle for several days, all or none; returns how many. Raises what `give_vehicle` raises."""
    for on in days:
        actions.give_vehicle(uow, vehicle_id=vehicle_id, person_id=person_id, on=on)
    return len(days)
