"""What follows from a fact. Every consumer may be called twice with the same fact and then does nothing."""

from collections.abc import Callable
from typing import Protocol

from backend.billing import actions as billing
from backend.core.outbox import Fact
from backend.core.uow import SYSTEM, Transactions, UnitOfWork
from backend.expenses import actions as expenses
from backend.jobs import customer_news, thread_news, visit_news
from backend.orders import queries as orders
from backend.visits import actions as visit_actions
from backend.visits import queries as visits


class Line(Protocol):
    """Where numbers of jobs are put."""

    def enqueue(self, job_id: int) -> None: ...


Consumer = Callable[[UnitOfWork, Fact], None]


class SeveralFailed(Exception):
    """Some consumers of a fact failed; it will be handed on again."""


class Consumers:
    """Hands a fact to all of its consumers, each in a transaction of its own."""

    def __init__(self, transactions: Transactions, queue: Line) -> None:
        self.transactions, self.queue = transactions, queue

    def deliver(self, fact: Fact) -> None:
        """Call every consumer of the fact; one that fails does not keep the others from it.

        Raises SeveralFailed afterwards, so that the fact stays pending.
        """
        errors: list[Exception] = []
        if fact.name == "job_requested":
            self.queue.enqueue(fact.payload["job_id"])
        for consumer in CONSUMERS.get(fact.name, ()):
            try:
                with self.transactions.begin(SYSTEM) as uow:
                    consumer(uow, fact)
            except Exception as exc:  # told below, after the others had their turn
                errors.append(exc)
        if errors:
            raise SeveralFailed(
                "; ".join(f"{type(error).__name__}: {error}" for error in errors)
            ) from errors[0]


def prepare_invoice(uow: UnitOfWork, fact: Fact) -> None:
    """An approved install: its invoice is prepared, unless the approval was taken back meanwhile."""
    order = orders.get(uow, fact.payload["order_id"])
    if order.kind == "install" and order.status != "submitted":
        billing.prepare(uow, order_id=fact.payload["order_id"])


def forget_invoice(uow: UnitOfWork, fact: Fact) -> None:
    """An approval that was taken back: its invoice is not prepared any more."""
    if orders.get(uow, fact.payload["order_id"]).status == "submitted":
        billing.forget(uow, order_id=fact.payload["order_id"])


def record_trip(uow: UnitOfWork, fact: Fact) -> None:
    """A visit that ended: what the trip to it should have cost."""
    expenses.record_trip(uow, visit_id=fact.payload["visit_id"])


def end_visit(uow: UnitOfWork, fact: Fact) -> None:
    """An order that was cancelled or put on hold: its visit will not be, and the engineer hears of it."""
    order = orders.get(uow, fact.payload["order_id"])
    visit = visits.living_for_orders(uow, [order.id]).get(order.id)
    if order.status != fact.payload["status"] or visit is None or visit.outcome is not None:
        return
    visit_actions.withdraw(uow, visit_id=visit.id, reason=order.status)
    expenses.record_trip(uow, visit_id=visit.id)  # he may have been on his way already
    visit_news.tell_gone(uow, fact, visit.engineer_id, order.number, visit.on.isoformat())


CONSUMERS: dict[str, tuple[Consumer, ...]] = {
    "schedule_published": (visit_news.tell_changed_engineers,),
    "order_approved": (prepare_invoice,),
    "order_unapproved": (forget_invoice,),
    "order_cancelled": (end_visit, customer_news.drop_messages),
    "order_held": (end_visit, customer_news.drop_messages),
    "order_failed": (customer_news.drop_messages,),
    "window_agreed": (customer_news.write_to_customer,),
    "install_plan_sent": (customer_news.write_plan_to_customer,),
    "install_plan_confirmed": (customer_news.tell_plan_confirmed,),
    "visit_taken_back": (visit_news.tell_taken_back,),
    "visit_finished": (record_trip,),
    "visit_failed": (record_trip,),
    "card_returned": (visit_news.tell_card_returned,),
    "card_submitted": (visit_news.tell_card_submitted,),
    "evidence_kept": (visit_news.tell_evidence,),
    "device_reported": (visit_news.tell_device_report,),
    "visit_waiting": (visit_news.tell_waiting,),
    "special_cause_asked": (visit_news.tell_cause_asked,),
    "special_cause_decided": (visit_news.tell_cause_decided,),
    "claim_returned": (visit_news.tell_claim_returned,),
    "photo_unusable": (visit_news.tell_photo_unusable,),
    "visit_escalated": (record_trip,),
    "thread_opened": (thread_news.tell_opened,),
    "thread_answered": (thread_news.tell_answered,),
    "thread_passed_on": (thread_news.tell_passed_on,),
    "thread_solved": (thread_news.tell_solved,),
    "summary_submitted": (thread_news.tell_summary,),
}
