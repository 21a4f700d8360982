"""What a customer gets in writing, and what the desk hears of his answer."""

from datetime import timedelta

from backend.appointments import queries as appointments
from backend.appointments.queries import AppointmentRow
from backend.core.clock import at_local
from backend.core.outbox import Fact
from backend.core.uow import UnitOfWork
from backend.jobs.telling import CARD_DESK, tell, with_roles
from backend.notifications import customer_messages
from backend.orders import queries as orders
from backend.orders.queries import ServiceOrderRow
from backend.orders.states import KINDS

PLAN_USEFUL_DAYS = 14


def write_to_customer(uow: UnitOfWork, fact: Fact) -> None:
    """A window was agreed: the customer gets it in writing, unless it is over or was changed meanwhile."""
    payload = fact.payload
    window = appointments.current(uow, [payload["order_id"]]).get(payload["order_id"])
    if window is None or window.id != payload.get("appointment_id", window.id):
        return
    until = at_local(window.on, window.to_s)
    if until <= uow.now:
        return
    order = orders.get(uow, window.order_id)
    customer_messages.write(
        uow,
        order_id=order.id,
        fact_key=fact.key,
        kind="window_agreed",
        contact=window.agreed_with or order.contact_name,
        phone=order.contact_phone,
        text=visit_words(order, window, changed=bool(payload.get("changed"))),
        useful_until=until,
    )


def write_plan_to_customer(uow: UnitOfWork, fact: Fact) -> None:
    """An install plan goes by text message: the customer gets its link."""
    payload = fact.payload
    if payload["how"] != "message" or not payload["link"]:
        return
    order = orders.get(uow, payload["order_id"])
    customer_messages.write(
        uow,
        order_id=order.id,
        fact_key=fact.key,
        kind="install_plan_sent",
        contact=order.contact_name,
        phone=payload["to"],
        text=f"【客户服务部】{order.customer_name}：{order.number} 的安装方案请看 {payload['link']} ，没有问题请在页面上确认。",
        useful_until=uow.now + timedelta(days=PLAN_USEFUL_DAYS),
    )


def tell_plan_confirmed(uow: UnitOfWork, fact: Fact) -> None:
    """A customer confirmed his install plan on the page: the desk hears of it."""
    payload = fact.payload
    if payload["how"] != "page":
        return
    order = orders.get(uow, payload["order_id"])
    tell(
        uow,
        fact,
        with_roles(uow, CARD_DESK),
        "install_plan_confirmed",
        zh=f"{order.short_name}的{payload['who']}确认了 {order.number} 的安装方案",
        en=f"{payload['who']} of {order.short_name} confirmed the install plan of {order.number}",
        data={"order_id": order.id},
    )


def drop_messages(uow: UnitOfWork, fact: Fact) -> None:
    """An order that was cancelled, held or failed: what still waits for its customer is not sent any more."""
    customer_messages.drop(uow, order_id=fact.payload["order_id"])


def visit_words(order: ServiceOrderRow, window: AppointmentRow, *, changed: bool) -> str:
    """The text message of a visit, in Chinese: when, where, what, how long, what to have ready."""
    days = "一二三四五六日"
    at = f"{window.from_s // 3600}:{window.from_s // 60 % 60:02d}–{window.to_s // 3600}:{window.to_s // 60 % 60:02d}"
    when = f"{window.on.month}月{window.on.day}日（周{days[window.on.weekday()]}）{at}"
    minutes = -(-order.duration_s // 600) * 10
    verb = "上门时间改为" if changed else "工程师上门时间为"
    return (
        f"【客户服务部】{order.customer_name}：{order.number} {KINDS[order.kind].zh}，{verb} {when}，"
        f"地址 {order.address}，大约 {minutes} 分钟。届时请安排一位熟悉电话线路的同事在场，并能进入机房。"
        "如需改时间，请提前一天来电。"
    )
