"""Windows to offer on the telephone, graded by what each would cost the day."""

import threading
from collections import OrderedDict
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from backend.core.clock import local_date, seconds_of_day
from backend.core.uow import UnitOfWork
from backend.dispatch import problem as problems
from backend.dispatch.models import DayPlan, ScheduleDay
from backend.dispatch.rows import WindowOffer
from backend.dispatch.store import plan_of
from backend.orders import queries as orders
from optimizer import Offer, OfferBook
from optimizer.insertion import insertions
from optimizer.instance import Instance
from optimizer.model import Problem, Window
from optimizer.plan import Plan

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
NOTICE_S = HOUR
LOOK_AHEAD_DAYS = 14
KEPT = 32


def suggest_windows(uow: UnitOfWork, order_id: int, days: int = 3) -> list[WindowOffer]:
    """Windows of the next ``days`` working days for an order, by day and beginning.

    Each says what it would add to the day's sum with the engineer to whom it fits best; ``fits`` is False
    where nobody has room. Orders that are appointed but not planned yet count as well. Of today only what
    begins in an hour or later is offered. Raises NotFound.
    """
    order = orders.get(uow, order_id)
    if order.lat is None or order.lon is None:
        return []
    offers: list[WindowOffer] = []
    today, found = local_date(uow.now), 0
    for ahead in range(LOOK_AHEAD_DAYS):
        on = today + timedelta(days=ahead)
        earliest_s = seconds_of_day(uow.now, on) + NOTICE_S if ahead == 0 else 0
        windows = sorted(window for window in WINDOWS if window[0] >= earliest_s)
        if not windows:
            continue
        problem, names = problems.build(uow, on)
        if not problem.engineers:
            continue
        best = {
            offer.window: offer
            for offer in _book(uow, on, problem).offers(problems.candidate(order), windows)
        }
        offers += [_row(on, window, best.get(window), names.engineers) for window in windows]
        found += 1
        if found == days:
            break
    return offers


def _row(on: date, window: Window, best: Offer | None, names: dict[str, str]) -> WindowOffer:
    return WindowOffer(
        on=on,
        from_s=window[0],
        to_s=window[1],
        cost_fen=best.extra_fen if best is not None else None,
        engineer_name=names[best.engineer] if best is not None else "",
        fits=best is not None,
        start_s=best.start_s if best is not None else None,
        travel_s=best.extra_travel_s if best is not None else None,
        moves=len(best.moves) if best is not None else 0,
    )


_Made = tuple[Problem, dict[str, Any] | None]
"""What a book was made of: the records of the day and the stored plan."""


class _Kept:
    """The books that were made last: a caller's questions come one after the other, about the same days."""

    def __init__(self) -> None:
        self._rows: OrderedDict[tuple[str, date], tuple[_Made, OfferBook]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, date], made_of: _Made) -> OfferBook | None:
        """The book of a day, if it was made of the same."""
        with self._lock:
            found = self._rows.get(key)
        return found[1] if found is not None and found[0] == made_of else None

    def put(self, key: tuple[str, date], made_of: _Made, book: OfferBook) -> None:
        with self._lock:
            self._rows[key] = made_of, book
            self._rows.move_to_end(key)
            while len(self._rows) > KEPT:
                self._rows.popitem(last=False)


_kept = _Kept()


def _book(uow: UnitOfWork, on: date, problem: Problem) -> OfferBook:
    # A published visit that moves is priced when the day is planned, not while a window is agreed.
    problem = replace(problem, baseline=())
    day = uow.session.get(ScheduleDay, on)
    plan_id = (day.working_plan_id or day.published_plan_id) if day is not None else None
    stored = uow.session.get(DayPlan, plan_id) if plan_id is not None else None
    key = (str(uow.session.get_bind().engine.url), on)
    made_of = problem, stored.plan if stored is not None else None
    book = _kept.get(key, made_of)
    if book is None:
        routes = _routes(Instance(problem), plan_of(stored) if stored is not None else None)
        book = OfferBook([(problem, routes)])
        _kept.put(key, made_of, book)
    return book


def _routes(instance: Instance, plan: Plan | None) -> list[list[int]]:
    """The plan's sequences as far as they still hold, and a place for each order that it does not know."""
    routes: list[list[int]] = [[] for _ in instance.workers]
    placed = set(instance.frozen)
    for route in plan.routes if plan is not None else ():
        worker = instance.worker_number.get(route.engineer)
        for stop in route.stops:
            number = instance.task_number.get(stop.task)
            if worker is not None and number is not None and number not in placed:
                routes[worker].append(number)
                placed.add(number)
    waiting = [n for n in range(len(instance.jobs)) if n not in placed and instance.jobs[n].windows]
    for number in sorted(waiting, key=lambda n: (-instance.absence(instance.jobs[n]), n)):
        places = insertions(instance, routes, instance.problem.tasks[number])
        if places:
            worker = instance.worker_number[places[0].engineer]
            routes[worker].insert(places[0].position - len(instance.workers[worker].frozen), number)
    return routes
