"""Firebase Cloud Messaging."""

import hashlib
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import firebase_admin
import google.auth.exceptions
import requests.adapters
from firebase_admin import credentials, exceptions, messaging

from backend.adapters.ways import Message, Result
from backend.core.errors import DomainError

TIMEOUT_S = 10
TITLE = "派单"
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

    def send(self, message: Message) -> Result:
        """Send one message; blocks for up to TIMEOUT_S. The phone shows two of the same ``key`` as one."""
        token, tag = message.address["token"], hashlib.sha256(message.key.encode()).hexdigest()[:32]
        sent = messaging.Message(
            notification=messaging.Notification(title=TITLE, body=message.text),
            data=dict(message.data),
            android=messaging.AndroidConfig(
                priority="high" if message.urgent else "normal",
                ttl=timedelta(seconds=max(message.useful_s, 0)),
                collapse_key=tag,
                notification=messaging.AndroidNotification(tag=tag),
            ),
        )
        # What a phone registers is an installation id with newer libraries, a registration token with older ones. The
        # service takes each in a field of its own; the older field is set here because the constructor warns of it.
        setattr(sent, "fid" if INSTALLATION_ID.fullmatch(token) else "token", token)
        try:
            return Result("sent", messaging.send(sent, app=self._app))
        except messaging.UnregisteredError as exc:
            return Result("gone", str(exc))
        except (
            messaging.QuotaExceededError,
            exceptions.ResourceExhaustedError,
            exceptions.UnavailableError,
            exceptions.InternalError,
            exceptions.DeadlineExceededError,
            google.auth.exceptions.TransportError,
        ) as exc:
            return Result("retry", str(exc))
        except exceptions.UnknownError as exc:
            # No answer at all, or a page of some gateway: it may work later.
            return Result("retry", str(exc))
        except (exceptions.FirebaseError, google.auth.exceptions.GoogleAuthError, ValueError) as exc:
            return Result("refused", str(exc))

    def close(self) -> None:
        """Let go of the connection."""
        firebase_admin.delete_app(self._app)


def make_fcm(credentials_file: str, *, endpoint: str | None = None) -> FcmPush | None:
    """FCM with a service account's file, or None without one. Raises BadPushCredentials."""
    return FcmPush(Path(credentials_file), endpoint=endpoint) if credentials_file else None
