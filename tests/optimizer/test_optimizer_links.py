"""Tasks that depend on each other: where each rule binds, in the engines and in the checker."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

import pytest
from optimizer_days import H, M, engineer, problem, task

import optimizer
from optimizer import Limits, ProblemError, best_insertions, check, explain, solve
from optimizer.bench import mixed
from optimizer.bench.exact import prove
from optimizer.bench.suites import small_day
from optimizer.compare import cherry_pick, difference
from optimizer.instance import Instance
from optimizer.model import Frozen, Link, Lunch, Problem
from optimizer.plan import Plan
from optimizer.relaxations import relaxations, relaxed

ENGINES = pytest.mark.parametrize("engine", ["hybrid", "ortools"])
TWO = [engineer("e"), engineer("f")]


def starts(day: Problem, engine: str = "hybrid", iterations: int = 60) -> dict[str, tuple[str, int]]:
    """Who begins what when, in a plan that keeps every rule."""
    plan = solve(day, Limits(None, iterations), engine=engine)
    assert check(day, plan) == []
    return visits(plan)


def visits(plan: Plan) -> dict[str, tuple[str, int]]:
    return {stop.task: (route.engineer, stop.start_s) for route in plan.routes for stop in route.stops}


def with_links(day: Problem, *links: Link, **more: Any) -> Problem:
    return dataclasses.replace(day, links=links, **more)


def codes(day: Problem, plan: Plan) -> set[str]:
    return {violation.code for violation in check(day, plan)}


@ENGINES
def test_one_before_another(engine: str) -> None:
    # Without the link, "b" in the morning on the way to nowhere else is as cheap as it gets.
    day = problem([task("a", 5, windows=((11 * H, 11 * H),)), task("b", 5)], TWO)
    link = Link("before", "a", "b", 20 * M)
    found = starts(with_links(day, link), engine)
    assert found["b"][1] >= found["a"][1] + 50 * M
    plain = solve(day, Limits(None, 60), engine=engine)
    if visits(plain)["b"][1] < 11 * H + 50 * M:
        assert codes(with_links(day, link), plain) == {"link_before"}


@ENGINES
def test_the_second_is_not_done_without_the_first(engine: str) -> None:
    day = problem([task("a", skills=("x",)), task("b")])
    assert set(starts(with_links(day, Link("before", "a", "b")), engine)) == set()
    assert set(starts(with_links(day, Link("before", "b", "a")), engine)) == {"b"}
    assert codes(with_links(day, Link("before", "a", "b")), solve(day, Limits(None, 20))) == {"link_half"}


@ENGINES
def test_together_with_two_engineers(engine: str) -> None:
    day = problem([task("a", 5), task("b", 5), task("c", 9, windows=((9 * H, 10 * H),))], TWO)
    linked = with_links(day, Link("together", "a", "b"))
    found = starts(linked, engine)
    assert found["a"][1] == found["b"][1] and found["a"][0] != found["b"][0]
    assert codes(linked, solve(day, Limits(None, 40))) == {"link_together"}
    alone = with_links(problem([task("a", 5), task("b", 5)]), Link("together", "a", "b"))
    assert starts(alone, engine) == {}


@ENGINES
def test_what_is_fetched_is_used_by_the_same_engineer(engine: str) -> None:
    # "f" lives at the store and "e" at the customer: without the link each does what is near.
    near, far = engineer("e"), engineer("f", start_lon=0.02, end_lon=0.02)
    day = problem([task("store", 2, duration_s=5 * M), task("install")], [near, far])
    linked = with_links(day, Link("fetched", "store", "install", 10 * M))
    found = starts(linked, engine)
    assert found["store"][0] == found["install"][0]
    assert found["install"][1] >= found["store"][1] + 15 * M
    assert {one for one, _ in starts(day, engine).values()} == {"e", "f"}
    assert "link_fetched" in codes(linked, solve(day, Limits(None, 60), engine=engine))


@ENGINES
def test_what_is_at_hand_already_stays_with_whoever_has_it(engine: str) -> None:
    store = task("store", 2, frozen=Frozen("f", 9 * H))
    day = problem(
        [store, task("install")], [engineer("e"), engineer("f", start_lon=0.02, end_lon=0.02)], now_s=10 * H
    )
    found = starts(with_links(day, Link("fetched", "store", "install")), engine)
    assert found["install"][0] == "f"
    # Whoever has it is ill: nobody else can do it.
    ill = with_links(day, Link("fetched", "store", "install"), engineers=day.engineers[:1])
    ill = dataclasses.replace(ill, tasks=(task("store", 2, skills=("none",)), day.tasks[1]))
    assert starts(ill, engine) == {}


@ENGINES
def test_who_has_fetched_it_is_one_of_two_who_begin_together(engine: str) -> None:
    # "install" is near "e", but what it needs is fetched where only "f" may go.
    tasks = [task("store", 2, duration_s=5 * M, pin_engineer="f"), task("install"), task("helper")]
    crew = [engineer("e"), engineer("f", start_lon=0.02, end_lon=0.02), engineer("g")]
    links = (Link("fetched", "store", "install"), Link("together", "install", "helper"))
    found = starts(with_links(problem(tasks, crew), *links), engine)
    assert (
        found["install"][0] == "f" and found["helper"][0] != "f" and found["helper"][1] == found["install"][1]
    )


@ENGINES
def test_one_fetching_serves_several(engine: str) -> None:
    tasks = [
        task("store", 2, duration_s=5 * M, undone_fen=0),
        *(task(name, n) for n, name in enumerate("abc")),
    ]
    links = [Link("fetched", "store", name) for name in "abc"]
    found = starts(with_links(problem(tasks, TWO), *links), engine)
    assert len({one for one, _ in found.values()}) == 1 and set(found) == {"store", *"abc"}
    # Nothing that needs it is possible: nobody goes there.
    barred = [tasks[0], *(dataclasses.replace(one, skills=("none",)) for one in tasks[1:])]
    assert starts(with_links(problem(barred, TWO), *links), engine) == {}


@ENGINES
def test_joined_tasks_are_one_visit(engine: str) -> None:
    far = [task(f"w{n}", -6, windows=((9 * H, 16 * H),)) for n in range(2)]
    tasks = [task("a", 6, windows=((9 * H, 14 * H),)), task("b", 6, windows=((12 * H, 15 * H),)), *far]
    linked = with_links(problem(tasks, TWO), Link("joined", "a", "b"))
    found = starts(linked, engine)
    assert found["a"][0] == found["b"][0] and found["a"][1] + 30 * M == found["b"][1] >= 12 * H
    apart = [dataclasses.replace(tasks[0], windows=((9 * H, 10 * H),)), *tasks[1:]]
    assert set(starts(with_links(problem(apart, TWO), Link("joined", "a", "b")), engine)) == {"w0", "w1"}
    assert codes(linked, solve(problem(apart, TWO), Limits(None, 40))) == {"link_joined"}


@ENGINES
@pytest.mark.parametrize("loads", [False, True])
def test_joined_tasks_count_as_several_visits(engine: str, loads: bool) -> None:
    tasks = [task("a", 6, demand=int(loads)), task("b", 6), task("c", 1, undone_fen=900_000)]
    day = problem(tasks, [engineer(max_visits=2)])
    assert set(starts(with_links(day, Link("joined", "a", "b")), engine)) == {"c"}


@ENGINES
def test_no_break_between_joined_tasks(engine: str) -> None:
    tasks = [task("a", 0, duration_s=90 * M), task("b", 0, duration_s=90 * M)]
    worker = engineer(shift_start_s=11 * H, shift_end_s=15 * H, lunch=Lunch(30 * M, 11 * H, 15 * H))
    found = starts(with_links(problem(tasks, [worker]), Link("joined", "a", "b")), engine)
    assert found["b"][1] - found["a"][1] == 90 * M
    late = dataclasses.replace(worker, lunch=Lunch(30 * M, 12 * H + 10 * M, 13 * H))
    assert starts(with_links(problem(tasks, [late]), Link("joined", "a", "b")), engine) == {}


@ENGINES
def test_a_sequence_pins_and_orders(engine: str) -> None:
    tasks = [task("a", 1), task("b", 2), task("c", 3), task("d", 4)]
    day = problem(tasks, [engineer("e"), engineer("f", sequence=("d", "b", "c"))])
    found = starts(day, engine)
    assert {found[name][0] for name in "bcd"} == {"f"}
    assert found["d"][1] < found["b"][1] < found["c"][1]
    free = problem(tasks, TWO)
    assert codes(day, solve(free, Limits(None, 40))) & {"sequence", "pin_engineer"}


@ENGINES
def test_a_sequence_holds_where_one_of_it_is_left_out(engine: str) -> None:
    tasks = [task("a", 3), task("b", 2, skills=("x",)), task("c", 1)]
    day = problem(tasks, [engineer("e", sequence=("c", "b", "a"))])
    found = starts(day, engine)
    assert set(found) == {"a", "c"} and found["c"][1] < found["a"][1]


@ENGINES
def test_a_fact_ends_before_the_next_begins(engine: str) -> None:
    begun = task("a", 0, duration_s=2 * H, frozen=Frozen("e", 10 * H))
    day = problem([begun, task("b", 1)], TWO, now_s=11 * H)
    assert starts(with_links(day, Link("before", "a", "b")), engine)["b"][1] >= 12 * H
    # With what is under way nobody can begin together any more.
    assert set(starts(with_links(day, Link("together", "a", "b")), engine)) == {"a", "b"}


def test_chains_of_links_are_served_whole() -> None:
    tasks = [task(name, n) for n, name in enumerate("abcdef")]
    links = [
        Link("before", "a", "b"),
        Link("together", "b", "c"),
        Link("before", "c", "d"),
        Link("before", "d", "e"),
    ]
    found = starts(with_links(problem(tasks, TWO), *links))
    assert set(found) == set("abcdef")
    assert found["a"][1] < found["b"][1] == found["c"][1] < found["d"][1] < found["e"][1]


@pytest.mark.slow
@ENGINES
def test_random_days_with_links_keep_every_rule(engine: str) -> None:
    linked = served = 0
    for seed in range(200):
        day = mixed.generate(seed, links=True)
        day.validate()
        plan = solve(day, Limits(None, 20, seed + 1), engine=engine)
        assert check(day, plan) == [], f"day {seed}"
        linked += len(day.links)
        served += sum(link.second in visits(plan) for link in day.links)
    assert served > linked // 5


@pytest.mark.slow
def test_small_days_with_links_are_optimal_or_nearly() -> None:
    equal, over = 0, 0.0
    for seed in range(40):
        day = mixed.with_links(random.Random(f"x{seed}"), small_day(seed, largest=8))
        cost_fen, proof = solve(day, Limits(None, 400)).summary.cost_fen, prove(day, 20)
        assert cost_fen >= proof.bound_fen
        equal += cost_fen == proof.cost_fen
        over += cost_fen / proof.cost_fen - 1 if proof.cost_fen else 0.0
    assert equal >= 34 and over / 40 < 0.005


def test_same_seed_and_iterations_give_the_same_plan() -> None:
    day = mixed.generate(7, 16, 4, links=True)
    assert solve(day, Limits(None, 200, 3)) == solve(day, Limits(None, 200, 3))


@pytest.mark.parametrize(
    ("links", "says"),
    [
        ([Link("after", "a", "b")], r"links\[0\].kind: should be one of before, fetched, together, joined"),
        ([Link("before", "a", "z")], r"links\[0\].second: no task has the id 'z'"),
        ([Link("before", "a", "a")], "two tasks"),
        ([Link("before", "a", "b"), Link("joined", "b", "a")], r"links\[1\]: 'b' and 'a' are linked twice"),
        ([Link("together", "a", "b", 60)], r"links\[0\].gap_s: belongs to `before`"),
        ([Link("together", "a", "nil")], "longer than 0 s"),
        ([Link("joined", "a", "far")], "at the same place"),
        ([Link("joined", "a", "b"), Link("joined", "a", "c")], "one joined task directly after it"),
        ([Link("joined", "a", "b"), Link("joined", "b", "c"), Link("joined", "c", "a")], "circle"),
    ],
)
def test_wrong_links_are_named(links: list[Link], says: str) -> None:
    tasks = [task("a"), task("b"), task("c"), task("nil", duration_s=0), task("far", 3)]
    with pytest.raises(ProblemError, match=says):
        with_links(problem(tasks), *links).validate()


@pytest.mark.parametrize(
    ("sequence", "says"),
    [
        (("a", "z"), r"engineers\[0\].sequence\[1\]: no task"),
        (("a", "a"), "twice"),
        (("pinned",), "pinned to 'f'"),
    ],
)
def test_wrong_sequences_are_named(sequence: tuple[str, ...], says: str) -> None:
    day = problem([task("a"), task("pinned", pin_engineer="f")], [engineer(sequence=sequence), engineer("f")])
    with pytest.raises(ProblemError, match=says):
        day.validate()


def test_reasons_name_the_missing_half() -> None:
    day = with_links(problem([task("a", skills=("x",)), task("b")]), Link("before", "a", "b"))
    plan = solve(day, Limits(None, 20))
    (reason, *_) = next(left.reasons for left in plan.unserved if left.task == "b")
    assert (reason.code, reason.detail) == ("linked", {"tasks": ["a"]})
    assert explain(day, plan, "b")["b"][0].code == "linked"
    assert relaxations(day, plan, "b") == ()  # "a" has to be possible first


def test_relaxations_of_a_linked_task_count_with_its_other_half() -> None:
    early = {"windows": ((9 * H, 9 * H + 10 * M),)}
    day = problem([task("a"), task("b", **early)], TWO)
    for kind in ("before", "fetched"):
        linked = with_links(day, Link(kind, "a", "b", 20 * M))
        plan = solve(linked, Limits(None, 60))
        assert set(visits(plan)) == {"a"}
        found = {one.steps[0].kind: one for one in relaxations(linked, plan, "b")}
        later = found["start_later"]
        assert (later.start_s, later.steps[0].amount_s) == (9 * H + 50 * M, 40 * M)
        assert kind == "before" or later.engineer == visits(plan)["a"][0]
        eased = relaxed(linked, "b", later)
        assert set(starts(eased)) == {"a", "b"}
        assert "visit_moves" not in found


def test_relaxations_of_one_of_two_give_the_other_a_place() -> None:
    tasks = [task("a", windows=((9 * H, 12 * H),)), task("b", skills=("x",), undone_fen=7_000)]
    day = with_links(problem(tasks, TWO), Link("together", "a", "b"))
    plan = solve(day, Limits(None, 60))
    assert visits(plan) == {}
    (first, *_) = relaxations(day, plan, "b")
    assert [step.kind for step in first.steps] == ["without_skill"]
    assert first.saves_fen == 50_000 + 7_000 and first.price_fen > 0
    eased = relaxed(day, "b", first)
    found = starts(eased)
    assert (
        found["a"][1] == found["b"][1]
        and solve(eased, Limits(None, 60)).summary.cost_fen < plan.summary.cost_fen
    )
    # Alone at work there is nobody for the other half.
    alone = with_links(problem(tasks), Link("together", "a", "b"))
    assert relaxations(alone, solve(alone, Limits(None, 20)), "b") == ()


@pytest.mark.parametrize(
    ("of_second", "crew", "step"),
    [
        ({"skills": ("x",)}, [engineer()], "without_skill"),
        ({"forbidden_engineers": ("e",)}, [engineer()], "allow_engineer"),
        ({"windows": ((8 * H, 9 * H + 10 * M),)}, [engineer()], "start_later"),
        ({}, [engineer(max_visits=1)], "more_visits"),
        ({}, [engineer(shift_end_s=9 * H + 50 * M)], "overtime"),
    ],
)
def test_joined_tasks_give_way_as_one(of_second: dict[str, Any], crew: list[Any], step: str) -> None:
    day = with_links(problem([task("a", 1), task("b", 1, **of_second)], crew), Link("joined", "a", "b"))
    plan = solve(day, Limits(None, 60))
    assert visits(plan) == {}
    for name in ("a", "b"):
        found = {one.steps[0].kind: one for one in relaxations(day, plan, name)}
        assert step in found and "shorter" not in found
        ease = found[step]
        assert ease.saves_fen == sum(left.undone_fen for left in Instance(day).jobs)
        there = starts(relaxed(day, name, ease))
        assert there == {"a": ("e", ease.start_s), "b": ("e", ease.start_s + 30 * M)}
        smaller = dataclasses.replace(
            ease, steps=(dataclasses.replace(ease.steps[0], amount_s=0, skills=(), visits=0),)
        )
        assert step == "allow_engineer" or starts(relaxed(day, name, smaller)) == {}


def test_joined_tasks_that_wait_for_another() -> None:
    early = {"windows": ((9 * H, 9 * H + 30 * M),)}
    tasks = [task("first"), task("a", 1), task("b", 1, **early)]
    day = with_links(problem(tasks), Link("joined", "a", "b"), Link("before", "first", "b", 20 * M))
    plan = solve(day, Limits(None, 60))
    assert set(visits(plan)) == {"first"}
    ease = next(one for one in relaxations(day, plan, "a") if one.steps[0].kind == "start_later")
    there = starts(relaxed(day, "a", ease))
    assert set(there) == {"first", "a", "b"} and there["b"][1] >= there["first"][1] + 50 * M
    # One of a chain cannot both begin in its midst and with another's beginning.
    odd = with_links(problem([*tasks, task("c")], TWO), Link("joined", "a", "b"), Link("together", "b", "c"))
    assert relaxations(odd, solve(odd, Limits(None, 60)), "a") == ()


def test_relaxations_keep_a_sequence() -> None:
    tasks = [task("a", windows=((10 * H, 10 * H),)), task("b", windows=((9 * H, 9 * H + 10 * M),))]
    day = problem(tasks, [engineer(sequence=("a", "b")), engineer("f")])
    plan = solve(day, Limits(None, 60))
    assert set(visits(plan)) == {"a"}
    found = {one.steps[0].kind: one for one in relaxations(day, plan, "b")}
    assert set(found) == {"start_later"}
    assert found["start_later"].engineer == "e" and found["start_later"].start_s == 10 * H + 30 * M
    assert set(starts(relaxed(day, "b", found["start_later"]))) == {"a", "b"}


def test_a_linked_visit_does_not_move_away_for_another() -> None:
    crew = [engineer(shift_end_s=10 * H)]
    tasks = [task("a"), task("b"), task("new", undone_fen=100)]
    day = problem(tasks, crew)
    linked = with_links(day, Link("before", "a", "b"))
    kinds = {
        name: {one.steps[0].kind for one in relaxations(given, solve(given, Limits(None, 60)), "new")}
        for name, given in (("free", day), ("linked", linked))
    }
    assert "visit_moves" in kinds["free"] and "visit_moves" not in kinds["linked"]


def test_new_tasks_and_picked_changes_leave_links_whole() -> None:
    tasks = [task(name, n) for n, name in enumerate("abcdef")]
    day = with_links(problem(tasks, TWO), Link("together", "b", "c"), Link("before", "d", "e", H))
    one, other = (solve(day, Limits(None, 5, seed)) for seed in (1, 2))
    new = task("new", 2)
    for place in best_insertions(day, one, new):
        at = {name: start for name, (_, start) in visits(one).items()}
        assert place.start_s >= 0 and at["b"] == at["c"]
    mirrored = dataclasses.replace(day, engineers=tuple(reversed(day.engineers)))
    third = solve(mirrored, Limits(None, 5, 9))
    for after in (other, third):
        for change in difference(day, one, after).changes:
            picked = cherry_pick(day, one, after, [change.task])
            assert optimizer.check(day, picked.plan) == []
