"""Rows of plans and days: reading them back as the optimizer's values, and the one row of a day."""

import gzip
from datetime import date

from sqlalchemy.exc import IntegrityError

from backend.core.uow import UnitOfWork
from backend.dispatch.models import DayPlan, ScheduleDay
from optimizer import codec
from optimizer.model import Problem
from optimizer.plan import Plan, Unserved


def schedule_day(uow: UnitOfWork, on: date) -> ScheduleDay:
    """The day's row, made where it lacks and locked until the end of the transaction.

    Everything that changes a day goes through this lock, so that two planners or publishers queue.
    """
    row = uow.session.get(ScheduleDay, on, with_for_update=True)
    if row is None:
        try:
            with uow.session.begin_nested():
                row = ScheduleDay(on=on)
                uow.session.add(row)
        except IntegrityError:
            row = uow.session.get_one(ScheduleDay, on, with_for_update=True)
    return row


def problem_of(stored: DayPlan) -> Problem:
    """The problem that the plan answers."""
    return Problem.from_json(gzip.decompress(stored.problem_gz))


def plan_of(stored: DayPlan) -> Plan:
    """The plan as values."""
    return Plan.from_json(stored.plan)


def left_out_of(stored: DayPlan) -> tuple[Unserved, ...]:
    """What a plan left out and why, without reading its routes."""
    return tuple(codec.decode(Unserved, one) for one in stored.plan["unserved"])


def packed(problem: Problem) -> bytes:
    """A problem as it is kept; the same problem gives the same bytes."""
    return gzip.compress(problem.to_json().encode(), mtime=0)
