"""What goes out by any channel: put in line, taken by one sender at a time, written down how it ended.

A delivery is taken in a transaction of its own before it is sent, with a lease. A sender that dies leaves it
``sending``; when the lease is over, a channel that knows a message by its key (the phone or gateway drops the second)
gets it again, and one that does not (a robot) never does: that one is ``unsure``.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, update

from backend.core.uow import UnitOfWork
from backend.notifications import policy, preferences
from backend.notifications.models import CustomerMessage, Delivery, InboxItem
from backend.staff import actions as staff_actions
from backend.staff import queries as staff

ENDS = ("sent", "refused", "gone", "given_up", "stale", "unsure", "dropped", "off")
"""Refused by the service; address gone; tried often enough; old news; sent or not, nobody knows; not wanted any
more (read, logged out, untrue, done by hand); the channel is not set up."""
FCM, WEB_PUSH, SMS = "fcm", "web_push", "sms"
MOST_TRIES = 8
FIRST_WAIT_S = 30
LONGEST_WAIT_S = 3600
LEASE_S = 90
KNOWS_BY_KEY = frozenset({FCM, WEB_PUSH, SMS})


@dataclass(frozen=True)
class Due:
    """A delivery that its taker is to send now. ``address`` is what the channel needs to know of the receiver."""

    id: int
    key: str
    tries: int
    address: dict[str, str]
    text: str
    data: dict[str, str]
    urgent: bool
    useful_s: int


def to_person(uow: UnitOfWork, *, item: InboxItem) -> None:
    """Put hints at an inbox item in line by the person's own choice: each of his phones, or a text message."""
    topic = policy.topic_of(item.kind, item.data, uow.now)
    wanted = preferences.of(uow, item.person_id)
    person = staff.person(uow, item.person_id)
    text = item.en if person.lang == "en" else item.zh
    data = {"kind": item.kind, "item_id": str(item.id)} | {
        name: str(value)
        for name, value in item.data.items()
        if name in ("visit_id", "thread_id", "claim_id", "on")
    }
    channels = policy.chosen(topic, wanted.choices)
    targets: list[tuple[str, int | None]] = []
    if policy.PUSH in channels:
        for device in staff.active_devices(uow, item.person_id):
            targets += [(FCM, device.id)] if device.fcm_token else []
            targets += [(WEB_PUSH, device.id)] if preferences.subscription(uow, device.id) else []
    if policy.SMS in channels and person.phone:
        targets.append((SMS, None))
    for channel, device_id in targets:
        uow.session.add(
            Delivery(
                key=f"inbox:{item.id}:{channel}" + (f":{device_id}" if device_id else ""),
                channel=channel, kind=item.kind, urgent=topic.urgent, text=text, data=data,
                person_id=item.person_id, device_id=device_id, inbox_item_id=item.id,
                created_at=uow.now, useful_until=uow.now + topic.useful, status="waiting", tries=0,
                not_before=policy.first_moment(topic, channel, wanted.quiet, uow.now),
            )
        )  # fmt: skip


def to_groups(uow: UnitOfWork, *, fact_key: str, kind: str, zh: str, data: dict[str, Any]) -> None:
    """Put a sentence for the desk's group in line, once for a fact, where its topic goes to groups."""
    topic = policy.topic_of(kind, data, uow.now)
    if not topic.group:
        return
    for channel in policy.ROBOTS:
        key = f"group:{fact_key}:{channel}"
        if uow.session.scalar(select(Delivery.id).where(Delivery.key == key)) is None:
            uow.session.add(
                Delivery(
                    key=key, channel=channel, kind=kind, urgent=topic.urgent, text=zh, data={}, created_at=uow.now,
                    useful_until=uow.now + topic.useful, status="waiting", tries=0,
                    not_before=policy.first_moment(topic, channel, policy.Quiet(), uow.now),
                )
            )  # fmt: skip


def to_customer(uow: UnitOfWork, *, message: CustomerMessage) -> None:
    """Put a text message to a customer in line for the gateway."""
    uow.session.add(
        Delivery(
            key=f"customer:{message.fact_key}", channel=SMS, kind=message.kind, urgent=True, text=message.text, data={},
            customer_message_id=message.id, created_at=uow.now, useful_until=message.useful_until, status="waiting",
            tries=0,
        )
    )  # fmt: skip


def drop_customer(uow: UnitOfWork, *, message_id: int) -> None:
    """A message to a customer is not to be sent any more; one that is being sent right now cannot be called back."""
    uow.session.execute(
        update(Delivery)
        .where(Delivery.customer_message_id == message_id, Delivery.status == "waiting")
        .values(status="dropped", ended_at=uow.now)
    )


def any_due(uow: UnitOfWork, channel: str) -> bool:
    """True where `take` would find something."""
    return uow.session.scalar(_due(uow, channel).with_only_columns(Delivery.id).limit(1)) is not None


def take(uow: UnitOfWork, channel: str, *, limit: int) -> list[Due]:
    """Those whose time has come, oldest first, each for this sender alone.

    On the way what is not worth sending any more is ended, and what falls into quiet hours is held.
    """
    found = _due(uow, channel).order_by(Delivery.id).limit(limit).with_for_update(skip_locked=True)
    return [due for one in uow.session.scalars(found) if (due := _take(uow, one)) is not None]


def note(
    uow: UnitOfWork,
    *,
    delivery_id: int,
    tries: int,
    outcome: str,
    detail: str = "",
    wait_s: float | None = None,
    address: dict[str, str] | None = None,
) -> None:
    """Write down how a try ended: sent, refused, gone, unsure, or retry, which waits longer each time.

    ``wait_s`` is what the service asked for, ``address`` where it went: gone, it is forgotten. A try that another sender has taken over meanwhile is ignored.
    """
    one = uow.session.get_one(Delivery, delivery_id)
    if one.status != "sending" or one.tries != tries:
        return
    one.detail, one.lease_until = detail[:200], None
    if outcome == "retry":
        pause = max(FIRST_WAIT_S * 2 ** (tries - 1), min(wait_s or 0, LONGEST_WAIT_S))
        again_at = uow.now + timedelta(seconds=pause)
        if tries < MOST_TRIES and again_at < one.useful_until:
            one.status, one.not_before = "waiting", again_at
            return
        outcome = "given_up"
    _end(uow, one, outcome)
    if outcome == "gone" and one.device_id is not None:
        if one.channel == FCM:
            staff_actions.forget_fcm_token(uow, one.device_id)
        else:
            endpoint = (address or {}).get("endpoint")
            preferences.forget_subscription(uow, device_id=one.device_id, endpoint=endpoint)


def turn_off(uow: UnitOfWork, channel: str) -> int:
    """The channel is not set up: what waits for it, but for customers, is ended; returns how many."""
    waiting = and_(Delivery.channel == channel, Delivery.status == "waiting")
    statement = update(Delivery).where(waiting, Delivery.customer_message_id.is_(None))
    return len(
        uow.session.execute(statement.values(status="off", ended_at=uow.now).returning(Delivery.id)).all()
    )


def any_waiting(uow: UnitOfWork, channel: str) -> bool:
    """True where `turn_off` would find something."""
    query = select(Delivery.id).where(Delivery.channel == channel, Delivery.status == "waiting")
    return uow.session.scalar(query.where(Delivery.customer_message_id.is_(None)).limit(1)) is not None


def counts(uow: UnitOfWork, *, since: datetime) -> list[tuple[str, str, int]]:
    """Channel, status and number of the deliveries made since then."""
    query = select(Delivery.channel, Delivery.status, func.count()).where(Delivery.created_at >= since)
    rows = uow.session.execute(query.group_by(Delivery.channel, Delivery.status)).all()
    return [(row[0], row[1], row[2]) for row in rows]


def _due(uow: UnitOfWork, channel: str) -> Select[Delivery]:
    waits = and_(
        Delivery.status == "waiting", or_(Delivery.not_before.is_(None), Delivery.not_before <= uow.now)
    )
    left_behind = and_(Delivery.status == "sending", Delivery.lease_until < uow.now)
    return select(Delivery).where(Delivery.channel == channel, or_(waits, left_behind))


def _take(uow: UnitOfWork, one: Delivery) -> Due | None:
    if one.status == "sending" and one.channel not in KNOWS_BY_KEY:
        _end(uow, one, "unsure")
        return None
    quiet = preferences.of(uow, one.person_id).quiet if one.person_id is not None else policy.Quiet()
    answer, morning = policy.verdict(
        urgent=one.urgent, quiet=quiet, now=uow.now, useful_until=one.useful_until
    )
    if answer == "stale":
        _end(uow, one, "stale")
        return None
    if answer == "hold":
        one.status, one.not_before, one.lease_until = "waiting", morning, None
        return None
    to = address(uow, one)
    if to is None:
        _end(uow, one, "dropped")
        return None
    one.status, one.tries = "sending", one.tries + 1
    one.lease_until = uow.now + timedelta(seconds=LEASE_S)
    useful_s = int((one.useful_until - uow.now).total_seconds())
    return Due(one.id, one.key, one.tries, to, one.text, dict(one.data), one.urgent, useful_s)


def address(uow: UnitOfWork, one: Delivery) -> dict[str, str] | None:
    """Where it goes now; None where it is not wanted any more."""
    if one.customer_message_id is not None:
        message = uow.session.get_one(CustomerMessage, one.customer_message_id)
        return {"phone": message.phone} if message.status == "waiting" else None
    if one.person_id is None:
        return {}
    item, person = uow.session.get_one(InboxItem, one.inbox_item_id), staff.person(uow, one.person_id)
    if item.read_at is not None or person.disabled_at is not None:
        return None
    if one.channel == SMS:
        return {"phone": person.phone} if person.phone else None
    device = next((d for d in staff.active_devices(uow, one.person_id) if d.id == one.device_id), None)
    if device is None:
        return None
    if one.channel == FCM:
        return {"token": device.fcm_token} if device.fcm_token else None
    return preferences.subscription(uow, device.id)


def _end(uow: UnitOfWork, one: Delivery, outcome: str) -> None:
    one.status, one.ended_at, one.lease_until, one.not_before = outcome, uow.now, None, None
    if one.customer_message_id is None or outcome == "dropped":
        return
    message = uow.session.get_one(CustomerMessage, one.customer_message_id)
    if message.status != "waiting":
        return
    message.detail = one.detail
    if outcome == "sent":
        message.status, message.sent_at = "sent", uow.now
        uow.audit("service_order", message.service_order_id, "message_sent", after={"kind": message.kind})
    else:
        message.status = "dropped" if outcome == "stale" else "refused"
