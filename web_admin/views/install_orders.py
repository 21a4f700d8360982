"""安装单: upload, form, list, review."""

from io import BytesIO
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, send_file

from backend.core import audit, lists
from backend.core.errors import Missing
from backend.core.paging import DEFAULT_SIZE, Page
from backend.core.uow import UnitOfWork
from backend.customers import queries as customers
from backend.http.access import requires
from backend.http.context import application, current_actor, lang, transactions
from backend.orders import actions, intake, policy, queries
from backend.orders.fields import INSTALL_ORDER_FIELDS
from backend.orders.states import STATES
from backend.orders.workbook.report import bad_rows, write_report
from backend.orders.workbook.template import write_template
from backend.staff import queries as staff
from backend.stock import queries as stock
from web_admin import lists as listed
from web_admin.frame import gettext, say, say_done
from web_admin.trail_words import action_word

blueprint = Blueprint("install_orders", __name__, url_prefix="/install-orders")
LONGEST_UNDO = 2000
"""Letters of an address that a cookie still has room for: some two hundred orders."""
COLUMNS = (
    listed.Column("单号", lambda row: row.number),
    listed.Column("事业部", lambda row: row.division),
    listed.Column("客户", lambda row: row.customer_name),
    listed.Column("地区", lambda row: row.district),
    listed.Column("地址", lambda row: row.address),
    listed.Column("联系人", lambda row: row.contact_name),
    listed.Column("电话", lambda row: row.contact_phone),
    listed.Column("线路", lambda row: row.line_count, "count"),
    listed.Column("设备型号", lambda row: row.device_model),
    listed.Column("价格", lambda row: row.price_fen, "money"),
    listed.Column("到期", lambda row: row.due_on, "day"),
    listed.Column("状态", lambda row: STATES[row.status].text(lang())),
    listed.Column("说明", lambda row: row.note),
)


def own_division(uow: UnitOfWork) -> str | None:
    """The division whose orders a sales person sees; None for those who see all."""
    actor = current_actor()
    if actor.roles != {"sales"} or actor.person_id is None:
        return None
    return staff.person(uow, actor.person_id).division or "—"


@blueprint.get("")
@requires("orders.submit")
def listing() -> Any:
    """Install orders by status; the assistant begins with those to review."""
    status = request.args.get("status", "submitted")
    text = request.args.get("text", "").strip()

    def page_of(uow: UnitOfWork, *, cursor: str | None, size: int) -> Page[queries.ServiceOrderRow]:
        return queries.listing(
            uow,
            statuses=None if status == "all" else [status],
            kinds=["install"],
            text=text,
            division=own_division(uow),
            urgent=True if listed.given("urgent") else None,
            district=listed.given("district"),
            due_from=listed.day("from"),
            due_to=listed.day("to"),
            sort=listed.given("sort"),
            cursor=cursor,
            size=size,
        )

    if listed.exporting():
        return listed.export("安装单", COLUMNS, page_of)
    with transactions().read(current_actor()) as uow:
        division = own_division(uow)
        page = page_of(uow, cursor=listed.cursor(), size=DEFAULT_SIZE)
        districts = queries.districts(uow)
        counts = queries.counts(uow, division=division, kinds=["install"])
        batches = queries.batches(uow, person_id=current_actor().person_id).rows[:3]
        findings = (
            {row.id: queries.install_details(uow, row.id) for row in page.rows}
            if status == "submitted"
            else {}
        )
    return render_template(
        "install_orders/list.html",
        page=page,
        counts=counts,
        status=status,
        text=text,
        districts=districts,
        batches=batches,
        findings=findings,
        open_errors=policy.open_errors,
        clean=[
            install
            for install in findings.values()
            if policy.free_of_questions(install.findings, install.answers, install.lat)
        ],
    )


@blueprint.get("/template.xlsx")
@requires("orders.submit")
def template() -> Any:
    """The workbook to fill in."""
    with transactions().read(current_actor()) as uow:
        models, division = stock.models(uow), own_division(uow)
    stream = BytesIO()
    write_template(stream, lang=lang(), models=sorted(models), divisions=[division] if division else [])
    stream.seek(0)
    name = "install-orders.xlsx" if lang() == "en" else "安装单模板.xlsx"
    return send_file(stream, mimetype=listed.XLSX, as_attachment=True, download_name=name)


@blueprint.post("/upload")
@requires("orders.submit")
def upload() -> Any:
    """Read a workbook, keep its good rows, show what is wrong with the others."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Missing(field={"zh": "要上传的 Excel 文件", "en": "the Excel file to upload"})
    data = file.read()
    with transactions().read(current_actor()) as uow:
        sheet = intake.read_workbook(uow, data=data, filename=file.filename, geocoder=application().geocoder)
    with transactions().begin(current_actor()) as uow:
        report = intake.store(uow, sheet)
    target = f"/install-orders/uploads/{report.batch_id}"
    if request.headers.get("HX-Request"):
        return Response(status=204, headers={"HX-Redirect": target})
    return redirect(target, 303)


def own_batch(uow: UnitOfWork, batch_id: int) -> queries.BatchRow:
    """An upload that the person may see: sales see their own. Raises NotFound."""
    batch = queries.batch(uow, batch_id)
    if own_division(uow) is not None and batch.person_id != current_actor().person_id:
        return queries.batch(uow, -1)
    return batch


@blueprint.get("/uploads/<int:batch_id>")
@requires("orders.submit")
def report(batch_id: int) -> Any:
    """What became of an upload, row by row."""
    with transactions().read(current_actor()) as uow:
        batch = own_batch(uow, batch_id)
    names = {field.zh: field.label(lang()) for field in INSTALL_ORDER_FIELDS}
    return render_template(
        "install_orders/report.html", batch=batch, names=names, to_correct=len(bad_rows(batch.errors))
    )


@blueprint.get("/uploads/<int:batch_id>/to-correct.xlsx")
@requires("orders.submit")
def to_correct(batch_id: int) -> Any:
    """The rows that were not taken, with the reasons beside them, to correct and upload again."""
    with transactions().read(current_actor()) as uow:
        batch = own_batch(uow, batch_id)
    stream = BytesIO()
    write_report(stream, bad_rows(batch.errors), lang=lang())
    stream.seek(0)
    name = gettext("要改的行-%(file)s") % {"file": batch.filename.removesuffix(".xlsx")}
    return send_file(stream, mimetype=listed.XLSX, as_attachment=True, download_name=f"{name}.xlsx")


@blueprint.get("/new")
@requires("orders.submit")
def new() -> Any:
    """The form for one order."""
    with transactions().read(current_actor()) as uow:
        models, division = sorted(stock.models(uow)), own_division(uow)
    return render_template(
        "install_orders/form.html", fields=INSTALL_ORDER_FIELDS, models=models, division=division, values={}
    )


@blueprint.post("/new")
@requires("orders.submit")
def create() -> Any:
    """Keep one order from the form; wrong fields come back beside their inputs, nothing typed is lost."""
    raw = {field.code: request.form.get(field.code, "").strip() for field in INSTALL_ORDER_FIELDS}
    with transactions().read(current_actor()) as uow:
        row = intake.check_values(
            uow, raw={key: value for key, value in raw.items() if value}, geocoder=application().geocoder
        )
    with transactions().begin(current_actor()) as uow:
        order_id = intake.add_install_order(uow, row)
    say(gettext("安装单已提交，技术助理会审核"))
    return Response(status=204, headers={"HX-Redirect": f"/install-orders/{order_id}"})


@blueprint.get("/<int:order_id>")
@requires("orders.submit")
def detail(order_id: int) -> Any:
    """One order beside its checks, the map, and what is like it."""
    return shown(order_id, "install_orders/_review.html" if swapping() else "install_orders/detail.html")


def swapping() -> bool:
    """True where the review's own script asks, which puts the answer in place of what it shows."""
    return request.headers.get("HX-Target") == "review"


def shown(order_id: int, template: str) -> str:
    """One order beside its checks as the page or a part of it. Raises NotFound."""
    with transactions().read(current_actor()) as uow:
        install = queries.install_details(uow, order_id)
        division = own_division(uow)
        if division is not None and install.division != division:
            install = queries.install_details(uow, -1)
        alike = queries.alike(uow, install)
        similar = customers.similar(uow, name=install.customer_name, tax_number=install.tax_number)
        queue = queries.review_queue(uow, size=200).rows
        reasons = lists.choices(uow, "return_reasons")
        reason_words = lists.words(uow, "return_reasons")
        trail = audit.trail(uow, entity="service_order", entity_id=order_id, size=20).rows
    by_field: dict[str, list[dict[str, Any]]] = {}
    for finding in install.findings:
        by_field.setdefault(finding["field"], []).append(finding)
    still_open = policy.open_errors(list(install.findings), install.answers)
    others = [row.order_id for row in queue if row.order_id != order_id]
    after = next((one for one in others if one > order_id), others[0] if others else None)
    before = next((one for one in reversed(others) if one < order_id), others[-1] if others else None)
    settings = application().settings
    return render_template(
        template,
        undo_target="#review",
        before=before,
        install=install,
        fields=INSTALL_ORDER_FIELDS,
        by_field=by_field,
        still_open=still_open,
        alike=alike,
        similar=similar,
        queue=queue,
        after=after,
        reasons=reasons,
        reason_words=reason_words,
        trail=trail,
        action_word=action_word,
        tiles=settings.tiles_url,
        tiles_datum=settings.tiles_datum,
    )


@blueprint.post("/approve-all")
@requires("orders.review")
def approve_all() -> Any:
    """Approve those that were seen and need no look."""
    seen = listed.versions()
    with transactions().begin(current_actor()) as uow:
        approved = actions.approve_free_of_questions(uow, seen)
    text = gettext("已批准 %(n)s 张没问题的，接下来预约客户") % {"n": len(approved)}
    back = ",".join(f"{row.id}:{row.version}" for row in approved)
    undo = f"/install-orders/take-back-all?seen={back}" if 0 < len(back) <= LONGEST_UNDO else ""
    say_done(text, left=len(seen) - len(approved), undo=undo)
    return Response(status=204, headers={"HX-Redirect": "/install-orders"})


@blueprint.post("/take-back-all")
@requires("orders.review")
def take_back_all() -> Any:
    """Undo approving many at once: those with which nothing was done since are under review again."""
    seen = listed.pairs(request.args.get("seen", "").split(","))
    with transactions().begin(current_actor()) as uow:
        back = actions.take_approvals_back(uow, seen)
    say_done(gettext("%(n)s 张又在审核了") % {"n": len(back)}, left=len(seen) - len(back))
    return Response(status=204, headers={"HX-Redirect": "/install-orders"})


def go_on(order_id: int | None, otherwise: str) -> Any:
    """Show that order next: in place where the review asks, else by another page."""
    if order_id is None or not swapping():
        target = f"/install-orders/{order_id}" if order_id is not None else otherwise
        return Response(status=204, headers={"HX-Redirect": target})
    answer = make_response(shown(order_id, "install_orders/_next.html"))
    answer.headers["HX-Push-Url"] = f"/install-orders/{order_id}"
    return answer


def following(uow: UnitOfWork, order_id: int) -> int | None:
    """The next order to review after one that was decided; at the end of the queue its beginning."""
    waiting = [row.order_id for row in queries.review_queue(uow, size=200).rows if row.order_id != order_id]
    return next((one for one in waiting if one > order_id), waiting[0] if waiting else None)


def undo_of(row: queries.ServiceOrderRow) -> str:
    """The address that takes a decision back while nothing else has happened."""
    return f"/install-orders/{row.id}/take-back?version={row.version}"


@blueprint.post("/<int:order_id>/take-back")
@requires("orders.review")
def take_back(order_id: int) -> Any:
    """Undo the last decision right after it: the order is under review again. Raises Stale where it changed since."""
    with transactions().begin(current_actor()) as uow:
        row = actions.take_decision_back(
            uow, order_id=order_id, version=request.args.get("version", type=int)
        )
    say(gettext("%(number)s 又在审核了") % {"number": row.number})
    return go_on(order_id, "/install-orders")


@blueprint.post("/<int:order_id>/approve")
@requires("orders.review")
def approve(order_id: int) -> Any:
    """Approve and go on to the next one."""
    with transactions().begin(current_actor()) as uow:
        row = actions.approve(uow, order_id=order_id, version=request.form.get("version", type=int))
        then = following(uow, order_id)
    say(gettext("已批准 %(number)s，接下来预约客户") % {"number": row.number}, undo=undo_of(row))
    return go_on(then, "/appointments")


@blueprint.post("/<int:order_id>/return")
@requires("orders.review")
def give_back(order_id: int) -> Any:
    """Return with reasons; the division sees them at once."""
    with transactions().begin(current_actor()) as uow:
        row = actions.return_to_sales(
            uow,
            order_id=order_id,
            reasons=request.form.getlist("reasons"),
            note=request.form.get("note", ""),
            version=request.form.get("version", type=int),
        )
        then = following(uow, order_id)
    say(gettext("已退回 %(number)s") % {"number": row.number}, undo=undo_of(row))
    return go_on(then, "/install-orders")


@blueprint.post("/<int:order_id>/position")
@requires("orders.review")
def position(order_id: int) -> Any:
    """Set the pin of the address."""
    lat, lon = request.form.get("lat", type=float), request.form.get("lon", type=float)
    if lat is None or lon is None or not (39 < lat < 41.5 and 115 < lon < 118):
        raise Missing(field={"zh": "北京范围内的图钉位置", "en": "a pin inside Beijing"})
    with transactions().begin(current_actor()) as uow:
        actions.set_position(
            uow, order_id=order_id, lat=lat, lon=lon, district=request.form.get("district") or None
        )
    return go_on(order_id, "/install-orders")


@blueprint.post("/<int:order_id>/answer")
@requires("orders.review")
def answer(order_id: int) -> Any:
    """Settle a question of the checks."""
    with transactions().begin(current_actor()) as uow:
        actions.answer_finding(
            uow, order_id=order_id, code=request.form.get("code", ""), answer=request.form.get("answer", "")
        )
    return go_on(order_id, "/install-orders")
