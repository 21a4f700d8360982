"""问答 in the browser: an escalation is answered, passed on and solved; a question is asked; summaries are read."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from backend.bootstrap import Application
from backend.core.clock import local_date
from backend.core.uow import SYSTEM
from backend.staff import queries as staff
from backend.visits import actions as visits
from backend.visits import thread_queries, threads
from backend.visits.models import Thread
from tests.dispatch.department import add_order
from tests.support.department import Browser
from tests.web.test_records import publish


@pytest.fixture
def escalation(application: Application) -> thread_queries.ThreadRow:
    """The first engineer left a visit that he could not finish."""
    with application.transactions.begin(SYSTEM) as uow:
        engineer_id = min(staff.engineer_names(uow))
        visit_id = publish(uow, add_order(uow, 1), local_date(uow.now))
        actor = staff.actor(uow, engineer_id, "phone")
    with application.transactions.begin(actor) as uow:
        visits.accept(uow, visit_id=visit_id)
        return threads.escalate(
            uow, visit_id=visit_id, uuid=str(uuid4()), subject="E1 起不来", tried="换过线", on_site=False
        )


def row(application: Application, thread_id: int) -> Any:
    with application.transactions.read(SYSTEM) as uow:
        return thread_queries.get(uow, thread_id)


def test_the_supervisor_answers_passes_on_and_solves(
    app: Flask, application: Application, escalation: thread_queries.ThreadRow
) -> None:
    lead, path = Browser(app, "technical_supervisor"), f"/threads/{escalation.id}"
    assert "E1 起不来" in lead.get("/threads").text
    page = lead.get(path).text
    assert "换过线" in page and "今天先离开了" in page
    uuid = re.search(r'name="uuid" value="([0-9a-f-]{36})"', page)
    assert uuid is not None
    for _ in range(2):  # pressed twice
        answer = lead.send(f"{path}/answer", data={"uuid": uuid[1], "text": "先看时钟源"})
        assert answer.status_code == 204
    lead.send(f"{path}/pass_on", data={"text": "找系统部老郑"})
    lead.send(f"{path}/systems", data={"text": "局端改了时隙"})
    lead.send(f"{path}/solve", data={"text": "改时隙后正常", "hard": "1"})
    found = row(application, escalation.id)
    assert [(e.kind, e.voice) for e in found.entries] == [
        ("answer", "own"),
        ("passed_on", "own"),
        ("answer", "systems"),
        ("solved", "own"),
    ]
    assert (found.level, found.status, found.hard) == ("systems", "solved", True)
    page = lead.get(f"/orders/{found.order_id}").text
    assert "待预约" in page
    again = lead.send(f"{path}/answer", data={"text": "还有"})
    assert again.status_code == 409 and "已经解决" in again.text


def test_others_read_or_do_not(app: Flask, escalation: thread_queries.ThreadRow) -> None:
    path = f"/threads/{escalation.id}"
    seen = {
        who: Browser(app, who).get(path).status_code
        for who in (
            "technical_assistant",
            "manager",
            "rep_care",
            "sales",
            "stock_assistant",
            "finance",
            "admin",
        )
    }
    assert seen == {
        "technical_assistant": 200,
        "manager": 200,
        "rep_care": 404,
        "sales": 404,
        "stock_assistant": 404,
        "finance": 403,
        "admin": 403,
    }
    assistant = Browser(app, "technical_assistant")
    assert "发出去</button></div></form></div>" not in assistant.get(path).text
    assert assistant.send(f"{path}/answer", data={"text": "我来"}).status_code == 403


def test_a_representative_asks_and_hears(app: Flask, application: Application) -> None:
    rep, engineer = Browser(app, "rep_care"), Browser(app, "engineer2")
    assert rep.send("/threads", data={"subject": " "}).status_code == 422
    there = rep.send("/threads", data={"subject": "分机侧能不能装"}).headers["HX-Redirect"]
    assert "分机侧能不能装" in engineer.get(there).text
    assert engineer.send(f"{there}/answer", data={"text": "能"}).status_code == 204
    assert "能" in rep.get(there).text
    sheet = rep.get("/threads?show=all&export=xlsx")
    assert sheet.status_code in (200, 403)


def test_summaries_name_who_has_not_sent_one(app: Flask) -> None:
    lead = Browser(app, "technical_supervisor")
    for period in ("week", "month"):
        page = lead.get(f"/threads/summaries?period={period}").text
        assert "还没交" in page and "工程师2" in page
    assert lead.get("/threads/summaries?on=nonsense").status_code == 200
    assert Browser(app, "engineer").get("/threads/summaries").status_code == 403


def test_overdue_is_said_by_icon_and_word(
    app: Flask, application: Application, escalation: thread_queries.ThreadRow
) -> None:
    lead = Browser(app, "technical_supervisor")
    with application.transactions.begin(SYSTEM) as uow:
        found = uow.session.get_one(Thread, escalation.id)
        found.need_by = uow.now + timedelta(hours=1)
    page = lead.get("/threads").text
    assert 'data-need="due"' in page and "过了时间" not in page
    with application.transactions.begin(SYSTEM) as uow:
        uow.session.get_one(Thread, escalation.id).need_by = uow.now - timedelta(minutes=1)
    for path in ("/threads", "/threads?show=all&sort=-need_by", f"/threads/{escalation.id}"):
        page = lead.get(path).text
        assert 'data-need="overdue"' in page and "#i-alert" in page and "过了时间" in page, path
    lead.send(f"/threads/{escalation.id}/answer", data={"text": "先看时钟源"})
    assert "过了时间" not in lead.get(f"/threads/{escalation.id}").text
