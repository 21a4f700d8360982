"""The feedback card: 24 hours from accepting, one for each visit, special causes, sent back and sent again."""

from datetime import timedelta
from typing import Any

import pytest

from backend.core.errors import Invalid, Missing, NotAllowed, NotFound, Stale
from backend.core.states import WrongState
from backend.orders import queries as orders
from backend.visits import actions, queries
from backend.visits.fields import CardWrong
from tests.support.office import ROUND, Office


def at_work(office: Office, clock: Any, engineer: str = "engineer") -> int:
    """A visit that was accepted a while after publishing and finished soon after."""
    visit_id = office.visit(office.repair(), engineer)
    clock.advance(hours=5)
    office.step(visit_id, *ROUND, by=engineer)
    return visit_id


def stands(office: Office, visit_id: int) -> queries.VisitRow:
    row: queries.VisitRow = office.see(lambda uow: queries.get(uow, visit_id))
    return row


def decide(office: Office, visit_id: int, granted: bool, hours: int = 24) -> None:
    office.do(
        "technical_assistant",
        lambda uow: actions.decide_special_cause(uow, visit_id=visit_id, granted=granted, hours=hours),
    )


def ask(office: Office, visit_id: int) -> None:
    office.do(
        "engineer",
        lambda uow: actions.ask_special_cause(uow, visit_id=visit_id, code="rain", text="暴雨封路"),
    )


def test_a_card_is_due_24_hours_after_accepting_to_the_second(office: Office, clock: Any) -> None:
    first, second = at_work(office, clock), at_work(office, clock)
    for visit_id, after_s, late in ((first, 0, False), (second, 1, True)):
        row = stands(office, visit_id)
        assert row.card_due_at == row.accepted_at + timedelta(hours=24) and row.published_at < row.accepted_at
        now = clock.now()
        clock.at = row.card_due_at
        assert stands(office, visit_id).countdown == "urgent", "not late at the moment itself"
        clock.advance(seconds=after_s)
        shown = office.see(lambda uow: queries.card_desk(uow, show="late").rows)
        assert (visit_id in [r.id for r in shown]) == late == (stands(office, visit_id).countdown == "late")
        assert office.card(visit_id, uuid=f"c{visit_id}").late is late
        assert stands(office, visit_id).card_late is late and stands(office, visit_id).countdown == "none"
        clock.at = now


def test_marks_on_the_way_to_late(office: Office, clock: Any) -> None:
    visit_id = at_work(office, clock)
    due = stands(office, visit_id).card_due_at
    assert due is not None
    for before, word in ((7, "fine"), (6, "soon"), (3, "soon"), (2, "urgent"), (0, "urgent")):
        clock.at = due - timedelta(hours=before)
        assert stands(office, visit_id).countdown == word
    clock.at = due + timedelta(microseconds=1)
    assert stands(office, visit_id).countdown == "late"


def test_one_card_for_each_visit_however_often_it_is_sent(office: Office, clock: Any) -> None:
    visit_id, other = at_work(office, clock), at_work(office, clock)
    first = office.card(visit_id, uuid="A", remarks="一")
    clock.advance(minutes=5)
    again = office.card(visit_id, uuid="A", remarks="二")
    assert again == first and again.data["remarks"] == "一", "the first is kept and answered again"
    with pytest.raises(actions.OtherCard):
        office.card(visit_id, uuid="B")
    with pytest.raises(Exception, match="exist"):
        office.card(other, uuid="A")
    assert stands(office, other).card_id is None
    assert order_status(office, visit_id) == "card_submitted" and order_status(office, other) == "done"


def order_status(office: Office, visit_id: int) -> str:
    status: str = office.see(lambda uow: orders.get(uow, queries.get(uow, visit_id).order_id).status)
    return status


def test_a_card_goes_back_and_comes_again_until_it_is_passed(office: Office, clock: Any) -> None:
    visit_id = at_work(office, clock)
    with pytest.raises(CardWrong) as wrong:
        office.card(visit_id, conditions="", trained_whom="")
    assert {error["field"] for error in wrong.value.fields["errors"]} == {"conditions", "trained_whom"}
    assert order_status(office, visit_id) == "done"
    card = office.card(visit_id, uuid="A")
    for login in ("engineer", "sales", "manager", "rep_care"):
        with pytest.raises(NotAllowed):
            office.do(login, lambda uow: actions.return_card(uow, card_id=card.id, reason="差"))
        with pytest.raises(NotAllowed):
            office.do(login, lambda uow: actions.pass_card(uow, card_id=card.id))
    with pytest.raises(Missing):
        office.do("technical_assistant", lambda uow: actions.return_card(uow, card_id=card.id, reason=" "))
    with pytest.raises(Stale):
        office.do(
            "technical_assistant",
            lambda uow: actions.return_card(uow, card_id=card.id, reason="差", version=card.version + 1),
        )
    office.do(
        "technical_supervisor",
        lambda uow: actions.return_card(uow, card_id=card.id, reason="线 2 没有量", version=card.version),
    )
    row = stands(office, visit_id)
    assert (row.card_status, row.card_missing, order_status(office, visit_id)) == ("returned", True, "done")
    clock.advance(hours=30)
    with pytest.raises(actions.OtherCard):
        office.card(visit_id, uuid="B")
    with pytest.raises(WrongState):
        office.do("technical_assistant", lambda uow: actions.pass_card(uow, card_id=card.id))
    again = office.card(visit_id, uuid="A", remarks="补了")
    assert (again.id, again.status, again.late, again.data["remarks"]) == (
        card.id,
        "submitted",
        False,
        "补了",
    )
    for _ in range(2):
        office.do("technical_assistant", lambda uow: actions.pass_card(uow, card_id=card.id))
    with pytest.raises(actions.CardClosed):
        office.card(visit_id, uuid="A", remarks="再改")
    with pytest.raises(WrongState):
        office.do("technical_assistant", lambda uow: actions.return_card(uow, card_id=card.id, reason="差"))
    assert order_status(office, visit_id) == "card_passed"


def test_a_cause_that_is_granted_before_the_due_time_moves_it(office: Office, clock: Any) -> None:
    visit_id = at_work(office, clock)
    with pytest.raises(NotFound):
        decide(office, visit_id, True)
    with pytest.raises(Missing):
        office.do(
            "engineer", lambda uow: actions.ask_special_cause(uow, visit_id=visit_id, code="x", text=" ")
        )
    with pytest.raises(NotFound):
        office.do(
            "engineer2", lambda uow: actions.ask_special_cause(uow, visit_id=visit_id, code="x", text="y")
        )
    due = stands(office, visit_id).card_due_at
    assert due is not None
    ask(office, visit_id)
    ask(office, visit_id)
    assert stands(office, visit_id).card_due_at == due, "asking alone moves nothing"
    for hours in (0, -5, 10**9):
        with pytest.raises(Invalid):
            decide(office, visit_id, True, hours)
    with pytest.raises(NotAllowed):
        office.do("engineer", lambda uow: actions.decide_special_cause(uow, visit_id=visit_id, granted=True))
    decide(office, visit_id, True)
    clock.at = due + timedelta(hours=3)
    decide(office, visit_id, True)
    assert stands(office, visit_id).card_due_at == due + timedelta(hours=24), "granting twice gives no more"
    clock.at = due + timedelta(hours=24)
    assert office.card(visit_id).late is False


def test_a_cause_that_is_refused_moves_nothing_and_may_be_asked_again(office: Office, clock: Any) -> None:
    visit_id = at_work(office, clock)
    due = stands(office, visit_id).card_due_at
    assert due is not None
    ask(office, visit_id)
    decide(office, visit_id, False)
    assert (stands(office, visit_id).card_due_at, stands(office, visit_id).cause_granted) == (due, False)
    clock.at = due + timedelta(seconds=1)
    assert stands(office, visit_id).countdown == "late"
    ask(office, visit_id)
    assert stands(office, visit_id).cause_granted is None
    decide(office, visit_id, True, hours=2)
    assert stands(office, visit_id).card_due_at == clock.now() + timedelta(hours=2), "from the decision on"
    assert office.card(visit_id).late is False


def test_a_card_that_came_late_while_the_cause_was_open_is_excused_with_it(
    office: Office, clock: Any
) -> None:
    visit_id = at_work(office, clock)
    ask(office, visit_id)
    clock.advance(hours=25)
    assert office.card(visit_id).late is True
    decide(office, visit_id, True)
    assert stands(office, visit_id).card_late is False
    decide(office, visit_id, False)
    assert stands(office, visit_id).card_late is True, "the supervisor thought better of it"
