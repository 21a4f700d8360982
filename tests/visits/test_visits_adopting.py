"""Evidence that is adopted, on both databases: his work counts, with his moments; who went there instead is told."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from backend.core.clock import FixedClock
from backend.core.errors import NotAllowed
from backend.notifications import queries as inbox
from backend.orders import actions as orders
from backend.orders import queries as order_queries
from backend.visits import actions as visits
from backend.visits import adopting, phone_writes, queries
from backend.visits.moments import Happened
from tests.support.office import CARD, Office, call

PNG = "data:image/png;base64,iVBORw0KGgo="


def reassigned(office: Office, *, accepted: bool = False) -> tuple[int, int]:
    """An order that was given to another engineer; the order's and the first visit's id."""
    order_id = office.repair()
    visit_id = office.visit(order_id)
    if accepted:
        office.do("engineer", call(visits.accept, visit_id=visit_id))
    office.do("technical_assistant", call(visits.withdraw, visit_id=visit_id, reason="moved"))
    office.do("technical_assistant", lambda uow: orders.move(uow, order_id, "withdraw"))
    return order_id, visit_id


def sent(office: Office, visit_id: int, *kinds: str) -> None:
    """What the first engineer's phone sends afterwards, a quarter of an hour apart, three hours ago."""

    def write(uow: Any) -> None:
        for n, kind in enumerate(kinds):
            at = uow.now - timedelta(hours=3) + n * timedelta(minutes=15)
            body = {"uuid": str(uuid4()), "data": CARD, "signature": PNG} if kind == "card" else {}
            phone_writes.record(
                uow, uuid=str(uuid4()), kind=kind, visit_id=visit_id, device_id=None, phone_at=at,
                happened=Happened(at, 0, False), status="kept", code="visit_gone", body=body,
            )  # fmt: skip

    office.do("engineer", write)


WHOLE = ("accept", "set_out", "sign_in", "finish", "card")


def test_his_work_counts(office: Office, clock: FixedClock) -> None:
    order_id, visit_id = reassigned(office)
    other = office.visit(order_id, "engineer2")
    clock.advance(hours=4)
    sent(office, visit_id, *WHOLE)
    for _ in range(2):
        row = office.do("technical_assistant", call(adopting.adopt, visit_id=visit_id, note="电话问过客户"))
    assert row.finished_at == clock.now() - timedelta(hours=3) + timedelta(minutes=45)
    assert (row.outcome, row.card_status, row.card_late) == ("done", "submitted", False)
    assert office.see(lambda uow: order_queries.get(uow, order_id)).status == "card_submitted"
    assert office.see(lambda uow: queries.get(uow, other)).outcome == "withdrawn"
    office.relay()
    told = office.see(lambda uow: inbox.inbox(uow, office.ids["engineer2"]).rows)
    assert "visit_gone" in [item.kind for item in told]
    rows = office.do("technical_assistant", call(phone_writes.evidence, visit_id=visit_id, open_only=False))
    assert {(one.status, one.decision_note) for one in rows} == {("used", "电话问过客户")}
    office.do("technical_assistant", call(visits.pass_card, card_id=row.card_id))


def test_what_he_had_done_before_it_was_taken_away(office: Office) -> None:
    order_id, visit_id = reassigned(office, accepted=True)
    before = office.see(lambda uow: queries.get(uow, visit_id)).accepted_at
    sent(office, visit_id, "set_out", "sign_in", "finish", "card")
    row = office.do("technical_assistant", call(adopting.adopt, visit_id=visit_id))
    assert row.accepted_at == before
    assert office.see(lambda uow: order_queries.get(uow, order_id)).status == "card_submitted"


def test_late_is_by_its_receipt(office: Office, clock: FixedClock) -> None:
    """The card came in time and was adopted days later."""
    _, visit_id = reassigned(office)
    sent(office, visit_id, *WHOLE)
    clock.advance(days=3)
    assert not office.do("technical_assistant", call(adopting.adopt, visit_id=visit_id)).card_late


def test_the_other_one_has_begun(office: Office) -> None:
    order_id, visit_id = reassigned(office)
    other = office.visit(order_id, "engineer2")
    office.do("engineer2", call(visits.accept, visit_id=other))
    sent(office, visit_id, *WHOLE)
    with pytest.raises(adopting.OrderMovedOn):
        office.do("technical_assistant", call(adopting.adopt, visit_id=visit_id))
    assert office.see(lambda uow: queries.get(uow, other)).outcome is None


@pytest.mark.parametrize("kinds", [(), ("accept",), ("accept", "set_out", "sign_in", "card")])
def test_nothing_to_adopt(office: Office, kinds: tuple[str, ...]) -> None:
    _, visit_id = reassigned(office)
    sent(office, visit_id, *kinds)
    with pytest.raises(adopting.NothingToAdopt):
        office.do("technical_assistant", call(adopting.adopt, visit_id=visit_id))


@pytest.mark.parametrize("who", ["engineer", "technical_supervisor", "manager"])
def test_only_the_assistant(office: Office, who: str) -> None:
    _, visit_id = reassigned(office)
    sent(office, visit_id, *WHOLE)
    with pytest.raises(NotAllowed):
        office.do(who, call(adopting.adopt, visit_id=visit_id))
