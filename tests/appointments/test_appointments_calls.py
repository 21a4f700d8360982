"""Whom to call first, and how often a customer is called."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.appointments import actions, calls
from backend.appointments.calls import MOST_A_DAY, BadCallBack, CallRow, Turn, not_before
from backend.core.clock import FixedClock, at_local
from backend.core.errors import Invalid, Missing, NotAllowed, NotFound
from backend.core.uow import UnitOfWork
from backend.orders import actions as order_actions
from backend.orders import queries as orders
from backend.staff.roles import ROLES
from tests.dispatch.department import add_order
from tests.support.office import DAY, HOUR, Act, Office, call

DESK = "technical_assistant"
NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)  # nine in Beijing


def made(*ago: tuple[float, str], back: datetime | None = None) -> list[CallRow]:
    """Calls so many hours ago, newest first; the newest one with a time to call again."""
    return [
        CallRow(n, 1, 1, NOW - timedelta(hours=hours), 1, outcome, back if n == 0 else None, "")
        for n, (hours, outcome) in enumerate(ago)
    ]


@pytest.mark.parametrize(
    ("before", "until"),
    [
        ([], None),
        (made((3, "not_answered")), None),
        (made((1, "not_answered")), NOW + timedelta(hours=1)),
        (made((0.5, "busy")), None),
        (made((0.1, "busy")), NOW + timedelta(minutes=9)),
        (made((0.2, "busy"), (0.5, "busy"), (0.9, "busy")), at_local(DAY + timedelta(days=1), 9 * HOUR)),
        (made((24, "busy"), (25, "busy"), (26, "busy")), None),
        (made((1, "refused")), NOW + timedelta(hours=72)),
        (made((-8, "not_answered")), at_local(DAY + timedelta(days=1), 9 * HOUR)),
        (made((0.1, "call_back"), back=NOW + timedelta(hours=5)), NOW + timedelta(hours=5)),
        (made((5, "call_back"), (6, "busy"), (7, "busy"), back=NOW - timedelta(minutes=1)), None),
    ],
)
def test_how_long_a_customer_is_left_alone(before: list[CallRow], until: datetime | None) -> None:
    assert len(made((0, "busy"), (0, "busy"), (0, "busy"))) == MOST_A_DAY
    assert not_before(NOW, before) == until


def record(order_id: int, outcome: str = "not_answered", **given: object) -> Act:
    return call(calls.record, order_id=order_id, outcome=outcome, **given)


def test_a_call_is_kept_once_and_says_what_is_wrong(office: Office) -> None:
    order_id = office.repair()
    for login in set(ROLES) - {DESK}:
        with pytest.raises(NotAllowed):
            office.do(login, record(order_id))
    for refusal, act in (
        (NotFound, record(9999)),
        (Invalid, record(order_id, "sleeping")),
        (Missing, record(order_id, "call_back")),
        (BadCallBack, record(order_id, "call_back", call_back_at=NOW - timedelta(minutes=1))),
        (BadCallBack, record(order_id, "call_back", call_back_at=NOW + timedelta(days=31))),
    ):
        with pytest.raises(refusal):
            office.do(DESK, act)
    key = "3b241101-e2bb-4255-8caf-4136c566a962"
    ids = {office.do(DESK, record(order_id, client_key=key)) for _ in range(2)}
    assert len(ids) == 1


def turns(office: Office) -> list[Turn]:
    def read(uow: UnitOfWork) -> list[Turn]:
        return calls.calling_order(uow, orders.with_status(uow, ["approved"]))

    found: list[Turn] = office.see(read)
    return found


def test_whom_to_call_first(office: Office, clock: FixedClock) -> None:
    """Asked for now, urgent, over its day, due, near what is agreed, the rest, and at the end who rests."""

    def order(n: int, *, due_in: int, urgent: bool = False) -> int:
        def act(uow: UnitOfWork) -> int:
            order_id = add_order(uow, n, urgent=urgent)
            kept = orders.get(uow, order_id)
            assert kept.due_on is not None
            from backend.orders.models import ServiceOrder

            uow.session.get_one(ServiceOrder, order_id).due_on = DAY + timedelta(days=due_in)
            return order_id

        made_id: int = office.do("system", act)
        return made_id

    far, near, agreed = order(11, due_in=9), order(4, due_in=9), order(16, due_in=9)
    due, over, urgent = order(2, due_in=1), order(6, due_in=-2), order(8, due_in=0, urgent=True)
    asked, resting = order(10, due_in=9), order(3, due_in=-5)
    on = DAY + timedelta(days=2)
    office.do(DESK, call(actions.appoint, order_id=agreed, on=on, from_s=9 * HOUR, to_s=11 * HOUR))
    office.do(DESK, record(asked, "call_back", call_back_at=clock.at + timedelta(minutes=30)))
    office.do(DESK, record(resting))
    assert [turn.order.id for turn in turns(office)][-2:] == [asked, resting], "both wait for their hour"
    clock.advance(minutes=31)
    found = turns(office)
    assert [turn.order.id for turn in found] == [asked, urgent, over, due, near, far, resting]
    assert [turn.why for turn in found] == ["asked", "urgent", "overdue", "due", "near", "plain", "overdue"]
    assert found[2].n == 2 and found[4].n == 1 and found[-1].not_before == NOW + timedelta(hours=2)


def test_a_customer_with_two_orders_is_called_about_both_at_once(office: Office) -> None:
    first = office.repair()
    row = office.see(lambda uow: orders.get(uow, first))

    def again(uow: UnitOfWork) -> int:
        kept = order_actions.create_service_order(
            uow,
            kind="maintenance",
            customer_id=row.customer_id,
            site_id=row.site_id,
            contact_name="李工",
            contact_phone="13800000000",
            problem="年检",
        )
        order_actions.approve(uow, order_id=kept.id)
        return kept.id

    second = office.do("system", again)
    office.do(DESK, record(first))
    resting = {turn.order.id for turn in turns(office) if turn.not_before is not None}
    assert resting == {first, second}, "it is he who would be disturbed again"
