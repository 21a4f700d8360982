"""The evening: 400 cards and 1,200 photos from 200 phones at once, everything sent twice: no loss, no double, no 5xx.

`python -m benchmarks.evening` serves a demo of its own as `benchmarks.phones` does. Each phone sends two days' visits in
one batch of its outbox (accept, set out, sign in, finish, card), the same batch again as after a lost answer, and then
three photos for each card by tus: announced twice, in pieces, and the last piece once more. Afterwards the database and
the folder are asked for every card and photo. Loopback only; it ends by itself.
"""

import argparse
import base64
import hashlib
import json
import random
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import requests
from PIL import Image
from sqlalchemy import text

from backend.bootstrap import Application, build
from backend.core import settings
from benchmarks.phones import percentiles
from benchmarks.support import fleet
from benchmarks.support.phone import SIGNATURE, Call
from benchmarks.support.serving import Demo

PHOTOS_OF_A_CARD = 3
PIECE_BYTES = 512 * 1024
READY_WITHIN_S = 1200


class EveningPhone:
    """One phone that has signal again."""

    def __init__(self, n: int, port: int, engineer: fleet.Engineer, pictures: list[bytes]) -> None:
        self.engineer, self.pictures = engineer, pictures
        self.chance, self.session = random.Random(n), requests.Session()
        self.base, self.calls = f"http://127.0.0.1:{port}/api/v1", list[Call]()
        self.cards: list[str] = []
        self.photos: dict[str, str] = {}
        self.unexpected: list[str] = []

    def log_in(self) -> None:
        """A token for this phone."""
        body = {"login": self.engineer.login, "password": fleet.PASSWORD, "device": "benchmark"}
        answer = self.ask("log in", "POST", "/auth/tokens", 201, json=body)
        self.session.headers["Authorization"] = f"Bearer {answer.json()['token']}"

    def work(self) -> None:
        """The whole day at once, twice, and its photos."""
        began = datetime.now(UTC) - timedelta(hours=2)
        for visit_id in self.engineer.visit_ids:
            batch = {"sent_at": datetime.now(UTC).isoformat(), "items": self.items(visit_id, began)}
            for name in ("card", "card again"):
                answer = self.ask(name, "POST", "/mobile/outbox", 200, json=batch)
                said = [item["status"] for item in answer.json().get("items", [])]
                if set(said) != {"done"}:
                    self.unexpected.append(f"{name} of {visit_id}: {answer.text[:200]}")
            for _ in range(PHOTOS_OF_A_CARD):
                self.send_photo(visit_id, self.chance.choice(self.pictures))

    def items(self, visit_id: int, began: datetime) -> list[dict[str, Any]]:
        """The steps and the card of a visit as the outbox holds them."""
        at, card = began.isoformat(), str(uuid.uuid4())
        self.cards.append(card)
        data = {
            "result": "done",
            "access_mode": "pbx_trunk",
            "device_model": "DL4-C",
            "conditions": "供电正常，已接地，弱电间干燥",
            "trained": True,
            "trained_whom": "前台",
            "mark_whole": "5",
            "signed_by": "前台",
            "lines": [
                {"number": f"线 {n}", "voltage_before": 48.1, "voltage_after": 48.2} for n in range(1, 5)
            ],
        }
        bodies = [(kind, {}) for kind in ("accept", "set_out", "sign_in", "finish")]
        bodies.append(("card", {"uuid": card, "data": data, "signature": SIGNATURE}))
        return [
            {"uuid": str(uuid.uuid4()), "kind": kind, "visit_id": visit_id, "phone_at": at, "body": body}
            for kind, body in bodies
        ]

    def send_photo(self, visit_id: int, data: bytes) -> None:
        """Announce, send in pieces; then all of it again as a phone does that never heard of the end."""
        now, key = datetime.now(UTC).isoformat(), str(uuid.uuid4())
        facts = {"uuid": key, "visit_id": str(visit_id), "phone_at": now, "sent_at": now}
        facts["sha256"] = hashlib.sha256(data).hexdigest()
        pairs = ",".join(
            f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in facts.items()
        )
        tus = {"Tus-Resumable": "1.0.0"}
        new = tus | {"Upload-Length": str(len(data)), "Upload-Metadata": pairs}
        for name in ("announce", "announce again"):
            self.ask(name, "POST", "/mobile/photos", 201, headers=new)
            head = self.ask("offset", "HEAD", f"/mobile/photos/{key}", 200, headers=tus)
            offset = int(head.headers.get("Upload-Offset", 0))
            while offset < len(data):
                piece = data[offset : offset + PIECE_BYTES]
                headers = tus | {
                    "Upload-Offset": str(offset),
                    "Content-Type": "application/offset+octet-stream",
                    "Upload-Checksum": f"sha256 {base64.b64encode(hashlib.sha256(piece).digest()).decode()}",
                }
                answer = self.ask("piece", "PATCH", f"/mobile/photos/{key}", 204, headers=headers, data=piece)
                if answer.status_code != 204:
                    return
                offset += len(piece)
        self.photos[key] = facts["sha256"]

    def ask(self, name: str, method: str, path: str, expected: int, **more: Any) -> requests.Response:
        """One request; what did not end as expected is noted."""
        began = time.monotonic()
        answer = self.session.request(method, self.base + path, timeout=120, **more)
        self.calls.append(Call(name, answer.status_code, time.monotonic() - began))
        if answer.status_code != expected:
            self.unexpected.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        return answer


def pictures(count: int) -> list[bytes]:
    """Photos of a cheap phone: 3 megapixels, about 700 kB each."""
    made = []
    for seed in range(count):
        noise = random.Random(seed).randbytes(500 * 375 * 3)
        image = Image.frombytes("RGB", (500, 375), noise).resize((2000, 1500))
        stream = BytesIO()
        image.save(stream, "JPEG", quality=80)
        made.append(stream.getvalue())
    return made


def check(application: Application, phones: list[EveningPhone]) -> list[str]:
    """What is not there exactly once, the first twenty."""
    with application.engine.execution_options(read_only=True).connect() as connection:
        cards = Counter(row[0] for row in connection.execute(text("SELECT uuid FROM cards")))
        photos = {row[0]: row[1] for row in connection.execute(text("SELECT uuid, status FROM photos"))}
    wrong = [f"card {key}" for one in phones for key in one.cards if cards[key] != 1]
    sent = {key for one in phones for key in one.photos}
    wrong += [f"photo {key}: {photos.get(key)}" for key in sent if photos.get(key) != "ready"]
    wrong += [f"photo {key} was never sent" for key in photos.keys() - sent]
    wrong += [f"no picture of {key}" for key in sent if not application.photos.picture(key).exists()]
    return wrong[:20]


def each(phones: list[EveningPhone], do: Any) -> None:
    """The same for every phone at the same time."""
    threads = [threading.Thread(target=do, args=(one,), daemon=True) for one in phones]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main() -> int:
    """Run it; 0 where nothing was lost, doubled or answered with 5xx."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--phones", type=int, default=200)
    parser.add_argument("--cards", type=int, default=2, help="cards of each phone")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="paidan-evening-") as made:
        demo = Demo(Path(made) / "var")
        demo.start()
        try:
            application = build(settings.load({"PAIDAN_DATA_DIR": str(demo.folder)}))
            engineers = fleet.prepare(application, engineers=options.phones, visits=options.cards)
            shots = pictures(8)
            phones = [EveningPhone(n, demo.port, one, shots) for n, one in enumerate(engineers)]
            each(phones, lambda one: one.log_in())
            began = time.monotonic()
            each(phones, lambda one: one.work())
            took_s = time.monotonic() - began
            waited_s = wait_ready(application)
            report = told(phones, took_s, waited_s, len(shots[0]))
            report["wrong"] = check(application, phones)
            application.engine.dispose()
        finally:
            demo.stop()
    print(json.dumps(report, ensure_ascii=False, indent=2))
    return 0 if not (report["wrong"] or report["server_errors"] or report["unexpected"]) else 1


def wait_ready(application: Application) -> float:
    """Seconds until every photo that has arrived was made ready."""
    began = time.monotonic()
    while time.monotonic() - began < READY_WITHIN_S:
        with application.engine.execution_options(read_only=True).connect() as connection:
            left = connection.execute(text("SELECT count(*) FROM photos WHERE status <> 'ready'"))
            if not left.scalar_one():
                break
        time.sleep(0.5)
    return time.monotonic() - began


def told(phones: list[EveningPhone], took_s: float, waited_s: float, photo_bytes: int) -> dict[str, Any]:
    """The report."""
    seen = [call for one in phones for call in one.calls if call.name != "log in"]
    names = sorted({call.name for call in seen})
    return {
        "phones": len(phones),
        "cards": sum(len(one.cards) for one in phones),
        "photos": sum(len(one.photos) for one in phones),
        "photo_bytes": photo_bytes,
        "seconds": round(took_s, 1),
        "requests": len(seen),
        "photos_ready_after_s": round(waited_s, 1),
        "ms_by_request": {name: percentiles([call for call in seen if call.name == name]) for name in names},
        "server_errors": sum(call.status >= 500 for call in seen),
        "unexpected": [line for one in phones for line in one.unexpected][:10],
    }


if __name__ == "__main__":
    sys.exit(main())
