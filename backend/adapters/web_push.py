"""Web Push: the browser's own push service, asked with VAPID (RFC 8292), the text readable by the phone alone (RFC 8291)."""

import base64
import contextlib
import hashlib
import json
import os
import tempfile
import time
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

import http_ece
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from backend.adapters.ways import Message, Result, make_session, post, wait_of
from backend.core.settings import BadSetting

WORD_S = 12 * 3600
LONGEST_TEXT = 600
"""Services take 4 kB; a hint needs less."""


class VapidKey:
    """The key pair by which push services know this installation; made once, readable by its owner only.

    A lost key makes every subscription useless: the phones notice at their next start and subscribe again.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def private(self) -> ec.EllipticCurvePrivateKey:
        """The private key, made where there is none. Raises BadSetting for a file that holds none."""
        if not self.path.exists():
            self._make()
        try:
            found = serialization.load_pem_private_key(self.path.read_bytes(), None)
        except (ValueError, TypeError, OSError) as exc:
            raise BadSetting(
                name="PAIDAN_VAPID_KEY_FILE", value=str(self.path), expected="PEM, P-256"
            ) from exc
        if not isinstance(found, ec.EllipticCurvePrivateKey) or found.curve.name != "secp256r1":
            raise BadSetting(name="PAIDAN_VAPID_KEY_FILE", value=str(self.path), expected="PEM, P-256")
        return found

    @property
    def public(self) -> str:
        """What a browser wants as applicationServerKey: the uncompressed point in base64url."""
        return _base64url(_point(self.private.public_key()))

    def _make(self) -> None:
        pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # Two processes may begin at once: whole files only, and the first one stays.
        descriptor, made = tempfile.mkstemp(dir=self.path.parent, prefix=".vapid-")
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(pem)
        with contextlib.suppress(FileExistsError):
            os.link(made, self.path)
        Path(made).unlink()


class WebPush:
    """Sends to the push services whose hosts are in ``hosts``; a leading dot takes in every name below."""

    def __init__(self, key: VapidKey, hosts: tuple[str, ...], contact: str = "") -> None:
        self._key, self._hosts, self._contact = key, hosts, contact
        self._session = make_session()

    def send(self, message: Message) -> Result:
        """One message, which the service keeps for a phone that is away for as long as it is useful.

        The same ``key`` replaces an earlier sending that the phone has not got, and the phone shows both as one.
        """
        endpoint = message.address["endpoint"]
        if not allowed(endpoint, self._hosts):
            return Result("gone", "not a known push service; see PAIDAN_PUSH_HOSTS")
        try:
            body = self._sealed(message)
        except (ValueError, http_ece.ECEException) as exc:
            return Result("gone", f"the phone's keys cannot be used: {exc}")
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Encoding": "aes128gcm",
            "TTL": str(max(message.useful_s, 0)),
            "Urgency": "high" if message.urgent else "normal",
            "Topic": hashlib.sha256(message.key.encode()).hexdigest()[:32],
            "Authorization": self._word(endpoint),
        }
        answer = post(self._session, endpoint, known_by_key=True, data=body, headers=headers)
        if isinstance(answer, Result):
            return answer
        status = answer.status_code
        detail = f"HTTP {status} {answer.text[:120]}".strip()
        if status in (200, 201, 202, 204):
            return Result("sent", detail)
        if status in (404, 410):
            return Result("gone", detail)
        if status in (408, 425, 429) or status >= 500:
            return Result("retry", detail, wait_of(answer))
        return Result("refused", detail)

    def _sealed(self, message: Message) -> bytes:
        text = {"key": message.key, "text": message.text[:LONGEST_TEXT]} | message.data
        content = json.dumps(text, ensure_ascii=False).encode()
        sealed: bytes = http_ece.encrypt(
            content,
            private_key=ec.generate_private_key(ec.SECP256R1()),
            dh=_bytes(message.address["p256dh"]),
            auth_secret=_bytes(message.address["auth"]),
            version="aes128gcm",
        )
        return sealed

    def _word(self, endpoint: str) -> str:
        parts = urlsplit(endpoint)
        claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int(time.time()) + WORD_S}
        if self._contact:
            claims["sub"] = self._contact
        return f"vapid t={jwt.encode(claims, self._key.private, 'ES256')}, k={self._key.public}"


def allowed(endpoint: str, hosts: tuple[str, ...]) -> bool:
    """True for an https address of a known push service: a phone must not make this server ask any address it likes.

    Plain http only on this machine's own loopback, where a service is tried out.
    """
    try:
        parts = urlsplit(endpoint)
        host, plain = parts.hostname or "", parts.scheme == "http"
    except ValueError:
        return False
    if parts.username or (plain and host != "127.0.0.1") or parts.scheme not in ("http", "https"):
        return False
    return any(host == name or (name.startswith(".") and host.endswith(name)) for name in hosts)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
