"""Pages, the outbox, locks and lists on both databases."""

import itertools
import threading
import time
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError

from backend.core import audit, counters, lists, outbox, paging
from backend.core.clock import FixedClock
from backend.core.errors import DomainError, Stale
from backend.core.ledger import AuditEntry, ListEntry
from backend.core.uow import SYSTEM, Duplicate, Transactions
from tests.core.test_core_values import cursor_of
from tests.support.office import Office


def note(transactions: Transactions, *names: str) -> None:
    with transactions.begin(SYSTEM) as uow:
        for name in names:
            uow.audit("thing", name, "noted")
            uow.flush()


def test_pages_lose_and_double_nothing_while_rows_come_in(transactions: Transactions) -> None:
    note(transactions, *(f"old-{n}" for n in range(7)))
    for newest_first, expected in ((True, [f"old-{n}" for n in range(6, -1, -1)]), (False, None)):
        seen: list[str] = []
        cursor: str | None = None
        for turn in range(20):
            with transactions.read(SYSTEM) as uow:
                page = paging.page_by_id(
                    uow, select(AuditEntry), AuditEntry.id, lambda row: row.entity_id,
                    cursor=cursor, size=2, newest_first=newest_first,
                )  # fmt: skip
            assert 0 < len(page.rows) <= 2
            seen += page.rows
            if turn < 3:
                note(transactions, f"new-{newest_first}-{turn}")
            cursor = page.next_cursor
            if cursor is None:
                break
        if expected is not None:
            assert seen == expected, "what came in after the first page belongs before it"
        else:
            assert len(set(seen)) == len(seen) == 13, "upwards the new ones come at the end"
            assert seen[:7] == [f"old-{n}" for n in range(7)]
    with transactions.read(SYSTEM) as uow:
        assert len(audit.trail(uow, size=0).rows) == 1 and len(audit.trail(uow, size=10**9).rows) == 13
        for value in ("7", True, None, [7], {"a": 1}, 1.5, 2**63, -(2**70), "; DROP TABLE"):
            with pytest.raises(paging.BadCursor):
                audit.trail(uow, cursor=cursor_of(value))
        with pytest.raises(paging.BadCursor):
            audit.trail(uow, cursor="[" * 5000)


def test_no_statement_changes_the_trail(transactions: Transactions, engine: Engine) -> None:
    note(transactions, "kept")
    statements = [
        "UPDATE audit_entries SET action = 'x'",
        "UPDATE audit_entries SET entity_id = entity_id || 'x' WHERE id > 0",
        "DELETE FROM audit_entries WHERE id > 0",
    ]
    columns = "id, at, actor, via, entity, entity_id, action"
    copied = "SELECT id, at, 'x', via, entity, entity_id, action FROM audit_entries WHERE id > 0"
    if engine.dialect.name == "sqlite":
        statements.append(f"INSERT OR REPLACE INTO audit_entries ({columns}) {copied}")
    else:
        statements.append("TRUNCATE audit_entries")
        statements.append("TRUNCATE audit_entries CASCADE")
    change = "ON CONFLICT (id) DO UPDATE SET actor = 'x'"
    statements.append(f"INSERT INTO audit_entries ({columns}) {copied} {change}")
    for statement in statements:
        with pytest.raises(DBAPIError), engine.begin() as connection:
            connection.execute(text(statement))
    with transactions.read(SYSTEM) as uow:
        assert [(row.actor, row.entity_id, row.action) for row in audit.trail(uow).rows] == [
            ("paidan", "kept", "noted")
        ]


def test_facts_come_in_order_and_a_bad_one_is_tried_less_and_less(
    transactions: Transactions, clock: FixedClock
) -> None:
    with transactions.begin(SYSTEM) as uow:
        for n in range(12):
            uow.emit("bad" if n == 3 else "good", n=n)
    seen: list[int] = []
    tries: list[float] = []

    def deliver(fact: outbox.Fact) -> None:
        if fact.name == "bad":
            tries.append(clock.now().timestamp())
            raise RuntimeError("the consumer is down")
        seen.append(fact.payload["n"])

    assert outbox.deliver_pending(transactions, deliver, limit=5) == 4, "the bad one takes nobody's place"
    for _ in range(120):
        clock.advance(seconds=10)
        outbox.deliver_pending(transactions, deliver, limit=5)
    assert seen == [n for n in range(12) if n != 3]
    waits = [after - before for before, after in itertools.pairwise(tries)]
    assert waits == sorted(waits) and max(waits) <= outbox.LONGEST_WAIT_S + 10 and len(waits) > 6
    assert outbox.pending_count(transactions) == 1


def test_two_relays_at_once_lose_nothing(transactions: Transactions) -> None:
    with transactions.begin(SYSTEM) as uow:
        for n in range(6):
            uow.emit("fact", n=n)
    seen: list[str] = []

    def other(fact: outbox.Fact) -> None:
        seen.append(fact.key)

    def deliver(fact: outbox.Fact) -> None:
        if not seen:
            outbox.deliver_pending(transactions, other)
        seen.append(fact.key)

    outbox.deliver_pending(transactions, deliver)
    assert len(set(seen)) == 6 and outbox.pending_count(transactions) == 0


def test_the_first_number_of_a_day_is_given_to_one(office: Office) -> None:
    """Two people make the first order of a day at once: both get theirs."""
    day = date(2027, 1, 1)

    def take(uow: Any) -> str:
        return counters.next_number(uow, "AZ", day)

    assert office.overlap(("sales", take), ("technical_assistant", take)) == [
        "AZ-20270101-001",
        "AZ-20270101-002",
    ]


def test_two_who_wait_for_each_other_are_not_left_waiting(office: Office, engine: Engine) -> None:
    if engine.dialect.name == "sqlite":  # one writer at a time: they cannot even begin
        return

    def crossing(first: str, second: str) -> Any:
        def act(uow: Any) -> str:
            uow.lock(first)
            time.sleep(0.2)
            uow.lock(second)
            return "through"

        return act

    results: list[Any] = []

    def run(act: Any) -> None:
        try:
            results.append(office.do("system", act))
        except DomainError as refusal:
            results.append(refusal)

    threads = [threading.Thread(target=run, args=(crossing(*p),)) for p in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert "through" in results and any(isinstance(result, Stale) for result in results)


def test_a_unique_value_that_is_taken_is_said_in_words(transactions: Transactions) -> None:
    def entry() -> ListEntry:
        return ListEntry(list_code="l", code="c", zh="一", en="One", position=0)

    with transactions.begin(SYSTEM) as uow:
        uow.session.add(entry())
    with pytest.raises(Duplicate), transactions.begin(SYSTEM) as uow:
        uow.session.add(entry())


def test_lists_show_what_is_valid_today(transactions: Transactions, clock: FixedClock) -> None:
    with transactions.begin(SYSTEM) as uow:
        for _ in range(2):
            lists.seed(
                uow, "causes", [("rain", "暴雨", "Rain"), ("sick", "生病", "Sick"), ("old", "旧", "Old")]
            )
        uow.session.query(ListEntry).filter_by(code="old").update({"valid_to": date(2026, 11, 24)})
        uow.session.query(ListEntry).filter_by(code="sick").update({"valid_from": date(2026, 11, 25)})

    def codes() -> list[str]:
        with transactions.read(SYSTEM) as uow:
            return [choice.code for choice in lists.choices(uow, "causes")]

    assert codes() == ["rain", "old"]
    clock.advance(hours=15)  # Beijing's midnight: 09:00 and 15 hours
    assert codes() == ["rain", "sick"]
