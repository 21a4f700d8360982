"""Log-in: argon2 passwords, browser sessions and phone tokens, both opaque, hashed in the database, revocable."""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import delete, func, or_, select

from backend.core.errors import DomainError
from backend.core.uow import Actor, UnitOfWork
from backend.staff.models import DeviceToken, LoginAttempt, LoginSession, Person

SESSION_DAYS = 14
SEEN_EVERY = timedelta(minutes=5)
ATTEMPT_WINDOW = timedelta(minutes=15)
MOST_PER_LOGIN = 8
MOST_PER_IP = 60
SHORTEST_PASSWORD = 8

# OWASP's parameters for argon2id (Password Storage Cheat Sheet): 19 MiB, two passes, one lane, so that a
# morning's log-ins of a whole department take neither its processors nor its memory.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


class WrongLogin(DomainError):
    """The name or the password is wrong; which of them is not said."""

    code = "wrong_login"
    kind = "login"
    zh = "用户名或密码不对，请再试一次。忘了密码请找系统管理员"
    en = "The user name or the password is wrong. If you forgot it, ask the administrator"


class TooManyAttempts(DomainError):
    """Too many failures in a short time."""

    code = "too_many_attempts"
    kind = "throttled"
    zh = "试错太多次了，请 {minutes} 分钟后再试"
    en = "Too many failed attempts; try again in {minutes} minutes"


class WeakPassword(DomainError):
    """The password is too short."""

    code = "weak_password"
    zh = "密码至少要 {least} 个字符"
    en = "A password needs at least {least} characters"


@dataclass(frozen=True)
class Identity:
    """Who is behind a token, and when it was last written down that he was there."""

    actor: Actor
    lang: str
    seen_at: datetime
    session_id: int | None = None
    device_id: int | None = None


def hash_password(password: str) -> str:
    """The argon2 hash of a password. Raises WeakPassword."""
    if len(password) < SHORTEST_PASSWORD:
        raise WeakPassword(least=SHORTEST_PASSWORD)
    return _hasher.hash(password)


@dataclass(frozen=True)
class Claim:
    """Someone at an address says that he is a person of that name; nobody of it has ``person_id`` None."""

    login: str
    ip: str
    person_id: int | None
    password_hash: str
    good: bool = False
    new_hash: str | None = None


def claim(uow: UnitOfWork, *, login: str, ip: str) -> Claim:
    """The first of three steps of a log-in: who is meant. Raises TooManyAttempts."""
    login = login.strip().lower()[:60]
    _throttle(uow, login, ip)
    person = uow.session.scalars(select(Person).where(Person.login == login)).one_or_none()
    if person is None or person.disabled_at is not None:
        return Claim(login, ip, None, _nobodys_hash())
    return Claim(login, ip, person.id, person.password_hash)


def verify(claim: Claim, password: str) -> Claim:
    """The second step: is the password right. Slow by design, so no transaction is open meanwhile."""
    try:
        good = _hasher.verify(claim.password_hash, password) and claim.person_id is not None
    except (VerifyMismatchError, InvalidHashError):
        good = False
    renew = good and _hasher.check_needs_rehash(claim.password_hash)
    return replace(claim, good=good, new_hash=_hasher.hash(password) if renew else None)


def admit(uow: UnitOfWork, claim: Claim) -> int | None:
    """The last step: the person's id, or None for a wrong name or password, which is counted.

    It returns rather than raises on failure so that the caller's commit keeps the counted attempt. Raises
    TooManyAttempts also here, since many may have tried at the same time.
    """
    uow.lock(f"login:{claim.login}")  # guesses sent at once are counted one after the other
    _throttle(uow, claim.login, claim.ip)
    person = uow.session.get(Person, claim.person_id) if claim.person_id is not None else None
    unchanged = (
        person is not None and person.disabled_at is None and person.password_hash == claim.password_hash
    )
    if person is None or not claim.good or not unchanged:
        uow.session.add(LoginAttempt(login=claim.login, ip=claim.ip, at=uow.now))
        uow.audit("login", claim.login, "login_failed")
        return None
    old = or_(LoginAttempt.login == claim.login, LoginAttempt.at <= uow.now - ATTEMPT_WINDOW)
    uow.session.execute(delete(LoginAttempt).where(old))
    if claim.new_hash is not None:
        person.password_hash = claim.new_hash
    return person.id


def _throttle(uow: UnitOfWork, login: str, ip: str) -> None:
    since = uow.now - ATTEMPT_WINDOW
    for column, value, most in (
        (LoginAttempt.login, login, MOST_PER_LOGIN),
        (LoginAttempt.ip, ip, MOST_PER_IP),
    ):
        query = select(func.count()).select_from(LoginAttempt).where(column == value, LoginAttempt.at > since)
        if (uow.session.scalar(query) or 0) >= most:
            raise TooManyAttempts(minutes=int(ATTEMPT_WINDOW.total_seconds() // 60))


@cache
def _nobodys_hash() -> str:
    """Verified for a name that nobody has, so that the time of the answer does not tell which names exist."""
    return _hasher.hash(secrets.token_urlsafe())


def open_session(uow: UnitOfWork, person_id: int, *, user_agent: str, ip: str) -> str:
    """Begin a browser session and return its token, which is shown once and never stored."""
    token = secrets.token_urlsafe(32)
    uow.session.add(
        LoginSession(
            token_hash=digest(token),
            person_id=person_id,
            created_at=uow.now,
            seen_at=uow.now,
            expires_at=uow.now + timedelta(days=SESSION_DAYS),
            user_agent=user_agent[:200],
            ip=ip,
        )
    )
    uow.audit("person", person_id, "logged_in")
    return token


def open_device(uow: UnitOfWork, person_id: int, *, name: str, fcm_token: str | None = None) -> str:
    """Register a phone and return its token, which is shown once and never stored."""
    token = secrets.token_urlsafe(32)
    device = DeviceToken(
        token_hash=digest(token),
        person_id=person_id,
        name=name[:80],
        fcm_token=fcm_token,
        created_at=uow.now,
        seen_at=uow.now,
    )
    uow.session.add(device)
    uow.audit("person", person_id, "device_registered", after={"name": name[:80]})
    return token


def identify_session(uow: UnitOfWork, token: str, *, request_id: str | None = None) -> Identity | None:
    """Who holds a living browser session, or None."""
    query = select(LoginSession, Person).join(Person, Person.id == LoginSession.person_id)
    row = uow.session.execute(query.where(LoginSession.token_hash == digest(token))).one_or_none()
    if (
        row is None
        or row[0].ended_at is not None
        or row[0].expires_at <= uow.now
        or row[1].disabled_at is not None
    ):
        return None
    return Identity(actor_of(row[1], "web", request_id), row[1].lang, row[0].seen_at, session_id=row[0].id)


def identify_device(uow: UnitOfWork, token: str, *, request_id: str | None = None) -> Identity | None:
    """Who holds a living phone token, or None."""
    query = select(DeviceToken, Person).join(Person, Person.id == DeviceToken.person_id)
    row = uow.session.execute(query.where(DeviceToken.token_hash == digest(token))).one_or_none()
    if row is None or row[0].revoked_at is not None or row[1].disabled_at is not None:
        return None
    return Identity(actor_of(row[1], "phone", request_id), row[1].lang, row[0].seen_at, device_id=row[0].id)


def note_seen(uow: UnitOfWork, identity: Identity) -> None:
    """Write down that the browser or phone of this identity made contact."""
    if identity.session_id is not None:
        uow.session.get_one(LoginSession, identity.session_id).seen_at = uow.now
    if identity.device_id is not None:
        uow.session.get_one(DeviceToken, identity.device_id).seen_at = uow.now


def end_session(uow: UnitOfWork, session_id: int) -> None:
    """Log a browser out. Safe to repeat."""
    session = uow.session.get(LoginSession, session_id)
    if session is not None and session.ended_at is None:
        session.ended_at = uow.now
        uow.audit("person", session.person_id, "logged_out")


def revoke_device(uow: UnitOfWork, device_id: int) -> None:
    """Log a phone out. Safe to repeat."""
    device = uow.session.get(DeviceToken, device_id)
    if device is not None and device.revoked_at is None:
        device.revoked_at, device.fcm_token = uow.now, None
        uow.audit("person", device.person_id, "device_revoked", after={"device_id": device.id})


def end_everything(uow: UnitOfWork, person_id: int, *, but_session_id: int | None = None) -> None:
    """Log a person out everywhere, browsers and phones, but for the one session that may stay."""
    for session in uow.session.scalars(
        select(LoginSession).where(LoginSession.person_id == person_id, LoginSession.ended_at.is_(None))
    ):
        if session.id != but_session_id:
            session.ended_at = uow.now
    for device in uow.session.scalars(
        select(DeviceToken).where(DeviceToken.person_id == person_id, DeviceToken.revoked_at.is_(None))
    ):
        device.revoked_at, device.fcm_token = uow.now, None


def actor_of(person: Person, via: str, request_id: str | None = None) -> Actor:
    """The actor that a person is."""
    return Actor(person.id, person.name, frozenset(role.role for role in person.roles), via, request_id)


def digest(token: str) -> str:
    """How a token is kept: by its SHA-256."""
    return hashlib.sha256(token.encode()).hexdigest()
