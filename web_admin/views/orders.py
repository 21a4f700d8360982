"""工单: all service orders, one order's story, new repairs and maintenance."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, render_template, request

from backend.appointments import queries as appointments
from backend.billing import queries as invoices
from backend.billing.states import STATES as INVOICE_STATES
from backend.core import audit
from backend.core import lists as entries
from backend.core.errors import Invalid
from backend.core.paging import DEFAULT_SIZE, Page
from backend.core.uow import UnitOfWork
from backend.customers import queries as customers
from backend.http.access import requires
from backend.http.context import current_actor, lang, transactions
from backend.orders import actions, install_plans, queries
from backend.orders.states import KINDS, SERVICE_ORDER, STATES
from backend.visits import queries as visits
from web_admin import lists
from web_admin.frame import gettext, say
from web_admin.trail_words import ENTITIES, action_word
from web_admin.views.install_orders import own_division

COLUMNS = (
    lists.Column("单号", lambda row: row.number),
    lists.Column("种类", lambda row: KINDS[row.kind].text(lang())),
    lists.Column("客户", lambda row: row.customer_name),
    lists.Column("地区", lambda row: row.district),
    lists.Column("地址", lambda row: row.address),
    lists.Column("联系人", lambda row: row.contact_name),
    lists.Column("电话", lambda row: row.contact_phone),
    lists.Column("要做的事", lambda row: row.problem),
    lists.Column("到期", lambda row: row.due_on, "day"),
    lists.Column("建单时间", lambda row: row.created_at, "moment"),
    lists.Column("状态", lambda row: STATES[row.status].text(lang())),
)
TOLD = {("card", "submitted"), ("card", "passed"), ("visit", "failed")}
"""What the order's own entry of the same moment says already."""
blueprint = Blueprint("orders", __name__, url_prefix="/orders")
GROUPS = {
    "open": ("submitted", "approved", "appointed", "planned"),
    "out": ("published", "accepted", "en_route", "on_site"),
    "after": ("done", "card_submitted", "card_passed"),
    "stuck": ("returned", "on_hold", "escalated"),
    "ended": ("closed", "cancelled"),
}


@blueprint.get("")
@requires("orders.read")
def listing() -> Any:
    """All orders with filters; the search of the top bar ends here."""
    group, kind, text = (request.args.get(name, "").strip() for name in ("group", "kind", "text"))

    def page_of(uow: UnitOfWork, *, cursor: str | None, size: int) -> Page[queries.ServiceOrderRow]:
        return queries.listing(
            uow,
            statuses=GROUPS.get(group),
            kinds=[kind] if kind in KINDS else None,
            text=text,
            division=own_division(uow),
            urgent=True if lists.given("urgent") else None,
            district=lists.given("district"),
            due_from=lists.day("from"),
            due_to=lists.day("to"),
            sort=lists.given("sort"),
            cursor=cursor,
            size=size,
        )

    if lists.exporting():
        return lists.export("工单", COLUMNS, page_of)
    with transactions().read(current_actor()) as uow:
        page = page_of(uow, cursor=lists.cursor(), size=DEFAULT_SIZE)
        living = visits.living_for_orders(uow, [row.id for row in page.rows])
        districts = queries.districts(uow)
    return render_template(
        "orders/list.html", page=page, text=text, kinds=KINDS, living=living, districts=districts
    )


@blueprint.get("/<int:order_id>")
@requires("orders.read")
def detail(order_id: int) -> Any:
    """One order: where it is, who goes, what happened."""
    with transactions().read(current_actor()) as uow:
        order = queries.get(uow, order_id)
        division = own_division(uow)
        if division is not None and order.division != division:
            order = queries.get(uow, -1)
        appointment = appointments.current(uow, [order_id]).get(order_id)
        visit = visits.living_for_orders(uow, [order_id]).get(order_id)
        profile = customers.profile(uow, order.site_id) if order.site_id else {}
        visited = visits.of_orders(uow, [order_id])
        invoice = invoices.for_order(uow, order_id) if order.kind == "install" else None
        plans = install_plans.of_order(uow, order_id) if order.kind == "install" else []
        records = [("service_order", order_id), *(("visit", row.id) for row in visited)]
        records += [("card", row.card_id) for row in visited if row.card_id is not None]
        records += [("invoice", invoice.id)] if invoice else []
        trail = [entry for entry in audit.story(uow, records) if (entry.entity, entry.action) not in TOLD]
        reasons = {
            code: choice for name in entries.LISTS for code, choice in entries.words(uow, name).items()
        }
    moves = [
        move
        for move in SERVICE_ORDER.possible(order.status, current_actor())
        if move.name in ("hold", "resume", "cancel")
    ]
    return render_template(
        "orders/detail.html",
        order=order,
        appointment=appointment,
        visit=visit,
        profile=profile,
        trail=trail,
        visited=visited,
        invoice=invoice,
        plan=plans[0] if plans else None,
        reasons=reasons,
        entities=ENTITIES,
        invoice_states=INVOICE_STATES,
        moves=moves,
        action_word=action_word,
    )


@blueprint.get("/new")
@requires("orders.create")
def new() -> Any:
    """The form for a repair or a maintenance: first the customer, then what is wrong."""
    text = request.args.get("text", "").strip()
    customer_id = request.args.get("customer", type=int)
    with transactions().read(current_actor()) as uow:
        found = customers.listing(uow, text=text, size=8).rows if customer_id is None else []
        customer = customers.get(uow, customer_id) if customer_id is not None else None
        sites = customers.sites(uow, customer_id) if customer_id is not None else []
    return render_template("orders/new.html", text=text, found=found, customer=customer, sites=sites)


@blueprint.post("/new")
@requires("orders.create")
def create() -> Any:
    """Keep a new repair or maintenance."""
    form = request.form
    try:
        due_on = date.fromisoformat(form["due_on"]) if form.get("due_on") else None
    except ValueError as exc:
        expected = {"zh": "请写成 2026-11-26", "en": "write it like 2026-11-26"}
        raise Invalid(field={"zh": "日期", "en": "Date"}, value=form["due_on"], expected=expected) from exc
    with transactions().begin(current_actor()) as uow:
        profile = customers.profile(uow, form.get("site_id", 0, type=int))
        row = actions.create_service_order(
            uow,
            kind=form.get("kind", ""),
            customer_id=form.get("customer_id", 0, type=int),
            site_id=form.get("site_id", 0, type=int),
            contact_name=form.get("contact_name", ""),
            contact_phone=form.get("contact_phone", ""),
            problem=form.get("problem", ""),
            urgent=form.get("urgent") == "1",
            due_on=due_on,
            access_mode=profile.get("access_mode"),
            client_key=form.get("client_key") or None,
        )
    say(gettext("已建 %(number)s") % {"number": row.number})
    return Response(status=204, headers={"HX-Redirect": f"/orders/{row.id}"})


@blueprint.post("/<int:order_id>/approve")
@requires("orders.review")
def approve(order_id: int) -> Any:
    """Approve a repair or a maintenance."""
    with transactions().begin(current_actor()) as uow:
        row = actions.approve(uow, order_id=order_id, version=request.form.get("version", type=int))
    say(gettext("已批准 %(number)s，接下来预约客户") % {"number": row.number})
    return Response(status=204, headers={"HX-Redirect": f"/orders/{order_id}"})


@blueprint.post("/<int:order_id>/<any(hold, resume, cancel):name>")
@requires("orders.manage")
def sideways(order_id: int, name: str) -> Any:
    """Put on hold, resume, cancel; hold and cancel want a reason."""
    note = request.form.get("note", "").strip()
    version = request.values.get("version", type=int)
    with transactions().begin(current_actor()) as uow:
        before = queries.get(uow, order_id).status
        if name == "cancel":
            row = actions.cancel(uow, order_id=order_id, note=note, version=version)
        else:
            row = actions.move(uow, order_id, name, note=note, version=version)
    if name == "hold":
        # Resuming leads to 待预约: it takes back only the holding of an order that was there.
        undo = f"/orders/{order_id}/resume?version={row.version}" if before == "approved" else ""
        say(gettext("已暂缓 %(number)s") % {"number": row.number}, undo=undo)
    return Response(status=204, headers={"HX-Redirect": f"/orders/{order_id}"})
