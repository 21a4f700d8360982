"""没送到的通知 in the browser: empty, listed with its reason, filtered, sent again, only for whom it is."""

import re

from flask import Flask

from backend.adapters.ways import Outcome, Result
from backend.bootstrap import Application
from backend.core.uow import SYSTEM
from backend.jobs import sending
from backend.notifications import actions
from tests.notifications.test_notifications_deliveries import Told
from tests.support.department import Browser

PATH = "/phones/undelivered"


def fail(application: Application, key: str, text: str, outcome: Outcome = "unsure") -> None:
    with application.transactions.begin(SYSTEM) as uow:
        actions.tell_groups(uow, fact_key=key, kind="escalated", zh=text)
    way = Told(Result(outcome, "ReadTimeout <b>"))
    assert sending.SENDERS["wecom"](application.transactions, "wecom", way) == 1
    sending.SENDERS["dingtalk"](application.transactions, "dingtalk", Told())


def test_empty_listed_filtered_and_sent_again(app: Flask, application: Application) -> None:
    browser = Browser(app, "technical_assistant")
    assert "通知都送到了" in browser.get(PATH).text
    fail(application, "one", "王磊上报 <script>")
    page = browser.get(PATH).text
    for words in (
        "王磊上报 &lt;script&gt;",
        "企业微信群",
        "可能已经发到",
        "ReadTimeout &lt;b&gt;",
        "部门的群",
        "试了 1 次",
    ):
        assert words in page
    assert "王磊上报" in browser.get(f"{PATH}?channel=wecom&reason=unsure&from=2020-01-01").text
    for other in ("channel=sms", "reason=gone", "to=2020-01-01", "channel=nothing"):
        assert "换一个筛选看看" in browser.get(f"{PATH}?{other}").text, other
    assert browser.get(f"{PATH}?from=nonsense").status_code == 422
    assert re.search(r'undelivered">.*?没送到的通知 <span[^>]*>1</span>', browser.get("/phones").text)
    (number,) = re.findall(r'data-delivery="(\d+)"', page)
    for _ in range(2):
        assert browser.send(f"{PATH}/{number}/again").status_code == 204
    way = Told()
    assert sending.SENDERS["wecom"](application.transactions, "wecom", way) == 1
    assert way.texts == ["王磊上报 <script>"]
    assert "通知都送到了" in browser.get(PATH).text
    assert "再发一次" in Browser(app, "admin").get("/audit?entity=delivery").text


def test_pages_and_the_workbook(app: Flask, application: Application) -> None:
    for n in range(51):
        fail(application, f"n{n}", f"第 {n} 条")
    browser = Browser(app, "technical_assistant")
    page = browser.get(PATH).text
    assert page.count("data-delivery") == 50
    older = re.search(r'rel="next"[^>]*href="([^"]+)"', page)
    assert older is not None and "第 0 条" in browser.get(older[1].replace("&amp;", "&")).text
    assert browser.get(f"{PATH}?export=xlsx").status_code == 200
    browser.send("/language", data={"lang": "en", "next": PATH})
    assert "Undelivered notifications" in browser.get(PATH).text
