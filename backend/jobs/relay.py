"""Threads that run beside the worker: the outbox is handed on, lost jobs are found, messages sent, cards reminded of."""

import threading
import time
from collections.abc import Callable
from functools import partial

import structlog

from backend.bootstrap import Application, make_ways
from backend.core import jobs, outbox
from backend.core.uow import SYSTEM
from backend.dispatch import drafts
from backend.jobs.consumers import Consumers
from backend.jobs.holding import end_holds
from backend.jobs.reminding import remind
from backend.jobs.sending import SENDERS
from backend.jobs.tidying import forget_unfinished

DELIVER_EVERY_S = 0.3
REQUEUE_EVERY_S = 2.0
SEND_EVERY_S = {"fcm": 1.0, "web_push": 1.0, "sms": 2.0, "wecom": 5.0, "dingtalk": 5.0}
"""A robot takes 20 messages a minute."""
REMIND_EVERY_S = 30.0
HOLDS_EVERY_S = 5.0
DRAFTS_EVERY_S = 5.0
TIDY_EVERY_S = 3600.0
BATCH = 100
MOST_BATCHES = 20
LONGEST_WAIT_S = 30.0
log = structlog.get_logger()


class Every:
    """Calls something again and again in a thread; an error makes it wait longer, never stop."""

    def __init__(
        self, name: str, every_s: float, call: Callable[[], object], stopping: threading.Event
    ) -> None:
        self.name, self.every_s, self.call, self.stopping = name, every_s, call, stopping
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> "Every":
        """Begin; returns itself."""
        self.thread.start()
        return self

    def join(self, timeout_s: float) -> None:
        """Wait for its end after ``stopping`` was set."""
        self.thread.join(timeout_s)

    def _run(self) -> None:
        wait_s = self.every_s
        while not self.stopping.wait(wait_s):
            try:
                self.call()
                wait_s = self.every_s
            except Exception as exc:
                wait_s = min(max(wait_s * 2, 1.0), LONGEST_WAIT_S)
                log.warning("background_failed", what=self.name, error=repr(exc), again_in_s=wait_s)


class Relay:
    """Hands pending facts to their consumers, and every few seconds finds jobs that were lost."""

    def __init__(self, application: Application) -> None:
        self.transactions = application.transactions
        self.consumers = Consumers(application.transactions, application.queue)
        self._requeue_at = 0.0

    def once(self) -> int:
        """One round; returns how many facts were delivered."""
        if time.monotonic() >= self._requeue_at:
            self._requeue_at = time.monotonic() + REQUEUE_EVERY_S
            with self.transactions.begin(SYSTEM) as uow:
                lost = jobs.requeue_lost(uow)
            if lost:
                log.warning("jobs_requeued", job_ids=lost)
        total = 0
        for _ in range(MOST_BATCHES):  # a full batch means that more may wait
            delivered = outbox.deliver_pending(self.transactions, self.consumers.deliver, limit=BATCH)
            total += delivered
            if delivered < BATCH:
                break
        return total


def start(application: Application, stopping: threading.Event) -> list[Every]:
    """Begin the threads."""
    relay, ways, transactions = Relay(application), make_ways(application), application.transactions
    senders = [
        Every(
            f"send-{name}", SEND_EVERY_S[name], partial(send, transactions, name, ways.get(name)), stopping
        ).start()
        for name, send in SENDERS.items()
    ]
    return [
        *senders,
        Every("relay", DELIVER_EVERY_S, relay.once, stopping).start(),
        Every("holds", HOLDS_EVERY_S, lambda: end_holds(transactions), stopping).start(),
        Every("drafts", DRAFTS_EVERY_S, lambda: drafts.refresh(transactions), stopping).start(),
        Every("remind", REMIND_EVERY_S, lambda: remind(transactions), stopping).start(),
        Every(
            "tidy", TIDY_EVERY_S, lambda: forget_unfinished(transactions, application.photos), stopping
        ).start(),
    ]
