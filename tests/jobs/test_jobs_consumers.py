"""Facts reach their consumers at least once, and one that fails is in nobody's way."""

import pytest

from backend.core import jobs, outbox
from backend.core.clock import FixedClock
from backend.core.outbox import Fact
from backend.core.uow import SYSTEM, Transactions, UnitOfWork
from backend.dispatch import actions
from backend.jobs import consumers
from backend.jobs.consumers import Consumers
from backend.notifications import actions as notifications
from backend.notifications import queries as inbox
from backend.orders import actions as orders
from tests.dispatch.department import Department
from tests.dispatch.test_dispatch_planning import plan_day
from tests.dispatch.test_dispatch_publishing import living, publish


class Line:
    """A queue that is a list, and may be away."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.away = False

    def enqueue(self, job_id: int) -> None:
        if self.away:
            raise ConnectionError("the queue is away")
        self.numbers.append(job_id)


def deliver_all(transactions: Transactions, handing: Consumers) -> None:
    while outbox.deliver_pending(transactions, handing.deliver):
        pass


def unread(transactions: Transactions, department: Department) -> list[int]:
    with transactions.read(SYSTEM) as uow:
        return [inbox.unread_count(uow, person_id) for person_id in department.engineers]


def test_published_day_is_told_once_to_each(transactions: Transactions, department: Department) -> None:
    plan_day(transactions)
    changed = {change.engineer_id for change in publish(transactions, department).changed}
    handing = Consumers(transactions, Line())
    killed: list[Fact] = []

    def die_after(fact: Fact) -> None:
        handing.deliver(fact)
        if fact.name == "schedule_published":
            killed.append(fact)
            raise SystemExit("killed between handing on and writing it down")

    with pytest.raises(SystemExit):
        while outbox.deliver_pending(transactions, die_after):
            pass
    deliver_all(transactions, handing)
    assert len(killed) == 1 and outbox.pending_count(transactions) == 0
    assert unread(transactions, department) == [int(p in changed) for p in department.engineers]
    with transactions.read(SYSTEM) as uow:
        (item,) = inbox.inbox(uow, sorted(changed)[0]).rows
    assert item.kind == "schedule_changed" and "新增" in item.zh and "new" in item.en
    engineer = department.engineer(transactions, department.engineers.index(sorted(changed)[0]))
    with transactions.begin(engineer) as uow:
        assert notifications.mark_read(uow, item_ids=[item.id]) == 1
        assert inbox.unread_count(uow, sorted(changed)[0]) == 0


def test_failing_consumer_blocks_nobody(
    transactions: Transactions, department: Department, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    person_id = department.engineers[0]
    calls: list[str] = []

    def broken(uow: UnitOfWork, fact: Fact) -> None:
        calls.append("broken")
        if len([call for call in calls if call == "broken"]) == 1:
            raise RuntimeError("not today")

    def tells(uow: UnitOfWork, fact: Fact) -> None:
        calls.append(fact.name)
        notifications.tell(uow, person_id=person_id, fact_key=fact.key, kind="t", zh="好", en="good")

    monkeypatch.setattr(consumers, "CONSUMERS", {"first": (broken, tells), "second": (tells,)})
    with transactions.begin(SYSTEM) as uow:
        uow.emit("first")
        uow.emit("second")
    handing = Consumers(transactions, Line())
    deliver_all(transactions, handing)
    assert "second" in calls and outbox.pending_count(transactions) == 1
    clock.advance(seconds=10)
    deliver_all(transactions, handing)
    assert outbox.pending_count(transactions) == 0 and calls.count("first") == 2
    with transactions.read(SYSTEM) as uow:
        assert inbox.unread_count(uow, person_id) == 2, "told once for each fact"


def test_cancelled_order_ends_its_visit_and_tells_its_engineer(
    transactions: Transactions, department: Department
) -> None:
    plan_day(transactions)
    publish(transactions, department)
    handing = Consumers(transactions, Line())
    deliver_all(transactions, handing)
    before = living(transactions)
    first, second = department.orders[:2]
    with transactions.begin(department.assistant) as uow:
        orders.cancel(uow, order_id=first, note="客户不要了")
        actions.take_back(uow, order_id=second, reason="客户改时间")
    deliver_all(transactions, handing)
    assert living(transactions).keys() == before.keys() - {first, second}
    for order_id in (first, second):
        with transactions.read(SYSTEM) as uow:
            items = inbox.inbox(uow, before[order_id].engineer_id).rows
        assert order_id in {item.data.get("order_id") for item in items if item.kind == "visit_gone"}


def test_job_waits_for_its_queue(transactions: Transactions, clock: FixedClock) -> None:
    with transactions.begin(SYSTEM) as uow:
        job_id = jobs.request(uow, "plan_day", {"on": "2026-11-25"})
    line = Line()
    line.away = True
    handing = Consumers(transactions, line)
    deliver_all(transactions, handing)
    assert line.numbers == [] and outbox.pending_count(transactions) == 1
    line.away = False
    clock.advance(seconds=5)
    deliver_all(transactions, handing)
    assert line.numbers == [job_id]
