"""Trips come onto a claim once; what differs needs a reason; what was changed can be read afterwards."""

from typing import Any

import pytest

from backend.core import audit, lists
from backend.core.errors import Invalid, Missing, NotAllowed, NotFound
from backend.core.states import WrongState
from backend.expenses import actions, queries
from backend.notifications import queries as inbox
from backend.orders import actions as orders
from backend.visits import actions as visits
from tests.support.office import ROUND, Office

DESK = "technical_assistant"


def claim(office: Office, login: str = "engineer") -> queries.ClaimRow:
    (row,) = office.see(lambda uow: queries.claims(uow, engineer_id=office.ids[login]).rows)
    assert isinstance(row, queries.ClaimRow)
    return row


def submit(office: Office, claim_id: int, login: str = "engineer", **given: Any) -> queries.ClaimRow:
    row: queries.ClaimRow = office.do(
        login, lambda uow: actions.submit_claim(uow, claim_id=claim_id, **given)
    )
    return row


def test_a_trip_is_claimed_once_and_begins_where_the_last_one_ended(office: Office, clock: Any) -> None:
    """The way begins at the last place he went to, not at one that he never set out for."""
    order_ids = [office.repair() for _ in range(3)]
    seen = [office.visit(order_id, sequence=n + 1, fen=300 + n) for n, order_id in enumerate(order_ids)]
    office.step(seen[0], *ROUND)
    clock.advance(hours=1)
    office.step(seen[1], "accept")
    reason = office.see(lambda uow: lists.choices(uow, "failed_visit_reasons"))[0].code
    office.do("engineer", lambda uow: visits.fail(uow, visit_id=seen[1], reason_code=reason))
    clock.advance(hours=1)
    office.step(seen[2], *ROUND)
    for _ in range(2):
        office.relay()
        for visit_id in seen:
            office.do("system", lambda uow, v=visit_id: actions.record_trip(uow, visit_id=v))
    row = claim(office)
    assert [trip.visit_id for trip in row.trips] == [seen[0], seen[2]], "no way, no fare"
    assert (row.expected_fen, row.claimed_fen, row.status) == (602, 602, "open")
    assert row.trips[0].from_text == "家" and row.trips[1].from_text == row.trips[0].to_text


def test_a_way_that_was_begun_counts_although_the_order_was_cancelled(office: Office) -> None:
    order_id = office.repair()
    visit_id = office.visit(order_id, fen=450)
    office.step(visit_id, "accept", "set_out")
    office.do(DESK, lambda uow: orders.cancel(uow, order_id=order_id, note="客户退单"))
    office.relay()
    assert [(trip.visit_id, trip.expected_fen) for trip in claim(office).trips] == [(visit_id, 450)]


def test_a_fare_that_differs_needs_a_reason_and_leaves_a_trace(office: Office) -> None:
    office.step(office.visit(office.repair()), *ROUND)
    office.relay()
    row = claim(office)
    trip = row.trips[0].id
    with pytest.raises(actions.ReasonMissing) as refusal:
        submit(office, row.id, amounts={trip: 2000})
    assert row.trips[0].to_text in refusal.value.sentence("zh")
    with pytest.raises(actions.ReasonMissing):
        submit(office, row.id, amounts={trip: 2000}, notes={trip: "  "})
    for fen in (-1, 100_001):
        with pytest.raises(Invalid):
            submit(office, row.id, amounts={trip: fen}, notes={trip: "雨"})
    with pytest.raises(NotFound):
        submit(office, row.id, amounts={trip + 99: 500})
    with pytest.raises(NotFound):
        submit(office, row.id, "engineer2")
    assert claim(office) == row, "what was refused changed nothing"
    for _ in range(2):
        sent = submit(office, row.id, amounts={trip: 2000}, notes={trip: "大雨打车"})
    assert (sent.status, sent.claimed_fen, sent.expected_fen) == ("submitted", 2000, 500)
    rows = office.see(lambda uow: audit.trail(uow, entity="claim", entity_id=row.id).rows)
    assert [r.action for r in rows] == ["submit", "changed", "opened"], "twice is once"
    assert rows[1].before == {"claimed_fen": 500, "note": ""}
    assert rows[1].after == {"trip_id": trip, "claimed_fen": 2000, "note": "大雨打车"}


def test_returned_and_checked_again(office: Office) -> None:
    first, second = office.visit(office.repair()), office.visit(office.repair(), sequence=2, fen=700)
    office.step(first, *ROUND)
    office.relay()
    row = claim(office)
    with pytest.raises(WrongState):
        office.do(DESK, lambda uow: actions.check_claim(uow, claim_id=row.id))
    submit(office, row.id)
    for login in ("engineer", "finance", "manager"):
        with pytest.raises(NotAllowed):
            office.do(login, lambda uow: actions.check_claim(uow, claim_id=row.id))
    with pytest.raises(Missing):
        office.do(DESK, lambda uow: actions.return_claim(uow, claim_id=row.id, reason=""))
    office.do(DESK, lambda uow: actions.return_claim(uow, claim_id=row.id, reason="没有票"))
    assert (claim(office).status, claim(office).return_reason) == ("returned", "没有票")
    office.relay()
    told = office.see(lambda uow: inbox.inbox(uow, office.ids["engineer"])).rows[0]
    assert told.kind == "claim_returned" and "没有票" in told.zh and told.data == {"claim_id": row.id}
    assert submit(office, row.id).return_reason == ""
    for _ in range(2):
        assert office.do(DESK, lambda uow: actions.check_claim(uow, claim_id=row.id)).status == "checked"
    with pytest.raises(WrongState):
        submit(office, row.id)
    with pytest.raises(WrongState):
        submit(office, row.id, amounts={row.trips[0].id: 900}, notes={row.trips[0].id: "再加"})
    assert claim(office).claimed_fen == 500
    office.step(second, *ROUND)  # a way after the desk had agreed: it must look again
    office.relay()
    row = claim(office)
    assert (row.status, row.claimed_fen) == ("open", 1200)
    trail = office.see(lambda uow: audit.trail(uow, entity="claim", entity_id=row.id).rows)
    assert trail[0].action == "reopen" and trail[0].actor == "paidan"
    submit(office, row.id)
    assert office.do(DESK, lambda uow: actions.check_claim(uow, claim_id=row.id)).status == "checked"
