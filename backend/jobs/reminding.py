"""Reminds of cards that are due, urgent orders without a place and escalations without an answer, each person once for
each mark.

However often and by how many workers it is called.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from backend.appointments import queries as appointments
from backend.core.clock import SHANGHAI, local_date
from backend.core.uow import SYSTEM, Transactions, UnitOfWork
from backend.notifications import actions as notifications
from backend.notifications import queries as inbox
from backend.orders import queries as orders
from backend.orders.queries import ServiceOrderRow
from backend.staff import queries as staff
from backend.visits import reminders, thread_queries
from backend.visits.reminders import DueCard
from backend.visits.thread_queries import ThreadRow

WATCHERS = ("technical_assistant", "technical_supervisor")
DESK = ("technical_assistant", "desk_supervisor")
PLACE_WITHIN = timedelta(minutes=15)
"""An urgent order that is still not on anybody's day by then wants somebody."""
LOOK_BACK = timedelta(days=1)
UNPLACED = "urgent_unplaced"
UNANSWERED = "escalation_overdue"


def remind(transactions: Transactions) -> int:
    """Tell whom it concerns; returns how many messages were new. Only reads while there is nothing new."""
    told = _remind_of_cards(transactions) + _remind_of_urgent(transactions)
    return told + _remind_of_escalations(transactions)


def _remind_of_urgent(transactions: Transactions) -> int:
    with transactions.read(SYSTEM) as uow:
        keys = set(_unplaced(uow))
        fresh = keys - inbox.keys_told(uow, keys)
    if not fresh:
        return 0
    with transactions.begin(SYSTEM) as uow:  # asked anew: it may have got a place in between
        uow.lock("urgent-reminders")
        people = sorted({p.id for role in DESK for p in staff.people_with_role(uow, role)})
        told = 0
        for key, order in _unplaced(uow).items():
            if key not in fresh:
                continue
            minutes = int((uow.now - order.created_at).total_seconds() // 60)
            zh = f"加急 {order.number} {order.short_name} 等了 {minutes} 分钟，还没有排上"
            en = f"Urgent {order.number} of {order.short_name} has waited {minutes} minutes without a place"
            data = {"order_id": order.id}
            told += _tell(uow, people, key, UNPLACED, zh, en, data)
        return told


def _unplaced(uow: UnitOfWork) -> dict[str, ServiceOrderRow]:
    """Urgent orders without a window, or with one today and on nobody's day, by the key of their reminder."""
    waiting = [
        order
        for order in orders.with_status(uow, ("approved", "appointed", "planned"))
        if order.urgent and PLACE_WITHIN <= uow.now - order.created_at < LOOK_BACK
    ]
    windows = appointments.current(uow, [order.id for order in waiting])
    today = local_date(uow.now)
    return {
        f"urgent-unplaced:{order.id}": order
        for order in waiting
        if order.id not in windows or windows[order.id].on <= today
    }


def _remind_of_escalations(transactions: Transactions) -> int:
    """An answer was needed by now and nobody gave one: whoever can, and the assistant, whose day it upsets."""
    with transactions.read(SYSTEM) as uow:
        keys = set(_unanswered(uow))
        fresh = keys - inbox.keys_told(uow, keys)
    if not fresh:
        return 0
    with transactions.begin(SYSTEM) as uow:  # asked anew: somebody may have answered in between
        uow.lock("escalation-reminders")
        people = sorted({p.id for role in WATCHERS for p in staff.people_with_role(uow, role)})
        told = 0
        for key, row in _unanswered(uow).items():
            if key not in fresh or row.need_by is None:
                continue
            at, subject = row.need_by.astimezone(SHANGHAI), " ".join(row.subject.split())[:60]
            zh = f"{row.name}上报 {row.customer_name} {row.order_number}：{subject}，{at:%m-%d %H:%M} 前要答复，还没有人答"
            en = (
                f"{row.name}'s escalation of {row.order_number} for {row.customer_name}: {subject}; an answer was"
                f" needed by {at:%m-%d %H:%M}"
            )
            data = {"thread_id": row.id, "order_id": row.order_id}
            told += _tell(uow, people, key, UNANSWERED, zh, en, data)
        return told


def _unanswered(uow: UnitOfWork) -> dict[str, ThreadRow]:
    """Escalations past the moment by which an answer was needed, by the key of their reminder."""
    found = thread_queries.overdue(uow, since=uow.now - LOOK_BACK)
    return {f"escalation-overdue:{row.id}": row for row in found}


def _tell(
    uow: UnitOfWork, people: Iterable[int], key: str, kind: str, zh: str, en: str, data: dict[str, Any]
) -> int:
    """Tell people and the desk's groups; how many had not been told."""
    told = [
        notifications.tell(uow, person_id=person, fact_key=key, kind=kind, zh=zh, en=en, data=data)
        for person in people
    ]
    notifications.tell_groups(uow, fact_key=key, kind=kind, zh=zh, data=data)
    return sum(item is not None for item in told)


def _remind_of_cards(transactions: Transactions) -> int:
    with transactions.read(SYSTEM) as uow:
        keys = {card.key for card in reminders.due_cards(uow)}
        fresh = keys - inbox.keys_told(uow, keys)
    if not fresh:
        return 0
    with transactions.begin(SYSTEM) as uow:  # asked anew: a card may have come in between
        uow.lock("card-reminders")
        cards = [card for card in reminders.due_cards(uow) if card.key in fresh]
        numbers = orders.by_ids(uow, (card.order_id for card in cards))
        names = staff.engineer_names(uow)
        return sum(
            _tell_of_card(uow, card, numbers[card.order_id].number, names.get(card.engineer_id, "—"))
            for card in cards
        )


def _tell_of_card(uow: UnitOfWork, card: DueCard, number: str, name: str) -> int:
    at = card.due_at.astimezone(SHANGHAI)
    if card.mark == "overdue":
        people = list(dict.fromkeys(p.id for role in WATCHERS for p in staff.people_with_role(uow, role)))
        kind = "card_overdue"
        zh = f"{name}的反馈卡 {number} 过了 {at:%m-%d %H:%M} 还没交"
        en = f"{name} has not sent the card of {number}; it was due on {at:%m-%d %H:%M}"
    else:
        people, kind = [card.engineer_id], "card_due"
        left = "不到 2 小时" if card.mark == "second" else "不到 6 小时"
        zh = f"{number} 的反馈卡 {at:%m-%d %H:%M} 前要交，还剩{left}"
        hours = 2 if card.mark == "second" else 6
        en = f"The card of {number} is due by {at:%m-%d %H:%M}, in less than {hours} hours"
    data = {"visit_id": card.visit_id, "order_id": card.order_id, "mark": card.mark}
    return _tell(uow, people, card.key, kind, zh, en, data)
