"""An urgent order in the middle of the day: the places that disturb least, and one step that does it all."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from backend.appointments import actions as appointments
from backend.core.clock import local_date
from backend.core.uow import UnitOfWork
from backend.dispatch import broken, call_list, changes, learning, publishing, sheet, trying
from backend.dispatch import problem as problems
from backend.dispatch.policy import NotPlannable, check_day
from backend.dispatch.publishing import PublishResult
from backend.dispatch.sheet import Sheet
from backend.dispatch.trying import Shift
from backend.orders import queries as orders
from backend.staff.policy import require
from optimizer.insertion import insertions
from optimizer.instance import Instance

MOST_ASKED = 8
QUARTER_S = 900
PROMISE_S = 3600
"""The customer is told an hour, beginning with the quarter before the planned start."""


@dataclass(frozen=True)
class Spot:
    """A place for the urgent order: with whom, when, for how much, who else shifts, and what speaks for it."""

    engineer_id: int
    engineer_name: str
    start_s: int
    travel_s: int
    extra_fen: int
    shifted: tuple[Shift, ...]
    why: str = ""

    @property
    def window(self) -> tuple[int, int]:
        """What the customer would be told."""
        from_s = self.start_s // QUARTER_S * QUARTER_S
        return from_s, from_s + PROMISE_S


_BEST: tuple[tuple[str, Callable[[Spot], tuple[int, ...]]], ...] = (
    ("soonest", lambda spot: (spot.start_s, len(spot.shifted))),
    ("calmest", lambda spot: (len(spot.shifted), spot.start_s)),
    ("cheapest", lambda spot: (spot.extra_fen, spot.start_s)),
)


def spots(uow: UnitOfWork, *, on: date, order_id: int, limit: int = 3) -> list[Spot]:
    """The least disturbing places of a day for an order that has no window yet, best first.

    One is the soonest, one moves the fewest others, one is the cheapest; no rule is broken. NotPlannable, PastDay, NotFound.
    """
    check_day(on, local_date(uow.now))
    now, task = _with_order(trying.read(uow, on), uow, order_id)
    routes = [[one.task for one in now.placed.get(worker, ())] for worker in range(len(now.instance.workers))]
    offers = insertions(now.instance, routes, now.instance.problem.tasks[task])
    wanted = {(now.instance.worker_number[offer.engineer], offer.start_s) for offer in offers[:MOST_ASKED]}
    # Besides the cheapest places: with everybody at once, as soon as he is free.
    wanted |= {(n, now.instance.workers[n].ready_s) for n in now.instance.jobs[task].engineers}
    tried = [spot for n, at_s in sorted(wanted) if (spot := _spot(now, task, n, at_s)) is not None]
    chosen: list[Spot] = []
    for why, key in _BEST:
        rest = [spot for spot in tried if all(spot.engineer_id != one.engineer_id for one in chosen)]
        if rest and len(chosen) < limit:
            chosen.append(replace(min(rest, key=key), why=why))
    return sorted(chosen, key=lambda spot: spot.start_s)


def place(uow: UnitOfWork, *, on: date, order_id: int, engineer_id: int, start_s: int) -> PublishResult:
    """Appoint the order, put it into the engineer's day, and tell those whose day changes by it, only them.

    Customers who are to be told are on the day's call list afterwards.

    Everything happens or nothing. Raises what `appoint`, `changes.move` and `publish` raise.
    """
    require(uow.actor, "dispatch.manage")
    changes.begin(uow, on)
    now, task = _with_order(sheet.load(uow, on), uow, order_id)
    worker = now.worker(engineer_id)
    spot = _spot(now, task, worker, start_s) if worker is not None else None
    from_s = (spot.start_s if spot is not None else start_s) // QUARTER_S * QUARTER_S
    appointments.appoint(uow, order_id=order_id, on=on, from_s=from_s, to_s=from_s + PROMISE_S)
    done = changes.move(uow, on=on, order_id=order_id, engineer_id=engineer_id, start_s=start_s)
    touched = changes.touched(uow, done.change_id)
    if spot is not None:
        before = now.placements()
        told = [
            call_list.urgent(now.facts.orders[order_id], spot.engineer_name, (from_s, from_s + PROMISE_S))
        ]
        told += [
            call_list.shifted(now.facts.orders[one.order_id], before[one.order_id][1] + one.by_s, one.by_s)
            for one in spot.shifted
            if abs(one.by_s) >= call_list.TELL_S
        ]
        call_list.note(uow, on, told)
    uow.audit(
        "schedule_day",
        on.isoformat(),
        "hand_urgent",
        after={"order_id": order_id, "engineer_id": engineer_id, "change_id": done.change_id},
    )
    return publishing.publish(uow, on=on, only=touched)


def _with_order(shown: Sheet, uow: UnitOfWork, order_id: int) -> tuple[Sheet, int]:
    """The sheet with the order as a task that may begin at any time."""
    order = orders.get(uow, order_id)
    if order.status != "approved" or order.lat is None:
        raise NotPlannable()
    facts = shown.facts
    known = learning.for_orders(uow, [order]).get(order_id, problems.NOTHING)
    problem = replace(facts.problem, tasks=(*facts.problem.tasks, problems.candidate(order, known)))
    widened = replace(facts, problem=problem, orders=facts.orders | {order_id: order})
    instance = Instance(problem)
    return replace(shown, facts=widened, instance=instance), instance.task_number[str(order_id)]


def _spot(now: Sheet, task: int, worker: int, start_s: int) -> Spot | None:
    after = now.with_task(task, worker, start_s)
    if broken.caused(now, after):
        return None
    stop = next(s for s in after.laid[worker].route.stops if s.task == now.instance.problem.tasks[task].id)
    before = now.placements()
    shifted = tuple(
        Shift(other, now.facts.orders[other].short_name, place[1] - before[other][1])
        for other, place in after.placements().items()
        if other in before and before[other] != place
    )
    engineer = now.facts.team[now.person(worker)]
    absent_fen = now.instance.absence(now.instance.jobs[task])
    extra = after.cost_fen - now.cost_fen + absent_fen
    return Spot(engineer.person_id, engineer.name, stop.start_s, stop.travel_s, extra, shifted)
