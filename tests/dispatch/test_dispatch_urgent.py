"""An urgent order: its places break nothing, one step appoints, places and tells only those whom it concerns."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from backend.appointments import queries as appointments
from backend.core.clock import FixedClock
from backend.core.errors import NotAllowed
from backend.core.ledger import OutboxMessage
from backend.core.uow import SYSTEM, Transactions
from backend.dispatch import actions, broken, call_list, changes, sheet, urgent
from backend.dispatch.policy import NotPlannable
from backend.orders import queries as orders
from backend.visits import actions as visit_actions
from backend.visits import queries as visits
from tests.dispatch.department import DAY, HOUR, Department, add_order
from tests.dispatch.test_dispatch_changes import seen, times
from tests.dispatch.test_dispatch_planning import plan_day


def in_the_day(transactions: Transactions, department: Department, clock: FixedClock) -> int:
    """The published day at 10:00, everything accepted; an urgent order comes in."""
    plan_day(transactions)
    with transactions.begin(department.assistant) as uow:
        actions.publish(uow, on=DAY)
    clock.at += timedelta(days=1, hours=1)
    with transactions.read(SYSTEM) as uow:
        rows = visits.day(uow, DAY)
    for row in rows:
        n = department.engineers.index(row.engineer_id)
        with transactions.begin(department.engineer(transactions, n)) as uow:
            visit_actions.accept(uow, visit_id=row.id)
    with transactions.begin(SYSTEM) as uow:
        return add_order(uow, 3, urgent=True)


def test_places_break_nothing_and_one_step_does_it_all(
    transactions: Transactions, department: Department, clock: FixedClock
) -> None:
    order_id = in_the_day(transactions, department, clock)
    before = times(seen(transactions))
    with transactions.begin(department.assistant) as uow:
        draft = changes.take_out(uow, on=DAY, order_id=next(i for i, p in before.items() if p[1] > 15 * HOUR))
    with transactions.read(department.assistant) as uow:
        spots = urgent.spots(uow, on=DAY, order_id=order_id)
        now = sheet.load(uow, DAY)
    assert 1 <= len(spots) <= 3 and len({spot.engineer_id for spot in spots}) == len(spots)
    assert [spot.start_s for spot in spots] == sorted(spot.start_s for spot in spots)
    soonest = spots[0]
    assert soonest.why == "soonest" and soonest.start_s < 13 * HOUR and soonest.extra_fen > 0
    with transactions.begin(department.assistant) as uow:
        result = urgent.place(
            uow, on=DAY, order_id=order_id, engineer_id=soonest.engineer_id, start_s=soonest.start_s
        )
    assert [one.engineer_id for one in result.changed] == [soonest.engineer_id]
    assert len(result.changed[0].added) == 1 and len(result.changed[0].moved) == len(soonest.shifted)
    with transactions.read(SYSTEM) as uow:
        after = sheet.load(uow, DAY)
        order = orders.get(uow, order_id)
        window = appointments.current(uow, [order_id])[order_id]
        facts = select(OutboxMessage.payload).where(OutboxMessage.name == "schedule_published")
        told = list(uow.session.scalars(facts.order_by(OutboxMessage.id)))
        living = visits.living_for_orders(uow, [order_id, *before])
    assert order.status == "published" and window.from_s <= soonest.start_s <= window.to_s
    assert broken.caused(now, after) == []
    assert [one["engineer_id"] for one in told[-1]["changed"]] == [soonest.engineer_id]
    assert living[order_id].start_s == soonest.start_s == after.placements()[order_id][1]
    # Her draft stays a draft: the visit that she has taken out is not withdrawn yet.
    assert len(living) == len(before) + 1 and draft.revision < seen(transactions).revision


def test_only_an_order_without_a_window_is_placed_so(
    transactions: Transactions, department: Department, clock: FixedClock
) -> None:
    order_id = in_the_day(transactions, department, clock)
    with transactions.begin(department.assistant) as uow:
        spot = urgent.spots(uow, on=DAY, order_id=order_id)[0]
        urgent.place(uow, on=DAY, order_id=order_id, engineer_id=spot.engineer_id, start_s=spot.start_s)
    for given in (order_id, department.orders[0]):
        with pytest.raises(NotPlannable), transactions.begin(department.assistant) as uow:
            urgent.place(uow, on=DAY, order_id=given, engineer_id=spot.engineer_id, start_s=spot.start_s)


def test_the_call_list_stays_and_keeps_who_called(
    transactions: Transactions, department: Department, clock: FixedClock
) -> None:
    order_id = in_the_day(transactions, department, clock)
    with transactions.read(department.assistant) as uow:
        spots = urgent.spots(uow, on=DAY, order_id=order_id)
    spot = max(spots, key=lambda one: len(one.shifted))
    with transactions.begin(department.assistant) as uow:
        urgent.place(uow, on=DAY, order_id=order_id, engineer_id=spot.engineer_id, start_s=spot.start_s)
    with transactions.read(department.assistant) as uow:
        rows = call_list.of_day(uow, DAY)
    told = {one.order_id for one in spot.shifted if abs(one.by_s) >= call_list.TELL_S}
    assert [row.order_id for row in rows if row.why == "urgent"] == [order_id]
    assert {row.order_id for row in rows if row.why == "shifted"} == told
    assert all(row.contact_phone and row.said.zh and row.said.en and row.called_at is None for row in rows)
    with pytest.raises(NotAllowed), transactions.begin(department.engineer(transactions, 0)) as uow:
        call_list.tick(uow, call_id=rows[0].id, called=True)
    with transactions.begin(department.assistant) as uow:
        first = call_list.tick(uow, call_id=rows[0].id, called=True)
    clock.at += timedelta(minutes=5)
    with transactions.begin(department.assistant) as uow:
        again = call_list.tick(uow, call_id=rows[0].id, called=True)
    assert again.called_at == first.called_at and again.called_by == "赵敏", "who called first stays"
    with transactions.read(SYSTEM) as uow:
        assert call_list.counts(uow, DAY) == (len(rows), 1)
    with transactions.begin(department.assistant) as uow:
        assert call_list.tick(uow, call_id=rows[0].id, called=False).called_at is None
