"""One order from the division's Excel file to the closed order, through the pages and the real parts."""

import re
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

from flask import Flask

from backend.bootstrap import Application
from backend.core.clock import SHANGHAI, local_date
from backend.core.uow import SYSTEM, Actor
from backend.demo.day import PNG
from backend.expenses import actions as expenses
from backend.expenses import queries as claims
from backend.orders import queries as orders
from backend.orders.workbook.sample import write_sample
from backend.serve import inline
from backend.staff import queries as staff
from backend.stock import queries as stock
from backend.visits import actions as visits
from backend.visits import queries as visit_queries
from tests.support.department import Browser


def upload(browser: Browser, path: Path) -> str:
    answer = browser.send("/install-orders/upload", data={"file": (BytesIO(path.read_bytes()), path.name)})
    assert answer.status_code == 204, answer.text
    return browser.get(answer.headers["HX-Redirect"]).text


def test_from_the_excel_file_to_the_closed_order(
    app: Flask, application: Application, tmp_path: Path
) -> None:
    transactions = application.transactions
    with transactions.read(SYSTEM) as uow:
        models = stock.models(uow)
    today = local_date(application.clock.now())
    path = tmp_path / "单子.xlsx"
    mistakes = write_sample(str(path), today=today, rows=16, seed=3, places=["朝阳区望京SOHO"], models=models)
    sales, assistant = Browser(app, "sales"), Browser(app, "technical_assistant")

    page = upload(sales, path)
    wrong = len([kind for kind in mistakes.values() if kind != "nowhere"])
    assert f'id="accepted">{16 - wrong}<' in page and f'id="rejected">{wrong}<' in page
    again = upload(sales, path)
    assert 'id="accepted">0<' in again and f'id="duplicates">{16 - wrong}<' in again

    with transactions.read(SYSTEM) as uow:
        queue = [row for row in orders.review_queue(uow).rows if row.lat is not None]
    first, second = queue[0], queue[1]
    answer = assistant.send(f"/install-orders/{second.order_id}/return", data={"note": "税号请再核对"})
    assert answer.status_code == 204
    assert "税号请再核对" in sales.get(f"/install-orders/{second.order_id}").text
    assert assistant.send(f"/install-orders/{first.order_id}/approve").status_code == 204
    inline.deliver_facts(transactions)

    now = datetime.now(SHANGHAI)
    on = today if now.hour < 12 else today + timedelta(days=1)
    assert assistant.get(f"/appointments?order={first.order_id}").status_code == 200
    form = {"on": str(on), "from": "13:00", "to": "17:00", "agreed_with": "赵文博"}
    assert assistant.send(f"/appointments/{first.order_id}", data=form).status_code == 204

    assert assistant.get(f"/dispatch?day={on}").status_code == 200
    job = assistant.send("/dispatch/plan", json={"day": str(on)}).json["job"]
    assert assistant.get(f"/dispatch/day.json?day={on}").json["job"] == job, "the page shows the progress"
    assert inline.finish_job(transactions, job).status == "done"
    assert assistant.send("/dispatch/publish", json={"day": str(on)}).json["visits"] == 1
    inline.deliver_facts(transactions)
    assert assistant.get(f"/dispatch/day.json?day={on}").json["published"] is True

    with transactions.read(SYSTEM) as uow:
        visit = visit_queries.living_for_orders(uow, [first.order_id])[first.order_id]
        person = staff.person(uow, visit.engineer_id)
    engineer = Actor(person.id, person.name, frozenset({"engineer"}), "phone")
    for step in (visits.accept, visits.set_out, visits.sign_in, visits.finish):
        with transactions.begin(engineer) as uow:
            step(uow, visit_id=visit.id)
    card = {
        "result": "done", "access_mode": first.access_mode, "device_model": first.device_model,
        "device_serial": f"{first.device_model}-001", "conditions": "供电正常", "trained": "yes",
        "trained_whom": "赵文博", "lines": [{"number": "6601", "voltage_after": "48.2"}],
    }  # fmt: skip
    for _ in range(2):
        with transactions.begin(engineer) as uow:
            visits.submit_card(
                uow,
                visit_id=visit.id,
                uuid="3b241101-e2bb-4255-8caf-4136c566a962",
                data=card,
                signature_png=PNG,
            )
    inline.deliver_facts(transactions)

    page = assistant.get(f"/cards/{visit.id}").text
    card_id = re.search(r"/cards/(\d+)/pass", page)
    assert card_id is not None
    assert assistant.send(f"/cards/{card_id[1]}/pass").status_code == 204
    refused = assistant.send(f"/cards/orders/{first.order_id}/close")
    assert refused.status_code == 409 and "发票" in refused.text
    invoice = re.search(r"/invoices/(\d+)", assistant.get(f"/cards/{visit.id}").text)
    assert invoice is not None
    for step_name, data in (
        ("number", {"number": "03817265"}),
        ("hand_over", {}),
        ("deliver", {"received_by": "赵文博"}),
    ):
        answer = assistant.send(f"/invoices/{invoice[1]}/{step_name}", data=data)
        assert answer.status_code == 204, answer.text
    assert assistant.send(f"/cards/orders/{first.order_id}/close").status_code == 204

    with transactions.begin(engineer) as uow:
        claim = claims.claims(uow, engineer_id=engineer.person_id).rows[0]
        assert [trip.visit_id for trip in claim.trips] == [visit.id]
        expenses.submit_claim(uow, claim_id=claim.id)
    assert assistant.send(f"/claims/{claim.id}/check").status_code == 204
    with transactions.read(SYSTEM) as uow:
        assert orders.get(uow, first.order_id).status == "closed"
    story = assistant.get(f"/orders/{first.order_id}").text
    assert all(word in story for word in ("批准", "预约", "发布", "接单", "出发", "签到", "完成", "结单"))
    assert Browser(app, "technical_supervisor").get(f"/day?day={on}&show=all").status_code == 200
