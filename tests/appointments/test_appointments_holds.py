"""Windows held during a call: who may, for how long, who loses, and what the customer gets in writing."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest

from backend.adapters.sms import SmsGateway, make_sms
from backend.appointments import holds
from backend.appointments.holds import HOLD_S, HeldByOther
from backend.core import audit
from backend.core.clock import FixedClock
from backend.core.errors import NotAllowed
from backend.core.settings import BadSetting
from backend.core.states import WrongState
from backend.dispatch import booking, drafts, offers
from backend.dispatch.booking import NoRoom
from backend.jobs import holding, sending
from backend.notifications import customer_messages
from backend.notifications import queries as inbox
from backend.notifications.customer_messages import MessageOver
from backend.orders import actions as orders
from backend.staff import actions as staff
from backend.staff import queries as staff_queries
from backend.staff.roles import ROLES
from tests.support.office import DAY, HOUR, Act, Office, call

DESK, SECOND = "technical_assistant", "second"
WEDNESDAY = DAY + timedelta(days=1)


@pytest.fixture
def desk(office: Office) -> Office:
    """The office with a second technical assistant."""
    person = office.do(
        "system",
        call(staff.add_person, login=SECOND, name="孙丽", password="right-horse-battery", roles=[DESK]),
    )
    office.actors[SECOND] = office.see(lambda uow: staff_queries.actor(uow, person, "web"))
    return office


def hold(order_id: int, hour: int = 10, *, insist: bool = False) -> Act:
    return call(
        booking.hold,
        order_id=order_id,
        on=WEDNESDAY,
        from_s=hour * HOUR,
        to_s=(hour + 2) * HOUR,
        insist=insist,
    )


def agree(order_id: int, hour: int = 10, *, insist: bool = False) -> Act:
    return call(
        booking.agree,
        order_id=order_id,
        on=WEDNESDAY,
        from_s=hour * HOUR,
        to_s=(hour + 2) * HOUR,
        insist=insist,
    )


def actions_of(office: Office, order_id: int) -> list[str]:
    rows = office.see(lambda uow: audit.trail(uow, entity="service_order", entity_id=order_id).rows)
    return [row.action for row in reversed(rows)]


def test_a_hold_begins_goes_on_moves_and_is_agreed(desk: Office) -> None:
    order_id = desk.repair()
    for login in set(ROLES) - {DESK}:
        with pytest.raises(NotAllowed):
            desk.do(login, hold(order_id))
    first = desk.do(DESK, hold(order_id))
    assert desk.do(DESK, hold(order_id)).id == first.id, "the same once more goes on"
    other = desk.do(DESK, hold(order_id, 14))
    assert other.id != first.id
    assert [row.id for row in desk.see(lambda uow: holds.on_days(uow, [WEDNESDAY]))] == [other.id]
    with pytest.raises(HeldByOther) as refused:
        desk.do(SECOND, hold(order_id))
    assert "技术助理" in refused.value.sentence("zh") and "10 分钟" in refused.value.sentence("zh")
    for act in (agree(order_id, 14), call(holds.release, order_id=order_id)):
        with pytest.raises(HeldByOther):
            desk.do(SECOND, act)
    made = desk.do(DESK, agree(order_id, 14))
    assert desk.do(DESK, agree(order_id, 14)) == made, "agreeing twice is agreeing once"
    assert desk.see(lambda uow: holds.on_days(uow, [WEDNESDAY])) == []
    story = ["window_held", "hold_replaced", "window_held", "hold_agreed", "appoint", "window_agreed"]
    assert actions_of(desk, order_id)[-6:] == story
    with pytest.raises(WrongState):
        desk.do(DESK, call(orders.cancel, order_id=order_id, note="不装了"))
        desk.do(DESK, hold(order_id))


def test_a_hold_that_nobody_confirms_ends_and_its_holder_is_told(desk: Office, clock: FixedClock) -> None:
    order_id = desk.repair()
    desk.do(DESK, hold(order_id))
    assert holding.end_holds(desk.transactions) == 0
    clock.advance(seconds=HOLD_S)
    assert desk.see(lambda uow: holds.of_orders(uow, [order_id])) == {}, "it is free before anybody looks"
    assert holding.end_holds(desk.transactions) == 1
    assert holding.end_holds(desk.transactions) == 0
    told = desk.see(lambda uow: inbox.inbox(uow, desk.ids[DESK]).rows)
    assert [row.kind for row in told] == ["hold_expired"] and "没有确认" in told[0].zh
    assert desk.do(SECOND, hold(order_id)).held_by_name == "孙丽"
    clock.advance(seconds=HOLD_S)
    assert desk.do(DESK, hold(order_id)).held_by_name == "技术助理", "without the background too"
    assert "hold_expired" in actions_of(desk, order_id)


def one_engineer_left(desk: Office) -> None:
    """On Wednesday only one works, and he has room for one more visit in the morning."""
    for login in ("engineer2", "engineer3", "engineer4", "engineer5"):
        desk.do(
            DESK,
            call(
                staff.add_absence,
                person_id=desk.ids[login],
                first_on=WEDNESDAY,
                last_on=WEDNESDAY,
                kind="leave",
            ),
        )


def test_two_cannot_hold_the_last_room_and_the_second_is_told_by_whom(desk: Office) -> None:
    one_engineer_left(desk)
    orders_ = [desk.repair() for _ in range(6)]
    taken, refused = [], None
    for n, order_id in enumerate(orders_):
        try:
            desk.do((DESK, SECOND)[n % 2], hold(order_id))
            taken.append(order_id)
        except NoRoom as refusal:
            refused = (order_id, refusal)
            break
    assert taken and refused is not None, "one engineer has room for some, not for six"
    order_id, refusal = refused
    assert "正替别的客户占着" in refusal.sentence("zh")
    found = desk.see(lambda uow: offers.offer(uow, order_id=order_id, on=WEDNESDAY, window=(36000, 43200)))
    assert not found.fits and found.grade == "none" and found.held_by
    desk.do(DESK, hold(order_id, insist=True))
    assert "window_insisted" in actions_of(desk, order_id), "her word is final, and kept"


def test_of_two_at_once_for_the_last_room_one_loses_and_knows(desk: Office) -> None:
    one_engineer_left(desk)
    ids = [desk.repair() for _ in range(7)]
    for order_id in ids:
        try:
            desk.do(DESK, hold(order_id))
        except NoRoom:
            break
    last = [row.order_id for row in desk.see(lambda uow: holds.on_days(uow, [WEDNESDAY]))][-1]
    desk.do(DESK, call(holds.release, order_id=last))
    rest = [order_id for order_id in ids if order_id not in (last,)][-2:]
    results = desk.overlap((DESK, hold(rest[0])), (SECOND, hold(rest[1])))
    won = [result for result in results if isinstance(result, holds.HoldRow)]
    lost = [result for result in results if isinstance(result, NoRoom)]
    assert len(won) == 1 and len(lost) == 1, results


def test_a_draft_makes_offers_of_a_day_without_a_plan_and_changes_nothing_of_them(desk: Office) -> None:
    ids = [desk.repair() for _ in range(5)]
    for n, order_id in enumerate(ids[:4]):
        desk.do(DESK, agree(order_id, (9, 10, 13, 15)[n]))
    before = desk.see(lambda uow: offers.suggest_windows(uow, ids[4]))
    assert drafts.refresh(desk.transactions) == 4
    assert drafts.refresh(desk.transactions) == 0, "nothing has changed"
    assert desk.see(lambda uow: offers.suggest_windows(uow, ids[4])) == before
    desk.do(DESK, hold(ids[4], 13))
    assert drafts.refresh(desk.transactions) == 1, "only the day that changed"


def test_the_customer_gets_it_in_writing_once_and_only_what_is_true(desk: Office, clock: FixedClock) -> None:
    order_id = desk.repair()
    desk.do(DESK, agree(order_id))
    desk.relay()
    (first,) = desk.see(lambda uow: customer_messages.to_send(uow))
    assert "11月25日（周三）10:00–12:00" in first.text and first.phone == "13800000000"
    desk.do(DESK, agree(order_id, 14))
    desk.relay()
    (second,) = desk.see(lambda uow: customer_messages.to_send(uow))
    assert "上门时间改为" in second.text and "14:00–16:00" in second.text
    with pytest.raises(MessageOver):
        desk.do(DESK, call(customer_messages.mark_sent, message_id=first.id))
    with pytest.raises(NotAllowed):
        desk.do("sales", call(customer_messages.mark_sent, message_id=second.id))
    for _ in range(2):
        desk.do(DESK, call(customer_messages.mark_sent, message_id=second.id))
    assert desk.see(customer_messages.to_send_count) == 0
    assert actions_of(desk, order_id).count("message_sent") == 1
    third = desk.repair()
    desk.do(DESK, agree(third, 9))
    desk.relay()
    desk.do(DESK, call(orders.cancel, order_id=third, note="不装了"))
    desk.relay()
    assert desk.see(customer_messages.to_send_count) == 0, "a cancelled visit is not confirmed"


class Gateway(BaseHTTPRequestHandler):
    """A gateway that answers what the test wants next."""

    answers: ClassVar[list[int]] = []
    got: ClassVar[list[dict[str, str]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append(json.loads(body) | {"auth": self.headers["Authorization"]})
        self.send_response(self.answers.pop(0))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing on the screen."""


@pytest.fixture
def gateway() -> Iterator[SmsGateway]:
    Gateway.answers.clear()
    Gateway.got.clear()
    server = HTTPServer(("127.0.0.1", 0), Gateway)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield SmsGateway(f"http://127.0.0.1:{server.server_port}/sms", "secret")
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_gateway_sends_it_tries_again_and_is_believed_when_it_refuses(
    desk: Office, clock: FixedClock, gateway: SmsGateway
) -> None:
    def written(hour: int) -> None:
        desk.do(DESK, agree(desk.repair(), hour))
        desk.relay()

    written(10)
    Gateway.answers.extend([503, 200])
    assert sending.send_due(desk.transactions, "sms", None) == 0, "without a gateway it waits for a person"
    assert sending.send_due(desk.transactions, "sms", gateway) == 1
    assert sending.send_due(desk.transactions, "sms", gateway) == 0, (
        "a busy gateway is left alone for a while"
    )
    clock.advance(minutes=1)
    assert sending.send_due(desk.transactions, "sms", gateway) == 1
    assert desk.see(customer_messages.to_send_count) == 0
    assert len({one["key"] for one in Gateway.got}) == 1 and Gateway.got[0]["auth"] == "Bearer secret"
    written(13)
    Gateway.answers.append(422)
    sending.send_due(desk.transactions, "sms", gateway)
    (refused,) = desk.see(lambda uow: customer_messages.to_send(uow))
    assert (refused.status, refused.detail) == ("refused", "HTTP 422"), "a person has to do it"
    assert sending.send_due(desk.transactions, "sms", gateway) == 0
    with pytest.raises(BadSetting):
        make_sms("file:///etc/passwd", "")
    assert make_sms("", "") is None
