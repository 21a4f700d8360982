"""The day's list of customers to call, and who has called whom."""

from datetime import date
from typing import Any

from flask import jsonify, request

from backend.core.clock import local_date, seconds_of_day
from backend.core.errors import Invalid
from backend.dispatch import call_list
from backend.dispatch.call_list import CallRow
from backend.http.access import requires
from backend.http.context import current_actor, lang, transactions
from web_admin.views.appointments import day_of
from web_admin.views.dispatch import blueprint
from web_admin.views.dispatch.asked import body


def _call(row: CallRow) -> dict[str, Any]:
    at_s = seconds_of_day(row.called_at, local_date(row.called_at)) if row.called_at is not None else None
    return {
        "id": row.id,
        "order": row.order_id,
        "customer": row.customer,
        "contact": row.contact_name,
        "phone": row.contact_phone,
        "why": row.why,
        "words": row.said.text(lang()),
        "called_s": at_s,
        "by": row.called_by,
    }


@blueprint.get("/calls.json")
@requires("dispatch.read")
def calls() -> Any:
    """Customers to be told what has become of their visits."""
    on: date = day_of(request.args.get("day", ""))
    with transactions().read(current_actor()) as uow:
        return jsonify([_call(row) for row in call_list.of_day(uow, on)])


@blueprint.post("/calls/<int:call_id>")
@requires("dispatch.manage")
def call_made(call_id: int) -> Any:
    """The customer was called, or was not after all."""
    called = body().get("called")
    if not isinstance(called, bool):
        expected = {"zh": "true 或 false", "en": "true or false"}
        raise Invalid(field="called", value=str(called)[:40], expected=expected)
    with transactions().begin(current_actor()) as uow:
        row = call_list.tick(uow, call_id=call_id, called=called)
    return jsonify(_call(row))
