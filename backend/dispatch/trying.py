"""Looking at a day without changing it: what a move would do, asked many times a second while a bar is dragged.

The day's sheet is kept between two looks as long as nothing in it has changed (`looks`). Saving never uses it.
"""

from dataclasses import dataclass
from datetime import date

from backend.core.clock import local_date
from backend.core.uow import SYSTEM, Transactions, UnitOfWork
from backend.dispatch import broken, looks, sheet
from backend.dispatch.kept import Kept
from backend.dispatch.policy import NotAtWork, NotOnThisDay
from backend.dispatch.sentences import Sentence
from backend.dispatch.sheet import Sheet

_sheets: Kept[Sheet] = Kept(16)


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


def read(uow: UnitOfWork, on: date) -> Sheet:
    """The working plan of a day for a look, perhaps from memory."""
    if not looks.reads(uow):
        return sheet.load(uow, on)
    key = looks.key(uow, on)
    found = _sheets.get(key)
    if found is None:
        found = sheet.load(uow, on, looks.facts(uow, on))
        _sheets.put(key, found)
    return found


def warm(transactions: Transactions) -> None:
    """Look at today once, so that the first who opens the board need not wait for it."""
    with transactions.read(SYSTEM) as uow:
        shown = read(uow, local_date(uow.now))
        _ = shown.risks


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
    extra = after.cost_fen - now.cost_fen
    return Preview(
        start_s=stop.start_s,
        end_s=stop.end_s,
        travel_s=stop.travel_s,
        extra_fen=extra,
        shifted=shifted,
        broken=tuple(sentence for _, sentence in broken.caused(now, after)),
    )
