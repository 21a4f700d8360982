"""Uploads that never ended: gone after a week, unless bytes still come; the phone may begin anew."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from backend.adapters.photo_folder import PhotoFolder
from backend.core.clock import FixedClock
from backend.jobs.tidying import forget_unfinished
from backend.visits import photos
from tests.support.office import Office


def announce(office: Office, visit_id: int, uuid: str) -> photos.PhotoRow:
    """Ten bytes will come."""
    given = {"uuid": uuid, "visit_id": visit_id, "purpose": "card", "size_bytes": 10, "sha256": ""}
    row: photos.PhotoRow = office.do("engineer", lambda uow: photos.announce(uow, taken_at=uow.now, **given))
    return row


def arrived_at(folder: PhotoFolder, uuid: str, at: datetime) -> None:
    """The last byte came then."""
    os.utime(folder.original(uuid), (at.timestamp(), at.timestamp()))


def test_gone_after_a_week_and_begun_anew(office: Office, clock: FixedClock, tmp_path: Path) -> None:
    folder = PhotoFolder(tmp_path / "photos")
    visit_id = office.visit(office.repair())
    left, coming, whole = (str(uuid4()) for _ in range(3))
    for uuid in (left, coming, whole):
        announce(office, visit_id, uuid)
        folder.append(uuid, offset=0, piece=b"12345", length=10)
        arrived_at(folder, uuid, clock.at)
    office.do("engineer", lambda uow: photos.arrive(uow, uuid=whole))
    clock.advance(days=6)
    assert forget_unfinished(office.transactions, folder) == 0
    clock.advance(days=1, minutes=1)
    arrived_at(folder, coming, clock.at - timedelta(days=1))
    assert forget_unfinished(office.transactions, folder) == 1
    assert (folder.offset(left), folder.offset(coming), folder.offset(whole)) == (0, 5, 5)
    kept = office.see(lambda uow: photos.of_visits(uow, [visit_id]))[visit_id]
    assert {one.uuid for one in kept} == {coming, whole}
    assert forget_unfinished(office.transactions, folder) == 0
    assert announce(office, visit_id, left).status == "coming", "the phone comes back with it"


def test_one_of_which_nothing_ever_came(office: Office, clock: FixedClock, tmp_path: Path) -> None:
    visit_id = office.visit(office.repair())
    announce(office, visit_id, str(uuid4()))
    clock.advance(days=8)
    assert forget_unfinished(office.transactions, PhotoFolder(tmp_path / "photos")) == 1
    assert office.see(lambda uow: photos.of_visits(uow, [visit_id])) == {}
