"""Who is there on a day and how he goes: plates that stay out, and those who only stand by."""

from datetime import date, timedelta

from backend.core.clock import FixedClock
from backend.core.uow import SYSTEM, Transactions
from backend.dispatch import offers, prices, problem, queries
from backend.staff import actions as staff
from backend.staff import plates, rota
from backend.staff import queries as staff_queries
from tests.dispatch.department import DAY, HOUR, Department, add_order

SATURDAY = date(2026, 11, 28)


def test_a_barred_car_leaves_him_the_metro_that_day_only(
    transactions: Transactions, department: Department
) -> None:
    driver = department.engineers[1]  # by metro, until he is given a car
    with transactions.begin(department.assistant) as uow:
        car = staff.add_vehicle(uow, plate="京A12345", name="1 号车", kind="car")
        for on in (DAY, DAY + timedelta(days=1)):
            staff.give_vehicle(uow, vehicle_id=car, person_id=driver, on=on)
    with transactions.read(SYSTEM) as uow:
        assert {one.id: one.mode for one in problem.facts(uow, DAY).problem.engineers}[str(driver)] == "car"
    with transactions.begin(department.assistant) as uow:
        # Wednesday is the day of 5 and 0.
        plates.save(
            uow, first_on=date(2026, 10, 5), last_on=date(2027, 1, 3), digits=("16", "27", "50", "49", "38")
        )
    with transactions.read(SYSTEM) as uow:
        found = {one.id: one.mode for one in problem.facts(uow, DAY).problem.engineers}
        after = {one.id: one.mode for one in problem.facts(uow, DAY + timedelta(days=1)).problem.engineers}
        seen = next(one for one in queries.day_view(uow, DAY).engineers if one.engineer_id == driver)
    assert found[str(driver)] == "metro" and after[str(driver)] == "car"
    assert (seen.barred, seen.plate, seen.mode) == (True, "京A12345", "metro")


def test_who_stands_by_is_dearer_and_comes_on_a_free_day(
    transactions: Transactions, department: Department, clock: FixedClock
) -> None:
    one = department.engineers[0]
    with transactions.begin(SYSTEM) as uow:
        rota.set_standby(uow, person_id=one, on=DAY, standby=True)
        rota.set_standby(uow, person_id=one, on=SATURDAY, standby=True)
    with transactions.read(SYSTEM) as uow:
        hourly = {e.id: e.hourly_fen for e in problem.facts(uow, DAY).problem.engineers}
        usual = {e.person_id: e.hourly_fen for e in staff_queries.engineers_on(uow, DAY)}
        assert [e.person_id for e in problem.facts(uow, SATURDAY).team.values()] == [one]
        assert staff_queries.engineers_on(uow, SATURDAY) == []
        shown = queries.day_view(uow, SATURDAY).engineers
    assert hourly[str(one)] == usual[one] * prices.STANDBY_FACTOR
    assert {hourly[str(n)] for n in department.engineers[1:]} == {usual[department.engineers[1]]}
    assert [(e.engineer_id, e.standby) for e in shown] == [(one, True)]
    assert (shown[0].shift_start_s, shown[0].shift_end_s) == (9 * HOUR - 1800, 18 * HOUR)
    with transactions.begin(SYSTEM) as uow:
        order_id = add_order(uow, 20)
    with transactions.read(department.assistant) as uow:
        days = {offer.on for offer in offers.suggest_windows(uow, order_id, days=5)}
    assert SATURDAY not in days, "a customer is not offered a day on which somebody only stands by"
