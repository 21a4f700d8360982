"""What is learned from her own changes and from finished visits: suggested rules, which hold once she says so.

A rule is suggested from cases that repeat, never from one; declined ones rest for half a year.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
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
from backend.orders.queries import ServiceOrderRow
from backend.orders.states import KINDS
from backend.staff import queries as staff
from backend.staff.policy import require
from backend.visits import queries as visits
from backend.visits.queries import Took

PREFERS, DURATION = "prefers_engineer", "duration"
LOOK_BACK_DAYS = 180
RESTS_DAYS = 180
CASES = 3
CASES_OF_KIND = 20
"""A rule for a whole kind of orders changes every day, so it needs more."""
CASES_WITH_REASON = 2
TELLING = ("customer_prefers", "knows_site")
"""Reasons that speak of the person; two such moves say as much as three without."""
LEAST_S = 600
STEP_S = 300
LONGEST_EXTRA_S = 4 * 3600


@dataclass(frozen=True)
class About:
    """Whose visits a rule speaks of: a customer's, those in a building, or those of a kind of order; and who goes."""

    kind: str
    customer_id: int | None = None
    building: str = ""
    order_kind: str = ""
    engineer_id: int | None = None


@dataclass(frozen=True)
class Suggestion:
    """A rule that the records suggest, with the number of cases behind it."""

    about: About
    extra_s: int
    cases: int
    sentence: Sentence


@dataclass(frozen=True)
class Rule:
    """A rule in force."""

    id: int
    about: About
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
    """How long finished visits took: ``by`` is kind, building, customer or engineer; the median of the cases."""

    by: str
    name: str
    cases: int
    took_s: int
    planned_s: int


def for_orders(uow: UnitOfWork, rows: Iterable[ServiceOrderRow]) -> dict[int, Learned]:
    """The rules in force for some orders, by order id; those without any are left out.

    Of lengths the closest counts: the customer's, else the building's, else that of the kind.
    """
    friends: dict[int, tuple[int, ...]] = {}
    longer: dict[tuple[str, object], int] = {}
    columns = (LearnedRule.kind, LearnedRule.customer_id, LearnedRule.building, LearnedRule.order_kind)
    query = select(*columns, LearnedRule.engineer_id, LearnedRule.extra_s).where(*_IN_FORCE)
    for row in uow.session.execute(query.order_by(LearnedRule.id)):
        if row.kind == PREFERS:
            friends[row.customer_id] = (*friends.get(row.customer_id, ()), row.engineer_id)
        elif row.customer_id is not None:
            longer["customer", row.customer_id] = row.extra_s
        else:
            longer["building" if row.building else "kind", row.building or row.order_kind] = row.extra_s
    found = {}
    for order in rows if friends or longer else ():
        keys = (
            ("customer", order.customer_id),
            ("building", building_of(order.address)),
            ("kind", order.kind),
        )
        extra_s = next((longer[key] for key in keys if key in longer), 0)
        own = friends.get(order.customer_id or 0, ())
        if own or extra_s:
            found[order.id] = Learned(own, extra_s)
    return found


def suggestions(uow: UnitOfWork) -> list[Suggestion]:
    """What repeats in her moves and in finished visits and has no answer yet, most cases first."""
    today = local_date(uow.now)
    answered = _answered(uow)
    found = [one for one in (*_preferred(uow, today), *_lengths(uow, today)) if one.about not in answered]
    return sorted(found, key=lambda one: (-one.cases, one.about.kind, one.sentence.zh))


def decide(uow: UnitOfWork, *, about: About, accept: bool) -> None:
    """Her word on a suggestion. Raises NotFound where the records do not suggest it (any more)."""
    require(uow.actor, "dispatch.manage")
    uow.lock("learned-rules")
    one = next((found for found in suggestions(uow) if found.about == about), None)
    if one is None:
        raise NotFound(what={"zh": "这条建议", "en": "That suggestion"})
    rule = LearnedRule(
        **asdict(about),
        extra_s=one.extra_s,
        cases=one.cases,
        accepted=accept,
        decided_at=uow.now,
        decided_by=uow.actor.person_id,
    )
    uow.session.add(rule)
    uow.flush()
    after = {"rule": one.sentence.zh, "cases": one.cases}
    uow.audit(*_trail(rule), "rule_accepted" if accept else "rule_declined", after=after)


def end(uow: UnitOfWork, *, rule_id: int) -> None:
    """A rule holds no longer; ending it twice changes nothing. Raises NotFound."""
    require(uow.actor, "dispatch.manage")
    rule = uow.session.get(LearnedRule, rule_id)
    if rule is None or not rule.accepted:
        raise NotFound(what={"zh": "这条规则", "en": "That rule"})
    if rule.ended_at is None:
        rule.ended_at = uow.now
        uow.audit(*_trail(rule), "rule_ended", before={"rule": rule.kind, "rule_id": rule.id})


def rules(uow: UnitOfWork) -> list[Rule]:
    """The rules in force, newest first."""
    rows = uow.session.scalars(select(LearnedRule).where(*_IN_FORCE).order_by(LearnedRule.id.desc())).all()
    names = customers.by_ids(uow, (row.customer_id for row in rows))
    people = staff.engineer_names(uow) if rows else {}
    return [
        Rule(
            id=row.id,
            about=_about(row),
            extra_s=row.extra_s,
            cases=row.cases,
            decided_at=row.decided_at,
            sentence=_sentence(
                _about(row),
                names[row.customer_id].short_name if row.customer_id is not None else "",
                people.get(row.engineer_id or 0, ""),
                row.extra_s,
                row.cases,
            ),
        )
        for row in rows
    ]


def lengths(uow: UnitOfWork) -> list[Length]:
    """How long visits took by kind, building, customer and engineer, where there are cases enough, most cases first."""
    rows = _took(uow, local_date(uow.now))
    ids = {row.customer_id for row in rows}
    places = _buildings(uow, rows)
    names = {key: one.short_name for key, one in customers.by_ids(uow, ids).items()}
    people = staff.engineer_names(uow)
    groups: dict[tuple[str, str], list[Took]] = defaultdict(list)
    for row in rows:
        groups["kind", row.kind].append(row)
        groups["customer", names.get(row.customer_id or 0, "")].append(row)
        groups["building", places.get(row.site_id or 0, "")].append(row)
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


def _answered(uow: UnitOfWork) -> set[About]:
    resting = uow.now - timedelta(days=RESTS_DAYS)
    return {
        _about(row)
        for row in uow.session.scalars(select(LearnedRule).where(LearnedRule.ended_at.is_(None)))
        if row.accepted or row.decided_at > resting
    }


def _about(row: LearnedRule) -> About:
    return About(row.kind, row.customer_id, row.building, row.order_kind, row.engineer_id)


def _trail(rule: LearnedRule) -> tuple[str, int | str]:
    """The record in whose trail a rule stands: its customer, else the rule itself."""
    return ("customer", rule.customer_id) if rule.customer_id is not None else ("learned_rule", rule.id)


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
            about := About(PREFERS, customer_id, engineer_id=engineer_id),
            0,
            n,
            _sentence(about, names[customer_id].short_name, people[engineer_id], 0, n),
        )
        for (customer_id, engineer_id), n in enough.items()
        if engineer_id in people
    ]


def _lengths(uow: UnitOfWork, today: date) -> list[Suggestion]:
    """Customers, buildings and kinds whose visits take clearly longer or shorter than planned, by the median.

    A building is suggested where visits to several of its customers take as long; one customer's visits speak of
    him alone.
    """
    rows = _took(uow, today)
    places = _buildings(uow, rows)
    groups: dict[About, list[Took]] = defaultdict(list)
    for row in rows:
        if row.customer_id is not None:
            groups[About(DURATION, row.customer_id)].append(row)
        if places.get(row.site_id or 0):
            groups[About(DURATION, building=places[row.site_id or 0])].append(row)
        groups[About(DURATION, order_kind=row.kind)].append(row)
    found = {}
    for about, own in groups.items():
        extra_s = round(median(row.took_s - row.planned_s for row in own) / STEP_S) * STEP_S
        enough = CASES_OF_KIND if about.order_kind else CASES
        alone = bool(about.building) and len({row.customer_id for row in own}) < 2
        if len(own) >= enough and abs(extra_s) >= LEAST_S and not alone:
            found[about] = (max(-LONGEST_EXTRA_S, min(LONGEST_EXTRA_S, extra_s)), len(own))
    names = customers.by_ids(uow, (about.customer_id for about in found))
    return [
        Suggestion(
            about,
            extra_s,
            n,
            _sentence(
                about,
                names[about.customer_id].short_name if about.customer_id is not None else "",
                "",
                extra_s,
                n,
            ),
        )
        for about, (extra_s, n) in found.items()
    ]


def _took(uow: UnitOfWork, today: date) -> list[Took]:
    return visits.took(uow, first=today - timedelta(days=LOOK_BACK_DAYS), last=today)


def _buildings(uow: UnitOfWork, rows: Iterable[Took]) -> dict[int, str]:
    """The building of each site of those visits."""
    found = customers.addresses(uow, {row.site_id for row in rows if row.site_id is not None})
    return {site_id: building_of(address) for site_id, address in found.items()}


def building_of(address: str) -> str:
    """The building that an address lies in: the address without what stands for a floor, a unit or a room."""
    plain = "".join(unicodedata.normalize("NFKC", address).split()).upper()
    return _INSIDE.sub("", plain)[:200] or plain[:200]


_INSIDE = re.compile(
    r"(?<=[^0-9])(?:(?:[0-9一二三四五六七八九十]+单元)?(?:B?[0-9]{1,3}|[一二三四五六七八九十]+)(?:层|楼(?!号)).*"
    r"|[0-9]{1,2}单元.*|[A-Z]?-?[0-9]{3,5}[A-Z]?(?:室|房|号房|房间)?)$"
)


def _sentence(about: About, customer: str, engineer: str, extra_s: int, cases: int) -> Sentence:
    if about.kind == PREFERS:
        return Sentence(
            about.kind,
            f"{customer}最好由{engineer}去（{cases} 次都换给了他）",
            f"{customer} should be {engineer}'s (given to him {cases} times)",
        )
    n, more = abs(extra_s) // 60, "多" if extra_s > 0 else "少"
    longer = "longer" if extra_s > 0 else "less"
    if about.order_kind:
        kind = KINDS.get(about.order_kind)
        zh, en = (kind.zh, kind.en) if kind is not None else (about.order_kind, about.order_kind)
        return Sentence(
            about.kind,
            f"{zh}一般要{more}用 {n} 分钟（{cases} 次上门的中位数）",
            f"{en} visits take {n} min {longer} (median of {cases} visits)",
        )
    where = f"{about.building}这栋楼" if about.building else f"{customer}那里"
    there = f"The building {about.building}" if about.building else customer
    return Sentence(
        about.kind,
        f"{where}一般要{more}用 {n} 分钟（{cases} 次上门的中位数）",
        f"{there} takes {n} min {longer} (median of {cases} visits)",
    )
