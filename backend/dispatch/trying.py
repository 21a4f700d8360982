"""Looking at a day without changing it: what a move would do, asked many times a second while a bar is dragged.

The day's sheet is kept between two looks as long as nothing in it has changed: the key is the day's stamp, the
newest entry of the audit trail, in which every change leaves its mark, and the minute. Saving never uses it.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from backend.appointments import queries as appointments
from backend.core.clock import local_date
from backend.core.ledger import AuditEntry
from backend.core.uow import UnitOfWork
from backend.dispatch import broken, sheet
from backend.dispatch.models import ScheduleDay
from backend.dispatch.policy import NotAtWork, NotOnThisDay
from backend.dispatch.queries import running_job
from backend.dispatch.sentences import Sentence
from backend.dispatch.sheet import Sheet
from backend.orders import queries as orders
from backend.staff import queries as staff
from backend.visits import queries as visits

KEPT = 8
Key = tuple[str, int, date, int, str]


@dataclass(frozen=True)
class Shift:
    """Another visit that would begin later (or earlier, below 0)."""

    order_id: int
    customer: str
    by_s: int


@dataclass(frozen=True)
class Preview:
    """What comes of a move: its times, the price against now, who else shifts, which rules break."""

    start_s: int
    end_s: int
    travel_s: int
    extra_fen: int
    shifted: tuple[Shift, ...]
    broken: tuple[Sentence, ...]


class _Kept:
    """The sheets that were read last, a handful."""

    def __init__(self) -> None:
        self._rows: OrderedDict[Key, Sheet] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Sheet | None:
        with self._lock:
            return self._rows.get(key)

    def put(self, key: Key, found: Sheet) -> None:
        with self._lock:
            self._rows[key] = found
            while len(self._rows) > KEPT:
                self._rows.popitem(last=False)


_kept = _Kept()


def stamp(uow: UnitOfWork, on: date) -> str:
    """A text that changes whenever something changes that the board of a day shows."""
    day = uow.session.get(ScheduleDay, on)
    parts: list[object] = [day.revision, day.version] if day is not None else [0, 0]
    parts.append(running_job(uow, on) or 0)
    windows = appointments.orders_on_day(uow, on)
    parts += [len(windows), appointments.newest_on_day(uow, on), orders.versions(uow, windows)]
    parts += [*visits.versions_on(uow, on), *staff.absences_on(uow, on)]
    return ".".join(str(part) for part in parts)


def read(uow: UnitOfWork, on: date) -> Sheet:
    """The working plan of a day for a look, perhaps from memory."""
    newest = uow.session.scalar(select(func.max(AuditEntry.id))) or 0
    minute = int(uow.now.timestamp()) // 60 if local_date(uow.now) == on else 0
    key = (stamp(uow, on), newest, on, minute, str(uow.session.get_bind().engine.url))
    found = _kept.get(key)
    if found is None:
        found = sheet.load(uow, on)
        _kept.put(key, found)
    return found


def preview(uow: UnitOfWork, *, on: date, order_id: int, engineer_id: int, start_s: int) -> Preview:
    """What giving an order to an engineer at about a time would do. Raises NotOnThisDay, NotAtWork."""
    now = read(uow, on)
    task, worker = now.task(order_id), now.worker(engineer_id)
    if task is None or task in now.instance.frozen:
        raise NotOnThisDay()
    if worker is None:
        raise NotAtWork(name=str(engineer_id))
    after = now.with_task(task, worker, start_s)
    stop = next(stop for stop in after.laid[worker].route.stops if int(stop.task) == order_id)
    before, then = now.placements(), after.placements()
    shifted = tuple(
        Shift(other, now.facts.orders[other].short_name, start - before[other][1])
        for other, (_, start) in then.items()
        if other != order_id and other in before and before[other][1] != start
    )
    extra = after.plan().summary.cost_fen - now.plan().summary.cost_fen
    return Preview(
        start_s=stop.start_s,
        end_s=stop.end_s,
        travel_s=stop.travel_s,
        extra_fen=extra,
        shifted=shifted,
        broken=tuple(sentence for _, sentence in broken.caused(now, after)),
    )
