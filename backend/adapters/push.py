"""Push to phones behind a small interface.

A push is a hint: no service reaches every phone in mainland China, and the inbox is the truth.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

Outcome = Literal["delivered", "unregistered", "retry", "refused"]


@dataclass(frozen=True)
class PushResult:
    """How a push ended: delivered to the service, token unknown, worth another try, or refused for good."""

    outcome: Outcome
    detail: str = ""


class Push(Protocol):
    """Sends one message to one phone; never raises for what the service answers."""

    def send(self, token: str, title: str, body: str, data: Mapping[str, str]) -> PushResult: ...


class NoPush:
    """No credentials are set: the inbox is all there is."""

    def send(self, token: str, title: str, body: str, data: Mapping[str, str]) -> PushResult:
        """Refuses; nothing leaves the machine."""
        return PushResult("refused", "push is not set up")


def make_push(credentials_file: str, *, endpoint: str | None = None) -> Push:
    """FCM with a service account's file, or NoPush without one. Raises BadPushCredentials."""
    if not credentials_file:
        return NoPush()
    from backend.adapters.fcm import FcmPush  # a third of a second that a start without push does not spend

    return FcmPush(Path(credentials_file), endpoint=endpoint)
