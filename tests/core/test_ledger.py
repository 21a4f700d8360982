"""The unit of work, audit, outbox, jobs and numbers, on both databases."""

import threading

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from backend.core import audit, counters, jobs, outbox
from backend.core.clock import FixedClock, local_date
from backend.core.uow import SYSTEM, Transactions


def test_the_database_refuses_to_change_the_audit_trail(transactions: Transactions, engine: Engine) -> None:
    with transactions.begin(SYSTEM) as uow:
        uow.audit("order", 1, "approved", before={"status": "submitted"}, after={"status": "approved"})
    for statement in ("UPDATE audit_entries SET actor = 'x'", "DELETE FROM audit_entries"):
        with pytest.raises(DBAPIError), engine.begin() as connection:
            connection.execute(text(statement))
    with transactions.read(SYSTEM) as uow:
        rows = audit.trail(uow, entity="order", entity_id=1).rows
    assert [(row.action, row.actor) for row in rows] == [("approved", "paidan")]


def test_an_error_takes_everything_back(transactions: Transactions) -> None:
    with pytest.raises(RuntimeError), transactions.begin(SYSTEM) as uow:
        uow.audit("order", 1, "approved")
        uow.emit("order_approved", order_id=1)
        raise RuntimeError
    with transactions.read(SYSTEM) as uow:
        assert audit.trail(uow).rows == []
    assert outbox.pending_count(transactions) == 0


def test_a_fact_whose_consumer_fails_waits_and_the_others_go_on(
    transactions: Transactions, clock: FixedClock
) -> None:
    with transactions.begin(SYSTEM) as uow:
        uow.emit("bad", n=1)
        uow.emit("good", n=2)
    seen: list[str] = []
    broken = True

    def deliver(fact: outbox.Fact) -> None:
        if fact.name == "bad" and broken:
            raise RuntimeError("the consumer is down")
        seen.append(fact.name)

    assert outbox.deliver_pending(transactions, deliver) == 1
    assert outbox.deliver_pending(transactions, deliver) == 0, "it waits before the next try"
    broken = False
    clock.advance(seconds=10)
    assert outbox.deliver_pending(transactions, deliver) == 1
    assert seen == ["good", "bad"]
    assert outbox.pending_count(transactions) == 0


def test_a_relay_that_dies_before_marking_delivers_again(transactions: Transactions) -> None:
    with transactions.begin(SYSTEM) as uow:
        uow.emit("fact")
    keys: list[str] = []

    def deliver(fact: outbox.Fact) -> None:
        keys.append(fact.key)
        if len(keys) == 1:
            raise KeyboardInterrupt  # killed after the consumer's work, before the mark

    with pytest.raises(KeyboardInterrupt):
        outbox.deliver_pending(transactions, deliver)
    assert outbox.deliver_pending(transactions, deliver) == 1
    assert keys[0] == keys[1], "the consumer can tell that it is the same fact"


def test_a_worker_that_was_thought_dead_cannot_finish(transactions: Transactions, clock: FixedClock) -> None:
    with transactions.begin(SYSTEM) as uow:
        job_id = jobs.request(uow, "plan_day", {"on": "2026-11-24"})
    with transactions.begin(SYSTEM) as uow:
        first = jobs.take(uow, job_id)
    assert first is not None
    with transactions.begin(SYSTEM) as uow:
        assert jobs.take(uow, job_id) is None, "its lease lives"
    clock.advance(seconds=jobs.LEASE_S + 1)
    with transactions.begin(SYSTEM) as uow:
        assert jobs.requeue_lost(uow) == [job_id]
    with transactions.begin(SYSTEM) as uow:
        second = jobs.take(uow, job_id)
    assert second is not None and second.fence > first.fence
    with pytest.raises(jobs.LeaseLost), transactions.begin(SYSTEM) as uow:
        jobs.succeed(uow, first, {"plan_id": 1})
    with transactions.begin(SYSTEM) as uow:
        jobs.succeed(uow, second, {"plan_id": 2})
    with transactions.read(SYSTEM) as uow:
        assert jobs.get(uow, job_id).result == {"plan_id": 2}


def test_a_job_is_given_up_after_some_deaths(transactions: Transactions, clock: FixedClock) -> None:
    with transactions.begin(SYSTEM) as uow:
        job_id = jobs.request(uow, "plan_day", {})
    for _ in range(jobs.MOST_ATTEMPTS):
        with transactions.begin(SYSTEM) as uow:
            assert jobs.take(uow, job_id) is not None
        clock.advance(seconds=jobs.LEASE_S + 1)
        with transactions.begin(SYSTEM) as uow:
            jobs.requeue_lost(uow)
    with transactions.read(SYSTEM) as uow:
        row = jobs.get(uow, job_id)
    assert row.status == "failed" and row.error is not None and row.error["code"] == "worker_died"


def test_numbers_are_never_given_twice(transactions: Transactions, clock: FixedClock) -> None:
    numbers: list[str] = []
    with transactions.begin(SYSTEM) as uow:
        numbers.append(counters.next_number(uow, "AZ", local_date(clock.now())))

    def take() -> None:
        for _ in range(10):
            with transactions.begin(SYSTEM) as uow:
                numbers.append(counters.next_number(uow, "AZ", local_date(clock.now())))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(numbers)) == len(numbers) == 41
    assert numbers[0] == "AZ-20261124-001"
