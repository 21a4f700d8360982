"""A visit goes to another day; and visits for which the day is over are named so."""

from datetime import timedelta

import pytest

from backend.appointments import queries as appointments
from backend.core.clock import FixedClock, at_local
from backend.core.uow import SYSTEM, Transactions
from backend.dispatch import actions, changes, moving, queries
from backend.dispatch.policy import NothingToUndo, VisitRuns
from backend.orders import queries as orders
from backend.visits import actions as visit_actions
from backend.visits import queries as visits
from tests.dispatch.department import DAY, HOUR, Department
from tests.dispatch.test_dispatch_planning import plan_day

NEXT = DAY + timedelta(days=1)


def published(transactions: Transactions, department: Department) -> int:
    plan_day(transactions)
    with transactions.begin(department.assistant) as uow:
        actions.publish(uow, on=DAY)
    with transactions.read(SYSTEM) as uow:
        view = queries.day_view(uow, DAY)
    return next(s.order_id for e in view.engineers for s in e.stops if s.status == "published")


def test_a_published_visit_goes_to_the_next_day(transactions: Transactions, department: Department) -> None:
    order_id = published(transactions, department)
    with transactions.begin(department.assistant) as uow:
        moved = moving.to_day(
            uow, on=DAY, order_id=order_id, to=NEXT, from_s=13 * HOUR, to_s=15 * HOUR, agreed_with="李工"
        )
    assert (moved.on, moved.engineer_id) == (NEXT, None)  # nobody has planned that day yet
    with transactions.read(department.assistant) as uow:
        view = queries.day_view(uow, DAY)
        assert order_id not in {s.order_id for e in view.engineers for s in e.stops}
        assert order_id not in {one.order_id for one in view.unserved}
        assert order_id in {one.order_id for one in queries.day_view(uow, NEXT).unserved}
        assert orders.get(uow, order_id).status == "appointed"
        window = appointments.current(uow, [order_id])[order_id]
        assert (window.on, window.from_s, window.agreed_with) == (NEXT, 13 * HOUR, "李工")
        assert visits.living_for_orders(uow, [order_id]) == {}
    with transactions.begin(department.assistant) as uow, pytest.raises(NothingToUndo):
        changes.undo(uow, on=DAY)


def test_it_gets_its_cheapest_place_where_the_new_day_is_planned(
    transactions: Transactions, department: Department
) -> None:
    order_id = published(transactions, department)
    with transactions.read(SYSTEM) as uow:
        view = queries.day_view(uow, DAY)
    other = next(s.order_id for e in view.engineers for s in e.stops if s.order_id != order_id)
    with transactions.begin(department.assistant) as uow:
        moving.to_day(uow, on=DAY, order_id=other, to=NEXT, from_s=9 * HOUR, to_s=11 * HOUR)
        changes.move(
            uow,
            on=NEXT,
            order_id=other,
            engineer_id=department.engineers[0],
            start_s=9 * HOUR + 1800,
            reason="-",
        )
    with transactions.begin(department.assistant) as uow:
        moved = moving.to_day(uow, on=DAY, order_id=order_id, to=NEXT, from_s=13 * HOUR, to_s=15 * HOUR)
    with transactions.read(SYSTEM) as uow:
        found = {
            s.order_id: (e.engineer_id, s.start_s)
            for e in queries.day_view(uow, NEXT).engineers
            for s in e.stops
        }
    assert moved.engineer_id is not None
    assert found[order_id] == (moved.engineer_id, moved.start_s)
    assert 13 * HOUR <= found[order_id][1] <= 15 * HOUR


def test_what_runs_stays(transactions: Transactions, department: Department, clock: FixedClock) -> None:
    order_id = published(transactions, department)
    with transactions.read(SYSTEM) as uow:
        visit = visits.living_for_orders(uow, [order_id])[order_id]
    n = department.engineers.index(visit.engineer_id)
    clock.at = at_local(DAY, visit.arrive_s - visit.travel_s)
    with transactions.begin(department.engineer(transactions, n)) as uow:
        visit_actions.accept(uow, visit_id=visit.id)
        visit_actions.set_out(uow, visit_id=visit.id)
    with transactions.begin(department.assistant) as uow, pytest.raises(VisitRuns):
        moving.to_day(uow, on=DAY, order_id=order_id, to=NEXT, from_s=13 * HOUR, to_s=15 * HOUR)


def test_after_hours_the_day_is_over_and_nothing_is_to_be_published(
    transactions: Transactions, department: Department, clock: FixedClock
) -> None:
    published(transactions, department)
    clock.at = at_local(DAY, 12 * HOUR)
    with transactions.read(SYSTEM) as uow:
        assert not any(s.over for e in queries.day_view(uow, DAY).engineers for s in e.stops)
    clock.at = at_local(DAY, 20 * HOUR + 300)
    with transactions.read(SYSTEM) as uow:
        view = queries.day_view(uow, DAY)
    stops = [s for e in view.engineers for s in e.stops if s.status == "published"]
    assert stops and all(s.over for s in stops)
    assert all([one.code for one in s.broken] == ["over"] for s in stops)
    assert "另约" in stops[0].broken[0].zh
