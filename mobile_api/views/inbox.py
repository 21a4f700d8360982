"""A person's own messages."""

from typing import Any

from marshmallow import Schema
from marshmallow import fields as f

from backend.http.access import requires
from backend.http.context import current_actor, transactions
from backend.notifications import actions, queries
from mobile_api.frame import Blueprint
from mobile_api.phone_kinds import ReadBody
from mobile_api.phone_schemas import MessageSchema
from mobile_api.schemas import PageQuery, page_of

blueprint = Blueprint("inbox", "Own messages", "/mobile/inbox")


class InboxFilter(PageQuery):
    """Which messages."""

    unread: Any = f.Boolean(load_default=False)


class CountSchema(Schema):
    """How many were unread."""

    read = f.Integer()


@blueprint.route("", methods=["GET"])
@requires("self")
@blueprint.arguments(InboxFilter, location="query")
@blueprint.response(200, page_of(MessageSchema))
def inbox(given: dict[str, Any]) -> Any:
    """Own messages, newest first."""
    person_id = current_actor().person_id or 0
    with transactions().read(current_actor()) as uow:
        return queries.inbox(
            uow, person_id, unread_only=given["unread"], cursor=given["cursor"], size=given["size"]
        )


@blueprint.route("/read", methods=["POST"])
@requires("self")
@blueprint.arguments(ReadBody)
@blueprint.response(200, CountSchema)
def read(given: dict[str, Any]) -> Any:
    """Mark own messages as read."""
    with transactions().begin(current_actor()) as uow:
        return {"read": actions.mark_read(uow, item_ids=given["ids"])}
