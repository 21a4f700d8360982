"""The difference of two plans, and plans that take over only some of the changes."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from optimizer_days import H, M, engineer, problem, problems, task

from optimizer import Limits, Plan, Problem, check, solve
from optimizer.bench.beijing import generate
from optimizer.building import build
from optimizer.compare import CannotPick, cherry_pick, difference
from optimizer.instance import Instance

LIKELY = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def planned(day: Problem, *routes: list[str]) -> Plan:
    instance = Instance(day)
    plan = build(instance, [[instance.task_number[name] for name in r] for r in routes], "hand", 1, 0)
    assert check(day, plan) == []
    return plan


def test_the_difference_says_what_happened_to_whom() -> None:
    day = problem([task(name, n) for n, name in enumerate("abcd", 1)], [engineer("x"), engineer("y")])
    before, after = planned(day, ["a", "b"], ["c"]), planned(day, ["a"], ["b", "d"])
    found = difference(day, before, after)
    kinds = {change.task: change.kind for change in found.changes}
    assert kinds == {"d": "added", "c": "dropped", "b": "moved"} or kinds.pop("a", "") == "shifted"
    moved = next(change for change in found.changes if change.task == "b")
    assert (moved.engineer_before, moved.engineer_after) == ("x", "y")
    assert moved.shift_s == (moved.start_after_s or 0) - (moved.start_before_s or 0)
    x, y = found.engineers
    assert (x.visits_before, x.visits_after, y.visits_before, y.visits_after) == (2, 1, 1, 2)
    assert x.home_after_s is not None and x.home_before_s is not None
    assert sum(b - a for a, b in found.terms.values()) == found.cost_after_fen - found.cost_before_fen
    assert difference(day, before, before).changes == ()


def test_a_day_that_begins_or_ends_to_exist() -> None:
    day = problem([task("a", 1)], [engineer("x"), engineer("y")])
    (x, y) = difference(day, planned(day, ["a"], []), planned(day, [], ["a"])).engineers
    assert (x.home_after_s, x.travel_after_s) == (None, 0)
    assert (y.home_before_s, y.visits_after) == (None, 1)


def swapped() -> tuple[Problem, Plan, Plan]:
    """Two engineers who each have room for one visit exchange theirs; a third visit joins freely."""
    noon = ((12 * H, 12 * H + 10 * M),)
    tasks = [task("a", 1, windows=noon), task("b", 2, windows=noon), task("c", 3)]
    day = problem(tasks, [engineer("x"), engineer("y")])
    return day, planned(day, ["a"], ["b"]), planned(day, ["b"], ["a", "c"])


def test_a_change_that_stands_alone_is_applied_alone() -> None:
    day, before, after = swapped()
    picked = cherry_pick(day, before, after, ["c"])
    assert picked.along == () and check(day, picked.plan) == []
    found = difference(day, before, picked.plan)
    assert {change.task for change in found.changes if change.kind != "shifted"} == {"c"}


def test_a_dependent_change_is_taken_along_or_named() -> None:
    day, before, after = swapped()
    picked = cherry_pick(day, before, after, ["a"])
    assert (picked.asked, picked.along) == (("a",), ("b",))
    assert check(day, picked.plan) == [] and picked.plan.summary.unserved == 1
    with pytest.raises(CannotPick, match="a can be applied only together with b") as refused:
        cherry_pick(day, before, after, ["a"], take_along=False)
    assert refused.value.needs == ("b",)


def test_only_changes_can_be_picked() -> None:
    day, before, after = swapped()
    with pytest.raises(KeyError):
        cherry_pick(day, before, after, ["nothing"])
    with pytest.raises(KeyError):
        cherry_pick(day, before, before, ["a"])


def followed(day: Problem, before: Plan, after: Plan, tasks: set[str]) -> None:
    """What every picked plan keeps: the rules, the changes asked for, and all that was not touched."""
    picked = cherry_pick(day, before, after, tasks)
    assert check(day, picked.plan) == []
    taken = {*picked.asked, *picked.along}
    assert tasks <= taken
    who = [
        {stop.task: route.engineer for route in plan.routes for stop in route.stops}
        for plan in (before, after, picked.plan)
    ]
    for one in day.tasks:
        wanted = who[1] if one.id in taken else who[0]
        assert who[2].get(one.id) == wanted.get(one.id), one.id
    if picked.along:
        with pytest.raises(CannotPick):
            cherry_pick(day, before, after, tasks, take_along=False)


@LIKELY
@given(problems(), st.data())
def test_picked_plans_keep_every_rule(day: Problem, data: st.DataObject) -> None:
    before, after = solve(day, Limits(None, 3, 1)), solve(day, Limits(None, 40, 2))
    changed = [c.task for c in difference(day, before, after).changes]
    frozen = {one.id for one in day.tasks if one.frozen}
    changed = [name for name in changed if name not in frozen]
    if changed:
        followed(day, before, after, set(data.draw(st.lists(st.sampled_from(changed), min_size=1))))


def test_a_whole_day_is_picked_from() -> None:
    day = generate(50, 9, 3)
    before, after = solve(day, Limits(None, 20, 1)), solve(day, Limits(None, 120, 2))
    changed = [c.task for c in difference(day, before, after).changes]
    assert len(changed) > 5
    for n in range(0, len(changed), 9):
        followed(day, before, after, {changed[n]})
    everything = cherry_pick(day, before, after, changed)
    assert everything.along == ()
    assert everything.plan.summary.cost_fen == after.summary.cost_fen
