"""Room for urgent work that has not come up yet: where it is, what it is worth, and who gets it."""

from __future__ import annotations

import dataclasses
import math

import pytest
from optimizer_days import H, M, engineer, problem, task

from optimizer import Arisen, Limits, ProblemError, UrgentBook, check, solve, with_room
from optimizer.model import Link, Problem

ENGINES = pytest.mark.parametrize("engine", ["hybrid", "ortools"])


def arisen(x: float, at_s: int = 10 * H, **more: object) -> Arisen:
    return Arisen(**{"lat": 0.0, "lon": x / 100, "from_s": at_s, "duration_s": 30 * M, **more})  # type: ignore[arg-type]


def pieces(day: Problem) -> list:
    return [one for one in day.tasks if one.reserve]


def test_room_is_worth_the_chance_that_it_is_needed() -> None:
    # 20 orders on 10 mornings, 5 on 10 afternoons.
    past = [arisen(n % 3) for n in range(20)] + [arisen(9, 14 * H) for _ in range(5)]
    found = pieces(with_room(problem([]), past, 10, worth_fen=10_000))
    exactly = [math.exp(-2) * 2**n / math.factorial(n) for n in range(3)]
    chances = [1 - exactly[0], 1 - sum(exactly[:2]), 1 - sum(exactly)]
    by_band = {
        window: [one.undone_fen for one in found if one.windows == (window,)]
        for window in ((8 * H, 12 * H), (12 * H, 18 * H))
    }
    assert by_band[8 * H, 12 * H] == [round(10_000 * chance) for chance in chances]
    assert by_band[12 * H, 18 * H] == [round(10_000 * (1 - math.exp(-0.5)))]
    assert len(pieces(with_room(problem([]), past, 10, most=2))) == 2
    assert pieces(with_room(problem([]), past, 100)) == []  # too seldom
    assert pieces(with_room(problem([]), [], 10)) == []
    with pytest.raises(ValueError, match="at least 1"):
        with_room(problem([]), past, 0)


def test_room_is_where_the_orders_were_and_as_they_were() -> None:
    west = [arisen(x, skills=("pbx",), duration_s=H) for x in (0, 1, 2)]
    east = [arisen(x, skills=("pbx",) if x == 80 else (), duration_s=2 * H) for x in (80, 81, 82, 83)]
    found = pieces(with_room(problem([task("room-1-1")]), [*west, *east], 2, most=2))
    assert sorted(one.lon for one in found) == [0.01, 0.81]
    assert {(one.lon < 0.5, one.duration_s, one.skills) for one in found} == {
        (True, H, ("pbx",)),
        (False, 2 * H, ()),
    }
    assert len({one.id for one in found} | {"room-1-1"}) == 3


@ENGINES
def test_room_gives_way_to_dearer_work_and_pushes_out_cheaper(engine: str) -> None:
    # The shift has room for two half hours only.
    crew = [engineer(shift_end_s=10 * H, hourly_fen=0)]
    past = [arisen(0, 9 * H)] * 30
    for price, served in ((60_000, {"a", "b"}), (100, {"a", "room"})):
        tasks = [task("a"), task("b", undone_fen=price)]
        day = with_room(problem(tasks, crew), past, 10, most=1, bands=((9 * H, 10 * H),))
        plan = solve(day, Limits(None, 60), engine=engine)
        assert check(day, plan) == []
        assert {s.task.split("-")[0] for route in plan.routes for s in route.stops} == served


def test_urgent_work_gets_the_room() -> None:
    crew = [engineer(shift_end_s=10 * H, hourly_fen=0)]
    cheap = problem([task("a"), task("b", undone_fen=100)], crew)
    day = with_room(cheap, [arisen(0, 9 * H)] * 30, 10, most=1, bands=((9 * H, 10 * H),))
    without, with_ = (solve(one, Limits(None, 60)) for one in (cheap, day))
    urgent = task("urgent", urgent=True)
    # Without room somebody has to give way.
    assert UrgentBook(cheap, without).places(urgent)[0].moved
    (place, *_) = UrgentBook(day, with_).places(urgent)
    assert place.moved == ()
    assert {stop.task for route in place.plan.routes for stop in route.stops} == {"a", "urgent"}
    whole = dataclasses.replace(cheap, tasks=(*cheap.tasks, urgent))
    assert check(whole, place.plan) == []


def test_nobody_waits_for_room() -> None:
    day = problem([task("a"), task("room", reserve=True)], links=(Link("before", "room", "a"),))
    with pytest.raises(ProblemError, match=r"links\[0\].first: 'room' is room that is kept"):
        day.validate()
