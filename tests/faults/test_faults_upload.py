"""The web server is killed again and again while photos come in: each is there once, whole, and can be seen."""

import base64
import contextlib
import hashlib
import os
import signal
import threading
import time
import uuid
from datetime import UTC, datetime
from typing import Any

import requests

from tests.faults.conftest import Served
from tests.support.pictures import photo
from tests.support.serving import wait_until

TUS = {"Tus-Resumable": "1.0.0"}
PIECE_BYTES = 16_384
PHOTOS = 4
KILLS = 3


def announce(served: Served, token: str, visit_id: int, data: bytes) -> str:
    """Announce a photo until the server has heard it; the path for its pieces."""
    now = datetime.now(UTC).isoformat()
    facts = {"uuid": str(uuid.uuid4()), "visit_id": str(visit_id), "phone_at": now, "sent_at": now}
    facts["sha256"] = hashlib.sha256(data).hexdigest()
    pairs = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in facts.items())
    more = {"Upload-Length": str(len(data)), "Upload-Metadata": pairs}
    answer = insist(served, "POST", "/mobile/photos", token, more)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"]).removeprefix("/api/v1")


def insist(
    served: Served, method: str, path: str, token: str, headers: dict[str, str], data: bytes = b""
) -> requests.Response:
    """The same again until it is answered."""
    address = f"http://127.0.0.1:{served.serving.port}/api/v1{path}"
    given = TUS | {"Authorization": f"Bearer {token}"} | headers

    def once() -> list[requests.Response]:
        try:
            return [requests.request(method, address, headers=given, data=data, timeout=20)]
        except requests.RequestException:
            return []

    found: list[requests.Response] = wait_until(once, 30, f"no answer to {method} {path}")
    return found[0]


def send_all(served: Served, token: str, path: str, data: bytes) -> None:
    """As a phone does it: ask how much is there, go on from there; an answer that was lost is asked for again."""
    while True:
        at = int(insist(served, "HEAD", path, token, {}).headers["Upload-Offset"])
        if at == len(data):
            return
        headers = {"Upload-Offset": str(at), "Content-Type": "application/offset+octet-stream"}
        insist(served, "PATCH", path, token, headers, data[at : at + PIECE_BYTES])
        time.sleep(0.02)


def test_the_server_is_killed_in_the_middle_of_uploads(served: Served) -> None:
    on = served.planned_day()
    assistant = served.log_in("technical_assistant")
    assert served.serving.insist("POST", f"/schedules/{on}/publish", assistant).status_code == 200
    login, visit_id = own_visit(served)
    token = served.log_in(login)
    sent = [photo(1600, 1200, seed=n) for n in range(PHOTOS)]
    paths = [announce(served, token, visit_id, data) for data in sent]
    threads = [
        threading.Thread(target=send_all, args=(served, token, path, data))
        for path, data in zip(paths, sent, strict=True)
    ]
    for thread in threads:
        thread.start()
    folder, killed_between = served.serving.folder / "photos", 0
    for _ in range(KILLS):
        time.sleep(0.3)
        present = sum(file.stat().st_size for file in folder.rglob("*.original"))
        killed_between += 0 < present < sum(map(len, sent))
        for pid in served.serving.pids("web"):
            kill(pid)
        wait_until(served.serving.ready, 30, "the web server did not come back")
    for thread in threads:
        thread.join(60)
    assert killed_between, "no kill fell into an upload"
    wait_until(lambda: ready(served, visit_id) == PHOTOS, 40, lambda: served.serving.log("worker")[-2000:])
    assert served.number("SELECT count(*) FROM photos WHERE visit_id = :v", v=visit_id) == PHOTOS
    assert list(folder.rglob("*.original")) == []
    for path in paths:
        answer = served.serving.ask("GET", path.replace("/mobile", ""), token)
        assert (answer.status_code, answer.content[:2]) == (200, b"\xff\xd8")


def kill(pid: int) -> None:
    """kill -9, where it still lives."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def ready(served: Served, visit_id: int) -> int:
    """How many photos of the visit can be seen."""
    return served.number("SELECT count(*) FROM photos WHERE visit_id = :v AND status = 'ready'", v=visit_id)


def own_visit(served: Served) -> tuple[str, Any]:
    """The user name of an engineer with a visit, and the visit's id."""
    row = served.rows("SELECT engineer_id, id FROM visits ORDER BY id")[0]
    return next(login for login, person_id in served.people.items() if person_id == row[0]), row[1]
