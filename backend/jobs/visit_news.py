"""Who hears of visits, cards, photos and dialers."""

from datetime import datetime
from typing import Any

from backend.core.clock import SHANGHAI
from backend.core.outbox import Fact
from backend.core.uow import UnitOfWork
from backend.expenses import queries as expenses
from backend.jobs.telling import CARD_DESK, tell, with_roles
from backend.orders import queries as orders
from backend.staff import queries as staff
from backend.visits import device_reports
from backend.visits import queries as visits

DEVICE_DESK = ("technical_supervisor", "stock_assistant")


def tell_changed_engineers(uow: UnitOfWork, fact: Fact) -> None:
    """A published day: each engineer whose day changed gets one sentence about it."""
    on = fact.payload["on"]
    for change in fact.payload["changed"]:
        zh, en = _changes(change)
        tell(
            uow,
            fact,
            [change["engineer_id"]],
            "schedule_changed",
            zh=f"{on} 的日程有变：{zh}",
            en=f"Your schedule of {on} changed: {en}",
            data={"on": on, **change},
        )


def tell_card_returned(uow: UnitOfWork, fact: Fact) -> None:
    """A card that was sent back: the engineer hears which and why."""
    payload = fact.payload
    number = orders.get(uow, payload["order_id"]).number
    why = payload.get("reason", "")
    tell(
        uow,
        fact,
        [payload["engineer_id"]],
        "card_returned",
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
    tell(
        uow,
        fact,
        with_roles(uow, CARD_DESK),
        "card_submitted",
        zh=f"{who}交来 {number} 的反馈卡，待核对",
        en=f"{who} sent the card of {number}; it is to be checked",
        data={"card_id": payload["card_id"], "order_id": payload["order_id"]},
    )


def tell_taken_back(uow: UnitOfWork, fact: Fact) -> None:
    """A visit that was taken back: the engineer hears of it."""
    payload = fact.payload
    tell_gone(uow, fact, payload["engineer_id"], payload["number"], payload["on"])


def tell_gone(uow: UnitOfWork, fact: Fact, engineer_id: int, number: str, on: str) -> None:
    """A visit that will not be: its engineer hears of it."""
    tell(
        uow,
        fact,
        [engineer_id],
        "visit_gone",
        zh=f"{on} 的 {number} 不去了",
        en=f"You do not go to {number} on {on} any more",
        data={"on": on, "order_id": fact.payload["order_id"]},
    )


def tell_evidence(uow: UnitOfWork, fact: Fact) -> None:
    """Something came from a phone for a visit that was given to someone else: the card desk decides about it."""
    visit = visits.get(uow, fact.payload["visit_id"])
    tell(
        uow,
        fact,
        with_roles(uow, CARD_DESK),
        "evidence_kept",
        zh=f"{visit.order.number} 改派以后，{visit.engineer_name}的手机又发来做过的内容，请看看怎么处理",
        en=f"{visit.engineer_name} sent work on {visit.order.number} after it was reassigned; please decide",
        data={"visit_id": visit.id, "order_id": visit.order_id},
        key=f"evidence:{visit.id}",
    )


def tell_waiting(uow: UnitOfWork, fact: Fact) -> None:
    """An engineer stands at the customer's and cannot begin: whoever can call the customer hears of it."""
    visit = visits.get(uow, fact.payload["visit_id"])
    since = datetime.fromisoformat(fact.payload["since"]).astimezone(SHANGHAI)
    tell(
        uow,
        fact,
        with_roles(uow, CARD_DESK),
        "visit_waiting",
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
    tell(
        uow,
        fact,
        with_roles(uow, *DEVICE_DESK),
        "device_reported",
        zh=f"{who}报拨号器 {row.serial} 有毛病：{row.data['fault']}（{'已带回库房' if back else '没有带回'}）",
        en=f"{who} reports dialer {row.serial}: {row.data['fault']} ({'returned' if back else 'not returned'})",
        data={"report_id": row.id, "visit_id": row.visit_id},
    )


def tell_cause_asked(uow: UnitOfWork, fact: Fact) -> None:
    """An engineer asks for more time for a card: those who may grant it hear of it."""
    visit = visits.get(uow, fact.payload["visit_id"])
    tell(
        uow,
        fact,
        with_roles(uow, CARD_DESK, "technical_supervisor"),
        "special_cause_asked",
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
    tell(
        uow,
        fact,
        [fact.payload["engineer_id"]],
        "special_cause_decided",
        zh=f"{visit.order.number} 的特殊因素{'同意了' if granted else '没有同意'}{due_zh}",
        en=f"The special cause of {visit.order.number} was {'granted' if granted else 'refused'}{due_en}",
        data={"visit_id": visit.id, "order_id": visit.order_id, "granted": granted},
    )


def tell_claim_returned(uow: UnitOfWork, fact: Fact) -> None:
    """A transport claim that was sent back: the engineer hears of which day and why."""
    row = expenses.claim(uow, fact.payload["claim_id"])
    why = fact.payload["reason"]
    tell(
        uow,
        fact,
        [fact.payload["engineer_id"]],
        "claim_returned",
        zh=f"{row.on} 的交通费被退回：{why}",
        en=f"The transport claim of {row.on} was sent back: {why}",
        data={"claim_id": row.id},
    )


WHY_UNUSABLE = {
    "too_many_pixels": ("像素太多", "it has too many pixels"),
    "no_picture": ("不是照片", "it is no picture"),
    "broken": ("文件坏了", "the file is broken"),
}


def tell_photo_unusable(uow: UnitOfWork, fact: Fact) -> None:
    """A photo that cannot be shown: the engineer hears of it, he may take another."""
    visit = visits.get(uow, fact.payload["visit_id"])
    zh, en = WHY_UNUSABLE[fact.payload["problem"]]
    tell(
        uow,
        fact,
        [fact.payload["person_id"]],
        "photo_unusable",
        zh=f"{visit.order.number} 有一张照片打不开（{zh}），需要的话请重拍",
        en=f"A photo of {visit.order.number} cannot be shown ({en}); take another if it is needed",
        data={"visit_id": visit.id, "order_id": visit.order_id},
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
