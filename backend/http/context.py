"""What a view may ask of its request: the application's parts, who is there, in which language."""

from typing import cast

from flask import current_app, g, request

from backend.bootstrap import Application
from backend.core.i18n import LANGUAGES
from backend.core.uow import ANONYMOUS, Actor, Transactions
from backend.staff.auth import Identity

LANG_COOKIE = "paidan_lang"


def application() -> Application:
    """The parts that `backend.bootstrap` made."""
    return cast(Application, current_app.extensions["paidan"])


def transactions() -> Transactions:
    """Where units of work are opened."""
    return application().transactions


def current_identity() -> Identity | None:
    """Who is logged in, or None."""
    return cast("Identity | None", g.get("identity"))


def current_actor() -> Actor:
    """The acting person; the anonymous actor, without any role, where nobody is logged in."""
    identity = current_identity()
    return identity.actor if identity else ANONYMOUS


def lang() -> str:
    """The language of the answer: the person's, else the cookie's, else Chinese."""
    identity = current_identity()
    if identity is not None:
        return identity.lang
    wanted = request.cookies.get(LANG_COOKIE, "zh")
    if wanted not in LANGUAGES or (not request.cookies.get(LANG_COOKIE) and request.path.startswith("/api/")):
        wanted = request.accept_languages.best_match(LANGUAGES) or "zh"
    return wanted
