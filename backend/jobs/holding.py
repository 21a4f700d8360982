"""Ends holds whose time is over and tells who held them."""

from backend.appointments import holds
from backend.core.clock import SHANGHAI
from backend.core.uow import SYSTEM, Transactions
from backend.notifications import actions as notifications
from backend.orders import queries as orders


def end_holds(transactions: Transactions) -> int:
    """End what nobody confirmed and tell who held it; returns how many. Only reads while there is nothing."""
    with transactions.read(SYSTEM) as uow:
        if not holds.any_over(uow):
            return 0
    with transactions.begin(SYSTEM) as uow:
        over = holds.expire(uow)
        names = orders.by_ids(uow, [one.order_id for one in over])
        for one in over:
            if one.held_by is None:
                continue
            customer = names[one.order_id].short_name
            until = one.expires_at.astimezone(SHANGHAI)
            at = f"{one.on:%m-%d} {one.from_s // 3600}:{one.from_s // 60 % 60:02d}"
            notifications.tell(
                uow,
                person_id=one.held_by,
                fact_key=f"hold:{one.id}:expired",
                kind="hold_expired",
                zh=f"给{customer}占的 {at} 到 {until:%H:%M} 没有确认，已经放开",
                en=f"The window {at} held for {customer} was not confirmed by {until:%H:%M} and is free again",
                data={"order_id": one.order_id},
            )
        return len(over)
