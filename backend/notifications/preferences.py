"""What a person chose about news, and where his phones' browsers take Web Push."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete, select

from backend.core.errors import DomainError, NotFound
from backend.core.uow import UnitOfWork
from backend.notifications import policy
from backend.notifications.models import NewsPreference, PushSubscription
from backend.notifications.policy import DAY_S, PERSONAL, TOPICS, Quiet
from backend.staff import queries as staff

PHONE = {"zh": "这部手机", "en": "That phone"}
POINT_BYTES, AUTH_BYTES = 65, 16
"""An uncompressed point of P-256 and the secret of a subscription (RFC 8291)."""


class BadChoice(DomainError):
    """A topic or channel that does not exist."""

    code = "bad_choice"
    zh = "没有「{name}」这一项，请刷新页面再选"
    en = "There is no “{name}”; refresh the page and choose again"


class BadQuietHours(DomainError):
    """Quiet hours that begin when they end."""

    code = "bad_quiet_hours"
    zh = "安静时间的开始和结束不能一样；全天都不想被打扰，就把不要的渠道都去掉"
    en = "Quiet hours cannot begin when they end; to be left alone all day, switch the channels off"


class BadSubscription(DomainError):
    """Keys that no browser makes."""

    code = "bad_subscription"
    zh = "浏览器给的推送地址不对，请关掉推送再打开一次"
    en = "The browser's push address is not right; switch pushes off and on again"


@dataclass(frozen=True)
class Preference:
    """What holds for a person: his choices by topic (only where he chose) and his quiet hours."""

    choices: dict[str, list[str]]
    quiet: Quiet


@dataclass(frozen=True)
class TopicChoice:
    """A line of the page: a topic and, for each channel that it can go by, whether it does."""

    topic: policy.Topic
    channels: dict[str, bool]


def of(uow: UnitOfWork, person_id: int) -> Preference:
    """What holds for a person; the defaults where he chose nothing."""
    row = uow.session.get(NewsPreference, person_id)
    if row is None:
        return Preference({}, Quiet())
    return Preference(dict(row.choices), Quiet(row.quiet, row.quiet_from_s, row.quiet_to_s))


def lines(uow: UnitOfWork, person_id: int, roles: frozenset[str]) -> list[TopicChoice]:
    """What a person of these roles can choose, as it stands."""
    choices = of(uow, person_id).choices
    found = []
    for topic in policy.topics_for(roles):
        wanted = policy.chosen(topic, choices)
        can = [channel for channel in PERSONAL if channel != policy.SMS or topic.urgent]
        found.append(TopicChoice(topic, {channel: channel in wanted for channel in can}))
    return found


def change(uow: UnitOfWork, *, choices: Mapping[str, list[str]], quiet: Quiet) -> None:
    """Choose for oneself: the channels of each topic named, the quiet hours. Safe to repeat.

    Raises BadChoice, BadQuietHours. What is held back already keeps its moment unless the new hours begin sooner.
    """
    for code, channels in choices.items():
        for name in (code,) if code not in TOPICS else channels:
            if code not in TOPICS or name not in PERSONAL:
                raise BadChoice(name=name)
    inside = 0 <= quiet.from_s < DAY_S and 0 <= quiet.to_s < DAY_S
    if not inside or (quiet.on and quiet.from_s == quiet.to_s):
        raise BadQuietHours()
    person_id = uow.actor.person_id
    if person_id is None:
        raise NotFound(what={"zh": "您的账号", "en": "Your account"})
    row = uow.session.get(NewsPreference, person_id)
    if row is None:
        row = NewsPreference(person_id=person_id, choices={})
        uow.session.add(row)
    row.choices = row.choices | {code: sorted(set(channels)) for code, channels in choices.items()}
    row.quiet, row.quiet_from_s, row.quiet_to_s = quiet.on, quiet.from_s, quiet.to_s
    row.changed_at = uow.now


def subscribe(uow: UnitOfWork, *, device_id: int, endpoint: str, p256dh: str, auth: str) -> None:
    """Note where the browser of one's own phone takes Web Push; whoever had that address before loses it.

    Safe to repeat. Raises NotFound, BadSubscription. Which services are asked at all the adapter decides.
    """
    if device_id not in {device.id for device in staff.active_devices(uow, uow.actor.person_id or 0)}:
        raise NotFound(what=PHONE)
    if _length(p256dh) != POINT_BYTES or _length(auth) != AUTH_BYTES or not endpoint.startswith("http"):
        raise BadSubscription()
    mark = hashlib.sha256(endpoint.encode()).hexdigest()
    uow.lock(f"push:{mark}")
    uow.session.execute(
        delete(PushSubscription).where(
            (PushSubscription.endpoint_hash == mark) | (PushSubscription.device_id == device_id)
        )
    )
    uow.session.add(
        PushSubscription(
            device_id=device_id, endpoint=endpoint, endpoint_hash=mark, p256dh=p256dh, auth=auth, created_at=uow.now
        )
    )  # fmt: skip


def unsubscribe(uow: UnitOfWork, *, device_id: int) -> None:
    """This phone of one's own takes no Web Push any more. Safe to repeat. Raises NotFound for another's."""
    if device_id not in {device.id for device in staff.active_devices(uow, uow.actor.person_id or 0)}:
        raise NotFound(what=PHONE)
    uow.session.execute(delete(PushSubscription).where(PushSubscription.device_id == device_id))


def subscription(uow: UnitOfWork, device_id: int) -> dict[str, str] | None:
    """Where a phone's browser takes Web Push, or None."""
    found = uow.session.scalars(
        select(PushSubscription).where(PushSubscription.device_id == device_id)
    ).one_or_none()
    return None if found is None else {"endpoint": found.endpoint, "p256dh": found.p256dh, "auth": found.auth}


def forget_subscription(uow: UnitOfWork, *, device_id: int, endpoint: str | None) -> None:
    """The push service does not know this address any more; a newer one of the same phone stays."""
    uow.session.execute(
        delete(PushSubscription).where(
            PushSubscription.device_id == device_id, PushSubscription.endpoint == endpoint
        )
    )


def _length(text: str) -> int:
    """How many bytes a base64url text holds; -1 for any other text."""
    try:
        return len(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        return -1
