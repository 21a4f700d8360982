"""Firebase Cloud Messaging."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import firebase_admin
import google.auth.exceptions
import requests.adapters
from firebase_admin import credentials, exceptions, messaging

from backend.adapters.push import PushResult
from backend.core.errors import DomainError

TIMEOUT_S = 10
INSTALLATION_ID = re.compile(r"[cdef][A-Za-z0-9_-]{21}")
"""A Firebase installation id: 17 bytes of which the first begins with the bits 0111, in base64url, its last
character left out: 22 characters of which the first is c, d, e or f. Registration tokens are longer and hold a colon."""


class BadPushCredentials(DomainError):
    """The file of the service account cannot be used."""

    code = "bad_push_credentials"
    zh = "推送凭据文件「{path}」不能用：{why}"
    en = "The push credentials “{path}” cannot be used: {why}"


class FcmPush:
    """Firebase Cloud Messaging. ``endpoint`` replaces its address, such as by a test double."""

    def __init__(self, account: str | Path | dict[str, Any], *, endpoint: str | None = None) -> None:
        try:
            certificate = credentials.Certificate(str(account) if isinstance(account, Path) else account)
        except (OSError, ValueError) as exc:
            shown = "…" if isinstance(account, dict) else str(account)
            raise BadPushCredentials(path=shown, why=str(exc)) from exc
        self._app = firebase_admin.initialize_app(
            certificate, {"httpTimeout": TIMEOUT_S}, name=f"paidan-{id(self)}"
        )
        # The library has no public way to set the address or its retries; a retry is our own business,
        # because this one would block the others for half a minute.
        service = messaging._get_messaging_service(self._app)
        for prefix in ("https://", "https://fcm.googleapis.com", "http://"):
            service._client.session.mount(prefix, requests.adapters.HTTPAdapter(max_retries=0))
        if endpoint is not None:
            service._fcm_url = endpoint

    def send(self, token: str, title: str, body: str, data: Mapping[str, str]) -> PushResult:
        """Send one message; blocks for up to TIMEOUT_S."""
        message = messaging.Message(
            notification=messaging.Notification(title=title, body=body),
            data=dict(data),
            android=messaging.AndroidConfig(priority="high"),
        )
        # What a phone registers is an installation id with newer libraries, a registration token with older ones. The
        # service takes each in a field of its own; the older field is set here because the constructor warns of it.
        setattr(message, "fid" if INSTALLATION_ID.fullmatch(token) else "token", token)
        try:
            return PushResult("delivered", messaging.send(message, app=self._app))
        except messaging.UnregisteredError as exc:
            return PushResult("unregistered", str(exc))
        except (
            messaging.QuotaExceededError,
            exceptions.ResourceExhaustedError,
            exceptions.UnavailableError,
            exceptions.InternalError,
            exceptions.DeadlineExceededError,
            google.auth.exceptions.TransportError,
        ) as exc:
            return PushResult("retry", str(exc))
        except exceptions.UnknownError as exc:
            # No answer at all, or a page of some gateway: it may work later.
            return PushResult("retry", str(exc))
        except (exceptions.FirebaseError, google.auth.exceptions.GoogleAuthError, ValueError) as exc:
            return PushResult("refused", str(exc))

    def close(self) -> None:
        """Let go of the connection."""
        firebase_admin.delete_app(self._app)
