"""发票: prepared, handed over, delivered or brought back."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, render_template, request

from backend.billing import actions, queries
from backend.billing.states import INVOICE, STATES
from backend.core.paging import DEFAULT_SIZE, Page
from backend.core.uow import UnitOfWork
from backend.http.access import requires
from backend.http.context import current_actor, lang, transactions
from backend.staff import queries as staff
from web_admin import lists
from web_admin.frame import gettext, say, today

COLUMNS = (
    lists.Column("抬头", lambda row: row.title),
    lists.Column("税号", lambda row: row.tax_number),
    lists.Column("单号", lambda row: row.order_number),
    lists.Column("发票号码", lambda row: row.invoice_number),
    lists.Column("金额", lambda row: row.amount_fen, "money"),
    lists.Column("工程师", lambda row: row.engineer_name),
    lists.Column("签收", lambda row: row.received_by),
    lists.Column("状态", lambda row: STATES[row.status].text(lang())),
)
blueprint = Blueprint("invoices", __name__, url_prefix="/invoices")


def tomorrow() -> date:
    """The day whose invoices are given out this evening."""
    return today() + timedelta(days=1)


@blueprint.get("")
@requires("invoices.read")
def listing() -> Any:
    """Invoices by status."""
    text = lists.given("text")

    def page_of(uow: UnitOfWork, *, cursor: str | None, size: int) -> Page[queries.InvoiceRow]:
        return queries.listing(
            uow,
            status=lists.given("status"),
            engineer_id=lists.number("engineer"),
            text=text,
            sort=lists.given("sort"),
            cursor=cursor,
            size=size,
        )

    if lists.exporting():
        return lists.export("发票", COLUMNS, page_of)
    with transactions().read(current_actor()) as uow:
        page = page_of(uow, cursor=lists.cursor(), size=DEFAULT_SIZE)
        counts = queries.counts(uow)
        names = staff.engineer_names(uow)
        ready = actions.ready_to_hand_over(uow, on=tomorrow())
    return render_template(
        "invoices/list.html",
        page=page,
        counts=counts,
        text=text,
        states=STATES,
        names=names,
        ready=ready,
        tomorrow=tomorrow(),
    )


@blueprint.get("/<int:invoice_id>")
@requires("invoices.read")
def detail(invoice_id: int) -> Any:
    """One invoice and its next step."""
    with transactions().read(current_actor()) as uow:
        invoice = queries.get(uow, invoice_id)
    moves = [move.name for move in INVOICE.possible(invoice.status, current_actor())]
    return render_template("invoices/detail.html", invoice=invoice, moves=moves, states=STATES)


@blueprint.post("/hand-over")
@requires("invoices.manage")
def hand_over_tomorrow() -> Any:
    """Give the engineers the invoices of tomorrow's visits: those that the page counted, as they are now."""
    with transactions().begin(current_actor()) as uow:
        ready = actions.ready_to_hand_over(uow, on=tomorrow())
        for invoice_id in ready:
            actions.hand_over(uow, invoice_id=invoice_id)
    say(gettext("交出了 %(n)s 张发票") % {"n": len(ready)})
    return Response(status=204, headers={"HX-Redirect": "/invoices?status=handed"})


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
