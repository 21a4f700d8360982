"""The calls to make: their order, the window that is agreed, input that is wrong."""

import re
from datetime import date, timedelta

import pytest
from flask import Flask

from backend.appointments import queries as appointments
from backend.bootstrap import Application
from backend.core.clock import local_date
from backend.core.errors import Invalid
from backend.core.uow import SYSTEM
from tests.dispatch.department import add_order
from tests.support.department import Browser
from web_admin.views import appointments as page


def approved(application: Application, count: int) -> list[int]:
    with application.transactions.begin(SYSTEM) as uow:
        return [add_order(uow, n, urgent=n == count - 1) for n in range(count)]


def test_the_oldest_due_order_is_called_first(app: Flask, application: Application) -> None:
    approved(application, 4)
    with application.transactions.read(SYSTEM) as uow:
        rows = page.to_call(uow, text="", cursor=None).rows
    keys = [(row.due_on or date.max, not row.urgent, row.id) for row in rows]
    assert len(rows) == 4 and keys == sorted(keys)
    text = Browser(app, "technical_assistant").get("/appointments").text
    shown = [int(found) for found in re.findall(r'class="name" href="/appointments\?order=(\d+)', text)]
    assert shown == [row.id for row in rows]
    assert 'href="tel:13800000000"' in text


def test_pages_and_search_of_the_calls(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = approved(application, 5)
    monkeypatch.setattr(page, "PAGE_ROWS", 2)
    seen, cursor = [], None
    with application.transactions.read(SYSTEM) as uow:
        while True:
            found = page.to_call(uow, text="", cursor=cursor)
            seen += [row.id for row in found.rows]
            if found.next_cursor is None:
                break
            cursor = found.next_cursor
        assert sorted(seen) == ids and len(seen) == 5
        assert [row.id for row in page.to_call(uow, text="北京客户3", cursor=None).rows] == [ids[3]]


def test_a_window_is_agreed_and_then_changed(app: Flask, application: Application) -> None:
    (order_id,) = approved(application, 1)
    browser = Browser(app, "technical_assistant")
    on = local_date(application.clock.now()) + timedelta(days=2)
    offers = browser.get("/appointments").text
    offered = re.search(r'name="window" value="([^"]+)"', offers)
    assert offered is not None, "windows are suggested"
    form = {"window": offered[1], "agreed_with": "李工", "note": "先打电话"}
    assert browser.send(f"/appointments/{order_id}", data=form).status_code == 204
    assert "改约" in browser.get(f"/appointments?show=agreed&order={order_id}").text
    form = {"on": str(on), "from": "10:00", "to": "12:00", "agreed_with": "王工"}
    assert browser.send(f"/appointments/{order_id}", data=form).status_code == 204
    with application.transactions.read(SYSTEM) as uow:
        now = appointments.current(uow, [order_id])[order_id]
    assert (now.on, now.from_s, now.to_s) == (on, 36000, 43200)


@pytest.mark.parametrize("text", ["", "2026-11-24", "2026-11-24|x|y", "2026-11-24|-1|2", "gestern|0|3600"])
def test_a_window_that_no_button_sends_is_refused(app: Flask, text: str) -> None:
    with app.test_request_context(), pytest.raises(Invalid):
        page.window_of(text or "|")


def test_wrong_input_is_a_sentence_and_changes_nothing(app: Flask, application: Application) -> None:
    (order_id,) = approved(application, 1)
    browser = Browser(app, "technical_assistant")
    for form in (
        {"window": "2026-11-24|x|y"},
        {"on": "morgen", "from": "10:00", "to": "12:00"},
        {"on": "2030-01-02", "from": "12:00", "to": "10:00"},
        {"on": "2020-01-02", "from": "10:00", "to": "12:00"},
    ):
        answer = browser.send(f"/appointments/{order_id}", data=form)
        assert 400 <= answer.status_code < 500 and "notice" in answer.text, form
        assert answer.headers["HX-Retarget"] == "#problem"
    with application.transactions.read(SYSTEM) as uow:
        assert appointments.current(uow, [order_id]) == {}
