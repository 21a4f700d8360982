"""The install plan's pages: the desk's, and the customer's without a log-in."""

import re

from flask import Flask

from backend.bootstrap import Application
from backend.orders import install_plans
from tests.support.department import Browser
from tests.support.office import Office

DESK = "technical_assistant"


def test_the_customers_page_needs_no_log_in_and_only_his_link(app: Flask, application: Application) -> None:
    office = Office(application.transactions, made=True)
    order_id = office.install()
    desk, customer = Browser(app, DESK), app.test_client()
    assert "还没有安装方案" in desk.get(f"/install-plans/{order_id}").text
    assert desk.send(f"/install-plans/{order_id}").status_code == 204
    (plan,) = office.see(lambda uow: install_plans.of_order(uow, order_id))
    assert customer.get(f"/plan/{plan.token}").status_code == 404, "not before it was sent"
    form = {"how": "wechat", "to": "李工"}
    assert desk.send(f"/install-plans/{plan.id}/send", data=form).status_code == 204
    page = customer.get(f"/plan/{plan.token}")
    assert page.status_code == 200 and plan.data["customer"] in page.text and "请您准备" in page.text
    assert page.headers["X-Robots-Tag"] == "noindex"
    pdf = customer.get(f"/plan/{plan.token}/plan.pdf")
    assert pdf.data.startswith(b"%PDF-")
    assert customer.get("/plan/" + "x" * 43).status_code == 404
    assert customer.post(f"/plan/{plan.token}/confirm", data={"name": "李工"}).status_code == 403, "no token"
    token = re.search(r'name="csrf_token" value="([0-9a-f]+)"', page.text)
    assert token is not None
    given = {"name": " 李工 ", "csrf_token": token[1]}
    assert customer.post(f"/plan/{plan.token}/confirm", data=given).status_code == 303
    assert "李工 于" in customer.get(f"/plan/{plan.token}").text
    text = desk.get(f"/install-plans/{order_id}").text
    assert "客户已确认" in text and "自己在网页上确认" in text
    assert desk.get(f"/install-plans/{order_id}/plan.pdf").data.startswith(b"%PDF-")
