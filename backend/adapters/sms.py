"""Text messages to customers behind a small interface: a gateway reached by one HTTP request, or nobody."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Literal, Protocol

from backend.core.settings import BadSetting

TIMEOUT_S = 10
Outcome = Literal["sent", "retry", "refused"]


@dataclass(frozen=True)
class SmsResult:
    """How a message ended: taken by the gateway, worth another try, or refused for good."""

    outcome: Outcome
    detail: str = ""


class Sms(Protocol):
    """Sends one message; never raises for what the gateway answers. ``key`` is the same for each try."""

    def send(self, phone: str, text: str, key: str) -> SmsResult: ...


class SmsGateway:
    """A gateway that takes ``{"phone", "text", "key"}`` as JSON and answers 2xx once it has the message.

    Operators differ; a small relay in front of one speaks this. ``key`` lets it drop a second sending.
    """

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url, token

    def send(self, phone: str, text: str, key: str) -> SmsResult:
        """One request; what is wrong on the way is worth another try, what is refused is not."""
        body = json.dumps({"phone": phone, "text": text, "key": key}).encode()
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        # The scheme was checked when the gateway was made.
        request = urllib.request.Request(self.url, data=body, headers=headers, method="POST")  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S):  # noqa: S310
                return SmsResult("sent")
        except urllib.error.HTTPError as exc:
            refused = 400 <= exc.code < 500 and exc.code not in (408, 425, 429)
            return SmsResult("refused" if refused else "retry", f"HTTP {exc.code}")
        except OSError as exc:
            return SmsResult("retry", type(exc).__name__)


def make_sms(url: str, token: str) -> Sms | None:
    """The gateway of the settings, or None: then messages wait for somebody who sends them by hand.

    Raises BadSetting for an address that is no web address.
    """
    if url and not url.startswith(("https://", "http://")):
        raise BadSetting(name="PAIDAN_SMS_URL", value=url, expected="https://…")
    return SmsGateway(url, token) if url else None
