"""Trips: lengths, speeds by the hour, fares, and that leaving later never means arriving earlier."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.travel import speeds
from optimizer.model import Engineer, Mode, Period, Problem, Task, Travel
from optimizer.travel import Legs, Places

A = (39.9085, 116.4555)
B = (39.9835, 116.3110)
HOUR = 3600
POINT = st.tuples(st.floats(39.7, 40.2), st.floats(116.1, 116.7))


def test_road_is_a_third_longer_than_the_crow_flies() -> None:
    one_degree_north = speeds.great_circle_m((39.0, 116.0), (40.0, 116.0))
    assert one_degree_north == pytest.approx(111_195, abs=5)
    assert speeds.distance_m((39.0, 116.0), (40.0, 116.0)) == round(one_degree_north * 1.32)


@pytest.mark.parametrize(
    ("mode", "hour", "speed_kmh"),
    [
        ("car", 7.5, 22),
        ("car", 11, 28),
        ("car", 17.5, 22),
        ("car", 21, 32),
        ("car", 3, 32),
        ("metro", 8, 18),
        ("bus", 12, 18),
        ("ebike", 18, 17),
    ],
)
def test_speed_by_mode_and_hour(mode: str, hour: float, speed_kmh: float) -> None:
    near = (39.9185, 116.4555)
    metres = speeds.distance_m(A, near)
    trip = speeds.leg(mode, A, near, int(hour * HOUR))
    assert trip.metres == metres
    moving_s = trip.seconds - speeds.MODES[mode].fixed_s
    assert moving_s == pytest.approx(metres / speed_kmh * 3.6, abs=1)


def test_a_trip_into_the_peak_goes_on_at_the_speed_of_the_peak() -> None:
    metres = speeds.distance_m(A, B)
    before_m = 600 / 3.6 * 28
    expected_s = 600 + (metres - before_m) / 22 * 3.6
    trip = speeds.leg("car", A, B, 17 * HOUR - 600)
    assert trip.seconds - 300 == pytest.approx(expected_s, abs=1)


def test_a_trip_over_midnight_takes_the_next_days_speeds() -> None:
    late = speeds.leg("car", A, B, 24 * HOUR - 60)
    assert late.seconds == speeds.leg("car", A, B, 2 * HOUR).seconds
    assert speeds.leg("car", A, B, 24 * HOUR + 8 * HOUR) == speeds.leg("car", A, B, 8 * HOUR)


@given(a=POINT, b=POINT, depart_s=st.integers(0, 24 * HOUR), later_s=st.integers(0, 4 * HOUR))
def test_who_leaves_later_never_arrives_earlier(
    a: speeds.Position, b: speeds.Position, depart_s: int, later_s: int
) -> None:
    first = depart_s + speeds.leg("car", a, b, depart_s).seconds
    second = depart_s + later_s + speeds.leg("car", a, b, depart_s + later_s).seconds
    assert first <= second


def test_no_trip_costs_nothing() -> None:
    assert speeds.leg("metro", A, A, 0) == speeds.Leg(0, 0, 0)


@pytest.mark.parametrize(
    ("mode", "metres", "fen"),
    [
        ("metro", 6_000, 300),
        ("metro", 6_001, 400),
        ("metro", 22_000, 500),
        ("metro", 32_001, 700),
        ("metro", 52_001, 800),
        ("bus", 10_000, 200),
        ("bus", 10_001, 300),
        ("car", 10_000, 1_300),
        ("ebike", 10_000, 50),
    ],
)
def test_fares(mode: str, metres: int, fen: int) -> None:
    assert speeds.MODES[mode].cost_fen(metres) == fen


@pytest.mark.parametrize("mode", speeds.MODES)
def test_the_straight_fare_of_the_optimizer_is_within_one_yuan_fifty(mode: str) -> None:
    chosen = speeds.MODES[mode]
    for metres in range(500, 45_000, 500):
        straight = chosen.plan_fare_fen + metres * chosen.plan_km_fen / 1000
        assert abs(straight - chosen.cost_fen(metres)) <= 150, metres


@pytest.mark.parametrize("mode", speeds.MODES)
def test_periods_cover_the_day_without_gaps(mode: str) -> None:
    day = speeds.periods(mode)
    assert day[0][0] == 0
    assert day[-1][1] == 86_400
    assert all(left[1] == right[0] for left, right in pairwise(day))


@pytest.mark.parametrize("mode", speeds.MODES)
@pytest.mark.parametrize("depart_s", [6 * HOUR, 8 * HOUR, 9 * HOUR + 1700, 12 * HOUR, 17 * HOUR - 300])
def test_the_optimizer_counts_the_same_seconds_from_the_same_table(mode: str, depart_s: int) -> None:
    chosen = speeds.MODES[mode]
    table = Mode(
        periods=tuple(Period(*period) for period in chosen.periods),
        factor=speeds.ROAD_FACTOR,
        fixed_s=chosen.fixed_s,
    )
    engineer = Engineer("e", *A, *A, 0, 86_400, mode)
    problem = Problem("2026-11-24", (Task("t", *B, 600),), (engineer,), Travel({mode: table}))
    places = Places(problem)
    legs = Legs(table, (), places)
    there = legs.arrive(places.starts[0], places.tasks[0], depart_s) - depart_s
    assert there == speeds.leg(mode, A, B, depart_s).seconds
