"""The outbox of a phone as the server keeps it: each item once, and what came for a visit that was reassigned."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from backend.core.errors import DomainError, NotFound
from backend.core.uow import Duplicate, UnitOfWork
from backend.staff.policy import require
from backend.visits.models import PhoneWrite, Visit
from backend.visits.moments import CLOCK_IS_OFF_S, Happened

SETTLED = ("done", "kept", "used", "set_aside")
EVIDENCE = ("kept", "used", "set_aside")


@dataclass(frozen=True)
class PhoneWriteRow:
    """An item as it was received. ``clock_off_s``: server less phone, so a phone that is ahead is negative."""

    id: int
    uuid: str
    person_id: int
    visit_id: int | None
    kind: str
    body: dict[str, Any] | None
    status: str
    code: str
    phone_at: datetime
    happened_at: datetime
    received_at: datetime
    clock_off_s: int
    clock_was_set: bool
    decided_at: datetime | None
    decision_note: str


@dataclass(frozen=True)
class ClockOff:
    """How wrong a phone's clock was at a visit: seconds (server less phone), set in between or not."""

    seconds: int
    was_set: bool


def find(uow: UnitOfWork, uuid: str) -> PhoneWriteRow | None:
    """The item of that UUID, or None. Another person's UUID is refused as Duplicate."""
    found = _by_uuid(uow, uuid)
    return _row(found) if found is not None else None


def record(
    uow: UnitOfWork,
    *,
    uuid: str,
    kind: str,
    visit_id: int | None,
    device_id: int | None,
    phone_at: datetime,
    happened: Happened,
    status: str = "done",
    code: str = "",
    body: dict[str, Any] | None = None,
) -> PhoneWriteRow:
    """Write down how an item ended. One that was refused before is brought up to date under its UUID."""
    found = _by_uuid(uow, uuid)
    if found is None:
        if visit_id is not None and uow.session.get(Visit, visit_id) is None:
            visit_id = None
        found = PhoneWrite(uuid=uuid, person_id=uow.actor.person_id, visit_id=visit_id, decision_note="")
        uow.session.add(found)
    elif found.status in SETTLED:
        return _row(found)
    found.device_id, found.kind, found.status, found.code, found.body = device_id, kind, status, code, body
    found.phone_at, found.happened_at, found.received_at = phone_at, happened.at, uow.now
    found.clock_off_s, found.clock_was_set = happened.clock_off_s, happened.clock_was_set
    uow.flush()
    if status == "kept":
        uow.audit("visit", visit_id or 0, "evidence_kept", after={"kind": kind, "uuid": uuid})
        uow.emit("evidence_kept", visit_id=visit_id, kind=kind, person_id=uow.actor.person_id)
    return _row(found)


def evidence(uow: UnitOfWork, *, visit_id: int | None = None, open_only: bool = True) -> list[PhoneWriteRow]:
    """What engineers sent of visits that were not theirs any more, oldest first."""
    require(uow.actor, "cards.read")
    query = select(PhoneWrite).where(PhoneWrite.status.in_(("kept",) if open_only else EVIDENCE))
    if visit_id is not None:
        query = query.where(PhoneWrite.visit_id == visit_id)
    return [_row(found) for found in uow.session.scalars(query.order_by(PhoneWrite.id))]


class AlreadyDecided(DomainError):
    """Someone has decided about it before."""

    code = "already_decided"
    kind = "conflict"
    zh = "这份材料已经有人处理过了"
    en = "Someone has decided about this before"


def decide(uow: UnitOfWork, *, visit_id: int, note: str) -> list[PhoneWriteRow]:
    """Close the evidence of a visit with a word about it; the content stays. Raises NotFound, AlreadyDecided."""
    require(uow.actor, "cards.check")
    query = select(PhoneWrite).where(PhoneWrite.visit_id == visit_id, PhoneWrite.status.in_(EVIDENCE))
    found = uow.session.scalars(query.order_by(PhoneWrite.id)).all()
    if not found:
        raise NotFound(what={"zh": "这次上门的材料", "en": "Evidence of that visit"})
    if all(one.status != "kept" for one in found):
        raise AlreadyDecided()
    for one in found:
        if one.status == "kept":
            one.status, one.decided_at, one.decided_by = "set_aside", uow.now, uow.actor.person_id
            one.decision_note = note.strip()[:400]
    uow.audit("visit", visit_id, "evidence_decided", after={"note": note.strip()[:400], "items": len(found)})
    uow.flush()
    return [_row(one) for one in found]


def clocks(uow: UnitOfWork, visit_ids: Iterable[int]) -> dict[int, ClockOff]:
    """The worst deviation of the phone's clock at each visit; visits with a good clock are left out."""
    ids: Sequence[int] = list(visit_ids)
    worst = func.max(func.abs(PhoneWrite.clock_off_s))
    query = select(
        PhoneWrite.visit_id,
        func.min(PhoneWrite.clock_off_s),
        func.max(PhoneWrite.clock_off_s),
        func.count().filter(PhoneWrite.clock_was_set),
    ).where(PhoneWrite.visit_id.in_(ids))
    rows = uow.session.execute(query.group_by(PhoneWrite.visit_id).having(worst > CLOCK_IS_OFF_S)).all()
    return {
        visit_id: ClockOff(low if -low > high else high, was_set > 0)
        for visit_id, low, high, was_set in rows
        if visit_id is not None
    }


def _by_uuid(uow: UnitOfWork, uuid: str) -> PhoneWrite | None:
    found = uow.session.scalars(select(PhoneWrite).where(PhoneWrite.uuid == uuid)).one_or_none()
    if found is not None and found.person_id != uow.actor.person_id:
        raise Duplicate()
    return found


def _row(found: PhoneWrite) -> PhoneWriteRow:
    return PhoneWriteRow(
        id=found.id,
        uuid=found.uuid,
        person_id=found.person_id,
        visit_id=found.visit_id,
        kind=found.kind,
        body=found.body,
        status=found.status,
        code=found.code,
        phone_at=found.phone_at,
        happened_at=found.happened_at,
        received_at=found.received_at,
        clock_off_s=found.clock_off_s,
        clock_was_set=found.clock_was_set,
        decided_at=found.decided_at,
        decision_note=found.decision_note,
    )
