"""反馈卡: which are due, late, to check; one beside its order; pass, send back, close."""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request

from backend.billing import actions as billing
from backend.billing import queries as invoices
from backend.core import lists as entries
from backend.core.errors import NotFound
from backend.core.paging import DEFAULT_SIZE, Page
from backend.core.states import Label
from backend.core.uow import UnitOfWork
from backend.http.access import requires
from backend.http.context import application, current_actor, lang, transactions
from backend.orders.states import STATES
from backend.staff import queries as staff
from backend.stock import queries as stock
from backend.visits import actions, adopting, phone_writes, photos, queries
from backend.visits.fields import LINE_FIELDS, STEP_RESULTS, fields_of
from backend.visits.phone_writes import PhoneWriteRow
from web_admin import lists
from web_admin.frame import gettext, minutes, say

# What an engineer's phone sends, in words.
WRITES = {
    "accept": Label("接单", "Accept"),
    "set_out": Label("出发", "Set out"),
    "sign_in": Label("签到", "Sign in"),
    "finish": Label("完成", "Finish"),
    "fail": Label("没做成", "Report failed visit"),
    "special_cause": Label("特殊因素", "Special cause"),
    "waiting": Label("在等客户", "Waiting for the customer"),
    "card": Label("反馈卡", "Feedback card"),
    "device_report": Label("拨号器质量", "Device quality"),
    "invoice_deliver": Label("发票签收", "Invoice delivered"),
    "invoice_bring_back": Label("发票带回", "Invoice brought back"),
}
COLUMNS = (
    lists.Column("客户", lambda row: row.order.customer_name),
    lists.Column("单号", lambda row: row.order.number),
    lists.Column("工程师", lambda row: row.engineer_name),
    lists.Column("接单", lambda row: row.accepted_at, "moment"),
    lists.Column("应交", lambda row: row.card_due_at, "moment"),
    lists.Column("交卡", lambda row: row.card_submitted_at, "moment"),
    lists.Column("晚交", lambda row: gettext("晚交") if row.card_late else ""),
    lists.Column("状态", lambda row: STATES[row.order.status].text(lang())),
)
blueprint = Blueprint("cards", __name__, url_prefix="/cards")


def left(due_at: datetime) -> str:
    """The time until a card is due, or how long it is past that: 还剩 3 小时 20 分, 超 40 分."""
    seconds = (due_at - application().clock.now()).total_seconds()
    text = gettext("还剩 %(time)s") if seconds >= 0 else gettext("超 %(time)s")
    return text % {"time": minutes(abs(seconds))}


def content(row: PhoneWriteRow, kind: str, names: dict[str, entries.Choice]) -> list[tuple[str, str]]:
    """What an item of a phone says, as labels and words."""
    body = row.body or {}
    data = body.get("data") or {}
    said = []
    for field in fields_of(kind):
        value = data.get(field.code)
        if value in (None, ""):
            continue
        code = {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
        words = [choice.label(lang()) for choice in field.choices if choice.code == code]
        said.append((field.label(lang()), words[0] if words else str(value)))
    said += _steps(data, names)
    lines = data.get("lines")
    # It was kept unchecked, exactly as it came.
    for line in (one for one in lines if isinstance(one, dict)) if isinstance(lines, list) else ():
        measured = [
            f"{field.label(lang())} {line.get(f'{field.code}_before', '—')} → "
            f"{line.get(f'{field.code}_after', '—')} {field.unit}"
            for field in LINE_FIELDS
            if line.get(f"{field.code}_before") or line.get(f"{field.code}_after")
        ]
        if measured:
            said.append((f"{gettext('线')} {line.get('number', '')}", "；".join(measured)))
    for key, label in (
        ("note", gettext("说明")),
        ("text", gettext("说明")),
        ("received_by", gettext("签收")),
    ):
        if body.get(key):
            said.append((label, str(body[key])))
    if body.get("lat") is not None:
        said.append((gettext("位置"), f"{body['lat']}, {body.get('lon')}"))
    return said


def _steps(data: dict[str, Any], names: dict[str, entries.Choice]) -> list[tuple[str, str]]:
    """The steps of the standard with their results, in words; a code where the list has lost its words."""
    results = {choice.code: choice.label(lang()) for choice in STEP_RESULTS}
    steps = data.get("steps")
    return [
        (names[code].text(lang()) if code in names else str(code), results.get(result, str(result)))
        for code, result in (steps.items() if isinstance(steps, dict) else ())
    ]


@blueprint.get("")
@requires("cards.read")
def desk() -> Any:
    """The card desk."""
    show, text = request.args.get("show", "todo"), request.args.get("text", "").strip()
    if text and "show" not in request.args:
        show = "all"

    def page_of(uow: UnitOfWork, *, cursor: str | None, size: int) -> Page[queries.VisitRow]:
        return queries.card_desk(
            uow,
            show=show,
            text=text,
            engineer_id=lists.number("engineer"),
            on_from=lists.day("from"),
            on_to=lists.day("to"),
            sort=lists.given("sort"),
            cursor=cursor,
            size=size,
        )

    if lists.exporting():
        return lists.export("反馈卡", COLUMNS, page_of)
    with transactions().read(current_actor()) as uow:
        page = page_of(uow, cursor=lists.cursor(), size=DEFAULT_SIZE)
        names = staff.engineer_names(uow)
    return render_template("cards/list.html", page=page, show=show, text=text, left=left, names=names)


@blueprint.get("/<int:visit_id>")
@requires("cards.read")
def detail(visit_id: int) -> Any:
    """单上 beside 卡上."""
    with transactions().read(current_actor()) as uow:
        visit = queries.get(uow, visit_id)
        card = queries.card_of_visit(uow, visit_id)
        invoice = invoices.for_order(uow, visit.order_id)
        serials = stock.serials_for_order(uow, visit.order_id)
        settled = invoices.settled(uow, visit.order_id)
        clock_off = phone_writes.clocks(uow, [visit_id]).get(visit_id)
        evidence = phone_writes.evidence(uow, visit_id=visit_id, open_only=False)
        pictures = photos.of_visits(uow, [visit_id]).get(visit_id, [])
        names = entries.words(uow, f"steps_{visit.order.kind}")
    return render_template(
        "cards/detail.html",
        visit=visit,
        card=card,
        invoice=invoice,
        serials=serials,
        settled=settled,
        left=left,
        clock_off=clock_off,
        evidence=evidence,
        pictures=pictures,
        writes=WRITES,
        content=lambda row: content(row, visit.order.kind, names),
        steps=_steps(card.data, names) if card else [],
        minutes=minutes,
        fields=fields_of(visit.order.kind),
        line_fields=LINE_FIELDS,
    )


@blueprint.get("/of/<int:card_id>")
@requires("cards.read")
def of_card(card_id: int) -> Any:
    """From a message about a card to its page."""
    with transactions().read(current_actor()) as uow:
        visit_id = queries.card(uow, card_id).visit_id
    return redirect(f"/cards/{visit_id}")


@blueprint.get("/<int:card_id>/signature.png")
@requires("cards.read")
def signature(card_id: int) -> Any:
    """The customer's signature."""
    with transactions().read(current_actor()) as uow:
        png = queries.signature(uow, card_id)
    if png is None:
        raise NotFound(what={"zh": "签名", "en": "The signature"})
    return Response(png, mimetype="image/png")


@blueprint.post("/<int:card_id>/pass")
@requires("cards.check")
def pass_card(card_id: int) -> Any:
    """The card is right; its facts go to the customer's record."""
    with transactions().begin(current_actor()) as uow:
        card = actions.pass_card(uow, card_id=card_id)
    say(gettext("反馈卡已通过"))
    return Response(status=204, headers={"HX-Redirect": f"/cards/{card.visit_id}"})


@blueprint.post("/<int:card_id>/return")
@requires("cards.check")
def give_back(card_id: int) -> Any:
    """Send it back in the words that the engineer will read."""
    with transactions().begin(current_actor()) as uow:
        actions.return_card(uow, card_id=card_id, reason=request.form.get("reason", ""))
    say(gettext("已退回给工程师，手机上能看到原因"))
    return Response(status=204, headers={"HX-Redirect": "/cards"})


@blueprint.post("/causes/<int:visit_id>")
@requires("cards.check")
def cause(visit_id: int) -> Any:
    """Grant or refuse a special cause."""
    granted = request.form.get("granted") == "1"
    with transactions().begin(current_actor()) as uow:
        actions.decide_special_cause(uow, visit_id=visit_id, granted=granted)
    say(gettext("特殊因素已准") if granted else gettext("特殊因素没有准"))
    return Response(status=204, headers={"HX-Redirect": f"/cards/{visit_id}"})


@blueprint.post("/evidence/<int:visit_id>")
@requires("cards.check")
def decide_evidence(visit_id: int) -> Any:
    """Close what came of a visit that was reassigned, with a word about it."""
    with transactions().begin(current_actor()) as uow:
        phone_writes.decide(uow, visit_id=visit_id, note=request.form.get("note", ""))
    say(gettext("记下了，内容一直留在这里"))
    return Response(status=204, headers={"HX-Redirect": f"/cards/{visit_id}"})


@blueprint.post("/evidence/<int:visit_id>/adopt")
@requires("dispatch.manage")
def adopt_evidence(visit_id: int) -> Any:
    """What came after the visit was reassigned counts as done; its card is then checked like any other."""
    with transactions().begin(current_actor()) as uow:
        adopting.adopt(uow, visit_id=visit_id, note=request.form.get("note", ""))
    say(gettext("采用了：按他做的算，反馈卡等您核对"))
    return Response(status=204, headers={"HX-Redirect": f"/cards/{visit_id}"})


@blueprint.post("/orders/<int:order_id>/close")
@requires("orders.manage")
def close(order_id: int) -> Any:
    """Close the order; an open invoice bars it."""
    with transactions().begin(current_actor()) as uow:
        row = billing.close_order(uow, order_id=order_id)
    say(gettext("%(number)s 已结单") % {"number": row.number})
    return Response(status=204, headers={"HX-Redirect": "/cards"})
