"""Publishing: visits appear, those whose day changed are told, and doing it twice changes nothing."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from backend.appointments import actions as appointments
from backend.core.clock import FixedClock
from backend.core.ledger import OutboxMessage
from backend.core.uow import SYSTEM, Transactions
from backend.dispatch import actions, problem, queries
from backend.dispatch.models import DayPlan, ScheduleDay
from backend.dispatch.policy import BrokenPlan, NoPlan
from backend.orders import actions as order_actions
from backend.orders import queries as orders
from backend.staff import actions as staff
from backend.visits import actions as visit_actions
from backend.visits import queries as visits
from tests.dispatch.department import DAY, HOUR, Department, add_order
from tests.dispatch.test_dispatch_planning import plan_day, statuses


def publish(transactions: Transactions, department: Department) -> actions.PublishResult:
    with transactions.begin(department.assistant) as uow:
        return actions.publish(uow, on=DAY)


def facts(transactions: Transactions) -> list[dict[str, Any]]:
    with transactions.read(SYSTEM) as uow:
        query = select(OutboxMessage.payload).where(OutboxMessage.name == "schedule_published")
        return list(uow.session.scalars(query.order_by(OutboxMessage.id)))


def living(transactions: Transactions) -> dict[int, visits.VisitRow]:
    with transactions.read(SYSTEM) as uow:
        return {visit.order_id: visit for visit in visits.day(uow, DAY) if visit.outcome is None}


def test_publish_makes_the_visits_of_the_plan(transactions: Transactions, department: Department) -> None:
    plan_id = plan_day(transactions)
    result = publish(transactions, department)
    assert result.visits == 12 and result.plan_id == plan_id and result.left_out == ()
    assert statuses(transactions, department) == {"published": 12}
    with transactions.read(SYSTEM) as uow:
        view = queries.day_view(uow, DAY)
    assert view.is_published
    planned = {s.order_id: (e.engineer_id, s.start_s, s.sequence) for e in view.engineers for s in e.stops}
    got = {v.order_id: (v.engineer_id, v.start_s, v.sequence) for v in living(transactions).values()}
    assert got == planned
    (fact,) = facts(transactions)
    assert {c["engineer_id"]: len(c["added"]) for c in fact["changed"]} == {
        e.engineer_id: len(e.stops) for e in view.engineers if e.stops
    }


def test_publishing_twice_changes_nothing(transactions: Transactions, department: Department) -> None:
    plan_day(transactions)
    publish(transactions, department)
    before = living(transactions)
    again = publish(transactions, department)
    assert again.changed == () and again.visits == 12
    assert living(transactions) == before and len(facts(transactions)) == 1


def test_only_changed_engineers_are_told(transactions: Transactions, department: Department) -> None:
    plan_day(transactions)
    publish(transactions, department)
    before = living(transactions)
    with transactions.begin(department.assistant) as uow:
        order_id = add_order(uow, 7)
        appointments.appoint(uow, order_id=order_id, on=DAY, from_s=9 * HOUR, to_s=17 * HOUR)
    department.orders.append(order_id)
    plan_day(transactions)
    result = publish(transactions, department)
    after = living(transactions)
    differing = {
        visit.engineer_id
        for order, visit in after.items()
        if order not in before
        or (before[order].engineer_id, before[order].start_s) != (visit.engineer_id, visit.start_s)
    }
    assert {change.engineer_id for change in result.changed} == differing
    assert 1 <= len(differing) < 5
    assert statuses(transactions, department) == {"published": 13}


def test_order_that_changed_is_left_out_and_said_so(
    transactions: Transactions, department: Department
) -> None:
    plan_day(transactions)
    with transactions.begin(department.assistant) as uow:
        order_actions.cancel(uow, order_id=department.orders[0], note="客户不要了")
        order_actions.move(uow, department.orders[1], "hold", note="缺件")
    result = publish(transactions, department)
    assert result.visits == 10
    assert {item.order_id for item in result.left_out} == set(department.orders[:2])
    assert all(item.number in item.zh for item in result.left_out)
    assert statuses(transactions, department) == {"published": 10, "cancelled": 1, "on_hold": 1}


def test_visit_without_room_is_withdrawn(transactions: Transactions, department: Department) -> None:
    plan_day(transactions)
    publish(transactions, department)
    with transactions.begin(department.assistant) as uow:
        for engineer_id in department.engineers[1:]:
            staff.add_absence(uow, person_id=engineer_id, first_on=DAY, last_on=DAY, kind="ill")
    plan_day(transactions)
    result = publish(transactions, department)
    left = living(transactions)
    assert len(left) == result.visits < 12
    assert {visit.engineer_id for visit in left.values()} == {department.engineers[0]}
    assert statuses(transactions, department) == {"published": len(left), "appointed": 12 - len(left)}
    assert sum(len(change.removed) for change in result.changed) >= 12 - len(left)


def test_accepted_visit_keeps_engineer_and_time(transactions: Transactions, department: Department) -> None:
    plan_day(transactions)
    publish(transactions, department)
    order_id, visit = next(iter(living(transactions).items()))
    engineer = department.engineer(transactions, department.engineers.index(visit.engineer_id))
    with transactions.begin(engineer) as uow:
        visit_actions.accept(uow, visit_id=visit.id)
    with transactions.read(SYSTEM) as uow:
        built, _ = problem.build(uow, DAY)
    task = next(task for task in built.tasks if task.id == str(order_id))
    assert (task.pin_engineer, task.pin_start_s) == (str(visit.engineer_id), visit.start_s)
    assert {v.task for v in built.baseline} == {str(o) for o in department.orders if o != order_id}
    plan_day(transactions)
    publish(transactions, department)
    kept = living(transactions)[order_id]
    assert (kept.id, kept.engineer_id, kept.start_s) == (visit.id, visit.engineer_id, visit.start_s)
    assert kept.accepted_at is not None


def test_visit_of_an_engineer_who_fell_ill_goes_to_another(
    transactions: Transactions, department: Department
) -> None:
    plan_day(transactions)
    publish(transactions, department)
    order_id, visit = next(iter(living(transactions).items()))
    engineer = department.engineer(transactions, department.engineers.index(visit.engineer_id))
    with transactions.begin(engineer) as uow:
        visit_actions.accept(uow, visit_id=visit.id)
    with transactions.begin(department.assistant) as uow:
        staff.add_absence(uow, person_id=visit.engineer_id, first_on=DAY, last_on=DAY, kind="ill")
    plan_day(transactions)
    publish(transactions, department)
    with transactions.read(SYSTEM) as uow:
        order = orders.get(uow, order_id)
    now = living(transactions).get(order_id)
    assert now is None or now.engineer_id != visit.engineer_id
    assert order.status == ("appointed" if now is None else "published")


def test_two_people_at_once_make_one_day(transactions: Transactions, department: Department) -> None:
    def ask(_: int) -> int:
        with transactions.begin(department.assistant) as uow:
            return actions.request_plan(uow, on=DAY, seconds=5, seed=1)

    with ThreadPoolExecutor(4) as people:
        assert len(set(people.map(ask, range(4)))) == 1
    plan_day(transactions)
    with ThreadPoolExecutor(4) as people:
        results = list(people.map(lambda _: publish(transactions, department), range(4)))
    assert sum(bool(result.changed) for result in results) == 1
    with transactions.read(SYSTEM) as uow:
        assert len(visits.day(uow, DAY)) == 12
    assert len(facts(transactions)) == 1


def test_without_a_good_plan_nothing_is_published(transactions: Transactions, department: Department) -> None:
    with pytest.raises(NoPlan):
        publish(transactions, department)
    plan_id = plan_day(transactions)
    with transactions.begin(SYSTEM) as uow:
        uow.session.get_one(DayPlan, plan_id).violations = [{"code": "window", "message": "…"}]
    with pytest.raises(BrokenPlan):
        publish(transactions, department)
    with transactions.read(SYSTEM) as uow:
        assert uow.session.get_one(ScheduleDay, DAY).published_plan_id is None
    assert living(transactions) == {}


def test_day_under_way_is_frozen(
    transactions: Transactions, department: Department, clock: FixedClock
) -> None:
    plan_day(transactions)
    publish(transactions, department)
    order_id, visit = min(living(transactions).items(), key=lambda item: item[1].start_s)
    engineer = department.engineer(transactions, department.engineers.index(visit.engineer_id))
    clock.at = clock.at.replace(day=25, hour=0, minute=0)
    with transactions.begin(engineer) as uow:
        visit_actions.accept(uow, visit_id=visit.id)
    clock.advance(minutes=45)
    with transactions.begin(engineer) as uow:
        visit_actions.set_out(uow, visit_id=visit.id)
    clock.advance(minutes=40)
    with transactions.begin(engineer) as uow:
        visit_actions.sign_in(uow, visit_id=visit.id, lat=39.9, lon=116.4, accuracy_m=20, note="")
    clock.advance(minutes=10)
    with transactions.read(SYSTEM) as uow:
        built, _ = problem.build(uow, DAY)
    task = next(task for task in built.tasks if task.id == str(order_id))
    assert task.frozen is not None and task.frozen.engineer == str(visit.engineer_id)
    assert task.frozen.start_s == 9 * HOUR + 25 * 60
    plan_day(transactions)
    assert dataclasses.asdict(living(transactions)[order_id])["signed_in_at"] is not None
    publish(transactions, department)
    with transactions.read(SYSTEM) as uow:
        assert orders.get(uow, order_id).status == "on_site"
