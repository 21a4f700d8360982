"""安装方案: the plan of an install as a page and a PDF, sent, confirmed; and the page that the customer opens."""

from io import BytesIO
from typing import Any

from flask import Blueprint, Response, render_template, request, send_file

from backend.adapters import install_plan_pdf
from backend.appointments import queries as appointments
from backend.core.clock import SHANGHAI
from backend.core.errors import NotFound
from backend.core.uow import UnitOfWork
from backend.http.access import public, requires
from backend.http.context import current_actor, transactions
from backend.orders import install_plans, queries
from backend.orders.install_plan import sections
from backend.orders.install_plans import CONFIRMED_HOW, OPEN, WAYS, InstallPlanRow
from backend.staff import queries as staff
from web_admin.frame import clock_time, gettext, say

blueprint = Blueprint("install_plans", __name__)


def window_words(uow: UnitOfWork, order_id: int) -> str:
    """The agreed window as it stands in the plan, in Chinese; empty where there is none."""
    window = appointments.current(uow, [order_id]).get(order_id)
    if window is None:
        return ""
    weekday = "一二三四五六日"[window.on.weekday()]
    return f"{window.on.month}月{window.on.day}日（周{weekday}）{clock_time(window.from_s)}–{clock_time(window.to_s)} 开始"


def confirmed_words(plan: InstallPlanRow) -> str:
    """By whom and when a plan was confirmed, in Chinese; empty where it was not."""
    if plan.confirmed_at is None:
        return ""
    at = plan.confirmed_at.astimezone(SHANGHAI)
    return f"{plan.confirmed_by} 于 {at:%Y-%m-%d %H:%M} 确认（{CONFIRMED_HOW[plan.confirmed_how].zh}）"


def pdf(plan: InstallPlanRow) -> Response:
    """The plan as a file."""
    data = install_plan_pdf.write(
        plan.data, number=plan.number, made_at=plan.made_at, confirmed=confirmed_words(plan)
    )
    name = f"{plan.data['order_number']}-安装方案-{plan.number}.pdf"
    return send_file(BytesIO(data), mimetype="application/pdf", download_name=name)


@blueprint.get("/install-plans/<int:order_id>")
@requires("plans.read")
def detail(order_id: int) -> Any:
    """The newest plan of an install and what became of it."""
    with transactions().read(current_actor()) as uow:
        order = queries.get(uow, order_id)
        if order.kind != "install":
            raise NotFound(what={"zh": "这张安装单", "en": "That install order"})
        plans = install_plans.of_order(uow, order_id)
        names = staff.names(uow)
        window = window_words(uow, order_id)
    plan = plans[0] if plans else None
    return render_template(
        "install_plans/detail.html",
        order=order,
        plan=plan,
        older=plans[1:],
        parts=sections(plan.data) if plan else [],
        names=names,
        ways=WAYS,
        hows={code: label for code, label in CONFIRMED_HOW.items() if code != "page"},
        every_how=CONFIRMED_HOW,
        open=order.status in OPEN,
        window_changed=plan is not None and plan.data["window"] != window,
        link=link_of(plan) if plan else "",
    )


def link_of(plan: InstallPlanRow) -> str:
    """The address that the customer opens."""
    return f"{request.url_root.rstrip('/')}/plan/{plan.token}"


@blueprint.get("/install-plans/<int:order_id>/plan.pdf")
@requires("plans.read")
def as_pdf(order_id: int) -> Any:
    """The newest plan as a PDF."""
    with transactions().read(current_actor()) as uow:
        plans = install_plans.of_order(uow, order_id)
    if not plans:
        raise NotFound(what={"zh": "这份安装方案", "en": "That install plan"})
    return pdf(plans[0])


@blueprint.post("/install-plans/<int:order_id>")
@requires("plans.manage")
def make(order_id: int) -> Any:
    """Make the plan from the newest records."""
    with transactions().begin(current_actor()) as uow:
        plan = install_plans.make(
            uow, order_id=order_id, window=window_words(uow, order_id), note=request.form.get("note", "")
        )
    say(gettext("安装方案第 %(n)s 版做好了") % {"n": plan.number})
    return Response(status=204, headers={"HX-Redirect": f"/install-plans/{order_id}"})


@blueprint.post("/install-plans/<int:plan_id>/send")
@requires("plans.manage")
def send(plan_id: int) -> Any:
    """The plan goes to the customer."""
    form = request.form
    with transactions().begin(current_actor()) as uow:
        plan = install_plans.get(uow, plan_id)
        plan = install_plans.send(
            uow, plan_id=plan_id, how=form.get("how", ""), to=form.get("to", ""), link=link_of(plan)
        )
    by_message = plan.sent_how == "message"
    say(gettext("短信排好了，在「要发的短信」里") if by_message else gettext("已记下：方案发给客户了"))
    return Response(status=204, headers={"HX-Redirect": f"/install-plans/{plan.order_id}"})


@blueprint.post("/install-plans/<int:plan_id>/confirm")
@requires("plans.manage")
def confirm(plan_id: int) -> Any:
    """The customer agreed, by telephone or on paper."""
    form = request.form
    with transactions().begin(current_actor()) as uow:
        plan = install_plans.confirm(
            uow, plan_id=plan_id, by_name=form.get("name", ""), how=form.get("how", "")
        )
    say(gettext("已记下：客户确认了方案"))
    return Response(status=204, headers={"HX-Redirect": f"/install-plans/{plan.order_id}"})


@blueprint.get("/plan/<token>")
@public
def for_customer(token: str) -> Any:
    """What the customer sees who opens his link."""
    with transactions().read(current_actor()) as uow:
        plan = install_plans.by_token(uow, token)
    answer = Response(
        render_template(
            "install_plans/customer.html",
            plan=plan,
            parts=sections(plan.data),
            confirmed=confirmed_words(plan),
        )
    )
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


@blueprint.get("/plan/<token>/plan.pdf")
@public
def pdf_for_customer(token: str) -> Any:
    """The PDF of that page."""
    with transactions().read(current_actor()) as uow:
        plan = install_plans.by_token(uow, token)
    return pdf(plan)


@blueprint.post("/plan/<token>/confirm")
@public
def confirm_for_customer(token: str) -> Any:
    """The customer agrees."""
    with transactions().begin(current_actor()) as uow:
        install_plans.confirm_by_token(uow, token=token, by_name=request.form.get("name", ""))
    return Response(status=303, headers={"Location": f"/plan/{token}"})
