"""Reads of transport claims."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from backend.core.errors import NotFound
from backend.core.paging import Page, chosen, page_by_id
from backend.core.uow import UnitOfWork
from backend.expenses.models import Claim, Trip
from backend.staff import queries as staff


@dataclass(frozen=True)
class TripRow:
    """A leg to a visit; money in fen."""

    id: int
    visit_id: int
    mode: str
    from_text: str
    to_text: str
    distance_m: int
    expected_fen: int
    claimed_fen: int
    note: str


@dataclass(frozen=True)
class ClaimRow:
    """One engineer's claim for one day."""

    id: int
    engineer_id: int
    engineer_name: str
    on: date
    status: str
    trips: tuple[TripRow, ...]
    expected_fen: int
    claimed_fen: int
    submitted_at: datetime | None
    checked_at: datetime | None
    return_reason: str
    version: int

    @property
    def deviates(self) -> bool:
        """True where a trip was claimed with another sum than it should have cost."""
        return any(trip.claimed_fen != trip.expected_fen for trip in self.trips)


def claims(
    uow: UnitOfWork,
    *,
    status: str = "",
    engineer_id: int | None = None,
    on: date | None = None,
    on_from: date | None = None,
    on_to: date | None = None,
    sort: str = "",
    cursor: str | None = None,
    size: int = 50,
) -> Page[ClaimRow]:
    """Claims, newest first or by one of `SORTS`; by status, engineer, day, or days from and to (included)."""
    query = select(Claim)
    if status:
        query = query.where(Claim.status == status)
    if engineer_id is not None:
        query = query.where(Claim.engineer_id == engineer_id)
    if on is not None:
        query = query.where(Claim.on == on)
    if on_from is not None:
        query = query.where(Claim.on >= on_from)
    if on_to is not None:
        query = query.where(Claim.on <= on_to)
    by = chosen(SORTS, sort)
    page = page_by_id(uow, query, Claim.id, lambda claim: claim, cursor=cursor, size=size, sort=by)
    return page.holding(_rows(uow, page.rows))


def _total(column: InstrumentedAttribute[int]) -> Any:
    total = select(func.coalesce(func.sum(column), 0)).where(Trip.claim_id == Claim.id)
    return total.correlate(Claim).scalar_subquery()


SORTS = {"on": Claim.on, "expected": _total(Trip.expected_fen), "claimed": _total(Trip.claimed_fen)}
"""What claims can be sorted by."""


def counts(uow: UnitOfWork) -> dict[str, int]:
    """How many claims are in each status."""
    query = select(Claim.status, func.count().label("n")).group_by(Claim.status)
    return {row.status: row.n for row in uow.session.execute(query)}


def claim(uow: UnitOfWork, claim_id: int) -> ClaimRow:
    """One claim with its trips. Raises NotFound."""
    found = uow.session.get(Claim, claim_id)
    if found is None:
        raise NotFound(what={"zh": "这张交通费报销", "en": "That claim"})
    return _rows(uow, [found])[0]


def _rows(uow: UnitOfWork, found: Sequence[Claim]) -> list[ClaimRow]:
    names = staff.names_of(uow, (claim.engineer_id for claim in found)) if found else {}
    return [_row(claim, names.get(claim.engineer_id, "—")) for claim in found]


def _row(claim: Claim, name: str) -> ClaimRow:
    trips = tuple(
        TripRow(
            trip.id,
            trip.visit_id,
            trip.mode,
            trip.from_text,
            trip.to_text,
            trip.distance_m,
            trip.expected_fen,
            trip.claimed_fen,
            trip.note,
        )
        for trip in claim.trips
    )
    return ClaimRow(
        id=claim.id,
        engineer_id=claim.engineer_id,
        engineer_name=name,
        on=claim.on,
        status=claim.status,
        trips=trips,
        expected_fen=sum(trip.expected_fen for trip in trips),
        claimed_fen=sum(trip.claimed_fen for trip in trips),
        submitted_at=claim.submitted_at,
        checked_at=claim.checked_at,
        return_reason=claim.return_reason,
        version=claim.version,
    )
