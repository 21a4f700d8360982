"""Problems like the one at hand that were solved before: passed repair cards and threads that ended (R24).

What an engineer reads before he goes: ranked by the same PBX, device and way of connection, and by how many of the
pairs of characters that describe the problem are there too, which needs no cutting of Chinese into words.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from backend.core.clock import local_date
from backend.core.uow import UnitOfWork
from backend.customers import queries as customers
from backend.orders import queries as orders
from backend.visits.fields import CAUSES, SYMPTOMS
from backend.visits.models import Card, Thread, Visit
from backend.visits.queries import VisitRow

MOST_READ = 300
"""The newest cards, and as many threads, are looked through: about two years of a department's repairs."""
SAME = {"pbx_model": 4.0, "device_model": 1.5, "access_mode": 0.5}
WORDS, FEWEST_PAIRS = 7.0, 6
LEAST = 3.5
"""The same PBX alone is enough, so are half of the words; the same device alone is not."""
LONGEST = 160
_LABELS = {choice.code: choice.zh for choice in (*SYMPTOMS, *CAUSES)}


@dataclass(frozen=True)
class Solved:
    """A solved problem: what it was, why, and what helped. Codes are of `backend.visits.fields`, or empty."""

    ref: str
    on: date
    symptom: str
    words: str
    cause: str
    measures: str
    pbx_model: str
    device_model: str


@dataclass(frozen=True)
class _Known:
    solved: Solved
    order_id: int | None
    facts: dict[str, str]
    pairs: frozenset[str]


def similar(uow: UnitOfWork, rows: Sequence[VisitRow], *, limit: int = 3) -> dict[int, list[Solved]]:
    """For each visit the solved problems that are most like its own, best first; none where nothing is like it."""
    if not rows:
        return {}
    archive = _archive(uow)
    profiles = customers.profiles(uow, (row.order.site_id for row in rows))
    return {row.id: _best(row, profiles.get(row.order.site_id or 0, {}), archive, limit) for row in rows}


def _best(row: VisitRow, profile: dict[str, Any], archive: list[_Known], limit: int) -> list[Solved]:
    known = {name: str(getattr(row.order, name) or profile.get(name) or "") for name in SAME}
    wanted = _pairs(row.order.problem)
    graded = []
    for n, one in enumerate(archive):
        if one.order_id == row.order_id:
            continue
        score = sum(weight for name, weight in SAME.items() if known[name] and known[name] == one.facts[name])
        score += WORDS * len(wanted & one.pairs) / max(len(wanted), FEWEST_PAIRS)
        if score >= LEAST:
            graded.append((-score, n, one.solved))
    return [solved for _, _, solved in sorted(graded, key=lambda entry: entry[:2])[:limit]]


def _archive(uow: UnitOfWork) -> list[_Known]:
    """Newest first."""
    found = [*_cards(uow), *_threads(uow)]
    return sorted(found, key=lambda one: one.solved.on, reverse=True)


def _cards(uow: UnitOfWork) -> list[_Known]:
    query = (
        select(Card.id, Card.data, Card.submitted_at, Visit.service_order_id)
        .join(Visit, Visit.id == Card.visit_id)
        .where(Card.status == "passed", Visit.service_order_id.in_(orders.ids_of_kind("repair")))
        .order_by(Card.id.desc())
        .limit(MOST_READ)
    )
    rows = [row for row in uow.session.execute(query) if row.data.get("repair_measures")]
    profiles = _profiles(uow, (row.service_order_id for row in rows))
    made = []
    for row in rows:
        data, profile = row.data, profiles.get(row.service_order_id, {})
        facts = {name: str(data.get(name) or profile.get(name) or "") for name in SAME}
        solved = Solved(
            ref=f"card-{row.id}",
            on=local_date(row.submitted_at),
            symptom=data.get("repair_symptom", ""),
            words=_short(data.get("repair_words")),
            cause=data.get("repair_cause", ""),
            measures=_short(data["repair_measures"]),
            pbx_model=facts["pbx_model"],
            device_model=facts["device_model"],
        )
        labels = [_LABELS.get(solved.symptom, ""), _LABELS.get(solved.cause, "")]
        text = " ".join([*labels, solved.words, solved.measures])
        made.append(_Known(solved, row.service_order_id, facts, _pairs(text)))
    return made


def _threads(uow: UnitOfWork) -> list[_Known]:
    query = (
        select(Thread.id, Thread.subject, Thread.solution, Thread.solved_at, Visit.service_order_id)
        .outerjoin(Visit, Visit.id == Thread.visit_id)
        .where(Thread.status == "solved", Thread.solved_at.is_not(None))
        .order_by(Thread.id.desc())
        .limit(MOST_READ)
    )
    rows = uow.session.execute(query).all()
    profiles = _profiles(uow, (row.service_order_id for row in rows if row.service_order_id is not None))
    made = []
    for row in rows:
        profile = profiles.get(row.service_order_id, {})
        facts = {name: str(profile.get(name) or "") for name in SAME}
        solved = Solved(
            ref=f"thread-{row.id}",
            on=local_date(row.solved_at),
            symptom="",
            words=_short(row.subject),
            cause="",
            measures=_short(row.solution),
            pbx_model=facts["pbx_model"],
            device_model=facts["device_model"],
        )
        made.append(_Known(solved, row.service_order_id, facts, _pairs(f"{row.subject} {row.solution}")))
    return made


def _profiles(uow: UnitOfWork, order_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """What is known of the site of each order."""
    sites = {fact.id: fact.site_id for fact in orders.plain_facts(uow, order_ids).values()}
    known = customers.profiles(uow, sites.values())
    return {order_id: known.get(site_id or 0, {}) for order_id, site_id in sites.items()}


def _short(text: str | None) -> str:
    text = " ".join((text or "").split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _pairs(text: str) -> frozenset[str]:
    """Pairs of neighbouring letters and characters."""
    kept = "".join(char if char.isalnum() else " " for char in text.lower())
    return frozenset(
        pair for word in kept.split() for pair in (word[n : n + 2] for n in range(len(word) - 1))
    )
