"""What goes out by each channel: once, at the right moment, and written down how it ended."""

import threading
from collections import Counter
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from backend.adapters.ways import Message, Result
from backend.core.clock import SHANGHAI, FixedClock
from backend.core.errors import NotFound
from backend.jobs import sending
from backend.jobs.reminding import remind
from backend.notifications import actions, deliveries, preferences, queries
from backend.notifications.models import Delivery
from backend.notifications.policy import Quiet
from backend.staff import account, auth
from backend.staff.models import DeviceToken
from backend.visits import threads
from tests.dispatch.department import add_order
from tests.support.office import ROUND, Office
from tests.support.phone_browser import PhoneBrowser

SOON, NIGHT, MORNING = (24, 10, 0), (24, 22, 15), (25, 7, 30)


class Told:
    """A way out that keeps what it was asked to send and answers what it is told to."""

    def __init__(self, *answers: Result) -> None:
        self.answers, self.got, self.lock = list(answers), list[Message](), threading.Lock()

    def send(self, message: Message) -> Result:
        with self.lock:
            self.got.append(message)
            return self.answers.pop(0) if self.answers else Result("sent")

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.got]


def at(clock: FixedClock, day: int, hour: int, minute: int = 0) -> None:
    clock.at = datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


def phone(office: Office, login: str = "engineer", endpoint: str = "https://fcm.googleapis.com/1") -> int:
    """A phone whose browser takes Web Push; its id."""

    def register(uow: Any) -> int:
        token = auth.open_device(uow, office.ids[login], name="Redmi")
        uow.flush()
        device = uow.session.scalars(
            select(DeviceToken).where(DeviceToken.token_hash == auth.digest(token))
        ).one()
        address = PhoneBrowser(endpoint).address
        preferences.subscribe(
            uow, device_id=device.id, endpoint=endpoint, p256dh=address["p256dh"], auth=address["auth"]
        )
        return int(device.id)

    made: int = office.do(login, register)
    return made


def tell(office: Office, key: str, kind: str = "card_due", login: str = "engineer", **data: Any) -> None:
    def act(uow: Any) -> None:
        actions.tell(
            uow, person_id=office.ids[login], fact_key=key, kind=kind, zh=f"消息 {key}", en=key, data=data
        )

    office.do("system", act)


def rows(office: Office) -> list[tuple[str, str]]:
    def read(uow: Any) -> list[tuple[str, str]]:
        return [
            (one.channel, one.status) for one in uow.session.scalars(select(Delivery).order_by(Delivery.id))
        ]

    found: list[tuple[str, str]] = office.see(read)
    return found


def send(office: Office, way: Any, channel: str = "web_push") -> int:
    return sending.SENDERS[channel](office.transactions, channel, way)


def test_a_hint_goes_to_each_phone_once(office: Office) -> None:
    for n in range(2):
        phone(office, endpoint=f"https://fcm.googleapis.com/{n}")
    tell(office, "a", visit_id=7)
    tell(office, "a", visit_id=7)
    way = Told()
    assert send(office, way) == 2 and send(office, way) == 0
    assert len({message.key for message in way.got}) == 2
    assert way.got[0].data["visit_id"] == "7" and way.texts == ["消息 a"] * 2
    assert rows(office) == [("web_push", "sent")] * 2


def test_quiet_hours_hold_until_the_morning_and_urgent_ones_pass(office: Office, clock: FixedClock) -> None:
    at(clock, *NIGHT)
    phone(office)
    tell(office, "card")
    tell(office, "changed", "schedule_changed", on="2026-11-24")
    tell(office, "tomorrow", "schedule_changed", on="2026-11-25")
    way = Told()
    assert send(office, way) == 1 and way.texts == ["消息 changed"]
    at(clock, 25, 7, 29)
    assert send(office, way) == 0
    at(clock, *MORNING)
    assert send(office, way) == 2 and way.texts[1:] == ["消息 card", "消息 tomorrow"]
    inbox = office.see(lambda uow: queries.inbox(uow, office.ids["engineer"])).rows
    assert len(inbox) == 3, "the inbox had them all at once"


def test_what_was_read_meanwhile_and_what_is_old_news_stays_away(office: Office, clock: FixedClock) -> None:
    at(clock, *NIGHT)
    phone(office)
    tell(office, "read")
    office.do("engineer", actions.mark_read)
    tell(office, "old")
    way = Told()
    assert not office.see(lambda uow: deliveries.any_due(uow, "web_push"))
    at(clock, *MORNING)
    office.do("system", lambda uow: deliveries.take(uow, "web_push", limit=1))
    at(clock, 25, 13)
    assert send(office, way) == 0
    assert rows(office) == [("web_push", "dropped"), ("web_push", "stale")]


def test_hours_that_changed_meanwhile_hold_for_what_waits(office: Office, clock: FixedClock) -> None:
    at(clock, *SOON)
    phone(office)
    tell(office, "a")
    quiet = Quiet(True, 9 * 3600, 12 * 3600)
    office.do("engineer", lambda uow: preferences.change(uow, choices={}, quiet=quiet))
    way = Told()
    assert send(office, way) == 0 and rows(office) == [("web_push", "waiting")]
    at(clock, 24, 12)
    assert send(office, way) == 1


def test_retries_wait_longer_each_time_and_as_long_as_the_service_asks(
    office: Office, clock: FixedClock
) -> None:
    at(clock, *SOON)
    phone(office)
    tell(office, "a")
    way = Told(
        Result("retry", "HTTP 503"), Result("retry", "HTTP 429", 300.0), Result("retry"), Result("sent")
    )
    waits = []
    for _ in range(3):
        assert send(office, way) == 1
        waits.append(0)
        while not office.see(lambda uow: deliveries.any_due(uow, "web_push")):
            clock.advance(seconds=10)
            waits[-1] += 10
    assert waits == [30, 300, 120]
    assert send(office, way) == 1 and rows(office) == [("web_push", "sent")]


def test_a_gone_address_is_forgotten_but_not_a_newer_one(office: Office, clock: FixedClock) -> None:
    at(clock, *SOON)
    device_id = phone(office)
    tell(office, "a")
    assert send(office, Told(Result("gone", "HTTP 410"))) == 1
    assert office.see(lambda uow: preferences.subscription(uow, device_id)) is None
    tell(office, "b")
    assert rows(office) == [("web_push", "gone")], "no phone, no hint"

    def again(endpoint: str) -> Any:
        keys = PhoneBrowser(endpoint).address
        return lambda uow: preferences.subscribe(
            uow, device_id=device_id, endpoint=endpoint, p256dh=keys["p256dh"], auth=keys["auth"]
        )

    office.do("engineer", again("https://fcm.googleapis.com/old"))
    tell(office, "c")

    class Renewed(Told):
        def send(self, message: Message) -> Result:
            office.do("engineer", again("https://fcm.googleapis.com/new"))
            return Result("gone")

    send(office, Renewed())
    kept = office.see(lambda uow: preferences.subscription(uow, device_id))
    assert kept is not None and kept["endpoint"].endswith("/new")


def test_a_sender_that_dies_leaves_what_the_next_can_judge(office: Office, clock: FixedClock) -> None:
    """The phone knows a hint by its key and gets it again; a group would read it twice, so it does not."""
    at(clock, *SOON)
    phone(office)
    tell(office, "a")
    office.do("system", lambda uow: actions.tell_groups(uow, fact_key="g", kind="escalated", zh="王工上报"))

    class Killed(BaseException):
        pass

    class Dies(Told):
        def send(self, message: Message) -> Result:
            super().send(message)
            raise Killed

    first, robot = Dies(), Dies()
    for way, channel in ((first, "web_push"), (robot, "wecom")):
        with pytest.raises(Killed):
            send(office, way, channel)
    second, silent = Told(), Told()
    assert send(office, second) == 0 and send(office, silent, "wecom") == 0, (
        "perhaps the first one still lives"
    )
    clock.advance(seconds=deliveries.LEASE_S + 1)
    assert send(office, second) == 1 and second.got[0].key == first.got[0].key
    assert send(office, silent, "wecom") == 0
    assert dict(rows(office)) == {"web_push": "sent", "wecom": "unsure", "dingtalk": "waiting"}


def test_who_was_overtaken_does_not_write_down_the_end(office: Office, clock: FixedClock) -> None:
    at(clock, *SOON)
    phone(office)
    tell(office, "a")
    (slow,) = office.do("system", lambda uow: deliveries.take(uow, "web_push", limit=9))
    clock.advance(seconds=deliveries.LEASE_S + 1)
    (quick,) = office.do("system", lambda uow: deliveries.take(uow, "web_push", limit=9))

    def note(due: deliveries.Due, outcome: str) -> None:
        office.do(
            "system", lambda uow: deliveries.note(uow, delivery_id=due.id, tries=due.tries, outcome=outcome)
        )

    note(slow, "refused")
    assert rows(office) == [("web_push", "sending")]
    note(quick, "sent")
    note(slow, "gone")
    assert rows(office) == [("web_push", "sent")]


def test_two_senders_at_once_never_have_the_same_one(office: Office, clock: FixedClock) -> None:
    at(clock, *SOON)
    phone(office)
    for n in range(20):
        tell(office, f"n{n}")
    way, errors = Told(), []

    def work() -> None:
        try:
            for _ in range(4):
                send(office, way)
        except Exception as error:
            errors.append(error)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert errors == []
    assert Counter(message.key for message in way.got).most_common(1)[0][1] == 1 and len(way.got) == 20
    assert rows(office) == [("web_push", "sent")] * 20


def test_a_phone_that_is_logged_out_or_lost_hears_nothing(office: Office, clock: FixedClock) -> None:
    at(clock, *SOON)
    device_id = phone(office)
    tell(office, "a")
    office.do("engineer", lambda uow: auth.revoke_device(uow, device_id))
    way = Told()
    assert send(office, way) == 0 and rows(office) == [("web_push", "dropped")]
    with pytest.raises(NotFound):
        office.do("engineer", lambda uow: preferences.unsubscribe(uow, device_id=device_id))


def test_a_text_message_goes_out_if_nobody_read_it_within_two_minutes(
    office: Office, clock: FixedClock
) -> None:
    at(clock, *NIGHT)

    for login in ("technical_supervisor", "technical_assistant"):
        office.do(login, lambda uow: account.change_mobile(uow, number="138 0000 0000"))
    for login in ("technical_supervisor", "technical_assistant"):
        tell(office, "up", "escalated", login)
    way = Told()
    assert send(office, way, "sms") == 0
    office.do("technical_assistant", actions.mark_read)
    clock.advance(minutes=2)
    assert send(office, way, "sms") == 1 and way.got[0].address == {"phone": "138-0000-0000"}
    assert Counter(rows(office)) == {("sms", "sent"): 1, ("sms", "dropped"): 1}


def test_news_for_the_group_is_one_message_once_and_never_in_the_night(
    office: Office, clock: FixedClock
) -> None:
    visit_ids = [office.visit(office.repair(), sequence=n) for n in (1, 2)]
    for visit_id in visit_ids:
        office.step(visit_id, *ROUND)
    clock.advance(hours=24, seconds=1)
    at(clock, 25, 21, 5)
    for _ in range(2):
        remind(office.transactions)
    robot = Told(Result("retry", "45009", 60.0))
    assert send(office, robot, "wecom") == 0
    at(clock, 26, 7, 30)
    assert send(office, robot, "wecom") == 2 and len(robot.got) == 1
    clock.advance(minutes=2)
    assert send(office, robot, "wecom") == 2 and len(robot.got) == 2
    lines = robot.got[1].text.split("\n")
    assert lines[0] == "2 件事" and lines[1].startswith("1. ") and "还没交" in lines[2] and len(lines) == 3
    assert send(office, robot, "wecom") == 0
    assert send(office, None, "dingtalk") == 0
    assert Counter(status for channel, status in rows(office) if channel != "web_push") == {
        "sent": 2,
        "off": 2,
    }


def test_an_escalation_reaches_the_group_at_night(office: Office, clock: FixedClock) -> None:
    visit_id = office.visit(office.repair())
    office.step(visit_id, "accept", "set_out", "sign_in")
    at(clock, *NIGHT)
    office.do("engineer", _escalate(visit_id))
    for _ in range(2):
        office.relay()
    robot = Told()
    assert send(office, robot, "dingtalk") == 1 and "上报" in robot.texts[0]


def _escalate(visit_id: int) -> Any:
    def act(uow: Any) -> None:
        threads.escalate(
            uow,
            visit_id=visit_id,
            uuid="e-1",
            subject="线 2 没有音",
            tried="换了线",
            needed="查局端",
            on_site=True,
        )

    return act


def test_an_urgent_order_that_nobody_goes_to_is_told_once(office: Office, clock: FixedClock) -> None:
    order_id = office.do("system", lambda uow: add_order(uow, 1, urgent=True))
    assert remind(office.transactions) == 0
    clock.advance(minutes=15)
    assert remind(office.transactions) == 2 and remind(office.transactions) == 0
    (told,) = office.see(lambda uow: queries.inbox(uow, office.ids["technical_assistant"])).rows
    assert told.kind == "urgent_unplaced" and told.data["order_id"] == order_id and "15 分钟" in told.zh
    robot = Told()
    assert send(office, robot, "wecom") == 1 and robot.texts == [told.zh]
