"""Reads of plans and days."""

from datetime import date
from typing import Any

from sqlalchemy import select

from backend.core import jobs
from backend.core.errors import NotFound
from backend.core.ledger import Job
from backend.core.paging import Page, page_by_id
from backend.core.uow import UnitOfWork
from backend.dispatch import days, sentences, sheet
from backend.dispatch.models import DayPlan, ScheduleDay
from backend.dispatch.rows import DayView, Figures, PlanRow
from backend.dispatch.sheet import Sheet
from backend.dispatch.store import left_out_of, plan_of
from backend.orders import queries as orders
from backend.staff import queries as staff
from optimizer import Plan

__all__ = ["DayView", "day_view", "plan", "plans", "running_job"]


def day_view(uow: UnitOfWork, on: date) -> DayView:
    """The working plan of a day with everything that the board and the map show."""
    return view_of(uow, sheet.load(uow, on))


def view_of(uow: UnitOfWork, shown: Sheet) -> DayView:
    """A sheet as pages see it, whether it is the working plan or one that is only tried."""
    on = shown.facts.on
    day = uow.session.get(ScheduleDay, on)
    stored = (
        uow.session.get(DayPlan, day.working_plan_id) if day is not None and day.working_plan_id else None
    )
    away = staff.absences_on(uow, on)
    names = staff.engineer_names(uow) if shown.lost else {}
    people = [days.engineer(shown, person_id) for person_id in shown.facts.team]
    people += [
        days.absent(shown, person_id, *away.get(person_id, (names.get(person_id, ""), "")))
        for person_id in {*away, *shown.lost} - set(shown.facts.team)
    ]
    return DayView(
        on=on,
        engineers=tuple(sorted(people, key=lambda one: one.engineer_id)),
        unserved=tuple(days.unserved(shown, left_out_of(stored) if stored is not None else None)),
        figures=_figures(shown.plan()) if stored is not None else None,
        plan_id=stored.id if stored is not None else None,
        planned_at=stored.created_at if stored is not None else None,
        published_plan_id=day.published_plan_id if day is not None else None,
        published_at=day.published_at if day is not None else None,
        job_id=running_job(uow, on),
        revision=day.revision if day is not None else 0,
        proposed_plan_id=day.proposed_plan_id if day is not None else None,
    )


def running_job(uow: UnitOfWork, on: date) -> int | None:
    """The id of the job that plans this day now or waits to do so."""
    query = (
        select(Job.id, Job.args)
        .where(Job.kind == "plan_day", Job.status.in_(jobs.OPEN))
        .order_by(Job.id.desc())
    )
    return next((row.id for row in uow.session.execute(query) if row.args["on"] == on.isoformat()), None)


def plan(uow: UnitOfWork, plan_id: int) -> PlanRow:
    """One stored plan. Raises NotFound."""
    return _plan_row(_stored(uow, plan_id))


def plans(uow: UnitOfWork, on: date, *, cursor: str | None = None, size: int = 20) -> Page[PlanRow]:
    """The plans of a day, newest first."""
    query = select(DayPlan).where(DayPlan.on == on)
    return page_by_id(uow, query, DayPlan.id, _plan_row, cursor=cursor, size=size)


def plan_summary(uow: UnitOfWork, plan_id: int) -> dict[str, Any]:
    """A stored plan as a command prints it: served, unserved with reasons, cost, violations."""
    stored = _stored(uow, plan_id)
    chosen = plan_of(stored)
    numbers = orders.by_ids(uow, (int(unserved.task) for unserved in chosen.unserved))
    return {
        "plan_id": stored.id,
        "date": stored.on.isoformat(),
        "served": stored.served,
        "unserved": [
            {
                "order": numbers[int(unserved.task)].number,
                "reasons": [sentences.of_reason(reason).zh for reason in unserved.reasons],
            }
            for unserved in chosen.unserved
        ],
        "cost_fen": stored.cost_fen,
        "violations": stored.violations,
    }


def _stored(uow: UnitOfWork, plan_id: int) -> DayPlan:
    stored = uow.session.get(DayPlan, plan_id)
    if stored is None:
        raise NotFound(what={"zh": "这份排程", "en": "That plan"})
    return stored


def _figures(chosen: Plan) -> Figures:
    summary = chosen.summary
    return Figures(
        engineers=len(chosen.routes),
        orders=summary.served,
        unserved=summary.unserved,
        travel_s=summary.travel_s,
        distance_m=summary.distance_m,
        cost_fen=summary.cost_fen,
        terms=dict(summary.terms),
    )


def _plan_row(stored: DayPlan) -> PlanRow:
    return PlanRow(
        stored.id,
        stored.on,
        stored.engine,
        stored.seed,
        stored.iterations,
        stored.served,
        stored.unserved,
        stored.cost_fen,
        len(stored.violations),
        stored.created_at,
    )
