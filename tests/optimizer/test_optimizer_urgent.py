"""Room for an urgent task: every place holds and costs what it says, nobody moves who may not."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from optimizer_days import H, engineer, problem, problems, task

import optimizer
from optimizer import Limits, Plan, Problem, UrgentBook, best_insertions, solve
from optimizer.bench import mixed
from optimizer.bench.beijing import generate
from optimizer.building import build, route_cost, sequences
from optimizer.errors import OptimizerError
from optimizer.instance import Instance
from optimizer.model import BaselineVisit, Frozen, Task
from optimizer.timing import time_jobs


@pytest.fixture(params=["compiled", "plain"])
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both forms of the days."""
    if request.param == "compiled":
        pytest.importorskip("numba")
    monkeypatch.setattr("optimizer.days.compiled_ready", lambda: request.param == "compiled")
    return str(request.param)


def with_task(day: Problem, new: Task) -> Problem:
    """The problem in which the task is one."""
    return dataclasses.replace(day, tasks=(*(one for one in day.tasks if one.id != new.id), new))


def visits(plan: Plan) -> dict[str, tuple[str, int]]:
    """Engineer and start of every visit."""
    return {stop.task: (route.engineer, stop.start_s) for route in plan.routes for stop in route.stops}


def sound(day: Problem, plan: Plan, new: Task, book: UrgentBook, moves: int, keep: tuple[str, ...]) -> None:
    """Whatever the book says holds."""
    longer, before = with_task(day, new), visits(plan)
    base = build(Instance(day), sequences(Instance(day), plan), "test", 1, 0)
    saved = 0
    if any(one.id == new.id for one in day.tasks):
        instance = Instance(day)
        saved = instance.absence(instance.jobs[instance.task_number[new.id]])
    places = book.places(new, moves=moves, keep=keep)
    assert len(places) <= 3
    for place in places:
        assert optimizer.check(longer, place.plan) == []
        after = visits(place.plan)
        assert after[new.id] == (place.engineer, place.start_s)
        assert place.plan.summary.cost_fen == base.summary.cost_fen - saved + place.extra_fen
        assert place.extra_fen == sum(place.terms.values())
        assert len(place.moved) <= moves
        told = {change.task: change for change in (*place.moved, *place.shifted)}
        for name, old in before.items():
            if name in told:
                change = told[name]
                assert (change.engineer_before, change.start_before_s) == old
                assert (change.engineer_after, change.start_after_s) == after.get(name, (None, None))
            else:
                assert after[name] == old
        for one in day.tasks:
            if one.id in before and (one.frozen or one.pin_engineer or one.id in keep):
                assert after[one.id][0] == before[one.id][0]
                assert one.id not in {change.task for change in place.moved}


SEEDS = st.integers(0, 10**6)
# Mostly days on which much is possible, and some of the wilder ones.
DAYS = st.one_of(SEEDS.map(mixed.generate), SEEDS.map(mixed.generate), problems(most_tasks=9))


@st.composite
def mornings(draw: st.DrawFn) -> tuple[Problem, Plan, Task, int, tuple[str, ...]]:
    """A solved day that is its own baseline, an urgent task, how many may move, who stays."""
    day = draw(DAYS)
    plan = solve(day, Limits(None, 20), engine="hybrid")
    if draw(st.booleans()):
        told = draw(st.booleans())
        base = tuple(
            BaselineVisit(stop.task, route.engineer, stop.start_s, told)
            for route in plan.routes
            for stop in route.stops
        )
        day = dataclasses.replace(day, baseline=base)
    left = [one for one in day.tasks if one.id in {u.task for u in plan.unserved}]
    if left and draw(st.booleans()):
        new = draw(st.sampled_from(left))
    else:
        model = draw(st.sampled_from(mixed.generate(draw(SEEDS)).tasks))
        place = draw(st.sampled_from(day.travel.places)) if day.travel.places else None
        new = dataclasses.replace(
            model,
            id="new",
            place=place,
            frozen=None,
            pin_engineer=None,
            allowed_engineers=(),
            skill_levels={},
        )
    keep = tuple(one.id for one in day.tasks if draw(st.integers(0, 4)) == 0)
    return day, plan, new, draw(st.integers(0, 3)), keep


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(mornings())
def test_every_place_holds_and_costs_what_it_says(
    morning: tuple[Problem, Plan, Task, int, tuple[str, ...]],
) -> None:
    pytest.importorskip("numba")
    day, plan, new, moves, keep = morning
    with mock.patch("optimizer.days.compiled_ready", lambda: True):
        book = UrgentBook(day, plan)
        sound(day, plan, new, book, moves, keep)
        # Another task in between leaves nothing behind.
        book.places(dataclasses.replace(new, id="other", lat=40.3), moves=1)
        quick = book.places(new, moves=moves, keep=keep)
    with mock.patch("optimizer.days.compiled_ready", lambda: False):
        plain = UrgentBook(day, plan).places(new, moves=moves, keep=keep)
    assert quick == plain


def one_move(instance: Instance, routes: list[list[int]], x: int) -> Iterator[int]:
    """By hand: what every place costs with no move of others, or with one to another engineer."""

    def price(w: int, tasks: list[int]) -> int | None:
        if not tasks and not instance.workers[w].frozen:
            return 0
        jobs = [instance.jobs[n] for n in tasks]
        timed = time_jobs(instance.workers[w], jobs)
        return None if timed is None else route_cost(instance, w, jobs, timed)

    def rises(w: int, tasks: list[int], n: int) -> Iterator[int]:
        if w in instance.jobs[n].engineers:
            for k in range(len(tasks) + 1):
                cost = price(w, [*tasks[:k], n, *tasks[k:]])
                if cost is not None:
                    yield cost

    base = [price(w, route) or 0 for w, route in enumerate(routes)]
    for w, route in enumerate(routes):
        yield from (cost - base[w] for cost in rises(w, route, x))
        for gone in route:
            one = instance.problem.tasks[gone]
            if one.pin_engineer is not None or one.pin_start_s is not None:
                continue
            rest = [n for n in route if n != gone]
            for first in rises(w, rest, x):
                for v, other in enumerate(routes):
                    if v != w:
                        yield from (first - base[w] + second - base[v] for second in rises(v, other, gone))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(SEEDS.map(lambda seed: mixed.generate(seed, 7, 3)), problems(most_tasks=7)))
def test_with_one_move_nothing_cheaper_is_missed(day: Problem) -> None:
    plan = solve(day, Limits(None, 20), engine="hybrid")
    places = day.travel.places
    new = task("new", lat=40.05, lon=116.05, place=places[0] if places else None)
    # Every move has the same weight here, so that the order is by price alone.
    day = dataclasses.replace(day, prices=dataclasses.replace(day.prices, moved_fen=0, moved_told_fen=0))
    instance = Instance(with_task(day, new))
    by_hand = list(one_move(instance, sequences(instance, plan), instance.task_number["new"]))
    found = UrgentBook(day, plan).places(new, moves=1, put_off=False)
    if by_hand:
        assert found[0].extra_fen <= min(by_hand)


def test_without_moves_it_is_the_plain_insertion(form: str) -> None:
    day = generate(40, 8, 4)
    plan = solve(day, Limits(None, 60))
    half = dataclasses.replace(
        plan, routes=tuple(dataclasses.replace(r, stops=r.stops[::2]) for r in plan.routes)
    )
    new = task("new", lat=39.95, lon=116.42)
    plain = best_insertions(day, half, new)
    found = UrgentBook(day, half).places(new, moves=0)
    # Places of one price may come in another order.
    assert [one.extra_fen for one in found] == [one.extra_fen for one in plain[:3]]
    known = {(one.engineer, one.extra_fen, one.start_s) for one in plain}
    assert {(one.engineer, one.extra_fen, one.start_s) for one in found} <= known
    assert not any(one.moved for one in found)


def test_a_chain_of_moves_makes_room(form: str) -> None:
    # Only "a" may do the urgent task, and his day is full; his visit can go to "b", whose visit can go to "c".
    hour = ((10 * H, 10 * H),)
    crew = [engineer("a", skills=("s",)), engineer("b"), engineer("c")]
    first = task("first", 0, duration_s=H, windows=hour, allowed_engineers=("a", "b"))
    second = task("second", 0, duration_s=H, windows=hour, allowed_engineers=("b", "c"))
    day = problem([first, second], crew)
    base = (BaselineVisit("first", "a", 10 * H, True), BaselineVisit("second", "b", 10 * H, True))
    instance = Instance(dataclasses.replace(day, baseline=base))
    plan = build(instance, [[0], [1], []], "test", 1, 0)
    new = task("new", 0, duration_s=H, windows=hour, skills=("s",))
    book = UrgentBook(instance.problem, plan)
    assert book.places(new, moves=1, put_off=False) == []
    (place,) = book.places(new, moves=2, put_off=False)
    assert [(c.task, c.engineer_before, c.engineer_after) for c in place.moved] == [
        ("first", "a", "b"),
        ("second", "b", "c"),
    ]
    assert place.terms["disturbance"] == 2 * day.prices.moved_told_fen
    assert optimizer.check(with_task(instance.problem, new), place.plan) == []
    # Who is named stays, and then only another day helps.
    assert book.places(new, moves=2, keep=("second",), put_off=False) == []
    (place,) = book.places(new, moves=2, keep=("second",))
    assert [(c.task, c.kind) for c in place.moved] == [("first", "dropped")]
    assert place.terms == {"undone": 50_000, "disturbance": 12_000}


def test_two_give_way_together(form: str) -> None:
    crew = [engineer("a", skills=("s",)), engineer("b"), engineer("c")]
    short = [
        task(name, 0, duration_s=H, windows=((at * H, at * H),)) for name, at in (("one", 10), ("two", 11))
    ]
    day = problem(short, crew)
    plan = build(Instance(day), [[0, 1], [], []], "test", 1, 0)
    new = task("new", 0, duration_s=2 * H, windows=((10 * H, 10 * H),), skills=("s",))
    book = UrgentBook(day, plan)
    assert book.places(new, moves=1) == []
    (place,) = book.places(new, moves=2, put_off=False)
    assert {c.task for c in place.moved} == {"one", "two"}
    assert {c.engineer_after for c in place.moved} == {"b", "c"}


def test_places_are_different_and_known_tasks_refused(form: str) -> None:
    done = task("done", 0, frozen=Frozen("e", 9 * H))
    day = problem([done, task("b", 1)], [engineer("e"), engineer("f")])
    plan = solve(day, Limits(None, 10))
    book = UrgentBook(day, plan)
    found = book.places(task("new", 2, urgent=True))
    for n, one in enumerate(found):
        for other in found[:n]:
            assert one.engineer != other.engineer or abs(one.start_s - other.start_s) >= 1800
    for known in ("done", "b"):
        with pytest.raises(OptimizerError, match="in the plan already"):
            book.places(dataclasses.replace(task("x"), id=known))


def test_a_day_that_does_not_hold_any_more_is_left_alone(form: str) -> None:
    late = task("late", 0, windows=((9 * H, 9 * H + 600),))
    day = problem([late, task("b", 1)], [engineer("e"), engineer("f")])
    plan = build(Instance(day), [[0], [1]], "test", 1, 0)
    later = dataclasses.replace(day, now_s=12 * H)
    found = UrgentBook(later, plan).places(task("new", 0))
    assert found and {one.engineer for one in found} == {"f"}
    assert all(one.plan.routes[0] == plan.routes[0] for one in found)
