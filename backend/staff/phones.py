"""Phones as the department looks after them: which are logged in, which were lost, what seals the data on them."""

import base64
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from backend.core.errors import DomainError, NotFound
from backend.core.uow import UnitOfWork
from backend.staff import auth, queries
from backend.staff.models import DeviceToken, Person
from backend.staff.policy import require

KEY_BYTES = 32
WHAT = {"zh": "这部手机", "en": "That phone"}


class PhoneLost(DomainError):
    """The phone was reported lost: it gets nothing, whoever logs in on it."""

    code = "phone_lost"
    kind = "login"
    zh = "这部手机报了丢失，已经锁上。手机找到了请找技术助理恢复，没发出去的还在"
    en = "This phone was reported lost and is locked. If it was found, ask the assistant; what was not sent is still here"


@dataclass(frozen=True)
class Opened:
    """The token of a phone and the key that seals what lies on it (base64, 256 bits), both shown once."""

    token: str
    storage_key: str


@dataclass(frozen=True)
class DepartmentPhone:
    """A phone that is logged in, or was lost."""

    id: int
    person_id: int
    person: str
    name: str
    created_at: datetime
    seen_at: datetime
    lost_at: datetime | None
    locked_at: datetime | None


def log_in(uow: UnitOfWork, person_id: int, *, name: str, phone_uuid: str | None) -> Opened:
    """Register a phone. The same person on the same phone gets the same key again. Raises PhoneLost."""
    before = [] if phone_uuid is None else _same(uow, person_id, phone_uuid)
    if any(one.lost_at is not None for one in before):
        raise PhoneLost()
    known = next((one.storage_key for one in reversed(before) if one.storage_key), "")
    key = known or base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    token = auth.open_device(uow, person_id, name=name)
    uow.flush()
    device = uow.session.scalars(
        select(DeviceToken).where(DeviceToken.token_hash == auth.digest(token))
    ).one()
    device.phone_uuid, device.storage_key = phone_uuid, key
    return Opened(token, key)


def listing(uow: UnitOfWork) -> list[DepartmentPhone]:
    """The phones that are logged in or lost, lost ones first, then by name; each phone of a person once."""
    require(uow.actor, "phones.manage")
    names = queries.names(uow)
    query = select(DeviceToken).where(or_(DeviceToken.revoked_at.is_(None), DeviceToken.lost_at.is_not(None)))
    newest: dict[tuple[int, str], DeviceToken] = {}
    for device in uow.session.scalars(query.order_by(DeviceToken.id)):
        newest[device.person_id, device.phone_uuid or str(device.id)] = device
    rows = [
        DepartmentPhone(
            device.id,
            device.person_id,
            names.get(device.person_id, "—"),
            device.name,
            device.created_at,
            device.seen_at,
            device.lost_at,
            device.locked_at,
        )
        for device in newest.values()
    ]
    return sorted(rows, key=lambda row: (row.lost_at is None, row.person, row.id))


def report_lost(uow: UnitOfWork, *, device_id: int) -> None:
    """Log a lost phone out for good; it locks itself at its next contact. Safe to repeat. Raises NotFound."""
    device = _device(uow, device_id)
    if device.lost_at is not None:
        return
    for one in _group(uow, device):
        auth.revoke_device(uow, one.id)
        one.lost_at, one.locked_at = uow.now, None
    uow.audit("person", device.person_id, "phone_lost", after={"device_id": device.id, "name": device.name})


def report_found(uow: UnitOfWork, *, device_id: int) -> None:
    """The phone is back: its owner may log in on it again. Safe to repeat. Raises NotFound."""
    device = _device(uow, device_id)
    if device.lost_at is None:
        return
    for one in _group(uow, device):
        one.lost_at = one.locked_at = None
    uow.audit("person", device.person_id, "phone_found", after={"device_id": device.id, "name": device.name})


def lost_id(uow: UnitOfWork, token: str) -> tuple[int, bool] | None:
    """The id of the lost phone behind a token, and whether it was locked before; None for any other token."""
    query = select(DeviceToken.id, DeviceToken.locked_at).where(
        DeviceToken.token_hash == auth.digest(token), DeviceToken.lost_at.is_not(None)
    )
    row = uow.session.execute(query).one_or_none()
    return None if row is None else (row[0], row[1] is not None)


def note_locked(uow: UnitOfWork, *, device_id: int) -> None:
    """The lost phone made contact and was told to lock itself."""
    device = uow.session.get_one(DeviceToken, device_id)
    if device.locked_at is None:
        device.locked_at = uow.now
        uow.audit("person", device.person_id, "phone_locked", after={"device_id": device.id})


def logged_in(uow: UnitOfWork, device_ids: Collection[int]) -> set[int]:
    """Those of the phones that are still logged in, of people whose account is open."""
    query = select(DeviceToken.id).join(Person, Person.id == DeviceToken.person_id)
    living = DeviceToken.revoked_at.is_(None), Person.disabled_at.is_(None)
    return set(uow.session.scalars(query.where(DeviceToken.id.in_(device_ids), *living)))


def _device(uow: UnitOfWork, device_id: int) -> DeviceToken:
    require(uow.actor, "phones.manage")
    device = uow.session.get(DeviceToken, device_id)
    if device is None:
        raise NotFound(what=WHAT)
    return device


def _group(uow: UnitOfWork, device: DeviceToken) -> list[DeviceToken]:
    return [device] if device.phone_uuid is None else _same(uow, device.person_id, device.phone_uuid)


def _same(uow: UnitOfWork, person_id: int, phone_uuid: str) -> list[DeviceToken]:
    query = select(DeviceToken).where(
        DeviceToken.person_id == person_id, DeviceToken.phone_uuid == phone_uuid
    )
    return list(uow.session.scalars(query.order_by(DeviceToken.id)))
