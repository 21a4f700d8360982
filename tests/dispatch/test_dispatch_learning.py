"""Rules suggested from repeated moves and finished visits; accepted ones change the problem that is built."""

from datetime import timedelta

import pytest

from backend.core.clock import FixedClock
from backend.core.errors import NotFound
from backend.core.uow import SYSTEM, Transactions
from backend.customers.models import Site
from backend.dispatch import changes, learning, problem, queries
from backend.dispatch.learning import About
from backend.dispatch.models import LearnedRule
from backend.orders import queries as orders
from backend.orders.models import ServiceOrder
from backend.visits import queries as visits
from backend.visits.models import Visit
from backend.visits.queries import VisitRow
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
        uow.session.get_one(ServiceOrder, loose[1]).customer_id = first
    change_id = _move(transactions, made, loose[0], target, "shorter")
    _move(transactions, made, loose[1], target, "customer_prefers")
    with transactions.read(made.assistant) as uow:
        assert learning.suggestions(uow) == []
    with transactions.begin(made.assistant) as uow:
        changes.say_why(uow, change_id=change_id, reason_code="knows_site")
    with transactions.read(made.assistant) as uow:
        suggested = learning.suggestions(uow)
    about = About("prefers_engineer", first, engineer_id=target)
    assert [(one.about, one.cases) for one in suggested] == [(about, 2)]
    with transactions.read(SYSTEM) as uow:
        tasks = {int(task.id): task for task in problem.facts(uow, DAY).problem.tasks}
        assert tasks[loose[0]].preferred_engineers == ()
    with transactions.begin(made.assistant) as uow:
        learning.decide(uow, about=about, accept=True)
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
        learning.decide(uow, about=About("prefers_engineer", 1, engineer_id=made.engineers[5]), accept=True)


def test_visits_that_take_longer_become_a_rule_and_a_longer_task(
    transactions: Transactions, clock: FixedClock
) -> None:
    made = bigday.make(transactions, clock, people=6)
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
        assert (one.about, one.extra_s, one.cases) == (About("duration", customer_id), 1200, 3)
        before = {t.id: t.duration_s for t in problem.facts(uow, DAY).problem.tasks}
        assert any(row.by == "customer" and row.cases == 3 for row in learning.lengths(uow))
    with transactions.begin(made.assistant) as uow:
        learning.decide(uow, about=About("duration", customer_id), accept=True)
    with transactions.read(made.assistant) as uow:
        after = {t.id: t.duration_s for t in problem.facts(uow, DAY).problem.tasks}
        assert after[str(waiting.order_id)] == before[str(waiting.order_id)] + 1200
        assert {k for k in after if after[k] != before[k]} == {str(waiting.order_id)}  # what is done stays
    with transactions.begin(made.assistant) as uow:
        learning.end(uow, rule_id=learning.rules(uow)[0].id)
        learning.decide(uow, about=About("duration", customer_id), accept=False)
    with transactions.read(made.assistant) as uow:
        assert learning.suggestions(uow) == [] and learning.rules(uow) == []
    clock.at += timedelta(days=100)
    with transactions.read(made.assistant) as uow:
        assert learning.suggestions(uow) == []


def _finished_late(transactions: Transactions, rows: list[VisitRow], by_s: int) -> None:
    with transactions.begin(SYSTEM) as uow:
        for row in rows:
            visit = uow.session.get_one(Visit, row.id)
            assert visit.signed_in_at is not None
            visit.finished_at = visit.signed_in_at + timedelta(seconds=row.order.duration_s + by_s)


def test_a_building_of_several_customers_takes_longer(transactions: Transactions, clock: FixedClock) -> None:
    made = bigday.make(transactions, clock, people=6)
    with transactions.read(SYSTEM) as uow:
        rows = visits.day(uow, DAY)
    done = [row for row in rows if row.outcome == "done"][:3]
    waiting = next(row for row in rows if row.order.status == "published")
    _finished_late(transactions, done, 1260)
    with transactions.begin(SYSTEM) as uow:
        for n, row in enumerate([*done, waiting]):
            site = uow.session.get_one(Site, row.order.site_id)
            site.address = f"朝阳区建国路 93 号万达广场 {n + 1}2{n} 室"
    building = "朝阳区建国路93号万达广场"
    assert len({row.order.customer_id for row in done}) == 3
    with transactions.read(made.assistant) as uow:
        (one,) = learning.suggestions(uow)
        assert (one.about, one.extra_s, one.cases) == (About("duration", building=building), 1200, 3)
        assert building in one.sentence.zh and "这栋楼一般要多用 20 分钟" in one.sentence.zh
        before = {t.id: t.duration_s for t in problem.facts(uow, DAY).problem.tasks}
        assert any(row.by == "building" and row.name == building for row in learning.lengths(uow))
    with transactions.begin(made.assistant) as uow:
        learning.decide(uow, about=one.about, accept=True)
    with transactions.read(made.assistant) as uow:
        after = {t.id: t.duration_s for t in problem.facts(uow, DAY).problem.tasks}
        assert {k: after[k] - before[k] for k in after if after[k] != before[k]} == {
            str(waiting.order_id): 1200
        }
        (rule,) = learning.rules(uow)
        assert rule.sentence == one.sentence and learning.suggestions(uow) == []


def test_a_kind_needs_twenty_cases_and_the_customer_counts_before_it(
    transactions: Transactions, clock: FixedClock
) -> None:
    made = bigday.make(transactions, clock, people=22)
    with transactions.read(SYSTEM) as uow:
        rows = visits.day(uow, DAY)
    done = [row for row in rows if row.outcome == "done"]
    assert len(done) >= learning.CASES_OF_KIND
    with transactions.begin(SYSTEM) as uow:
        for row in done:
            uow.session.get_one(ServiceOrder, row.order_id).kind = "repair"
    _finished_late(transactions, done[: learning.CASES_OF_KIND - 1], 900)
    with transactions.begin(SYSTEM) as uow:
        for row in done[learning.CASES_OF_KIND - 1 :]:  # their times are not known
            uow.session.get_one(Visit, row.id).signed_in_at = None
    kind = About("duration", order_kind="repair")
    with transactions.read(made.assistant) as uow:
        assert kind not in {one.about for one in learning.suggestions(uow)}
    last = done[learning.CASES_OF_KIND - 1]
    with transactions.begin(SYSTEM) as uow:
        visit = uow.session.get_one(Visit, last.id)
        visit.signed_in_at = last.signed_in_at
        assert visit.signed_in_at is not None
        visit.finished_at = visit.signed_in_at + timedelta(seconds=last.order.duration_s + 900)
    with transactions.begin(made.assistant) as uow:
        one = next(one for one in learning.suggestions(uow) if one.about == kind)
        assert (one.extra_s, one.cases) == (900, learning.CASES_OF_KIND) and one.sentence.zh.startswith(
            "维修一般要多用 15 分钟"
        )
        before = {t.id: t.duration_s for t in problem.facts(uow, DAY).problem.tasks}
        learning.decide(uow, about=kind, accept=True)
    waiting = [row for row in rows if row.order.status == "published"]
    repairs = [row for row in waiting if row.order.kind == "repair"]
    own = repairs[0].order
    with transactions.begin(SYSTEM) as uow:  # as she would have accepted it for this customer alone
        uow.session.add(
            LearnedRule(
                kind="duration",
                customer_id=own.customer_id,
                extra_s=-600,
                cases=3,
                accepted=True,
                decided_at=uow.now,
            )
        )
    with transactions.read(made.assistant) as uow:
        after = {t.id: t.duration_s for t in problem.facts(uow, DAY).problem.tasks}
    for row in waiting:
        more = 0 if row.order.kind != "repair" else -600 if row.order.customer_id == own.customer_id else 900
        assert after[str(row.order_id)] - before[str(row.order_id)] == more


@pytest.mark.parametrize(
    ("address", "building"),
    [
        ("朝阳区建国门外大街1号国贸大厦A座12层1203室", "朝阳区建国门外大街1号国贸大厦A座"),
        ("海淀区中关村大街27号 1101室", "海淀区中关村大街27号"),
        ("朝阳区建外SOHO 7号楼1单元1502", "朝阳区建外SOHO7号楼"),
        ("朝阳区酒仙桥路１０号", "朝阳区酒仙桥路10号"),
        ("朝阳区某路3号楼三层", "朝阳区某路3号楼"),
    ],
)
def test_a_building_is_the_address_without_its_rooms(address: str, building: str) -> None:
    assert learning.building_of(address) == building
