"""The review of install orders: what it may change, and when."""

from typing import Any

import pytest

from backend.core.clock import local_date
from backend.core.uow import SYSTEM, Transactions, UnitOfWork
from backend.orders import actions, intake, queries
from backend.orders.actions import ReviewOver
from backend.orders.workbook.sample import sample_rows
from backend.stock import queries as stock
from backend.travel.gazetteer import OfflineGeocoder
from tests.support import department


def submitted(uow: UnitOfWork, **changed: Any) -> int:
    """One good install order, submitted."""
    models, today = stock.models(uow), local_date(uow.now)
    rows, _ = sample_rows(
        today=today, rows=1, seed=5, places=["朝阳区望京SOHO"], models=models, mistakes=False
    )
    raw = {key: str(value) for key, value in {**rows[0], **changed}.items() if value is not None}
    return intake.add_install_order(uow, intake.check_values(uow, raw=raw, geocoder=OfflineGeocoder()))


@pytest.fixture
def department_made(transactions: Transactions) -> Transactions:
    department.make(transactions)
    return transactions


def test_a_pin_answers_an_address_that_nobody_finds(department_made: Transactions) -> None:
    with department_made.begin(SYSTEM) as uow:
        order_id = submitted(uow, address="无此路 99999 号")
    with pytest.raises(actions.ReviewOpen), department_made.begin(SYSTEM) as uow:
        actions.approve(uow, order_id=order_id)
    with department_made.begin(SYSTEM) as uow:
        actions.set_position(uow, order_id=order_id, lat=39.99, lon=116.47, district="朝阳区")
        row = actions.approve(uow, order_id=order_id)
    assert (row.status, row.lat, row.lon, row.district) == ("approved", 39.99, 116.47, "朝阳区")


def test_after_the_review_its_pin_and_answers_stay(department_made: Transactions) -> None:
    with department_made.begin(SYSTEM) as uow:
        order_id = submitted(uow)
        actions.approve(uow, order_id=order_id)
    with department_made.read(SYSTEM) as uow:
        before = queries.install_details(uow, order_id)
    with pytest.raises(ReviewOver), department_made.begin(SYSTEM) as uow:
        actions.set_position(uow, order_id=order_id, lat=40.0, lon=116.0, district=None)
    with pytest.raises(ReviewOver), department_made.begin(SYSTEM) as uow:
        actions.answer_finding(uow, order_id=order_id, code="similar_customer", answer="two_customers")
    with department_made.read(SYSTEM) as uow:
        assert queries.install_details(uow, order_id) == before
