"""The book of offers: the same answers as the plain search, over several days, compiled or not."""

from __future__ import annotations

import dataclasses
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from optimizer_days import H, engineer, problem, problems, task

import optimizer
from optimizer import Limits, OfferBook, Plan, Problem, ProblemError, best_insertions, solve
from optimizer.bench import mixed
from optimizer.bench.beijing import generate
from optimizer.building import build
from optimizer.errors import OptimizerError
from optimizer.insertion import Insertion
from optimizer.instance import Instance
from optimizer.model import Frozen, Task
from optimizer.plan import Route, Stop, Summary

WINDOWS = ((9 * H, 11 * H), (11 * H, 13 * H), (13 * H, 15 * H), (9 * H, 17 * H))
FORMS = ["compiled", "plain"]


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both forms of the days; the compiled one also where nothing has been compiled yet."""
    if request.param == "compiled":
        pytest.importorskip("numba")
    monkeypatch.setattr("optimizer.days.compiled_ready", lambda: request.param == "compiled")
    return request.param


def rough_plan(day: Problem, order: list[tuple[str, str]]) -> Plan:
    """A plan of sequences only, by hand: its days need not hold."""
    routes = []
    for one in day.engineers:
        stops = tuple(Stop(name, 0, 0, 0, 0, 0, one.mode, 0) for who, name in order if who == one.id)
        routes.append(Route(one.id, stops, None, 0, 0, 0, 0, 0))
    return Plan(tuple(routes), (), Summary(0, 0, 0, 0, 0, {}), "hand", 1, 0)


SEEDS = st.integers(0, 10**6)


@st.composite
def asked(draw: st.DrawFn) -> tuple[Problem, Plan, Task]:
    """A day, a plan for it (solved, or thrown together), and a task that is new or known."""
    day = draw(st.one_of(SEEDS.map(mixed.generate), SEEDS.map(mixed.generate), problems(most_tasks=9)))
    if draw(st.booleans()):
        plan = solve(day, Limits(None, 15), engine="hybrid")
    else:
        free = [t.id for t in day.tasks if t.frozen is None]
        crew = [e.id for e in day.engineers]
        names = draw(st.permutations(free)) if crew else []
        plan = rough_plan(day, [(draw(st.sampled_from(crew)), name) for name in names])
    known = [t for t in day.tasks if t.frozen is None]
    if known and draw(st.booleans()):
        return day, plan, draw(st.sampled_from(known))
    place = draw(st.sampled_from(day.travel.places)) if day.travel.places else None
    model = draw(st.sampled_from(mixed.generate(draw(SEEDS)).tasks))
    new = dataclasses.replace(model, id="new", place=place, frozen=None, pin_engineer=None)
    return day, plan, new


def same_as_plain(question: tuple[Problem, Plan, Task]) -> None:
    day, plan, new = question
    book = OfferBook([(day, plan)])
    # Twice, so that nothing of the first answer is left in the second.
    for windows in ((), WINDOWS, ()):
        plain = best_insertions(day, plan, new, windows)
        assert book.insertions(day.day, new, windows) == plain
        best: dict[object, Insertion] = {}
        for place in plain:
            best.setdefault(place.window, place)
        offers = {offer.window: offer for offer in book.offers(new, windows)}
        assert offers.keys() == best.keys()
        for window, offer in offers.items():
            place = best[window]
            assert (offer.engineer, offer.extra_fen, offer.start_s) == (
                place.engineer,
                place.extra_fen,
                place.start_s,
            )
            assert offer.extra_travel_s == place.extra_travel_s
    other = dataclasses.replace(new, id="other", lat=40.5)
    assert book.insertions(day.day, other) == best_insertions(day, plan, other)
    assert book.insertions(day.day, new, WINDOWS) == best_insertions(day, plan, new, WINDOWS)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(asked())
def test_compiled_answers_are_the_plain_ones(question: tuple[Problem, Plan, Task]) -> None:
    pytest.importorskip("numba")
    with mock.patch("optimizer.days.compiled_ready", lambda: True):
        same_as_plain(question)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(asked())
def test_answers_without_compiled_code_are_the_same(question: tuple[Problem, Plan, Task]) -> None:
    with mock.patch("optimizer.days.compiled_ready", lambda: False):
        same_as_plain(question)


def test_several_days_are_graded_together(form: str) -> None:
    near, far = engineer("near"), engineer("far", start_lon=0.2, end_lon=0.2)
    plans = []
    for name, crew in (("2026-11-24", [far]), ("2026-11-25", [near, far]), ("2026-11-26", [])):
        day = problem([task("known", 1)] if near in crew else [], crew, day=name)
        plans.append((day, solve(day, Limits(None, 10))))
    book = OfferBook(plans)
    windows = ((9 * H, 11 * H), (14 * H, 16 * H))
    offers = book.offers(task("new", -3), windows)
    assert [(offer.day, offer.window) for offer in offers] == [
        (day, window) for day in ("2026-11-24", "2026-11-25") for window in windows
    ]
    assert {offer.engineer for offer in offers if offer.day == "2026-11-25"} == {"near"}
    assert min(offers, key=lambda offer: offer.extra_fen).grade == "good"
    # The first day's engineer lives far away: that is dear beside the next day.
    assert {offer.grade for offer in offers if offer.day == "2026-11-24"} == {"dear"}
    only = book.offers(task("new", -3), {"2026-11-25": windows[:1]})
    assert [(offer.day, offer.window) for offer in only] == [("2026-11-25", windows[0])]


def test_an_offer_says_whom_it_moves(form: str) -> None:
    # The known visit may begin late, so the new one goes before it and pushes it.
    known = task("known", 1, windows=((9 * H, 13 * H),))
    day = problem([known])
    plan = solve(day, Limits(None, 10))
    start = plan.routes[0].stops[0].start_s
    new = task("new", 2, duration_s=2 * H, windows=((9 * H, 9 * H + 600),))
    (offer,) = OfferBook([(day, plan)]).offers(new)
    (moved,) = offer.moves
    assert (moved.task, moved.start_before_s) == ("known", start)
    longer = dataclasses.replace(day, tasks=(known, new))
    instance = Instance(longer)
    taken = build(instance, [[1, 0]], "test", 1, 0)
    assert not optimizer.check(longer, taken)
    starts = {stop.task: stop.start_s for stop in taken.routes[0].stops}
    assert starts == {"known": moved.start_after_s, "new": offer.start_s}


def test_what_is_under_way_or_wrong_gets_no_offer(form: str) -> None:
    under_way = task("a", 1, frozen=Frozen("e", 10 * H))
    day = problem([under_way, task("b", 2)])
    plan = solve(day, Limits(None, 10))
    book = OfferBook([(day, plan)])
    assert book.offers(under_way) == []
    assert book.offers(task("new", allowed_engineers=("nobody",))) == []
    assert book.offers(task("new", windows=((9 * H, 10 * H),), pin_start_s=12 * H)) == []
    with pytest.raises(ProblemError, match="should not end before it begins"):
        book.offers(task("new", 7, preferred_window=(10 * H, 9 * H)))
    with pytest.raises(OptimizerError, match="two of the plans are for 2026-11-24"):
        OfferBook([(day, plan), (day, plan)])
    with pytest.raises(ProblemError, match="no engineer has the id"):
        OfferBook([(dataclasses.replace(day, tasks=(), engineers=()), plan)])
    with pytest.raises(KeyError):
        book.insertions("2026-11-30", task("new"))


def test_a_full_day_of_the_generator_agrees(form: str) -> None:
    day = generate(60, 9, 3)
    plan = solve(day, Limits(None, 60))
    book = OfferBook([(day, plan)])
    for new in generate(6, 2, 8).tasks:
        new = dataclasses.replace(new, id="new", windows=())
        many = [(at, at + 1200) for at in range(8 * H, 17 * H, 1200)]  # more than are asked about at once
        plain = best_insertions(day, plan, new, many)
        assert book.insertions(day.day, new, many) == plain
        best = {place.window: (place.start_s, place.extra_travel_s) for place in reversed(plain)}
        assert {o.window: (o.start_s, o.extra_travel_s) for o in book.offers(new, many)} == best
        assert book.insertions(day.day, new, WINDOWS) == best_insertions(day, plan, new, WINDOWS)
