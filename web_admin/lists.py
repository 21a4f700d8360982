"""What every list has: filters from the address, one page of rows by key, and the same rows as a workbook."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any, Literal, Protocol

import xlsxwriter
from flask import Response, request, send_file

from backend.core.clock import SHANGHAI
from backend.core.errors import DomainError, Invalid
from backend.core.paging import LARGEST, Page
from backend.core.uow import UnitOfWork
from backend.http.context import current_actor, lang, transactions
from backend.staff.policy import require
from web_admin.frame import gettext, today

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 50_000
FORMATS = {"text": "@", "money": "#,##0.00", "count": "0", "day": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm"}


class ExportTooLarge(DomainError):
    """More rows than a workbook of an office should have."""

    code = "export_too_large"
    zh = "符合的超过 {most} 行，一张表放不下。请先缩小筛选，例如选一段日期"
    en = "More than {most} rows match. Narrow the filter first, for example by a range of days"


class PageOf(Protocol):
    """One page of a list, with the filters of the address already in it."""

    def __call__(self, uow: UnitOfWork, *, cursor: str | None, size: int) -> Page[Any]: ...


@dataclass(frozen=True)
class Column:
    """A column of an exported list: its Chinese heading, the value of a row, and how it is written.

    money is in fen and written in yuan; moments are written in Beijing's time.
    """

    zh: str
    value: Callable[[Any], Any]
    kind: Literal["text", "money", "count", "day", "moment"] = "text"


def given(name: str) -> str:
    """A filter of the address as text; empty where it is not set."""
    return request.args.get(name, "").strip()


def number(name: str) -> int | None:
    """A filter of the address as a number, such as an engineer; None where it is not set or is none."""
    value = request.args.get(name, type=int)
    return value if value is not None and 0 <= value < 2**63 else None


def day(name: str) -> date | None:
    """A filter of the address as a day; None where it is not set. Raises Invalid."""
    return day_of(given(name))


def day_of(text: str) -> date | None:
    """A day as a form sends it, such as 2026-11-24; None where there is none. Raises Invalid."""
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError as exc:
        raise Invalid(
            field={"zh": "日期", "en": "Date"},
            value=text,
            expected={"zh": "请写成 2026-11-26", "en": "write it like 2026-11-26"},
        ) from exc


def versions() -> dict[int, int]:
    """The records of a form that acts on many, each sent as ``id:version`` of what was seen."""
    return pairs(request.form.getlist("seen"))


def pairs(texts: Iterable[str]) -> dict[int, int]:
    """Whole numbers by number of texts such as ``12:3``; what is none is left out."""
    found = (text.partition(":") for text in texts)
    return {
        int(a): int(b) for a, _, b in found if a.isdecimal() and b.isdecimal() and len(a) < 19 and len(b) < 10
    }


def cursor() -> str | None:
    """Where in the list the page begins."""
    return request.args.get("cursor")


def ranges() -> list[tuple[str, date, date]]:
    """Ranges of days that people ask for, as words and days."""
    now = today()
    return [
        (gettext("今天"), now, now),
        (gettext("明天"), now + timedelta(days=1), now + timedelta(days=1)),
        (gettext("近 7 天"), now - timedelta(days=6), now),
        (gettext("近 30 天"), now - timedelta(days=29), now),
        (gettext("本月"), now.replace(day=1), (now.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)),
    ]  # fmt: skip


def exporting() -> bool:
    """True where the address asks for the list as a workbook instead of a page."""
    return request.args.get("export") == "xlsx"


def export(name: str, columns: Sequence[Column], page_of: PageOf) -> Response:
    """All rows of the filter as a workbook; who took which rows out is kept in the trail.

    Raises NotAllowed, ExportTooLarge.
    """
    actor = current_actor()
    require(actor, "lists.export")
    stream = BytesIO()
    with transactions().read(actor) as uow:
        count = write(stream, gettext(name), columns, _rows(uow, page_of))
    left_out = ("export", "cursor")
    filters = {key: value for key, value in request.args.items() if value and key not in left_out}
    with transactions().begin(actor) as uow:
        uow.audit("list", name, "exported", after={"rows": count, **filters})
    stream.seek(0)
    filename = f"{gettext(name)}-{today():%Y%m%d}.xlsx"
    return send_file(stream, mimetype=XLSX, as_attachment=True, download_name=filename)


def write(stream: BytesIO, title: str, columns: Sequence[Column], rows: Iterator[Any]) -> int:
    """Write rows as a workbook with a frozen heading and a filter; returns how many there are.

    Texts stay texts: a cell that begins with = is no formula.
    """
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(stream, options | {"constant_memory": True})
    sheet = book.add_worksheet(title[:31])
    head = book.add_format({"bold": True, "bg_color": "#E7EFFD", "border": 1})
    formats = {kind: book.add_format({"num_format": code}) for kind, code in FORMATS.items()}
    for at, column in enumerate(columns):
        sheet.set_column(at, at, 18 if column.kind in ("text", "moment") else 12)
        sheet.write_string(0, at, gettext(column.zh), head)
    line = 0
    for line, row in enumerate(rows, start=1):
        for at, column in enumerate(columns):
            _cell(sheet, line, at, column, row, formats[column.kind])
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(line, 1), len(columns) - 1)
    book.close()
    return line


def _cell(sheet: Any, line: int, at: int, column: Column, row: Any, style: Any) -> None:
    value = column.value(row)
    if value is None or value == "":
        return
    if isinstance(value, datetime):
        sheet.write_datetime(line, at, value.astimezone(SHANGHAI).replace(tzinfo=None), style)
    elif isinstance(value, date):
        sheet.write_datetime(line, at, value, style)
    elif column.kind == "money":
        sheet.write_number(line, at, value / 100, style)
    elif column.kind == "count":
        sheet.write_number(line, at, value, style)
    else:
        sheet.write_string(line, at, str(value), style)


def _rows(uow: UnitOfWork, page_of: PageOf) -> Iterator[Any]:
    at: str | None = None
    seen = 0
    while True:
        page = page_of(uow, cursor=at, size=LARGEST)
        for row in page.rows:
            seen += 1
            if seen > MOST_ROWS:
                raise ExportTooLarge(most=MOST_ROWS)
            yield row
        at = page.next_cursor
        if at is None:
            return


def language_of(labels: Any) -> dict[str, str]:
    """Codes with their words in the language of the request, from a table of labels."""
    return {code: label.text(lang()) for code, label in labels.items()}
