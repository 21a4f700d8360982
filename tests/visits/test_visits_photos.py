"""What is known of photos, on both databases: announced once, arrived once, one job, refusals with their reason."""

import uuid

import pytest

from backend.core import jobs
from backend.core.errors import DomainError, NotAllowed, NotFound
from backend.core.uow import Duplicate
from backend.notifications import queries as inbox
from backend.visits import photos
from tests.support.office import Office, call


def announce(office: Office, visit_id: int, who: str = "engineer", **changes: object) -> photos.PhotoRow:
    with office.transactions.read(office[who]) as uow:
        now = uow.now
    given = {"uuid": str(uuid.uuid4()), "purpose": "card", "size_bytes": 1000, "sha256": "", "taken_at": now}
    row: photos.PhotoRow = office.do(who, call(photos.announce, visit_id=visit_id, **given | changes))
    return row


def test_announced_and_arrived_twice_is_once(office: Office) -> None:
    visit_id = office.visit(office.repair())
    first = announce(office, visit_id)
    assert announce(office, visit_id, uuid=first.uuid) == first
    for _ in range(2):
        row = office.do("engineer", call(photos.arrive, uuid=first.uuid))
        assert row.status == "arrived"
    found = office.see(lambda uow: photos.of_visits(uow, [visit_id]))[visit_id]
    assert [one.uuid for one in found] == [first.uuid]
    job = office.see(lambda uow: jobs.latest_open(uow, photos.MAKE_READY, {}))
    assert job is not None and job.status == "queued"
    second = announce(office, visit_id)
    office.do("engineer", call(photos.arrive, uuid=second.uuid))
    assert office.see(lambda uow: jobs.latest_open(uow, photos.MAKE_READY, {})).id == job.id, "one takes both"


def test_a_photo_from_the_future_was_taken_now(office: Office) -> None:
    row = announce(office, office.visit(office.repair()))
    later = announce(office, row.visit_id, taken_at=row.taken_at.replace(year=2031))
    assert later.taken_at == row.taken_at


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"size_bytes": photos.MOST_BYTES + 1}, photos.PhotoTooLarge),
        ({"size_bytes": 0}, DomainError),
        ({"purpose": "holiday"}, DomainError),
        ({"who": "engineer2"}, NotFound),
        ({"who": "technical_assistant"}, NotAllowed),
    ],
)
def test_refusals(office: Office, changes: dict[str, object], refusal: type[DomainError]) -> None:
    visit_id = office.visit(office.repair())
    with pytest.raises(refusal):
        announce(office, visit_id, **changes)  # type: ignore[arg-type]


def test_another_photo_under_the_same_uuid(office: Office) -> None:
    row = announce(office, office.visit(office.repair()))
    with pytest.raises(Duplicate):
        announce(office, row.visit_id, uuid=row.uuid, size_bytes=7)


def test_the_most_of_a_visit(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "MOST_OF_A_VISIT", 2)
    row = announce(office, office.visit(office.repair()))
    announce(office, row.visit_id)
    with pytest.raises(photos.TooManyPhotos):
        announce(office, row.visit_id)
    announce(office, row.visit_id, uuid=row.uuid)


def test_given_up_is_told_once(office: Office) -> None:
    row = announce(office, office.visit(office.repair()))
    office.do("engineer", call(photos.arrive, uuid=row.uuid))
    for _ in range(2):
        office.do("system", call(photos.give_up, photo_id=row.id, problem="broken"))
    office.relay()
    told = office.see(lambda uow: inbox.inbox(uow, office.ids["engineer"]).rows)
    assert [item.kind for item in told] == ["photo_unusable"]
