"""Robots of a group: WeCom (企业微信) and DingTalk (钉钉), each one webhook.

Both answer HTTP 200 with a code of their own. Neither knows a message by a key, so what may have arrived is not sent
again. Codes: developer.work.weixin.qq.com/document/path/90313 and 91770; open.dingtalk.com/document/robots.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus

import requests

from backend.adapters.ways import Message, Result, make_session, post, wait_of
from backend.core.settings import BadSetting

WECOM_BYTES, DINGTALK_BYTES = 2048, 20_000
A_MINUTE, TEN_MINUTES = 60.0, 600.0
HEAD = "【派单】"
"""Stands before each text: a DingTalk robot with a keyword wants 派单."""
WECOM_LATER = {-1: A_MINUTE, 45009: A_MINUTE, 45033: A_MINUTE}
"""System busy; more than 20 a minute; too many at once."""
DINGTALK_LATER = {-1: A_MINUTE, 130101: TEN_MINUTES, 90030: TEN_MINUTES}
"""System busy; more than 20 a minute, after which it is deaf for ten; quota of an old robot."""


class WeComRobot:
    """A robot of a WeCom group. 93000 (unknown webhook), 40058 (bad text) and every other code refuse for good."""

    longest_bytes = WECOM_BYTES

    def __init__(self, url: str) -> None:
        self.url, self._session = url, make_session()

    def send(self, message: Message) -> Result:
        """One text to the group."""
        body = {"msgtype": "text", "text": {"content": shortened(HEAD + message.text, self.longest_bytes)}}
        return _understood(post(self._session, self.url, known_by_key=False, json=body), WECOM_LATER)


class DingTalkRobot:
    """A robot of a DingTalk group, signed where it has a secret.

    310000 (keyword, signature or address not accepted), 300001 (unknown token) and every other code refuse for good.
    """

    longest_bytes = DINGTALK_BYTES

    def __init__(self, url: str, secret: str, now: Callable[[], datetime]) -> None:
        self.url, self._secret, self._now, self._session = url, secret, now, make_session()

    def send(self, message: Message) -> Result:
        """One text to the group."""
        body = {"msgtype": "text", "text": {"content": shortened(HEAD + message.text, self.longest_bytes)}}
        return _understood(post(self._session, self._signed(), known_by_key=False, json=body), DINGTALK_LATER)

    def _signed(self) -> str:
        """The address with time and signature: base64 of HMAC-SHA256 of "milliseconds, line feed, secret"."""
        if not self._secret:
            return self.url
        stamp = int(self._now().timestamp() * 1000)
        digest = hmac.new(self._secret.encode(), f"{stamp}\n{self._secret}".encode(), hashlib.sha256).digest()
        mark = "&" if "?" in self.url else "?"
        return f"{self.url}{mark}timestamp={stamp}&sign={quote_plus(base64.b64encode(digest))}"


def make_robots(
    wecom_url: str, dingtalk_url: str, dingtalk_secret: str, now: Callable[[], datetime]
) -> dict[str, Any]:
    """The robots that are set up, by channel. Raises BadSetting for an address that is no web address."""
    for name, url in (("PAIDAN_WECOM_ROBOT_URL", wecom_url), ("PAIDAN_DINGTALK_ROBOT_URL", dingtalk_url)):
        if url and not url.startswith(("https://", "http://")):
            raise BadSetting(name=name, value=url, expected="https://…")
    found: dict[str, Any] = {"wecom": WeComRobot(wecom_url)} if wecom_url else {}
    return found | ({"dingtalk": DingTalkRobot(dingtalk_url, dingtalk_secret, now)} if dingtalk_url else {})


def shortened(text: str, most_bytes: int) -> str:
    """The text, cut at a whole character with … where it is longer than that in UTF-8."""
    raw = text.encode()
    if len(raw) <= most_bytes:
        return text
    return raw[: most_bytes - len("…".encode())].decode(errors="ignore") + "…"


def _understood(answer: requests.Response | Result, later: dict[int, float]) -> Result:
    if isinstance(answer, Result):
        return answer
    status = answer.status_code
    if status in (429, 503):
        return Result("retry", f"HTTP {status}", wait_of(answer) or A_MINUTE)
    if status >= 500:  # a gateway in between: it may have passed the message on
        return Result("unsure", f"HTTP {status}")
    if status != 200:
        return Result("refused", f"HTTP {status}")
    try:
        said = answer.json()
        code, words = int(said["errcode"]), str(said.get("errmsg", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return Result("unsure", "the answer is no JSON of a robot")
    if code == 0:
        return Result("sent")
    if code in later:
        return Result("retry", f"{code} {words}", later[code])
    return Result("refused", f"{code} {words}")
