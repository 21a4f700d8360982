"""Which windows can be agreed, and what agreeing leaves behind."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.appointments import actions, queries
from backend.appointments.policy import EARLIEST_S, LATEST_S, BadWindow, WindowPast, check_window
from backend.core import audit
from backend.core.clock import at_local
from backend.core.errors import NotAllowed, NotFound
from backend.core.states import WrongState
from backend.core.uow import UnitOfWork
from backend.orders import actions as order_actions
from backend.orders import queries as orders
from backend.staff.roles import ROLES
from tests.support.office import DAY, HOUR, Office

DESK = "technical_assistant"
S = st.integers(-86_400, 2 * 86_400)


@given(S, S, S)
def test_a_window_lies_in_the_day_and_ahead(from_s: int, to_s: int, now_s: int) -> None:
    now = at_local(DAY, now_s)
    if not EARLIEST_S <= from_s <= to_s <= LATEST_S:
        with pytest.raises(BadWindow):
            check_window(now, DAY, from_s, to_s)
    elif now_s >= to_s:
        with pytest.raises(WindowPast):
            check_window(now, DAY, from_s, to_s)
    else:
        check_window(now, DAY, from_s, to_s)


def appoint(order_id: int, hour: int, *, days: int = 0) -> Any:
    def act(uow: UnitOfWork) -> int:
        on = DAY + timedelta(days=days)
        return actions.appoint(
            uow, order_id=order_id, on=on, from_s=hour * HOUR, to_s=(hour + 2) * HOUR, agreed_with=" 李工 "
        )

    return act


def test_agreeing_and_agreeing_anew(office: Office) -> None:
    order_id = office.repair()
    for login in set(ROLES) - {DESK}:
        with pytest.raises(NotAllowed):
            office.do(login, appoint(order_id, 10))
    with pytest.raises(NotFound):
        office.do(DESK, appoint(9999, 10))
    with pytest.raises(WindowPast):
        office.do(DESK, appoint(order_id, 7))  # it is nine; until nine the window was open
    with pytest.raises(WindowPast):
        office.do(DESK, appoint(order_id, 20, days=-1))
    with pytest.raises(BadWindow):
        office.do(DESK, appoint(order_id, 21))
    assert office.see(lambda uow: queries.history(uow, order_id)) == []
    assert office.see(lambda uow: orders.get(uow, order_id)).status == "approved"
    office.do(DESK, appoint(order_id, 8))  # it has begun, but is not over
    office.do(DESK, appoint(order_id, 14, days=1))
    first, second = office.see(lambda uow: queries.history(uow, order_id))
    assert first.ended_at is not None and second.ended_at is None and second.agreed_with == "李工"
    assert office.see(lambda uow: queries.on_day(uow, DAY)) == [], "the old one is history"
    assert office.see(lambda uow: queries.current(uow, [order_id, 9999])) == {order_id: second}
    trail = office.see(lambda uow: audit.trail(uow, entity="service_order", entity_id=order_id).rows)
    agreed = [row for row in trail if row.action == "window_agreed"]
    assert [(row.before or {}).get("from_s") for row in agreed] == [8 * HOUR, None]
    office.do(DESK, lambda uow: order_actions.cancel(
        uow, order_id=order_id, note="不做了"))  # fmt: skip
    with pytest.raises(WrongState):
        office.do(DESK, appoint(order_id, 15))


def test_two_customers_may_have_the_same_window(office: Office) -> None:
    """Windows of different orders overlap freely: whether one engineer can do both is the plan's question."""
    ids = [office.repair(), office.repair()]
    for order_id, hour in zip(ids, (10, 11), strict=True):
        office.do(DESK, appoint(order_id, hour))
    assert [row.order_id for row in office.see(lambda uow: queries.on_day(uow, DAY))] == ids
