"""Reads of visits and cards."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import defer

from backend.core.clock import at_local
from backend.core.db import columns
from backend.core.errors import NotFound
from backend.core.paging import Page, chosen, filled, page_by_id
from backend.core.uow import UnitOfWork
from backend.orders import queries as orders
from backend.orders.queries import ServiceOrderRow
from backend.staff import queries as staff
from backend.visits import policy
from backend.visits.models import Card, Visit

LATE_AFTER_S = 15 * 60


@dataclass(frozen=True)
class VisitRow:
    """A visit with its order and engineer. ``card_due_at`` already counts a granted special cause."""

    id: int
    order_id: int
    order: ServiceOrderRow
    engineer_id: int
    engineer_name: str
    on: date
    sequence: int
    window_from_s: int
    window_to_s: int
    arrive_s: int
    start_s: int
    end_s: int
    mode: str
    travel_s: int
    travel_m: int
    travel_fen: int
    published_at: datetime
    accepted_at: datetime | None
    set_out_at: datetime | None
    signed_in_at: datetime | None
    finished_at: datetime | None
    sign_in_lat: float | None
    sign_in_lon: float | None
    sign_in_note: str
    card_due_at: datetime | None
    cause_text: str
    cause_asked_at: datetime | None
    cause_granted: bool | None
    card_id: int | None
    card_status: str | None
    card_submitted_at: datetime | None
    card_late: bool
    countdown: str
    outcome: str | None
    outcome_reason: str
    version: int

    @property
    def card_missing(self) -> bool:
        """Accepted, not withdrawn or failed, and no card yet or one that was sent back."""
        return (
            self.accepted_at is not None
            and self.outcome in (None, "done")
            and (self.card_status is None or self.card_status == "returned")
        )


@dataclass(frozen=True)
class CardRow:
    """A feedback card with its visit."""

    id: int
    uuid: str
    visit_id: int
    status: str
    data: dict[str, Any]
    signed: bool
    submitted_at: datetime
    late: bool
    return_reason: str
    checked_at: datetime | None
    version: int


@dataclass(frozen=True)
class DaySummary:
    """The supervisor's day: visits by how they stand."""

    on: date
    visits: tuple[VisitRow, ...]
    done: tuple[VisitRow, ...]
    running: tuple[VisitRow, ...]
    late: tuple[VisitRow, ...]
    failed: tuple[VisitRow, ...]
    cards_due: tuple[VisitRow, ...]
    cards_missing: tuple[VisitRow, ...]


def day(uow: UnitOfWork, on: date, engineer_id: int | None = None) -> list[VisitRow]:
    """The visits of a day, by engineer and sequence, withdrawn ones left out."""
    living = or_(Visit.outcome.is_(None), Visit.outcome != "withdrawn")
    query = select(*columns(Visit)).where(Visit.on == on, living)
    if engineer_id is not None:
        query = query.where(Visit.engineer_id == engineer_id)
    return _rows(uow, uow.session.execute(query.order_by(Visit.engineer_id, Visit.sequence, Visit.id)).all())


def versions_on(uow: UnitOfWork, on: date) -> tuple[int, int]:
    """How many visits a day ever had, and a number that grows whenever one of them changes."""
    query = select(func.count(Visit.id), func.sum(Visit.version)).where(Visit.on == on)
    count, total = uow.session.execute(query).one()
    return int(count), int(total or 0)


def get(uow: UnitOfWork, visit_id: int) -> VisitRow:
    """One visit. Raises NotFound."""
    visit = uow.session.get(Visit, visit_id)
    if visit is None:
        raise NotFound(what={"zh": "这次上门", "en": "That visit"})
    return _rows(uow, [visit])[0]


def of_orders(uow: UnitOfWork, order_ids: Iterable[int]) -> list[VisitRow]:
    """Every visit of some orders, also the failed and withdrawn ones, newest first."""
    query = select(Visit).where(Visit.service_order_id.in_(set(order_ids))).order_by(Visit.id.desc())
    return _rows(uow, uow.session.scalars(query).all())


def living_for_orders(uow: UnitOfWork, order_ids: Iterable[int]) -> dict[int, VisitRow]:
    """The visit of each order that lives or was done; orders without one are left out."""
    wanted = set(order_ids)
    if not wanted:
        return {}
    alive = or_(Visit.outcome.is_(None), Visit.outcome == "done")
    query = select(Visit).where(Visit.service_order_id.in_(wanted), alive).order_by(Visit.id)
    return {row.order_id: row for row in _rows(uow, uow.session.scalars(query).all())}


def history(uow: UnitOfWork, site_id: int, *, limit: int = 5) -> list[VisitRow]:
    """What was done at a site before, newest first."""
    ids = [row.id for row in orders.at_site(uow, site_id)]
    query = select(Visit).where(Visit.service_order_id.in_(ids), Visit.finished_at.is_not(None))
    return _rows(uow, uow.session.scalars(query.order_by(Visit.id.desc()).limit(limit)).all())


def histories(
    uow: UnitOfWork, site_ids: Iterable[int | None], *, limit: int = 3
) -> dict[int, list[VisitRow]]:
    """What was done at each of several sites before, newest first, ``limit`` visits of each."""
    sites = orders.ids_at_sites(uow, site_ids)
    query = select(Visit).where(Visit.service_order_id.in_(list(sites)), Visit.finished_at.is_not(None))
    found: dict[int, list[Visit]] = {}
    for visit in uow.session.scalars(query.order_by(Visit.id.desc())):
        past = found.setdefault(sites[visit.service_order_id], [])
        if len(past) < limit:
            past.append(visit)
    rows = {row.id: row for row in _rows(uow, [visit for past in found.values() for visit in past])}
    return {site_id: [rows[visit.id] for visit in past] for site_id, past in found.items()}


def own_days(uow: UnitOfWork, engineer_id: int, *, first: date, last: date) -> list[VisitRow]:
    """The visits of an engineer from one day to another by day and sequence, withdrawn ones left out."""
    query = select(*columns(Visit)).where(
        Visit.engineer_id == engineer_id,
        Visit.on.between(first, last),
        or_(Visit.outcome.is_(None), Visit.outcome != "withdrawn"),
    )
    return _rows(uow, uow.session.execute(query.order_by(Visit.on, Visit.sequence, Visit.id)).all())


def open_cards(uow: UnitOfWork, engineer_id: int) -> list[VisitRow]:
    """The visits of an engineer whose cards are not in, the most urgent first."""
    query = select(*columns(Visit)).where(
        Visit.engineer_id == engineer_id, Visit.accepted_at.is_not(None), no_card()
    )
    return sorted(
        _rows(uow, uow.session.execute(query).all()), key=lambda row: row.card_due_at or row.published_at
    )


def card(uow: UnitOfWork, card_id: int) -> CardRow:
    """One card. Raises NotFound."""
    found = uow.session.get(Card, card_id)
    if found is None:
        raise NotFound(what={"zh": "这张反馈卡", "en": "That card"})
    return card_row(found)


def card_of_visit(uow: UnitOfWork, visit_id: int) -> CardRow | None:
    """The card of a visit, or None while there is none."""
    found = uow.session.scalars(select(Card).where(Card.visit_id == visit_id)).one_or_none()
    return card_row(found) if found else None


def cards_of_visits(uow: UnitOfWork, visit_ids: Iterable[int]) -> dict[int, CardRow]:
    """The card of each visit that has one."""
    query = select(Card).options(defer(Card.signature_png)).where(Card.visit_id.in_(list(visit_ids)))
    columns = select(Card.id).where(Card.visit_id.in_(list(visit_ids)), Card.signature_png.is_not(None))
    signed = set(uow.session.scalars(columns))
    return {card.visit_id: card_row(card, signed=card.id in signed) for card in uow.session.scalars(query)}


def signature(uow: UnitOfWork, card_id: int) -> bytes | None:
    """The customer's signature as PNG, or None."""
    return uow.session.scalar(select(Card.signature_png).where(Card.id == card_id))


DESK = ("todo", "waiting", "late", "returned", "passed", "causes", "all")


def card_desk(
    uow: UnitOfWork,
    *,
    show: str = "todo",
    text: str = "",
    engineer_id: int | None = None,
    on_from: date | None = None,
    on_to: date | None = None,
    sort: str = "",
    cursor: str | None = None,
    size: int = 50,
) -> Page[VisitRow]:
    """Accepted visits for the card desk, newest first or by one of `SORTS`; days from and to are included.

    ``show``: todo (cards to check), waiting (not in yet), late (not in and past due), returned, passed,
    causes (special causes to decide), all.
    """
    query = select(Visit).outerjoin(Card, Card.visit_id == Visit.id).where(Visit.accepted_at.is_not(None))
    not_in = and_(or_(Visit.outcome.is_(None), Visit.outcome == "done"), Card.id.is_(None))
    due = or_(Visit.cause_until.is_(None), Visit.cause_until < uow.now)
    query = query.where(
        {
            "todo": Card.status == "submitted",
            "waiting": not_in,
            "late": and_(not_in, Visit.card_due_at < uow.now, due),
            "returned": Card.status == "returned",
            "passed": Card.status == "passed",
            "causes": and_(Visit.cause_asked_at.is_not(None), Visit.cause_decided_at.is_(None)),
        }.get(show, Visit.id.is_not(None))
    )
    if text:
        found = orders.ids_matching(text)
        query = query.where(Visit.service_order_id.in_(found))
    if engineer_id is not None:
        query = query.where(Visit.engineer_id == engineer_id)
    if on_from is not None:
        query = query.where(Visit.on >= on_from)
    if on_to is not None:
        query = query.where(Visit.on <= on_to)
    by = chosen(SORTS, sort)
    page = page_by_id(uow, query, Visit.id, lambda visit: visit, cursor=cursor, size=size, sort=by)
    return page.holding(_rows(uow, page.rows))


_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
SORTS = {
    "accepted": filled(Visit.accepted_at, _NEVER),
    "due": filled(Visit.card_due_at, _NEVER),
}
"""What the card desk can be sorted by."""


def day_summary(uow: UnitOfWork, on: date) -> DaySummary:
    """How a day stands: done, running, late against the promised window, cards due and missing."""
    rows = day(uow, on)
    running = [row for row in rows if row.outcome is None and row.set_out_at and not row.finished_at]
    late = [row for row in rows if row.outcome in (None, "done") and _is_late(row, on, uow.now)]
    query = select(Visit).where(Visit.accepted_at.is_not(None), Visit.card_due_at < uow.now, no_card())
    missing = [row for row in _rows(uow, uow.session.scalars(query).all()) if row.countdown == "late"]
    return DaySummary(
        on=on,
        visits=tuple(rows),
        done=tuple(row for row in rows if row.outcome == "done"),
        running=tuple(running),
        late=tuple(late),
        failed=tuple(row for row in rows if row.outcome == "failed"),
        cards_due=tuple(row for row in rows if row.card_missing and row.countdown != "late"),
        cards_missing=tuple(missing),
    )


@dataclass(frozen=True)
class Took:
    """How long a finished visit took on site, beside what was planned for its order."""

    order_id: int
    customer_id: int | None
    engineer_id: int
    kind: str
    took_s: int
    planned_s: int
    site_id: int | None


def took(uow: UnitOfWork, *, first: date, last: date, most: int = 20_000) -> list[Took]:
    """The finished visits of a span of days with their time on site, newest first."""
    query = (
        select(Visit.service_order_id, Visit.engineer_id, Visit.signed_in_at, Visit.finished_at)
        .where(
            Visit.on.between(first, last),
            Visit.outcome == "done",
            Visit.signed_in_at.is_not(None),
            Visit.finished_at.is_not(None),
        )
        .order_by(Visit.id.desc())
        .limit(most)
    )
    rows = uow.session.execute(query).all()
    found = orders.plain_facts(uow, {row.service_order_id for row in rows})
    return [
        Took(
            order_id=row.service_order_id,
            customer_id=found[row.service_order_id].customer_id,
            engineer_id=row.engineer_id,
            kind=found[row.service_order_id].kind,
            took_s=round((row.finished_at - row.signed_in_at).total_seconds()),
            planned_s=found[row.service_order_id].duration_s,
            site_id=found[row.service_order_id].site_id,
        )
        for row in rows
    ]


def no_card() -> Any:
    """Visits that live or were done, whose card is not in or was sent back."""
    has = select(Card.id).where(Card.visit_id == Visit.id, Card.status != "returned").exists()
    return and_(or_(Visit.outcome.is_(None), Visit.outcome == "done"), ~has)


def _is_late(row: VisitRow, on: date, now: datetime) -> bool:
    promised = at_local(on, row.window_to_s)
    arrived = row.signed_in_at or now
    return (arrived - promised).total_seconds() > (0 if row.signed_in_at else LATE_AFTER_S)


def _rows(uow: UnitOfWork, visits: Sequence[Any]) -> list[VisitRow]:
    found = orders.by_ids(uow, (visit.service_order_id for visit in visits))
    names = staff.names_of(uow, (visit.engineer_id for visit in visits)) if visits else {}
    ids = [visit.id for visit in visits]
    columns = (Card.visit_id, Card.id, Card.status, Card.submitted_at, Card.late)
    cards = {row.visit_id: row for row in uow.session.execute(select(*columns).where(Card.visit_id.in_(ids)))}
    return [
        _row(
            visit,
            found[visit.service_order_id],
            names.get(visit.engineer_id, "—"),
            cards.get(visit.id),
            uow.now,
        )
        for visit in visits
    ]


def _row(visit: Any, order: ServiceOrderRow, engineer_name: str, card: Any, now: datetime) -> VisitRow:
    due_at = visit.card_due_at and policy.due_with_cause(visit.card_due_at, visit.cause_until)
    waiting = card is None or card.status == "returned"
    return VisitRow(
        id=visit.id,
        order_id=order.id,
        order=order,
        engineer_id=visit.engineer_id,
        engineer_name=engineer_name,
        on=visit.on,
        sequence=visit.sequence,
        window_from_s=visit.window_from_s,
        window_to_s=visit.window_to_s,
        arrive_s=visit.arrive_s,
        start_s=visit.start_s,
        end_s=visit.end_s,
        mode=visit.mode,
        travel_s=visit.travel_s,
        travel_m=visit.travel_m,
        travel_fen=visit.travel_fen,
        published_at=visit.published_at,
        accepted_at=visit.accepted_at,
        set_out_at=visit.set_out_at,
        signed_in_at=visit.signed_in_at,
        finished_at=visit.finished_at,
        sign_in_lat=visit.sign_in_lat,
        sign_in_lon=visit.sign_in_lon,
        sign_in_note=visit.sign_in_note,
        card_due_at=due_at,
        cause_text=visit.cause_text,
        cause_asked_at=visit.cause_asked_at,
        cause_granted=visit.cause_granted,
        card_id=card.id if card else None,
        card_status=card.status if card else None,
        card_submitted_at=card.submitted_at if card else None,
        card_late=bool(card and card.late),
        countdown=policy.countdown(due_at, now) if waiting else "none",
        outcome=visit.outcome,
        outcome_reason=visit.outcome_reason,
        version=visit.version,
    )


def card_row(found: Card, *, signed: bool | None = None) -> CardRow:
    """The frozen row of a card; ``signed`` where the picture itself was not read."""
    return CardRow(
        id=found.id,
        uuid=found.uuid,
        visit_id=found.visit_id,
        status=found.status,
        data=dict(found.data),
        signed=found.signature_png is not None if signed is None else signed,
        submitted_at=found.submitted_at,
        late=found.late,
        return_reason=found.return_reason,
        checked_at=found.checked_at,
        version=found.version,
    )
