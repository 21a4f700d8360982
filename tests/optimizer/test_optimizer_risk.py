"""The chance of being late: against sums done by hand, and the same for the same seed."""

from __future__ import annotations

import math
from statistics import NormalDist

import pytest
from optimizer_days import H, M, engineer, problem, task

from optimizer import Limits, Plan, Problem, solve
from optimizer.bench.beijing import generate
from optimizer.building import build
from optimizer.instance import Instance
from optimizer.model import Frozen, Link, Lunch, Mode, Period, Travel
from optimizer.risk import Spread, lived, risk

RUNS = 20_000


def planned(day: Problem, *names: str) -> Plan:
    instance = Instance(day)
    tasks = [instance.task_number[name] for name in names]
    return build(instance, [tasks], "hand", 1, 0)


def above(mean: float, variation: float, limit: float) -> float:
    """The chance that a lognormal value with this mean is above a limit."""
    sigma = math.sqrt(math.log1p(variation**2))
    return 1 - NormalDist(math.log(mean) - sigma * sigma / 2, sigma).cdf(math.log(limit))


def test_a_day_without_spread_goes_as_planned() -> None:
    day = generate(40, 8, 2)
    plan = solve(day, Limits(None, 30))
    found = risk(day, plan, Spread(0, 0), runs=3)
    starts = {stop.task: stop.start_s for route in plan.routes for stop in route.stops}
    for visit in found.visits:
        # Who waits in the plan for no window may be there earlier; nobody is ever later.
        assert visit.start_p50_s <= starts[visit.task] + 2, visit
        assert visit.late == 0 and visit.start_p50_s == visit.start_p90_s
    for one, route in zip(found.days, plan.routes, strict=True):
        assert one.home_p90_s <= route.home_s + 2
        assert one.too_long == 0
    assert found.any_late == 0 and len(found.visits) == len(starts)


def test_the_chance_of_a_long_task_before_is_the_lognormal_tail() -> None:
    day = problem([task("a"), task("b", windows=((9 * H, 10 * H),))])
    (a, b) = risk(day, planned(day, "a", "b"), Spread(0.5, 0), RUNS).visits
    assert a.late == 0 and a.due_s is None and b.due_s == 10 * H
    assert b.late == pytest.approx(above(30 * M, 0.5, 60 * M), abs=0.005)
    sigma = math.sqrt(math.log1p(0.25))
    median = 30 * M * math.exp(-sigma * sigma / 2)
    assert b.start_p50_s == pytest.approx(9 * H + median, rel=0.002)
    assert b.mean_late_s > 0


def test_a_task_has_its_own_spread() -> None:
    tasks = [
        task("a", duration_spread_s=15 * M),
        task("b", windows=((9 * H, 10 * H),)),
        task("c", duration_s=0, duration_spread_s=60),
    ]
    (_, b, _) = risk(problem(tasks), planned(problem(tasks), "a", "b", "c"), Spread(0, 0), RUNS).visits
    assert b.late == pytest.approx(above(30 * M, 0.5, 60 * M), abs=0.005)
    steady = risk(problem(tasks[1:]), planned(problem(tasks[1:]), "b", "c"), Spread(0, 0), RUNS).visits
    assert all(visit.late == 0 for visit in steady)


def test_waiting_for_a_window_forgives() -> None:
    day = problem([task("a"), task("b", windows=((11 * H, 11 * H + M),))])
    plan = planned(day, "a", "b")
    leaves = plan.routes[0].start_s  # as late as the window allows
    (_, b) = risk(day, plan, Spread(0.5, 0), RUNS).visits
    assert leaves > 10 * H and b.start_p50_s == 11 * H
    assert b.late == pytest.approx(above(30 * M, 0.5, 11 * H + M - leaves), abs=0.01)


def test_the_break_is_taken_in_its_window_and_moves_what_follows() -> None:
    lunch = engineer(lunch=Lunch(30 * M, 12 * H, 13 * H))
    pinned = task("a", windows=((11 * H, 11 * H),), duration_s=H)
    day = problem([pinned, task("b", windows=((12 * H, 13 * H),), duration_s=45 * M)], [lunch])
    (_, b) = risk(day, planned(day, "a", "b"), Spread(0.5, 0), RUNS).visits
    assert b.planned_s == 12 * H + 30 * M
    assert b.late == pytest.approx(above(60 * M, 0.5, 90 * M), abs=0.01)


def test_trips_begin_in_the_rush_when_work_ends_late() -> None:
    rush = Mode((Period(0, 10 * H, 60.0), Period(10 * H, 24 * H, 10.0)), factor=1.0)
    tasks = [task("a", windows=((9 * H, 9 * H),)), task("b", 10, windows=((9 * H, 11 * H),))]
    day = problem(tasks, [engineer(shift_start_s=8 * H)], travel=Travel({"car": rush}))
    (_, b) = risk(day, planned(day, "a", "b"), Spread(0.6, 0), RUNS).visits
    # 11.1 km: 667 s before ten, 4003 s after it. Late if what is left at ten takes more than an hour.
    minutes = (60 * M - (1 - 3600 / 4003) * 667) / 60
    assert b.late == pytest.approx(above(30, 0.6, minutes), abs=0.006)


def test_what_is_done_is_sure_and_what_is_under_way_is_not() -> None:
    done = task("done", frozen=Frozen("e", 9 * H))
    now = task("now", frozen=Frozen("e", 10 * H), duration_s=H)
    due = task("due", windows=((10 * H, 11 * H + 20 * M),))
    day = problem([done, now, due], now_s=10 * H + 30 * M)
    (visit,) = risk(day, planned(day, "due"), Spread(0.4, 0), RUNS).visits
    assert visit.task == "due"
    assert visit.late == pytest.approx(above(60 * M, 0.4, 80 * M), abs=0.006)


def test_the_same_seed_gives_the_same_answer_whatever_else_is_planned() -> None:
    day = generate(60, 10, 3)
    plan = solve(day, Limits(None, 30))
    once, again = risk(day, plan, runs=2000), risk(day, plan, runs=2000)
    assert once == again
    assert risk(day, plan, runs=2000, seed=2) != once
    fewer = Plan(plan.routes[2:], plan.unserved, plan.summary, plan.engine, 1, 1)
    assert set(risk(day, fewer, runs=2000).visits) <= set(once.visits)
    assert 0 < once.any_late <= 1
    assert once.late_visits == pytest.approx(sum(visit.late for visit in once.visits))


def by_two(day: Problem, mine: list[str], theirs: list[str]) -> Plan:
    instance = Instance(day)
    routes = [[instance.task_number[name] for name in names] for names in (mine, theirs)]
    return build(instance, routes, "hand", 1, 0)


def test_who_is_linked_to_another_waits_for_him() -> None:
    crew = [engineer("e"), engineer("f")]
    late = pytest.approx(above(30 * M, 0.5, 60 * M), abs=0.005)
    half = {"windows": ((9 * H + 30 * M, 10 * H),)}
    day = problem([task("a"), task("b", **half)], crew, links=(Link("before", "a", "b"),))
    (_, b) = risk(day, by_two(day, ["a"], ["b"]), Spread(0.5, 0), RUNS).visits
    assert b.engineer == "f" and b.late == late
    day = problem(
        [task("x"), task("a", **half), task("b", **half)], crew, links=(Link("together", "a", "b"),)
    )
    found = risk(day, by_two(day, ["x", "a"], ["b"]), Spread(0.5, 0), RUNS)
    a, b = found.visits[1:]
    assert (a.late, a.start_p90_s) == (b.late, b.start_p90_s) and b.late == late
    assert found.any_late == b.late
    # The day alone: nobody waits for a task that is in none of the days.
    (alone,) = lived(Instance(day), by_two(day, ["x", "a"], ["b"]).routes[1:], Spread(0.5, 0), RUNS).visits
    assert alone.late == 0


def test_a_gap_after_the_first_is_kept() -> None:
    crew = [engineer("e"), engineer("f")]
    day = problem([task("a"), task("b")], crew, links=(Link("before", "a", "b", 2 * H),))
    (_, b) = risk(day, by_two(day, ["a"], ["b"]), Spread(0, 0), 3).visits
    assert b.start_p50_s == 11 * H + 30 * M


def test_a_plan_in_which_each_waits_for_the_other_comes_to_an_end() -> None:
    tasks = [task(name) for name in "pqrs"]
    links = (Link("before", "s", "p"), Link("before", "q", "r"))
    day = problem(tasks, [engineer("e"), engineer("f")], links=links)
    assert len(risk(day, by_two(day, ["p", "q"], ["r", "s"]), runs=10).visits) == 4
