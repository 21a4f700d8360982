"""Photos of visits: announced by the phone, arrived piece by piece, made fit to be seen by a job.

The bytes lie in a folder that the edges and the job look after; here is what is known about them, and who may see them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from backend.core import jobs
from backend.core.errors import DomainError, Invalid, NotAllowed, NotFound
from backend.core.states import Label
from backend.core.uow import Duplicate, UnitOfWork
from backend.staff.policy import may
from backend.visits.models import Photo, Visit

MAKE_READY = "photos"
MOST_BYTES = 10 * 1024 * 1024
MOST_OF_A_VISIT = 60
PURPOSES = {
    "card": Label("现场", "On site"),
    "failed": Label("没做成", "Failed visit"),
    "receipt": Label("票据", "Receipt"),
}
WHAT = {"zh": "这张照片", "en": "That photo"}


class PhotoTooLarge(DomainError):
    """The file has more bytes than are taken."""

    code = "photo_too_large"
    kind = "too_large"
    zh = "照片太大了，最多 10 MB"
    en = "The photo is too large; 10 MB at most"


class TooManyPhotos(DomainError):
    """The visit has as many photos as are taken."""

    code = "too_many_photos"
    kind = "conflict"
    zh = "这一单已经有 {most} 张照片了，先挑一挑"
    en = "This visit has {most} photos already; choose among them"


@dataclass(frozen=True)
class PhotoRow:
    """A photo; positions are WGS-84 as the camera wrote them, or None."""

    id: int
    uuid: str
    visit_id: int
    person_id: int
    purpose: str
    status: str
    size_bytes: int
    sha256: str
    taken_at: datetime
    arrived_at: datetime | None
    lat: float | None
    lon: float | None
    problem: str


def announce(
    uow: UnitOfWork,
    *,
    uuid: str,
    visit_id: int,
    purpose: str,
    size_bytes: int,
    sha256: str,
    taken_at: datetime,
) -> PhotoRow:
    """Say that a photo of an own visit will come, also of one that was given away since. Safe to repeat.

    Raises NotFound, PhotoTooLarge, TooManyPhotos, Invalid, and Duplicate where the UUID stands for another photo.
    """
    uow.session.get(Visit, visit_id, with_for_update=True)  # one at a time for a visit: they are counted
    known = expected(uow, uuid=uuid, visit_id=visit_id, purpose=purpose, size_bytes=size_bytes)
    if known is not None:
        return known
    made = Photo(
        uuid=uuid,
        visit_id=visit_id,
        person_id=uow.actor.person_id,
        purpose=purpose,
        status="coming",
        size_bytes=size_bytes,
        sha256=sha256,
        taken_at=min(taken_at, uow.now),
        announced_at=uow.now,
        problem="",
    )
    uow.session.add(made)
    uow.flush()
    return _row(made)


def expected(uow: UnitOfWork, *, uuid: str, visit_id: int, purpose: str, size_bytes: int) -> PhotoRow | None:
    """The photo if it was announced before, None where it may be now. Raises what `announce` raises."""
    if "engineer" not in uow.actor.roles:
        raise NotAllowed()
    visit = uow.session.get(Visit, visit_id)
    if visit is None or visit.engineer_id != uow.actor.person_id:
        raise NotFound(what={"zh": "这次上门", "en": "That visit"})
    found = uow.session.scalars(select(Photo).where(Photo.uuid == uuid)).one_or_none()
    if found is not None:
        if (found.person_id, found.visit_id, found.size_bytes) != (uow.actor.person_id, visit_id, size_bytes):
            raise Duplicate()
        return _row(found)
    if purpose not in PURPOSES:
        expected = {"zh": "现场、没做成或票据", "en": ", ".join(PURPOSES)}
        raise Invalid(field={"zh": "照片用途", "en": "Purpose"}, value=purpose, expected=expected)
    if size_bytes > MOST_BYTES:
        raise PhotoTooLarge()
    if size_bytes < 1:
        expected = {"zh": "不能是空的", "en": "it must not be empty"}
        raise Invalid(field={"zh": "照片大小", "en": "Size"}, value=str(size_bytes), expected=expected)
    count = uow.session.scalar(select(func.count(Photo.id)).where(Photo.visit_id == visit_id)) or 0
    if count >= MOST_OF_A_VISIT:
        raise TooManyPhotos(most=MOST_OF_A_VISIT)
    return None


def own(uow: UnitOfWork, uuid: str) -> PhotoRow:
    """A photo that the acting engineer took. Raises NotFound."""
    found = uow.session.scalars(select(Photo).where(Photo.uuid == uuid)).one_or_none()
    if found is None or found.person_id != uow.actor.person_id:
        raise NotFound(what=WHAT)
    return _row(found)


def arrive(uow: UnitOfWork, *, uuid: str) -> PhotoRow:
    """All bytes are there: a job will make the photo fit to be seen. Safe to repeat. Raises NotFound."""
    query = select(Photo).where(Photo.uuid == uuid, Photo.person_id == uow.actor.person_id)
    found = uow.session.scalars(query.with_for_update()).one_or_none()
    if found is None:
        raise NotFound(what=WHAT)
    if found.status == "coming":
        found.status, found.arrived_at = "arrived", uow.now
        uow.audit("visit", found.visit_id, "photo_arrived", after={"uuid": uuid, "purpose": found.purpose})
        uow.flush()
        request_work(uow)
    return _row(found)


def request_work(uow: UnitOfWork) -> None:
    """Ask for the job that makes photos ready, unless one waits already: it takes all that are there by then."""
    waiting = jobs.latest_open(uow, MAKE_READY, {})
    if waiting is None or waiting.status != "queued":
        jobs.request(uow, MAKE_READY, {})


def arrived(uow: UnitOfWork, *, limit: int) -> list[PhotoRow]:
    """Photos that wait to be made ready, oldest first."""
    query = select(Photo).where(Photo.status == "arrived").order_by(Photo.id).limit(limit)
    return [_row(found) for found in uow.session.scalars(query)]


def unfinished(uow: UnitOfWork, *, announced_before: datetime, limit: int = 500) -> list[PhotoRow]:
    """Photos that were announced then and have not arrived, oldest first."""
    query = select(Photo).where(Photo.status == "coming", Photo.announced_at < announced_before)
    return [_row(found) for found in uow.session.scalars(query.order_by(Photo.id).limit(limit))]


def forget(uow: UnitOfWork, *, photo_ids: Iterable[int]) -> None:
    """What was announced will not come under this announcement; one that has arrived meanwhile stays. Safe to repeat."""
    query = select(Photo).where(Photo.id.in_(list(photo_ids)), Photo.status == "coming").with_for_update()
    for found in uow.session.scalars(query).all():
        uow.audit("visit", found.visit_id, "photo_forgotten", after={"uuid": found.uuid})
        uow.session.delete(found)


def note_position(uow: UnitOfWork, *, photo_id: int, lat: float, lon: float) -> None:
    """Keep where the camera was (WGS-84), before the file loses it."""
    found = uow.session.get_one(Photo, photo_id)
    found.lat, found.lon = lat, lon


def make_ready(uow: UnitOfWork, *, photo_id: int, width_px: int, height_px: int) -> None:
    """The photo may be seen. Safe to repeat."""
    found = uow.session.get_one(Photo, photo_id)
    found.status, found.width_px, found.height_px = "ready", width_px, height_px


def give_up(uow: UnitOfWork, *, photo_id: int, problem: str) -> None:
    """The file is no photo that can be shown; the engineer hears of it. Safe to repeat."""
    found = uow.session.get_one(Photo, photo_id)
    if found.status != "unusable":
        found.status, found.problem = "unusable", problem
        uow.audit("visit", found.visit_id, "photo_unusable", after={"uuid": found.uuid, "problem": problem})
        uow.emit("photo_unusable", visit_id=found.visit_id, person_id=found.person_id, problem=problem)


def visible(uow: UnitOfWork, uuid: str) -> PhotoRow:
    """A photo that the actor may see: his own, the card desk's, receipts also to those who check claims.

    Anyone else's is not found. Raises NotFound.
    """
    found = uow.session.scalars(select(Photo).where(Photo.uuid == uuid)).one_or_none()
    if found is None:
        raise NotFound(what=WHAT)
    roles = uow.actor.roles
    mine = found.person_id == uow.actor.person_id and may(roles, "visits.own")
    receipt = found.purpose == "receipt" and may(roles, "claims.read")
    if not (uow.actor.is_system or mine or receipt or may(roles, "cards.read")):
        raise NotFound(what=WHAT)
    return _row(found)


def of_visits(uow: UnitOfWork, visit_ids: Iterable[int], *, purpose: str = "") -> dict[int, list[PhotoRow]]:
    """The photos of each visit in the order in which they were taken."""
    query = select(Photo).where(Photo.visit_id.in_(list(visit_ids)))
    if purpose:
        query = query.where(Photo.purpose == purpose)
    found: dict[int, list[PhotoRow]] = {}
    for photo in uow.session.scalars(query.order_by(Photo.taken_at, Photo.id)):
        found.setdefault(photo.visit_id, []).append(_row(photo))
    return found


def _row(found: Photo) -> PhotoRow:
    return PhotoRow(
        id=found.id,
        uuid=found.uuid,
        visit_id=found.visit_id,
        person_id=found.person_id,
        purpose=found.purpose,
        status=found.status,
        size_bytes=found.size_bytes,
        sha256=found.sha256,
        taken_at=found.taken_at,
        arrived_at=found.arrived_at,
        lat=found.lat,
        lon=found.lon,
        problem=found.problem,
    )
