"""Each rule where it binds: the engine bends the plan to it, the checker sees when it is broken."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from optimizer_days import DAY, STEADY, H, M, engineer, problem, problems, task

import optimizer
from optimizer import Limits, Plan, Problem
from optimizer.bench.beijing import generate
from optimizer.model import BaselineVisit, Frozen, Lunch, Mode, Period, Prices, Travel
from optimizer.plan import Route

FEW = Limits(seconds=None, iterations=40)


def solved(day: Problem) -> Plan:
    plan = optimizer.solve(day, FEW)
    assert optimizer.check(day, plan) == []
    return plan


def where(plan: Plan) -> dict[str, str]:
    return {stop.task: route.engineer for route in plan.routes for stop in route.stops}


def starts(plan: Plan) -> dict[str, int]:
    return {stop.task: stop.start_s for route in plan.routes for stop in route.stops}


def codes(plan: Plan, name: str) -> dict[str, int]:
    left = next(left for left in plan.unserved if left.task == name)
    return {reason.code: reason.count for reason in left.reasons}


def route_of(plan: Plan, name: str = "e") -> Route:
    return next(route for route in plan.routes if route.engineer == name)


# The engine keeps each rule


def test_windows_order_the_day() -> None:
    day = problem(
        [task("late", 1, windows=((15 * H, 16 * H),)), task("early", 20, windows=((10 * H, 11 * H),))]
    )
    found = starts(solved(day))
    assert 10 * H <= found["early"] <= 11 * H
    assert 15 * H <= found["late"] <= 16 * H


def test_the_second_of_two_windows_is_used() -> None:
    both = ((9 * H, 9 * H), (15 * H, 16 * H))
    day = problem([task("a", 1, windows=both)], [engineer(shift_start_s=10 * H)])
    assert starts(solved(day))["a"] >= 15 * H


def test_only_who_has_the_skills_goes() -> None:
    crew = [engineer("near"), engineer("able", start_lon=0.5, end_lon=0.5, skills=("x", "y"))]
    plan = solved(problem([task("a", skills=("x", "y")), task("b", skills=("z",))], crew))
    assert where(plan) == {"a": "able"}
    assert codes(plan, "b") == {"no_skill": 2}
    assert plan.unserved[0].reasons[0].detail["skills"] == ["z"]


def test_allowed_and_forbidden_engineers() -> None:
    crew = [engineer("near"), engineer("far", start_lon=0.5, end_lon=0.5)]
    tasks = [task("a", allowed_engineers=("far", "absent")), task("b", forbidden_engineers=("near",))]
    tasks.append(task("c", allowed_engineers=("absent",)))
    plan = solved(problem(tasks, crew))
    assert where(plan) == {"a": "far", "b": "far"}
    assert codes(plan, "c") == {"not_allowed": 2}


def test_pins() -> None:
    crew = [engineer("near"), engineer("far", start_lon=0.5, end_lon=0.5)]
    tasks = [task("a", pin_engineer="far"), task("b", pin_start_s=11 * H + 7)]
    tasks.append(task("c", pin_start_s=12 * H, windows=((13 * H, 14 * H),)))
    tasks.append(task("d", pin_engineer="near", skills=("x",)))
    plan = solved(problem(tasks, crew))
    assert where(plan)["a"] == "far"
    assert starts(plan)["b"] == 11 * H + 7
    assert codes(plan, "c") == {"pinned_conflict": 2}
    assert codes(plan, "d") == {"pinned_conflict": 1}


def test_the_shift_is_a_limit_and_overtime_has_a_price() -> None:
    jobs = [task(f"t{n}", duration_s=3 * H) for n in range(3)]
    short = solved(problem(jobs))
    assert short.summary.served == 2
    assert codes(short, short.unserved[0].task) == {"day_full": 1}
    over = solved(problem(jobs, [engineer(max_overtime_s=H)]))
    assert over.summary.served == 3
    assert over.summary.terms["hours"] == 8 * 6000
    assert over.summary.terms["overtime"] == 9000
    dear = solved(problem(jobs, [engineer(max_overtime_s=H, overtime_factor=10.0)]))
    assert dear.summary.served == 2
    left = dear.unserved[0].reasons[0]
    assert left.code == "too_dear" and left.detail["extra_fen"] > left.detail["undone_fen"]


def test_too_far_and_out_of_the_shift() -> None:
    tasks = [
        task("far", 500),
        task("before", windows=((7 * H, 8 * H),)),
        task("after", windows=((17 * H, 20 * H),)),
    ]
    plan = solved(problem(tasks))
    assert codes(plan, "far") == {"too_far_for_window": 1}
    assert codes(plan, "before") == {"window_before_shift": 1}
    assert codes(plan, "after") == {"window_after_shift": 1}


def test_lunch_has_its_place() -> None:
    lunch = Lunch(H, 11 * H, 13 * H)
    tasks = [task("long", duration_s=2 * H, windows=((10 * H, 13 * H),))]
    tasks += [
        task("first", 3, windows=((9 * H, 9 * H + 1800),)),
        task("last", 3, windows=((15 * H, 15 * H),)),
    ]
    plan = solved(problem(tasks, [engineer(lunch=lunch)]))
    placed = route_of(plan).lunch
    assert plan.summary.served == 3
    assert placed is not None and placed.start_s >= 11 * H and placed.end_s <= 13 * H
    # Without the break the long one could start at 11:30 too; with it, it may not cover the whole window.
    block = task("block", duration_s=3 * H, windows=((10 * H + 1800, 10 * H + 1800),))
    plan = solved(problem([block], [engineer(lunch=Lunch(H, 11 * H, 13 * H))]))
    assert codes(plan, "block") == {"lunch_in_the_way": 1}
    assert solved(problem([block])).summary.served == 1


def test_lunch_inside_the_day_is_free_and_at_home_is_outside() -> None:
    lunch = Lunch(H, 11 * H, 13 * H)
    both = [task("am", windows=((10 * H, 10 * H),)), task("pm", windows=((13 * H, 13 * H),))]
    plan = solved(problem(both, [engineer(lunch=lunch)]))
    assert plan.summary.terms["hours"] == (13 * H + 1800 - 10 * H - H) * 6000 // 3600
    morning = solved(problem(both[:1], [engineer(lunch=lunch)]))
    route = route_of(morning)
    assert route.lunch is not None and route.lunch.start_s >= route.home_s


def test_max_visits() -> None:
    plan = solved(problem([task(f"t{n}") for n in range(4)], [engineer(max_visits=3)]))
    assert plan.summary.served == 3
    assert codes(plan, plan.unserved[0].task) == {"max_visits": 1}


def test_the_dearest_are_done_first() -> None:
    tasks = [task(f"t{n}", duration_s=4 * H, undone_fen=50_000 + n) for n in range(4)]
    plan = solved(problem(tasks))
    assert set(where(plan)) == {"t2", "t3"}
    urgent = problem(
        [task("a", duration_s=5 * H, kind="maintenance", urgent=True), task("b", duration_s=5 * H)]
    )
    assert set(where(solved(urgent))) == {"a"}


def test_a_task_that_does_not_pay_stays_out() -> None:
    assert codes(solved(problem([task("a", 20, undone_fen=10)])), "a") == {"too_dear": 1}


def test_different_ends_and_modes() -> None:
    slow = Mode((Period(0, DAY, 5.0),), factor=1.0, fare_fen=300)
    travel = Travel({"car": STEADY, "foot": slow})
    crew = [engineer("walker", mode="foot", end_lon=0.02), engineer("driver", start_lon=0.3, end_lon=0.3)]
    plan = solved(problem([task("near", 1), task("far", 31)], crew, travel=travel))
    assert where(plan) == {"near": "walker", "far": "driver"}
    walker = route_of(plan, "walker")
    assert abs(walker.home_s - walker.start_s - 1800 - 2 * 1112 / 5 * 3.6) < 5
    assert walker.stops[0].travel_fen == walker.home_travel_fen == 300


def test_rush_hour_is_driven_at_its_own_pace() -> None:
    mode = Mode((Period(0, 10 * H, 9.0), Period(10 * H, DAY, 36.0)), factor=1.0)
    day = problem([task("a", 10, windows=((9 * H, 10 * H),))], travel=Travel({"car": mode}))
    plan = solved(day)
    assert codes(plan, "a") == {"too_far_for_window": 1}
    assert solved(dataclasses.replace(day, travel=Travel({"car": STEADY}))).summary.served == 1


def test_matrices_with_places() -> None:
    seconds = ((0, 600, 9000), (600, 0, 9000), (9000, 9000, 0))
    travel = Travel({"car": Mode((Period(0, DAY, seconds=seconds),), fixed_s=60)}, ("home", "p", "q"))
    who = engineer(start_place="home", end_place="home")
    plan = solved(
        problem(
            [task("near", 9, place="p"), task("far", 0, place="q", windows=((9 * H, 11 * H),))],
            [who],
            travel=travel,
        )
    )
    assert where(plan) == {"near": "e"}
    assert route_of(plan).stops[0].travel_s == 660


def test_frozen_visits_stay_and_the_rest_follows() -> None:
    facts = [
        task("done", 5, skills=("nobody has it",), windows=((1, 2),), frozen=Frozen("e", 9 * H)),
        task("now", 5, duration_s=2 * H, frozen=Frozen("e", 11 * H)),
    ]
    day = problem([task("next", 1), *facts], [engineer(lunch=Lunch(1800, 11 * H, 14 * H))], now_s=12 * H)
    plan = solved(day)
    route = route_of(plan)
    assert [stop.task for stop in route.stops] == ["done", "now", "next"]
    assert starts(plan)["done"] == 9 * H
    assert route.stops[2].arrive_s - route.stops[2].travel_s >= 13 * H
    assert route.lunch is not None and route.lunch.start_s >= 13 * H


def test_a_day_that_is_over_keeps_its_facts_and_gets_nothing_more() -> None:
    facts = task("fact", 5, duration_s=2 * H, frozen=Frozen("e", 16 * H))
    plan = solved(problem([facts, task("more", 1)], [engineer(), engineer("f", shift_end_s=9 * H)]))
    assert where(plan) == {"fact": "e"}
    assert codes(plan, "more") == {"day_over": 1, "too_far_for_window": 1}


def test_nobody_leaves_in_the_past() -> None:
    plan = solved(problem([task("a", 5)], now_s=13 * H))
    assert route_of(plan).start_s >= 13 * H
    gone = solved(problem([task("a", 5, windows=((9 * H, 12 * H),))], now_s=13 * H))
    assert codes(gone, "a") == {"window_past": 1}


def test_the_baseline_holds_unless_it_pays_to_move() -> None:
    crew = [engineer("near"), engineer("far", start_lon=0.1, end_lon=0.1)]
    day = problem([task("a"), task("b", 1)], crew)
    assert where(solved(day))["a"] == "near"
    base = (BaselineVisit("a", "far", 10 * H, told=True), BaselineVisit("b", "far", 9 * H))
    kept = solved(dataclasses.replace(day, baseline=base))
    assert where(kept) == {"a": "far", "b": "far"}
    free = Prices(moved_fen=0, moved_told_fen=0)
    assert where(solved(dataclasses.replace(day, baseline=base, prices=free)))["a"] == "near"


def test_impossible_days_are_done_as_far_as_possible() -> None:
    nobody = solved(problem([task("a")], []))
    assert [reason.code for reason in nobody.unserved[0].reasons] == ["no_engineers"]
    assert solved(problem([], [engineer()])).routes == ()
    assert solved(problem([], [])).summary.cost_fen == 0
    crew = [engineer(lunch=Lunch(H, 20 * H, 21 * H)), engineer("short", shift_end_s=9 * H)]
    plan = solved(problem([task("a", 3), task("b", 900), task("c", skills=("x",))], crew))
    assert where(plan) == {"a": "e"}


def test_the_same_iterations_give_the_same_plan() -> None:
    day = generate(25, 5, 3)
    first, second = (optimizer.solve(day, Limits(None, 60, seed=4)) for _ in range(2))
    assert first == second


def test_progress_falls_and_ends_at_the_plan() -> None:
    day, seen = generate(30, 4, 3), []
    plan = optimizer.solve(day, Limits(1.0), seen.append)
    assert set(seen[0]) == {"iteration", "cost_fen", "undone", "elapsed_s"}
    assert seen[-1]["cost_fen"] == plan.summary.cost_fen
    assert seen[-1]["undone"] == plan.summary.unserved


def test_wrong_limits_and_engines_are_refused() -> None:
    for wrong in ({"seconds": None}, {"seconds": 0}, {"iterations": 0}, {"seconds": -1}):
        with pytest.raises(optimizer.OptimizerError):
            Limits(**wrong)
    with pytest.raises(optimizer.OptimizerError, match="no engine"):
        optimizer.solve(problem([]), FEW, engine="magic")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problems())
def test_random_days_pass_the_checker(day: Problem) -> None:
    plan = optimizer.solve(day, Limits(seconds=None, iterations=15))
    assert optimizer.check(day, plan) == []
    for left in plan.unserved:
        task_ = next(t for t in day.tasks if t.id == left.task)
        asked = 1 if task_.pin_engineer else len(day.engineers)
        assert sum(reason.count for reason in left.reasons) == asked


# The checker sees each broken rule


@pytest.fixture(scope="module")
def valid() -> tuple[Problem, Plan]:
    tasks = [
        task("am", 2, windows=((9 * H, 11 * H),), skills=("x",)),
        task("mid", 4, allowed_engineers=("e",)),
        task("pm", 6, windows=((14 * H, 15 * H),), undone_fen=70_000, allowed_engineers=("e",)),
        task("pinned", 3, pin_engineer="f", pin_start_s=10 * H),
        task("fact", 1, frozen=Frozen("g", 9 * H + 5 * M)),
        task("after", 1, windows=((13 * H, 14 * H),), allowed_engineers=("g",)),
        task("out", skills=("none",)),
    ]
    lunch = Lunch(2700, 11 * H, 13 * H + 1800)
    crew = [
        engineer(lunch=lunch, skills=("x",), max_visits=3),
        engineer("f", start_lon=0.05, max_overtime_s=600),
        engineer("g", lunch=lunch),
    ]
    base = (BaselineVisit("mid", "f", 9 * H), BaselineVisit("out", "e", 9 * H, told=True))
    day = problem(tasks, crew, baseline=base)
    plan = solved(day)
    assert {stop.task for stop in route_of(plan).stops} == {"am", "mid", "pm"}, where(plan)
    return day, plan


Change = Callable[[dict[str, Any]], None]


def stop(name: str, **values: Any) -> Change:
    def change(plan: dict[str, Any]) -> None:
        for route in plan["routes"]:
            for found in route["stops"]:
                if found["task"] == name:
                    for key, value in values.items():
                        found[key] = value(found[key]) if callable(value) else value

    return change


def route(name: str, **values: Any) -> Change:
    def change(plan: dict[str, Any]) -> None:
        for found in plan["routes"]:
            if found["engineer"] == name:
                for key, value in values.items():
                    found[key] = value(found[key]) if callable(value) else value

    return change


def drop_from_unserved(plan: dict[str, Any]) -> None:
    plan["unserved"] = []


def serve_and_leave_out(plan: dict[str, Any]) -> None:
    plan["unserved"].append({"task": "am", "reasons": []})


def twice(plan: dict[str, Any]) -> None:
    plan["routes"][0]["stops"].append(plan["routes"][0]["stops"][0])


def second_route(plan: dict[str, Any]) -> None:
    plan["routes"].append(plan["routes"][0])


def facts_last(plan: dict[str, Any]) -> None:
    for found in plan["routes"]:
        if found["engineer"] == "g":
            found["stops"].reverse()


def summary(**values: Any) -> Change:
    def change(plan: dict[str, Any]) -> None:
        plan["summary"].update(values)

    return change


def later(seconds: int) -> Callable[[int], int]:
    return lambda value: value + seconds


MUTATIONS: list[tuple[str, Change]] = [
    ("unknown_engineer", route("f", engineer="nobody")),
    ("unknown_task", stop("am", task="nothing")),
    ("task_lost", stop("am", task="nothing")),
    ("engineer_twice", second_route),
    ("task_twice", twice),
    ("task_twice", serve_and_leave_out),
    ("task_lost", drop_from_unserved),
    ("empty_route", route("f", stops=[])),
    ("wrong_mode", stop("am", mode="boat")),
    ("travel_time", stop("am", travel_s=later(-60))),
    ("travel_time", route("e", home_travel_s=later(-60))),
    ("travel_distance", stop("am", travel_m=later(-100))),
    ("travel_distance", route("e", home_travel_m=later(100))),
    ("travel_price", stop("am", travel_fen=later(1))),
    ("travel_price", route("e", home_travel_fen=later(1))),
    ("overlap", stop("mid", arrive_s=later(-3 * H), start_s=later(-3 * H), end_s=later(-3 * H))),
    ("overlap", route("e", home_s=later(-1800))),
    ("before_arrival", stop("am", start_s=lambda s: s - 60, end_s=lambda s: s - 60)),
    ("duration", stop("mid", end_s=later(-60))),
    ("window", stop("am", start_s=12 * H, end_s=12 * H + 1800)),
    ("pin_start", stop("pinned", start_s=later(60), end_s=later(60))),
    ("frozen", stop("fact", start_s=later(60), end_s=later(60))),
    ("frozen_order", facts_last),
    ("lunch_missing", route("e", lunch=None)),
    ("lunch_unasked", route("f", lunch={"start_s": 12 * H, "end_s": 13 * H})),
    ("lunch_length", route("e", lunch={"start_s": 12 * H, "end_s": 12 * H + 60})),
    ("lunch_window", route("e", lunch={"start_s": 8 * H, "end_s": 8 * H + 2700})),
    ("lunch_past", route("g", lunch={"start_s": 9 * H, "end_s": 9 * H + 2700})),
    ("summary", summary(cost_fen=1)),
    ("summary", summary(travel_s=1)),
    ("summary", summary(distance_m=1)),
    ("summary", summary(served=1)),
    ("summary", summary(unserved=0)),
    ("terms", summary(terms={"undone": 0})),
    ("terms", route("e", start_s=later(-60))),
]


@pytest.mark.parametrize(("code", "change"), MUTATIONS, ids=[f"{n}-{m[0]}" for n, m in enumerate(MUTATIONS)])
def test_the_checker_sees_a_changed_plan(valid: tuple[Problem, Plan], code: str, change: Change) -> None:
    day, plan = valid
    data = plan.to_data()
    change(data)
    found = optimizer.check(day, Plan.from_json(data))
    assert code in {violation.code for violation in found}
    assert all(violation.message for violation in found)


def with_task(name: str, **values: Any) -> Callable[[Problem], Problem]:
    def change(day: Problem) -> Problem:
        tasks = tuple(dataclasses.replace(t, **values) if t.id == name else t for t in day.tasks)
        return dataclasses.replace(day, tasks=tasks)

    return change


def with_engineer(name: str, **values: Any) -> Callable[[Problem], Problem]:
    def change(day: Problem) -> Problem:
        crew = tuple(dataclasses.replace(e, **values) if e.id == name else e for e in day.engineers)
        return dataclasses.replace(day, engineers=crew)

    return change


NEW_RULES: list[tuple[str, Callable[[Problem], Problem]]] = [
    ("skill", with_engineer("e", skills=())),
    ("window", with_task("pm", windows=((9 * H, 10 * H),))),
    ("pin_engineer", with_task("am", pin_engineer="g")),
    ("pin_start", with_task("am", pin_start_s=10 * H + 1)),
    ("not_allowed", with_task("am", forbidden_engineers=("e",))),
    ("not_allowed", with_task("am", allowed_engineers=("f",))),
    ("max_visits", with_engineer("e", max_visits=2)),
    ("shift_start", with_engineer("e", shift_start_s=12 * H)),
    ("shift_end", with_engineer("e", shift_end_s=14 * H)),
    ("frozen", with_task("am", frozen=Frozen("g", 10 * H))),
    ("duration", with_task("am", duration_s=60)),
    ("travel_time", with_task("am", lat=0.05)),
    ("travel_distance", with_task("am", lat=0.05)),
    ("lunch_window", with_engineer("e", lunch=Lunch(2700, 20 * H, 21 * H))),
    ("terms", with_engineer("e", hourly_fen=1)),
    ("terms", with_task("out", undone_fen=1)),
    ("terms", lambda day: dataclasses.replace(day, baseline=())),
    ("in_the_past", lambda day: dataclasses.replace(day, now_s=14 * H)),
]


@pytest.mark.parametrize(("code", "change"), NEW_RULES, ids=[f"{n}-{r[0]}" for n, r in enumerate(NEW_RULES)])
def test_the_checker_sees_a_rule_that_the_plan_did_not_know(
    valid: tuple[Problem, Plan], code: str, change: Callable[[Problem], Problem]
) -> None:
    day, plan = valid
    found = optimizer.check(change(day), plan)
    assert code in {violation.code for violation in found}


def test_the_checker_sees_a_break_inside_a_service_and_a_trip(valid: tuple[Problem, Plan]) -> None:
    day, plan = valid
    lunch = Lunch(60, 9 * H, 17 * H)
    day = with_engineer("e", lunch=lunch)(day)
    for found in route_of(plan).stops:
        for at in (found.start_s + 60, found.arrive_s - 30):
            data = plan.to_data()
            route("e", lunch={"start_s": at, "end_s": at + 60})(data)
            assert "lunch_cuts" in {v.code for v in optimizer.check(day, Plan.from_json(data))}


def test_a_window_long_after_everybody_is_home_is_a_reason() -> None:
    day = problem([task("a", windows=((40 * H, 41 * H),)), task("b")], [engineer(shift_end_s=10 * H)])
    plan = optimizer.solve(day, optimizer.Limits(None, 3))
    assert [(left.task, left.reasons[0].code) for left in plan.unserved] == [("a", "window_after_shift")]
