"""A day laid from what is known of an earlier look comes out as a day laid from nothing."""

from datetime import timedelta

from backend.core.clock import FixedClock
from backend.core.uow import SYSTEM, Transactions
from backend.dispatch import changes, sheet
from backend.dispatch.models import DayPlan, ScheduleDay
from backend.dispatch.store import plan_of
from backend.staff import actions as staff
from backend.staff import queries as staff_queries
from backend.visits import actions as visit_actions
from backend.visits import queries as visits
from tests.dispatch import bigday
from tests.dispatch.bigday import DAY


def check(transactions: Transactions) -> None:
    with transactions.read(SYSTEM) as uow:
        kept = sheet.load(uow, DAY)
        day = uow.session.get_one(ScheduleDay, DAY)
        anew = sheet.lay(kept.facts, plan_of(uow.session.get_one(DayPlan, day.working_plan_id)))
    assert kept.instance.problem == anew.instance.problem
    assert (kept.placed, kept.lost) == (anew.placed, anew.lost)
    assert kept.laid == anew.laid
    assert kept.risks == anew.risks


def test_what_is_kept_changes_nothing(transactions: Transactions, clock: FixedClock) -> None:
    made = bigday.make(transactions, clock, people=6)
    check(transactions)
    with transactions.read(SYSTEM) as uow:
        first = sheet.load(uow, DAY)
        rows = visits.day(uow, DAY)
    waiting = next(row for row in rows if row.order.status == "accepted")
    with transactions.read(SYSTEM) as uow:
        engineer = staff_queries.actor(uow, waiting.engineer_id, "phone")
    with transactions.begin(engineer) as uow:
        visit_actions.set_out(uow, visit_id=waiting.id)
    with transactions.read(SYSTEM) as uow:
        second = sheet.load(uow, DAY)
    mine = second.worker(waiting.engineer_id)
    assert mine is not None and second.laid[mine] is not first.laid[mine]
    others = [worker for worker in second.laid if worker != mine]
    assert others and all(second.laid[worker] is first.laid[worker] for worker in others)
    check(transactions)
    loose = next(row for row in rows if row.order.status == "published")
    with transactions.begin(made.assistant) as uow:
        target = made.engineers[0]
        changes.move(
            uow, on=DAY, order_id=loose.order_id, engineer_id=target, start_s=loose.start_s, reason="熟悉现场"
        )
    check(transactions)
    with transactions.begin(SYSTEM) as uow:
        staff.add_absence(uow, person_id=made.engineers[1], first_on=DAY, last_on=DAY, kind="ill")
    check(transactions)
    clock.at += timedelta(minutes=7)
    check(transactions)
