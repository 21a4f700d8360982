"""An order's page with its visits and story, a customer's page, and handing over tomorrow's invoices at once."""

from datetime import timedelta
from typing import Any

from flask import Flask

from backend.billing import actions as billing
from backend.bootstrap import Application
from backend.core import audit
from backend.core.clock import local_date
from backend.core.uow import SYSTEM, UnitOfWork
from backend.orders import actions as orders
from backend.orders import queries
from backend.staff import queries as staff
from backend.visits import actions as visits
from tests.dispatch.department import add_order
from tests.support.department import Browser

HOUR = 3600


def publish(uow: UnitOfWork, order_id: int, on: Any) -> int:
    """The order goes to the first engineer on that day; returns the visit."""
    for move in ("appoint", "plan", "publish"):
        orders.move(uow, order_id, move)
    return visits.assign(
        uow, order_id=order_id, engineer_id=min(staff.engineer_names(uow)), on=on, sequence=1,
        window_from_s=9 * HOUR, window_to_s=11 * HOUR, arrive_s=9 * HOUR, start_s=9 * HOUR, end_s=10 * HOUR,
        mode="metro", travel_s=600, travel_m=3000, travel_fen=300,
    )  # fmt: skip


def test_an_order_shows_every_visit_and_its_story_in_words(app: Flask, application: Application) -> None:
    with application.transactions.begin(SYSTEM) as uow:
        order_id = add_order(uow, 1)
        visit_id = publish(uow, order_id, local_date(uow.now))
        visits.accept(uow, visit_id=visit_id)
        visits.fail(uow, visit_id=visit_id, reason_code="nobody", note="打电话没人接")
        customer_id = queries.get(uow, order_id).customer_id
        name = staff.engineer_names(uow)[min(staff.engineer_names(uow))]
    assistant = Browser(app, "technical_assistant")
    page = assistant.get(f"/orders/{order_id}").text
    assert name in page and "打电话没人接" in page and "派给工程师" in page
    assert "没有人" in page and "assigned" not in page
    customer = assistant.get(f"/customers/{customer_id}").text
    assert f"/orders/{order_id}" in customer and name in customer and "装着的设备" in customer


def test_the_story_keeps_records_apart(application: Application) -> None:
    with application.transactions.begin(SYSTEM) as uow:
        first, second = add_order(uow, 1), add_order(uow, 2)
    with application.transactions.read(SYSTEM) as uow:
        assert audit.story(uow, []) == []
        assert {row.entity_id for row in audit.story(uow, [("service_order", first)])} == {str(first)}
        both = audit.story(uow, [("service_order", first), ("service_order", second)])
        assert {row.entity_id for row in both} == {str(first), str(second)}
        assert [row.id for row in both] == sorted((row.id for row in both), reverse=True)


def test_nothing_to_hand_over_says_so_and_others_may_not(app: Flask, application: Application) -> None:
    with application.transactions.read(SYSTEM) as uow:
        assert billing.ready_to_hand_over(uow, on=local_date(uow.now) + timedelta(days=1)) == []
    assistant = Browser(app, "technical_assistant")
    assert 'hx-post="/invoices/hand-over"' not in assistant.get("/invoices").text
    assert assistant.send("/invoices/hand-over").status_code == 204
    assert "交出了 0 张发票" in assistant.get("/invoices").text
    assert Browser(app, "finance").send("/invoices/hand-over").status_code == 403
