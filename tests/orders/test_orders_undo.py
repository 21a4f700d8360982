"""The last decision of a review can be taken back, as long as nothing has come of it."""

from datetime import timedelta

import pytest

from backend.billing import queries as invoices
from backend.core.errors import NotAllowed, Stale
from backend.core.states import WrongState
from backend.dispatch import booking
from backend.orders import actions, queries
from backend.staff.roles import ROLES
from tests.support.office import DAY, HOUR, Office, call

DESK = "technical_assistant"


def test_an_approval_is_taken_back_with_its_invoice_and_given_again(office: Office) -> None:
    order_id = office.install()
    before = office.see(lambda uow: queries.get(uow, order_id))
    assert office.see(lambda uow: invoices.for_order(uow, order_id)) is not None
    for login in set(ROLES) - {DESK}:
        with pytest.raises(NotAllowed):
            office.do(login, call(actions.take_decision_back, order_id=order_id))
    with pytest.raises(Stale):
        office.do(DESK, call(actions.take_decision_back, order_id=order_id, version=before.version - 1))
    row = office.do(DESK, call(actions.take_decision_back, order_id=order_id, version=before.version))
    office.relay()
    assert (row.status, row.customer_id, row.site_id) == ("submitted", None, None)
    assert row.customer_name == before.customer_name and row.address == before.address
    assert office.see(lambda uow: invoices.for_order(uow, order_id)) is None
    with pytest.raises(Stale):
        office.do(DESK, call(actions.take_decision_back, order_id=order_id))
    again = office.do(DESK, call(actions.approve, order_id=order_id))
    office.relay()
    assert (again.customer_id, again.site_id) == (before.customer_id, before.site_id), "no second customer"
    assert office.see(lambda uow: invoices.for_order(uow, order_id)) is not None


def test_taken_back_before_the_invoice_was_prepared_none_is(office: Office) -> None:
    order_id = office.submitted()
    office.do(DESK, call(actions.approve, order_id=order_id))
    office.do(DESK, call(actions.take_decision_back, order_id=order_id))
    office.relay()
    assert office.see(lambda uow: invoices.for_order(uow, order_id)) is None


def test_once_something_came_of_it_it_stays(office: Office) -> None:
    held, agreed, returned = office.install(), office.install(), office.submitted()
    on = DAY + timedelta(days=1)
    window = {"on": on, "from_s": 10 * HOUR, "to_s": 12 * HOUR}
    office.do(DESK, call(booking.hold, order_id=held, **window))
    office.do(DESK, call(booking.agree, order_id=agreed, **window))
    for order_id in (held, agreed):
        with pytest.raises((Stale, WrongState)):
            office.do(DESK, call(actions.take_decision_back, order_id=order_id))
    office.do(DESK, call(actions.return_to_sales, order_id=returned, reasons=["price"], note=""))
    row = office.do(DESK, call(actions.take_decision_back, order_id=returned))
    assert (row.status, row.reasons) == ("submitted", ())
