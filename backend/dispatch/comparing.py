"""Any two plans of a day side by side: what is in force, published, proposed, planned before, or kept from *what if*."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select

from backend.core.clock import local_date, seconds_of_day
from backend.core.errors import NotFound
from backend.core.uow import UnitOfWork
from backend.dispatch import looks, problem, proposals, sheet, terms, trying
from backend.dispatch.keeping import HAND
from backend.dispatch.models import DayPlan, ScheduleDay
from backend.dispatch.policy import clock
from backend.dispatch.proposals import Move, Selection
from backend.dispatch.sentences import Sentence
from backend.dispatch.sheet import Sheet
from backend.dispatch.store import plan_of
from backend.dispatch.terms import COPY, Terms
from backend.staff import queries as staff
from backend.staff.policy import require

WORKING, PUBLISHED, PROPOSAL = "working", "published", "proposal"
MOST_COPIES, MOST_EARLIER = 12, 6


@dataclass(frozen=True)
class Choice:
    """A plan that can be compared. ``key`` is working, published, proposal, or the plan's id.

    ``assumed`` are the assumptions of a copy from *what if*, by person id.
    """

    key: str
    name: Sentence
    made_at: datetime
    assumed: dict[int, Terms]


@dataclass(frozen=True)
class Comparison:
    """Two plans: both sums term by term, broken rules of each, and what the second does otherwise, in sentences."""

    left: Choice
    right: Choice
    sums: Selection
    broken: tuple[int, int]
    moves: tuple[Move, ...]
    left_sheet: Sheet
    right_sheet: Sheet


def choices(uow: UnitOfWork, on: date) -> list[Choice]:
    """What can be compared on a day: in force, published, proposed, copies, the newest first, and earlier plans."""
    return [choice for choice, _ in _choices(uow, on)]


def compare(uow: UnitOfWork, *, on: date, left: str, right: str) -> Comparison:
    """Both plans as they come out with what is known by now. Raises NotFound where one is not there any more."""
    require(uow.actor, "dispatch.read")
    known = {choice.key: (choice, stored) for choice, stored in _choices(uow, on)}
    if left not in known or right not in known:
        raise NotFound(what={"zh": "这份排程", "en": "That plan"})
    (one, first), (other, second) = known[left], known[right]
    a, b = _sheet(uow, on, one, first), _sheet(uow, on, other, second)
    differing = proposals.differing(a, b)
    moves = tuple(
        replace(proposals.move(a, b, order_id), number=n) for n, order_id in enumerate(differing, start=1)
    )
    return Comparison(one, other, proposals.sums(a, b, differing), (_broken(a), _broken(b)), moves, a, b)


def drop(uow: UnitOfWork, *, plan_id: int) -> None:
    """Throw a copy from *what if* away; nothing happens where it is gone. Raises NotFound for any other plan."""
    require(uow.actor, "dispatch.manage")
    stored = uow.session.get(DayPlan, plan_id)
    if stored is None:
        return
    if stored.engine != COPY:
        raise NotFound(what={"zh": "这份假设", "en": "That copy"})
    uow.audit("schedule_day", stored.on.isoformat(), "copy_dropped", before={"plan_id": plan_id})
    uow.session.delete(stored)


def _choices(uow: UnitOfWork, on: date) -> list[tuple[Choice, DayPlan]]:
    day = uow.session.get(ScheduleDay, on)
    if day is None:
        return []
    found: list[tuple[Choice, DayPlan]] = []
    named = (
        (WORKING, day.working_plan_id, Sentence(WORKING, "工作稿", "Working plan")),
        (PUBLISHED, day.published_plan_id, Sentence(PUBLISHED, "已发布的", "Published")),
        (PROPOSAL, day.proposed_plan_id, Sentence(PROPOSAL, "建议", "Proposal")),
    )
    taken: set[int] = set()
    for key, plan_id, name in named:
        stored = uow.session.get(DayPlan, plan_id) if plan_id is not None and plan_id not in taken else None
        if stored is not None:
            taken.add(stored.id)
            found.append((Choice(key, name, stored.created_at, {}), stored))
    query = select(DayPlan).where(DayPlan.on == on).order_by(DayPlan.id.desc())
    people = staff.engineer_names(uow)
    for stored in uow.session.scalars(query.where(DayPlan.engine == COPY).limit(MOST_COPIES)):
        assumed = terms.of_data(stored.assumed)
        name = _of_copy(people, assumed)
        found.append((Choice(str(stored.id), name, stored.created_at, assumed), stored))
    earlier = query.where(DayPlan.engine.not_in((COPY, HAND)), DayPlan.id.not_in(taken)).limit(MOST_EARLIER)
    for stored in uow.session.scalars(earlier):
        if not stored.violations:
            made_on = local_date(stored.created_at)
            at = clock(seconds_of_day(stored.created_at, made_on))
            before = "" if made_on == on else f"{made_on:%m-%d} "
            name = Sentence("earlier", f"{before}{at} 排的", f"Planned {before}{at}")
            found.append((Choice(str(stored.id), name, stored.created_at, {}), stored))
    return found


def _of_copy(people: dict[int, str], assumed: dict[int, Terms]) -> Sentence:
    zh, en = [], []
    for person_id, one in assumed.items():
        name = people.get(person_id, str(person_id))
        n = one.extra_s // 60
        for holds, words, english in (
            (one.away, f"{name}病了", f"{name} ill"),
            (one.no_car, f"{name}没有车", f"{name} without a car"),
            (one.extra_s > 0, f"{name}多留 {n} 分钟", f"{name} {n} min longer"),
        ):
            if holds:
                zh.append(words)
                en.append(english)
    return Sentence("copy", f"假设：{'、'.join(zh)}", f"What if: {', '.join(en)}")


def _sheet(uow: UnitOfWork, on: date, choice: Choice, stored: DayPlan) -> Sheet:
    now = trying.read(uow, on)
    if choice.key == WORKING:
        return now
    facts = looks.facts(uow, on)
    if choice.assumed:
        facts = problem.facts(uow, on, terms.joined(terms.on_day(uow, on), choice.assumed))
    return replace(sheet.lay(facts, plan_of(stored), like=now), lost={})


def _broken(shown: Sheet) -> int:
    return sum(len(laid.broken) for laid in shown.laid.values())


def differing_people(shown: Sheet, other: Sheet) -> Iterable[int]:
    """Whose days are not the same in both, among those who work in ``shown``."""
    a, b = shown.placements(), other.placements()
    moved = {order_id for order_id in {*a, *b} if a.get(order_id) != b.get(order_id)}
    holders = {places[i][0] for places in (a, b) for i in moved if i in places}
    return sorted(holders & shown.facts.team.keys())
