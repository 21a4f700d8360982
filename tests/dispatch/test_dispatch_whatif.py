"""What if: nothing is kept while it is tried, and what is taken over holds."""

from datetime import timedelta

import pytest

from backend.core.clock import FixedClock
from backend.core.uow import SYSTEM, Transactions
from backend.dispatch import changes, queries, terms, trying, whatif
from backend.dispatch.rows import DayView
from backend.dispatch.terms import Terms
from backend.staff import queries as staff
from optimizer.plan import Stop
from tests.dispatch import bigday
from tests.dispatch.bigday import DAY
from tests.dispatch.department import Department


def seen(transactions: Transactions) -> DayView:
    with transactions.read(SYSTEM) as uow:
        return queries.day_view(uow, DAY)


def holders(view: DayView) -> dict[int, int]:
    return {stop.order_id: one.engineer_id for one in view.engineers for stop in one.stops}


def test_an_engineer_without_his_car(transactions: Transactions, clock: FixedClock) -> None:
    made = bigday.make(transactions, clock, people=6)
    driver = next(one for one in seen(transactions).engineers if one.mode == "car" and len(one.stops) > 4)
    before = holders(seen(transactions))
    with transactions.read(made.assistant) as uow:
        found = whatif.imagine(uow, on=DAY, assumed={driver.engineer_id: Terms(no_car=True)})
    assert holders(seen(transactions)) == before
    assert driver.engineer_id in found.sums.people
    now, then = found.sums.terms_now, found.sums.terms_then
    assert then["travel"] < now["travel"]  # cheaper by metro
    assert {stop.mode for stop in _day(found, driver.engineer_id)} <= {"metro"}
    with transactions.begin(made.assistant) as uow:
        change = whatif.take_over(uow, on=DAY, assumed={driver.engineer_id: Terms(no_car=True)})
    view = seen(transactions)
    taken = next(one for one in view.engineers if one.engineer_id == driver.engineer_id)
    assert taken.mode == "metro"
    assert view.figures is not None and view.figures.terms == found.sums.terms_then
    assert not taken.broken and not any(stop.broken for stop in taken.stops if stop.movable)
    with transactions.begin(made.assistant) as uow:
        assert changes.undo(uow, on=DAY).id == change.id
    with transactions.read(SYSTEM) as uow:
        assert terms.on_day(uow, DAY) == {}
    assert holders(seen(transactions)) == before
    assert (
        next(one for one in seen(transactions).engineers if one.engineer_id == driver.engineer_id).mode
        == "car"
    )
    with transactions.begin(made.assistant) as uow:
        changes.redo(uow, on=DAY)
    with transactions.read(SYSTEM) as uow:
        assert terms.on_day(uow, DAY) == {driver.engineer_id: Terms(no_car=True)}
    again = seen(transactions)
    assert again.figures is not None and again.figures.terms == found.sums.terms_then


def _day(found: whatif.Imagined, person_id: int) -> list[Stop]:
    worker = found.sheet.worker(person_id)
    assert worker is not None
    return [stop for stop in found.sheet.laid[worker].route.stops if int(stop.task) not in _frozen(found)]


def _frozen(found: whatif.Imagined) -> set[int]:
    return {found.sheet.order(task) for task in found.sheet.instance.frozen}


@pytest.mark.parametrize("people", [6, 8])
def test_what_was_taken_over_can_be_undone_and_redone_for_every_driver(
    transactions: Transactions, clock: FixedClock, people: int
) -> None:
    made = bigday.make(transactions, clock, people=people)
    for driver in [one for one in seen(transactions).engineers if one.mode == "car" and len(one.stops) > 3]:
        starts = [{stop.order_id: stop.start_s for stop in one.stops} for one in seen(transactions).engineers]
        for step in (
            lambda uow, who=driver: whatif.take_over(
                uow, on=DAY, assumed={who.engineer_id: Terms(no_car=True)}
            ),
            lambda uow: changes.undo(uow, on=DAY),
            lambda uow: changes.redo(uow, on=DAY),
            lambda uow: changes.undo(uow, on=DAY),
        ):
            with transactions.begin(made.assistant) as uow:
                step(uow)
        back = [{stop.order_id: stop.start_s for stop in one.stops} for one in seen(transactions).engineers]
        assert back == starts


def test_an_hour_more_for_everybody_can_only_help(transactions: Transactions, department: Department) -> None:
    from tests.dispatch.department import DAY as other
    from tests.dispatch.test_dispatch_planning import plan_day

    plan_day(transactions)
    with transactions.read(department.assistant) as uow:
        usual = {one.person_id: one.max_overtime_s for one in staff.engineers_on(uow, other)}
        assumed = whatif.people(("longer", person) for person in usual)
        found = whatif.imagine(uow, on=other, assumed=assumed)
        shown = trying.read(uow, other)
    assert found.sums.unserved_then <= found.sums.unserved_now
    later = {int(one.id): one.max_overtime_s for one in found.sheet.instance.problem.engineers}
    assert later == {person: longest + 3600 for person, longest in usual.items()}
    assert {int(one.id): one.max_overtime_s for one in shown.instance.problem.engineers} == usual


def test_who_is_ill_gives_his_visits_to_others_and_nothing_else_moves(
    transactions: Transactions, clock: FixedClock
) -> None:
    made = bigday.make(transactions, clock, people=8)
    view = seen(transactions)
    before = holders(view)
    # Somebody for whose visits others have room; the day is full.
    for ill in view.engineers:
        with transactions.read(made.assistant) as uow:
            found = whatif.imagine(uow, on=DAY, assumed={ill.engineer_id: Terms(away=True)})
        if set(found.sums.people) - {ill.engineer_id}:
            break
    with transactions.begin(made.assistant) as uow:
        whatif.take_over(uow, on=DAY, assumed={ill.engineer_id: Terms(away=True)})
    after = holders(seen(transactions))
    changed = {order for order in before if before[order] != after.get(order)}
    assert changed and changed <= {stop.order_id for stop in ill.stops if stop.movable}
    assert {stop.order_id for stop in ill.stops if not stop.movable}.isdisjoint(changed)
    with transactions.begin(made.assistant) as uow:
        changes.undo(uow, on=DAY)
    back = seen(transactions)
    assert holders(back) == before and all(one.absence is None for one in back.engineers)


def test_undo_leaves_terms_that_somebody_has_changed_since(
    transactions: Transactions, clock: FixedClock
) -> None:
    made = bigday.make(transactions, clock, people=4)
    first = seen(transactions).engineers[0].engineer_id
    with transactions.begin(made.assistant) as uow:
        whatif.take_over(uow, on=DAY, assumed={first: Terms(extra_s=3600)})
    with transactions.begin(made.assistant) as uow:
        terms.allow(uow, on=DAY, engineer_id=first, extra_s=7200)
    with transactions.begin(made.assistant) as uow:
        changes.undo(uow, on=DAY)
    with transactions.read(SYSTEM) as uow:
        assert terms.on_day(uow, DAY) == {first: Terms(extra_s=7200)}


def test_days_that_run_late_already_keep_their_visits(transactions: Transactions, clock: FixedClock) -> None:
    made = bigday.make(transactions, clock, people=8)
    clock.at += timedelta(hours=5)  # by now almost everybody runs late
    view = seen(transactions)
    late = [one for one in view.engineers if any(stop.broken and stop.movable for stop in one.stops)]
    assert len(late) > 2
    first = view.engineers[0]
    with transactions.read(made.assistant) as uow:
        found = whatif.imagine(uow, on=DAY, assumed={first.engineer_id: Terms(away=True)})
    assert {move.order_id for move in found.moves} <= {stop.order_id for stop in first.stops}
