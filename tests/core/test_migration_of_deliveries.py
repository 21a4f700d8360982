"""What was on its way before deliveries had a table of their own is still known after the upgrade."""

from typing import Any

from alembic import command
from sqlalchemy import Engine, text

from backend.core import migrate
from backend.core.clock import FixedClock
from backend.core.uow import SYSTEM, Transactions
from backend.notifications import customer_messages, deliveries
from tests.dispatch.department import add_order, make

BEFORE = "0008"


def test_pushes_and_messages_move_over(engine: Engine, transactions: Transactions, clock: FixedClock) -> None:
    person_id = make(transactions).engineers[0]
    with transactions.begin(SYSTEM) as uow:
        order_id = add_order(uow, 3)
    settings = migrate.config("unused")
    settings.attributes["engine"] = engine
    command.downgrade(settings, BEFORE)
    now: dict[str, Any] = {"at": "2026-11-24 01:00:00.000000", "person": person_id, "order": order_id}
    with engine.begin() as connection:
        for statement in (
            "INSERT INTO device_tokens (id, token_hash, person_id, name, created_at, seen_at, storage_key)"
            " VALUES (901, 'h', :person, 'Redmi', :at, :at, '')",
            "INSERT INTO inbox_items (id, person_id, fact_key, kind, zh, en, data, created_at)"
            " VALUES (901, :person, 'f1', 't', '好', 'good', '{}', :at), (902, :person, 'f2', 't', '好', 'good', '{}', :at)",
            "INSERT INTO push_attempts (inbox_item_id, device_id, status, attempts, detail)"
            " VALUES (901, 901, 'delivered', 1, ''), (902, 901, 'waiting', 2, 'HTTP 503')",
            "INSERT INTO customer_messages (id, fact_key, service_order_id, kind, contact, phone, text, useful_until, status,"
            " attempts, detail, created_at) VALUES (901, 'm1', :order, 'k', '李', '138', '周三上门', '2026-11-26 01:00:00.000000',"
            " 'waiting', 1, 'HTTP 503', :at)",
        ):
            connection.execute(text(statement), now)
    command.upgrade(settings, "head")
    with transactions.begin(SYSTEM) as uow:
        (waiting,) = customer_messages.to_send(uow)
        (due,) = deliveries.take(uow, "sms", limit=5)
        assert (due.key, due.tries, due.address) == (
            "customer:m1",
            2,
            {"phone": "138"},
        ) and waiting.text == "周三上门"
        deliveries.note(uow, delivery_id=due.id, tries=due.tries, outcome="sent")
        uow.flush()
        assert customer_messages.to_send(uow) == []
    with engine.connect() as connection:
        kept = connection.execute(
            text("SELECT key, status FROM deliveries WHERE channel = 'fcm' ORDER BY id")
        ).all()
    assert [tuple(row) for row in kept] == [("inbox:901:fcm:901", "sent"), ("inbox:902:fcm:901", "stale")]
