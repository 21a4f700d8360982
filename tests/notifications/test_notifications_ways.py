"""Each way out against a double that fails in every documented way."""

import base64
import hashlib
import hmac
import json
import stat
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import http_ece
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from backend.adapters import ways
from backend.adapters.robots import DingTalkRobot, WeComRobot, make_robots, shortened
from backend.adapters.sms import SmsGateway
from backend.adapters.ways import Message
from backend.adapters.web_push import VapidKey, WebPush, allowed
from backend.core import settings
from backend.core.settings import BadSetting
from tests.support.doubles import NOWHERE, Answer, Service, as_json, service
from tests.support.phone_browser import PhoneBrowser

HOSTS = ("127.0.0.1",)
NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
SECRET = "SEC0123456789"


def ok(_: Any) -> Answer:
    return as_json({"errcode": 0, "errmsg": "ok"})


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a second is long enough here."""
    monkeypatch.setattr(ways, "ANSWER_S", 0.5)


@pytest.fixture
def robot() -> Iterator[Service]:
    with service(ok) as made:
        yield made


@pytest.fixture
def push_service() -> Iterator[Service]:
    with service(lambda _: Answer(201)) as made:
        yield made


def news(address: dict[str, str] | None = None, **given: Any) -> Message:
    return Message(
        "inbox:1:x:2",
        address or {},
        "张工上报 W-1：线 2 没有音",
        {"kind": "escalated", "visit_id": "7"},
        **given,
    )


BUSY_WECOM = [45009, 45033, -1]
BUSY_DINGTALK = [130101, 90030, -1]


@pytest.mark.parametrize(
    ("answer", "outcome", "wait_s"),
    [
        (as_json({"errcode": 0, "errmsg": "ok"}), "sent", None),
        *[(as_json({"errcode": code, "errmsg": "later"}), "retry", 60.0) for code in BUSY_WECOM],
        (as_json({"errcode": 93000, "errmsg": "invalid webhook url"}), "refused", None),
        (as_json({"errcode": 40058, "errmsg": "text.content exceed max length"}), "refused", None),
        (Answer(429, headers={"Retry-After": "7"}), "retry", 7.0),
        (Answer(503), "retry", 60.0),
        (Answer(404), "refused", None),
        (Answer(302, headers={"Location": "http://127.0.0.1:9/"}), "refused", None),
        (Answer(502), "unsure", None),
        (Answer(200, b"<html>welcome to the guest wlan</html>"), "unsure", None),
        (Answer(200, b'{"errcode": 0'), "unsure", None),
        (as_json(["errcode"]), "unsure", None),
        (as_json({"errmsg": "no code"}), "unsure", None),
        (Answer(broken=True), "unsure", None),
        (Answer(after_s=1.5), "unsure", None),
    ],
)
def test_wecom(robot: Service, answer: Answer, outcome: str, wait_s: float | None) -> None:
    robot.line.append(answer)
    result = WeComRobot(f"{robot.url}/cgi-bin/webhook/send?key=k").send(news())
    assert (result.outcome, result.wait_s) == (outcome, wait_s), result.detail
    (got,) = robot.got
    assert got.path == "/cgi-bin/webhook/send?key=k"
    assert got.json == {"msgtype": "text", "text": {"content": "【派单】张工上报 W-1：线 2 没有音"}}


@pytest.mark.parametrize(
    ("code", "words", "outcome"),
    [
        (0, "ok", "sent"),
        *[(code, "send too fast", "retry") for code in BUSY_DINGTALK],
        (310000, "keywords not in content", "refused"),
        (310000, "sign not match", "refused"),
        (300001, "token is not exist", "refused"),
        (400102, "robot is stopped", "refused"),
    ],
)
def test_dingtalk_is_signed_and_its_codes_are_understood(
    robot: Service, code: int, words: str, outcome: str
) -> None:
    robot.line.append(as_json({"errcode": code, "errmsg": words}))
    result = DingTalkRobot(f"{robot.url}/robot/send?access_token=t", SECRET, lambda: NOW).send(news())
    assert result.outcome == outcome and (outcome == "sent" or words in result.detail)
    given = parse_qs(urlsplit(robot.got[0].path).query)
    stamp = str(int(NOW.timestamp() * 1000))
    signed = hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()
    assert given == {"access_token": ["t"], "timestamp": [stamp], "sign": [base64.b64encode(signed).decode()]}


def test_a_robot_that_is_not_reached_is_asked_again(robot: Service) -> None:
    assert WeComRobot(NOWHERE).send(news()).outcome == "retry"
    assert DingTalkRobot(NOWHERE, "", lambda: NOW).send(news()).outcome == "retry"
    plain = DingTalkRobot(f"{robot.url}/send", "", lambda: NOW)
    assert plain.send(news()).outcome == "sent" and robot.got[0].path == "/send", "no secret, no signature"


def test_long_news_is_cut_at_a_whole_character(robot: Service) -> None:
    long = Message("k", {}, "卡" * 3000, {})
    assert WeComRobot(robot.url).send(long).outcome == "sent"
    content = robot.got[0].json["text"]["content"]
    assert len(content.encode()) <= 2048 and content.endswith("卡…")
    assert shortened("短", 10) == "短"


def test_robots_of_the_settings() -> None:
    assert make_robots("", "", "", lambda: NOW) == {}
    assert set(make_robots("https://a/x", "https://b/y", SECRET, lambda: NOW)) == {"wecom", "dingtalk"}
    with pytest.raises(BadSetting):
        make_robots("ftp://a", "", "", lambda: NOW)


@pytest.mark.parametrize(
    ("answer", "outcome", "wait_s"),
    [
        (Answer(200), "sent", None),
        (Answer(202), "sent", None),
        (Answer(400), "refused", None),
        (Answer(401), "refused", None),
        (Answer(307), "refused", None),
        (Answer(429, headers={"Retry-After": "30"}), "retry", 30.0),
        (Answer(500), "retry", None),
        (Answer(504), "retry", None),
        (Answer(broken=True), "retry", None),
        (Answer(after_s=1.5), "retry", None),
    ],
)
def test_text_messages(robot: Service, answer: Answer, outcome: str, wait_s: float | None) -> None:
    robot.line.append(answer)
    result = SmsGateway(f"{robot.url}/sms", "secret").send(news({"phone": "138-0000-0000"}))
    assert (result.outcome, result.wait_s) == (outcome, wait_s)
    got = robot.got[0]
    assert got.headers["Authorization"] == "Bearer secret"
    assert got.json["phone"] == "138-0000-0000" and got.json["key"] == "inbox:1:x:2"


@pytest.fixture
def key(tmp_path: Path) -> VapidKey:
    return VapidKey(tmp_path / "data" / "vapid.key")


def test_the_phone_alone_can_read_it_and_the_service_knows_who_sends(
    push_service: Service, key: VapidKey
) -> None:
    phone = PhoneBrowser(f"{push_service.url}/push/1")
    way = WebPush(key, HOSTS, "mailto:it@example.com")
    assert way.send(news(phone.address, urgent=True, useful_s=7200)).outcome == "sent"
    (got,) = push_service.got
    assert "张工".encode() not in got.body
    said = phone.read(got.body)
    assert said == {
        "key": "inbox:1:x:2",
        "text": "张工上报 W-1：线 2 没有音",
        "kind": "escalated",
        "visit_id": "7",
    }
    other = PhoneBrowser("x")
    with pytest.raises(http_ece.ECEException):
        other.read(got.body)
    word, public = got.headers["Authorization"].removeprefix("vapid t=").split(", k=")
    point = base64.urlsafe_b64decode(public + "==")
    signer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    claims = jwt.decode(word, signer, ["ES256"], audience=push_service.url)
    assert claims["sub"] == "mailto:it@example.com" and public == key.public
    assert (got.headers["TTL"], got.headers["Urgency"]) == ("7200", "high")
    way.send(news(phone.address))
    assert push_service.got[1].headers["Topic"] == got.headers["Topic"], "a second sending replaces the first"
    assert push_service.got[1].headers["Urgency"] == "normal"


@pytest.mark.parametrize(
    ("answer", "outcome", "wait_s"),
    [
        (Answer(201), "sent", None),
        (Answer(202), "sent", None),
        (Answer(400, b"UnauthorizedRegistration"), "refused", None),
        (Answer(401), "refused", None),
        (Answer(403, b"vapid credentials do not correspond"), "refused", None),
        (Answer(413), "refused", None),
        (Answer(301, headers={"Location": NOWHERE}), "refused", None),
        (Answer(404), "gone", None),
        (Answer(410, b"push subscription has unsubscribed or expired"), "gone", None),
        (Answer(429, headers={"Retry-After": "120"}), "retry", 120.0),
        (Answer(429, headers={"Retry-After": "soon"}), "retry", None),
        (Answer(500), "retry", None),
        (Answer(503), "retry", None),
        (Answer(broken=True), "retry", None),
        (Answer(after_s=1.5), "retry", None),
    ],
)
def test_web_push(
    push_service: Service, key: VapidKey, answer: Answer, outcome: str, wait_s: float | None
) -> None:
    push_service.line.append(answer)
    result = WebPush(key, HOSTS).send(news(PhoneBrowser(f"{push_service.url}/push/1").address))
    assert (result.outcome, result.wait_s) == (outcome, wait_s), result.detail


def test_a_service_that_is_away_and_keys_that_are_none(key: VapidKey) -> None:
    way = WebPush(key, HOSTS)
    phone = PhoneBrowser(f"{NOWHERE}/push")
    assert way.send(news(phone.address)).outcome == "retry"
    assert way.send(news(phone.address | {"p256dh": phone.address["p256dh"][:-4]})).outcome == "gone"


@pytest.mark.parametrize(
    ("endpoint", "good"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc", True),
        ("https://updates.push.services.mozilla.com/wpush/v2/x", True),
        ("https://wns2-par02p.notify.windows.com/w/?token=x", True),
        ("https://web.push.apple.com/x", True),
        ("http://fcm.googleapis.com/fcm/send/abc", False),
        ("https://fcm.googleapis.com.evil.example/x", False),
        ("https://evil.example/fcm.googleapis.com", False),
        ("https://fcm.googleapis.com@evil.example/x", False),
        ("https://169.254.169.254/latest/meta-data", False),
        ("http://127.0.0.1:6379/", False),
        ("https://[::1/x", False),
        ("file:///etc/passwd", False),
    ],
)
def test_only_known_push_services_are_asked(endpoint: str, good: bool, key: VapidKey) -> None:
    hosts = settings.load({}).push_hosts
    assert allowed(endpoint, hosts) is good
    if not good:
        address = PhoneBrowser(endpoint).address
        assert WebPush(key, hosts).send(news(address)).outcome == "gone"


def test_the_key_is_made_once_by_whoever_comes_first_and_is_its_owners(tmp_path: Path) -> None:
    path, found = tmp_path / "vapid.key", []
    threads = [threading.Thread(target=lambda: found.append(VapidKey(path).public)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6 and len(set(found)) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and [p.name for p in tmp_path.iterdir()] == [
        "vapid.key"
    ]
    path.write_text("no key")
    with pytest.raises(BadSetting):
        _ = VapidKey(path).private
    assert len(json.dumps(found[0])) == 89
