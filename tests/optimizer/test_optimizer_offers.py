"""The book of offers: the same answers as the plain search, over several days, compiled or not."""

from __future__ import annotations

import dataclasses
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from optimizer_days import H, problems, task

from optimizer import Limits, OfferBook, Plan, Problem, best_insertions, solve
from optimizer.insertion import Insertion
from optimizer.model import Task
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


@st.composite
def asked(draw: st.DrawFn) -> tuple[Problem, Plan, Task]:
    """A day, a plan for it (solved, or thrown together), and a task that is new or known."""
    day = draw(problems(most_tasks=9))
    if draw(st.booleans()):
        plan = solve(day, Limits(None, 15), engine="hybrid")
    else:
        free = [t.id for t in day.tasks if t.frozen is None]
        crew = [e.id for e in day.engineers]
        names = draw(st.permutations(free)) if crew else []
        plan = rough_plan(day, [(draw(st.sampled_from(crew)), name) for name in names])
    fresh = draw(problems(most_tasks=1, most_engineers=0))
    known = [t for t in day.tasks if t.frozen is None]
    if known and draw(st.booleans()):
        return day, plan, draw(st.sampled_from(known))
    place = day.tasks[0].place if day.tasks else day.travel.places[0] if day.travel.places else None
    model = fresh.tasks[0] if fresh.tasks else task("new", lat=40.02, lon=116.1)
    return day, plan, dataclasses.replace(model, id="new", place=place, frozen=None, pin_engineer=None)


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
