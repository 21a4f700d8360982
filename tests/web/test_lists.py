"""Lists: sorting with paging by key in both directions, filters, export with permission and trail."""

import re
from datetime import date, timedelta
from io import BytesIO

import openpyxl
import pytest
from flask import Flask

from backend.bootstrap import Application
from backend.core import paging
from backend.core.paging import BadCursor
from backend.core.uow import SYSTEM, Transactions
from backend.orders import queries
from backend.staff import queries as staff
from tests.dispatch.department import add_order
from tests.support import department
from tests.support.department import Browser
from web_admin import lists


@pytest.mark.parametrize("sort", ["", "due", "-due", "number", "-number", "price"])
def test_a_sorted_list_goes_on_and_back_without_losing_a_row(transactions: Transactions, sort: str) -> None:
    department.make(transactions)
    with transactions.begin(SYSTEM) as uow:
        for n in range(7):
            add_order(uow, n)
    with transactions.read(SYSTEM) as uow:
        every = [row.id for row in queries.listing(uow, sort=sort, size=50).rows]
        assert len(every) == 7
        pages, cursor = [], None
        while True:
            page = queries.listing(uow, sort=sort, size=3, cursor=cursor)
            pages.append(page)
            cursor = page.next_cursor
            if cursor is None:
                break
        assert [row.id for page in pages for row in page.rows] == every
        assert pages[0].previous_cursor is None and pages[-1].next_cursor is None
        back = queries.listing(uow, sort=sort, size=3, cursor=pages[-1].previous_cursor)
        assert [row.id for row in back.rows] == [row.id for row in pages[-2].rows]
        first = queries.listing(uow, sort=sort, size=3, cursor=back.previous_cursor)
        assert [row.id for row in first.rows] == every[:3] and first.previous_cursor is None
        assert first.next_cursor == pages[0].next_cursor


def test_a_cursor_of_another_sort_or_of_nobody_is_refused(transactions: Transactions) -> None:
    department.make(transactions)
    with transactions.begin(SYSTEM) as uow:
        for n in range(3):
            add_order(uow, n)
    with transactions.read(SYSTEM) as uow:
        by_day = queries.listing(uow, sort="due", size=1).next_cursor
        wrong = [by_day, paging.encode([">", ["", 5], 1]), paging.encode([">", ["", None], 2**70]), "%", "é"]
        for cursor in wrong:
            with pytest.raises(BadCursor):
                queries.listing(uow, sort="number", size=1, cursor=cursor)


def test_filters_narrow_and_stay_while_sorting(app: Flask, application: Application) -> None:
    with application.transactions.begin(SYSTEM) as uow:
        ids = [add_order(uow, n) for n in range(3)]
        rows = queries.by_ids(uow, ids)
    due = rows[ids[0]].due_on
    assert due is not None
    browser = Browser(app, "technical_assistant")
    found = browser.get(f"/orders?from={due}&to={due}").text
    none = browser.get(f"/orders?from={due + timedelta(days=400)}").text
    assert f"/orders/{ids[0]}" in found and f"/orders/{ids[0]}" not in none
    assert f"from={due}" in re.findall(r'href="([^"]*sort=due[^"]*)"', found)[0]
    assert browser.get("/orders?from=yesterday").status_code == 422
    assert "没有符合的工单" in browser.get("/orders?district=火星区").text


def test_an_export_holds_all_rows_of_the_filter_and_is_kept_in_the_trail(
    app: Flask, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "LARGEST", 2)
    with application.transactions.begin(SYSTEM) as uow:
        ids = [add_order(uow, n) for n in range(5)]
        number = queries.get(uow, ids[0]).number
    browser = Browser(app, "technical_assistant")
    answer = browser.get("/orders?export=xlsx&sort=number&text=" + number[3:11])
    assert answer.mimetype == lists.XLSX
    sheet = openpyxl.load_workbook(BytesIO(answer.data)).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][0] == "单号" and len(rows) == 6
    assert isinstance(rows[1][8], date)
    trail = Browser(app, "admin").get("/audit?entity=list").text
    assert "导出 Excel" in trail and "行数: 5" in trail


def test_too_many_rows_are_refused_with_a_sentence(
    app: Flask, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "MOST_ROWS", 2)
    with application.transactions.begin(SYSTEM) as uow:
        for n in range(3):
            add_order(uow, n)
    answer = Browser(app, "technical_assistant").get("/orders?export=xlsx")
    assert answer.status_code == 422 and "超过 2 行" in answer.text


def test_who_may_not_export_sees_no_button_and_is_refused(app: Flask) -> None:
    desk = Browser(app, "rep_care")
    assert desk.get("/customers").status_code == 200
    assert "export=xlsx" not in desk.get("/customers").text
    assert desk.get("/customers?export=xlsx").status_code == 403
    assert "export=xlsx" in Browser(app, "finance").get("/claims").text


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("technical_assistant", "/install-orders?status=all"),
        ("technical_assistant", "/cards?show=all"),
        ("technical_assistant", "/appointments"),
        ("technical_assistant", "/appointments?show=agreed"),
        ("technical_supervisor", "/day?show=all"),
        ("technical_assistant", "/claims"),
        ("technical_assistant", "/invoices"),
        ("technical_assistant", "/customers"),
        ("stock_assistant", "/stock"),
        ("admin", "/people"),
        ("admin", "/audit"),
    ],
)
def test_every_list_sorts_by_what_its_headings_offer_and_exports(app: Flask, role: str, path: str) -> None:
    browser = Browser(app, role)
    page = browser.get(path).text.replace("&amp;", "&")
    links = set(re.findall(r'<th[^>]*><a href="([^"]+)"', page))
    for link in links:
        assert browser.get(link).status_code == 200
        assert browser.get(link.replace("sort=", "sort=-")).status_code == 200
    exports = re.findall(r'href="([^"]*export=xlsx[^"]*)"', page)
    assert len(exports) == 1
    assert openpyxl.load_workbook(BytesIO(browser.get(exports[0]).data)).active is not None


def test_the_inbox_and_people_page_by_key(transactions: Transactions) -> None:
    department.make(transactions)
    with transactions.read(SYSTEM) as uow:
        first = staff.people(uow, size=4)
        second = staff.people(uow, size=4, cursor=first.next_cursor)
        again = staff.people(uow, size=4, cursor=second.previous_cursor)
    assert [row.id for row in again.rows] == [row.id for row in first.rows]
