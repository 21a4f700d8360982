"""Ways out: what a message to a phone, a person or a group is, how sending it ends, and the one HTTP request in it.

No service reaches every phone in mainland China, and none is waited for: the inbox is the truth.
"""

from dataclasses import dataclass
from typing import Any, Literal, Protocol

import requests
import requests.adapters
import urllib3.exceptions

CONNECT_S, ANSWER_S = 5, 10
AT_ONCE = 8
Outcome = Literal["sent", "refused", "gone", "retry", "unsure"]


@dataclass(frozen=True)
class Message:
    """One message. ``key`` is the same for each try; ``address`` is what the way needs to know of the receiver."""

    key: str
    address: dict[str, str]
    text: str
    data: dict[str, str]
    urgent: bool = False
    useful_s: int = 3600


@dataclass(frozen=True)
class Result:
    """How a try ended: taken by the service, refused for good, address unknown there, worth another try, or unknown.

    ``wait_s`` is how long the service asked to be left alone.
    """

    outcome: Outcome
    detail: str = ""
    wait_s: float | None = None


class Way(Protocol):
    """Sends one message; never raises for what a service answers or does not answer."""

    def send(self, message: Message) -> Result: ...


def make_session() -> requests.Session:
    """Connections that are kept, without retries of their own: those are the sender's business."""
    session = requests.Session()
    session.trust_env = False
    for prefix in ("https://", "http://"):
        session.mount(prefix, requests.adapters.HTTPAdapter(max_retries=0, pool_maxsize=AT_ONCE))
    return session


def post(
    session: requests.Session, url: str, *, known_by_key: bool, **given: Any
) -> requests.Response | Result:
    """One POST, no redirects. Without an answer a `Result`: retry where nothing can have arrived, or where the
    receiver knows a message by its key; else unsure.
    """
    try:
        return session.post(url, timeout=(CONNECT_S, ANSWER_S), allow_redirects=False, **given)
    except requests.RequestException as exc:
        again = known_by_key or _nothing_arrived(exc)
        return Result("retry" if again else "unsure", type(exc).__name__)


def wait_of(answer: requests.Response) -> float | None:
    """Retry-After in seconds, where it is a number."""
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None


def _nothing_arrived(exc: requests.RequestException) -> bool:
    if isinstance(exc, (requests.ConnectTimeout, requests.exceptions.SSLError)):
        return True
    reason = getattr(exc.args[0], "reason", None) if exc.args else None
    return isinstance(reason, urllib3.exceptions.NewConnectionError)
