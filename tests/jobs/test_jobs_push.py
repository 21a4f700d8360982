"""FCM against a double of the service that answers on this machine's loopback."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import select

from backend.adapters.fcm import BadPushCredentials, FcmPush, make_fcm
from backend.adapters.ways import Message, Result
from backend.core.clock import FixedClock
from backend.core.uow import SYSTEM, Transactions
from backend.jobs.sending import send_due
from backend.notifications import actions as notifications
from backend.notifications import deliveries
from backend.notifications.models import Delivery
from backend.staff import queries as staff
from backend.staff.models import DeviceToken
from tests.dispatch.department import Department


def fcm_error(status: int, code: str, fcm_code: str | None = None) -> tuple[int, dict[str, Any]]:
    kind = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
    details = [{"@type": kind, "errorCode": fcm_code}] if fcm_code else []
    return status, {
        "error": {"code": status, "status": code, "message": "said the double", "details": details}
    }


FID = "dWy5p8eFQ0uGm1Zs3c9LxA"
ANSWERS = {
    "good": (200, {"name": "projects/p/messages/1"}),
    "gone": fcm_error(404, "NOT_FOUND", "UNREGISTERED"),
    "quota": fcm_error(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"),
    "away": fcm_error(503, "UNAVAILABLE"),
    "sender": fcm_error(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"),
    "bad": fcm_error(400, "INVALID_ARGUMENT"),
    FID: (200, {"name": "projects/p/messages/2"}),
}


class Double:
    """Answers by the token that a message is for, and keeps the messages."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        double = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = 200, {"access_token": "t", "expires_in": 3600, "token_type": "Bearer"}
                if self.path != "/token":
                    message = json.loads(body)["message"]
                    double.messages.append(message)
                    status, answer = ANSWERS[message.get("token") or message["fid"]]
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def double() -> Iterator[Double]:
    double = Double()
    yield double
    double.server.shutdown()
    double.server.server_close()


@pytest.fixture
def credentials_file(tmp_path: Path, double: Double) -> Path:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account = {
        "type": "service_account",
        "project_id": "p",
        "private_key_id": "k",
        "private_key": pem.decode(),
        "client_email": "paidan@p.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": f"{double.url}/token",
    }
    path = tmp_path / "account.json"
    path.write_text(json.dumps(account))
    return path


@pytest.fixture
def push(credentials_file: Path, double: Double) -> Iterator[FcmPush]:
    push = make_fcm(str(credentials_file), endpoint=f"{double.url}/send")
    assert isinstance(push, FcmPush)
    yield push
    push.close()


def send(push: FcmPush, token: str) -> Result:
    return push.send(Message("inbox:1:fcm:1", {"token": token}, "日程有变", {"kind": "t"}, True, 600))


@pytest.mark.parametrize(
    ("token", "outcome"),
    [
        ("good", "sent"),
        ("gone", "gone"),
        ("quota", "retry"),
        ("away", "retry"),
        ("sender", "refused"),
        ("bad", "refused"),
    ],
)
def test_answers_are_understood(push: FcmPush, double: Double, token: str, outcome: str) -> None:
    assert send(push, token).outcome == outcome
    (message,) = double.messages
    assert message["notification"] == {"title": "派单", "body": "日程有变"} and message["data"] == {
        "kind": "t"
    }
    android = message["android"]
    assert android["collapse_key"] == android["notification"]["tag"], (
        "the phone shows a second sending as one"
    )
    assert (android["ttl"], android["priority"]) == ("600s", "high")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("registered", "field"), [(FID, "fid"), ("good", "token")])
def test_an_installation_id_and_a_token_each_go_into_their_field(
    push: FcmPush, double: Double, registered: str, field: str
) -> None:
    assert send(push, registered).outcome == "sent"
    (message,) = double.messages
    assert message[field] == registered and {"fid", "token"} & message.keys() == {field}


def test_no_answer_is_worth_another_try(credentials_file: Path, double: Double) -> None:
    silent = make_fcm(str(credentials_file), endpoint="http://127.0.0.1:9/send")
    assert silent is not None and send(silent, "good").outcome == "retry"
    silent.close()


def test_without_credentials_there_is_no_fcm(tmp_path: Path) -> None:
    assert make_fcm("") is None
    with pytest.raises(BadPushCredentials):
        make_fcm(str(tmp_path / "missing.json"))


def test_each_phone_ends_as_the_service_says(
    transactions: Transactions, department: Department, clock: FixedClock, push: FcmPush, double: Double
) -> None:
    person_id = department.engineers[0]
    with transactions.begin(SYSTEM) as uow:
        for token in ("good", "gone", "quota", None):
            uow.session.add(
                DeviceToken(
                    token_hash=f"hash-{token}",
                    person_id=person_id,
                    name=str(token),
                    fcm_token=token,
                    created_at=uow.now,
                    seen_at=uow.now,
                )
            )
        uow.flush()
        for _ in range(2):
            notifications.tell(
                uow, person_id=person_id, fact_key="f-1", kind="t", zh="好", en="good", data={}
            )
    assert send_due(transactions, "fcm", push) == 3
    assert sorted(message["token"] for message in double.messages) == ["gone", "good", "quota"]
    assert outcomes(transactions) == ["gone", "sent", "waiting"]
    with transactions.read(SYSTEM) as uow:
        left = {device.fcm_token for device in staff.active_devices(uow, person_id)}
    assert left == {"good", "quota", None}
    assert send_due(transactions, "fcm", push) == 0, "a retry waits"
    for _ in range(deliveries.MOST_TRIES):
        clock.advance(hours=1)
        send_due(transactions, "fcm", push)
    assert outcomes(transactions) == ["given_up", "gone", "sent"]
    assert send_due(transactions, "fcm", push) == 0


def outcomes(transactions: Transactions) -> list[str]:
    with transactions.read(SYSTEM) as uow:
        return sorted(uow.session.scalars(select(Delivery.status)))
