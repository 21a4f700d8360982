"""A person is told of a fact once; his messages are his own."""

from typing import Any

import pytest
from sqlalchemy import text

from backend.core.uow import Duplicate
from backend.notifications import actions, queries
from backend.orders import actions as orders
from backend.visits import actions as visits
from tests.support.office import ROUND, Office


def tell(office: Office, login: str, key: str = "f1", **changed: Any) -> Any:
    words = {"kind": "note", "zh": "看一下", "en": "Look"} | changed
    return lambda uow: actions.tell(uow, person_id=office.ids[login], fact_key=key, **words)


def inbox(office: Office, login: str, **given: Any) -> list[queries.InboxRow]:
    return list(office.see(lambda uow: queries.inbox(uow, office.ids[login], **given).rows))


def test_once_for_each_fact_and_person(office: Office) -> None:
    assert office.do("system", tell(office, "sales")) is not None
    assert office.do("system", tell(office, "sales", zh="又来", en="Again")) is None
    assert office.do("system", tell(office, "finance")) is not None
    assert office.do("system", tell(office, "sales", "f2")) is not None
    assert [row.zh for row in inbox(office, "sales")] == ["看一下", "看一下"]
    first, second = office.overlap(
        ("sales", tell(office, "sales", "f3")), ("sales", tell(office, "sales", "f3"))
    )
    assert first is not None and (second is None or isinstance(second, Duplicate))
    assert len(inbox(office, "sales")) == 3 and len(inbox(office, "finance")) == 1
    office.do("system", tell(office, "finance", "long", zh="长" * 900, en="x" * 900))
    assert len(inbox(office, "finance")[0].text("zh")) == 400


def test_reading_is_for_oneself(office: Office) -> None:
    for key in ("a", "b", "c"):
        for login in ("sales", "finance"):
            office.do("system", tell(office, login, key))
    theirs = [row.id for row in inbox(office, "finance")]
    mine = [row.id for row in inbox(office, "sales")]
    assert office.do("sales", lambda uow: actions.mark_read(uow, item_ids=[mine[0], *theirs])) == 1
    assert office.do("sales", lambda uow: actions.mark_read(uow, item_ids=[mine[0]])) == 0
    assert office.do("sales", lambda uow: actions.mark_read(uow, item_ids=[])) == 0
    assert [row.id for row in inbox(office, "sales", unread_only=True)] == mine[1:]
    assert office.do("sales", actions.mark_read) == 2
    counts = [
        office.see(lambda uow, w=w: queries.unread_count(uow, office.ids[w])) for w in ("sales", "finance")
    ]
    assert counts == [0, 3]


def test_facts_that_are_handed_on_twice_tell_once(office: Office) -> None:
    """A card sent and returned, an order cancelled: each one concerned hears of it, each once."""
    visit_id, order_id = office.visit(office.repair()), office.repair()
    gone = office.visit(order_id, "engineer2")
    office.step(visit_id, *ROUND)
    card = office.card(visit_id)
    office.do(
        "technical_assistant", lambda uow: visits.return_card(uow, card_id=card.id, reason="线 2 没有量")
    )
    office.do("technical_assistant", lambda uow: orders.cancel(uow, order_id=order_id, note="客户退单"))
    for _ in range(2):
        office.relay()
        with office.transactions.begin(office["admin"]) as uow:  # the relay lost its marks
            uow.session.execute(text("UPDATE outbox_messages SET delivered_at = NULL"))
    office.relay()
    (told,) = inbox(office, "engineer")
    assert (told.kind, "线 2 没有量" in told.zh) == ("card_returned", True)
    assert [row.kind for row in inbox(office, "technical_assistant")] == ["card_submitted"]
    (told,) = inbox(office, "engineer2")
    assert told.kind == "visit_gone" and told.data["order_id"] == order_id
    with pytest.raises(visits.VisitGone):
        office.step(gone, "accept", by="engineer2")
    assert inbox(office, "sales") == inbox(office, "manager") == []
