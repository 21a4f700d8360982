"""One look at a day for all streams of this process: a thread reads what has changed, streams wait for it."""

import threading
import time
from dataclasses import dataclass
from datetime import date

import structlog

from backend.core.uow import SYSTEM, Transactions
from backend.dispatch import looks, presence
from backend.dispatch.presence import Looker

LOOK_S = 0.5
log = structlog.get_logger("paidan.live")


@dataclass(frozen=True)
class Seen:
    """A day as it was seen last: its stamp, who looks at it by person id, and a number that grows with each news."""

    number: int = 0
    stamp: str = ""
    people: tuple[tuple[int, Looker], ...] = ()


class Watch:
    """The days that streams of this process wait for. The thread lives while somebody waits."""

    def __init__(self, transactions: Transactions, most: int) -> None:
        self._transactions, self._most = transactions, most
        self._news = threading.Condition()
        self._waiting: dict[date, int] = {}
        self._seen: dict[date, Seen] = {}
        self._hurry = threading.Event()
        self._thread: threading.Thread | None = None

    def enter(self, on: date) -> bool:
        """Take a place at a day, or False where all places are taken."""
        with self._news:
            if sum(self._waiting.values()) >= self._most:
                return False
            self._waiting[on] = self._waiting.get(on, 0) + 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="board-watch", daemon=True)
                self._thread.start()
        return True

    def leave(self, on: date) -> None:
        """Give the place back."""
        with self._news:
            self._waiting[on] -= 1
            if not self._waiting[on]:
                del self._waiting[on]
                self._seen.pop(on, None)
        self._hurry.set()

    def look_now(self) -> None:
        """Something was written here: look at once."""
        self._hurry.set()

    def wait(self, on: date, after: int, timeout_s: float) -> Seen:
        """The day as it was seen last; waits until there is something newer than ``after``, or for so long."""
        with self._news:
            self._news.wait_for(lambda: self._seen.get(on, Seen()).number > after, timeout_s)
            return self._seen.get(on, Seen())

    def _look(self) -> None:
        while True:
            with self._news:
                days = list(self._waiting)
                if not days:
                    self._thread = None
                    return
            try:
                self._look_at(days)
            except Exception:  # the database is away for a moment: the streams wait
                log.exception("board_watch")
                time.sleep(LOOK_S)
            self._hurry.wait(LOOK_S)
            self._hurry.clear()

    def _look_at(self, days: list[date]) -> None:
        with self._transactions.read(SYSTEM) as uow:
            found = {on: (looks.stamp(uow, on), tuple(presence.everybody(uow, on))) for on in days}
        with self._news:
            for on, (stamp, people) in found.items():
                was = self._seen.get(on, Seen())
                if on in self._waiting and (was.stamp, was.people) != (stamp, people):
                    self._seen[on] = Seen(was.number + 1, stamp, people)
            self._news.notify_all()
