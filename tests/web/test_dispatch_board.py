"""The board: an empty day, planning with progress, whom publishing tells, her own word for an order."""

import re
from datetime import date, datetime, timedelta

from flask import Flask

from backend.appointments import actions as appointments
from backend.bootstrap import Application
from backend.core.clock import SHANGHAI
from backend.core.uow import SYSTEM
from backend.dispatch import queries as dispatch
from backend.serve import inline
from backend.visits import queries as visits
from tests.dispatch.department import add_order
from tests.support.department import Browser
from web_admin.views.dispatch import people_told

HOUR = 3600


def tomorrow() -> date:
    return datetime.now(SHANGHAI).date() + timedelta(days=1)


def appointed(application: Application, count: int, first: int = 0) -> list[int]:
    with application.transactions.begin(SYSTEM) as uow:
        ids = [add_order(uow, n) for n in range(first, first + count)]
        for order_id in ids:
            appointments.appoint(uow, order_id=order_id, on=tomorrow(), from_s=9 * HOUR, to_s=17 * HOUR)
    return ids


def plan(browser: Browser, application: Application) -> str:
    assert browser.send("/dispatch/plan", data={"day": str(tomorrow())}).status_code == 303
    page = browser.get(f"/dispatch?day={tomorrow()}").text
    job = re.search(r'hx-get="/dispatch/jobs/(\d+)"', page)
    assert job is not None
    assert 'id="progress"' in browser.get(f"/dispatch/jobs/{job[1]}").text
    assert inline.finish_job(application.transactions, int(job[1])).status == "done"
    assert browser.get(f"/dispatch/jobs/{job[1]}").headers["HX-Refresh"] == "true"
    return browser.get(f"/dispatch?day={tomorrow()}").text


def test_a_day_without_orders_points_to_the_calls(app: Flask) -> None:
    page = Browser(app, "technical_assistant").get(f"/dispatch?day={tomorrow()}").text
    assert 'href="/appointments"' in page and "这一天还没有约好的单子" in page


def test_the_button_says_how_many_are_told_and_publishing_tells_them(
    app: Flask, application: Application
) -> None:
    appointed(application, 3)
    browser = Browser(app, "technical_assistant")
    page = plan(browser, application)
    with application.transactions.read(SYSTEM) as uow:
        view = dispatch.day_view(uow, tomorrow())
        told = people_told(view, visits.day(uow, tomorrow()))
    assert told == {engineer.engineer_id for engineer in view.engineers if engineer.stops} != set()
    assert f"发布，通知 {len(told)} 人" in page and page.count("gantt-bar") == 3
    browser.send("/dispatch/publish", data={"day": str(tomorrow())})
    page = browser.get(f"/dispatch?day={tomorrow()}").text
    assert f"通知了 {len(told)} 位工程师" in page
    with application.transactions.read(SYSTEM) as uow:
        assert people_told(dispatch.day_view(uow, tomorrow()), visits.day(uow, tomorrow())) == set()

    appointed(application, 1, first=3)
    plan(browser, application)
    with application.transactions.read(SYSTEM) as uow:
        told = people_told(dispatch.day_view(uow, tomorrow()), visits.day(uow, tomorrow()))
    browser.send("/dispatch/publish", data={"day": str(tomorrow())})
    assert f"通知了 {len(told)} 位工程师" in browser.get(f"/dispatch?day={tomorrow()}").text


def test_her_word_for_an_order_is_kept_and_taken_back(app: Flask, application: Application) -> None:
    (order_id,) = appointed(application, 1)
    browser = Browser(app, "technical_assistant")
    page = browser.get(f"/dispatch?day={tomorrow()}&order={order_id}").text
    engineers = re.findall(r'<option value="(\d+)"', page)
    form = {"day": str(tomorrow()), "engineer_id": engineers[-1], "start": "10:30"}
    assert browser.send(f"/dispatch/pin/{order_id}", data=form).status_code == 204
    plan(browser, application)
    with application.transactions.read(SYSTEM) as uow:
        (engineer,) = [one for one in dispatch.day_view(uow, tomorrow()).engineers if one.stops]
    assert engineer.engineer_id == int(engineers[-1]) and engineer.stops[0].start_s == 10 * HOUR + 1800
    form = {"day": str(tomorrow()), "engineer_id": "", "start": ""}
    assert browser.send(f"/dispatch/pin/{order_id}", data=form).status_code == 204
    with application.transactions.read(SYSTEM) as uow:
        stops = [stop for one in dispatch.day_view(uow, tomorrow()).engineers for stop in one.stops]
    assert not stops[0].pinned


def test_who_may_not_plan_sees_no_buttons(app: Flask, application: Application) -> None:
    (order_id,) = appointed(application, 1)
    plan(Browser(app, "technical_assistant"), application)
    page = Browser(app, "manager").get(f"/dispatch?day={tomorrow()}&order={order_id}").text
    assert "gantt-bar" in page and "/dispatch/pl" not in page and "/dispatch/pin" not in page
    assert "/dispatch/publish" not in page
