"""Reminds of cards that are due and of urgent orders without a place, each person once for each mark.

However often and by how many workers it is called.
"""

from datetime import timedelta

from backend.appointments import queries as appointments
from backend.core.clock import SHANGHAI, local_date
from backend.core.uow import SYSTEM, Transactions, UnitOfWork
from backend.notifications import actions as notifications
from backend.notifications import queries as inbox
from backend.orders import queries as orders
from backend.orders.queries import ServiceOrderRow
from backend.staff import queries as staff
from backend.visits import reminders
from backend.visits.reminders import DueCard

WATCHERS = ("technical_assistant", "technical_supervisor")
DESK = ("technical_assistant", "desk_supervisor")
PLACE_WITHIN = timedelta(minutes=15)
"""An urgent order that is still not on anybody's day by then wants somebody."""
LOOK_BACK = timedelta(days=1)
UNPLACED = "urgent_unplaced"


def remind(transactions: Transactions) -> int:
    """Tell whom it concerns; returns how many messages were new. Only reads while there is nothing new."""
    return _remind_of_cards(transactions) + _remind_of_urgent(transactions)


def _remind_of_urgent(transactions: Transactions) -> int:
    with transactions.read(SYSTEM) as uow:
        keys = set(_unplaced(uow))
        fresh = keys - inbox.keys_told(uow, keys)
    if not fresh:
        return 0
    with transactions.begin(SYSTEM) as uow:  # asked anew: it may have got a place in between
        uow.lock("urgent-reminders")
        people = sorted({p.id for role in DESK for p in staff.people_with_role(uow, role)})
        told = []
        for key, order in _unplaced(uow).items():
            if key not in fresh:
                continue
            minutes = int((uow.now - order.created_at).total_seconds() // 60)
            zh = f"加急 {order.number} {order.short_name} 等了 {minutes} 分钟，还没有排上"
            en = f"Urgent {order.number} of {order.short_name} has waited {minutes} minutes without a place"
            data = {"order_id": order.id}
            for person in people:
                told.append(
                    notifications.tell(
                        uow, person_id=person, fact_key=key, kind=UNPLACED, zh=zh, en=en, data=data
                    )
                )
            notifications.tell_groups(uow, fact_key=key, kind=UNPLACED, zh=zh, data=data)
        return sum(item is not None for item in told)


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
            _tell(uow, card, numbers[card.order_id].number, names.get(card.engineer_id, "—"))
            for card in cards
        )


def _tell(uow: UnitOfWork, card: DueCard, number: str, name: str) -> int:
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
    told = [
        notifications.tell(uow, person_id=person, fact_key=card.key, kind=kind, zh=zh, en=en, data=data)
        for person in people
    ]
    notifications.tell_groups(uow, fact_key=card.key, kind=kind, zh=zh, data=data)
    return sum(item is not None for item in told)
