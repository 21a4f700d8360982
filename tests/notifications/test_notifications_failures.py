"""What could not be delivered: listed with its reason, tried once more by hand, once however often it is asked for."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from backend.adapters.ways import Result
from backend.core import audit
from backend.core.clock import FixedClock
from backend.core.errors import NotAllowed, NotFound
from backend.jobs import sending
from backend.notifications import actions, customer_messages, failures
from backend.notifications.models import CustomerMessage, Delivery, PushSubscription
from tests.notifications.test_notifications_deliveries import Told, phone, rows, send, tell
from tests.support.office import Office, call

WHO = "technical_assistant"


def failed(office: Office, **filters: Any) -> list[failures.FailedRow]:
    page = office.do(WHO, call(failures.listing, **filters))
    return list(page.rows)


def again(office: Office, delivery_id: int, who: str = WHO) -> bool:
    fresh: bool = office.do(who, call(failures.send_again, delivery_id=delivery_id))
    return fresh


def to_customer(office: Office) -> int:
    """A text message to a customer that is still useful for two hours."""
    order_id = office.repair()

    def act(uow: Any) -> int | None:
        return customer_messages.write(
            uow, order_id=order_id, fact_key="window:1", kind="window_agreed", contact="王女士", phone="13800000001",
            text="明天 9 点到", useful_until=uow.now + timedelta(hours=2),
        )  # fmt: skip

    made: int = office.do("system", act)
    return made


def test_each_failure_is_listed_with_who_what_and_why(office: Office, clock: FixedClock) -> None:
    phone(office)
    tell(office, "one")
    send(office, Told(Result("refused", "HTTP 413")))
    office.do("system", call(actions.tell_groups, fact_key="g", kind="escalated", zh="王磊上报"))
    sending.SENDERS["wecom"](office.transactions, "wecom", Told(Result("unsure", "ReadTimeout")))
    to_customer(office)
    send(office, Told(Result("refused", "no such number")), "sms")
    tell(office, "two")
    send(office, Told())
    found = failed(office)
    assert [(row.channel, row.outcome, row.who, row.phone, row.detail) for row in found] == [
        ("sms", "refused", "王女士", "13800000001", "no such number"),
        ("wecom", "unsure", "", "", "ReadTimeout"),
        ("web_push", "refused", office["engineer"].name, "Redmi", "HTTP 413"),
    ]
    assert [row.text for row in found] == ["明天 9 点到", "王磊上报", "消息 one"]
    assert [row.channel for row in failed(office, channel="sms")] == ["sms"]
    assert [row.channel for row in failed(office, outcome="unsure")] == ["wecom"]
    assert failed(office, before=clock.now()) == [] and len(failed(office, first=clock.now())) == 3
    page = office.do(WHO, call(failures.listing, size=2))
    rest = office.do(WHO, call(failures.listing, size=2, cursor=page.next_cursor))
    assert [row.id for row in (*page.rows, *rest.rows)] == [row.id for row in found]
    assert office.see(call(failures.count, since=clock.now())) == 3


def test_one_more_try_however_often_it_is_asked_for(office: Office) -> None:
    phone(office)
    tell(office, "one")
    send(office, Told(Result("refused", "HTTP 413")))
    (row,) = failed(office)
    assert [again(office, row.id) for _ in range(3)] == [True, False, False]
    way = Told()
    assert send(office, way) == 1 and way.texts == ["消息 one"] and send(office, way) == 0
    assert again(office, row.id) is False and send(office, way) == 0, "it has arrived"
    assert failed(office) == []
    trail = office.see(lambda uow: audit.trail(uow, entity="delivery", entity_id=str(row.id)).rows)
    assert [(one.action, one.before, one.actor) for one in trail] == [
        ("sent_again", {"status": "refused"}, office[WHO].name)
    ]


def test_after_the_last_try_there_is_exactly_one_more(office: Office, clock: FixedClock) -> None:
    phone(office)
    tell(office, "one", "schedule_changed", on="2026-11-24")
    way = Told(*[Result("retry", "HTTP 503")] * 20)
    for _ in range(12):
        send(office, way)
        clock.advance(minutes=25)
    (row,) = failed(office)
    assert row.outcome == "given_up" and again(office, row.id)
    tries = len(way.got)
    for _ in range(3):
        send(office, way)
    assert len(way.got) == tries + 1
    assert [one.outcome for one in failed(office)] == ["given_up"]


def test_old_news_read_news_and_a_phone_without_pushes_are_not_sent(
    office: Office, clock: FixedClock
) -> None:
    phone(office)
    tell(office, "one")
    send(office, Told(Result("refused", "HTTP 413")))
    (row,) = failed(office)
    office.do("system", lambda uow: uow.session.delete(uow.session.scalars(select(PushSubscription)).one()))
    with pytest.raises(failures.NoAddress):
        again(office, row.id)
    office.do("engineer", call(actions.mark_read))
    assert not failed(office)[0].open(clock.now())
    with pytest.raises(failures.NobodyWaits):
        again(office, row.id)
    clock.at = row.useful_until
    with pytest.raises(failures.OldNews):
        again(office, row.id)
    assert rows(office) == [("web_push", "refused")]
    with pytest.raises(NotFound):
        again(office, 10**6)


def test_a_message_to_a_customer_goes_again_unless_it_was_sent_by_hand(office: Office) -> None:
    message_id = to_customer(office)
    send(office, Told(Result("refused", "busy")), "sms")
    (row,) = failed(office)
    assert again(office, row.id)
    way = Told(Result("refused", "busy"))
    assert send(office, way, "sms") == 1
    status = office.see(lambda uow: uow.session.get_one(CustomerMessage, message_id).status)
    assert status == "refused" and len(failed(office)) == 1
    office.do(WHO, call(customer_messages.mark_sent, message_id=message_id))
    assert failed(office) == []
    with pytest.raises(failures.NobodyWaits):
        again(office, row.id)
    assert send(office, way, "sms") == 0


def test_only_who_looks_after_it(office: Office) -> None:
    for who in ("engineer", "technical_supervisor", "manager", "rep_care"):
        with pytest.raises(NotAllowed):
            office.do(who, call(failures.listing))
        with pytest.raises(NotAllowed):
            again(office, 1, who)


def test_a_page_costs_the_same_whatever_is_on_it(office: Office) -> None:
    phone(office)

    def cost() -> int:
        asked: list[str] = []
        engine = office.transactions.engine

        def note(*given: Any) -> None:
            asked.append(given[2])

        event.listen(engine, "before_cursor_execute", note)
        failed(office)
        event.remove(engine, "before_cursor_execute", note)
        return len(asked)

    def fail(*names: str) -> None:
        for name in names:
            tell(office, name)
        send(office, Told(*[Result("refused", "HTTP 413")] * len(names)))

    fail("a")
    one = cost()
    fail(*"bcdefgh")
    assert cost() == one
    assert office.see(lambda uow: len(uow.session.scalars(select(Delivery)).all())) == 8
