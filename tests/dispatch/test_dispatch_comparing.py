"""Any two plans of a day side by side; a proposal picked from on a day that already breaks rules."""

from datetime import timedelta

import pytest

from backend.core.clock import FixedClock
from backend.core.errors import NotFound
from backend.core.uow import SYSTEM, Transactions
from backend.dispatch import actions, broken, changes, comparing, proposals, queries, sheet, whatif
from backend.dispatch.models import DayPlan, ScheduleDay
from backend.dispatch.terms import Terms
from optimizer.building import build
from optimizer.solving import fill
from tests.dispatch import bigday
from tests.dispatch.bigday import DAY
from tests.dispatch.department import DAY as TOMORROW
from tests.dispatch.department import Department
from tests.dispatch.test_dispatch_planning import plan_day


def test_working_published_and_a_copy(transactions: Transactions, department: Department) -> None:
    plan_day(transactions)
    with transactions.begin(department.assistant) as uow:
        actions.publish(uow, on=TOMORROW)
    with transactions.read(SYSTEM) as uow:
        view = queries.day_view(uow, TOMORROW)
        assert [one.key for one in comparing.choices(uow, TOMORROW)] == ["working"]
    giver = next(one for one in view.engineers if one.stops)
    order_id = giver.stops[0].order_id
    with transactions.begin(department.assistant) as uow:
        changes.take_out(uow, on=TOMORROW, order_id=order_id)
    assumed = {giver.engineer_id: Terms(away=True)}
    with transactions.begin(department.assistant) as uow:
        copy = whatif.keep(uow, on=TOMORROW, assumed=assumed)
    with transactions.read(department.assistant) as uow:
        known = comparing.choices(uow, TOMORROW)
        assert [one.key for one in known] == ["working", "published", str(copy)]
        assert known[2].name.zh == f"假设：{giver.name}病了" and known[2].assumed == assumed
        one = comparing.compare(uow, on=TOMORROW, left="published", right="working")
        other = comparing.compare(uow, on=TOMORROW, left="working", right="published")
        tried = comparing.compare(uow, on=TOMORROW, left="working", right=str(copy))
        imagined = whatif.imagine(uow, on=TOMORROW, assumed=assumed)
    assert [move.order_id for move in one.moves] == [order_id]
    assert "拿出来" in one.moves[0].sentence.zh and f"排给{giver.name}" in other.moves[0].sentence.zh
    assert (one.sums.terms_now, one.sums.terms_then) == (other.sums.terms_then, other.sums.terms_now)
    assert one.sums.terms_then["undone"] > one.sums.terms_now["undone"]
    assert tried.sums.terms_then == imagined.sums.terms_then
    assert giver.engineer_id not in tried.right_sheet.facts.team
    with transactions.begin(department.assistant) as uow:
        comparing.drop(uow, plan_id=copy)
    with transactions.read(department.assistant) as uow, pytest.raises(NotFound):
        comparing.compare(uow, on=TOMORROW, left="working", right=str(copy))


def test_a_proposal_is_picked_from_on_a_day_that_breaks_rules(
    transactions: Transactions, clock: FixedClock
) -> None:
    made = bigday.make(transactions, clock, people=8)
    clock.at += timedelta(hours=5)  # everybody runs late by now
    with transactions.read(SYSTEM) as uow:
        now = sheet.load(uow, DAY)
    late = {v.task for worker in now.laid for v in now.laid[worker].broken if v.code == "window"}
    assert len(late) > 2
    routes: list[list[int]] = [[] for _ in now.instance.workers]
    fill(now.instance, routes)
    plan = build(now.instance, routes, "test", 1, 1)
    with transactions.begin(SYSTEM) as uow:
        actions.store_plan(uow, lease=None, problem=now.facts.problem, plan=plan, violations=[])
        day = uow.session.get_one(ScheduleDay, DAY)
        day.proposed_plan_id, day.working_plan_id = day.working_plan_id, day.published_plan_id
        assert uow.session.get(DayPlan, day.proposed_plan_id) is not None
    with transactions.read(made.assistant) as uow:
        proposal = proposals.current(uow, DAY)
        before = sheet.load(uow, DAY)
    alone = [move for move in proposal.moves if move.worth_fen is not None]
    assert proposal.moves and alone
    picked = alone[0].order_id
    with transactions.begin(made.assistant) as uow:
        chosen, after = proposals.select(uow, DAY, plan_id=proposal.plan_id, taken=[picked], toggled=picked)
        assert picked in chosen.taken and len(chosen.taken) < len(proposal.moves)
        assert broken.caused(before, after) == []
        change = proposals.take(uow, on=DAY, plan_id=proposal.plan_id, taken=[picked])
    assert picked in change.order_ids
    with transactions.read(SYSTEM) as uow:
        assert sheet.load(uow, DAY).placements().get(picked) == after.placements().get(picked)


def test_a_delay_that_shrinks_is_no_new_one(transactions: Transactions, clock: FixedClock) -> None:
    bigday.make(transactions, clock, people=6)
    clock.at += timedelta(hours=5)
    with transactions.read(SYSTEM) as uow:
        now = sheet.load(uow, DAY)
    worker, task = next(
        (n, now.instance.task_number[v.task])
        for n, laid in now.laid.items()
        for v in laid.broken
        if v.code == "window"
        and v.task is not None
        and len(laid.tasks) > 1
        and laid.tasks[-1] == now.instance.task_number[v.task]
    )
    first = now.placed[worker][0].task
    sooner = now.without(first)
    still = {v.task for v in sooner.laid[worker].broken if v.code == "window"}
    assert now.instance.problem.tasks[task].id in still, "it is late all the same"
    assert broken.caused(now, sooner) == []
    assert broken.caused(sooner, now), "the other way round it grows"
