"""交通费: a day's trips as a claim, checked against what they should have cost."""

from typing import Any

from flask import Blueprint, Response, render_template, request

from backend.expenses import actions, queries
from backend.expenses.states import STATES
from backend.http.access import requires
from backend.http.context import current_actor, transactions
from web_admin.frame import gettext, say

blueprint = Blueprint("claims", __name__, url_prefix="/claims")


@blueprint.get("")
@requires("claims.read")
def listing() -> Any:
    """Claims by status."""
    with transactions().read(current_actor()) as uow:
        page = queries.claims(uow, status=request.args.get("status", ""), cursor=request.args.get("cursor"))
        counts = queries.counts(uow)
    return render_template("claims/list.html", page=page, counts=counts, states=STATES)


@blueprint.get("/<int:claim_id>")
@requires("claims.read")
def detail(claim_id: int) -> Any:
    """The trips of one claim."""
    with transactions().read(current_actor()) as uow:
        claim = queries.claim(uow, claim_id)
    return render_template("claims/detail.html", claim=claim, states=STATES)


@blueprint.post("/<int:claim_id>/<any(check, give_back):step>")
@requires("claims.check")
def step(claim_id: int, step: str) -> Any:
    """Agree, or send it back with what is wrong."""
    with transactions().begin(current_actor()) as uow:
        if step == "check":
            actions.check_claim(uow, claim_id=claim_id)
        else:
            actions.return_claim(uow, claim_id=claim_id, reason=request.form.get("reason", ""))
    say(gettext("交通费已核对") if step == "check" else gettext("已退回给工程师"))
    return Response(status=204, headers={"HX-Redirect": "/claims?status=submitted"})
