"""The lists that the department edits: words, order, days; who may; the trail; nothing is deleted."""

from datetime import timedelta

import pytest
from flask import Flask

from backend.bootstrap import Application
from backend.core import lists
from backend.core.clock import local_date
from backend.core.errors import Stale
from backend.core.uow import SYSTEM, Transactions
from tests.support import department
from tests.support.department import Browser


def test_an_entry_ends_on_a_day_and_its_words_stay(transactions: Transactions) -> None:
    department.make(transactions)
    with transactions.begin(SYSTEM) as uow:
        today = local_date(uow.now)
        entry = lists.entries(uow, "return_reasons")[0]
        lists.change(uow, entry_id=entry.id, zh=entry.zh, en=entry.en, valid_to=today - timedelta(days=1))
    with transactions.read(SYSTEM) as uow:
        assert entry.code not in [choice.code for choice in lists.choices(uow, "return_reasons")]
        assert lists.words(uow, "return_reasons")[entry.code].zh == entry.zh


def test_moving_changes_the_order_and_who_saw_an_older_one_is_told(transactions: Transactions) -> None:
    department.make(transactions)
    with transactions.begin(SYSTEM) as uow:
        before = lists.entries(uow, "special_causes")
        lists.move(uow, entry_id=before[1].id, by=-1, seen_at=1)
        lists.move(uow, entry_id=before[1].id, by=-1)
        after = [entry.code for entry in lists.entries(uow, "special_causes")]
        assert after[:2] == [before[1].code, before[0].code]
        assert [choice.code for choice in lists.choices(uow, "special_causes")] == after
        with pytest.raises(Stale):
            lists.move(uow, entry_id=before[1].id, by=-1, seen_at=1)


def test_the_settings_page_adds_changes_and_refuses_in_words(app: Flask, application: Application) -> None:
    browser = Browser(app, "technical_assistant")
    path = "/settings/lists/failed_visit_reasons"
    new = {"code": "dog", "zh": "有狗", "en": "A dog"}
    assert browser.send(path, data=new).status_code == 204
    page = browser.get(path).text
    assert "有狗" in page and "A dog" in page and "已加上「有狗」" in page
    again = browser.send(path, data=new)
    assert again.status_code == 409 and "已经有代码「dog」" in again.text
    assert browser.send(path, data={**new, "code": "有狗"}).status_code == 422
    assert browser.send(path, data={**new, "code": "cat", "en": " "}).status_code == 422
    assert browser.send("/settings/lists/nothing", data=new).status_code == 404
    with application.transactions.read(SYSTEM) as uow:
        entry = next(e for e in lists.entries(uow, "failed_visit_reasons") if e.code == "dog")
    wrong = {"zh": "有狗", "en": "A dog", "valid_from": "2026-11-24", "valid_to": "2026-11-01"}
    assert browser.send(f"/settings/entries/{entry.id}", data=wrong).status_code == 422
    ended = {"zh": "院里有狗", "en": "A dog", "valid_to": "2020-01-01"}
    assert browser.send(f"/settings/entries/{entry.id}", data=ended).status_code == 204
    page = browser.get(path).text
    assert "院里有狗" in page and "停用了" in page
    trail = Browser(app, "admin").get("/audit?entity=list_entry&id=failed_visit_reasons.dog").text
    assert "有狗" in trail and "院里有狗" in trail


def test_only_who_may_sees_the_settings(app: Flask) -> None:
    assert Browser(app, "engineer").get("/settings/lists/return_reasons").status_code == 403
    sales = Browser(app, "sales")
    assert sales.get("/settings/lists/return_reasons").status_code == 403
    assert 'href="/settings"' not in sales.get("/install-orders").text


def test_numbers_are_shown_saved_and_refused_in_words(app: Flask, application: Application) -> None:
    browser = Browser(app, "technical_assistant")
    path = "/settings/numbers/windows"
    page = browser.get(path).text
    assert "算「合适」" in page and "预约时段怎么打分" in browser.get("/settings/lists/return_reasons").text
    assert browser.send(path, data={"good": "7", "seen_good": "5"}).status_code == 204
    page = browser.get(path).text
    assert 'value="7"' in page and "原来是 5" in page and "改了 1 个数" in page
    refused = browser.send(path, data={"good": "99999", "seen_good": "7"})
    assert refused.status_code == 422 and "算「合适」：要填 0 到 10000 的整数" in refused.text
    assert browser.send("/settings/numbers/nothing", data={}).status_code == 404
    assert Browser(app, "engineer").get(path).status_code == 403
