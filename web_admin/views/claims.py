"""交通费: a day's trips as a claim, checked against what they should have cost."""

from typing import Any

from flask import Blueprint, Response, render_template, request

from backend.core.paging import DEFAULT_SIZE, Page
from backend.core.uow import UnitOfWork
from backend.expenses import actions, queries
from backend.expenses.states import STATES
from backend.http.access import requires
from backend.http.context import current_actor, lang, transactions
from backend.staff import queries as staff
from backend.visits import photos
from web_admin import lists
from web_admin.frame import gettext, say, say_done

COLUMNS = (
    lists.Column("工程师", lambda row: row.engineer_name),
    lists.Column("哪天", lambda row: row.on, "day"),
    lists.Column("几段路", lambda row: len(row.trips), "count"),
    lists.Column("应该", lambda row: row.expected_fen, "money"),
    lists.Column("报了", lambda row: row.claimed_fen, "money"),
    lists.Column("状态", lambda row: STATES[row.status].text(lang())),
)
blueprint = Blueprint("claims", __name__, url_prefix="/claims")


@blueprint.get("")
@requires("claims.read")
def listing() -> Any:
    """Claims by status."""

    def page_of(uow: UnitOfWork, *, cursor: str | None, size: int) -> Page[queries.ClaimRow]:
        return queries.claims(
            uow,
            status=lists.given("status"),
            engineer_id=lists.number("engineer"),
            on_from=lists.day("from"),
            on_to=lists.day("to"),
            sort=lists.given("sort"),
            cursor=cursor,
            size=size,
        )

    if lists.exporting():
        return lists.export("交通费", COLUMNS, page_of)
    with transactions().read(current_actor()) as uow:
        page = page_of(uow, cursor=lists.cursor(), size=DEFAULT_SIZE)
        counts = queries.counts(uow)
        names = staff.engineer_names(uow)
    return render_template("claims/list.html", page=page, counts=counts, states=STATES, names=names)


@blueprint.get("/<int:claim_id>")
@requires("claims.read")
def detail(claim_id: int) -> Any:
    """The trips of one claim."""
    with transactions().read(current_actor()) as uow:
        claim = queries.claim(uow, claim_id)
        receipts = photos.of_visits(uow, [trip.visit_id for trip in claim.trips], purpose="receipt")
    return render_template("claims/detail.html", claim=claim, states=STATES, receipts=receipts)


@blueprint.post("/check-all")
@requires("claims.check")
def check_all() -> Any:
    """Agree to those that were seen and do not deviate."""
    seen = lists.versions()
    with transactions().begin(current_actor()) as uow:
        checked = actions.check_without_deviation(uow, seen)
    say_done(gettext("已核对 %(n)s 张没有出入的") % {"n": len(checked)}, left=len(seen) - len(checked))
    return Response(status=204, headers={"HX-Redirect": "/claims?status=submitted"})


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
