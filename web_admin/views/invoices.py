"""发票: prepared, handed over, delivered or brought back."""

from typing import Any

from flask import Blueprint, Response, render_template, request

from backend.billing import actions, queries
from backend.billing.states import INVOICE, STATES
from backend.http.access import requires
from backend.http.context import current_actor, transactions
from web_admin.frame import gettext, say

blueprint = Blueprint("invoices", __name__, url_prefix="/invoices")


@blueprint.get("")
@requires("invoices.read")
def listing() -> Any:
    """Invoices by status."""
    status, text = request.args.get("status", ""), request.args.get("text", "").strip()
    with transactions().read(current_actor()) as uow:
        page = queries.listing(uow, status=status, text=text, cursor=request.args.get("cursor"))
        counts = queries.counts(uow)
    return render_template("invoices/list.html", page=page, counts=counts, text=text, states=STATES)


@blueprint.get("/<int:invoice_id>")
@requires("invoices.read")
def detail(invoice_id: int) -> Any:
    """One invoice and its next step."""
    with transactions().read(current_actor()) as uow:
        invoice = queries.get(uow, invoice_id)
    moves = [move.name for move in INVOICE.possible(invoice.status, current_actor())]
    return render_template("invoices/detail.html", invoice=invoice, moves=moves, states=STATES)


@blueprint.post("/<int:invoice_id>/<any(number, hand_over, deliver, bring_back):step>")
@requires("invoices.manage")
def step(invoice_id: int, step: str) -> Any:
    """Number it, hand it over, note that it was delivered or brought back."""
    form = request.form
    with transactions().begin(current_actor()) as uow:
        if step == "number":
            actions.set_number(uow, invoice_id=invoice_id, number=form.get("number", ""))
        elif step == "hand_over":
            actions.hand_over(uow, invoice_id=invoice_id)
        elif step == "deliver":
            actions.deliver(uow, invoice_id=invoice_id, received_by=form.get("received_by", ""))
        else:
            actions.bring_back(uow, invoice_id=invoice_id, note=form.get("note", ""))
    say(gettext("发票已更新"))
    return Response(status=204, headers={"HX-Redirect": f"/invoices/{invoice_id}"})
