"""Windows to offer on the telephone, graded by what each would cost the day."""

from datetime import date, timedelta

from backend.core.clock import local_date, seconds_of_day
from backend.core.uow import UnitOfWork
from backend.dispatch import problem as problems
from backend.dispatch.models import DayPlan, ScheduleDay
from backend.dispatch.rows import WindowOffer
from backend.dispatch.store import plan_of
from backend.orders import queries as orders
from backend.orders.queries import ServiceOrderRow
from optimizer.insertion import insertions
from optimizer.instance import Instance
from optimizer.model import Problem
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
        windows = [window for window in WINDOWS if window[0] >= earliest_s]
        if not windows:
            continue
        problem, names = problems.build(uow, on)
        if not problem.engineers:
            continue
        offers += _day(uow, on, order, problem, names.engineers, windows)
        found += 1
        if found == days:
            break
    return offers


def _day(
    uow: UnitOfWork,
    on: date,
    order: ServiceOrderRow,
    problem: Problem,
    names: dict[str, str],
    windows: list[tuple[int, int]],
) -> list[WindowOffer]:
    task = problems.candidate(order)
    others = tuple(other for other in problem.tasks if other.id != task.id)
    instance = Instance(
        Problem(
            day=problem.day,
            tasks=(*others, task),
            engineers=problem.engineers,
            travel=problem.travel,
            prices=problem.prices,
            now_s=problem.now_s,
        )
    )
    found = insertions(instance, _routes(instance, _plan(uow, on), task.id), task, windows)
    offers = []
    for window in sorted(windows):
        best = next((insertion for insertion in found if insertion.window == window), None)
        offers.append(
            WindowOffer(
                on=on,
                from_s=window[0],
                to_s=window[1],
                cost_fen=best.extra_fen if best is not None else None,
                engineer_name=names[best.engineer] if best is not None else "",
                fits=best is not None,
                start_s=best.start_s if best is not None else None,
            )
        )
    return offers


def _routes(instance: Instance, plan: Plan | None, skip: str) -> list[list[int]]:
    """The plan's sequences as far as they still hold, and a place for each order that it does not know."""
    routes: list[list[int]] = [[] for _ in instance.workers]
    placed = set(instance.frozen) | {instance.task_number[skip]}
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


def _plan(uow: UnitOfWork, on: date) -> Plan | None:
    day = uow.session.get(ScheduleDay, on)
    plan_id = (day.working_plan_id or day.published_plan_id) if day is not None else None
    stored = uow.session.get(DayPlan, plan_id) if plan_id is not None else None
    return plan_of(stored) if stored is not None else None
