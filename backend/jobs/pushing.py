"""Sends the pushes that are due. No transaction is open while a push service is asked."""

from backend.adapters.push import Push, PushResult
from backend.core.uow import SYSTEM, Transactions
from backend.notifications import actions as notifications


def send_due(transactions: Transactions, push: Push) -> int:
    """Send what is due and write down how each push ended; returns how many were tried.

    A process that is killed between sending and writing sends that push again: a hint twice is no harm.
    """
    with transactions.read(SYSTEM) as uow:
        due = notifications.due_pushes(uow)
    for item in due:
        result = PushResult("refused", "the phone is logged out")
        if item.token:
            result = push.send(item.token, item.title, item.body, item.data)
        with transactions.begin(SYSTEM) as uow:
            notifications.note_push(
                uow, attempt_id=item.attempt_id, outcome=result.outcome, detail=result.detail
            )
    return len(due)
