"""Two people at once: one wins, the other is told, nothing is doubled."""

from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine, text

from backend.appointments import actions as appointments
from backend.appointments import queries as windows
from backend.core.errors import Missing, NotAllowed, Stale
from backend.core.states import WrongState
from backend.core.uow import Duplicate
from backend.orders import actions, queries
from backend.staff import actions as staff
from backend.staff import queries as staff_queries
from backend.visits import actions as visits
from backend.visits import queries as visit_queries
from tests.support.office import CARD, DAY, HOUR, PNG, ROUND, Office, call

DESK = "technical_assistant"
TOLD = (Stale, WrongState, Duplicate)


def count(engine: Engine, what: str) -> int:
    with engine.execution_options(read_only=True).connect() as connection:
        return connection.scalar(text(f"SELECT count(*) FROM {what}")) or 0


def test_approving_returning_and_cancelling_at_once(office: Office, engine: Engine) -> None:
    approve = partial(call, actions.approve)
    send = partial(call, actions.return_to_sales, reasons=[], note="税号不对")
    for first, second, status in ((approve, approve, "approved"), (approve, send, "approved"),
                                  (send, approve, "returned")):  # fmt: skip
        order_id = office.submitted()
        before = count(engine, "audit_entries WHERE entity = 'service_order'")
        results = office.overlap((DESK, first(order_id=order_id)), (DESK, second(order_id=order_id)))
        assert results[0].status == status and isinstance(results[1], TOLD)
        assert results[1].sentence("zh") and results[1].sentence("en")
        assert office.see(lambda uow, o=order_id: queries.get(uow, o)).status == status
        assert count(engine, "audit_entries WHERE entity = 'service_order'") == before + 1
    office.relay()
    assert count(engine, "invoice_requests") == 2


def test_an_old_page_changes_nothing(office: Office) -> None:
    order_id = office.submitted()
    version = office.see(lambda uow: queries.get(uow, order_id)).version
    for act in (
        lambda uow: actions.approve(uow, order_id=order_id, version=version - 1),
        lambda uow: actions.return_to_sales(
            uow, order_id=order_id, reasons=["x"], note="", version=version + 1
        ),
        lambda uow: actions.cancel(uow, order_id=order_id, note="x", version=version - 1),
    ):
        with pytest.raises(Stale):
            office.do(DESK, act)
    assert office.see(lambda uow: queries.get(uow, order_id)).version == version


def test_two_phones_send_a_card_for_one_visit(office: Office, engine: Engine) -> None:
    for uuids in (("A", "B"), ("C", "C")):
        order_id = office.repair()
        visit_id = office.visit(order_id)
        office.step(visit_id, *ROUND)

        def send(uuid: str, visit_id: int = visit_id) -> Any:
            return lambda uow: visits.submit_card(
                uow, visit_id=visit_id, uuid=uuid, data=CARD, signature_png=PNG
            )

        first, second = office.overlap(("engineer", send(uuids[0])), ("engineer", send(uuids[1])))
        assert first.uuid == uuids[0]
        if uuids[0] == uuids[1]:
            assert second == first or isinstance(second, TOLD)
            assert office.do("engineer", send(uuids[1])).id == first.id, "and the next try is answered"
        else:
            assert isinstance(second, (*TOLD, visits.OtherCard))
            with pytest.raises(visits.OtherCard):
                office.do("engineer", send(uuids[1]))
        assert count(engine, f"cards WHERE visit_id = {visit_id}") == 1
        assert count(engine, "outbox_messages WHERE name = 'card_submitted'") == (1 if uuids[0] == "A" else 2)


def test_two_press_accept_and_the_desk_takes_back_meanwhile(office: Office) -> None:
    order_id = office.repair()
    visit_id = office.visit(order_id)
    accept = call(visits.accept, visit_id=visit_id)
    cancel = call(actions.cancel, order_id=order_id, note="客户退单")
    first, second = office.overlap(("engineer", accept), ("engineer", accept))
    assert second == first or isinstance(second, TOLD)
    first, second = office.overlap(
        (DESK, cancel), ("engineer", lambda uow: visits.set_out(uow, visit_id=visit_id))
    )
    assert first.status == "cancelled" and isinstance(second, TOLD)
    row = office.see(lambda uow: visit_queries.get(uow, visit_id))
    assert row.accepted_at is not None and row.set_out_at is None


def test_an_order_has_one_window_in_force(office: Office, clock: Any) -> None:
    order_id = office.repair()

    def appoint(hour: int, login: str = DESK) -> Any:
        return lambda uow: appointments.appoint(
            uow, order_id=order_id, on=DAY, from_s=hour * HOUR, to_s=(hour + 2) * HOUR, agreed_with="李工"
        )

    first, second = office.overlap((DESK, appoint(10)), (DESK, appoint(14)))
    assert isinstance(first, int) and isinstance(second, (int, *TOLD))
    office.do(DESK, appoint(15))
    current = office.see(lambda uow: windows.current(uow, [order_id]))[order_id]
    assert (current.from_s, current.to_s) == (15 * HOUR, 17 * HOUR)
    history = office.see(lambda uow: windows.history(uow, order_id))
    assert [row.ended_at is None for row in history] == [False] * (len(history) - 1) + [True]
    assert [row.order_id for row in office.see(lambda uow: windows.on_day(uow, DAY))] == [order_id]


def test_who_cancels_and_why(office: Office) -> None:
    mine = office.submitted()
    password = "right-horse-battery"
    person_id = office.do(
        "admin",
        lambda uow: staff.add_person(uow, login="sales2", name="另一位", password=password, roles=["sales"]),
    )
    office.actors["sales2"] = office.see(lambda uow: staff_queries.actor(uow, person_id, "web"))
    cancel = partial(call, actions.cancel, order_id=mine)
    for login in ("sales2", "engineer", "manager", "finance"):
        with pytest.raises(NotAllowed):
            office.do(login, cancel(note="不要了"))
    with pytest.raises(Missing):
        office.do("sales", cancel(note="  "))
    assert office.do("sales", cancel(note="不要了")).status == "cancelled"
    with pytest.raises(WrongState):
        office.do("sales", cancel(note="不要了"))
    approved = office.repair()
    with pytest.raises(NotAllowed):
        office.do("sales", lambda uow: actions.cancel(uow, order_id=approved, note="x"))
