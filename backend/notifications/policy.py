"""Which news goes where and when: topics, channels, quiet hours. Pure functions; the inbox always gets everything.

A topic is what a person chooses about; several kinds of messages belong to one. Urgent topics pass through quiet hours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from backend.core.clock import at_local, local_date, seconds_of_day
from backend.core.states import Label

DAY_S = 86_400
PUSH, SMS = "push", "sms"
PERSONAL: dict[str, Label] = {PUSH: Label("手机推送", "Push"), SMS: Label("短信", "Text message")}
"""What a person chooses between. A push goes by every push service that one of his phones is known to."""
ROBOTS = ("wecom", "dingtalk")
SMS_AFTER = timedelta(minutes=2)
"""A text message costs money and is sent only if the message was not read by then."""


@dataclass(frozen=True)
class Topic:
    """One line of the preferences. ``useful_h``: after so many hours it is old news and only the inbox has it."""

    code: str
    label: Label
    kinds: tuple[str, ...]
    roles: frozenset[str]
    channels: frozenset[str] = frozenset({PUSH})
    urgent: bool = False
    group: bool = False
    useful_h: int = 14

    @property
    def useful(self) -> timedelta:
        """How long a hint at it is worth sending."""
        return timedelta(hours=self.useful_h)


_ASSISTANT, _SUPERVISOR, _ENGINEER = "technical_assistant", "technical_supervisor", "engineer"


def _topic(
    code: str, zh: str, en: str, kinds: str, roles: tuple[str, ...], *, sms: bool = False, **given: Any
) -> Topic:
    channels = frozenset({PUSH, SMS} if sms else {PUSH})
    return Topic(code, Label(zh, en), tuple(kinds.split()), frozenset(roles), channels, **given)


TODAY = _topic(
    "today", "今天的单子有变", "Today's visits changed", "", (_ENGINEER,), sms=True, urgent=True, useful_h=6
)
OTHER = _topic("other", "其他", "Anything else", "", ())
TOPICS: dict[str, Topic] = {
    topic.code: topic
    for topic in (
        TODAY,
        _topic(
            "schedule",
            "以后的日程有变",
            "Another day's visits changed",
            "schedule_changed visit_gone",
            (_ENGINEER,),
        ),
        _topic(
            "own_cards", "反馈卡快到期，卡或路费被退回", "Cards due; cards or claims sent back",
            "card_due card_returned claim_returned special_cause_decided photo_unusable", (_ENGINEER,),
        ),
        _topic(
            "escalation", "工程师上报、到时间没人答", "Escalations, and those past their time",
            "escalated escalation_overdue", (_SUPERVISOR, _ASSISTANT),
            sms=True, urgent=True, group=True,
        ),
        _topic(
            "unplaced", "加急单没有排上", "Urgent order without a place", "urgent_unplaced", (_ASSISTANT, "desk_supervisor"),
            sms=True, urgent=True, group=True,
        ),
        _topic(
            "waiting", "工程师在现场等客户", "Engineer waiting on site", "visit_waiting", (_ASSISTANT,),
            urgent=True, useful_h=2,
        ),
        _topic(
            "late_cards", "反馈卡超时", "Cards past their time", "card_overdue", (_ASSISTANT, _SUPERVISOR), group=True
        ),
        _topic(
            "cards", "反馈卡交来、特殊因素、改派后的材料", "Cards that came in, special causes, evidence",
            "card_submitted special_cause_asked evidence_kept", (_ASSISTANT, _SUPERVISOR),
        ),
        _topic(
            "answers", "提问和回答", "Questions and answers",
            "question_asked thread_answered thread_passed_on thread_solved summary_submitted",
            (_ENGINEER, _SUPERVISOR, _ASSISTANT),
        ),
        _topic(
            "desk", "预约放开、方案确认、设备质量", "Holds, install plans, device quality",
            "hold_expired install_plan_confirmed device_reported", (_ASSISTANT, _SUPERVISOR, "stock_assistant"),
        ),
        OTHER,
    )
}  # fmt: skip
_BY_KIND = {kind: topic for topic in TOPICS.values() for kind in topic.kinds}
_OF_A_DAY = frozenset({"schedule_changed", "visit_gone"})


def topic_of(kind: str, data: Mapping[str, Any], now: datetime) -> Topic:
    """The topic of a message: a change of today's visits is urgent, of another day's not; unknown kinds are `OTHER`."""
    if kind in _OF_A_DAY and data.get("on") == local_date(now).isoformat():
        return TODAY
    return _BY_KIND.get(kind, OTHER)


def topics_for(roles: frozenset[str]) -> list[Topic]:
    """The topics that people of these roles get news of, in the order of the page."""
    return [topic for topic in TOPICS.values() if topic.roles & roles]


@dataclass(frozen=True)
class Quiet:
    """Quiet hours in seconds since Beijing's midnight; ``to_s`` before ``from_s`` means the next morning."""

    on: bool = True
    from_s: int = 21 * 3600
    to_s: int = 7 * 3600 + 1800


def quiet_until(quiet: Quiet, at: datetime) -> datetime | None:
    """The end of the quiet hours that ``at`` lies in; None where it lies in none."""
    if not quiet.on or quiet.from_s == quiet.to_s:
        return None
    day = local_date(at)
    second = seconds_of_day(at, day)
    if quiet.from_s < quiet.to_s:
        return at_local(day, quiet.to_s) if quiet.from_s <= second < quiet.to_s else None
    if second >= quiet.from_s:
        return at_local(day, DAY_S + quiet.to_s)
    return at_local(day, quiet.to_s) if second < quiet.to_s else None


def chosen(topic: Topic, choices: Mapping[str, list[str]]) -> frozenset[str]:
    """The channels of a topic: what the person chose, else the topic's own; text messages for urgent ones only."""
    wanted = frozenset(choices[topic.code]) if topic.code in choices else topic.channels
    return frozenset(channel for channel in wanted & PERSONAL.keys() if channel != SMS or topic.urgent)


def first_moment(topic: Topic, channel: str, quiet: Quiet, now: datetime) -> datetime:
    """When a hint at something that happened now may go out first."""
    at = now + SMS_AFTER if channel == SMS else now
    return at if topic.urgent else quiet_until(quiet, at) or at


Verdict = Literal["send", "hold", "stale"]


def verdict(
    *, urgent: bool, quiet: Quiet, now: datetime, useful_until: datetime
) -> tuple[Verdict, datetime | None]:
    """What to do with a hint whose time has come: send it, hold it until a moment, or leave it as old news."""
    if now >= useful_until:
        return "stale", None
    morning = None if urgent else quiet_until(quiet, now)
    if morning is None:
        return "send", None
    return ("stale", None) if morning >= useful_until else ("hold", morning)
