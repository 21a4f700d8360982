"""Reminds of cards that are due, each person once for each mark, however often and by how many workers it is called."""

from backend.core.clock import SHANGHAI
from backend.core.uow import SYSTEM, Transactions, UnitOfWork
from backend.notifications import actions as notifications
from backend.notifications import queries as inbox
from backend.orders import queries as orders
from backend.staff import queries as staff
from backend.visits import reminders
from backend.visits.reminders import DueCard

WATCHERS = ("technical_assistant", "technical_supervisor")


def remind(transactions: Transactions) -> int:
    """Tell whom it concerns; returns how many messages were new. Only reads while there is nothing new."""
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
    return sum(item is not None for item in told)
