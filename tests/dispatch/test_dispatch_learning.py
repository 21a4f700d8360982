"""Rules suggested from repeated moves and finished visits; accepted ones change the problem that is built."""

from datetime import timedelta

import pytest

from backend.core.clock import FixedClock
from backend.core.errors import NotFound
from backend.core.uow import SYSTEM, Transactions
from backend.dispatch import changes, learning, problem, queries
from backend.orders import queries as orders
from backend.visits import queries as visits
from tests.dispatch import bigday
from tests.dispatch.bigday import DAY
from tests.dispatch.department import Department


def _move(
    transactions: Transactions, made: Department, order_id: int, engineer_id: int, reason_code: str
) -> int:
    with transactions.read(SYSTEM) as uow:
        view = queries.day_view(uow, DAY)
    start_s = next(s.start_s for e in view.engineers for s in e.stops if s.order_id == order_id)
    with transactions.begin(made.assistant) as uow:
        done = changes.move(
            uow, on=DAY, order_id=order_id, engineer_id=engineer_id, start_s=start_s, reason_code=reason_code
        )
    return done.change_id


def test_two_moves_with_a_telling_reason_become_a_rule_that_the_problem_knows(
    transactions: Transactions, clock: FixedClock
) -> None:
    made = bigday.make(transactions, clock, people=6)
    target = made.engineers[5]
    with transactions.read(SYSTEM) as uow:
        view = queries.day_view(uow, DAY)
        loose = [
            s.order_id
            for e in view.engineers
            if e.engineer_id != target
            for s in e.stops
            if s.movable and s.status == "published"
        ][:2]
        first = orders.get(uow, loose[0]).customer_id
    with transactions.begin(SYSTEM) as uow:  # both are the same customer's
        from backend.orders.models import ServiceOrder

        uow.session.get_one(ServiceOrder, loose[1]).customer_id = first
    change_id = _move(transactions, made, loose[0], target, "shorter")
    _move(transactions, made, loose[1], target, "customer_prefers")
    with transactions.read(made.assistant) as uow:
        assert learning.suggestions(uow) == []
    with transactions.begin(made.assistant) as uow:
        changes.say_why(uow, change_id=change_id, reason_code="knows_site")
    with transactions.read(made.assistant) as uow:
        suggested = learning.suggestions(uow)
    assert [(one.kind, one.customer_id, one.engineer_id, one.cases) for one in suggested] == [
        ("prefers_engineer", first, target, 2)
    ]
    with transactions.read(SYSTEM) as uow:
        tasks = {int(task.id): task for task in problem.facts(uow, DAY).problem.tasks}
        assert tasks[loose[0]].preferred_engineers == ()
    with transactions.begin(made.assistant) as uow:
        learning.decide(uow, kind="prefers_engineer", customer_id=first or 0, engineer_id=target, accept=True)
    with transactions.read(SYSTEM) as uow:
        tasks = {int(task.id): task for task in problem.facts(uow, DAY).problem.tasks}
        assert tasks[loose[0]].preferred_engineers == (str(target),)
        assert learning.suggestions(uow) == []
        rule = learning.rules(uow)[0]
        assert "2 次" in rule.sentence.zh
    with transactions.begin(made.assistant) as uow:
        learning.end(uow, rule_id=rule.id)
    with transactions.read(SYSTEM) as uow:
        tasks = {int(task.id): task for task in problem.facts(uow, DAY).problem.tasks}
        assert tasks[loose[0]].preferred_engineers == () and learning.rules(uow) == []


def test_an_undone_move_teaches_nothing_and_a_stranger_cannot_explain_it(
    transactions: Transactions, clock: FixedClock
) -> None:
    made = bigday.make(transactions, clock, people=6)
    with transactions.read(SYSTEM) as uow:
        view = queries.day_view(uow, DAY)
    order_id = next(
        s.order_id for e in view.engineers for s in e.stops if s.movable and s.status == "published"
    )
    change_id = _move(transactions, made, order_id, made.engineers[5], "knows_site")
    with transactions.begin(SYSTEM) as uow, pytest.raises(NotFound):
        changes.say_why(uow, change_id=change_id, reason_code="knows_site")
    with transactions.begin(made.assistant) as uow, pytest.raises(NotFound):
        learning.decide(
            uow, kind="prefers_engineer", customer_id=1, engineer_id=made.engineers[5], accept=True
        )


def test_visits_that_take_longer_become_a_rule_and_a_longer_task(
    transactions: Transactions, clock: FixedClock
) -> None:
    made = bigday.make(transactions, clock, people=6)
    from backend.orders.models import ServiceOrder
    from backend.visits.models import Visit

    with transactions.read(SYSTEM) as uow:
        rows = visits.day(uow, DAY)
    done = [row for row in rows if row.outcome == "done"][:3]
    waiting = next(row for row in rows if row.order.status == "published")
    assert len(done) == 3
    with transactions.begin(SYSTEM) as uow:
        for row in done:
            uow.session.get_one(ServiceOrder, row.order_id).customer_id = waiting.order.customer_id
            visit = uow.session.get_one(Visit, row.id)
            assert visit.signed_in_at is not None
            visit.finished_at = visit.signed_in_at + timedelta(seconds=row.order.duration_s + 1260)
    customer_id = waiting.order.customer_id or 0
    with transactions.read(made.assistant) as uow:
        (one,) = learning.suggestions(uow)
        assert (one.kind, one.customer_id, one.extra_s, one.cases) == ("duration", customer_id, 1200, 3)
        before = {t.id: t.duration_s for t in problem.facts(uow, DAY).problem.tasks}
        assert any(row.by == "customer" and row.cases == 3 for row in learning.lengths(uow))
    with transactions.begin(made.assistant) as uow:
        learning.decide(uow, kind="duration", customer_id=customer_id, engineer_id=None, accept=True)
    with transactions.read(made.assistant) as uow:
        after = {t.id: t.duration_s for t in problem.facts(uow, DAY).problem.tasks}
        assert after[str(waiting.order_id)] == before[str(waiting.order_id)] + 1200
        assert {k for k in after if after[k] != before[k]} == {str(waiting.order_id)}  # what is done stays
    with transactions.begin(made.assistant) as uow:
        learning.end(uow, rule_id=learning.rules(uow)[0].id)
        learning.decide(uow, kind="duration", customer_id=customer_id, engineer_id=None, accept=False)
    with transactions.read(made.assistant) as uow:
        assert learning.suggestions(uow) == [] and learning.rules(uow) == []
    clock.at += timedelta(days=100)
    with transactions.read(made.assistant) as uow:
        assert learning.suggestions(uow) == []
