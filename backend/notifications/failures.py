"""What could not be delivered: to whom, by which channel, why, and the one more try that somebody asks for by hand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select

from backend.core.errors import DomainError, NotFound
from backend.core.paging import Page, page_by_id
from backend.core.states import Label
from backend.core.uow import UnitOfWork
from backend.notifications import deliveries
from backend.notifications.models import CustomerMessage, Delivery, InboxItem
from backend.staff import queries as staff
from backend.staff.policy import require

CHANNELS = {
    deliveries.FCM: Label("手机推送 FCM", "Push by FCM"),
    deliveries.WEB_PUSH: Label("浏览器推送", "Web Push"),
    deliveries.SMS: Label("短信", "Text message"),
    "wecom": Label("企业微信群", "WeCom group"),
    "dingtalk": Label("钉钉群", "DingTalk group"),
}
REASONS = {
    "refused": Label("对方服务不收", "Refused by the service"),
    "gone": Label("地址没有用了", "Address gone"),
    "given_up": Label("试了几次没发成", "Given up"),
    "unsure": Label("没有回答", "No answer"),
}
"""The ends of a delivery that are failures; what is old news or was read is none."""
HINTS = {
    "refused": Label("号码、内容或账户可能有问题", "Perhaps the number, the text or the account"),
    "gone": Label("手机退出了、换了浏览器或关了推送", "Logged out, another browser, or pushes off"),
    "given_up": Label("对方一直连不上或太忙", "Out of reach or too busy all the time"),
    "unsure": Label("可能已经发到，所以没有再发", "It may have arrived, so it was not sent again"),
}
WHAT = {"zh": "这条通知", "en": "That notification"}


class OldNews(DomainError):
    """The time for which the news was useful is over."""

    code = "old_news"
    kind = "conflict"
    zh = "这条通知已经过时，不再发；本人的「消息」里有"
    en = "This notification is old news and is not sent any more; the person's inbox has it"


class NobodyWaits(DomainError):
    """It was read, sent by hand or became untrue meanwhile, or the person is gone."""

    code = "nobody_waits"
    kind = "conflict"
    zh = "不用再发了：本人已经看过、已有人另外发过，或者事情有变"
    en = "It need not be sent: it was read, somebody has sent it otherwise, or it is not true any more"


class NoAddress(DomainError):
    """Nothing is known of where it could go now."""

    code = "no_address"
    kind = "conflict"
    zh = "现在没有地址可发：请本人在「通知」里重新打开推送，或者填上手机号"
    en = "There is no address now: the person should switch pushes on again or fill in a number"


@dataclass(frozen=True)
class FailedRow:
    """A delivery that failed. ``who`` is empty for a group; ``phone`` is the browser's own name, or a number."""

    id: int
    channel: str
    kind: str
    text: str
    outcome: str
    detail: str
    tries: int
    who: str
    phone: str
    order_id: int | None
    created_at: datetime
    ended_at: datetime
    useful_until: datetime
    read_at: datetime | None

    def open(self, now: datetime) -> bool:
        """True where one more try may be asked for."""
        return now < self.useful_until and self.read_at is None


def listing(
    uow: UnitOfWork,
    *,
    channel: str = "",
    outcome: str = "",
    first: datetime | None = None,
    before: datetime | None = None,
    cursor: str | None = None,
    size: int = 50,
) -> Page[FailedRow]:
    """Failed deliveries, newest first, made from ``first`` on and before ``before``.

    Those to customers are left out where somebody has sent the message by hand or it became untrue.
    """
    require(uow.actor, "deliveries.manage")
    query = select(Delivery).where(_failed(outcome))
    if channel:
        query = query.where(Delivery.channel == channel)
    if first is not None:
        query = query.where(Delivery.created_at >= first)
    if before is not None:
        query = query.where(Delivery.created_at < before)
    page = page_by_id(uow, query, Delivery.id, lambda one: one, cursor=cursor, size=size)
    return page.holding(_rows(uow, page.rows))


def count(uow: UnitOfWork, *, since: datetime) -> int:
    """How many deliveries made since then have failed."""
    query = select(func.count(Delivery.id)).where(_failed(""), Delivery.created_at >= since)
    return uow.session.scalar(query) or 0


def send_again(uow: UnitOfWork, *, delivery_id: int) -> bool:
    """One more try, as soon as a sender is free; False where it is on its way already. Safe to repeat.

    Raises NotFound, OldNews, NobodyWaits, NoAddress.
    """
    require(uow.actor, "deliveries.manage")
    one = uow.session.get(Delivery, delivery_id, with_for_update=True)
    if one is None or one.status not in (*REASONS, "waiting", "sending", "sent"):
        raise NotFound(what=WHAT)
    if one.status not in REASONS:
        return False
    if one.useful_until <= uow.now:
        raise OldNews()
    message = _message(uow, one)
    item = uow.session.get(InboxItem, one.inbox_item_id) if one.inbox_item_id is not None else None
    if (item is not None and item.read_at is not None) or (
        message is not None and message.status != "refused"
    ):
        raise NobodyWaits()
    if message is not None:
        message.status = "waiting"
    if deliveries.address(uow, one) is None:
        raise NoAddress()
    before = one.status
    # The number of tries goes on: it tells senders apart, and after a last one there is exactly one more.
    one.status, one.ended_at, one.not_before = "waiting", None, None
    uow.audit(
        "delivery",
        one.id,
        "sent_again",
        before={"status": before},
        after={"channel": one.channel, "kind": one.kind},
    )
    uow.flush()
    return True


def _failed(outcome: str) -> ColumnElement[bool]:
    by_hand = select(CustomerMessage.id).where(CustomerMessage.status != "refused")
    wanted = (outcome,) if outcome in REASONS else tuple(REASONS)
    own = or_(Delivery.customer_message_id.is_(None), Delivery.customer_message_id.not_in(by_hand))
    return and_(Delivery.status.in_(wanted), own)


def _message(uow: UnitOfWork, one: Delivery) -> CustomerMessage | None:
    if one.customer_message_id is None:
        return None
    return uow.session.get(CustomerMessage, one.customer_message_id, with_for_update=True)


def _rows(uow: UnitOfWork, found: Iterable[Delivery]) -> list[FailedRow]:
    found = list(found)
    names = staff.names_of(uow, (one.person_id for one in found if one.person_id is not None))
    phones = staff.device_names(uow, (one.device_id for one in found))
    messages = {
        message.id: message
        for message in uow.session.scalars(
            select(CustomerMessage).where(CustomerMessage.id.in_([one.customer_message_id for one in found]))
        )
    }
    items = {
        item.id: item
        for item in uow.session.scalars(
            select(InboxItem).where(InboxItem.id.in_([one.inbox_item_id for one in found]))
        )
    }
    made = []
    for one in found:
        message, item = messages.get(one.customer_message_id or 0), items.get(one.inbox_item_id or 0)
        made.append(
            FailedRow(
                id=one.id,
                channel=one.channel,
                kind=one.kind,
                text=one.text,
                outcome=one.status,
                detail=one.detail,
                tries=one.tries,
                who=message.contact if message else names.get(one.person_id or 0, ""),
                phone=message.phone if message else phones.get(one.device_id or 0, ""),
                order_id=message.service_order_id if message else None,
                created_at=one.created_at,
                ended_at=one.ended_at or one.created_at,
                useful_until=one.useful_until,
                read_at=item.read_at if item else None,
            )
        )
    return made
