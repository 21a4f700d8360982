"""Planning a day: asking for a plan, keeping it, pinning. Publishing is in `publishing`."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import select

from backend.appointments import queries as appointments
from backend.core import jobs
from backend.core.clock import local_date
from backend.core.jobs import Lease
from backend.core.ledger import Job
from backend.core.uow import UnitOfWork
from backend.dispatch.models import DayPlan, Pin
from backend.dispatch.policy import EmptyPin, NotPlannable, PinOutside, check_day, clock
from backend.dispatch.publishing import PublishResult, publish, take_back
from backend.dispatch.store import packed, schedule_day
from backend.orders import actions as orders
from backend.orders import queries as order_queries
from backend.staff.policy import require
from optimizer import Plan, Problem, Violation

PLAN_DAY = "plan_day"
DEFAULT_SECONDS = 8.0

__all__ = [
    "PublishResult",
    "cancel_plan",
    "pin",
    "publish",
    "request_plan",
    "store_plan",
    "take_back",
    "unpin",
]


def request_plan(
    uow: UnitOfWork,
    *,
    on: date,
    seconds: float = DEFAULT_SECONDS,
    seed: int = 1,
    propose: bool = False,
) -> int:
    """Ask for a plan of a day; returns the job's id, that of the running one where there is one.

    With ``propose`` it becomes a proposal beside the working plan, where there is one. Raises PastDay.
    """
    require(uow.actor, "dispatch.manage")
    check_day(on, local_date(uow.now))
    day = schedule_day(uow, on)
    query = select(Job).where(Job.kind == PLAN_DAY, Job.status.in_(jobs.OPEN)).order_by(Job.id.desc())
    for job in uow.session.scalars(query):
        if job.args["on"] == on.isoformat() and job.cancel_requested_at is None:
            return job.id
    args: dict[str, Any] = {"on": on.isoformat(), "seconds": seconds, "seed": seed}
    if propose and day.working_plan_id is not None:
        args["propose"] = True
    job_id = jobs.request(uow, PLAN_DAY, args)
    uow.audit("schedule_day", on.isoformat(), "plan_requested", after={"job_id": job_id, "seed": seed})
    return job_id


def cancel_plan(uow: UnitOfWork, *, job_id: int) -> None:
    """Ask the planning to stop; the plan in force stays."""
    require(uow.actor, "dispatch.manage")
    jobs.cancel(uow, job_id)


def store_plan(
    uow: UnitOfWork, *, lease: Lease | None, problem: Problem, plan: Plan, violations: Sequence[Violation]
) -> int:
    """Keep a plan as the day's working plan and end its job, in one transaction; returns the plan's id.

    Orders that it serves become planned, planned ones that it leaves out become appointed again. An order
    that changed while the plan was made is left as it is. A plan that was asked for as a proposal waits for her
    answer (`proposals`). A plan with broken rules is kept for study, but
    moves nothing and does not become the working plan. Raises LeaseLost.
    """
    on = date.fromisoformat(problem.day)
    day = schedule_day(uow, on)
    stored = DayPlan(
        on=on,
        job_id=lease.job_id if lease is not None else None,
        problem_gz=packed(problem),
        plan=plan.to_data(),
        violations=[asdict(violation) for violation in violations],
        engine=plan.engine,
        seed=plan.seed,
        iterations=plan.iterations,
        served=plan.summary.served,
        unserved=plan.summary.unserved,
        cost_fen=plan.summary.cost_fen,
        created_at=uow.now,
        created_by=uow.actor.person_id,
    )
    uow.session.add(stored)
    uow.flush()
    proposed = lease is not None and bool(lease.args.get("propose"))
    if not violations and proposed:
        day.proposed_plan_id = stored.id
        uow.audit("schedule_day", on.isoformat(), "proposed", after={"plan_id": stored.id})
    elif not violations:
        _move_orders(uow, on, plan)
        day.proposed_plan_id = None
        day.revision += 1
        before, day.working_plan_id = day.working_plan_id, stored.id
        figures = {"plan_id": stored.id, "served": stored.served, "cost_fen": stored.cost_fen}
        uow.audit("schedule_day", on.isoformat(), "planned", before={"plan_id": before}, after=figures)
    result: dict[str, Any] = {
        "plan_id": stored.id,
        "on": on.isoformat(),
        "served": stored.served,
        "unserved": stored.unserved,
        "cost_fen": stored.cost_fen,
        "violations": [violation.message for violation in violations],
    }
    uow.emit("plan_stored", **result)
    if lease is not None:
        jobs.succeed(uow, lease, result)
    return stored.id


def pin(
    uow: UnitOfWork, *, order_id: int, engineer_id: int | None = None, start_s: int | None = None
) -> None:
    """Her word for an order: this engineer, this start (seconds since midnight), or both.

    It holds for the next plan. Raises EmptyPin, NotPlannable, PinOutside.
    """
    require(uow.actor, "dispatch.manage")
    if engineer_id is None and start_s is None:
        raise EmptyPin()
    order = order_queries.get(uow, order_id)
    window = appointments.current(uow, [order_id]).get(order_id)
    if window is None or order.status not in ("appointed", "planned", "published"):
        raise NotPlannable()
    if start_s is not None and not window.from_s <= start_s <= window.to_s:
        span = f"{clock(window.from_s)}–{clock(window.to_s)}"
        raise PinOutside(window=span, start=clock(start_s))
    found = uow.session.get(Pin, order_id)
    before = None if found is None else {"engineer_id": found.engineer_id, "start_s": found.start_s}
    if found is None:
        found = Pin(service_order_id=order_id)
        uow.session.add(found)
    found.engineer_id, found.start_s = engineer_id, start_s
    found.set_at, found.set_by = uow.now, uow.actor.person_id
    uow.audit(
        "service_order",
        order_id,
        "pinned",
        before=before,
        after={"engineer_id": engineer_id, "start_s": start_s},
    )


def unpin(uow: UnitOfWork, *, order_id: int) -> None:
    """Leave the choice to the optimizer again; nothing happens where there is no pin."""
    require(uow.actor, "dispatch.manage")
    found = uow.session.get(Pin, order_id)
    if found is not None:
        before = {"engineer_id": found.engineer_id, "start_s": found.start_s}
        uow.session.delete(found)
        uow.audit("service_order", order_id, "unpinned", before=before)


def _move_orders(uow: UnitOfWork, on: date, plan: Plan) -> None:
    served = {int(stop.task) for route in plan.routes for stop in route.stops}
    left_out = {int(unserved.task) for unserved in plan.unserved}
    windows = appointments.current(uow, served | left_out)
    for order in order_queries.by_ids(uow, served | left_out).values():
        window = windows.get(order.id)
        if window is None or window.on != on:
            continue
        if order.id in served and order.status == "appointed":
            orders.move(uow, order.id, "plan")
        elif order.id in left_out and order.status == "planned":
            orders.move(uow, order.id, "unplan")
