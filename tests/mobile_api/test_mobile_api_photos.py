"""Photos: pieces that resume, sent twice and kept once, made anew without a position, shown to those who may see them."""

import base64
import hashlib
import io
import threading
import uuid as uuids
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageStat

from backend.adapters import pictures
from backend.adapters.photo_folder import PhotoFolder
from backend.core import jobs
from backend.core.errors import Stale
from backend.core.uow import SYSTEM
from backend.jobs import runner
from backend.staff import actions as staff
from backend.visits import actions as visits
from backend.visits import photos
from tests.mobile_api.conftest import Caller, World
from tests.support.pictures import photo

TUS = {"Tus-Resumable": "1.0.0"}
PIECE = "application/offset+octet-stream"


def announced(world: World, data: bytes, visit_id: int, **changes: Any) -> dict[str, str]:
    """The headers that announce a photo taken just now."""
    now = world.clock.now().isoformat()
    facts = {
        "uuid": str(uuids.uuid4()),
        "visit_id": visit_id,
        "purpose": "card",
        "phone_at": now,
        "sent_at": now,
        "sha256": hashlib.sha256(data).hexdigest(),
        "filename": "IMG 1.jpg",
        **changes,
    }
    pairs = (f"{key} {base64.b64encode(str(value).encode()).decode()}" for key, value in facts.items())
    return TUS | {"Upload-Length": str(len(data)), "Upload-Metadata": ",".join(pairs)}


def create(phone: Caller, headers: dict[str, str]) -> str:
    """Announce it; the path for its pieces."""
    answer = phone("POST", "/mobile/photos", headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"]).removeprefix("/api/v1")


def send(phone: Caller, path: str, offset: int, piece: bytes, **headers: str) -> Any:
    """Send one piece."""
    given = TUS | {"Upload-Offset": str(offset)} | {k.replace("_", "-"): v for k, v in headers.items()}
    return phone("PATCH", path, headers=given, data=piece, content_type=PIECE)


def offset(phone: Caller, path: str) -> int:
    """How much has arrived."""
    answer = phone("HEAD", path, headers=TUS)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    return int(answer.headers["Upload-Offset"])


def upload(world: World, phone: Caller, data: bytes, visit_id: int, **changes: Any) -> str:
    """A whole photo; its UUID."""
    path = create(phone, announced(world, data, visit_id, **changes))
    assert send(phone, path, 0, data).status_code == 204
    return path.rsplit("/", 1)[1]


def work(world: World) -> None:
    """What the worker does with the photos that have arrived."""
    while True:
        with world.transactions.read(SYSTEM) as uow:
            job = jobs.latest_open(uow, photos.MAKE_READY, {})
        if job is None:
            return
        folder = world.app.extensions["paidan"].photos
        assert runner.run(world.transactions, job.id, folder=folder)


def row(world: World, uuid: str) -> photos.PhotoRow:
    """What is known of a photo."""
    with world.transactions.read(SYSTEM) as uow:
        return photos.visible(uow, uuid)


def test_a_photo_in_pieces_that_resume(world: World) -> None:
    data, phone = photo(), world.engineer(0)
    path = create(phone, announced(world, data, world.visits[0]))
    assert offset(phone, path) == 0
    first = send(phone, path, 0, data[:1000])
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, "1000")
    again = send(phone, path, 0, data[:1000])
    assert again.status_code == 409, "a piece that comes twice is not kept twice"
    assert offset(phone, path) == 1000
    assert phone("GET", path.replace("/mobile", "")).status_code == 404
    assert send(phone, path, 1000, data[1000:]).status_code == 204
    assert offset(phone, path) == len(data)
    work(world)
    answer = phone("GET", path.replace("/mobile", ""))
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert Image.open(io.BytesIO(answer.data)).size == (640, 480)
    small = phone("GET", path.replace("/mobile", "") + "?small=true")
    assert Image.open(io.BytesIO(small.data)).size == (480, 360)


def test_announced_with_its_first_piece(world: World) -> None:
    data, phone = photo(), world.engineer(0)
    headers = announced(world, data, world.visits[0])
    first = phone("POST", "/mobile/photos", headers=headers, data=data[:1000], content_type=PIECE)
    assert (first.status_code, first.headers["Upload-Offset"]) == (201, "1000")
    path = str(first.headers["Location"]).removeprefix("/api/v1")
    again = phone("POST", "/mobile/photos", headers=headers, data=data[:1000], content_type=PIECE)
    assert (again.status_code, again.headers["Upload-Offset"]) == (201, "1000"), (
        "the answer was lost: kept once"
    )
    asked = phone("POST", "/mobile/photos", headers=headers)
    assert (asked.status_code, asked.headers["Upload-Offset"]) == (201, "1000"), (
        "without a body it is a question"
    )
    assert send(phone, path, 1000, data[1000:]).headers["Upload-Offset"] == str(len(data))
    late = phone("POST", "/mobile/photos", headers=headers, data=data[:1000], content_type=PIECE)
    assert late.headers["Upload-Offset"] == str(len(data))
    work(world)
    assert row(world, path.rsplit("/", 1)[1]).status == "ready"


def test_announced_with_all_of_it(world: World) -> None:
    data, phone = photo(), world.engineer(0)
    whole = phone(
        "POST",
        "/mobile/photos",
        headers=announced(world, data, world.visits[0]),
        data=data,
        content_type=PIECE,
    )
    assert (whole.status_code, whole.headers["Upload-Offset"]) == (201, str(len(data)))
    work(world)
    assert row(world, str(whole.headers["Location"]).rsplit("/", 1)[1]).status == "ready"
    foreign = world.engineer(1)(
        "POST",
        "/mobile/photos",
        headers=announced(world, data, world.visits[0]),
        data=data,
        content_type=PIECE,
    )
    assert foreign.status_code == 404
    damaged = announced(world, data, world.visits[0]) | {
        "Upload-Checksum": "sha1 " + base64.b64encode(bytes(20)).decode()
    }
    assert phone("POST", "/mobile/photos", headers=damaged, data=data, content_type=PIECE).status_code == 460
    too_much = announced(world, data, world.visits[0])
    assert (
        phone("POST", "/mobile/photos", headers=too_much, data=data + b"more", content_type=PIECE).status_code
        == 409
    )
    root = world.app.extensions["paidan"].photos.root
    assert sum(file.stat().st_size for file in root.rglob("*.original")) == 0, (
        "nothing of what was refused stays"
    )


def test_killed_between_the_bytes_and_the_word(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes are on the disk before anything says so: the phone announces again and nothing is sent twice."""
    data, phone = photo(), world.engineer(0)
    headers = announced(world, data, world.visits[0])

    def end(*_: Any, **__: Any) -> None:
        raise Stale()

    with monkeypatch.context() as patch:
        patch.setattr("backend.visits.photos.announce", end)
        answer = phone("POST", "/mobile/photos", headers=headers, data=data, content_type=PIECE)
        assert answer.status_code == 412
    again = phone("POST", "/mobile/photos", headers=headers)
    assert (again.status_code, again.headers["Upload-Offset"]) == (201, str(len(data)))
    uuid = str(again.headers["Location"]).rsplit("/", 1)[1]
    assert row(world, uuid).status == "arrived"
    work(world)
    assert row(world, uuid).status == "ready"


def test_sent_twice_is_kept_once(world: World) -> None:
    """The phone never heard that it had arrived: it announces again and finds all of it there."""
    data, phone = photo(), world.engineer(0)
    headers = announced(world, data, world.visits[0])
    path = create(phone, headers)
    send(phone, path, 0, data)
    for _ in range(2):
        assert create(phone, headers) == path
        assert offset(phone, path) == len(data)
        work(world)
    with world.transactions.read(SYSTEM) as uow:
        kept = photos.of_visits(uow, [world.visits[0]])[world.visits[0]]
    assert [one.status for one in kept] == ["ready"]
    assert send(phone, path, 0, data).status_code == 204, (
        "a late piece of a photo that is ready changes nothing"
    )
    assert offset(phone, path) == len(data)


def test_the_position_is_read_and_then_gone(world: World) -> None:
    data = photo(at=(39.9087, 116.4605), turned=True)
    assert b"Cheap Phone" in data
    uuid = upload(world, world.engineer(0), data, world.visits[0])
    work(world)
    found, folder = row(world, uuid), world.app.extensions["paidan"].photos
    assert found.lat == pytest.approx(39.9087, abs=1e-5)
    assert found.lon == pytest.approx(116.4605, abs=1e-5)
    assert not folder.original(uuid).exists()
    for small in (True, False):
        kept = folder.picture(uuid, small=small)
        assert b"Cheap Phone" not in kept.read_bytes()
        with Image.open(kept) as image:
            assert dict(image.getexif()) == {}
            assert image.height > image.width, "turned upright as the camera was held"


def test_the_watermark_is_on_the_whole_picture(world: World) -> None:
    uuid = upload(world, world.engineer(0), photo(1600, 1200), world.visits[0])
    work(world)
    folder = world.app.extensions["paidan"].photos
    with Image.open(folder.picture(uuid)) as image:
        band = ImageStat.Stat(image.crop((0, image.height - 60, image.width, image.height)).convert("L"))
        above = ImageStat.Stat(image.crop((0, 0, image.width, 200)).convert("L"))
    assert band.extrema[0][1] > 240, "white letters"
    assert band.mean[0] < 0.75 * above.mean[0], "on a dark band"


def test_pieces_are_checked(world: World) -> None:
    data, phone = photo(), world.engineer(0)
    path = create(phone, announced(world, data, world.visits[0]))
    good = base64.b64encode(hashlib.sha256(data[:500]).digest()).decode()
    assert send(phone, path, 0, data[1:501], Upload_Checksum=f"sha256 {good}").status_code == 460
    assert offset(phone, path) == 0
    assert send(phone, path, 0, data[:500], Upload_Checksum=f"sha256 {good}").status_code == 204
    assert send(phone, path, 500, b"x", Upload_Checksum="md5 eA==").status_code == 422


def test_a_whole_that_is_not_what_was_announced_begins_anew(world: World) -> None:
    data, phone = photo(), world.engineer(0)
    path = create(phone, announced(world, data, world.visits[0]))
    assert send(phone, path, 0, bytes(len(data))).status_code == 460
    assert offset(phone, path) == 0
    assert send(phone, path, 0, data).status_code == 204


def test_what_is_refused(world: World) -> None:
    data, phone, visit_id = photo(), world.engineer(0), world.visits[0]
    big = announced(world, data, visit_id) | {"Upload-Length": str(photos.MOST_BYTES + 1)}
    assert phone("POST", "/mobile/photos", headers=big).status_code == 413
    empty = announced(world, data, visit_id) | {"Upload-Length": "0"}
    assert phone("POST", "/mobile/photos", headers=empty).status_code == 422
    for wrong in ({"purpose": "holiday"}, {"uuid": "x"}, {"phone_at": "yesterday"}):
        answer = phone("POST", "/mobile/photos", headers=announced(world, data, visit_id, **wrong))
        assert answer.status_code == 422
        assert "Upload-Metadata" in answer.json["detail"]
    plain = announced(world, data, visit_id)
    del plain["Tus-Resumable"]
    answer = phone("POST", "/mobile/photos", headers=plain)
    assert (answer.status_code, answer.headers["Tus-Version"]) == (412, "1.0.0")
    path = create(phone, announced(world, data, visit_id))
    assert send(phone, path, 0, data + b"more").status_code == 409
    assert phone("PATCH", path, headers=TUS | {"Upload-Offset": "0"}, data=data).status_code == 422
    assert (
        phone("OPTIONS", "/mobile/photos").headers["Tus-Extension"]
        == "creation,creation-with-upload,checksum"
    )


def test_the_same_uuid_for_another_photo_is_refused(world: World) -> None:
    data, uuid = photo(), str(uuids.uuid4())
    create(world.engineer(0), announced(world, data, world.visits[0], uuid=uuid))
    other = announced(world, data + b"x", world.visits[0], uuid=uuid)
    assert world.engineer(0)("POST", "/mobile/photos", headers=other).status_code == 409
    elses = announced(world, data, world.visits[3], uuid=uuid)
    assert world.engineer(1)("POST", "/mobile/photos", headers=elses).status_code == 409


@pytest.mark.parametrize("data", [b"not a picture at all", photo()[:3000], photo(4200, 3200)])
def test_what_cannot_be_shown_is_said_to_the_engineer(world: World, data: bytes) -> None:
    phone = world.engineer(0)
    uuid = upload(world, phone, data, world.visits[0])
    work(world)
    found = row(world, uuid)
    assert found.status == "unusable"
    assert found.problem in ("no_picture", "broken", "too_many_pixels")
    assert not world.app.extensions["paidan"].photos.original(uuid).exists()
    assert phone("GET", f"/photos/{uuid}").status_code == 404


def test_who_may_see_it(world: World) -> None:
    """The engineer himself and the card desk; finance sees receipts only; nobody else."""
    world.do(
        lambda uow: staff.add_person(
            uow, login="fin1", name="周会计", password="Paidan-2026-fi", roles=["finance"]
        )
    )
    phone = world.engineer(0)
    card = upload(world, phone, photo(), world.visits[0])
    receipt = upload(world, phone, photo(seed=2), world.visits[0], purpose="receipt")
    work(world)
    seen = {
        who: [world.login(who)("GET", f"/photos/{uuid}").status_code for uuid in (card, receipt)]
        for who in ("eng0", "eng1", "zhaomin", "fin1", "sales1", "admin1")
    }
    assert seen == {
        "eng0": [200, 200],
        "eng1": [404, 404],
        "zhaomin": [200, 200],
        "fin1": [404, 200],
        "sales1": [404, 404],
        "admin1": [404, 404],
    }
    path = f"/mobile/photos/{card}"
    assert world.engineer(1)("HEAD", path, headers=TUS).status_code == 404
    assert world.assistant()("HEAD", path, headers=TUS).status_code == 403
    not_his = announced(world, photo(), world.visits[3])
    assert phone("POST", "/mobile/photos", headers=not_his).status_code == 404


def test_photos_of_a_visit_that_was_given_away_are_kept(world: World) -> None:
    visit_id = world.visits[0]
    world.do(lambda uow: visits.withdraw(uow, visit_id=visit_id, reason="moved"))
    uuid = upload(world, world.engineer(0), photo(), visit_id)
    work(world)
    assert row(world, uuid).status == "ready"


def test_a_worker_that_ends_in_the_middle(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The picture was made and the process gone before it was said: the next one says it."""
    uuid = upload(world, world.engineer(0), photo(at=(39.9, 116.4)), world.visits[0])
    folder: PhotoFolder = world.app.extensions["paidan"].photos

    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with world.transactions.read(SYSTEM) as uow:
        job = jobs.latest_open(uow, photos.MAKE_READY, {})
    assert job is not None
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(photos, "make_ready", die)
        runner.run(world.transactions, job.id, folder=folder)
    assert (row(world, uuid).status, folder.original(uuid).exists()) == ("arrived", False)
    world.clock.advance(seconds=jobs.LEASE_S + 1)
    assert runner.run(world.transactions, job.id, folder=folder)
    found = row(world, uuid)
    assert (found.status, found.lat) == ("ready", pytest.approx(39.9))


def test_one_job_for_many_photos(world: World) -> None:
    phone = world.engineer(0)
    for n in range(3):
        upload(world, phone, photo(seed=n), world.visits[0])
    with world.transactions.read(SYSTEM) as uow:
        job = jobs.latest_open(uow, photos.MAKE_READY, {})
    assert job is not None
    work(world)
    with world.transactions.read(SYSTEM) as uow:
        assert jobs.get(uow, job.id).result == {"photos": 3}
        assert jobs.latest_open(uow, photos.MAKE_READY, {}) is None


def test_two_pieces_at_once(world: World) -> None:
    """Two tabs send the same photo: each byte is there once."""
    data, uuid = photo(), str(uuids.uuid4())
    folder: PhotoFolder = world.app.extensions["paidan"].photos
    ends: list[str] = []

    def send_all() -> None:
        while (at := folder.offset(uuid)) < len(data):
            try:
                folder.append(uuid, offset=at, piece=data[at : at + 700], length=len(data))
            except Exception as exc:
                ends.append(type(exc).__name__)

    threads = [threading.Thread(target=send_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert folder.original(uuid).read_bytes() == data
    assert set(ends) <= {"OtherOffset", "PieceInHand"}


def test_positions_that_are_none(tmp_path: Path) -> None:
    for data in (photo(), b"no picture"):
        (tmp_path / "photo").write_bytes(data)
        assert pictures.position(tmp_path / "photo") is None
