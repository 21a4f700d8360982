"""Reads of people, engineers and vehicles."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from backend.core.errors import NotFound
from backend.core.paging import Page, chosen, page_by_id
from backend.core.uow import Actor, UnitOfWork
from backend.staff import plates
from backend.staff.auth import actor_of
from backend.staff.models import (
    Absence,
    DeviceToken,
    Engineer,
    Person,
    PersonRole,
    Standby,
    Vehicle,
    VehicleDay,
)


@dataclass(frozen=True)
class PersonRow:
    """A person without his secrets."""

    id: int
    login: str
    name: str
    phone: str | None
    division: str | None
    roles: tuple[str, ...]
    disabled_at: datetime | None
    created_at: datetime
    lang: str


@dataclass(frozen=True)
class EngineerDay:
    """An engineer who works on a day; times are seconds since Beijing's midnight, positions WGS-84."""

    person_id: int
    code: str
    name: str
    phone: str | None
    home_lat: float
    home_lon: float
    home_address: str
    mode: str
    shift_start_s: int
    shift_end_s: int
    lunch_from_s: int
    lunch_to_s: int
    lunch_s: int
    max_visits: int
    max_overtime_s: int
    hourly_fen: int
    skills: tuple[str, ...]
    plate: str | None
    barred: bool = False
    """The plate of his car stays out of the city that day: he goes by metro."""
    standby: bool = False
    has_shift: bool = True
    """False for one who only stands by that day, at his usual hours."""


@dataclass(frozen=True)
class DeviceRow:
    """A phone that is logged in."""

    id: int
    person_id: int
    name: str
    fcm_token: str | None
    seen_at: datetime


@dataclass(frozen=True)
class VehicleRow:
    """A vehicle and who has it on the day asked for."""

    id: int
    plate: str
    name: str
    kind: str
    person_id: int | None


def people(
    uow: UnitOfWork,
    *,
    text: str = "",
    role: str = "",
    sort: str = "",
    cursor: str | None = None,
    size: int = 50,
) -> Page[PersonRow]:
    """People, the oldest account first or by one of `SORTS`; by a part of name or user name and by role."""
    query = select(Person)
    if text:
        query = query.where(
            Person.name.contains(text, autoescape=True) | Person.login.contains(text, autoescape=True)
        )
    if role:
        query = query.where(Person.id.in_(select(PersonRole.person_id).where(PersonRole.role == role)))
    by = chosen(SORTS, sort)
    return page_by_id(
        uow, query, Person.id, _person_row, cursor=cursor, size=size, newest_first=False, sort=by
    )


SORTS = {"name": Person.name, "login": Person.login}
"""What people can be sorted by."""


def people_with_role(uow: UnitOfWork, role: str) -> list[PersonRow]:
    """Everyone who holds a role and can log in."""
    query = select(Person).join(PersonRole).where(PersonRole.role == role, Person.disabled_at.is_(None))
    return [_person_row(person) for person in uow.session.scalars(query.order_by(Person.id))]


def person(uow: UnitOfWork, person_id: int) -> PersonRow:
    """One person. Raises NotFound."""
    found = uow.session.get(Person, person_id)
    if found is None:
        raise NotFound(what={"zh": "这个人", "en": "That person"})
    return _person_row(found)


def by_login(uow: UnitOfWork, login: str) -> PersonRow | None:
    """The person with that user name, or None."""
    found = uow.session.scalars(select(Person).where(Person.login == login.strip().lower())).one_or_none()
    return _person_row(found) if found else None


def actor(uow: UnitOfWork, person_id: int, via: str) -> Actor:
    """The actor that a person is, for work done in his name."""
    return actor_of(uow.session.get_one(Person, person_id), via)


def names(uow: UnitOfWork) -> dict[int, str]:
    """Names of all people by id."""
    return {row.id: row.name for row in uow.session.execute(select(Person.id, Person.name))}


def names_of(uow: UnitOfWork, ids: Iterable[int]) -> dict[int, str]:
    """Names of some people by id."""
    query = select(Person.id, Person.name).where(Person.id.in_(set(ids)))
    return {row.id: row.name for row in uow.session.execute(query)}


def engineer_names(uow: UnitOfWork) -> dict[int, str]:
    """Names of all engineers by id."""
    query = select(Person.id, Person.name).join(Engineer, Engineer.person_id == Person.id).order_by(Person.id)
    return {row.id: row.name for row in uow.session.execute(query)}


VEHICLE_MODES = {"car": "car", "ebike": "ebike", "metro_card": "metro"}
"""How one goes with a vehicle of that kind."""


USUAL_S = (9 * 3600, 18 * 3600)


def engineers_on(uow: UnitOfWork, day: date, *, standby: bool = False) -> list[EngineerDay]:
    """The engineers who work on a day: active, with a shift on that weekday, not absent.

    One who was given a vehicle for the day travels by it; a car whose plate stays out that day leaves him the metro.
    With ``standby`` also those who have no shift, but can be called in.
    """
    standing = set(uow.session.scalars(select(Standby.person_id).where(Standby.on == day)))
    periods = plates.limits(uow)
    away = set(
        uow.session.scalars(
            select(Absence.person_id).where(Absence.first_on <= day, Absence.last_on >= day)
        ).all()
    )
    given = (
        select(VehicleDay.person_id, Vehicle.plate, Vehicle.kind).join(Vehicle).where(VehicleDay.on == day)
    )
    vehicles = {row.person_id: row for row in uow.session.execute(given)}
    query = select(Engineer).where(Engineer.active.is_(True)).order_by(Engineer.person_id)
    rows = []
    for engineer in uow.session.scalars(query).unique():
        shift = next((shift for shift in engineer.shifts if shift.weekday == day.weekday()), None)
        stands_by = engineer.person_id in standing
        if engineer.person_id in away or engineer.person.disabled_at is not None:
            continue
        if shift is None and not (standby and stands_by):
            continue
        vehicle = vehicles.get(engineer.person_id)
        mode = VEHICLE_MODES.get(vehicle.kind, engineer.mode) if vehicle is not None else engineer.mode
        barred = (
            vehicle is not None
            and vehicle.kind == "car"
            and plates.limited(periods, vehicle.plate, day) is not None
        )
        rows.append(
            EngineerDay(
                person_id=engineer.person_id,
                code=engineer.code,
                name=engineer.person.name,
                phone=engineer.person.phone,
                home_lat=engineer.home_lat,
                home_lon=engineer.home_lon,
                home_address=engineer.home_address,
                mode=VEHICLE_MODES["metro_card"] if barred else mode,
                shift_start_s=shift.start_s if shift is not None else _usual(engineer)[0],
                shift_end_s=shift.end_s if shift is not None else _usual(engineer)[1],
                lunch_from_s=engineer.lunch_from_s,
                lunch_to_s=engineer.lunch_to_s,
                lunch_s=engineer.lunch_s,
                max_visits=engineer.max_visits,
                max_overtime_s=engineer.max_overtime_s,
                hourly_fen=engineer.hourly_fen,
                skills=tuple(skill.skill for skill in engineer.skills),
                plate=vehicle.plate if vehicle is not None else None,
                barred=barred,
                standby=stands_by,
                has_shift=shift is not None,
            )
        )
    return rows


def _usual(engineer: Engineer) -> tuple[int, int]:
    if not engineer.shifts:
        return USUAL_S
    return min(one.start_s for one in engineer.shifts), max(one.end_s for one in engineer.shifts)


def absences_on(uow: UnitOfWork, day: date) -> dict[int, tuple[str, str]]:
    """Who is away on a day: name and kind of the absence by person id."""
    query = (
        select(Absence.person_id, Person.name, Absence.kind)
        .join(Person, Person.id == Absence.person_id)
        .where(Absence.first_on <= day, Absence.last_on >= day)
        .order_by(Absence.person_id, Absence.id)
    )
    return {row.person_id: (row.name, row.kind) for row in uow.session.execute(query)}


def home_address(uow: UnitOfWork, engineer_id: int) -> str:
    """Where an engineer's day begins."""
    return uow.session.scalar(select(Engineer.home_address).where(Engineer.person_id == engineer_id)) or ""


def device_names(uow: UnitOfWork, ids: Iterable[int | None]) -> dict[int, str]:
    """What some phones are called by themselves, those that were logged out too, by id."""
    query = select(DeviceToken.id, DeviceToken.name).where(DeviceToken.id.in_({id_ for id_ in ids if id_}))
    return {row.id: row.name for row in uow.session.execute(query)}


def active_devices(uow: UnitOfWork, person_id: int) -> list[DeviceRow]:
    """The phones of a person that are logged in."""
    query = select(DeviceToken).where(DeviceToken.person_id == person_id, DeviceToken.revoked_at.is_(None))
    return [
        DeviceRow(device.id, device.person_id, device.name, device.fcm_token, device.seen_at)
        for device in uow.session.scalars(query.order_by(DeviceToken.id))
    ]


def vehicles(uow: UnitOfWork, day: date) -> list[VehicleRow]:
    """All active vehicles and who has them on a day."""
    query = (
        select(Vehicle, VehicleDay.person_id)
        .outerjoin(VehicleDay, (VehicleDay.vehicle_id == Vehicle.id) & (VehicleDay.on == day))
        .where(Vehicle.active.is_(True))
        .order_by(Vehicle.id)
    )
    return [
        VehicleRow(v.id, v.plate, v.name, v.kind, person_id) for v, person_id in uow.session.execute(query)
    ]


def _person_row(person: Person) -> PersonRow:
    return PersonRow(
        person.id,
        person.login,
        person.name,
        person.phone,
        person.division,
        tuple(sorted(role.role for role in person.roles)),
        person.disabled_at,
        person.created_at,
        person.lang,
    )
