"""签收码: a customer who does not sign on the glass confirms a visit with a code that his own telephone gets.

The code goes to the contact's mobile number of the order, never to a number that the engineer chooses. It is kept as a
salted hash, lives some minutes and stands few tries. What is confirmed signs the card of that visit.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from backend.core.clock import SHANGHAI
from backend.core.errors import DomainError, NotAllowed, NotFound
from backend.core.uow import UnitOfWork
from backend.orders import queries as orders
from backend.visits.models import Card, SignCode, Visit

DIGITS = 6
LIVES = timedelta(minutes=10)
AGAIN_AFTER = timedelta(seconds=60)
MOST_TRIES = 5
MOST_A_DAY = 5
# A million codes are tried quickly by who has the database; by then they are over. 4 MiB and a few milliseconds each.
_SCRYPT = {"n": 4096, "r": 8, "p": 1, "dklen": 32}
TEXT = "{name}您好，{number} 上门服务已完成。同意签收请把签收码 {code} 告诉工程师，{minutes} 分钟内有效。没有上门请勿告知"


class NoMobile(DomainError):
    """The contact of the order has no mobile number."""

    code = "no_mobile"
    kind = "conflict"
    zh = "单子上的联系电话不是手机，发不了签收码，请客户在屏幕上签字"
    en = "The contact's number is no mobile phone; ask the customer to sign on the screen"


class CodeTooSoon(DomainError):
    """A code was sent a moment ago, or too many were."""

    code = "code_too_soon"
    kind = "throttled"
    zh = "刚发过签收码，请等 {seconds} 秒再发；今天最多发 {most} 次"
    en = "A code was sent just now; wait {seconds} seconds. At most {most} a day are sent"


class CodeWrong(DomainError):
    """The code is not the one that was sent."""

    code = "code_wrong"
    zh = "签收码不对，还可以试 {left} 次"
    en = "That is not the code; {left} tries are left"


class CodeOver(DomainError):
    """No code is open: it is too old, was tried too often, or none was sent."""

    code = "code_over"
    kind = "conflict"
    zh = "签收码过期了，或者试错太多次。请重新发一个，或者请客户在屏幕上签字"
    en = "The code is over or was tried too often. Send another one, or let the customer sign on the screen"


class CardIsIn(DomainError):
    """The card was handed in; nothing is left to be signed."""

    code = "card_is_in"
    kind = "conflict"
    zh = "反馈卡已经交了，不用再签收"
    en = "The card is in; nothing is left to sign"


@dataclass(frozen=True)
class Sending:
    """A code on its way; ``text`` holds it and is kept nowhere. ``key`` lets the gateway drop a second sending."""

    phone: str
    text: str
    key: str
    sent_to: str
    expires_at: datetime


@dataclass(frozen=True)
class Confirmed:
    """The customer's word for a visit: to which number (masked) the code went, and when it was told."""

    sent_to: str
    at: datetime

    @property
    def words(self) -> str:
        """As the card says it, in Beijing's time."""
        return f"{self.sent_to} {self.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def make(uow: UnitOfWork, *, visit_id: int) -> Sending | Confirmed:
    """A new code for the customer of an own visit whose work is over; what was confirmed before stays so.

    Earlier codes end. The caller sends the message after the commit. Raises NotFound, CardIsIn, NoMobile, CodeTooSoon.
    """
    visit = _own(uow, visit_id)
    before = confirmed(uow, visit_id)
    if before is not None:
        return before
    order = orders.get(uow, visit.service_order_id)
    phone = mobile(order.contact_phone)
    if phone is None:
        raise NoMobile()
    sent = _of(uow, visit_id, since=uow.now - timedelta(days=1))
    if sent and (len(sent) >= MOST_A_DAY or uow.now - sent[-1].created_at < AGAIN_AFTER):
        left = (sent[-1].created_at + AGAIN_AFTER - uow.now).total_seconds()
        raise CodeTooSoon(seconds=max(1, round(left)), most=MOST_A_DAY)
    for old in sent:
        old.tries_left = 0
    code, salt = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}", secrets.token_hex(8)
    masked = f"{phone[:3]}****{phone[-4:]}"
    made = SignCode(
        visit_id=visit_id,
        person_id=uow.actor.person_id,
        sent_to=masked,
        salt=salt,
        code_hash=_hash(code, salt),
        created_at=uow.now,
        expires_at=uow.now + LIVES,
        tries_left=MOST_TRIES,
    )
    uow.session.add(made)
    uow.flush()
    uow.audit("visit", visit_id, "sign_code_sent", after={"to": masked})
    text = TEXT.format(
        name=order.contact_name, number=order.number, code=code, minutes=int(LIVES.total_seconds() // 60)
    )
    return Sending(phone, text, f"sign-code-{made.id}", masked, made.expires_at)


def note_undelivered(uow: UnitOfWork, *, visit_id: int, detail: str) -> None:
    """The gateway did not take the message: its code ends, and another may be sent at once."""
    for sent in _of(uow, visit_id, since=uow.now - LIVES):
        sent.tries_left, sent.created_at = 0, min(sent.created_at, uow.now - AGAIN_AFTER)
    uow.audit("visit", visit_id, "sign_code_undelivered", after={"detail": detail[:200]})


def confirm(uow: UnitOfWork, *, visit_id: int, code: str) -> Confirmed | CodeWrong | CodeOver:
    """The customer's code as he told it. Safe to repeat once it was right.

    A wrong one is returned rather than raised, so that the caller's commit keeps the try. Raises NotFound, CardIsIn.
    """
    _own(uow, visit_id)
    before = confirmed(uow, visit_id)
    if before is not None:
        return before
    uow.lock(f"sign-code:{visit_id}")  # guesses sent at once are counted one after the other
    sent = _of(uow, visit_id, since=uow.now - LIVES)
    latest = sent[-1] if sent else None
    if latest is None or latest.tries_left < 1 or latest.expires_at <= uow.now:
        return CodeOver()
    digits = re.sub(r"\D", "", code)
    if not hmac.compare_digest(_hash(digits, latest.salt), latest.code_hash):
        latest.tries_left -= 1
        uow.audit("visit", visit_id, "sign_code_wrong", after={"tries_left": latest.tries_left})
        return CodeWrong(left=latest.tries_left) if latest.tries_left else CodeOver()
    latest.confirmed_at = uow.now
    uow.audit("visit", visit_id, "sign_code_confirmed", after={"to": latest.sent_to})
    uow.flush()
    return Confirmed(latest.sent_to, uow.now)


def confirmed(uow: UnitOfWork, visit_id: int) -> Confirmed | None:
    """What the customer has confirmed of a visit, or None."""
    query = select(SignCode.sent_to, SignCode.confirmed_at).where(
        SignCode.visit_id == visit_id, SignCode.confirmed_at.is_not(None)
    )
    row = uow.session.execute(query).first()
    return None if row is None or row[1] is None else Confirmed(row[0], row[1])


def mobile(text: str) -> str | None:
    """The eleven digits of a mainland mobile number, or None for anything else."""
    digits = re.sub(r"[\s()·.–—-]", "", text)
    for country in ("+86", "0086"):
        digits = digits.removeprefix(country)
    return digits if re.fullmatch(r"1[3-9][0-9]{9}", digits) else None


def _own(uow: UnitOfWork, visit_id: int) -> Visit:
    if "engineer" not in uow.actor.roles:
        raise NotAllowed()
    visit = uow.session.get(Visit, visit_id, with_for_update=True)
    if visit is None or visit.engineer_id != uow.actor.person_id or visit.signed_in_at is None:
        raise NotFound(what={"zh": "这次上门", "en": "That visit"})
    card = uow.session.scalar(select(Card.id).where(Card.visit_id == visit_id, Card.status != "returned"))
    if card is not None:
        raise CardIsIn()
    return visit


def _of(uow: UnitOfWork, visit_id: int, *, since: datetime) -> list[SignCode]:
    query = select(SignCode).where(SignCode.visit_id == visit_id, SignCode.created_at > since)
    return list(uow.session.scalars(query.order_by(SignCode.id)))


def _hash(code: str, salt: str) -> str:
    return hashlib.scrypt(code.encode(), salt=salt.encode(), **_SCRYPT).hex()
