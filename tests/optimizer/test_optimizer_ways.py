"""Ways of travelling: given ones, vehicles of a pool, barred zones, prices of the day, fares by matrix."""

from __future__ import annotations

import dataclasses
import itertools
import random

import numpy as np
import pytest
from optimizer_days import STEADY, H, M, engineer, problem, task

from optimizer import Limits, OfferBook, OptimizerError, ProblemError, best_insertions, check, solve
from optimizer.bench import mixed
from optimizer.bench.exact import prove
from optimizer.bench.suites import small_day
from optimizer.building import day_price, sequences
from optimizer.compare import cherry_pick, difference
from optimizer.engines.placing import CompiledDays
from optimizer.instance import Instance
from optimizer.links import with_ways
from optimizer.model import Mode, Period, Problem, Travel, Way
from optimizer.plan import Plan

ENGINES = pytest.mark.parametrize("engine", ["hybrid", "ortools"])
SLOW = dataclasses.replace(STEADY, periods=(Period(0, 24 * H, 12.0),))
MODES = Travel({"car": STEADY, "foot": SLOW})
CAR = Way("car", "cars", 500)


def walker(name: str, **more: object) -> object:
    return engineer(name, mode="foot", ways=(CAR,), **more)


def day(tasks: list, crew: list, **more: object) -> Problem:
    return problem(tasks, crew, travel=MODES, **{"pools": {"cars": 1}, **more})


def solved(given: Problem, engine: str = "hybrid") -> tuple[Plan, dict[str, Way | None]]:
    plan = solve(given, Limits(None, 100), engine=engine)
    assert check(given, plan) == []
    return plan, {route.engineer: route.way for route in plan.routes}


def codes(given: Problem, plan: Plan) -> set[str]:
    return {violation.code for violation in check(given, plan)}


@ENGINES
def test_the_only_car_goes_where_it_saves_most(engine: str) -> None:
    far = [task("far", 40), task("near", -4, windows=((9 * H, 10 * H),))]
    crew = [walker("e"), walker("f", start_lon=0.38, end_lon=0.38)]
    near = [task("a", 40), task("b", 41), task("c", -20, windows=((9 * H, 10 * H),)), task("d", -21)]
    plan, ways = solved(day(near, crew), engine)
    assert ways == {"e": CAR, "f": None}
    plan, ways = solved(day(far, crew, pools={"cars": 2}), engine)
    assert plan.summary.served == 2


@ENGINES
def test_no_car_is_taken_that_costs_more_than_it_saves(engine: str) -> None:
    crew = [walker("e")]
    _, ways = solved(day([task("a", 1)], crew), engine)
    assert ways == {"e": CAR}  # it saves 444 s of an engineer of 60 yuan an hour
    _, ways = solved(day([task("a", 0.5)], crew), engine)
    assert ways == {"e": None}
    _, ways = solved(day([task("a", 1)], crew, pools={}), engine)
    assert ways == {"e": None}


@ENGINES
def test_the_price_of_the_day_is_in_the_sum(engine: str) -> None:
    given = day([task("a", 30)], [engineer("e", mode="foot", way=CAR)])
    plan, ways = solved(given, engine)
    free = day([task("a", 30)], [engineer("e", mode="foot", way=dataclasses.replace(CAR, fen=0))])
    cheap, _ = solved(free, engine)
    assert ways == {"e": CAR} and plan.summary.cost_fen == cheap.summary.cost_fen + 500
    assert plan.summary.terms["travel"] == 500
    assert prove(given).cost_fen == plan.summary.cost_fen


@ENGINES
def test_a_barred_zone_is_left_to_others(engine: str) -> None:
    barred = Way("car", "cars", 0, ("ring",))
    crew = [engineer("e", mode="foot", way=barred), engineer("f", mode="foot", start_lon=-0.3, end_lon=-0.3)]
    given = day([task("in", 1, zone="ring"), task("out", 2, zone="town"), task("free", 3)], crew)
    plan, _ = solved(given, engine)
    who = {stop.task: route.engineer for route in plan.routes for stop in route.stops}
    assert who == {"in": "f", "out": "e", "free": "e"}
    alone, _ = solved(dataclasses.replace(given, engineers=(crew[0],)), engine)
    assert [left.task for left in alone.unserved] == ["in"]


@ENGINES
def test_a_choice_between_a_barred_car_and_the_own_feet(engine: str) -> None:
    barred = dataclasses.replace(CAR, fen=0, barred_zones=("ring",))
    crew = [engineer("e", mode="foot", ways=(barred,))]
    _, ways = solved(day([task("in", 3, zone="ring")], crew), engine)
    assert ways == {"e": None}
    _, ways = solved(day([task("out", 30)], crew), engine)
    assert ways == {"e": barred}


def test_the_checker_knows_ways() -> None:
    ten = ((10 * H, 10 * H),)
    tasks = [task("a", 30, windows=ten), task("b", -30, windows=ten)]
    given = day(tasks, [walker("e"), walker("f")], pools={"cars": 2})
    plan, ways = solved(given)
    assert set(ways.values()) == {CAR}
    assert codes(dataclasses.replace(given, pools={"cars": 1}), plan) == {"pool"}
    without = dataclasses.replace(
        given, engineers=tuple(dataclasses.replace(e, ways=()) for e in given.engineers)
    )
    assert "wrong_way" in codes(without, plan)
    zoned = dataclasses.replace(CAR, barred_zones=("ring",))
    crew = tuple(dataclasses.replace(e, ways=(zoned,)) for e in given.engineers)
    ringed = tuple(dataclasses.replace(t, zone="ring") for t in given.tasks)
    routes = tuple(dataclasses.replace(route, way=zoned) for route in plan.routes)
    there = dataclasses.replace(given, engineers=crew, tasks=ringed)
    assert codes(there, dataclasses.replace(plan, routes=routes)) == {"zone"}
    dearer = dataclasses.replace(given, engineers=tuple(
        dataclasses.replace(e, ways=(dataclasses.replace(CAR, fen=600),)) for e in given.engineers
    ))  # fmt: skip
    routes = tuple(dataclasses.replace(route, way=dataclasses.replace(CAR, fen=600)) for route in plan.routes)
    assert codes(dearer, dataclasses.replace(plan, routes=routes)) == {"summary", "terms"}


def test_a_given_car_counts_even_where_it_stands() -> None:
    crew = [engineer("idle", mode="foot", way=CAR, skills=("none",)), walker("e")]
    _, ways = solved(day([task("a", 30, forbidden_engineers=("idle",))], crew))
    assert ways == {"e": None}


def test_what_asks_about_a_plan_travels_as_it_does() -> None:
    given = day([task("a", 30), task("b", 31), task("c", -3)], [walker("e"), walker("f")])
    plan, ways = solved(given)
    driver = next(name for name, way in ways.items() if way == CAR)
    place = next(place for place in best_insertions(given, plan, task("new", 32)) if place.engineer == driver)
    assert place.start_s < 11 * H  # on foot it takes three hours
    for seed in range(2, 6):
        other = solve(given, Limits(None, 3, seed))
        for change in difference(given, plan, other).changes:
            try:
                picked = cherry_pick(given, plan, other, [change.task])
            except OptimizerError:
                continue  # the days with the other car do not hold together
            assert check(given, picked.plan) == []


@pytest.mark.slow
@ENGINES
@pytest.mark.parametrize("links", [False, True])
def test_random_days_with_ways_keep_every_rule(engine: str, links: bool) -> None:
    driven = 0
    for seed in range(80):
        given = mixed.generate(seed, links=links, ways=True)
        given.validate()
        plan = solve(given, Limits(None, 20, seed + 1), engine=engine)
        assert check(given, plan) == [], f"day {seed}"
        driven += sum(route.way is not None for route in plan.routes)
    assert driven > 20


@pytest.mark.slow
def test_small_days_with_ways_are_optimal_or_nearly() -> None:
    equal, over = 0, 0.0
    for seed in range(20):
        plain = small_day(seed, largest=7)
        (_name, mode), *_ = plain.travel.modes.items()
        fast, slow = (
            dataclasses.replace(
                mode,
                periods=tuple(
                    dataclasses.replace(p, speed_kmh=(p.speed_kmh or 1) * by) for p in mode.periods
                ),
            )
            for by in (1.6, 0.7)
        )
        modes = {**plain.travel.modes, "slow": slow, "fast": fast}
        travel = dataclasses.replace(plain.travel, modes=modes)
        given = mixed.with_ways(random.Random(f"x{seed}"), dataclasses.replace(plain, travel=travel))
        cost_fen, best_fen = solve(given, Limits(None, 400)).summary.cost_fen, cheapest(given)
        assert cost_fen >= best_fen
        equal += cost_fen == best_fen
        over += cost_fen / best_fen - 1 if best_fen else 0.0
    assert equal >= 18 and over / 20 < 0.005


def cheapest(given: Problem) -> int:
    """The lowest sum over everything that the pools allow."""
    found = []
    for ways in itertools.product(*([e.way] if e.way else [None, *e.ways] for e in given.engineers)):
        decided = with_ways(given, {e.id: way for e, way in zip(given.engineers, ways, strict=True)})
        try:
            decided.validate()
        except ProblemError:
            continue  # more than the pools have
        found.append(prove(decided, 20).bound_fen)
    return min(found)


@pytest.mark.parametrize(
    ("crew", "says"),
    [
        ([engineer("e", way=Way("boat"))], r"engineers\[0\].way.mode: no travel mode has the name 'boat'"),
        ([engineer("e", ways=(CAR, Way("boat")))], r"engineers\[0\].ways\[1\].mode"),
        ([engineer("e", way=CAR), engineer("f", way=CAR)], r"engineers\[1\].way.pool: the pool 'cars' has 1"),
    ],
)
def test_wrong_ways_are_named(crew: list, says: str) -> None:
    with pytest.raises(ProblemError, match=says):
        day([task("a")], crew).validate()


@ENGINES
def test_fares_by_matrix(engine: str) -> None:
    seconds = ((0, 600), (600, 0))
    metro = Mode((Period(0, 24 * H, seconds=seconds),), fare_fen=9_999, fares=((0, 400), (700, 0)))
    home = {"start_place": "home", "end_place": "home"}
    given = problem(
        [task("a", 1, place="site", duration_s=30 * M)],
        [engineer("e", mode="metro", **home)],
        travel=Travel({"metro": metro}, ("home", "site")),
    )
    plan, _ = solved(given, engine)
    assert plan.summary.terms["travel"] == 1100
    assert prove(given).cost_fen == plan.summary.cost_fen
    with pytest.raises(ProblemError, match=r"travel.modes.metro.fares: should be 2 × 2"):
        broken = dataclasses.replace(metro, fares=((0,),))
        dataclasses.replace(given, travel=Travel({"metro": broken}, ("home", "site"))).validate()


@ENGINES
def test_days_with_nothing_to_do_or_nobody_to_do_it(engine: str) -> None:
    assert solved(day([], [walker("e")]), engine)[1] == {}
    assert solved(day([task("a")], []), engine)[0].summary.unserved == 1


@pytest.mark.filterwarnings("error")
def test_no_task_is_no_warning() -> None:
    assert solve(day([], [walker("e")]), Limits(None, 5)).summary.served == 0


def test_sequences_do_not_say_who_drives() -> None:
    given = day([task("a")], [walker("e")])
    with pytest.raises(OptimizerError, match="need the plan"):
        OfferBook([(given, [[0]])])


@ENGINES
def test_fares_by_the_time_at_which_a_trip_begins(engine: str) -> None:
    # An hour to each place and back. A taxi to "a" is dear before noon, to "b" after it.
    hour = ((0, H, H), (H, 0, H), (H, H, 0))
    taxi = Mode(
        (
            Period(0, 12 * H, seconds=hour, fares=((0, 90, 10), (10, 0, 10), (10, 10, 0))),
            Period(12 * H, 24 * H, seconds=hour, fares=((0, 10, 90), (10, 0, 10), (10, 10, 0))),
        ),
        fare_fen=9_999,
    )
    crew = [engineer("e", mode="taxi", start_place="home", end_place="home", hourly_fen=0)]
    at = {"duration_s": 2 * H}
    day = problem([task("a", place="a", **at), task("b", place="b", **at)], crew)
    day = dataclasses.replace(day, travel=Travel({"taxi": taxi}, ("home", "a", "b")))
    day = dataclasses.replace(day, prices=dataclasses.replace(day.prices, hour_fen=0))
    plan = solve(day, Limits(None, 60), engine=engine)
    assert check(day, plan) == []
    (route,) = plan.routes
    assert [stop.task for stop in route.stops] == ["b", "a"]
    fares = [stop.travel_fen for stop in route.stops]
    assert [*fares, route.home_travel_fen] == [10, 10, 10] and plan.summary.terms["travel"] == 30
    wrong = dataclasses.replace(route, home_travel_fen=route.home_travel_fen + 1)
    assert {v.code for v in check(day, dataclasses.replace(plan, routes=(wrong,)))} >= {"travel_price"}
    broken = dataclasses.replace(taxi, periods=(dataclasses.replace(taxi.periods[0], fares=((0,),)),))
    with pytest.raises(ProblemError, match=r"travel.modes.taxi.periods\[0\].fares: should be 3 × 3"):
        dataclasses.replace(day, travel=Travel({"taxi": broken}, ("home", "a", "b"))).validate()


def test_the_compiled_price_of_fares_by_time_is_the_plain_one() -> None:
    compared = 0
    for seed in range(400):
        day = mixed.generate(seed)
        modes = day.travel.modes.values()
        if not any(period.fares for mode in modes for period in mode.periods):
            continue
        plan = solve(day, Limits(None, 20, seed))
        assert check(day, plan) == []
        instance = Instance(day)
        routes = sequences(instance, plan)
        asked = np.array([(-1, w, -1) for w, route in enumerate(routes) if route])
        if not len(asked):
            continue
        prices, _ = CompiledDays(instance, routes).places(asked)
        for (_, w, _), (before, _) in zip(asked.tolist(), prices.tolist(), strict=True):
            jobs = [instance.jobs[n] for n in routes[w]]
            assert before == day_price(instance, w, jobs)
            compared += 1
    assert compared > 40
