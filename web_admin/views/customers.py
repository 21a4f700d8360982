"""客户: companies, their sites, contacts, lines, profiles and history."""

from typing import Any

from flask import Blueprint, render_template, request

from backend.customers import queries
from backend.http.access import requires
from backend.http.context import current_actor, transactions
from backend.orders import queries as orders

blueprint = Blueprint("customers", __name__, url_prefix="/customers")


@blueprint.get("")
@requires("customers.read")
def listing() -> Any:
    """Customers, newest first."""
    text = request.args.get("text", "").strip()
    with transactions().read(current_actor()) as uow:
        page = queries.listing(uow, text=text, cursor=request.args.get("cursor"))
    return render_template("customers/list.html", page=page, text=text)


@blueprint.get("/<int:customer_id>")
@requires("customers.read")
def detail(customer_id: int) -> Any:
    """One customer with everything that is known."""
    with transactions().read(current_actor()) as uow:
        customer = queries.get(uow, customer_id)
        sites = queries.sites(uow, customer_id)
        history = orders.listing(uow, customer_id=customer_id, cursor=request.args.get("cursor"), size=20)
    return render_template("customers/detail.html", customer=customer, sites=sites, history=history)
