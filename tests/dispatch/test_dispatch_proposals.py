"""A proposal: what it differs in, any selection of it stays valid, taking and leaving it, somebody ill."""

import random

import pytest

from backend.core.errors import NotAllowed
from backend.core.uow import SYSTEM, Transactions
from backend.dispatch import actions, broken, changes, proposals, queries, sheet
from backend.dispatch.policy import NoProposal
from backend.serve import inline
from backend.staff import actions as staff
from tests.dispatch.department import DAY, Department
from tests.dispatch.test_dispatch_changes import found, seen, times
from tests.dispatch.test_dispatch_planning import plan_day


def propose(transactions: Transactions, department: Department) -> proposals.Proposal:
    with transactions.begin(department.assistant) as uow:
        job_id = actions.request_plan(uow, on=DAY, seconds=0.5, seed=2, propose=True)
    assert inline.finish_job(transactions, job_id).status == "done"
    with transactions.read(department.assistant) as uow:
        return proposals.current(uow, DAY)


def fall_ill(transactions: Transactions, department: Department) -> list[int]:
    """The engineer with most visits falls ill; his orders."""
    ill = max(seen(transactions).engineers, key=lambda engineer: len(engineer.stops))
    with transactions.begin(department.assistant) as uow:
        staff.add_absence(uow, person_id=ill.engineer_id, first_on=DAY, last_on=DAY, kind="ill")
    return [stop.order_id for stop in ill.stops]


def test_a_first_plan_is_no_proposal(transactions: Transactions, department: Department) -> None:
    with transactions.begin(department.assistant) as uow:
        job_id = actions.request_plan(uow, on=DAY, seconds=0.5, propose=True)
    assert inline.finish_job(transactions, job_id).status == "done"
    view = seen(transactions)
    assert view.plan_id is not None and view.proposed_plan_id is None
    with pytest.raises(NoProposal), transactions.read(SYSTEM) as uow:
        proposals.current(uow, DAY)


def test_somebody_ill_gets_a_repair_whose_parts_can_be_taken(
    transactions: Transactions, department: Department
) -> None:
    plan_day(transactions)
    orders = fall_ill(transactions, department)
    before = seen(transactions)
    proposal = propose(transactions, department)
    assert times(seen(transactions)) == times(before), "the working plan waits for her answer"
    assert {move.order_id for move in proposal.moves} & set(orders)
    assert all(move.sentence.zh and move.sentence.en and move.why.zh for move in proposal.moves)
    assert sorted(move.number for move in proposal.moves) == list(range(1, len(proposal.moves) + 1))
    assert sum(proposal.all.terms_then.values()) < sum(proposal.all.terms_now.values())
    first = proposal.moves[0]
    with transactions.begin(department.assistant) as uow:
        chosen, after = proposals.select(
            uow, DAY, plan_id=proposal.plan_id, taken=[first.order_id], toggled=None
        )
        change = proposals.take(uow, on=DAY, plan_id=proposal.plan_id, taken=[first.order_id])
        assert set(change.order_ids) == set(chosen.taken) and first.order_id in chosen.taken
    assert times(seen(transactions))[first.order_id] == after.placements()[first.order_id]
    figures = seen(transactions).figures
    assert figures is not None and figures.terms == chosen.terms_then
    with pytest.raises(NoProposal), transactions.begin(department.assistant) as uow:
        proposals.take(uow, on=DAY, plan_id=proposal.plan_id, taken=[first.order_id])
    with transactions.begin(department.assistant) as uow:
        changes.undo(uow, on=DAY)
    assert times(seen(transactions)) == times(before)


def test_any_selection_is_valid_and_the_price_is_what_it_comes_to(
    transactions: Transactions, department: Department
) -> None:
    plan_day(transactions)
    fall_ill(transactions, department)
    proposal = propose(transactions, department)
    ids = [move.order_id for move in proposal.moves]
    dice = random.Random(3)
    with transactions.read(department.assistant) as uow:
        now = sheet.load(uow, DAY)
        for _ in range(12):
            wanted = [order_id for order_id in ids if dice.random() < 0.5]
            toggled = dice.choice(ids)
            chosen, after = proposals.select(
                uow, DAY, plan_id=proposal.plan_id, taken=wanted, toggled=toggled
            )
            assert broken.caused(now, after) == []
            assert after.plan().summary.terms == chosen.terms_then
            if toggled in wanted and chosen.taken:
                assert set(wanted) <= set(chosen.taken) or toggled in chosen.taken


def test_left_proposal_changes_nothing(transactions: Transactions, department: Department) -> None:
    plan_day(transactions)
    fall_ill(transactions, department)
    before = times(seen(transactions))
    proposal = propose(transactions, department)
    with pytest.raises(NotAllowed), transactions.begin(department.engineer(transactions, 0)) as uow:
        proposals.take(uow, on=DAY, plan_id=proposal.plan_id, taken=[])
    with transactions.begin(department.assistant) as uow:
        proposals.dismiss(uow, on=DAY)
    view = seen(transactions)
    assert times(view) == before and view.proposed_plan_id is None
    with transactions.read(SYSTEM) as uow:
        assert len(queries.plans(uow, DAY).rows) == 2, "it is kept for study"


def test_editing_meanwhile_is_counted_in(transactions: Transactions, department: Department) -> None:
    plan_day(transactions)
    orders = fall_ill(transactions, department)
    proposal = propose(transactions, department)
    mine = next(move.order_id for move in proposal.moves if move.order_id in orders)
    with transactions.begin(department.assistant) as uow:
        changes.take_out(uow, on=DAY, order_id=mine)
    with transactions.begin(department.assistant) as uow:
        now = proposals.current(uow, DAY)
        proposals.take(uow, on=DAY, plan_id=now.plan_id, taken=now.all.taken)
    assert found(seen(transactions), mine)
