"""我的账号: one's own password, language, browsers and phones."""

import re
from typing import Any

from flask import Blueprint, Response, render_template, request

from backend.http.access import requires
from backend.http.context import current_actor, current_identity, transactions
from backend.staff import account, auth
from backend.staff import queries as staff
from backend.staff.roles import ROLES
from web_admin.frame import gettext, say

blueprint = Blueprint("account", __name__, url_prefix="/account")
BROWSERS = ("Edg", "OPR", "Firefox", "Chrome", "Safari")
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)
NAMES = {"Edg": "Edge", "OPR": "Opera"}


def browser_name(user_agent: str) -> str:
    """A browser as people know it: Chrome · Windows."""
    browser = next((name for name in BROWSERS if re.search(rf"\b{name}[/A-Za-z]*/?\d", user_agent)), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return " · ".join(part for part in (NAMES.get(browser, browser), system) if part) or user_agent[:40]


def session_id() -> int | None:
    """The session of this very browser."""
    identity = current_identity()
    return identity.session_id if identity else None


@blueprint.get("")
@requires("self")
def page() -> Any:
    """One's own account."""
    person_id = current_actor().person_id or 0
    with transactions().read(current_actor()) as uow:
        person = staff.person(uow, person_id)
        sessions, phones = account.sessions(uow, person_id), account.phones(uow, person_id)
    return render_template(
        "office/account.html",
        person=person,
        sessions=sessions,
        phones=phones,
        here=session_id(),
        roles=ROLES,
        browser_name=browser_name,
    )


@blueprint.post("/password")
@requires("self")
def password() -> Any:
    """A new password; the other log-ins end."""
    present, new = request.form.get("present", ""), request.form.get("new", "")
    with transactions().read(current_actor()) as uow:
        claim = account.claim(uow, ip=request.remote_addr or "")
    # Both are slow by design, so no transaction is open meanwhile.
    hashed, claim = auth.hash_password(new), auth.verify(claim, present)
    if claim.good and new == present:
        raise account.SamePassword()
    with transactions().begin(current_actor()) as uow:
        good = account.change_password(uow, claim=claim, password_hash=hashed, session_id=session_id())
    if not good:
        raise account.WrongPassword()
    say(gettext("密码换好了，其他地方的登录都已退出"))
    return Response(status=204, headers={"HX-Redirect": "/account"})


@blueprint.post("/<any(sessions, phones):kind>/<int:entry_id>/end")
@requires("self")
def end(kind: str, entry_id: int) -> Any:
    """Log a browser or a phone out."""
    with transactions().begin(current_actor()) as uow:
        if kind == "sessions":
            account.end_session(uow, entry_id)
        else:
            account.revoke_phone(uow, entry_id)
    say(gettext("已退出那里的登录"))
    return Response(status=204, headers={"HX-Redirect": "/account"})
