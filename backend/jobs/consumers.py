"""What follows from a fact. Every consumer may be called twice with the same fact and then does nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

from backend.appointments import queries as appointments
from backend.appointments.queries import AppointmentRow
from backend.billing import actions as billing
from backend.core.clock import SHANGHAI, at_local
from backend.core.outbox import Fact
from backend.core.uow import SYSTEM, Transactions, UnitOfWork
from backend.expenses import actions as expenses
from backend.jobs import thread_news
from backend.notifications import actions as notifications
from backend.notifications import customer_messages
from backend.orders import queries as orders
from backend.orders.queries import ServiceOrderRow
from backend.orders.states import KINDS
from backend.staff import queries as staff
from backend.visits import actions as visit_actions
from backend.visits import device_reports
from backend.visits import queries as visits

CARD_DESK = "technical_assistant"
PLAN_USEFUL_DAYS = 14
DEVICE_DESK = ("technical_supervisor", "stock_assistant")


class Line(Protocol):
    """Where numbers of jobs are put."""

    def enqueue(self, job_id: int) -> None: ...


Consumer = Callable[[UnitOfWork, Fact], None]


class SeveralFailed(Exception):
    """Some consumers of a fact failed; it will be handed on again."""


class Consumers:
    """Hands a fact to all of its consumers, each in a transaction of its own."""

    def __init__(self, transactions: Transactions, queue: Line) -> None:
        self.transactions, self.queue = transactions, queue

    def deliver(self, fact: Fact) -> None:
        """Call every consumer of the fact; one that fails does not keep the others from it.

        Raises SeveralFailed afterwards, so that the fact stays pending.
        """
        errors: list[Exception] = []
        if fact.name == "job_requested":
            self.queue.enqueue(fact.payload["job_id"])
        for consumer in CONSUMERS.get(fact.name, ()):
            try:
                with self.transactions.begin(SYSTEM) as uow:
                    consumer(uow, fact)
            except Exception as exc:  # told below, after the others had their turn
                errors.append(exc)
        if errors:
            raise SeveralFailed(
                "; ".join(f"{type(error).__name__}: {error}" for error in errors)
            ) from errors[0]


def tell_changed_engineers(uow: UnitOfWork, fact: Fact) -> None:
    """A published day: each engineer whose day changed gets one sentence about it."""
    on = fact.payload["on"]
    for change in fact.payload["changed"]:
        zh, en = _changes(change)
        notifications.tell(
            uow,
            person_id=change["engineer_id"],
            fact_key=fact.key,
            kind="schedule_changed",
            zh=f"{on} 的日程有变：{zh}",
            en=f"Your schedule of {on} changed: {en}",
            data={"on": on, **change},
        )


def prepare_invoice(uow: UnitOfWork, fact: Fact) -> None:
    """An approved install: its invoice is prepared, unless the approval was taken back meanwhile."""
    order = orders.get(uow, fact.payload["order_id"])
    if order.kind == "install" and order.status != "submitted":
        billing.prepare(uow, order_id=fact.payload["order_id"])


def forget_invoice(uow: UnitOfWork, fact: Fact) -> None:
    """An approval that was taken back: its invoice is not prepared any more."""
    if orders.get(uow, fact.payload["order_id"]).status == "submitted":
        billing.forget(uow, order_id=fact.payload["order_id"])


def record_trip(uow: UnitOfWork, fact: Fact) -> None:
    """A visit that ended: what the trip to it should have cost."""
    expenses.record_trip(uow, visit_id=fact.payload["visit_id"])


def tell_card_returned(uow: UnitOfWork, fact: Fact) -> None:
    """A card that was sent back: the engineer hears which and why."""
    payload = fact.payload
    number = orders.get(uow, payload["order_id"]).number
    why = payload.get("reason", "")
    notifications.tell(
        uow,
        person_id=payload["engineer_id"],
        fact_key=fact.key,
        kind="card_returned",
        zh=f"{number} 的反馈卡被退回" + (f"：{why}" if why else "，请补全后再交"),
        en=f"The card of {number} was sent back" + (f": {why}" if why else "; complete it and send it again"),
        data={
            "card_id": payload["card_id"],
            "visit_id": payload["visit_id"],
            "order_id": payload["order_id"],
        },
    )


def tell_card_submitted(uow: UnitOfWork, fact: Fact) -> None:
    """A card that came in: the card desk hears of it."""
    payload = fact.payload
    number = orders.get(uow, payload["order_id"]).number
    who = staff.engineer_names(uow).get(payload["engineer_id"], "")
    for person in staff.people_with_role(uow, CARD_DESK):
        notifications.tell(
            uow,
            person_id=person.id,
            fact_key=fact.key,
            kind="card_submitted",
            zh=f"{who}交来 {number} 的反馈卡，待核对",
            en=f"{who} sent the card of {number}; it is to be checked",
            data={"card_id": payload["card_id"], "order_id": payload["order_id"]},
        )


def end_visit(uow: UnitOfWork, fact: Fact) -> None:
    """An order that was cancelled or put on hold: its visit will not be, and the engineer hears of it."""
    order = orders.get(uow, fact.payload["order_id"])
    visit = visits.living_for_orders(uow, [order.id]).get(order.id)
    if order.status != fact.payload["status"] or visit is None or visit.outcome is not None:
        return
    visit_actions.withdraw(uow, visit_id=visit.id, reason=order.status)
    expenses.record_trip(uow, visit_id=visit.id)  # he may have been on his way already
    _tell_gone(uow, fact, visit.engineer_id, order.number, visit.on.isoformat())


def tell_taken_back(uow: UnitOfWork, fact: Fact) -> None:
    """A visit that was taken back: the engineer hears of it."""
    payload = fact.payload
    _tell_gone(uow, fact, payload["engineer_id"], payload["number"], payload["on"])


def _tell_gone(uow: UnitOfWork, fact: Fact, engineer_id: int, number: str, on: str) -> None:
    notifications.tell(
        uow,
        person_id=engineer_id,
        fact_key=fact.key,
        kind="visit_gone",
        zh=f"{on} 的 {number} 不去了",
        en=f"You do not go to {number} on {on} any more",
        data={"on": on, "order_id": fact.payload["order_id"]},
    )


def tell_evidence(uow: UnitOfWork, fact: Fact) -> None:
    """Something came from a phone for a visit that was given to someone else: the card desk decides about it."""
    visit = visits.get(uow, fact.payload["visit_id"])
    for person in staff.people_with_role(uow, CARD_DESK):
        notifications.tell(
            uow,
            person_id=person.id,
            fact_key=f"evidence:{visit.id}",
            kind="evidence_kept",
            zh=f"{visit.order.number} 改派以后，{visit.engineer_name}的手机又发来做过的内容，请看看怎么处理",
            en=f"{visit.engineer_name} sent work on {visit.order.number} after it was reassigned; please decide",
            data={"visit_id": visit.id, "order_id": visit.order_id},
        )


def tell_waiting(uow: UnitOfWork, fact: Fact) -> None:
    """An engineer stands at the customer's and cannot begin: whoever can call the customer hears of it."""
    visit = visits.get(uow, fact.payload["visit_id"])
    since = datetime.fromisoformat(fact.payload["since"]).astimezone(SHANGHAI)
    for person in staff.people_with_role(uow, CARD_DESK):
        notifications.tell(
            uow,
            person_id=person.id,
            fact_key=fact.key,
            kind="visit_waiting",
            zh=f"{visit.engineer_name}在{visit.order.short_name}等客户，{since:%H:%M} 开始等，"
            f"联系人 {visit.order.contact_name} {visit.order.contact_phone}",
            en=f"{visit.engineer_name} is waiting for {visit.order.short_name} since {since:%H:%M}; contact "
            f"{visit.order.contact_name} {visit.order.contact_phone}",
            data={"visit_id": visit.id, "order_id": visit.order_id},
        )


def tell_device_report(uow: UnitOfWork, fact: Fact) -> None:
    """A dialer that is not right: the technical supervisor and the stock assistant hear of it."""
    row = device_reports.get(uow, fact.payload["report_id"])
    who = staff.engineer_names(uow).get(row.person_id, "")
    back = row.data.get("returned")
    for person_id in {person.id for role in DEVICE_DESK for person in staff.people_with_role(uow, role)}:
        notifications.tell(
            uow,
            person_id=person_id,
            fact_key=fact.key,
            kind="device_reported",
            zh=f"{who}报拨号器 {row.serial} 有毛病：{row.data['fault']}（{'已带回库房' if back else '没有带回'}）",
            en=f"{who} reports dialer {row.serial}: {row.data['fault']} ({'returned' if back else 'not returned'})",
            data={"report_id": row.id, "visit_id": row.visit_id},
        )


def tell_cause_asked(uow: UnitOfWork, fact: Fact) -> None:
    """An engineer asks for more time for a card: those who may grant it hear of it."""
    visit = visits.get(uow, fact.payload["visit_id"])
    deciders = {
        p.id for role in (CARD_DESK, "technical_supervisor") for p in staff.people_with_role(uow, role)
    }
    for person_id in sorted(deciders):
        notifications.tell(
            uow,
            person_id=person_id,
            fact_key=fact.key,
            kind="special_cause_asked",
            zh=f"{visit.engineer_name}为 {visit.order.number} 的反馈卡申请特殊因素：{visit.cause_text}",
            en=f"{visit.engineer_name} asks for more time for the card of {visit.order.number}: {visit.cause_text}",
            data={"visit_id": visit.id, "order_id": visit.order_id},
        )


def tell_cause_decided(uow: UnitOfWork, fact: Fact) -> None:
    """A special cause was granted or refused: the engineer hears until when the card is due."""
    visit = visits.get(uow, fact.payload["visit_id"])
    granted = fact.payload["granted"]
    until = visit.card_due_at.astimezone(SHANGHAI) if visit.card_due_at is not None else None
    due_zh, due_en = (
        (f"，请在 {until:%m-%d %H:%M} 前交卡", f"; send the card by {until:%m-%d %H:%M}")
        if until
        else ("", "")
    )
    notifications.tell(
        uow,
        person_id=fact.payload["engineer_id"],
        fact_key=fact.key,
        kind="special_cause_decided",
        zh=f"{visit.order.number} 的特殊因素{'同意了' if granted else '没有同意'}{due_zh}",
        en=f"The special cause of {visit.order.number} was {'granted' if granted else 'refused'}{due_en}",
        data={"visit_id": visit.id, "order_id": visit.order_id, "granted": granted},
    )


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
    for person in staff.people_with_role(uow, CARD_DESK):
        notifications.tell(
            uow,
            person_id=person.id,
            fact_key=fact.key,
            kind="install_plan_confirmed",
            zh=f"{order.short_name}的{payload['who']}确认了 {order.number} 的安装方案",
            en=f"{payload['who']} of {order.short_name} confirmed the install plan of {order.number}",
            data={"order_id": order.id},
        )


def drop_messages(uow: UnitOfWork, fact: Fact) -> None:
    """An order that was cancelled, held or failed: what still waits for its customer is not sent any more."""
    customer_messages.drop(uow, order_id=fact.payload["order_id"])


WHY_UNUSABLE = {
    "too_many_pixels": ("像素太多", "it has too many pixels"),
    "no_picture": ("不是照片", "it is no picture"),
    "broken": ("文件坏了", "the file is broken"),
}


def tell_photo_unusable(uow: UnitOfWork, fact: Fact) -> None:
    """A photo that cannot be shown: the engineer hears of it, he may take another."""
    visit = visits.get(uow, fact.payload["visit_id"])
    zh, en = WHY_UNUSABLE[fact.payload["problem"]]
    notifications.tell(
        uow,
        person_id=fact.payload["person_id"],
        fact_key=fact.key,
        kind="photo_unusable",
        zh=f"{visit.order.number} 有一张照片打不开（{zh}），需要的话请重拍",
        en=f"A photo of {visit.order.number} cannot be shown ({en}); take another if it is needed",
        data={"visit_id": visit.id, "order_id": visit.order_id},
    )


CONSUMERS: dict[str, tuple[Consumer, ...]] = {
    "schedule_published": (tell_changed_engineers,),
    "order_approved": (prepare_invoice,),
    "order_unapproved": (forget_invoice,),
    "order_cancelled": (end_visit, drop_messages),
    "order_held": (end_visit, drop_messages),
    "order_failed": (drop_messages,),
    "window_agreed": (write_to_customer,),
    "install_plan_sent": (write_plan_to_customer,),
    "install_plan_confirmed": (tell_plan_confirmed,),
    "visit_taken_back": (tell_taken_back,),
    "visit_finished": (record_trip,),
    "visit_failed": (record_trip,),
    "card_returned": (tell_card_returned,),
    "card_submitted": (tell_card_submitted,),
    "evidence_kept": (tell_evidence,),
    "device_reported": (tell_device_report,),
    "visit_waiting": (tell_waiting,),
    "special_cause_asked": (tell_cause_asked,),
    "special_cause_decided": (tell_cause_decided,),
    "photo_unusable": (tell_photo_unusable,),
    "visit_escalated": (record_trip,),
    "thread_opened": (thread_news.tell_opened,),
    "thread_answered": (thread_news.tell_answered,),
    "thread_passed_on": (thread_news.tell_passed_on,),
    "thread_solved": (thread_news.tell_solved,),
    "summary_submitted": (thread_news.tell_summary,),
}


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


def _changes(change: dict[str, Any]) -> tuple[str, str]:
    parts = [
        ("added", "新增 {n} 单", "{n} new"),
        ("moved", "改时间 {n} 单", "{n} at another time"),
        ("removed", "不去了 {n} 单", "{n} gone"),
    ]
    said = [
        (zh.format(n=len(change[key])), en.format(n=len(change[key]))) for key, zh, en in parts if change[key]
    ]
    return "，".join(zh for zh, _ in said), ", ".join(en for _, en in said)
