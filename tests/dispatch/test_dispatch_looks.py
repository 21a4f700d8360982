"""Looks keep the records of a day: whatever changes what a day's problem is made of is seen at the next look."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from backend.appointments import actions as appointments
from backend.core.clock import FixedClock
from backend.core.uow import SYSTEM, Transactions, UnitOfWork
from backend.customers import actions as customers
from backend.dispatch import actions, changes, looks, problem, terms
from backend.dispatch.models import LearnedRule
from backend.orders import actions as orders
from backend.orders import queries as order_queries
from backend.staff import actions as staff
from backend.staff import plates, rota
from backend.visits import actions as visit_actions
from backend.visits import queries as visits
from tests.dispatch.department import DAY, HOUR, Department, add_order
from tests.dispatch.test_dispatch_planning import plan_day

Change = Callable[[UnitOfWork, Department], object]


def _car(uow: UnitOfWork, made: Department) -> None:
    car = staff.add_vehicle(uow, plate="京A12345", name="1 号车", kind="car")
    staff.give_vehicle(uow, vehicle_id=car, person_id=made.engineers[1], on=DAY)


def _barred(uow: UnitOfWork, made: Department) -> None:
    _car(uow, made)
    digits = ("16", "27", "50", "49", "38")
    plates.save(uow, first_on=date(2026, 10, 5), last_on=date(2027, 1, 3), digits=digits)


def _window(uow: UnitOfWork, made: Department) -> None:
    order_id = add_order(uow, 30)
    appointments.appoint(uow, order_id=order_id, on=DAY, from_s=9 * HOUR, to_s=11 * HOUR)


def _rule(uow: UnitOfWork, made: Department) -> None:
    customer_id = order_queries.get(uow, made.orders[0]).customer_id
    uow.session.add(
        LearnedRule(
            kind="duration", customer_id=customer_id, extra_s=1200, cases=3, accepted=True, decided_at=uow.now
        )
    )


def _place(uow: UnitOfWork, made: Department) -> None:
    order = order_queries.get(uow, made.orders[0])
    assert order.customer_id is not None
    customers.ensure_site(
        uow,
        customer_id=order.customer_id,
        address=order.address,
        district=order.district,
        lat=39.99,
        lon=116.30,
        position_source="pin",
    )


def _accepted(uow: UnitOfWork, made: Department) -> None:
    row = visits.day(uow, DAY)[0]
    visit_actions.accept(uow, visit_id=row.id)


CHANGES: dict[str, Change] = {
    "shift": lambda uow, made: rota.set_shifts(
        uow, person_id=made.engineers[0], shifts={2: (10 * HOUR, 16 * HOUR)}
    ),
    "skills": lambda uow, made: rota.set_skills(uow, person_id=made.engineers[0], skills={"repair": 1}),
    "standby": lambda uow, made: rota.set_standby(uow, person_id=made.engineers[0], on=DAY, standby=True),
    "absence": lambda uow, made: staff.add_absence(
        uow, person_id=made.engineers[0], first_on=DAY, last_on=DAY, kind="ill"
    ),
    "account": lambda uow, made: staff.set_disabled(uow, person_id=made.engineers[0], disabled=True),
    "car": _car,
    "plate": _barred,
    "terms": lambda uow, made: terms.allow(uow, on=DAY, engineer_id=made.engineers[0], extra_s=3600),
    "window": _window,
    "length": lambda uow, made: orders.set_duration(uow, order_id=made.orders[0], duration_s=7200),
    "pin": lambda uow, made: actions.pin(uow, order_id=made.orders[0], engineer_id=made.engineers[2]),
    "place": _place,
    "rule": _rule,
    "accepted": _accepted,
    "taken out": lambda uow, made: changes.take_out(uow, on=DAY, order_id=made.orders[0]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_seen_at_the_next_look(
    transactions: Transactions, department: Department, clock: FixedClock, name: str
) -> None:
    plan_day(transactions)
    with transactions.begin(department.assistant) as uow:
        actions.publish(uow, on=DAY)
    with transactions.read(SYSTEM) as uow:
        before = looks.facts(uow, DAY)
        assert looks.facts(uow, DAY) is before
    with transactions.begin(SYSTEM) as uow:
        CHANGES[name](uow, department)
    with transactions.read(SYSTEM) as uow:
        seen, fresh = looks.facts(uow, DAY), problem.facts(uow, DAY)
        assert seen == fresh
        assert name == "taken out" or seen != before


def test_who_may_write_reads_the_records_and_the_minute_counts(
    transactions: Transactions, department: Department, clock: FixedClock
) -> None:
    clock.at += timedelta(days=1)
    with transactions.read(SYSTEM) as uow:
        first = looks.facts(uow, DAY)
    with transactions.begin(department.assistant) as uow:
        assert looks.facts(uow, DAY) is not first
    clock.at += timedelta(minutes=1)
    with transactions.read(SYSTEM) as uow:
        assert looks.facts(uow, DAY).problem.now_s == (first.problem.now_s or 0) + 60
