"""An engineer's own transport claims."""

from datetime import date
from typing import Any

from marshmallow import fields as f

from backend.expenses import queries
from backend.http.access import requires
from backend.http.context import current_actor, transactions
from mobile_api.frame import Blueprint
from mobile_api.phone_kinds import ClaimBody, submit_claim
from mobile_api.phone_schemas import ClaimSchema
from mobile_api.schemas import PageQuery, page_of

blueprint = Blueprint("claims", "An engineer's own transport claims", "/mobile/claims")


class ClaimFilter(PageQuery):
    """Which claims."""

    on: Any = f.Date(load_default=None)


@blueprint.route("", methods=["GET"])
@requires("claims.own")
@blueprint.arguments(ClaimFilter, location="query")
@blueprint.response(200, page_of(ClaimSchema))
def claims(given: dict[str, Any]) -> Any:
    """Own claims, newest first."""
    on: date | None = given["on"]
    with transactions().read(current_actor()) as uow:
        return queries.claims(
            uow,
            engineer_id=current_actor().person_id or 0,
            on=on,
            cursor=given["cursor"],
            size=given["size"],
        )


@blueprint.route("", methods=["POST"], endpoint="submit")
@requires("claims.own")
@blueprint.arguments(ClaimBody)
@blueprint.response(200, ClaimSchema)
def submit(given: dict[str, Any]) -> Any:
    """Submit a day's claim. Safe to repeat."""
    with transactions().begin(current_actor()) as uow:
        return submit_claim(uow, given)
