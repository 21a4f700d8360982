"""Trips become lines of the day's claim by themselves; the engineer submits it, the assistant checks it."""

from collections.abc import Mapping

from sqlalchemy import select

from backend.core.errors import DomainError, Invalid, Missing, NotFound
from backend.core.uow import SYSTEM, UnitOfWork
from backend.expenses.models import Claim, Trip
from backend.expenses.queries import ClaimRow, claim
from backend.expenses.states import CLAIM
from backend.staff import queries as staff
from backend.staff.policy import require
from backend.visits import queries as visits
from backend.visits.queries import VisitRow

MOST_FEN = 100_000


class ReasonMissing(DomainError):
    """A trip cost something else than it should have, and nobody says why."""

    code = "reason_missing"
    zh = "到{place}的交通费和应该的不一样，请写一句为什么"
    en = "The fare to {place} is not what it should be; say why in a few words"


def record_trip(uow: UnitOfWork, *, visit_id: int) -> None:
    """Put the way to a visit on the engineer's claim of that day, with what it should have cost.

    Safe to repeat. A claim that was submitted or checked already is opened again by a later trip.
    """
    visit = visits.get(uow, visit_id)
    if visit.set_out_at is None:
        return
    if uow.session.scalar(select(Trip.id).where(Trip.visit_id == visit_id)) is not None:
        return
    query = select(Claim).where(Claim.engineer_id == visit.engineer_id, Claim.on == visit.on)
    found = uow.session.scalars(query).one_or_none()
    if found is None:
        found = Claim(engineer_id=visit.engineer_id, on=visit.on, status="open", return_reason="")
        uow.session.add(found)
        uow.flush()
        uow.audit("claim", found.id, "opened", after={"engineer_id": visit.engineer_id, "on": str(visit.on)})
    elif found.status in ("submitted", "checked"):
        _move(UnitOfWork(uow.session, SYSTEM, uow.now), found, "reopen")
    start = _came_from(uow, visit) or staff.home_address(uow, visit.engineer_id)
    uow.session.add(
        Trip(
            claim_id=found.id,
            visit_id=visit_id,
            mode=visit.mode,
            from_text=start,
            to_text=visit.order.address,
            distance_m=visit.travel_m,
            expected_fen=visit.travel_fen,
            claimed_fen=visit.travel_fen,
            note="",
        )
    )
    uow.flush()


def submit_claim(
    uow: UnitOfWork,
    *,
    claim_id: int,
    amounts: dict[int, int] | None = None,
    notes: dict[int, str] | None = None,
) -> ClaimRow:
    """Submit a day's claim with the amounts (fen by trip) that differ from the proposal. Safe to repeat."""
    found = _claim(uow, claim_id)
    if not uow.actor.is_system and found.engineer_id != uow.actor.person_id:
        raise NotFound(what={"zh": "这张交通费报销", "en": "That claim"})
    if found.status == "submitted" and not amounts and not notes:
        return claim(uow, claim_id)
    by_id = {trip.id: trip for trip in found.trips}
    for trip_id, fen in (amounts or {}).items():
        if trip_id not in by_id:
            raise NotFound(what={"zh": "这一段路", "en": "That trip"})
        if not 0 <= fen <= MOST_FEN:
            raise Invalid(
                field={"zh": "金额", "en": "Amount"},
                value=str(fen / 100),
                expected={"zh": "要在 0 到 1000 元之间", "en": "from 0 to 1000 yuan"},
            )
    before = {trip.id: (trip.claimed_fen, trip.note) for trip in found.trips}
    for trip_id, trip in by_id.items():
        trip.claimed_fen = (amounts or {}).get(trip_id, trip.claimed_fen)
        trip.note = (notes or {}).get(trip_id, trip.note).strip()[:200]
        if trip.claimed_fen != trip.expected_fen and not trip.note:
            raise ReasonMissing(place=trip.to_text)
        if before[trip_id] != (trip.claimed_fen, trip.note):
            was = {"claimed_fen": before[trip_id][0], "note": before[trip_id][1]}
            now = {"claimed_fen": trip.claimed_fen, "note": trip.note}
            uow.audit("claim", found.id, "changed", before=was, after={"trip_id": trip_id, **now})
    if found.status != "submitted":
        _move(uow, found, "submit")
    found.submitted_at, found.return_reason = uow.now, ""
    uow.flush()
    return claim(uow, claim_id)


def check_claim(uow: UnitOfWork, *, claim_id: int) -> ClaimRow:
    """The assistant agrees. Safe to repeat."""
    require(uow.actor, "claims.check")
    found = _claim(uow, claim_id)
    if found.status != "checked":
        _move(uow, found, "check")
        found.checked_at, found.checked_by = uow.now, uow.actor.person_id
        uow.emit("claim_checked", claim_id=found.id, engineer_id=found.engineer_id)
    return claim(uow, claim_id)


def check_without_deviation(uow: UnitOfWork, versions: Mapping[int, int]) -> list[int]:
    """Agree to those of the claims, by id with the version that was seen, of which every trip is as expected.

    One that changed, was decided or deviates is left as it is. Returns the ids agreed to. Safe to repeat.
    """
    require(uow.actor, "claims.check")
    checked = []
    for claim_id, version in sorted(versions.items()):
        row = claim(uow, claim_id)
        if row.status == "submitted" and row.version == version and not row.deviates:
            checked.append(check_claim(uow, claim_id=claim_id).id)
    return checked


def return_claim(uow: UnitOfWork, *, claim_id: int, reason: str) -> ClaimRow:
    """Send a claim back with what is wrong."""
    require(uow.actor, "claims.check")
    if not reason.strip():
        raise Missing(field={"zh": "退回的原因", "en": "the reason"})
    found = _claim(uow, claim_id)
    _move(uow, found, "return")
    found.return_reason = reason.strip()[:200]
    uow.emit("claim_returned", claim_id=found.id, engineer_id=found.engineer_id, reason=found.return_reason)
    uow.flush()
    return claim(uow, claim_id)


def _came_from(uow: UnitOfWork, visit: VisitRow) -> str | None:
    """The address of the visit that he set out to before this one on the same day."""
    earlier = [
        (other.set_out_at, other.order.address)
        for other in visits.day(uow, visit.on, visit.engineer_id)
        if other.set_out_at and visit.set_out_at and other.set_out_at < visit.set_out_at
    ]
    return max(earlier)[1] if earlier else None


def _claim(uow: UnitOfWork, claim_id: int) -> Claim:
    found = uow.session.get(Claim, claim_id)
    if found is None:
        raise NotFound(what={"zh": "这张交通费报销", "en": "That claim"})
    return found


def _move(uow: UnitOfWork, found: Claim, name: str) -> None:
    before = found.status
    found.status = CLAIM.target(before, name, uow.actor)
    uow.audit("claim", found.id, name, before={"status": before}, after={"status": found.status})
