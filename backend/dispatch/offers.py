"""Windows to offer on the telephone, graded by what each would cost the day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from backend.appointments import holds
from backend.appointments.holds import HoldRow
from backend.core import numbers
from backend.core.clock import local_date, seconds_of_day
from backend.core.uow import SYSTEM, Transactions, UnitOfWork
from backend.dispatch import drafts, grading, learning
from backend.dispatch import problem as problems
from backend.dispatch.grading import Look, Weights
from backend.dispatch.kept import Kept
from backend.dispatch.rows import WindowOffer
from backend.orders import queries as orders
from backend.orders.queries import ServiceOrderRow
from optimizer import Offer, OfferBook
from optimizer.instance import Instance
from optimizer.model import Task, Window

HOUR = 3600
WINDOWS = (
    (9 * HOUR, 11 * HOUR),
    (11 * HOUR, 13 * HOUR),
    (13 * HOUR, 15 * HOUR),
    (15 * HOUR, 17 * HOUR),
    (9 * HOUR, 12 * HOUR),
    (13 * HOUR, 17 * HOUR),
)
"""Two hours each, and the halves of the day; the service begins within them."""
LOOK_AHEAD_DAYS = drafts.AHEAD_DAYS
KEPT = 32


@dataclass(frozen=True)
class _Seen:
    """A window of a day with what was found for it."""

    on: date
    window: Window
    best: Offer | None
    engineer: str
    look: Look
    held_by: tuple[str, ...]


def suggest_windows(
    uow: UnitOfWork, order_id: int, days: int = 3, *, only: date | None = None
) -> list[WindowOffer]:
    """Windows of the next ``days`` working days for an order, by day and beginning, graded beside each other;
    or those of one day ``only``.

    Each says what it would add to the day's sum with the engineer to whom it fits best; ``fits`` is False
    where nobody has room. Orders that are appointed but not planned yet count as well, and windows that are
    held. Of today only what leaves the notice that is set is offered. Raises NotFound.
    """
    order = orders.get(uow, order_id)
    if order.lat is None or order.lon is None:
        return []
    task = _task(uow, order)
    by = Weights.of(numbers.values(uow, "windows"))
    seen: list[_Seen] = []
    today, found = local_date(uow.now), 0
    looked_at = (
        [today + timedelta(days=ahead) for ahead in range(LOOK_AHEAD_DAYS)] if only is None else [only]
    )
    held = _others(uow, order_id, looked_at)
    for on in looked_at:
        earliest_s = seconds_of_day(uow.now, on) + by.notice_s if on <= today else 0
        windows = [window for window in WINDOWS if window[0] >= earliest_s]
        if not windows:
            continue
        day = drafts.ready(uow, on, held)
        if not day.at_work:
            continue
        seen += _look(day, order, task, windows, held, by)
        found += 1
        if found == days:
            break
    return _graded(seen, by)


def offer(uow: UnitOfWork, *, order_id: int, on: date, window: Window) -> WindowOffer | None:
    """One window of a day as `suggest_windows` sees it; None for an order without a place on the map."""
    order = orders.get(uow, order_id)
    if order.lat is None or order.lon is None:
        return None
    by = Weights.of(numbers.values(uow, "windows"))
    held = _others(uow, order_id, [on])
    return _graded(_look(drafts.ready(uow, on, held), order, _task(uow, order), [window], held, by), by)[0]


def warm(transactions: Transactions) -> None:
    """Look at the next days for one order that waits for its call, so that the first call need not wait for it."""
    with transactions.read(SYSTEM) as uow:
        waiting = (one for one in orders.with_status(uow, ("approved",)) if one.lat is not None)
        first = next(waiting, None)
        if first is not None:
            suggest_windows(uow, first.id)


def _task(uow: UnitOfWork, order: ServiceOrderRow) -> Task:
    return problems.candidate(order, learning.for_orders(uow, [order]).get(order.id, problems.NOTHING))


def _others(uow: UnitOfWork, order_id: int, days: Sequence[date]) -> list[HoldRow]:
    return [one for one in holds.on_days(uow, days) if one.order_id != order_id]


def _look(
    day: drafts.Ready,
    order: ServiceOrderRow,
    task: Task,
    windows: Sequence[Window],
    held: Sequence[HoldRow],
    by: Weights,
) -> list[_Seen]:
    made = _made(day)
    others = [other for other in day.problem.tasks if other.id != task.id]
    found = {place.window: place for place in made.book.offers(task, windows)}
    wanted = set(task.skills)
    able = [n for n, one in enumerate(day.problem.engineers) if wanted <= set(one.skills)]
    late = max(0, (day.on - order.due_on).days) if order.due_on is not None else 0
    seen = []
    for window in sorted(windows):
        best = found.get(window)
        look = Look(
            cost_fen=best.extra_fen if best is not None else None,
            extra_travel_s=best.extra_travel_s if best is not None else 0,
            able=len(able),
            taken=grading.taken(made.instance, able, made.routes, window, by),
            near=grading.near(task, others, window, by),
            days_late=late,
            wished=grading.wished(order.requested_window, window),
            width_s=window[1] - window[0],
        )
        names = {
            one.held_by_name
            for one in held
            if one.on == day.on and one.from_s < window[1] and window[0] < one.to_s
        }
        engineer = day.names[best.engineer] if best is not None else ""
        seen.append(_Seen(day.on, window, best, engineer, look, tuple(sorted(names))))
    return seen


@dataclass(frozen=True)
class _Made:
    """A day made ready for questions, and what it was made of."""

    of: tuple[object, ...]
    instance: Instance
    routes: list[list[int]]
    book: OfferBook


_kept: Kept[_Made] = Kept(KEPT)


def _made(day: drafts.Ready) -> _Made:
    """The book of a day; one that was made of the same is used again, whoever asked then."""
    made_of = (day.problem, day.sequences, day.left_out)
    found = _kept.get((day.key,))
    if found is not None and found.of == made_of:
        return found
    instance = Instance(day.problem)
    routes = drafts.routes(day, instance)
    made = _Made(made_of, instance, routes, OfferBook([(day.problem, routes)]))
    _kept.put((day.key,), made)
    return made


def _graded(seen: Sequence[_Seen], by: Weights) -> list[WindowOffer]:
    graded = grading.grades([one.look for one in seen], by)
    return [
        WindowOffer(
            on=one.on,
            from_s=one.window[0],
            to_s=one.window[1],
            cost_fen=one.look.cost_fen,
            engineer_name=one.engineer,
            fits=one.best is not None,
            start_s=one.best.start_s if one.best is not None else None,
            travel_s=one.best.extra_travel_s if one.best is not None else None,
            moves=len(one.best.moves) if one.best is not None else 0,
            grade=grade,
            score_fen=score,
            said=grading.said(one.look),
            held_by=one.held_by,
        )
        for one, (grade, score) in zip(seen, graded, strict=True)
    ]
