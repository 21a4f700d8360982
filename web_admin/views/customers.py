"""客户: companies, their sites, contacts, lines, profiles and history."""

from typing import Any

from flask import Blueprint, render_template, request

from backend.core.paging import DEFAULT_SIZE, Page
from backend.core.uow import UnitOfWork
from backend.customers import queries
from backend.http.access import requires
from backend.http.context import current_actor, transactions
from backend.orders import queries as orders
from backend.orders.fields import ACCESS_MODES
from backend.stock import queries as stock
from backend.visits import queries as visits
from web_admin import lists

COLUMNS = (
    lists.Column("客户", lambda row: row.name),
    lists.Column("税号", lambda row: row.tax_number),
    lists.Column("事业部", lambda row: row.division),
)
blueprint = Blueprint("customers", __name__, url_prefix="/customers")


@blueprint.get("")
@requires("customers.read")
def listing() -> Any:
    """Customers, newest first."""
    text = lists.given("text")

    def page_of(uow: UnitOfWork, *, cursor: str | None, size: int) -> Page[queries.CustomerRow]:
        district, sort = lists.given("district"), lists.given("sort")
        return queries.listing(uow, text=text, district=district, sort=sort, cursor=cursor, size=size)

    if lists.exporting():
        return lists.export("客户", COLUMNS, page_of)
    with transactions().read(current_actor()) as uow:
        page = page_of(uow, cursor=lists.cursor(), size=DEFAULT_SIZE)
        districts = queries.districts(uow)
    return render_template("customers/list.html", page=page, text=text, districts=districts)


@blueprint.get("/<int:customer_id>")
@requires("customers.read")
def detail(customer_id: int) -> Any:
    """One customer with everything that is known."""
    with transactions().read(current_actor()) as uow:
        customer = queries.get(uow, customer_id)
        sites = queries.sites(uow, customer_id)
        devices = stock.serials_at(uow, [detail.site.id for detail in sites])
        history = orders.listing(uow, customer_id=customer_id, cursor=request.args.get("cursor"), size=20)
        visited: dict[int, list[visits.VisitRow]] = {}
        for row in visits.of_orders(uow, [order.id for order in history.rows]):
            visited.setdefault(row.order_id, []).append(row)
    return render_template(
        "customers/detail.html",
        customer=customer,
        sites=sites,
        history=history,
        devices=devices,
        visited=visited,
        modes={mode.code: mode for mode in ACCESS_MODES},
    )
