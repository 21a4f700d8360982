"""Vehicles, plate limits and the engineers' calendar."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core import audit
from backend.core.errors import Invalid, Missing, NotAllowed, NotFound
from backend.dispatch import booking, changes, missing
from backend.orders import queries as orders
from backend.staff import actions, fleet, plates, queries, rota
from backend.staff.actions import HasVehicle, VehicleTaken
from backend.staff.fleet import PlateTaken
from backend.staff.plates import LimitRow, LimitsOverlap, following, last_digit, limited
from backend.staff.roles import ROLES
from tests.support.office import DAY, HOUR, Office, call

DESK = "technical_assistant"
AUTUMN = LimitRow(1, date(2026, 9, 28), date(2026, 12, 27), ("49", "50", "16", "27", "38"), 25200, 72000)


@pytest.mark.parametrize(
    ("plate", "digit"),
    [
        ("京A·D1001", "1"),
        ("京A12340", "0"),
        ("京AB123H", "0"),
        ("京AD12345", None),
        ("JT-01", None),
        ("", None),
    ],
)
def test_which_digit_of_a_plate_counts(plate: str, digit: str | None) -> None:
    assert last_digit(plate) == digit


def test_plates_stay_out_on_their_working_day_of_their_period() -> None:
    monday = date(2026, 11, 23)
    week = [
        [n for n in range(7) if limited([AUTUMN], f"京A1234{digit}", monday + timedelta(days=n))]
        for digit in range(10)
    ]
    assert week == [[1], [2], [3], [4], [0], [1], [2], [3], [4], [0]]
    assert limited([AUTUMN], "京A12341", monday + timedelta(weeks=13)) is None, "no period, no limit"
    holiday = date(2026, 10, 1)
    assert holiday.weekday() == 3
    assert limited([AUTUMN], "京A12342", holiday) is None, "the National Day is free"


@given(st.permutations("0123456789"))
def test_five_changes_bring_the_digits_back(digits: list[str]) -> None:
    row = LimitRow(
        1, date(2025, 3, 31), date(2025, 6, 29),
        tuple("".join(digits[n * 2 : n * 2 + 2]) for n in range(5)), 0, 1,
    )  # fmt: skip
    seen = row
    for _ in range(5):
        first, last, digits_then = following(seen)
        assert first == seen.last_on + timedelta(days=1) and first.weekday() == 0
        seen = LimitRow(1, first, last, digits_then, 0, 1)
    assert seen.digits == row.digits


def test_periods_are_kept_once_and_do_not_cross(office: Office) -> None:
    period = {
        "first_on": AUTUMN.first_on,
        "last_on": AUTUMN.last_on,
        "digits": ["49", "5 0", "16", "27", "38"],
    }
    for login in set(ROLES) - {DESK}:
        with pytest.raises(NotAllowed):
            office.do(login, call(plates.save, **period))
    with pytest.raises(Invalid):
        office.do(DESK, call(plates.save, **period))
    period["digits"] = ["49", "50", "16", "27", "38"]
    ids = {office.do(DESK, call(plates.save, **period)) for _ in range(2)}
    (row,) = office.see(plates.limits)
    assert ids == {row.id} and row.digits == AUTUMN.digits
    trail = office.see(lambda uow: audit.trail(uow, entity="plate_limit").rows)
    assert len(trail) == 1, "the same once more is no change"
    for wrong in (
        {"digits": ["49", "50", "16", "27", ""]},
        {"digits": ["49", "50", "16", "27", "34"]},
        {"digits": ["4x", "50", "16", "27", "38"]},
        {"last_on": AUTUMN.first_on - timedelta(days=1)},
        {"from_s": 72000, "to_s": 25200},
    ):
        with pytest.raises(Invalid):
            office.do(DESK, call(plates.save, **{**period, **wrong}))
    crossing = {**period, "first_on": date(2026, 12, 1), "last_on": date(2027, 2, 1)}
    with pytest.raises(LimitsOverlap):
        office.do(DESK, call(plates.save, **crossing))
    first, last, digits = following(row)
    office.do(DESK, call(plates.save, first_on=first, last_on=last, digits=digits))
    assert [one.digits for one in office.see(plates.limits)] == [("38", "49", "50", "16", "27"), row.digits]
    office.do(DESK, call(plates.remove, limit_id=row.id))
    with pytest.raises(NotFound):
        office.do(DESK, call(plates.remove, limit_id=row.id))


def test_vehicles_come_are_given_for_days_and_go(office: Office) -> None:
    for login in set(ROLES) - {DESK}:
        with pytest.raises(NotAllowed):
            office.do(login, call(fleet.add, plate="京A12345", name="", kind="car"))
    car = office.do(DESK, call(fleet.add, plate=" 京a12345 ", name="", kind="car"))
    bike = office.do(DESK, call(fleet.add, plate="DD-01", name="电动车", kind="ebike"))
    for wrong, refusal in (
        ({"plate": "京A12345", "kind": "car"}, PlateTaken),
        ({"plate": " ", "kind": "car"}, Missing),
        ({"plate": "x", "kind": "rocket"}, Invalid),
    ):
        with pytest.raises(refusal):
            office.do(DESK, call(fleet.add, name="", **wrong))
    days = [DAY + timedelta(days=n) for n in range(3)]
    who, other = office.ids["engineer"], office.ids["engineer2"]
    office.do(DESK, call(actions.give_vehicle, vehicle_id=car, person_id=other, on=days[2]))
    with pytest.raises(VehicleTaken):
        office.do(DESK, call(fleet.give, vehicle_id=car, person_id=who, days=days))
    rows = {row.id: row for row in office.see(lambda uow: fleet.fleet(uow, days))}
    assert list(rows[car].given) == [days[2]], "all days or none"
    assert office.do(DESK, call(fleet.give, vehicle_id=car, person_id=who, days=days[:2])) == 2
    with pytest.raises(HasVehicle):
        office.do(DESK, call(fleet.give, vehicle_id=bike, person_id=who, days=days[:1]))
    office.do(DESK, call(fleet.give, vehicle_id=bike, person_id=other, days=days[:1]))
    modes = {one.person_id: one.mode for one in office.see(lambda uow: queries.engineers_on(uow, DAY))}
    assert (modes[who], modes[other]) == ("car", "ebike")
    for _ in range(2):
        office.do(DESK, call(fleet.set_active, vehicle_id=car, active=False))
    assert [row.id for row in office.see(lambda uow: fleet.fleet(uow, days))] == [bike]
    assert len(office.see(lambda uow: fleet.fleet(uow, days, retired=True))) == 2


def test_of_two_who_give_one_car_one_is_told(office: Office) -> None:
    car = office.do(DESK, call(fleet.add, plate="京A12345", name="", kind="car"))
    gives = [
        (DESK, call(fleet.give, vehicle_id=car, person_id=office.ids[login], days=[DAY]))
        for login in ("engineer", "engineer2")
    ]
    results = office.overlap(gives[0], gives[1])
    assert results[0] == 1 and isinstance(results[1], VehicleTaken)


def test_shifts_skills_and_standby(office: Office) -> None:
    who = office.ids["engineer"]
    lead = "technical_supervisor"
    days = [DAY, DAY + timedelta(days=4)]

    def mine() -> rota.RotaRow:
        rows = office.see(lambda uow: rota.rota(uow, days))
        found: rota.RotaRow = next(row for row in rows if row.person_id == who)
        return found

    for login in set(ROLES) - {DESK, lead}:
        for act in (
            call(rota.set_standby, person_id=who, on=DAY, standby=True),
            call(rota.set_shifts, person_id=who, shifts={}),
            call(rota.set_skills, person_id=who, skills={}),
        ):
            with pytest.raises(NotAllowed):
                office.do(login, act)
    for _ in range(2):
        office.do(lead, call(rota.set_shifts, person_id=who, shifts={1: (9 * HOUR, 17 * HOUR)}))
        office.do(lead, call(rota.set_skills, person_id=who, skills={"repair": 3}))
        office.do(DESK, call(rota.set_standby, person_id=who, on=days[1], standby=True))
    row = mine()
    assert row.days[DAY].shift == (9 * HOUR, 17 * HOUR) and row.days[days[1]].shift is None
    assert row.skills == {"repair": 3} and row.days[days[1]].standby
    trail = office.see(lambda uow: audit.trail(uow, entity="engineer", entity_id=who).rows)
    assert [one.action for one in trail][:3] == ["standby_set", "skills_set", "shifts_set"]
    office.do(DESK, call(rota.set_standby, person_id=who, on=days[1], standby=False))
    assert not mine().days[days[1]].standby
    for act, refusal in (
        (call(rota.set_shifts, person_id=who, shifts={1: (9 * HOUR, 9 * HOUR)}), Invalid),
        (call(rota.set_shifts, person_id=who, shifts={7: (0, 1)}), Invalid),
        (call(rota.set_skills, person_id=who, skills={"repair": 4}), Invalid),
        (call(rota.set_standby, person_id=9999, on=DAY, standby=True), NotFound),
    ):
        with pytest.raises(refusal):
            office.do(DESK, act)
    assert mine().skills == {"repair": 3}


def test_an_absence_shows_what_it_breaks_before_it_is_saved(office: Office) -> None:
    who, on = office.ids["engineer"], DAY + timedelta(days=1)

    def seen(first: date = on, last: date = on) -> missing.Breaks:
        found: missing.Breaks = office.see(
            lambda uow: missing.breaks(uow, person_id=who, first_on=first, last_on=last)
        )
        return found

    assert seen().nothing and seen().left == ((on, 4),)
    car = office.do(DESK, call(fleet.add, plate="京A12345", name="", kind="car"))
    office.do(DESK, call(fleet.give, vehicle_id=car, person_id=who, days=[on]))
    order_id = office.repair()
    window = {"on": on, "from_s": 10 * HOUR, "to_s": 12 * HOUR}
    office.do(DESK, call(booking.agree, order_id=order_id, **window))
    office.do(DESK, call(changes.move, on=on, order_id=order_id, engineer_id=who, start_s=10 * HOUR))
    for login in ("engineer2", "engineer3", "engineer4", "engineer5"):
        office.do(DESK, call(rota.set_skills, person_id=office.ids[login], skills={"install": 2}))
    found = seen(on, on + timedelta(days=5))
    assert [(one.order_id, one.on, one.told) for one in found.visits] == [(order_id, on, False)]
    assert found.visits[0].window == (10 * HOUR, 12 * HOUR)
    assert [(one.on, one.skill, one.orders) for one in found.skills] == [
        (on, office.see(lambda uow: orders.get(uow, order_id)).skills[0], 1)
    ]
    assert found.vehicles == ((on, "京A12345"),) and len(found.left) == 6
    assert seen(on + timedelta(days=1), on + timedelta(days=1)).nothing
