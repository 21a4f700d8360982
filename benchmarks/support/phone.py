"""An engineer's phone: one keep-alive connection, the requests of the phone page, some of them repeated."""

import base64
import contextlib
import http.client
import json
import random
import time
import uuid
from dataclasses import dataclass
from typing import Any

from benchmarks.support.fleet import PASSWORD, Engineer

SIGNATURE = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(6000)).decode()
AGAIN = 0.25  # part of the writes that a phone sends again although they were answered
BREAKS = 0.02  # part of the writes whose line breaks before the answer


@dataclass(frozen=True)
class Call:
    """One request and how it ended; status 0 where there was no answer."""

    name: str
    status: int
    took_s: float


class Phone:
    """Works through its engineer's day until the time is over."""

    def __init__(self, n: int, port: int, engineer: Engineer, *, pause_s: float) -> None:
        self.engineer, self.port, self.pause_s = engineer, port, pause_s
        self.chance = random.Random(n)
        self.connection: http.client.HTTPConnection | None = None
        self.token = ""
        self.calls: list[Call] = []
        self.acknowledged: list[dict[str, Any]] = []
        self.cards: list[tuple[str, dict[str, Any], int]] = []
        self.unexpected: list[str] = []
        self.broken = self.repeated = 0

    def log_in(self) -> None:
        """A token for this phone."""
        body = {"login": self.engineer.login, "password": PASSWORD, "device": "benchmark"}
        self.token = self.ask("log in", "POST", "/auth/tokens", body, expected=201).get("token", "")

    def work(self, until: float) -> None:
        """The day, visit by visit; afterwards what a phone asks for while nothing happens."""
        self.ask("forms", "GET", "/mobile/forms")
        for visit_id in self.engineer.visit_ids:
            for step, body in (
                ("accept", {}),
                ("set-out", {}),
                ("sign-in", {"lat": 39.9, "lon": 116.4, "accuracy_m": 12.0}),
                ("finish", {"lat": 39.9, "lon": 116.4}),
            ):
                if time.monotonic() > until:
                    return
                self.ask("day", "GET", f"/mobile/day?on={self.engineer.on}")
                self.write(step, "POST", f"/mobile/visits/{visit_id}/{step}", body, {"visit_id": visit_id})
            self.ask("visit", "GET", f"/mobile/visits/{visit_id}/history")
            self.hand_in(visit_id)
            self.ask("inbox", "GET", "/mobile/inbox?size=20")
        while time.monotonic() < until:
            self.ask("day", "GET", f"/mobile/day?on={self.engineer.on}")
            self.ask("inbox", "GET", "/mobile/inbox?size=20")
            if self.cards:
                path, card, card_id = self.chance.choice(self.cards)
                self.repeat("card", "PUT", path, card, card_id)

    def hand_in(self, visit_id: int) -> None:
        """The feedback card under the phone's own UUID."""
        key = str(uuid.uuid4())
        remarks = f"visit {visit_id} by {self.engineer.login}"
        data = {
            "result": "done",
            "access_mode": "pbx_trunk",
            "device_model": "DL4-C",
            "device_serial": f"B-{visit_id}",
            "conditions": "供电正常，已接地，弱电间干燥",
            "trained": True,
            "trained_whom": "前台",
            "mark_whole": "5",
            "signed_by": "前台",
            "remarks": remarks,
            "lines": [
                {"number": f"线 {n}", "voltage_before": 48.1, "voltage_after": 48.2} for n in range(1, 5)
            ],
        }
        body = {"visit_id": visit_id, "data": data, "signature": SIGNATURE}
        known = {"visit_id": visit_id, "uuid": key, "remarks": remarks}
        answer = self.write("card", "PUT", f"/mobile/cards/{key}", body, known)
        if "id" in answer:
            self.cards.append((f"/mobile/cards/{key}", body, answer["id"]))

    def write(
        self, name: str, method: str, path: str, body: dict[str, Any], known: dict[str, Any]
    ) -> dict[str, Any]:
        """Send a write until it is answered; remember that it was; sometimes send it once more."""
        if self.chance.random() < BREAKS:
            self.send_and_break(method, path, body)
        answer = self.ask(name, method, path, body)
        if not answer:
            return {}
        self.acknowledged.append({"what": name, **known})
        if self.chance.random() < AGAIN:
            self.repeat(name, method, path, body, answer["id"])
        return answer

    def repeat(self, name: str, method: str, path: str, body: dict[str, Any], wanted_id: int) -> None:
        """The same once more; it must get the same answer."""
        self.repeated += 1
        again = self.ask(f"{name} again", method, path, body)
        if again.get("id") != wanted_id:
            self.unexpected.append(f"{path} answered {again.get('id')} after {wanted_id}")

    def send_and_break(self, method: str, path: str, body: dict[str, Any]) -> None:
        """Send it and hang up before the answer."""
        self.broken += 1
        connection = self._connect()
        connection.request(method, f"/api/v1{path}", json.dumps(body), self._headers())
        self._hang_up()

    def ask(
        self, name: str, method: str, path: str, body: dict[str, Any] | None = None, *, expected: int = 200
    ) -> dict[str, Any]:
        """One request; {} where it did not end as expected, which is noted."""
        if self.pause_s:
            time.sleep(self.chance.uniform(0.5, 1.5) * self.pause_s)
        began = time.monotonic()
        status, text = 0, b""
        for _ in range(3):  # a kept connection that the server has closed meanwhile is opened anew
            try:
                connection = self._connect()
                connection.request(method, f"/api/v1{path}", body and json.dumps(body), self._headers())
                response = connection.getresponse()
                status, text = response.status, response.read()
                break
            except (http.client.HTTPException, OSError):
                self._hang_up()
        self.calls.append(Call(name, status, time.monotonic() - began))
        if status != expected:
            self.unexpected.append(f"{method} {path}: {status} {text[:200].decode(errors='replace')}")
            return {}
        found = json.loads(text) if text else {}
        return found if isinstance(found, dict) else {"rows": found}

    def _connect(self) -> http.client.HTTPConnection:
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        return self.connection

    def _hang_up(self) -> None:
        if self.connection is not None:
            with contextlib.suppress(OSError):
                self.connection.close()
            self.connection = None

    def _headers(self) -> dict[str, str]:
        return {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {self.token}"} if self.token else {}
        )
