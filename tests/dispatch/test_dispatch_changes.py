"""The working plan by hand: move, take out, pin, undo and redo, two people, her word against a rule."""

from datetime import timedelta

import pytest

from backend.core.audit import trail
from backend.core.clock import FixedClock
from backend.core.errors import NotAllowed
from backend.core.uow import SYSTEM, Actor, Transactions
from backend.dispatch import actions, changes, queries
from backend.dispatch.policy import NotAtWork, NothingToUndo, NotOnThisDay, Overtaken, RuleBroken, VisitRuns
from backend.dispatch.rows import DayView, StopView
from backend.orders import actions as order_actions
from backend.orders import queries as orders
from backend.staff import actions as staff
from backend.staff import queries as staff_queries
from backend.visits import actions as visit_actions
from backend.visits import queries as visits
from tests.dispatch.department import DAY, HOUR, Department
from tests.dispatch.test_dispatch_planning import plan_day


def seen(transactions: Transactions) -> DayView:
    with transactions.read(SYSTEM) as uow:
        return queries.day_view(uow, DAY)


def found(view: DayView, order_id: int) -> tuple[int, StopView]:
    return next(
        (engineer.engineer_id, stop)
        for engineer in view.engineers
        for stop in engineer.stops
        if stop.order_id == order_id
    )


def times(view: DayView) -> dict[int, tuple[int, int]]:
    return {s.order_id: (e.engineer_id, s.start_s) for e in view.engineers for s in e.stops}


def idle(view: DayView) -> int:
    """The engineer with the fewest visits."""
    return min(view.engineers, key=lambda engineer: len(engineer.stops)).engineer_id


def second_assistant(transactions: Transactions) -> Actor:
    with transactions.begin(SYSTEM) as uow:
        person_id = staff.add_person(
            uow, login="sunli", name="孙丽", password="Paidan-2026-sl", roles=["technical_assistant"]
        )
        return staff_queries.actor(uow, person_id, "web")


def move_to_idle(transactions: Transactions, department: Department, actor: Actor | None = None) -> int:
    """Move the first order to the emptiest day, inside its window."""
    view = seen(transactions)
    order_id = department.orders[0]
    with transactions.begin(actor or department.assistant) as uow:
        window = found(view, order_id)[1]
        assert window.window_from_s is not None
        other = next(
            e.engineer_id
            for e in view.engineers
            if e.engineer_id != found(view, order_id)[0] and not e.broken
        )
        changes.move(
            uow,
            on=DAY,
            order_id=order_id,
            engineer_id=other,
            start_s=window.window_from_s + 1800,
            reason_code="other",
        )
    return order_id


def test_move_keeps_the_others_and_can_be_undone_and_redone(
    transactions: Transactions, department: Department
) -> None:
    plan_day(transactions)
    before = seen(transactions)
    order_id = move_to_idle(transactions, department)
    after = seen(transactions)
    assert found(after, order_id)[0] != found(before, order_id)[0]
    assert after.revision == before.revision + 1 and after.plan_id != before.plan_id
    away_from = found(before, order_id)[0]
    stayed = {i: place for i, place in times(before).items() if place[0] == away_from and i != order_id}
    assert {i: times(after)[i] for i in stayed} == stayed
    assert after.figures is not None and sum(after.figures.terms.values()) == after.figures.cost_fen
    with transactions.begin(department.assistant) as uow:
        changes.undo(uow, on=DAY)
    assert times(seen(transactions)) == times(before)
    with transactions.begin(department.assistant) as uow:
        changes.redo(uow, on=DAY)
    assert times(seen(transactions)) == times(after)
    with pytest.raises(NothingToUndo), transactions.begin(department.assistant) as uow:
        changes.redo(uow, on=DAY)
    with transactions.read(SYSTEM) as uow:
        actions_done = [
            row.action for row in trail(uow, entity="schedule_day", entity_id=DAY.isoformat()).rows
        ]
    assert actions_done[:3] == ["change_redone", "change_undone", "hand_move"]


def test_take_out_and_put_back_moves_the_status(transactions: Transactions, department: Department) -> None:
    plan_day(transactions)
    order_id = department.orders[3]
    before = times(seen(transactions))
    with transactions.begin(department.assistant) as uow:
        changes.take_out(uow, on=DAY, order_id=order_id)
    view = seen(transactions)
    assert [row.order_id for row in view.unserved] == [order_id]
    with transactions.read(SYSTEM) as uow:
        assert orders.get(uow, order_id).status == "appointed"
    with transactions.begin(department.assistant) as uow:
        changes.move(
            uow,
            on=DAY,
            order_id=order_id,
            engineer_id=before[order_id][0],
            start_s=before[order_id][1],
            seen=view.revision,
        )
        assert orders.get(uow, order_id).status == "planned"
    assert times(seen(transactions)) == before


def test_a_rule_is_named_and_gives_way_to_her_reason(
    transactions: Transactions, department: Department
) -> None:
    plan_day(transactions)
    order_id = department.orders[0]  # agreed for 9:00–11:00
    with pytest.raises(RuleBroken) as refused, transactions.begin(department.assistant) as uow:
        changes.move(uow, on=DAY, order_id=order_id, engineer_id=department.engineers[0], start_s=15 * HOUR)
    assert "客户0会晚" in refused.value.sentence("zh") and "约好 9:00–11:00" in refused.value.sentence("zh")
    with transactions.begin(department.assistant) as uow:
        changed = changes.move(
            uow,
            on=DAY,
            order_id=order_id,
            engineer_id=department.engineers[0],
            start_s=15 * HOUR,
            reason="客户在电话里答应下午",
        )
    assert [one.code for one in changed.broken] == ["window"]
    engineer_id, stop = found(seen(transactions), order_id)
    assert engineer_id == department.engineers[0] and stop.start_s >= 15 * HOUR
    assert stop.slack_s is not None and stop.slack_s < 0 and [one.code for one in stop.broken] == ["window"]
    with transactions.read(SYSTEM) as uow:
        entry = trail(uow, entity="schedule_day", entity_id=DAY.isoformat()).rows[0]
    assert entry.after is not None and entry.after["reason"] == "客户在电话里答应下午"
    assert "会晚" in entry.after["broken"][0]
    # Her word is final: it is published as she set it, and the engineer is told.
    with transactions.begin(department.assistant) as uow:
        result = actions.publish(uow, on=DAY)
    assert result.left_out == () and result.visits == 12


def test_second_writer_of_the_same_visit_is_told(transactions: Transactions, department: Department) -> None:
    plan_day(transactions)
    view = seen(transactions)
    other = second_assistant(transactions)
    order_id = move_to_idle(transactions, department, other)
    with pytest.raises(Overtaken) as refused, transactions.begin(department.assistant) as uow:
        changes.take_out(uow, on=DAY, order_id=order_id, seen=view.revision)
    assert refused.value.sentence("zh").startswith("孙丽刚刚改过客户0")
    # Another visit of the same day is nobody else's.
    with transactions.begin(department.assistant) as uow:
        changes.take_out(uow, on=DAY, order_id=department.orders[5], seen=view.revision)
    # Undo is by person: hers comes back, the colleague's stays.
    with transactions.begin(department.assistant) as uow:
        changes.undo(uow, on=DAY)
    now = seen(transactions)
    assert found(now, order_id)[0] != found(view, order_id)[0] and now.unserved == ()
    # What a colleague has changed since is not taken back over his head.
    with transactions.begin(department.assistant) as uow:
        changes.take_out(uow, on=DAY, order_id=order_id)
    with pytest.raises(Overtaken), transactions.begin(other) as uow:
        changes.undo(uow, on=DAY)


def test_pins_follow_and_are_undone(transactions: Transactions, department: Department) -> None:
    plan_day(transactions)
    order_id = department.orders[2]
    with transactions.begin(department.assistant) as uow:
        changes.pin(uow, on=DAY, order_id=order_id, engineer=True, time=True)
    engineer_id, stop = found(seen(transactions), order_id)
    assert stop.pinned_engineer and stop.pinned_start
    target = next(e for e in department.engineers if e != engineer_id)
    with transactions.begin(department.assistant) as uow:
        changes.move(
            uow,
            on=DAY,
            order_id=order_id,
            engineer_id=target,
            start_s=stop.start_s,
            reason_code="other",
        )
    moved_to, moved = found(seen(transactions), order_id)
    assert moved_to == target and moved.pinned_engineer and moved.broken == ()
    for _ in range(2):
        with transactions.begin(department.assistant) as uow:
            changes.undo(uow, on=DAY)
    back_to, back = found(seen(transactions), order_id)
    assert back_to == engineer_id and not back.pinned


def test_published_plan_is_never_changed_by_hand(transactions: Transactions, department: Department) -> None:
    plan_day(transactions)
    move_to_idle(transactions, department)
    with transactions.begin(department.assistant) as uow:
        published = actions.publish(uow, on=DAY)
    first = times(seen(transactions))
    order_id = department.orders[4]
    with transactions.begin(department.assistant) as uow:
        changes.take_out(uow, on=DAY, order_id=order_id)
    view = seen(transactions)
    assert not view.is_published and view.published_plan_id == published.plan_id
    with transactions.begin(department.assistant) as uow:
        again = actions.publish(uow, on=DAY)
    assert [(c.engineer_id, len(c.removed)) for c in again.changed] == [(first[order_id][0], 1)]
    with transactions.read(SYSTEM) as uow:
        assert orders.get(uow, order_id).status == "appointed"


def test_who_is_away_or_under_way_is_refused(
    transactions: Transactions, department: Department, clock: FixedClock
) -> None:
    plan_day(transactions)
    with transactions.begin(department.assistant) as uow:
        actions.publish(uow, on=DAY)
        staff.add_absence(uow, person_id=department.engineers[4], first_on=DAY, last_on=DAY, kind="ill")
    clock.at += timedelta(days=1)
    with transactions.read(SYSTEM) as uow:
        visit = next(row for row in visits.day(uow, DAY) if row.engineer_id != department.engineers[4])
        engineer = staff_queries.actor(uow, visit.engineer_id, "phone")
    with transactions.begin(engineer) as uow:
        visit_actions.accept(uow, visit_id=visit.id)
        visit_actions.set_out(uow, visit_id=visit.id)
    assistant = department.assistant
    with pytest.raises(VisitRuns), transactions.begin(assistant) as uow:
        changes.take_out(uow, on=DAY, order_id=visit.order_id)
    with pytest.raises(NotAtWork), transactions.begin(assistant) as uow:
        other = next(i for i in department.orders if i != visit.order_id)
        changes.move(uow, on=DAY, order_id=other, engineer_id=department.engineers[4], start_s=15 * HOUR)
    with pytest.raises(NotAllowed), transactions.begin(engineer) as uow:
        changes.undo(uow, on=DAY)
    with transactions.begin(assistant) as uow:
        gone = next(i for i in department.orders if i != visit.order_id)
        order_actions.cancel(uow, order_id=gone, note="客户不要了")
    with pytest.raises(NotOnThisDay), transactions.begin(assistant) as uow:
        changes.take_out(uow, on=DAY, order_id=gone)


def test_visits_of_someone_who_fell_ill_stay_in_sight_until_given_away(
    transactions: Transactions, department: Department
) -> None:
    plan_day(transactions)
    view = seen(transactions)
    ill = max(view.engineers, key=lambda engineer: len(engineer.stops))
    with transactions.begin(department.assistant) as uow:
        staff.add_absence(uow, person_id=ill.engineer_id, first_on=DAY, last_on=DAY, kind="ill")
    now = next(e for e in seen(transactions).engineers if e.engineer_id == ill.engineer_id)
    assert now.absence == "ill" and [s.order_id for s in now.stops] == [s.order_id for s in ill.stops]
    first = ill.stops[0]
    with transactions.begin(department.assistant) as uow:
        changes.move(
            uow,
            on=DAY,
            order_id=first.order_id,
            engineer_id=idle(view),
            start_s=first.start_s,
            reason_code="other",
        )
    now = next(e for e in seen(transactions).engineers if e.engineer_id == ill.engineer_id)
    assert [s.order_id for s in now.stops] == [s.order_id for s in ill.stops[1:]]
    with transactions.begin(department.assistant) as uow:
        changes.undo(uow, on=DAY)
