"""An engineer's own figures: what he did, and where he stands against the manual's targets (R15, R23)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from backend.core.uow import UnitOfWork
from backend.orders import queries as orders
from backend.visits import policy
from backend.visits.models import Card, Visit

TARGETS_PERCENT = {
    "cards_on_time": 100,
    "install": 90,
    "repair": 95,
    "maintenance": 99,
    "satisfaction": 99,
}
"""The manual's: every card within 24 hours; 合格率 of installs, repairs and maintenances; 客户满意度."""
SATISFIED_FROM = 4
"""Of five steps."""
KINDS = ("install", "repair", "maintenance")
CHECKED = ("passed", "returned")


@dataclass(frozen=True)
class Share:
    """How many of how many, beside the target in percent; ``whole`` 0 where nothing counts yet."""

    code: str
    part: int
    whole: int
    target_percent: int


@dataclass(frozen=True)
class Figures:
    """An engineer's figures from one day to another, and his shares in the order of TARGETS_PERCENT.

    ``on_the_way_s`` is from setting out to signing in, ``on_site_s`` from there to the finish.
    """

    done: int
    failed: int
    on_site_s: int
    on_the_way_s: int
    shares: tuple[Share, ...]


def figures(uow: UnitOfWork, engineer_id: int, *, first: date, last: date) -> Figures:
    """What an engineer did in a span of days, counted from the records.

    A card counts as in time by its first handing in and the special cause; one that is past due and not in counts
    too. A visit passes where the desk passed its card, of those that it has checked. Satisfied is a customer whose
    mark for the whole is at least SATISFIED_FROM, of those who gave one.
    """
    columns = (
        Visit.service_order_id,
        Visit.outcome,
        Visit.set_out_at,
        Visit.signed_in_at,
        Visit.finished_at,
        Visit.accepted_at,
        Visit.card_due_at,
        Visit.cause_until,
        Card.late,
        Card.status,
        Card.data["mark_whole"].as_string().label("mark"),
    )
    query = select(*columns).outerjoin(Card, Card.visit_id == Visit.id)
    rows = uow.session.execute(
        query.where(Visit.engineer_id == engineer_id, Visit.on.between(first, last))
    ).all()
    kinds = orders.plain_facts(uow, (row.service_order_id for row in rows))
    checked = [row for row in rows if row.status in CHECKED]
    marked = [row for row in rows if (row.mark or "").isdecimal()]
    due = [row for row in rows if row.status is not None or _overdue(uow, row)]
    shares = {"cards_on_time": _share(due, lambda row: row.status is not None and not row.late)}
    for kind in KINDS:
        of_kind = [row for row in checked if kinds[row.service_order_id].kind == kind]
        shares[kind] = _share(of_kind, lambda row: row.status == "passed")
    shares["satisfaction"] = _share(marked, lambda row: int(row.mark) >= SATISFIED_FROM)
    return Figures(
        done=sum(row.outcome == "done" for row in rows),
        failed=sum(row.outcome == "failed" for row in rows),
        on_site_s=_seconds((row.signed_in_at, row.finished_at) for row in rows),
        on_the_way_s=_seconds((row.set_out_at, row.signed_in_at) for row in rows),
        shares=tuple(Share(code, *shares[code], target) for code, target in TARGETS_PERCENT.items()),
    )


def _overdue(uow: UnitOfWork, row: Any) -> bool:
    if row.accepted_at is None or row.card_due_at is None or row.outcome not in (None, "done"):
        return False
    return policy.due_with_cause(row.card_due_at, row.cause_until) < uow.now


def _share(rows: list[Any], good: Callable[[Any], bool]) -> tuple[int, int]:
    return sum(good(row) for row in rows), len(rows)


def _seconds(spans: Iterable[tuple[Any, Any]]) -> int:
    return round(sum((end - begin).total_seconds() for begin, end in spans if begin and end))
