"""One's own account: the password, and where one is logged in."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from backend.core.errors import DomainError, NotFound
from backend.core.fields import clean
from backend.core.uow import UnitOfWork
from backend.staff import auth
from backend.staff.models import DeviceToken, LoginSession, Person


class WrongPassword(DomainError):
    """The present password, asked for before a new one is set, is not right."""

    code = "wrong_password"
    zh = "现在的密码不对，请再试一次"
    en = "The present password is not right; try again"


class SamePassword(DomainError):
    """The new password is the old one."""

    code = "same_password"
    zh = "新密码和现在的一样，请换一个"
    en = "The new password is the present one; choose another"


class BadMobile(DomainError):
    """No mobile number of mainland China: text messages go to those only."""

    code = "bad_mobile"
    zh = "「{number}」不是手机号码，要 11 位、1 开头"
    en = "“{number}” is no mobile number: eleven digits that begin with 1"


@dataclass(frozen=True)
class SessionRow:
    """A browser that is logged in."""

    id: int
    user_agent: str
    ip: str
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True)
class PhoneRow:
    """A phone that is logged in."""

    id: int
    name: str
    created_at: datetime
    seen_at: datetime


def sessions(uow: UnitOfWork, person_id: int) -> list[SessionRow]:
    """The browsers of a person that are logged in, the last used first."""
    query = select(LoginSession).where(
        LoginSession.person_id == person_id,
        LoginSession.ended_at.is_(None),
        LoginSession.expires_at > uow.now,
    )
    found = uow.session.scalars(query.order_by(LoginSession.seen_at.desc(), LoginSession.id.desc()))
    return [SessionRow(one.id, one.user_agent, one.ip, one.created_at, one.seen_at) for one in found]


def phones(uow: UnitOfWork, person_id: int) -> list[PhoneRow]:
    """The phones of a person that are logged in, the last used first."""
    query = select(DeviceToken).where(DeviceToken.person_id == person_id, DeviceToken.revoked_at.is_(None))
    found = uow.session.scalars(query.order_by(DeviceToken.seen_at.desc(), DeviceToken.id.desc()))
    return [PhoneRow(one.id, one.name, one.created_at, one.seen_at) for one in found]


def claim(uow: UnitOfWork, *, ip: str) -> auth.Claim:
    """The first of three steps to a new password, as in a log-in: `auth.verify` and `change_password` follow.

    Raises TooManyAttempts, NotFound.
    """
    return auth.claim(uow, login=_own(uow).login, ip=ip)


def change_password(
    uow: UnitOfWork, *, claim: auth.Claim, password_hash: str, session_id: int | None
) -> bool:
    """Give oneself the new password; every other browser and every phone is logged out.

    False for a wrong present password, which is counted as a failed log-in: the caller commits, then refuses
    with `WrongPassword`. Raises TooManyAttempts.
    """
    person = _own(uow)
    if auth.admit(uow, claim) != person.id:
        return False
    person.password_hash = password_hash
    auth.end_everything(uow, person.id, but_session_id=session_id)
    uow.audit("person", person.id, "password_set")
    return True


def change_mobile(uow: UnitOfWork, *, number: str) -> None:
    """The number that text messages to oneself go to; empty for none. Safe to repeat. Raises BadMobile."""
    person = _own(uow)
    digits = re.sub(r"[\s\-()]|^\+86", "", clean(number))
    if digits and not re.fullmatch(r"1[3-9][0-9]{9}", digits):
        raise BadMobile(number=number[:30])
    new = f"{digits[:3]}-{digits[3:7]}-{digits[7:]}" if digits else None
    if new != person.phone:
        uow.audit("person", person.id, "mobile_set", before={"phone": person.phone}, after={"phone": new})
        person.phone = new


def end_session(uow: UnitOfWork, session_id: int) -> None:
    """Log one of one's own browsers out. Safe to repeat. Raises NotFound for another's."""
    found = uow.session.get(LoginSession, session_id)
    if found is None or found.person_id != uow.actor.person_id:
        raise NotFound(what={"zh": "这个登录", "en": "That log-in"})
    auth.end_session(uow, session_id)


def revoke_phone(uow: UnitOfWork, device_id: int) -> None:
    """Log one of one's own phones out. Safe to repeat. Raises NotFound for another's."""
    found = uow.session.get(DeviceToken, device_id)
    if found is None or found.person_id != uow.actor.person_id:
        raise NotFound(what={"zh": "这部手机", "en": "That phone"})
    auth.revoke_device(uow, device_id)


def _own(uow: UnitOfWork) -> Person:
    found = uow.session.get(Person, uow.actor.person_id) if uow.actor.person_id is not None else None
    if found is None:
        raise NotFound(what={"zh": "您的账号", "en": "Your account"})
    return found
