"""通知: one's own choice of channels and quiet hours in the browser."""

import re

from flask import Flask

from backend.bootstrap import Application
from backend.core.uow import SYSTEM
from backend.notifications import preferences
from backend.staff import queries as staff
from tests.support.department import Browser


def test_a_choice_is_shown_kept_and_refused_in_words(app: Flask, application: Application) -> None:
    browser = Browser(app, "technical_assistant")
    page = browser.get("/account/news").text
    assert "工程师上报" in page and "今天的单子有变" not in page and "没接" in page
    boxes = set(re.findall(r'name="(\w+\.\w+)" checked', page))
    assert {"escalation.push", "escalation.sms", "late_cards.push"} <= boxes and "late_cards.sms" not in page
    form = {"escalation.push": "on", "quiet": "on", "from": "22:15", "to": "6:45", "mobile": "13912345678"}
    for _ in range(2):
        assert browser.send("/account/news", data=form).status_code == 204
    with application.transactions.read(SYSTEM) as uow:
        person = staff.by_login(uow, "technical_assistant")
        assert person is not None and person.phone == "139-1234-5678"
        kept = preferences.of(uow, person.id)
    assert kept.choices["escalation"] == ["push"] and kept.choices["late_cards"] == []
    assert (kept.quiet.on, kept.quiet.from_s, kept.quiet.to_s) == (True, 80100, 24300)
    page = browser.get("/account/news").text
    assert set(re.findall(r'name="(\w+\.\w+)" checked', page)) == {"escalation.push"}
    for wrong, words in (
        ({"from": "25:00"}, "21:00 这样"),
        ({"from": "06:45"}, "不能一样"),
        ({"mobile": "12345"}, "不是手机号码"),
    ):
        answer = browser.send("/account/news", data=form | wrong)
        assert answer.status_code == 422 and words in answer.text
    assert browser.send("/account/news", data={"from": "06:45", "to": "06:45"}).status_code == 204, (
        "quiet hours are off"
    )


def test_everybody_has_the_page(app: Flask) -> None:
    for login in ("finance", "engineer", "sales"):
        assert Browser(app, login).get("/account/news").status_code == 200
