"""Phones, network and server in random order: nothing lost, nothing doubled.

Two phones of one engineer press buttons while requests or answers get lost, clocks jump, tokens are revoked, visits
are taken away. At the end every phone gets through, and what the engineer pressed is at the server exactly once.
`PAIDAN_MACHINE_RUNS` sets the number of runs.
"""

import os
import shutil
import tempfile
import uuid
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from backend.bootstrap import Application, build
from backend.core import settings as house
from backend.core.clock import FixedClock
from backend.core.uow import SYSTEM
from backend.visits import actions as visits
from backend.visits.models import Card, PhoneWrite, Visit
from tests.mobile_api.conftest import Caller, Prepared, World
from tests.mobile_api.test_mobile_api_phone import CARD, PNG
from wsgi import create_app

RUNS = int(os.environ.get("PAIDAN_MACHINE_RUNS", "25"))
STEPS = ("accept", "set_out", "sign_in", "finish", "card")
PHONES, VISITS = st.integers(0, 1), st.integers(0, 2)


class Phone:
    """What the page does, in few lines: keep first, send in order, keep what is not answered."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.outbox: list[dict[str, Any]] = []
        self.pressed: list[dict[str, Any]] = []
        self.answers: dict[str, str] = {}
        self.done: Counter[int] = Counter()
        self.off = timedelta(0)
        self.known_off_s: int | None = None


class Machine(RuleBasedStateMachine):
    """The rules; ``prepared`` is given by the test."""

    prepared: Prepared
    application: Application
    app: Any
    folder: Path

    @initialize()
    def morning(self) -> None:
        """A fresh database under the same application, and two phones that are logged in."""
        self.application.engine.dispose()
        for left in self.folder.glob("paidan.db*"):
            left.unlink()
        shutil.copy(self.prepared.path, self.folder / "paidan.db")
        clock = self.application.transactions.clock
        assert isinstance(clock, FixedClock)
        clock.at = FixedClock().at
        self.world = World(
            self.app,
            clock,
            self.application.transactions,
            self.prepared.department,
            list(self.prepared.visits),
        )
        self.phones = [Phone(self.world.engineer(0)), Phone(self.world.engineer(0))]

    @rule(n=PHONES, of=VISITS)
    def press(self, n: int, of: int) -> None:
        """The next button of a visit, kept on the phone."""
        phone, visit_id = self.phones[n], self.world.visits[of]
        if phone.done[visit_id] == len(STEPS):
            return
        kind = STEPS[phone.done[visit_id]]
        phone.done[visit_id] += 1
        body: dict[str, Any] = {}
        if kind == "card":
            body = {"uuid": str(uuid.uuid4()), "data": CARD, "signature": PNG}
        item = {
            "uuid": str(uuid.uuid4()),
            "kind": kind,
            "visit_id": visit_id,
            "phone_at": (self.world.clock.at + phone.off).isoformat(),
            "clock_off_s": phone.known_off_s,
            "body": body,
        }
        phone.outbox.append(item)
        phone.pressed.append(item)

    @rule(n=PHONES, lost=st.sampled_from(["nothing", "request", "answer"]), size=st.integers(1, 6))
    def send(self, n: int, lost: str, size: int) -> None:
        """Send the oldest items over a line that may lose the request, or the answer after the work was done."""
        phone = self.phones[n]
        if phone.outbox and lost != "request":
            self._send(phone, size, answer_arrives=lost == "nothing")

    @rule(minutes=st.integers(1, 600))
    def time_passes(self, minutes: int) -> None:
        """Minutes to hours."""
        self.world.clock.advance(minutes=minutes)

    @rule(n=PHONES, hours=st.sampled_from([-26, -1, 0, 1, 24]))
    def clock_is_set(self, n: int, hours: int) -> None:
        """Somebody sets the phone's clock."""
        self.phones[n].off = timedelta(hours=hours)

    @rule(n=PHONES)
    def logged_out_and_in(self, n: int) -> None:
        """The token is revoked; what waits is not accepted until he logs in again."""
        phone = self.phones[n]
        phone.caller("DELETE", "/auth/tokens/current")
        assert self._post(phone, phone.outbox[:1] or [_probe(self)]).status_code == 401
        phone.caller = self.world.engineer(0)

    @rule(of=VISITS)
    def taken_away(self, of: int) -> None:
        """The assistant gives the visit to someone else."""
        visit_id = self.world.visits[of]
        with self.world.transactions.read(SYSTEM) as uow:
            ended = uow.session.get_one(Visit, visit_id).outcome is not None
        if not ended:
            self.world.do(lambda uow: visits.withdraw(uow, visit_id=visit_id, reason="moved"))

    @invariant()
    def stamps_are_in_order(self) -> None:
        """No step is before the one before it, or in the future; a visit has at most one card."""
        if not hasattr(self, "world"):
            return
        now = self.world.clock.at
        with self.world.transactions.read(SYSTEM) as uow:
            for visit in uow.session.scalars(select(Visit)):
                stamps = [visit.accepted_at, visit.set_out_at, visit.signed_in_at, visit.finished_at]
                known = [stamp for stamp in stamps if stamp is not None]
                assert stamps[: len(known)] == known
                assert known == sorted(known)
                assert all(stamp <= now for stamp in known)
            cards = Counter(uow.session.scalars(select(Card.visit_id)))
        assert all(count == 1 for count in cards.values())

    def teardown(self) -> None:
        """At last there is a signal: all gets through, and the server has each press exactly once."""
        if not hasattr(self, "world"):
            return
        for phone in self.phones:
            for _ in range(len(phone.outbox) + 1):
                if phone.outbox:
                    self._send(phone, 50, answer_arrives=True)
            assert phone.outbox == []
        with self.world.transactions.read(SYSTEM) as uow:
            columns = (PhoneWrite.uuid, PhoneWrite.status, PhoneWrite.body)
            there = {write.uuid: write for write in uow.session.execute(select(*columns))}
        pressed = [item for phone in self.phones for item in phone.pressed]
        assert sorted(there) == sorted(item["uuid"] for item in pressed)
        for phone in self.phones:
            for item in phone.pressed:
                assert phone.answers[item["uuid"]] == there[item["uuid"]].status
                if there[item["uuid"]].status == "kept":
                    assert there[item["uuid"]].body == item["body"]
        done = [item for item in pressed if there[item["uuid"]].status == "done" and item["kind"] == "card"]
        with self.world.transactions.read(SYSTEM) as uow:
            cards = set(uow.session.scalars(select(Card.uuid)))
        assert cards == {item["body"]["uuid"] for item in done}

    def _send(self, phone: Phone, size: int, *, answer_arrives: bool) -> None:
        answer = self._post(phone, phone.outbox[:size])
        assert answer.status_code == 200, answer.json
        if not answer_arrives:
            return
        phone.known_off_s = -int(phone.off.total_seconds())
        for item in answer.json["items"]:
            if item["status"] == "waiting":
                continue
            phone.answers[item["uuid"]] = item["status"]
            # A refused item is read by the engineer, who gives it up; what waited behind it goes on.
            phone.outbox = [one for one in phone.outbox if one["uuid"] != item["uuid"]]

    def _post(self, phone: Phone, items: list[dict[str, Any]]) -> Any:
        sent_at = (self.world.clock.at + phone.off).isoformat()
        return phone.caller("POST", "/mobile/outbox", json={"sent_at": sent_at, "items": items})


def _probe(machine: Machine) -> dict[str, Any]:
    at = machine.world.clock.at.isoformat()
    return {"uuid": str(uuid.uuid4()), "kind": "read", "visit_id": None, "phone_at": at, "body": {}}


def test_nothing_is_lost_and_nothing_doubled(prepared: Prepared) -> None:
    """Thirty random steps, many times over."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        application = build(house.load({"PAIDAN_DATA_DIR": folder}), FixedClock())
        values = {
            "prepared": prepared,
            "application": application,
            "app": create_app(application),
            "folder": Path(folder),
        }
        for name, value in values.items():
            patch.setattr(Machine, name, value, raising=False)
        try:
            run_state_machine_as_test(
                Machine,
                settings=settings(
                    max_examples=RUNS,
                    stateful_step_count=30,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            application.engine.dispose()
