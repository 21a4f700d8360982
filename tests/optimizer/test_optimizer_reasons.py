"""What would have to give way for a task that was left out, and why a planned one is where it is."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from optimizer_days import H, M, engineer, problem, problems, task

from optimizer import Limits, OfferBook, Plan, Problem, best_insertions, check, explain, solve
from optimizer.bench import mixed
from optimizer.bench.beijing import generate
from optimizer.building import build, sequences
from optimizer.explain import placement
from optimizer.instance import Instance
from optimizer.model import BaselineVisit, Frozen, Lunch
from optimizer.relaxations import STEP_S, Relaxation, relaxations, relaxed

LIKELY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def planned(day: Problem, *routes: list[str]) -> Plan:
    instance = Instance(day)
    plan = build(instance, [[instance.task_number[name] for name in r] for r in routes], "hand", 1, 0)
    assert check(day, plan) == []
    return plan


def found(day: Problem, plan: Plan, name: str) -> dict[str, Relaxation]:
    return {way.steps[0].kind: way for way in relaxations(day, plan, name) if len(way.steps) == 1}


def without(plan: Plan, gone: str | None) -> Plan:
    routes = tuple(
        dataclasses.replace(r, stops=tuple(s for s in r.stops if s.task != gone)) for r in plan.routes
    )
    return dataclasses.replace(plan, routes=routes)


def inserted(day: Problem, plan: Plan, name: str, way: Relaxation) -> Plan | None:
    """The plan with the task put into the engineer's day, in the relaxed problem."""
    relaxed_day = relaxed(day, name, way)
    one = next(t for t in relaxed_day.tasks if t.id == name)
    smaller = without(plan, way.steps[-1].task)
    places = [p for p in best_insertions(relaxed_day, smaller, one) if p.engineer == way.engineer]
    if not places:
        return None
    instance = Instance(relaxed_day)
    routes = sequences(instance, smaller)
    number = instance.worker_number[way.engineer]
    at = places[0].position - len(instance.workers[number].frozen)
    routes[number].insert(at, instance.task_number[name])
    there = build(instance, routes, "hand", 1, 0)
    moved = next((t for t in day.tasks if t.id == way.steps[-1].task), None)
    goes = 0 if moved is None else Instance(day).absence(Instance(day).jobs[day.tasks.index(moved)])
    saved = plan.summary.cost_fen - there.summary.cost_fen
    assert saved == way.saves_fen - way.price_fen + goes, way
    return there


def test_a_later_start_by_as_little_as_needed() -> None:
    noon = ((12 * H, 12 * H + 10 * M),)
    day = problem([task("a", windows=noon), task("b", windows=noon)])
    ways = found(day, planned(day, ["a"]), "b")
    assert ways["start_later"].steps[0].amount_s == 20 * M
    assert ways["start_earlier"].steps[0].amount_s == 20 * M
    assert ways["start_later"].price_fen == 30 * M * 6000 // 3600
    assert ways["start_later"].saves_fen == 50_000
    assert ways["visit_moves"].steps[0].task == "a"
    assert ways["visit_moves"].price_fen == 50_000
    assert "overtime" not in ways and "without_skill" not in ways


def test_overtime_an_earlier_shift_or_a_shorter_service() -> None:
    full = task("full", duration_s=7 * H + 40 * M)
    day = problem([full, task("b")], [engineer(max_overtime_s=0)])
    ways = found(day, planned(day, ["full"]), "b")
    for kind in ("overtime", "shift_earlier", "shorter"):
        assert ways[kind].steps[0].amount_s == 10 * M, kind
    assert ways["overtime"].price_fen > ways["shift_earlier"].price_fen


def test_a_skill_a_permission_a_pin() -> None:
    crew = [engineer("x"), engineer("y", skills=("s",), max_visits=0)]
    day = problem([task("a", skills=("s",)), task("b", forbidden_engineers=("x",))], crew)
    plan = planned(day, [], [])
    a, b = found(day, plan, "a"), found(day, plan, "b")
    assert (a["without_skill"].engineer, a["without_skill"].steps[0].skills) == ("x", ("s",))
    assert a["more_visits"].engineer == "y"
    assert b["allow_engineer"].engineer == "x"


def test_more_visits_count_those_under_way() -> None:
    under_way = [task("one", frozen=Frozen("e", 9 * H)), task("two", frozen=Frozen("e", 10 * H))]
    day = problem([*under_way, task("b")], [engineer(max_visits=1)])
    (step,) = found(day, planned(day, []), "b")["more_visits"].steps
    assert step.visits == 3


def test_a_break_that_stands_in_the_way() -> None:
    lunch = engineer(lunch=Lunch(30 * M, 12 * H, 12 * H + 30 * M))
    day = problem([task("a", windows=((12 * H, 12 * H + 10 * M),))], [lunch])
    assert found(day, planned(day, []), "a")["lunch_moved"].steps[0].amount_s == 20 * M  # 11:40 to 12:10


def test_two_rules_only_where_one_is_not_enough() -> None:
    noon = ((12 * H, 12 * H + 10 * M),)
    crew = [engineer("x", skills=("s",)), engineer("y", skills=("t",))]
    day = problem(
        [
            task("a", windows=noon, skills=("s",), pin_engineer="x"),
            task("b", windows=noon, skills=("t", "u")),
        ],
        [crew[0]],
    )
    ways = relaxations(day, planned(day, ["a"]), "b")
    kinds = {tuple(step.kind for step in way.steps) for way in ways}
    assert ("without_skill", "start_later") in kinds
    assert all(len(way.steps) == 2 for way in ways)


def test_too_dear_says_what_it_would_cost() -> None:
    day = problem([task("a", 20, undone_fen=10)])
    way = found(day, planned(day, []), "a")["costs_more"]
    assert way.price_fen > way.saves_fen == 10


def held(day: Problem, plan: Plan) -> int:
    """Try every relaxation: with it the task fits and no rule is broken; with less of it, it does not."""
    tried = 0
    for left in plan.unserved:
        for way in relaxations(day, plan, left.task):
            tried += 1
            assert way.engineer in {one.id for one in day.engineers}
            there = inserted(day, plan, left.task, way)
            assert there is not None, way
            assert check(relaxed(day, left.task, way), there) == []
            *others, last = way.steps
            if last.amount_s > 0:
                less = dataclasses.replace(last, amount_s=last.amount_s - STEP_S)
                smaller = dataclasses.replace(way, steps=(*others, less))
                assert inserted(day, plan, left.task, smaller) is None, way
    return tried


@LIKELY
@given(problems())
def test_every_relaxation_holds_and_is_the_smallest(day: Problem) -> None:
    held(day, solve(day, Limits(None, 5)))


@LIKELY
@given(st.integers(0, 10**6).map(mixed.generate))
def test_relaxations_hold_with_every_rule_in_play(day: Problem) -> None:
    held(day, solve(day, Limits(None, 10)))


def test_a_level_and_a_load_give_way() -> None:
    crew = [engineer("x", skills=("s",)), engineer("y", skills=("s",), skill_levels={"s": 2}, capacity=1)]
    day = problem([task("a", skills=("s",), skill_levels={"s": 2}, demand=3)], crew)
    plan = planned(day, [], [])
    assert {reason.code for reason in explain(day, plan)["a"]} == {"no_skill", "over_capacity"}
    ways = found(day, plan, "a")
    assert (ways["without_skill"].engineer, ways["without_skill"].steps[0].skills) == ("x", ("s",))
    assert (ways["more_load"].engineer, ways["more_load"].steps[0].load) == ("y", 2)
    for way in ways.values():
        there = inserted(day, plan, "a", way)
        assert there is not None and check(relaxed(day, "a", way), there) == []


def test_a_visit_moves_to_the_day_on_which_it_is_cheapest() -> None:
    noon = ((12 * H, 12 * H + 10 * M),)
    day = problem(
        [task("a", 5, windows=noon), task("b", windows=noon)],
        baseline=(BaselineVisit("a", "e", 12 * H, told=True),),
    )
    plan = planned(day, ["a"])
    far = problem([], [engineer(start_lon=0.3, end_lon=0.3)], day="2026-11-25")
    near = problem([task("c", 5)], [engineer()], day="2026-11-26")
    shut = problem([], [], day="2026-11-27")
    others = OfferBook(
        [(day, plan), (far, planned(far, [])), (near, planned(near, ["c"])), (shut, planned(shut))]
    )
    (way,) = (w for w in relaxations(day, plan, "b", others) if w.steps[0].kind == "visit_moves")
    (offer,) = (o for o in others.offers(task("a", 5)) if o.day == "2026-11-26")
    assert way.steps[0].day == "2026-11-26" and way.steps[0].task == "a"
    # On the other day it only takes its time; here it had been told, and its trip goes.
    before, after = (planned(one, *r).summary.terms for one, r in ((day, (["a"],)), (day, (["b"],))))
    rest = sum(after[name] - before[name] for name in ("hours", "travel", "overtime"))
    assert offer.extra_fen == 30 * M * 6000 // 3600
    assert way.price_fen == rest + day.prices.moved_told_fen + offer.extra_fen
    (alone,) = (w for w in relaxations(day, plan, "b") if w.steps[0].kind == "visit_moves")
    assert alone.price_fen == rest + day.prices.moved_told_fen + 50_000 and alone.steps[0].day is None


def test_a_whole_day_has_relaxations_for_nearly_all_that_is_left_out() -> None:
    day = generate(60, 6, 4)
    plan = solve(day, Limits(None, 60))
    some = tuple(plan.unserved[:8])
    assert len(some) == 8
    assert held(day, dataclasses.replace(plan, unserved=some)) >= 16


def test_a_planned_task_says_what_the_next_best_would_cost() -> None:
    crew = [
        engineer("near"),
        engineer("far", start_lon=0.2, end_lon=0.2),
        engineer("idle", skills=("x",), max_visits=0),
        engineer("barred"),
    ]
    day = problem([task("a", 1, forbidden_engineers=("barred",))], crew)
    plan = planned(day, ["a"], [], [], [])
    why = placement(day, plan, "a")
    assert (why.engineer, [way.engineer for way in why.others]) == ("near", ["far"])
    assert why.extra_fen == plan.summary.cost_fen
    elsewhere = planned(day, [], ["a"], [], [])
    assert why.next_best_fen == elsewhere.summary.cost_fen - plan.summary.cost_fen > 0
    assert {reason.code: reason.detail["engineers"] for reason in why.barred} == {
        "max_visits": ["idle"],
        "not_allowed": ["barred"],
    }
    with pytest.raises(KeyError):
        placement(day, planned(day, [], [], [], []), "a")
