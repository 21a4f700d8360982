"""A plan that was asked for while there is one: the difference in sentences, each move to be taken or left.

What is taken is always valid: whenever a selection would break a rule that holds now, the moves it needs are
taken with it, or those that need what was left out are left as well.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from backend.core.uow import UnitOfWork
from backend.dispatch import broken, changes, days, keeping, sheet
from backend.dispatch.models import DayPlan, PlanChange, ScheduleDay
from backend.dispatch.policy import NoProposal, clock
from backend.dispatch.rows import EngineerView
from backend.dispatch.sentences import Sentence
from backend.dispatch.sheet import Placements, Sheet
from backend.dispatch.store import plan_of, schedule_day
from backend.staff.policy import require
from optimizer import Plan
from optimizer.building import build, sequences
from optimizer.instance import Instance
from optimizer.model import BaselineVisit, Problem
from optimizer.solving import fill

SMALL_S = 15 * 60
MOST_ROUNDS = 30


@dataclass(frozen=True)
class Move:
    """One order that the proposal puts elsewhere; ``worth_fen`` below 0 saves. None: only with others."""

    number: int
    order_id: int
    sentence: Sentence
    why: Sentence
    worth_fen: int | None


@dataclass(frozen=True)
class Selection:
    """What taking some of the moves comes to: terms of the sum now and then, whom it concerns."""

    taken: tuple[int, ...]
    terms_now: dict[str, int]
    terms_then: dict[str, int]
    unserved_now: int
    unserved_then: int
    people: tuple[int, ...]
    told: tuple[str, ...]


@dataclass(frozen=True)
class Proposal:
    """A proposal with its moves, and what taking all of them comes to."""

    plan_id: int
    moves: tuple[Move, ...]
    all: Selection
    sheet: Sheet


def problem_for(uow: UnitOfWork, on: date) -> tuple[Problem, Plan | None]:
    """The day's problem in which what is planned by now should stay where there is no gain, and that plan."""
    now = sheet.load(uow, on)
    known = {visit.task for visit in now.facts.problem.baseline}
    drafts = tuple(
        BaselineVisit(str(order_id), str(engineer_id), start_s, told=False)
        for order_id, (engineer_id, start_s) in now.placements().items()
        if str(order_id) not in known and now.task(order_id) is not None
        and now.worker(engineer_id) is not None and now.task(order_id) not in now.instance.frozen
    )  # fmt: skip
    problem = replace(now.facts.problem, baseline=(*now.facts.problem.baseline, *drafts))
    return problem, now.plan() if now.laid else None


def better(problem: Problem, present: Plan | None, solved: Plan) -> Plan:
    """The cheaper of the solver's plan and the present one with what is left put in where it fits best."""
    if present is None:
        return solved
    instance = Instance(problem)
    try:
        routes = sequences(instance, present)
        fill(instance, routes)
        filled = build(instance, routes, "insertion", solved.seed, 0)
    except ValueError:  # a day that runs late by now has no valid sequence; the solver finds another
        return solved
    return filled if filled.summary.cost_fen <= solved.summary.cost_fen else solved


def current(uow: UnitOfWork, on: date) -> Proposal:
    """The proposal that waits for an answer. Raises NoProposal."""
    now, then, plan_id = _both(uow, on)
    moved = differing(now, then)
    moves = [move(now, then, order_id) for order_id in moved]
    worth = [_worth(now, then, order_id) for order_id in moved]
    order = sorted(range(len(moves)), key=lambda n: (worth[n] is None, worth[n] or 0, moves[n].order_id))
    numbered = tuple(replace(moves[n], number=k, worth_fen=worth[n]) for k, n in enumerate(order, start=1))
    return Proposal(plan_id, numbered, *_selection(now, then, set(moved)))


def select(
    uow: UnitOfWork, on: date, *, plan_id: int, taken: Iterable[int], toggled: int | None
) -> tuple[Selection, Sheet]:
    """What taking these orders' moves comes to, with what belongs to them, and that day. Raises NoProposal."""
    now, then, _ = _both(uow, on, plan_id)
    wanted = _closed(now, then, set(taken), toggled)
    return _selection(now, then, wanted)


def take(uow: UnitOfWork, *, on: date, plan_id: int, taken: Iterable[int]) -> PlanChange:
    """Put the selected moves into the working plan, as one change to undo; the proposal is answered.

    Raises NoProposal, PastDay.
    """
    day, _ = changes.begin(uow, on)
    now, then, _ = _both(uow, on, plan_id)
    wanted = _closed(now, then, set(taken), None)
    after = _with(now, then, wanted)
    change = keeping.write(uow, day, now, after, "proposal", sorted(wanted))
    day.proposed_plan_id = None
    return change


def dismiss(uow: UnitOfWork, *, on: date) -> None:
    """Leave the working plan as it is; the proposal is kept for study only."""
    require(uow.actor, "dispatch.manage")
    day = schedule_day(uow, on)
    if day.proposed_plan_id is not None:
        uow.audit("schedule_day", on.isoformat(), "proposal_left", before={"plan_id": day.proposed_plan_id})
        day.proposed_plan_id = None


def days_of(shown: Sheet, people: Iterable[int]) -> list[EngineerView]:
    """The days of those engineers who work."""
    return [days.engineer(shown, person_id) for person_id in people if person_id in shown.facts.team]


# The parts


def _both(uow: UnitOfWork, on: date, plan_id: int | None = None) -> tuple[Sheet, Sheet, int]:
    day = uow.session.get(ScheduleDay, on)
    waiting = day.proposed_plan_id if day is not None else None
    stored = uow.session.get(DayPlan, waiting) if waiting is not None else None
    if stored is None or (plan_id is not None and plan_id != stored.id):
        raise NoProposal()
    now = sheet.load(uow, on)
    return now, sheet.lay(now.facts, plan_of(stored)), stored.id


def differing(now: Sheet, then: Sheet) -> list[int]:
    """Orders that the proposal gives to another, places or drops, or only moves in time.

    A shift that follows from another move of the same day comes along by itself and is no move of its own.
    """
    before, after = now.placements(), then.placements()
    given, shifted = [], []
    for order_id in sorted({*before, *after}):
        a, b = before.get(order_id), after.get(order_id)
        if now.task(order_id) is None or (b is None and a is not None and a[0] in now.lost):
            continue
        if a is None or b is None or a[0] != b[0]:
            given.append(order_id)
        elif abs(a[1] - b[1]) > SMALL_S:
            shifted.append(order_id)
    people = {place[0] for i in given for place in (before.get(i), after.get(i)) if place is not None}
    return sorted([*given, *(i for i in shifted if after[i][0] not in people)])


def _with(now: Sheet, then: Sheet, taken: set[int]) -> Sheet:
    """The working plan with the selected moves; small shifts are added where they are needed for it."""
    after = then.placements()
    base = now
    for order_id in taken:
        task = now.task(order_id)
        if order_id not in after and task is not None:
            base = base.without(task)
    wanted = {order_id: after[order_id] for order_id in taken if order_id in after}
    plain = keeping.placed_as(base, wanted)
    if not broken.caused(now, plain):
        return plain
    before, big = now.placements(), set(differing(now, then))
    people = {place[0] for place in wanted.values()} | {before[i][0] for i in taken if i in before}
    small: Placements = {
        order_id: place
        for order_id, place in after.items()
        if order_id not in big and place[0] in people and before.get(order_id, place)[0] == place[0]
    }
    loose = keeping.placed_as(base, wanted | small)
    return loose if len(broken.caused(now, loose)) < len(broken.caused(now, plain)) else plain


def _closed(now: Sheet, then: Sheet, taken: set[int], toggled: int | None) -> set[int]:
    """The selection made valid: with what it needs where something was ticked, without it where unticked."""
    every = set(differing(now, then))
    wanted = taken & every
    grow = toggled is None or toggled in wanted
    before, after = now.placements(), then.placements()
    for _ in range(MOST_ROUNDS):
        people = {
            int(one.engineer) for one, _ in broken.caused(now, _with(now, then, wanted)) if one.engineer
        }
        if not people:
            return wanted
        touching = {
            i for i in every
            if (i in before and before[i][0] in people) or (i in after and after[i][0] in people)
        }  # fmt: skip
        step = (touching - wanted) if grow else (touching & wanted)
        if not step:
            grow = not grow
            step = (touching - wanted) if grow else (touching & wanted)
        wanted = wanted | step if grow else wanted - step
    return set()


def _worth(now: Sheet, then: Sheet, order_id: int) -> int | None:
    after = _with(now, then, {order_id})
    if broken.caused(now, after):
        return None
    return after.cost_fen - now.cost_fen


def _selection(now: Sheet, then: Sheet, taken: set[int]) -> tuple[Selection, Sheet]:
    after = _with(now, then, taken)
    return sums(now, after, sorted(taken)), after


def sums(now: Sheet, after: Sheet, taken: Iterable[int]) -> Selection:
    """Both sums term by term, and whose days differ."""
    a, b = now.plan().summary, after.plan().summary
    before, placed = now.placements(), after.placements()
    moved = {i for i in {*before, *placed} if before.get(i) != placed.get(i)}
    people = {place[0] for i in moved for place in (before.get(i), placed.get(i)) if place is not None}
    team = after.facts.team | now.facts.team
    names = [team[p].name for p in sorted(people) if p in team]
    return Selection(
        tuple(taken),
        dict(a.terms),
        dict(b.terms),
        a.unserved,
        b.unserved,
        tuple(sorted(people)),
        tuple(names),
    )


def move(now: Sheet, then: Sheet, order_id: int) -> Move:
    """What becomes of one order, in words; its number is 0."""
    order = now.facts.orders[order_id]
    a, b = now.placements().get(order_id), then.placements().get(order_id)
    team = then.facts.team | now.facts.team

    def name(place: tuple[int, int]) -> str:
        return team[place[0]].name if place[0] in team else "—"

    if b is None:
        zh, en = f"{order.short_name}拿出来，今天不做", f"{order.short_name} is left for another day"
    elif a is None:
        zh = f"{order.short_name}排给{name(b)}，{clock(b[1])}"
        en = f"{order.short_name} to {name(b)}, {clock(b[1])}"
    elif a[0] != b[0]:
        giver = f"由{name(a)}" if a[0] in team else ""
        zh = f"{order.short_name}{giver}换给{name(b)}，{clock(b[1])}"
        en = f"{order.short_name} from {name(a)} to {name(b)}, {clock(b[1])}"
    else:
        zh = f"{order.short_name}从 {clock(a[1])} 改到 {clock(b[1])}，还是{name(b)}"
        en = f"{order.short_name} from {clock(a[1])} to {clock(b[1])}, {name(b)} as before"
    holder = b or a or (0, 0)
    return Move(0, order_id, Sentence("move", zh, en), _day_of(now, then, holder[0], order_id), None)


def _day_of(now: Sheet, then: Sheet, person_id: int, order_id: int) -> Sentence:
    """How the whole day of the engineer concerned changes."""
    worker, later_worker = now.worker(person_id), then.worker(person_id)
    if worker is None or later_worker is None:
        return Sentence("day", "", "")
    name = now.facts.team[person_id].name
    a, b = now.laid.get(worker), then.laid.get(later_worker)
    visits = (len(a.route.stops) if a else 0, len(b.route.stops) if b else 0)
    zh, en = f"{name}：{visits[1]} 单", f"{name}: {visits[1]} visits"
    if visits[0] != visits[1]:
        zh, en = (
            f"{name}：{visits[0]} 单变 {visits[1]} 单",
            f"{name}: {visits[1]} visits instead of {visits[0]}",
        )
    if a is not None and b is not None:
        later = (b.route.home_s - a.route.home_s) // 60
        if abs(later) >= 5:
            zh += f"，{'晚' if later > 0 else '早'} {abs(later)} 分钟到家"
            en += f", home {abs(later)} min {'later' if later > 0 else 'earlier'}"
    before = now.placements()
    for other, (holder, start_s) in sorted(then.placements().items(), key=lambda row: row[1][1]):
        was = before.get(other)
        stays = was is not None and was[0] == person_id == holder and other != order_id
        if was is not None and stays and abs(was[1] - start_s) > SMALL_S:
            customer = now.facts.orders[other].short_name
            zh, en = f"{zh}；{customer}改到 {clock(start_s)}", f"{en}; {customer} at {clock(start_s)}"
    return Sentence("day", zh, en)
