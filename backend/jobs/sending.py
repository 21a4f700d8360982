"""Sends what is due by each channel. No transaction is open while a service is asked.

Taken first, sent then, written down last (`backend.notifications.deliveries`): two senders never have the same one,
and one that dies in between leaves what the next can judge.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog

from backend.adapters.ways import AT_ONCE, Message, Result, Way
from backend.core.uow import SYSTEM, Transactions
from backend.notifications import deliveries
from backend.notifications.deliveries import Due

BATCH = 32
MOST_LINES = 20
log = structlog.get_logger()


def send_due(transactions: Transactions, channel: str, way: Way | None) -> int:
    """Send what is due by a channel, several at a time; returns how many were tried.

    A channel that is not set up leaves what it would have sent behind, but for messages to customers: those wait.
    """
    if way is None:
        return _turn_off(transactions, channel)
    due = _take(transactions, channel, BATCH)
    if due:
        with ThreadPoolExecutor(min(AT_ONCE, len(due))) as pool:
            for one, result in zip(due, pool.map(lambda one: _try(way, _message(one)), due), strict=True):
                _note(transactions, [one], result)
    return len(due)


def send_group(transactions: Transactions, channel: str, way: Way | None) -> int:
    """Send what is due to a group as one message, a line each: robots take few messages a minute, and people too."""
    if way is None:
        return _turn_off(transactions, channel)
    due = _take(transactions, channel, MOST_LINES)
    if due:
        lines = list(dict.fromkeys(one.text for one in due))
        several = f"{len(lines)} 件事\n" + "\n".join(f"{n}. {line}" for n, line in enumerate(lines, 1))
        text = lines[0] if len(lines) == 1 else several
        urgent = any(one.urgent for one in due)
        _note(transactions, due, _try(way, Message(due[0].key, {}, text, {}, urgent)))
    return len(due)


SENDERS: dict[str, Callable[[Transactions, str, Way | None], int]] = {
    "fcm": send_due,
    "web_push": send_due,
    "sms": send_due,
    "wecom": send_group,
    "dingtalk": send_group,
}
"""What sends by each channel."""


def _take(transactions: Transactions, channel: str, limit: int) -> list[Due]:
    with transactions.read(SYSTEM) as uow:
        if not deliveries.any_due(uow, channel):
            return []
    with transactions.begin(SYSTEM) as uow:
        return deliveries.take(uow, channel, limit=limit)


def _try(way: Way, message: Message) -> Result:
    try:
        return way.send(message)
    except Exception as exc:  # a fault of ours in one message must not keep the others waiting
        log.exception("sending_failed", key=message.key, error=repr(exc))
        return Result("refused", repr(exc))


def _note(transactions: Transactions, due: list[Due], result: Result) -> None:
    with transactions.begin(SYSTEM) as uow:
        for one in due:
            deliveries.note(
                uow, delivery_id=one.id, tries=one.tries, outcome=result.outcome, detail=result.detail,
                wait_s=result.wait_s, address=one.address,
            )  # fmt: skip
    if result.outcome not in ("sent", "retry"):
        keys = [one.key for one in due]
        log.warning("not_sent", keys=keys, outcome=result.outcome, detail=result.detail)


def _turn_off(transactions: Transactions, channel: str) -> int:
    with transactions.read(SYSTEM) as uow:
        if not deliveries.any_waiting(uow, channel):
            return 0
    with transactions.begin(SYSTEM) as uow:
        deliveries.turn_off(uow, channel)
    return 0


def _message(due: Due) -> Message:
    return Message(due.key, due.address, due.text, due.data, due.urgent, due.useful_s)
