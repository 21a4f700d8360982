"""Changes to people, engineers and vehicles."""

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import select

from backend.core.errors import DomainError, Invalid, Missing, NotFound
from backend.core.uow import UnitOfWork
from backend.staff import auth
from backend.staff.models import (
    Absence,
    DeviceToken,
    Engineer,
    EngineerSkill,
    Person,
    PersonRole,
    Shift,
    Vehicle,
    VehicleDay,
)
from backend.staff.policy import require
from backend.staff.roles import ROLES


class LoginTaken(DomainError):
    """Somebody has that user name already."""

    code = "login_taken"
    kind = "conflict"
    zh = "用户名「{login}」已经有人用了，请换一个"
    en = "The user name “{login}” is taken; choose another"


class OwnAccount(DomainError):
    """An administrator may not lock himself out."""

    code = "own_account"
    kind = "conflict"
    zh = "不能停用自己的账号"
    en = "You cannot disable your own account"


class VehicleTaken(DomainError):
    """Somebody else has the vehicle on that day."""

    code = "vehicle_taken"
    kind = "conflict"
    zh = "{plate} 在 {on} 已经给了{name}，要换人请先收回"
    en = "{plate} was given to {name} for {on}; take it back first"


class HasVehicle(DomainError):
    """One person goes with one vehicle on a day."""

    code = "has_vehicle"
    kind = "conflict"
    zh = "{name}在 {on} 已经有 {plate} 了，要换车请先收回"
    en = "{name} has {plate} on {on} already; take it back first"


class OwnRole(DomainError):
    """An administrator may not take the role from himself: somebody must be able to give it back."""

    code = "own_role"
    kind = "conflict"
    zh = "不能去掉自己的系统管理员角色，请另一位管理员来做"
    en = "You cannot take the administrator's role from yourself; ask another administrator"


def add_person(
    uow: UnitOfWork,
    *,
    login: str,
    name: str,
    password: str,
    roles: Iterable[str],
    phone: str | None = None,
    division: str | None = None,
    password_hash: str | None = None,
) -> int:
    """Create an account; returns the person's id. Raises LoginTaken, Missing, Invalid, WeakPassword.

    ``password_hash`` is used as it is where the caller gives many accounts one password.
    """
    require(uow.actor, "people.manage")
    login, name, wanted = login.strip().lower(), name.strip(), sorted(set(roles))
    if not login:
        raise Missing(field={"zh": "用户名", "en": "the user name"})
    if not name:
        raise Missing(field={"zh": "姓名", "en": "the name"})
    if not wanted:
        raise Missing(field={"zh": "角色", "en": "a role"})
    _check_roles(wanted)
    if uow.session.scalar(select(Person.id).where(Person.login == login)) is not None:
        raise LoginTaken(login=login)
    person = Person(
        login=login,
        name=name,
        phone=phone,
        division=division,
        password_hash=password_hash or auth.hash_password(password),
        lang="zh",
        created_at=uow.now,
        roles=[PersonRole(role=role) for role in wanted],
    )
    uow.session.add(person)
    uow.flush()
    uow.audit("person", person.id, "added", after={"login": login, "name": name, "roles": wanted})
    return person.id


def set_disabled(uow: UnitOfWork, *, person_id: int, disabled: bool) -> None:
    """Close an account and end its sessions and phones, or open it again. Safe to repeat."""
    require(uow.actor, "people.manage")
    if disabled and person_id == uow.actor.person_id:
        raise OwnAccount()
    person = _person(uow, person_id)
    if (person.disabled_at is not None) == disabled:
        return
    person.disabled_at = uow.now if disabled else None
    if disabled:
        auth.end_everything(uow, person_id)
    uow.audit("person", person_id, "disabled" if disabled else "enabled")


def set_password(uow: UnitOfWork, *, person_id: int, password: str) -> None:
    """Give a new password; every session and phone of the person ends."""
    require(uow.actor, "people.manage")
    person = _person(uow, person_id)
    person.password_hash = auth.hash_password(password)
    auth.end_everything(uow, person_id)
    uow.audit("person", person_id, "password_set")


def set_roles(uow: UnitOfWork, *, person_id: int, roles: Iterable[str], division: str | None = None) -> None:
    """Give a person other roles, and the division of a sales person. They hold from the next click on.

    Safe to repeat. Raises Missing, Invalid, NotFound, and OwnRole for one's own role of administrator.
    """
    require(uow.actor, "people.manage")
    person, wanted = _person(uow, person_id), sorted(set(roles))
    if not wanted:
        raise Missing(field={"zh": "角色", "en": "a role"})
    _check_roles(wanted)
    if person_id == uow.actor.person_id and "admin" not in wanted:
        raise OwnRole()
    before = {"roles": sorted(role.role for role in person.roles), "division": person.division}
    after = {"roles": wanted, "division": division or None}
    if before == after:
        return
    held = {role.role: role for role in person.roles}
    for role in held.keys() - set(wanted):
        person.roles.remove(held[role])
    person.roles.extend(PersonRole(role=role) for role in wanted if role not in held)
    person.division = division or None
    uow.flush()
    uow.audit("person", person_id, "roles_set", before=before, after=after)


def end_log_ins(uow: UnitOfWork, *, person_id: int) -> None:
    """Log a person out of every browser and phone, such as after a phone was lost. Safe to repeat."""
    require(uow.actor, "people.manage")
    _person(uow, person_id)
    auth.end_everything(uow, person_id)
    uow.audit("person", person_id, "logged_out_everywhere")


def set_language(uow: UnitOfWork, *, lang: str) -> None:
    """Remember the language that the acting person chose."""
    if uow.actor.person_id is not None and lang in ("zh", "en"):
        _person(uow, uow.actor.person_id).lang = lang


def make_engineer(
    uow: UnitOfWork,
    *,
    person_id: int,
    code: str,
    home_address: str,
    home_lat: float,
    home_lon: float,
    mode: str,
    skills: dict[str, int],
    shifts: dict[int, tuple[int, int]],
    max_visits: int = 9,
) -> None:
    """Give a person what the schedule needs: home, skills by level, shifts by weekday in seconds."""
    require(uow.actor, "people.manage")
    uow.session.add(
        Engineer(
            person_id=person_id,
            code=code,
            home_address=home_address,
            home_lat=home_lat,
            home_lon=home_lon,
            mode=mode,
            max_visits=max_visits,
            skills=[EngineerSkill(skill=skill, level=level) for skill, level in sorted(skills.items())],
            shifts=[
                Shift(weekday=day, start_s=start, end_s=end) for day, (start, end) in sorted(shifts.items())
            ],
        )
    )
    uow.flush()
    uow.audit("engineer", person_id, "added", after={"code": code, "skills": skills, "mode": mode})


def add_absence(
    uow: UnitOfWork, *, person_id: int, first_on: date, last_on: date, kind: str, note: str = ""
) -> None:
    """An engineer is away on whole days, both included."""
    require(uow.actor, "dispatch.manage")
    if last_on < first_on:
        raise Invalid(
            field={"zh": "结束日期", "en": "The last day"},
            value=str(last_on),
            expected={"zh": "不能早于开始日期", "en": "it must not lie before the first day"},
        )
    uow.session.add(Absence(person_id=person_id, first_on=first_on, last_on=last_on, kind=kind, note=note))
    uow.audit(
        "engineer",
        person_id,
        "absence_added",
        after={"from": str(first_on), "to": str(last_on), "kind": kind},
    )


def end_absence(uow: UnitOfWork, *, person_id: int, on: date) -> None:
    """An engineer is back from ``on``; what of his absences lies before stays. Nothing happens where he is not away."""
    require(uow.actor, "dispatch.manage")
    query = select(Absence).where(
        Absence.person_id == person_id, Absence.first_on <= on, Absence.last_on >= on
    )
    for absence in uow.session.scalars(query):
        before = {"from": str(absence.first_on), "to": str(absence.last_on), "kind": absence.kind}
        if absence.first_on == on:
            uow.session.delete(absence)
        else:
            absence.last_on = on - timedelta(days=1)
        uow.audit("engineer", person_id, "absence_ended", before=before, after={"back_on": str(on)})


def add_vehicle(uow: UnitOfWork, *, plate: str, name: str, kind: str) -> int:
    """A company car or another way of travel; returns its id."""
    require(uow.actor, "dispatch.manage")
    vehicle = Vehicle(plate=plate, name=name, kind=kind)
    uow.session.add(vehicle)
    uow.flush()
    uow.audit("vehicle", vehicle.id, "added", after={"plate": plate, "kind": kind})
    return vehicle.id


def give_vehicle(uow: UnitOfWork, *, vehicle_id: int, person_id: int, on: date) -> None:
    """Give a vehicle to an engineer for a day. Safe to repeat. Raises VehicleTaken, HasVehicle, NotFound."""
    require(uow.actor, "dispatch.manage")
    uow.lock(f"vehicles:{on}")
    vehicle, person = _vehicle(uow, vehicle_id), _person(uow, person_id)
    if uow.session.get(Engineer, person_id) is None:
        raise NotFound(what={"zh": "这位工程师", "en": "That engineer"})
    given = uow.session.get(VehicleDay, (vehicle_id, on))
    if given is not None and given.person_id == person_id:
        return
    if given is not None:
        raise VehicleTaken(plate=vehicle.plate, on=on, name=_person(uow, given.person_id).name)
    other = select(VehicleDay).where(VehicleDay.on == on, VehicleDay.person_id == person_id)
    has = uow.session.scalars(other).one_or_none()
    if has is not None:
        raise HasVehicle(name=person.name, on=on, plate=_vehicle(uow, has.vehicle_id).plate)
    uow.session.add(VehicleDay(vehicle_id=vehicle_id, on=on, person_id=person_id))
    uow.audit("vehicle", vehicle_id, "given", after={"on": str(on), "person_id": person_id})


def take_back_vehicle(uow: UnitOfWork, *, vehicle_id: int, on: date) -> None:
    """Nobody has the vehicle on that day any more. Safe to repeat."""
    require(uow.actor, "dispatch.manage")
    given = uow.session.get(VehicleDay, (vehicle_id, on))
    if given is not None:
        uow.session.delete(given)
        uow.audit("vehicle", vehicle_id, "taken_back", before={"on": str(on), "person_id": given.person_id})


def set_fcm_token(uow: UnitOfWork, *, device_id: int, fcm_token: str) -> None:
    """Note under which token the push service knows this phone; another log-in of the same phone loses it."""
    device = uow.session.get(DeviceToken, device_id)
    if device is None or device.revoked_at is not None or device.person_id != uow.actor.person_id:
        raise NotFound(what={"zh": "这部手机", "en": "That phone"})
    others = select(DeviceToken).where(DeviceToken.fcm_token == fcm_token, DeviceToken.id != device_id)
    for other in uow.session.scalars(others):
        other.fcm_token = None
    device.fcm_token = fcm_token


def forget_fcm_token(uow: UnitOfWork, device_id: int) -> None:
    """The push service no longer knows the phone; it stays logged in."""
    device = uow.session.get(DeviceToken, device_id)
    if device is not None:
        device.fcm_token = None


def _vehicle(uow: UnitOfWork, vehicle_id: int) -> Vehicle:
    vehicle = uow.session.get(Vehicle, vehicle_id)
    if vehicle is None:
        raise NotFound(what={"zh": "这辆车", "en": "That vehicle"})
    return vehicle


def _person(uow: UnitOfWork, person_id: int) -> Person:
    person = uow.session.get(Person, person_id)
    if person is None:
        raise NotFound(what={"zh": "这个人", "en": "That person"})
    return person


def _check_roles(roles: list[str]) -> None:
    for role in roles:
        if role not in ROLES:
            raise Invalid(
                field={"zh": "角色", "en": "Role"},
                value=role,
                expected={"zh": "可用的有 " + "、".join(ROLES), "en": "one of " + ", ".join(ROLES)},
            )
