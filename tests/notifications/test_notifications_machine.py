"""Random days of news, senders that die, services that fail: nothing in quiet hours, nothing twice, everything ends."""

import contextlib
from collections import Counter
from datetime import datetime
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from backend.adapters.ways import Message, Result
from backend.core.clock import SHANGHAI, FixedClock
from backend.jobs import sending
from backend.notifications import actions, deliveries, policy, preferences
from backend.notifications.models import Delivery, InboxItem, NewsPreference
from backend.notifications.policy import Quiet
from tests.notifications.test_notifications_deliveries import phone
from tests.support.office import Office

OUTCOMES = ("sent", "sent", "retry", "refused", "unsure", "dies")
KINDS = ("card_due", "escalated", "card_overdue")
START = datetime(2026, 11, 24, 18, 0, tzinfo=SHANGHAI)

tells = st.tuples(st.just("tell"), st.sampled_from(KINDS))
waits = st.tuples(st.just("wait"), st.integers(10, 5 * 3600))
sends = st.tuples(st.just("send"), st.sampled_from(("web_push", "wecom")), st.sampled_from(OUTCOMES))
reads = st.tuples(st.just("read"))
hours = st.tuples(st.just("quiet"), st.integers(0, 23), st.integers(0, 23))
scripts = st.lists(st.one_of(tells, waits, sends, sends, reads, hours), min_size=5, max_size=30)


class Killed(BaseException):
    """The process of the sender was killed."""


class Way:
    """Gives one outcome, and keeps what it was handed with the moment."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock, self.outcome = clock, "sent"
        self.got: list[tuple[datetime, Message, str]] = []

    def send(self, message: Message) -> Result:
        self.got.append((self.clock.now(), message, self.outcome))
        if self.outcome == "dies":
            raise Killed
        return Result(self.outcome)  # type: ignore[arg-type]


def forget(uow: Any) -> None:
    for table in (Delivery, InboxItem, NewsPreference):
        uow.session.execute(delete(table))


@settings(
    max_examples=40, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(script=scripts)
@example(script=[("tell", "escalated"), ("send", "wecom", "dies"), ("send", "web_push", "dies")])
@example(
    script=[("tell", "escalated"), ("send", "wecom", "unsure"), ("wait", 600), ("send", "wecom", "sent")]
)
def test_whatever_happens(office: Office, clock: FixedClock, script: list[tuple[Any, ...]]) -> None:
    clock.at = START
    office.do("system", forget)
    phone(office)
    push, robot, quiet, urgent = Way(clock), Way(clock), Quiet(), dict[str, bool]()

    def send(channel: str, outcome: str) -> None:
        way = push if channel == "web_push" else robot
        way.outcome, before = outcome, len(way.got)
        with contextlib.suppress(Killed):
            sending.SENDERS[channel](office.transactions, channel, way)
        if channel == "web_push":
            for at, message, _ in way.got[before:]:
                assert urgent[message.text] or policy.quiet_until(quiet, at) is None, (at, message)

    for n, (what, *given_) in enumerate(script):
        if what == "wait":
            clock.advance(seconds=given_[0])
        elif what == "send":
            send(*given_)
        elif what == "read":
            office.do("engineer", actions.mark_read)
        elif what == "quiet":
            quiet = Quiet(given_[0] != given_[1], given_[0] * 3600, given_[1] * 3600)
            office.do("engineer", lambda uow, quiet=quiet: preferences.change(uow, choices={}, quiet=quiet))
        else:
            text, kind = f"消息 {n}。", given_[0]
            urgent[text] = policy.topic_of(kind, {}, clock.now()).urgent

            def tell(uow: Any, text: str = text, kind: str = kind, key: str = f"k{n}") -> None:
                given = {"fact_key": key, "kind": kind, "zh": text}
                actions.tell(uow, person_id=office.ids["engineer"], en=text, **given)
                actions.tell_groups(uow, **given)

            office.do("system", tell)

    for _ in range(14):  # then everything works, for two days
        clock.advance(minutes=210)
        for channel in ("web_push", "wecom"):
            send(channel, "sent")
    sending.send_group(office.transactions, "dingtalk", None)

    ended = office.see(lambda uow: dict(uow.session.execute(select(Delivery.key, Delivery.status)).all()))
    assert set(ended.values()) <= set(deliveries.ENDS), "everything ends"
    sent = {key for key, status in ended.items() if status == "sent"}
    taken = Counter(message.key for _, message, outcome in push.got if outcome == "sent")
    assert {key for key, times in taken.items()} == {key for key in sent if ":web_push:" in key}
    assert all(times == 1 for times in taken.values()), "the service took it once"
    lines = Counter(
        line
        for _, message, outcome in robot.got
        if outcome != "retry"
        for line in urgent
        if line in message.text
    )
    assert all(times == 1 for times in lines.values()), "a group never reads it twice"
    tries = Counter(message.key for _, message, _ in push.got)
    assert all(times <= deliveries.MOST_TRIES for times in tries.values())
