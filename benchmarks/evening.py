"""The evening: 400 cards and 1,200 photos from 200 phones, everything sent twice: no loss, no double, no 5xx.

`python -m benchmarks.evening` serves a demo of its own as `benchmarks.phones` does. Each phone speaks as the page does:
a visit's steps and card in one batch, its three photos by tus with the first piece in the announcement, then a sync;
then the same batch and the same photos again, as after answers that were lost. `--minutes 10` spreads the cards over
ten minutes, while every phone also syncs once a minute as an open page does; without it all phones send at once and
without a pause. Afterwards the database and the folder are asked for every card and photo. Loopback only; it ends by
itself.
"""

import argparse
import base64
import hashlib
import json
import random
import resource
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
PIECE_BYTES = 2 * 1024 * 1024
"""What the page has come to on a good line."""
SYNC_EVERY_S = 60.0
READY_WITHIN_S = 1200
LOG_IN_TOGETHER = 8
TUS = {"Tus-Resumable": "1.0.0"}
PIECE = {"Content-Type": "application/offset+octet-stream"}
WHOLE = "card with its three photos"
"""From the first byte of the card's batch to the answer to the last byte of the third photo."""


class EveningPhone:
    """One phone that has signal again."""

    def __init__(self, n: int, port: int, engineer: fleet.Engineer, pictures: list[bytes]) -> None:
        self.engineer, self.pictures = engineer, pictures
        self.chance, self.session = random.Random(n), requests.Session()
        self.base, self.calls = f"http://127.0.0.1:{port}/api/v1", list[Call]()
        self.cards: list[str] = []
        self.photos: dict[str, str] = {}
        self.unexpected: list[str] = []
        self.cursor = ""

    def log_in(self) -> None:
        """A token for this phone."""
        body = {"login": self.engineer.login, "password": fleet.PASSWORD, "device": "benchmark"}
        answer = self.ask("log in", "POST", "/auth/tokens", 201, json=body)
        self.session.headers["Authorization"] = f"Bearer {answer.json()['token']}"

    def at_once(self) -> None:
        """Everything without a pause."""
        self.sync("first sync")
        for visit_id in self.engineer.visit_ids:
            self.hand_in(visit_id)

    def over(self, seconds: float) -> None:
        """The cards at any time within the seconds, and a sync each minute."""
        began = time.monotonic()
        todo = [(self.chance.uniform(0, seconds), visit_id) for visit_id in self.engineer.visit_ids]
        phase = self.chance.uniform(0, min(SYNC_EVERY_S, seconds))
        todo += [(phase + n * SYNC_EVERY_S, 0) for n in range(int((seconds - phase) // SYNC_EVERY_S) + 1)]
        for n, (at, visit_id) in enumerate(sorted(todo)):
            time.sleep(max(0.0, began + at - time.monotonic()))
            if visit_id:
                self.hand_in(visit_id)
            else:
                self.sync("sync" if n else "first sync")

    def sync(self, name: str = "sync") -> None:
        """What is new, by the cursor."""
        path = "/mobile/sync" + (f"?cursor={self.cursor}" if self.cursor else "")
        answer = self.ask(name, "GET", path, 200)
        if answer.status_code == 200:
            self.cursor = answer.json().get("cursor", self.cursor)

    def hand_in(self, visit_id: int) -> None:
        """A visit with its card and photos; then all of it again."""
        began = datetime.now(UTC) - timedelta(hours=2)
        batch = {"sent_at": datetime.now(UTC).isoformat(), "items": self.items(visit_id, began)}
        shots = [(str(uuid.uuid4()), self.chance.choice(self.pictures)) for _ in range(PHOTOS_OF_A_CARD)]
        for again in ("", " again"):
            with self.timed(WHOLE + again):
                answer = self.ask("card" + again, "POST", "/mobile/outbox", 200, json=batch)
                said = [item["status"] for item in answer.json().get("items", [])]
                if set(said) != {"done"}:
                    self.unexpected.append(f"card{again} of {visit_id}: {answer.text[:200]}")
                for key, data in shots:
                    with self.timed("photo" + again):
                        self.send_photo(key, visit_id, data, again=bool(again))
            self.sync()

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

    def send_photo(self, key: str, visit_id: int, data: bytes, *, again: bool) -> None:
        """Announce it with the first piece, send the others from where the server stands.

        After a lost answer the page announces without a piece and hears how much is there.
        """
        now = datetime.now(UTC).isoformat()
        facts = {"uuid": key, "visit_id": str(visit_id), "phone_at": now, "sent_at": now}
        facts["sha256"] = hashlib.sha256(data).hexdigest()
        pairs = ",".join(
            f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in facts.items()
        )
        new = TUS | {"Upload-Length": str(len(data)), "Upload-Metadata": pairs}
        piece = b"" if again else data[:PIECE_BYTES]
        if piece:
            new |= PIECE | checked(piece)
        name = "announcement again" if again else "announcement"
        answer = self.ask(name, "POST", "/mobile/photos", 201, headers=new, data=piece)
        while answer.status_code in (201, 204):
            offset = int(answer.headers["Upload-Offset"])
            if offset == len(data):
                self.photos[key] = facts["sha256"]
                return
            piece = data[offset : offset + PIECE_BYTES]
            headers = TUS | PIECE | checked(piece) | {"Upload-Offset": str(offset)}
            answer = self.ask("piece", "PATCH", f"/mobile/photos/{key}", 204, headers=headers, data=piece)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """How long several requests took together."""
        began = time.monotonic()
        yield
        self.calls.append(Call(name, 0, time.monotonic() - began))

    def ask(self, name: str, method: str, path: str, expected: int, **more: Any) -> requests.Response:
        """One request; what did not end as expected is noted."""
        began = time.monotonic()
        answer = self.session.request(method, self.base + path, timeout=120, **more)
        self.calls.append(Call(name, answer.status_code, time.monotonic() - began))
        if answer.status_code != expected:
            self.unexpected.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        return answer


def checked(piece: bytes) -> dict[str, str]:
    """The digest that goes with a piece."""
    return {"Upload-Checksum": f"sha256 {base64.b64encode(hashlib.sha256(piece).digest()).decode()}"}


def pictures(count: int) -> list[bytes]:
    """Photos of a cheap phone: 3 megapixels, about 1.1 MB each."""
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


def each(phones: list[EveningPhone], do: Callable[[EveningPhone], None], together: int = 0) -> None:
    """The same for every phone, for all at the same time or for so many."""
    gate = threading.Semaphore(together or len(phones))

    def one(phone: EveningPhone) -> None:
        with gate:
            do(phone)

    threads = [threading.Thread(target=one, args=(phone,), daemon=True) for phone in phones]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main() -> int:
    """Run it; 0 where nothing was lost, doubled or answered with 5xx."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--phones", type=int, default=200)
    parser.add_argument("--cards", type=int, default=2, help="cards of each phone")
    parser.add_argument(
        "--minutes", type=float, default=0.0, help="spread the cards over so long; 0: all at once"
    )
    parser.add_argument(
        "--database-url", default="", help="an empty PostgreSQL database; else the default, SQLite"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="paidan-evening-") as made:
        own = {"PAIDAN_DATABASE_URL": options.database_url} if options.database_url else {}
        demo = Demo(Path(made) / "var", own)
        demo.start()
        try:
            application = build(settings.load({"PAIDAN_DATA_DIR": str(demo.folder), **own}))
            engineers = fleet.prepare(application, engineers=options.phones, visits=options.cards)
            shots = pictures(8)
            phones = [EveningPhone(n, demo.port, one, shots) for n, one in enumerate(engineers)]
            each(phones, lambda one: one.log_in(), LOG_IN_TOGETHER)
            began = time.monotonic()
            if options.minutes:
                each(phones, lambda one: one.over(options.minutes * 60))
            else:
                each(phones, lambda one: one.at_once())
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
    own = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "phones": len(phones),
        "cards": sum(len(one.cards) for one in phones),
        "photos": sum(len(one.photos) for one in phones),
        "photo_bytes": photo_bytes,
        "seconds": round(took_s, 1),
        "requests": sum(call.status > 0 for call in seen),
        "photos_ready_after_s": round(waited_s, 1),
        "processor_s_of_the_phones": round(own.ru_utime + own.ru_stime, 1),
        "ms": {name: percentiles([call for call in seen if call.name == name]) for name in names},
        "server_errors": sum(call.status >= 500 for call in seen),
        "unexpected": [line for one in phones for line in one.unexpected][:10],
    }


if __name__ == "__main__":
    sys.exit(main())
