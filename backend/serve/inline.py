"""Does background work in this process: for commands that must not need a running worker."""

from backend.core import jobs
from backend.core.jobs import JobRow
from backend.core.outbox import Fact, deliver_pending, deliver_within
from backend.core.uow import SYSTEM, Transactions, UnitOfWork
from backend.jobs import runner
from backend.jobs.consumers import CONSUMERS, Consumers


class _NoQueue:
    """Jobs that are requested while facts are handed on stay rows; a worker finds them."""

    def enqueue(self, job_id: int) -> None:
        """Nothing: the row is the truth."""


def finish_job(transactions: Transactions, job_id: int) -> JobRow:
    """Run a job here, under its lease, and return how it ended."""
    runner.run(transactions, job_id)
    with transactions.read(SYSTEM) as uow:
        return jobs.get(uow, job_id)


def deliver_facts(transactions: Transactions) -> int:
    """Hand all pending facts to their consumers here; returns how many were delivered."""
    consumers, total = Consumers(transactions, _NoQueue()), 0
    while delivered := deliver_pending(transactions, consumers.deliver, limit=1000):
        total += delivered
    return total


def deliver_facts_within(uow: UnitOfWork) -> int:
    """The same inside one transaction, where all or nothing is wanted."""
    total = 0
    while delivered := deliver_within(uow, _consume):
        total += delivered
    return total


def _consume(uow: UnitOfWork, fact: Fact) -> None:
    for consumer in CONSUMERS.get(fact.name, ()):
        consumer(uow, fact)
