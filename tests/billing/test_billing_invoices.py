"""The invoice of an install: prepared once, one number, one holder, and the order waits for it."""

from datetime import timedelta
from typing import Any

import pytest

from backend.billing import actions, queries
from backend.core.errors import Invalid, Missing, NotAllowed, NotFound
from backend.core.states import WrongState
from backend.core.uow import Duplicate
from backend.orders import actions as orders
from backend.visits import actions as visits
from tests.support.office import DAY, ROUND, Office, call

DESK = "technical_assistant"


def invoice(office: Office, order_id: int) -> queries.InvoiceRow:
    row: queries.InvoiceRow = office.see(lambda uow: queries.for_order(uow, order_id))
    return row


def close(office: Office, order_id: int) -> Any:
    return office.do(DESK, lambda uow: actions.close_order(uow, order_id=order_id))


def passed(office: Office, order_id: int, visit_id: int, serial: str) -> None:
    office.step(visit_id, *ROUND)
    card = office.card(visit_id, uuid=f"card-{visit_id}", device_serial=serial)
    office.do(DESK, lambda uow: visits.pass_card(uow, card_id=card.id))


def test_an_invoice_is_prepared_once_with_the_orders_own_words(office: Office) -> None:
    order_id = office.install(price_fen="2680.10", customer_name="北京星野电子有限公司")
    row = invoice(office, order_id)
    assert (row.status, row.title, row.amount_fen) == ("prepared", "北京星野电子有限公司", 268010)
    for _ in range(2):
        assert office.do("system", lambda uow: actions.prepare(uow, order_id=order_id)) == row.id
    repair = office.repair()
    assert office.do("system", lambda uow: actions.prepare(uow, order_id=repair)) is None
    assert office.see(queries.counts) == {"prepared": 1}
    assert [r.id for r in office.see(lambda uow: queries.listing(uow, text="星野").rows)] == [row.id]


def test_numbers_are_digits_and_belong_to_one_invoice(office: Office) -> None:
    first, second = (invoice(office, office.install()).id for _ in range(2))

    def number(invoice_id: int, text: str, login: str = DESK) -> Any:
        return office.do(login, lambda uow: actions.set_number(uow, invoice_id=invoice_id, number=text))

    for bad in ("", "1234567", "1" * 21, "1234567a", "-12345678", "12345678\n9", "١٢٣٤٥٦٧٨"):
        with pytest.raises(Invalid):
            number(first, bad)
    for login in ("engineer", "finance", "manager", "sales"):
        with pytest.raises(NotAllowed):
            number(first, "12345678", login)
    assert number(first, " 12345678 ").invoice_number == "12345678"
    assert number(first, "12345678").version == number(first, "１２３４５６７８").version, (
        "full width is the same"
    )
    for same in ("12345678", "１２３４５６７８"):
        with pytest.raises(Duplicate):
            number(second, same)
    assert number(second, "12345679").invoice_number == "12345679"


def test_from_hand_to_hand(office: Office) -> None:
    order_id = office.install()
    invoice_id = invoice(office, order_id).id
    hand = call(actions.hand_over, invoice_id=invoice_id)
    with pytest.raises(actions.NobodyGoes):
        office.do(DESK, hand)
    visit_id = office.visit(order_id)
    with pytest.raises(actions.NumberMissing):
        office.do(DESK, hand)
    office.do(DESK, lambda uow: actions.set_number(uow, invoice_id=invoice_id, number="12345678"))

    def deliver(who: str) -> Any:
        return call(actions.deliver, invoice_id=invoice_id, received_by=who)

    def back(why: str) -> Any:
        return call(actions.bring_back, invoice_id=invoice_id, note=why)

    for act in (deliver("王工"), back("没人")):
        with pytest.raises(WrongState):
            office.do(DESK, act)
        with pytest.raises(NotFound):
            office.do("engineer", act)
    version = office.do(DESK, hand).version
    assert office.do(DESK, hand).version == version, "twice is once"
    assert invoice(office, order_id).engineer_id == office.ids["engineer"]
    for act in (deliver("王工"), back("没人")):
        with pytest.raises(NotFound):
            office.do("engineer2", act)
        with pytest.raises(NotAllowed):
            office.do("finance", act)
    for act in (deliver(" "), back(" ")):
        with pytest.raises(Missing):
            office.do("engineer", act)
    for _ in range(2):
        assert office.do("engineer", back("客户要改抬头")).return_note == "客户要改抬头"
    with pytest.raises(WrongState):
        office.do("engineer", deliver("王工"))
    with pytest.raises(NotAllowed):
        office.do("engineer", hand)
    office.do(DESK, hand)
    for name in ("王工", "另一个人"):
        assert office.do("engineer", deliver(name)).received_by == "王工", "who signed first is kept"
    with pytest.raises(WrongState):
        office.do(DESK, back("?"))
    with pytest.raises(WrongState):
        office.do(DESK, hand)
    assert invoice(office, order_id).status == "delivered"
    with pytest.raises(WrongState):
        close(office, order_id)
    passed(office, order_id, visit_id, "DL4-C-001")
    assert close(office, order_id).status == close(office, order_id).status == "closed"


def test_an_order_waits_for_its_invoice(office: Office) -> None:
    """Also for one that the background has not prepared yet; a repair has none to wait for."""
    repair = office.repair()
    passed(office, repair, office.visit(repair), "")
    assert close(office, repair).status == "closed"

    order_id = office.submitted()
    office.do(DESK, lambda uow: orders.approve(uow, order_id=order_id))
    passed(office, order_id, office.visit(order_id), "DL4-C-002")
    with pytest.raises(actions.InvoiceOpen):
        close(office, order_id)
    office.relay()
    invoice_id = invoice(office, order_id).id
    with pytest.raises(actions.InvoiceOpen):
        close(office, order_id)
    office.do(DESK, lambda uow: actions.set_number(uow, invoice_id=invoice_id, number="22345678"))
    office.do(DESK, lambda uow: actions.hand_over(uow, invoice_id=invoice_id))
    with pytest.raises(actions.InvoiceOpen):
        close(office, order_id)
    office.do("engineer", lambda uow: actions.bring_back(uow, invoice_id=invoice_id, note="客户不要"))
    with pytest.raises(NotAllowed):
        office.do("technical_supervisor", lambda uow: actions.close_order(uow, order_id=order_id))
    assert close(office, order_id).status == "closed"


def test_the_invoices_of_a_day_are_ready_once_they_have_a_number_and_a_visit(office: Office) -> None:
    tomorrow = DAY + timedelta(days=1)
    ready, without_number, other_day, unpublished = (office.install() for _ in range(4))
    for sequence, (order_id, on) in enumerate(
        ((ready, tomorrow), (without_number, tomorrow), (other_day, DAY)), start=1
    ):
        office.visit(order_id, on=on, sequence=sequence)
    for n, order_id in enumerate((ready, other_day, unpublished)):
        row = invoice(office, order_id)
        office.do(DESK, call(actions.set_number, invoice_id=row.id, number=f"1000000{n}"))
    found = office.see(call(actions.ready_to_hand_over, on=tomorrow))
    assert found == [invoice(office, ready).id]
    office.do(DESK, call(actions.hand_over, invoice_id=found[0]))
    assert invoice(office, ready).status == "handed"
    assert office.see(call(actions.ready_to_hand_over, on=tomorrow)) == []
