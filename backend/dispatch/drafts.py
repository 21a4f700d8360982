"""Sequences of a day for the telephone: the plan's, and a place for each agreed order that no plan knows yet.

To find a place for sixty orders takes a second, too long for a call. So the day's draft is kept in the database,
brought up to date in the background, and a call adds only what came in since.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import func, select

from backend.appointments import holds
from backend.appointments.holds import HoldRow
from backend.core.clock import local_date
from backend.core.ledger import AuditEntry
from backend.core.uow import SYSTEM, Transactions, UnitOfWork
from backend.dispatch import learning, looks
from backend.dispatch import problem as problems
from backend.dispatch.models import DayPlan, OfferDraft, ScheduleDay
from backend.orders import queries as orders
from backend.staff import queries as staff
from optimizer.insertion import insertions
from optimizer.instance import Instance
from optimizer.model import Problem, Task

AHEAD_DAYS = 14
KEPT_DAYS = 4
"""Days with somebody at work that are kept ready: today and the three that a call looks at."""


@dataclass(frozen=True)
class Ready:
    """A day as offers see it: the plan's problem with what is held as well, and sequences of task ids."""

    on: date
    problem: Problem
    names: dict[str, str]
    sequences: dict[str, list[str]]
    left_out: frozenset[str]
    at_work: int
    """How many have a shift; who only stands by is not offered to customers."""
    key: str
    """The database and the day, and what is held by others than the caller."""


def ready(uow: UnitOfWork, on: date, held: Iterable[HoldRow], *, draft: bool = True) -> Ready:
    """A day with its plan, else its draft. ``held`` are holds of any days; those of this day count as agreed."""
    facts = looks.facts(uow, on)
    known = {task.id for task in facts.problem.tasks}
    kept = [one for one in held if one.on == on and str(one.order_id) not in known]
    rows = orders.by_ids(uow, [one.order_id for one in kept])
    learned = learning.for_orders(uow, rows.values())
    tasks = [
        problems.candidate(
            rows[one.order_id],
            learned.get(one.order_id, problems.NOTHING),
            ((one.from_s, one.to_s),),
        )
        for one in kept
        if one.order_id in rows and rows[one.order_id].lat is not None
    ]
    problem = with_tasks(facts.problem, [*facts.problem.tasks, *tasks])
    base, sequences = _plan(uow, on)
    found = uow.session.get(OfferDraft, on) if draft else None
    left_out: frozenset[str] = frozenset()
    if found is not None and found.routes["plan"] == base:
        sequences = found.routes["by_engineer"]
        left_out = frozenset(found.routes["left_out"])
    key = f"{uow.session.get_bind().engine.url} {on} {[(one.order_id, one.from_s) for one in kept]}"
    at_work = sum(one.has_shift for one in facts.team.values())
    return Ready(on, problem, facts.names.engineers, sequences, left_out, at_work, key)


def with_tasks(problem: Problem, tasks: Sequence[Task]) -> Problem:
    """The problem of other tasks; who was told what before does not matter for an offer."""
    return Problem(
        day=problem.day,
        tasks=tuple(tasks),
        engineers=problem.engineers,
        travel=problem.travel,
        prices=problem.prices,
        now_s=problem.now_s,
    )


def routes(found: Ready, instance: Instance) -> list[list[int]]:
    """The sequences as far as they still hold, with a place for each order that they do not know."""
    rows: list[list[int]] = [[] for _ in instance.workers]
    placed = set(instance.frozen) | {
        instance.task_number[one] for one in found.left_out if one in instance.task_number
    }
    for engineer, tasks in found.sequences.items():
        worker = instance.worker_number.get(engineer)
        for task in tasks:
            number = instance.task_number.get(task)
            if worker is not None and number is not None and number not in placed:
                rows[worker].append(number)
                placed.add(number)
    waiting = [n for n in range(len(instance.jobs)) if n not in placed and instance.jobs[n].windows]
    for number in sorted(waiting, key=lambda n: (-instance.absence(instance.jobs[n]), n)):
        places = insertions(instance, rows, instance.problem.tasks[number])
        if places:
            worker = instance.worker_number[places[0].engineer]
            rows[worker].insert(places[0].position - len(instance.workers[worker].frozen), number)
    return rows


def refresh(transactions: Transactions) -> int:
    """Bring the drafts of the next working days up to date; returns how many had to be. Safe to repeat."""
    with transactions.read(SYSTEM) as uow:
        first = local_date(uow.now)
        stale = []
        seen = 0
        for ahead in range(AHEAD_DAYS):
            on = first + timedelta(days=ahead)
            found = uow.session.get(OfferDraft, on)
            stamp = _stamp(uow, on)
            if found is not None and found.routes.get("stamp") == stamp:
                seen += bool(found.routes["workers"])
            else:
                stale.append((on, stamp))
                seen += bool(staff.engineers_on(uow, on))
            if seen >= KEPT_DAYS:
                break
    for on, stamp in stale:
        with transactions.read(SYSTEM) as uow:
            made = _make(uow, on, stamp)
        with transactions.begin(SYSTEM) as uow:
            uow.lock(f"offer-draft:{on}")
            kept = uow.session.get(OfferDraft, on)
            if kept is None:
                uow.session.add(OfferDraft(on=on, routes=made, at=uow.now))
            else:
                kept.routes, kept.at = made, uow.now
    return len(stale)


def _make(uow: UnitOfWork, on: date, stamp: str) -> dict[str, object]:
    found = ready(uow, on, holds.on_days(uow, [on]))
    kept = uow.session.get(OfferDraft, on)
    if kept is not None and local_date(kept.at) != local_date(uow.now):
        found = ready(uow, on, holds.on_days(uow, [on]), draft=False)  # from the beginning once a day
    found = replace(found, left_out=frozenset())
    instance = Instance(found.problem)
    rows = routes(found, instance)
    ids = [task.id for task in found.problem.tasks]
    in_rows = {n for row in rows for n in row} | set(instance.frozen)
    base, _ = _plan(uow, on)
    return {
        "stamp": stamp,
        "plan": base,
        "workers": found.at_work,
        "by_engineer": {
            found.problem.engineers[worker].id: [ids[n] for n in row]
            for worker, row in enumerate(rows)
            if row
        },
        "left_out": [ids[n] for n in range(len(ids)) if n not in in_rows],
    }


def _plan(uow: UnitOfWork, on: date) -> tuple[str, dict[str, list[str]]]:
    day = uow.session.get(ScheduleDay, on)
    plan_id = (day.working_plan_id or day.published_plan_id) if day is not None else None
    stored = uow.session.get(DayPlan, plan_id) if plan_id is not None else None
    if stored is None:
        return "", {}
    base = f"{stored.id}.{day.revision if day is not None else 0}"
    return base, {one["engineer"]: [stop["task"] for stop in one["stops"]] for one in stored.plan["routes"]}


def _stamp(uow: UnitOfWork, on: date) -> str:
    held = [(one.id, one.from_s) for one in holds.on_days(uow, [on])]
    team = select(func.max(AuditEntry.id)).where(AuditEntry.entity.in_(("engineer", "vehicle")))
    return f"{looks.stamp(uow, on)}|{held}|{uow.session.scalar(team) or 0}|{local_date(uow.now)}"
