"""Log-in, log-out, language, and where each role begins."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, make_response, redirect, render_template, request

from backend.core.errors import DomainError
from backend.http.access import public, requires
from backend.http.context import LANG_COOKIE, current_actor, current_identity, lang, transactions
from backend.http.errors import STATUS
from backend.http.login import SESSION_COOKIE, log_in, set_session_cookie
from backend.staff import actions as staff
from backend.staff import auth
from backend.staff.policy import may
from web_admin.frame import AREAS

blueprint = Blueprint("session", __name__)


def local_target(text: str | None) -> str:
    """The path to go on to; never another site's."""
    parts = urlsplit(text or "")
    safe = (
        not parts.scheme
        and not parts.netloc
        and (text or "").startswith("/")
        and not (text or "").startswith("//")
    )
    return text if text and safe and "\\" not in text else "/"


@blueprint.get("/login")
@public
def login_page() -> Any:
    """The log-in form."""
    if current_identity() is not None:
        return redirect("/")
    return render_template("login.html", next=local_target(request.args.get("next")), login="", sentence="")


@blueprint.post("/login")
@public
def login() -> Any:
    """Check name and password and begin a session."""
    name, target = request.form.get("login", ""), local_target(request.form.get("next"))
    try:
        token = log_in(
            name,
            request.form.get("password", ""),
            lambda uow, person_id: auth.open_session(
                uow, person_id, user_agent=request.user_agent.string, ip=request.remote_addr or ""
            ),
        )
    except DomainError as error:
        page = render_template("login.html", next=target, login=name, sentence=error.sentence(lang()))
        return page, STATUS[error.kind]
    response = make_response(redirect(target, 303))
    set_session_cookie(response, token)
    return response


@blueprint.post("/logout")
@requires("self")
def logout() -> Any:
    """End this browser's session."""
    identity = current_identity()
    if identity is not None and identity.session_id is not None:
        with transactions().begin(identity.actor) as uow:
            auth.end_session(uow, identity.session_id)
    response = redirect("/login", 303)
    response.delete_cookie(SESSION_COOKIE)
    return response


@blueprint.post("/language")
@public
def language() -> Any:
    """Switch between Chinese and English, for the person or for this browser."""
    wanted = "en" if request.form.get("lang") == "en" else "zh"
    if current_identity() is not None:
        with transactions().begin(current_actor()) as uow:
            staff.set_language(uow, lang=wanted)
    response = redirect(local_target(request.form.get("next")), 303)
    response.set_cookie(LANG_COOKIE, wanted, max_age=365 * 86400, samesite="Lax", httponly=True)
    return response


@blueprint.get("/")
@requires("self")
def home() -> Any:
    """The first work area of the person's role; engineers begin on the phone page."""
    roles = current_actor().roles
    if "technical_assistant" in roles:
        return redirect("/install-orders")
    if roles == {"engineer"}:
        return redirect("/m")
    return redirect(next((area.href for area in AREAS if may(roles, area.permission)), "/inbox"))
