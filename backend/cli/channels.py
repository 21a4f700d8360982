"""What `paidan channels` shows: which ways out are set up, what went out by them, and what a robot says to a test line."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from backend.adapters.ways import Message, Result, Way
from backend.core.uow import SYSTEM, Transactions
from backend.notifications import deliveries
from backend.notifications.policy import ROBOTS

BACK = timedelta(days=1)
NAMES = {
    "web_push": ("手机浏览器推送", "Web Push"),
    "fcm": ("FCM 推送", "FCM"),
    "sms": ("短信", "text messages"),
    "wecom": ("企业微信群", "WeCom group"),
    "dingtalk": ("钉钉群", "DingTalk group"),
}
TEST_LINE = "试一下：群里看到这条，机器人就接好了"


@dataclass(frozen=True)
class ChannelRow:
    """A channel and how what it was to send within the last day stands, by status."""

    channel: str
    zh: str
    en: str
    set_up: bool
    last_day: dict[str, int]


def listing(transactions: Transactions, ways: dict[str, Way]) -> list[ChannelRow]:
    """Every channel."""
    with transactions.read(SYSTEM) as uow:
        counts = deliveries.counts(uow, since=uow.now - BACK)
    found: dict[str, Counter[str]] = {name: Counter() for name in NAMES}
    for channel, status, n in counts:
        found.setdefault(channel, Counter())[status] += n
    return [ChannelRow(name, *NAMES[name], name in ways, dict(found[name])) for name in NAMES]


def try_out(transactions: Transactions, ways: dict[str, Way]) -> dict[str, Result]:
    """Send a test line to each robot that is set up; what it said, by channel. Nothing is kept of it."""
    with transactions.read(SYSTEM) as uow:
        key = f"try:{uow.now:%Y%m%d%H%M%S}"
    return {name: ways[name].send(Message(key, {}, TEST_LINE, {})) for name in ROBOTS if name in ways}
