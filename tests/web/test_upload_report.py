"""The rows that were not taken: downloaded with reasons, corrected, uploaded again."""

import re
from io import BytesIO
from pathlib import Path

import openpyxl
from flask import Flask

from backend.bootstrap import Application
from backend.core.clock import local_date
from backend.core.uow import SYSTEM
from backend.orders.workbook.sample import write_sample
from backend.stock import queries as stock
from tests.support.department import Browser
from web_admin.lists import XLSX


def upload(browser: Browser, name: str, data: bytes) -> str:
    answer = browser.send("/install-orders/upload", data={"file": (BytesIO(data), name)})
    assert answer.status_code == 204, answer.text
    return str(answer.headers["HX-Redirect"])


def test_bad_rows_are_downloaded_corrected_and_taken(
    app: Flask, application: Application, tmp_path: Path
) -> None:
    with application.transactions.read(SYSTEM) as uow:
        models = stock.models(uow)
    path, today = tmp_path / "单子.xlsx", local_date(application.clock.now())
    write_sample(str(path), today=today, rows=40, seed=3, places=["朝阳区望京SOHO"], models=models)
    sales = Browser(app, "sales")
    target = upload(sales, path.name, path.read_bytes())
    page = sales.get(target).text
    rejected = int(re.findall(r'id="rejected">(\d+)<', page)[0])
    assert rejected > 0 and f"下载要改的 {rejected} 行" in page
    answer = sales.get(f"{target}/to-correct.xlsx")
    assert answer.mimetype == XLSX
    book = openpyxl.load_workbook(BytesIO(answer.data))
    sheet = book.active
    assert sheet is not None and sheet.max_row == rejected + 1
    head = [str(cell.value).removesuffix(" *") for cell in sheet[1]]
    telephone, reasons = head.index("电话"), head.index("问题")
    line = next(row for row in sheet.iter_rows(min_row=2) if "电话" in str(row[reasons].value))
    line[telephone].value = "13800000001"
    corrected = BytesIO()
    book.save(corrected)
    page = sales.get(upload(sales, "改好的.xlsx", corrected.getvalue())).text
    # The row that only repeated a number of its file is no longer one: that order is there already.
    assert int(re.findall(r'id="accepted">(\d+)<', page)[0]) >= 1
    assert int(re.findall(r'id="rejected">(\d+)<', page)[0]) < rejected


def test_another_divisions_rows_stay_closed(app: Flask, application: Application, tmp_path: Path) -> None:
    with application.transactions.read(SYSTEM) as uow:
        models = stock.models(uow)
    path, today = tmp_path / "单子.xlsx", local_date(application.clock.now())
    write_sample(str(path), today=today, rows=16, seed=3, places=["朝阳区望京SOHO"], models=models)
    target = upload(Browser(app, "technical_assistant"), path.name, path.read_bytes())
    assert Browser(app, "technical_assistant").get(f"{target}/to-correct.xlsx").status_code == 200
    assert Browser(app, "sales").get(f"{target}/to-correct.xlsx").status_code == 404
    assert Browser(app, "finance").get(f"{target}/to-correct.xlsx").status_code == 403
