"""What if somebody were ill, had no car, or stayed longer: the day as it would be, thrown away or taken over.

Nothing is kept while she tries. What no longer holds is taken out, and everything without a place is put where
that is cheapest; every other visit stays where it is, so that the price is that of the assumption alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select

from backend.core.clock import local_date
from backend.core.uow import UnitOfWork
from backend.dispatch import broken, changes, keeping, problem, proposals, sheet, terms, trying
from backend.dispatch.models import DayPlan, PlanChange
from backend.dispatch.policy import NoPlan, check_day
from backend.dispatch.proposals import Move, Selection
from backend.dispatch.sheet import Sheet
from backend.dispatch.store import packed, schedule_day
from backend.dispatch.terms import COPY, ILL, Terms
from backend.staff import actions as staff
from backend.staff import queries as staff_queries
from backend.staff.policy import require
from optimizer.insertion import insertions

KIND = "what_if"


@dataclass(frozen=True)
class Imagined:
    """The day as it would be: what moves, both sums, and whose day changes how."""

    moves: tuple[Move, ...]
    sums: Selection
    sheet: Sheet


def imagine(uow: UnitOfWork, *, on: date, assumed: dict[int, Terms]) -> Imagined:
    """Try assumptions on a day, by engineer. Nothing is written. Raises PastDay, NoPlan."""
    check_day(on, local_date(uow.now))
    now = trying.read(uow, on)
    if not now.laid:
        raise NoPlan(on=on.isoformat())
    both = terms.joined(terms.on_day(uow, on), assumed)
    then = repaired(now, sheet.lay(problem.facts(uow, on, both), now.plan()))
    then = replace(then, lost={})  # what nobody can take is left out
    return Imagined(*_difference(now, then), then)


def take_over(uow: UnitOfWork, *, on: date, assumed: dict[int, Terms]) -> PlanChange:
    """Let the assumptions hold and the day be as it was tried; who is away is away for this day.

    Plan, terms and absences are one change to undo. Raises what `imagine` raises, and NotAllowed.
    """
    day, now = changes.begin(uow, on)
    if not now.laid:
        raise NoPlan(on=on.isoformat())
    known = terms.on_day(uow, on)
    away = staff_queries.absences_on(uow, on)
    was, becomes = {}, {}
    for person_id, one in assumed.items():
        both = terms.both(known.get(person_id, Terms()), one)
        ill = one.away and person_id not in away
        was[person_id], becomes[person_id] = known.get(person_id, Terms()), replace(both, away=ill)
        if ill:
            staff.add_absence(uow, person_id=person_id, first_on=on, last_on=on, kind=ILL)
        if both.no_car or both.extra_s:
            terms.allow(uow, on=on, engineer_id=person_id, no_car=both.no_car, extra_s=both.extra_s)
    bare = sheet.load(uow, on)
    then = repaired(now, bare)
    before, after = now.placements(), then.placements()
    moved = sorted(i for i in {*before, *after} if before.get(i) != after.get(i))
    change = keeping.write(uow, day, bare, then, KIND, moved)
    # What is taken back is the day before the terms; under them some visits already begin at another time.
    placed = {order_id: before.get(int(order_id)) for order_id in change.before["placed"]}
    change.before = change.before | {"placed": placed, "terms": terms.to_data(was)}
    change.after = change.after | {"terms": terms.to_data(becomes)}
    return change


def keep(uow: UnitOfWork, *, on: date, assumed: dict[int, Terms]) -> int:
    """Keep the day as it would be as a copy to compare; returns its plan's id, that of the same copy where there is one.

    Raises what `imagine` raises, and NotAllowed.
    """
    require(uow.actor, "dispatch.manage")
    schedule_day(uow, on)
    found = imagine(uow, on=on, assumed=assumed)
    plan, kept = found.sheet.plan(COPY), terms.to_data(assumed)
    data = plan.to_data()
    query = select(DayPlan).where(DayPlan.on == on, DayPlan.engine == COPY)
    for same in uow.session.scalars(query):
        if same.assumed == kept and same.plan == data:
            return same.id
    stored = DayPlan(
        on=on,
        problem_gz=packed(found.sheet.facts.problem),
        plan=data,
        violations=[],
        engine=COPY,
        seed=0,
        iterations=0,
        served=plan.summary.served,
        unserved=plan.summary.unserved,
        cost_fen=plan.summary.cost_fen,
        assumed=kept,
        created_at=uow.now,
        created_by=uow.actor.person_id,
    )
    uow.session.add(stored)
    uow.flush()
    uow.audit("schedule_day", on.isoformat(), "copy_kept", after={"plan_id": stored.id})
    return stored.id


def repaired(now: Sheet, then: Sheet) -> Sheet:
    """``then`` without what broke since ``now``, and with a place for what has lost its own, dearest absence first.

    What has no place now is placed only where nothing but the assumption makes room for it.
    """
    held = now.placements()
    for worker in sorted(then.laid):
        then = _holding(now, then, worker)
    served = {one.task for rows in then.placed.values() for one in rows} | then.instance.frozen
    absent = [n for n in range(len(then.instance.jobs)) if n not in served]
    for task in sorted(absent, key=lambda n: (-then.instance.absence(then.instance.jobs[n]), n)):
        own = then.instance.problem.tasks[task]
        before = now.task(int(own.id))
        if before is not None and int(own.id) not in held and _fits(now, before):
            continue
        offers = insertions(then.instance, then.routes(), own)
        if offers and offers[0].extra_fen < then.instance.absence(then.instance.jobs[task]):
            worker = then.instance.worker_number[offers[0].engineer]
            placed = then.with_task(task, worker, offers[0].start_s)
            then = placed if not broken.caused(then, placed) else then
    return then


def _fits(now: Sheet, task: int) -> bool:
    return bool(insertions(now.instance, now.routes(), now.instance.problem.tasks[task]))


def _holding(now: Sheet, then: Sheet, worker: int) -> Sheet:
    """A worker's day without the visits that no longer go; each time the one whose going mends most is dropped."""

    def worse(shown: Sheet) -> int:
        return sum(one.engineer == engineer for one, _ in broken.caused(now, shown))

    engineer = str(then.person(worker))
    while then.placed[worker] and worse(then):
        tried = [then.without(one.task) for one in then.placed[worker]]
        then = min(tried, key=lambda shown: (worse(shown), shown.cost_fen))
    return then


def _difference(now: Sheet, then: Sheet) -> tuple[tuple[Move, ...], Selection]:
    before, after = now.placements(), then.placements()
    moved = sorted(i for i in {*before, *after} if before.get(i) != after.get(i) and i in now.facts.orders)
    given = [i for i in moved if (before.get(i) or (0,))[0] != (after.get(i) or (0,))[0]]
    moves = tuple(
        replace(proposals.move(now, then, order_id), number=n) for n, order_id in enumerate(given, start=1)
    )
    return moves, proposals.sums(now, then, moved)


def people(assumed: Iterable[tuple[str, int]]) -> dict[int, Terms]:
    """Assumptions by engineer from pairs of a kind and a person id; unknown kinds are left out."""
    found: dict[int, Terms] = {}
    for kind, person_id in assumed:
        if kind in KINDS:
            found[person_id] = terms.both(found.get(person_id, Terms()), KINDS[kind])
    return found


KINDS = {"ill": Terms(away=True), "no_car": Terms(no_car=True), "longer": Terms(extra_s=3600)}
