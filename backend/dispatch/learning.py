"""What is learned from her own changes and from finished visits: suggested rules, which hold once she says so.

A rule is suggested from cases that repeat, never from one; declined ones rest for half a year.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from sqlalchemy import select

from backend.core.clock import local_date
from backend.core.errors import NotFound
from backend.core.uow import UnitOfWork
from backend.customers import queries as customers
from backend.dispatch.models import LearnedRule, PlanChange
from backend.dispatch.sentences import Sentence
from backend.orders import queries as orders
from backend.staff import queries as staff
from backend.staff.policy import require
from backend.visits import queries as visits
from backend.visits.queries import Took

PREFERS, DURATION = "prefers_engineer", "duration"
LOOK_BACK_DAYS = 180
RESTS_DAYS = 180
CASES = 3
CASES_WITH_REASON = 2
TELLING = ("customer_prefers", "knows_site")
"""Reasons that speak of the person; two such moves say as much as three without."""
LEAST_S = 600
STEP_S = 300
LONGEST_EXTRA_S = 4 * 3600


@dataclass(frozen=True)
class Suggestion:
    """A rule that the records suggest, with the number of cases behind it."""

    kind: str
    customer_id: int
    engineer_id: int | None
    extra_s: int
    cases: int
    sentence: Sentence


@dataclass(frozen=True)
class Rule:
    """A rule in force."""

    id: int
    kind: str
    customer_id: int
    engineer_id: int | None
    extra_s: int
    cases: int
    decided_at: datetime
    sentence: Sentence


@dataclass(frozen=True)
class Learned:
    """What holds for a customer's visits: who should come, and how much longer they take."""

    friends: tuple[int, ...] = ()
    extra_s: int = 0


@dataclass(frozen=True)
class Length:
    """How long finished visits took: ``by`` is kind, customer or engineer; the median of the cases."""

    by: str
    name: str
    cases: int
    took_s: int
    planned_s: int


def for_customers(uow: UnitOfWork, customer_ids: Iterable[int | None]) -> dict[int, Learned]:
    """The rules in force of some customers, for building a problem."""
    wanted = {one for one in customer_ids if one is not None}
    found: dict[int, Learned] = {}
    query = select(LearnedRule.kind, LearnedRule.customer_id, LearnedRule.engineer_id, LearnedRule.extra_s)
    for row in uow.session.execute(query.where(*_IN_FORCE).order_by(LearnedRule.id)):
        if row.customer_id not in wanted:
            continue
        known = found.get(row.customer_id, Learned())
        friends = (*known.friends, row.engineer_id) if row.kind == PREFERS else known.friends
        extra_s = row.extra_s if row.kind == DURATION else known.extra_s
        found[row.customer_id] = Learned(friends, extra_s)
    return found


def suggestions(uow: UnitOfWork) -> list[Suggestion]:
    """What repeats in her moves and in finished visits and has no answer yet, most cases first."""
    today = local_date(uow.now)
    answered = _answered(uow)
    found = [
        one
        for one in (*_preferred(uow, today), *_lengths(uow, today))
        if (one.kind, one.customer_id, one.engineer_id) not in answered
    ]
    return sorted(found, key=lambda one: (-one.cases, one.kind, one.customer_id))


def decide(uow: UnitOfWork, *, kind: str, customer_id: int, engineer_id: int | None, accept: bool) -> None:
    """Her word on a suggestion. Raises NotFound where the records do not suggest it (any more)."""
    require(uow.actor, "dispatch.manage")
    asked = (kind, customer_id, engineer_id)
    one = next((s for s in suggestions(uow) if (s.kind, s.customer_id, s.engineer_id) == asked), None)
    if one is None:
        raise NotFound(what={"zh": "这条建议", "en": "That suggestion"})
    rule = LearnedRule(
        kind=kind,
        customer_id=customer_id,
        engineer_id=engineer_id,
        extra_s=one.extra_s,
        cases=one.cases,
        accepted=accept,
        decided_at=uow.now,
        decided_by=uow.actor.person_id,
    )
    uow.session.add(rule)
    uow.flush()
    after = {"rule": one.sentence.zh, "cases": one.cases}
    uow.audit("customer", customer_id, "rule_accepted" if accept else "rule_declined", after=after)


def end(uow: UnitOfWork, *, rule_id: int) -> None:
    """A rule holds no longer; ending it twice changes nothing. Raises NotFound."""
    require(uow.actor, "dispatch.manage")
    rule = uow.session.get(LearnedRule, rule_id)
    if rule is None or not rule.accepted:
        raise NotFound(what={"zh": "这条规则", "en": "That rule"})
    if rule.ended_at is None:
        rule.ended_at = uow.now
        uow.audit("customer", rule.customer_id, "rule_ended", before={"rule": rule.kind, "rule_id": rule.id})


def rules(uow: UnitOfWork) -> list[Rule]:
    """The rules in force, newest first."""
    rows = uow.session.scalars(select(LearnedRule).where(*_IN_FORCE).order_by(LearnedRule.id.desc())).all()
    names = customers.by_ids(uow, (row.customer_id for row in rows))
    people = staff.engineer_names(uow) if rows else {}
    return [
        Rule(
            id=row.id,
            kind=row.kind,
            customer_id=row.customer_id,
            engineer_id=row.engineer_id,
            extra_s=row.extra_s,
            cases=row.cases,
            decided_at=row.decided_at,
            sentence=_sentence(
                row.kind,
                names[row.customer_id].short_name,
                people.get(row.engineer_id or 0, ""),
                row.extra_s,
                row.cases,
            ),
        )
        for row in rows
    ]


def lengths(uow: UnitOfWork) -> list[Length]:
    """How long visits took by kind, customer and engineer, where there are cases enough, most cases first."""
    rows = _took(uow, local_date(uow.now))
    ids = {row.customer_id for row in rows}
    names = {key: one.short_name for key, one in customers.by_ids(uow, ids).items()}
    people = staff.engineer_names(uow)
    groups: dict[tuple[str, str], list[Took]] = defaultdict(list)
    for row in rows:
        groups["kind", row.kind].append(row)
        groups["customer", names.get(row.customer_id or 0, "")].append(row)
        groups["engineer", people.get(row.engineer_id, "")].append(row)
    found = [
        Length(
            by, name, len(own), round(median(r.took_s for r in own)), round(median(r.planned_s for r in own))
        )
        for (by, name), own in groups.items()
        if name and len(own) >= CASES
    ]
    return sorted(found, key=lambda one: (one.by, -one.cases, one.name))


_IN_FORCE = (LearnedRule.accepted.is_(True), LearnedRule.ended_at.is_(None))


def _answered(uow: UnitOfWork) -> set[tuple[str, int, int | None]]:
    resting = uow.now - timedelta(days=RESTS_DAYS)
    return {
        (row.kind, row.customer_id, row.engineer_id)
        for row in uow.session.scalars(select(LearnedRule).where(LearnedRule.ended_at.is_(None)))
        if row.accepted or row.decided_at > resting
    }


def _preferred(uow: UnitOfWork, today: date) -> list[Suggestion]:
    """Moves of a customer's visits to the same engineer; an order counts once, by its last move."""
    query = (
        select(PlanChange.order_ids, PlanChange.before, PlanChange.after, PlanChange.reason_code)
        .where(
            PlanChange.kind == "move",
            PlanChange.undone_at.is_(None),
            PlanChange.on >= today - timedelta(days=LOOK_BACK_DAYS),
        )
        .order_by(PlanChange.id)
    )
    last: dict[int, tuple[int, bool]] = {}
    for row in uow.session.execute(query):
        order_id = row.order_ids[0]
        was, now = (side["placed"].get(str(order_id)) for side in (row.before, row.after))
        if was is not None and now is not None and was[0] != now[0]:
            last[order_id] = (now[0], row.reason_code in TELLING)
    known = orders.plain_facts(uow, last)
    cases: dict[tuple[int, int], list[bool]] = defaultdict(list)
    for order_id, (engineer_id, telling) in last.items():
        customer_id = known[order_id].customer_id if order_id in known else None
        if customer_id is not None:
            cases[customer_id, engineer_id].append(telling)
    enough = {
        key: len(own) for key, own in cases.items() if len(own) >= CASES or sum(own) >= CASES_WITH_REASON
    }
    names = customers.by_ids(uow, (customer_id for customer_id, _ in enough))
    people = staff.engineer_names(uow) if enough else {}
    return [
        Suggestion(
            PREFERS,
            customer_id,
            engineer_id,
            0,
            n,
            _sentence(PREFERS, names[customer_id].short_name, people[engineer_id], 0, n),
        )
        for (customer_id, engineer_id), n in enough.items()
        if engineer_id in people
    ]


def _lengths(uow: UnitOfWork, today: date) -> list[Suggestion]:
    """Customers whose visits take clearly longer or shorter than planned, by the median of the differences."""
    groups: dict[int, list[int]] = defaultdict(list)
    for row in _took(uow, today):
        if row.customer_id is not None:
            groups[row.customer_id].append(row.took_s - row.planned_s)
    found = {}
    for customer_id, over in groups.items():
        extra_s = round(median(over) / STEP_S) * STEP_S
        if len(over) >= CASES and abs(extra_s) >= LEAST_S:
            found[customer_id] = (max(-LONGEST_EXTRA_S, min(LONGEST_EXTRA_S, extra_s)), len(over))
    names = customers.by_ids(uow, found)
    return [
        Suggestion(
            DURATION, key, None, extra_s, n, _sentence(DURATION, names[key].short_name, "", extra_s, n)
        )
        for key, (extra_s, n) in found.items()
    ]


def _took(uow: UnitOfWork, today: date) -> list[Took]:
    return visits.took(uow, first=today - timedelta(days=LOOK_BACK_DAYS), last=today)


def _sentence(kind: str, customer: str, engineer: str, extra_s: int, cases: int) -> Sentence:
    if kind == PREFERS:
        return Sentence(
            kind,
            f"{customer}最好由{engineer}去（{cases} 次都换给了他）",
            f"{customer} should be {engineer}'s (given to him {cases} times)",
        )
    n = abs(extra_s) // 60
    return Sentence(
        kind,
        f"{customer}那里一般要{'多' if extra_s > 0 else '少'}用 {n} 分钟（{cases} 次上门的中位数）",
        f"{customer} takes {n} min {'longer' if extra_s > 0 else 'less'} (median of {cases} visits)",
    )
