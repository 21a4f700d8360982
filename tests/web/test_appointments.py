"""The calls to make: their order, the window that is agreed, input that is wrong."""

import dataclasses
import re
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import openpyxl
import pytest
from flask import Flask

from backend.appointments import queries as appointments
from backend.appointments.actions import appoint
from backend.appointments.policy import next_working_day
from backend.bootstrap import Application
from backend.core.clock import FixedClock, local_date
from backend.core.errors import Invalid
from backend.core.uow import SYSTEM
from backend.serve import inline
from tests.dispatch.department import add_order
from tests.support.department import Browser
from web_admin.views import appointments as page


def approved(application: Application, count: int) -> list[int]:
    with application.transactions.begin(SYSTEM) as uow:
        return [add_order(uow, n, urgent=n == count - 1) for n in range(count)]


def offered(browser: Browser, order_id: int) -> str:
    """The first window that is offered and fits, as its button sends it."""
    text = browser.get(f"/appointments/{order_id}/offers").text
    found = re.search(r'"window": "([^"]+)"}\'(?! disabled)', text)
    assert found is not None, "windows are suggested"
    return found[1]


def test_urgent_orders_are_called_first_then_what_is_due(app: Flask, application: Application) -> None:
    approved(application, 4)
    with application.transactions.read(SYSTEM) as uow:
        rows = [turn.order for turn in page.to_call(uow, text="", cursor=None).rows]
    assert [row.urgent for row in rows] == [True, False, False, False]
    assert [row.due_on for row in rows[1:]] == sorted(row.due_on or date.max for row in rows[1:])
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
            seen += [turn.order.id for turn in found.rows]
            if found.next_cursor is None:
                break
            cursor = found.next_cursor
        assert sorted(seen) == ids and len(seen) == 5
        assert [turn.order.id for turn in page.to_call(uow, text="北京客户3", cursor=None).rows] == [ids[3]]


def test_a_window_is_agreed_and_then_changed(app: Flask, application: Application) -> None:
    (order_id,) = approved(application, 1)
    browser = Browser(app, "technical_assistant")
    on = local_date(application.clock.now()) + timedelta(days=2)
    form = {"window": offered(browser, order_id), "agreed_with": "李工", "note": "先打电话"}
    held = browser.send(f"/appointments/{order_id}/hold", data={"window": form["window"]})
    assert held.status_code == 200 and "客户同意，约好了" in held.text
    assert "正在约" in browser.get("/appointments").text
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


def test_a_window_that_is_over_is_named_so_and_the_next_working_day_is_proposed(
    app: Flask, application: Application
) -> None:
    (order_id,) = approved(application, 1)
    browser = Browser(app, "technical_assistant")
    today = local_date(application.clock.now())
    with application.transactions.begin(SYSTEM) as uow:
        appoint(uow, order_id=order_id, on=today + timedelta(days=3), from_s=9 * 3600, to_s=11 * 3600)
    page_of = f"/appointments?show=agreed&order={order_id}"
    text = browser.get(page_of).text
    assert "现在约的" in text and f'name="on" value="{today + timedelta(days=3)}"' in text
    later = FixedClock(application.clock.now() + timedelta(days=5))
    application.transactions.clock = later
    app.extensions["paidan"] = dataclasses.replace(application, clock=later)
    text = browser.get(page_of).text
    assert "上次约的" in text and "现在约的" not in text and "约好了" in text
    proposed = re.search(r'name="on" value="([^"]+)"', text)
    assert proposed is not None and proposed[1] == str(next_working_day(today + timedelta(days=5)))


def test_without_a_fitting_window_the_next_working_day_is_proposed(application: Application) -> None:
    friday = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
    assert page.proposal(friday, [], None) == page.Proposal(date(2026, 11, 30), 13 * 3600, 15 * 3600)
    assert next_working_day(date(2026, 9, 30)) == date(2026, 10, 8), "the National Day holidays are left out"
    assert next_working_day(date(2099, 11, 27)).weekday() < 5


def test_two_browsers_see_each_others_holds(app: Flask, application: Application) -> None:
    first, second = approved(application, 2)
    mine = Browser(app, "technical_assistant")
    window = offered(mine, first)
    stamp = re.search(r'data-stamp="([^"]+)"', mine.get(f"/appointments/{second}/offers").text)
    assert stamp is not None
    same = f"/appointments/{second}/offers?stamp={stamp[1]}"
    assert mine.get(same).status_code == 204, "nothing has changed"
    mine.send(f"/appointments/{first}/hold", data={"window": window})
    text = mine.get(same).text
    assert "占着" in text, "the other order's windows tell who holds one"
    assert mine.send(f"/appointments/{first}/release").status_code == 200
    assert "占着" not in mine.get(f"/appointments/{second}/offers").text


def test_a_call_without_a_window_is_kept_and_the_customer_left_alone(
    app: Flask, application: Application
) -> None:
    (order_id,) = approved(application, 1)
    browser = Browser(app, "technical_assistant")
    form = {"outcome": "not_answered", "client_key": "3b241101-e2bb-4255-8caf-4136c566a962"}
    for _ in range(2):
        answer = browser.send(f"/appointments/{order_id}/calls", data=form)
        assert answer.status_code == 204 and answer.headers["HX-Redirect"] == "/appointments"
    text = browser.get("/appointments").text
    assert "以后再打，今天打过 1 次" in text and "没人接" in text
    for wrong in ({"outcome": "call_back", "back_on": "2020-01-01", "back_at": "10:00"}, {"outcome": "x"}):
        answer = browser.send(f"/appointments/{order_id}/calls", data=wrong)
        assert answer.status_code == 422 and answer.headers["HX-Retarget"] == "#problem"


def test_a_message_waits_until_somebody_says_it_was_sent(app: Flask, application: Application) -> None:
    (order_id,) = approved(application, 1)
    browser = Browser(app, "technical_assistant")
    browser.send(f"/appointments/{order_id}", data={"window": offered(browser, order_id)})
    inline.deliver_facts(application.transactions)
    text = browser.get("/appointments?show=messages").text
    found = re.search(r"/appointments/messages/(\d+)/sent", text)
    assert found is not None and "上门时间为" in text
    assert browser.send(f"/appointments/messages/{found[1]}/sent").status_code == 204
    assert "没有要发的短信" in browser.get("/appointments?show=messages").text


def test_the_calls_and_what_is_agreed_are_taken_out_as_workbooks(
    app: Flask, application: Application
) -> None:
    ids = approved(application, 3)
    with application.transactions.begin(SYSTEM) as uow:
        day = next_working_day(local_date(uow.now))
        appoint(uow, order_id=ids[0], on=day, from_s=9 * 3600, to_s=11 * 3600, agreed_with="李工")
    browser = Browser(app, "technical_assistant")

    def rows(show: str) -> list[tuple[object, ...]]:
        answer = browser.get(f"/appointments?export=xlsx&show={show}")
        sheet = openpyxl.load_workbook(BytesIO(answer.data)).active
        assert sheet is not None
        return list(sheet.iter_rows(values_only=True))

    calls, agreed = rows(""), rows("agreed")
    assert calls[0][-1] == "为什么先打" and len(calls) == 3 and calls[1][-1] == "加急"
    assert len(agreed) == 2 and agreed[1][-2:] == ("9:00–11:00", "李工")
    assert isinstance(agreed[1][-3], date)
