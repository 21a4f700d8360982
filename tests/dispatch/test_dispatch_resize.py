"""Another length for a visit: what follows shifts, rules want a reason, and it can be taken back."""

import pytest

from backend.core.clock import FixedClock
from backend.core.uow import SYSTEM, Transactions
from backend.dispatch import changes, queries
from backend.dispatch.policy import RuleBroken, VisitRuns
from backend.dispatch.rows import StopView
from backend.orders import queries as orders
from tests.dispatch import bigday
from tests.dispatch.bigday import DAY


def day(transactions: Transactions, engineer_id: int) -> list[StopView]:
    with transactions.read(SYSTEM) as uow:
        return list(
            next(e for e in queries.day_view(uow, DAY).engineers if e.engineer_id == engineer_id).stops
        )


def test_what_follows_shifts_and_comes_back(transactions: Transactions, clock: FixedClock) -> None:
    made = bigday.make(transactions, clock, people=6)
    engineer_id = made.engineers[1]
    before = day(transactions, engineer_id)
    n = next(n for n, stop in enumerate(before[:-1]) if stop.movable and stop.status == "published")
    stop, later = before[n], before[n + 1]
    length = stop.end_s - stop.start_s
    with transactions.begin(made.assistant) as uow:
        changes.resize(uow, on=DAY, order_id=stop.order_id, duration_s=length + 1800, reason="线路多")
    after = day(transactions, engineer_id)
    assert after[n].end_s - after[n].start_s == length + 1800
    assert after[n].start_s == stop.start_s and after[n + 1].start_s > later.start_s
    with transactions.begin(made.assistant) as uow:
        changes.undo(uow, on=DAY)
    assert [(s.start_s, s.end_s) for s in day(transactions, engineer_id)] == [
        (s.start_s, s.end_s) for s in before
    ]
    with transactions.read(SYSTEM) as uow:
        assert orders.get(uow, stop.order_id).duration_s == length
    with transactions.begin(made.assistant) as uow:
        changes.redo(uow, on=DAY)
    again = day(transactions, engineer_id)
    assert [(s.start_s, s.end_s) for s in again] == [(s.start_s, s.end_s) for s in after]


def test_a_length_that_breaks_a_rule_wants_a_reason_and_what_is_done_stays(
    transactions: Transactions, clock: FixedClock
) -> None:
    made = bigday.make(transactions, clock, people=6)
    stops = day(transactions, made.engineers[0])
    loose = next(stop for stop in stops if stop.movable and stop.status == "published")
    with pytest.raises(RuleBroken), transactions.begin(made.assistant) as uow:
        changes.resize(uow, on=DAY, order_id=loose.order_id, duration_s=7 * 3600)
    with transactions.read(SYSTEM) as uow:
        assert orders.get(uow, loose.order_id).duration_s == loose.end_s - loose.start_s
    done = next(stop for stop in stops if not stop.movable)
    with transactions.begin(made.assistant) as uow, pytest.raises(VisitRuns):
        changes.resize(uow, on=DAY, order_id=done.order_id, duration_s=3600)
