"""What an engineer does with the invoice that he carries."""

from typing import Any

from marshmallow import fields as f
from marshmallow import validate

from backend.billing import actions
from backend.http.access import requires
from backend.http.context import current_actor, transactions
from mobile_api.frame import Blueprint
from mobile_api.phone_schemas import InvoiceSchema
from mobile_api.schemas import Strict

blueprint = Blueprint("invoices", "Invoices in an engineer's hands", "/mobile/invoices")


class Delivery(Strict):
    """Who signed for it."""

    received_by = f.String(required=True, validate=validate.Length(1, 40))


class BroughtBack(Strict):
    """Why it was brought back."""

    note = f.String(required=True, validate=validate.Length(1, 200))


@blueprint.route("/<int:invoice_id>/deliver", methods=["POST"])
@requires("visits.own")
@blueprint.arguments(Delivery)
@blueprint.response(200, InvoiceSchema)
def deliver(given: dict[str, str], invoice_id: int) -> Any:
    """The customer has it. Safe to repeat."""
    with transactions().begin(current_actor()) as uow:
        return actions.deliver(uow, invoice_id=invoice_id, received_by=given["received_by"])


@blueprint.route("/<int:invoice_id>/bring-back", methods=["POST"])
@requires("visits.own")
@blueprint.arguments(BroughtBack)
@blueprint.response(200, InvoiceSchema)
def bring_back(given: dict[str, str], invoice_id: int) -> Any:
    """It comes back to the assistant. Safe to repeat."""
    with transactions().begin(current_actor()) as uow:
        return actions.bring_back(uow, invoice_id=invoice_id, note=given["note"])
