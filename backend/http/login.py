"""Who is there: a browser by its session cookie, a phone or program by its bearer token; CSRF for cookies."""

import hashlib
import hmac
import re
import secrets
import uuid
from collections.abc import Callable

import structlog
from flask import Flask, Response, g, request

from backend.core.errors import DomainError
from backend.core.uow import ANONYMOUS, UnitOfWork
from backend.http.context import application, transactions
from backend.staff import auth, phones

SESSION_COOKIE = "paidan_session"
CSRF_COOKIE = "paidan_csrf"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class BadCsrf(DomainError):
    """A form that was not made for this browser session."""

    code = "bad_csrf"
    kind = "not_allowed"
    zh = "这个页面放得太久了，您填的内容还在：请刷新后再提交一次"
    en = "This page is too old; refresh it and send it again"


def install(app: Flask) -> None:
    """Identify each request, and check the CSRF token of those that come with cookies."""
    app.before_request(_begin)
    app.after_request(_finish)


def csrf_token() -> str:
    """The token for forms and the X-CSRF-Token header, bound to this browser and its session."""
    if "csrf_cookie" not in g:
        g.csrf_cookie = request.cookies.get(CSRF_COOKIE) or secrets.token_urlsafe(24)
    message = request.cookies.get(SESSION_COOKIE, "")
    return hmac.new(g.csrf_cookie.encode(), message.encode(), hashlib.sha256).hexdigest()


def set_session_cookie(response: Response, token: str) -> None:
    """Log this browser in."""
    secure = application().settings.secure_cookies
    response.set_cookie(
        SESSION_COOKIE, token, max_age=auth.SESSION_DAYS * 86400, httponly=True, secure=secure, samesite="Lax"
    )


def log_in(login: str, password: str, open_: Callable[[UnitOfWork, int], str]) -> str:
    """The token that ``open_`` makes for the person (his id) of that name and password.

    The password is checked between two transactions: it takes long, and nobody else's write waits for it.
    Raises WrongLogin, TooManyAttempts.
    """
    with transactions().read(ANONYMOUS) as uow:
        claim = auth.claim(uow, login=login, ip=request.remote_addr or "")
    claim = auth.verify(claim, password)
    with transactions().begin(ANONYMOUS) as uow:
        person_id = auth.admit(uow, claim)
        token = open_(uow, person_id) if person_id is not None else None
    if token is None:
        raise auth.WrongLogin()
    return token


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
    g.identity = None
    if request.endpoint == "static" or request.path.startswith("/static/"):
        return
    header = request.headers.get("Authorization", "")
    cookie = request.cookies.get(SESSION_COOKIE)
    if header.startswith("Bearer "):
        with transactions().read(ANONYMOUS) as uow:
            g.identity = auth.identify_device(uow, header.removeprefix("Bearer "), request_id=g.request_id)
            lost = phones.lost_id(uow, header.removeprefix("Bearer ")) if g.identity is None else None
        if lost is not None:
            if not lost[1]:
                with transactions().begin(ANONYMOUS) as uow:
                    phones.note_locked(uow, device_id=lost[0])
            raise phones.PhoneLost()
        _note_seen()
        return
    if cookie:
        with transactions().read(ANONYMOUS) as uow:
            g.identity = auth.identify_session(uow, cookie, request_id=g.request_id)
        _note_seen()
    if request.method not in SAFE_METHODS and (
        g.identity is not None or not request.path.startswith("/api/")
    ):
        sent = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
        if CSRF_COOKIE not in request.cookies or not hmac.compare_digest(sent, csrf_token()):
            raise BadCsrf()


def _note_seen() -> None:
    """When a browser or phone was last there, to some minutes: not each request is a write."""
    known = transactions()
    if g.identity is not None and known.clock.now() - g.identity.seen_at > auth.SEEN_EVERY:
        with known.begin(g.identity.actor) as uow:
            auth.note_seen(uow, g.identity)


def _finish(response: Response) -> Response:
    if "csrf_cookie" in g and request.cookies.get(CSRF_COOKIE) != g.csrf_cookie:
        secure = application().settings.secure_cookies
        response.set_cookie(CSRF_COOKIE, g.csrf_cookie, httponly=True, secure=secure, samesite="Lax")
    response.headers["X-Request-Id"] = g.get("request_id", "")
    return response
