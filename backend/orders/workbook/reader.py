"""Reads a division's sheet of install orders: good values, and every problem with its row and column."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from os import PathLike
from typing import Any

from backend.core.fields import Field, Problem, clean, problem
from backend.orders.fields import BY_CODE, INSTALL_ORDER_FIELDS
from backend.orders.workbook.guard import WorkbookRefused, check, load
from backend.orders.workbook.header import HEADER_WITHIN, Header, find_header, is_too_wide
from backend.orders.workbook.row import Model, SheetRow, parse_row
from backend.orders.workbook.xlsx import Book, ExcelError, Merge, Row, Sheet, open_book

__all__ = ["Model", "SheetResult", "SheetRow", "WorkbookRefused", "parse_row", "read_install_orders"]

MOST_ROWS = 20_000
_NO_ORDER = re.compile(r"(合计|总计|小计|说明|注|填表|制表|审核|total)", re.IGNORECASE)


@dataclass
class SheetResult:
    """A sheet that could be read; ``file_warnings`` are about the file, not about a row."""

    rows: list[SheetRow]
    file_warnings: list[Problem] = field(default_factory=list)


def read_install_orders(
    source: bytes | str | PathLike[str],
    *,
    today: date,
    known_models: Mapping[str, Model],
    most_rows: int = MOST_ROWS,
) -> SheetResult:
    """Read a workbook, given as bytes or a path. Raises WorkbookRefused where the whole file cannot be used.

    The first sheet with a header is read. A formula counts with the result that Excel kept, and a warning;
    without a result it is an error of its cell.
    """
    data = load(source)
    check(data)
    book = open_book(data)
    lacking: WorkbookRefused | None = None
    for sheet in book.sheets:
        rows = sheet.rows()
        header = _header(rows)
        if header is None:
            continue
        if missing := header.missing():
            for _ in rows:  # the list of merged cells stands at the end of a sheet
                pass
            if header.is_merged(sheet.merges):
                raise WorkbookRefused("merged_header")
            lacking = lacking or WorkbookRefused("missing_columns", missing=_labels(missing))
            continue
        orders, skipped = _split(rows, header, most_rows)
        if not orders:
            raise WorkbookRefused("no_rows")
        result = SheetResult([_order(row, header, sheet.merges, today, known_models) for row in orders])
        _find_doubles(result.rows)
        result.file_warnings = [
            Problem("", "unknown_column", name, {}, column=name) for name in header.unknown
        ]
        result.file_warnings += skipped[:20] + _sheet_warnings(book, sheet)
        return result
    required = [item for item in INSTALL_ORDER_FIELDS if item.required]
    raise lacking or WorkbookRefused("no_header", missing=_labels(required))


def _header(rows: Iterator[Row]) -> Header | None:
    """The header among the first rows of a sheet; the iterator then stands behind it."""
    for row in rows:
        if row.number > HEADER_WITHIN:
            return None
        if header := find_header(row):
            if is_too_wide(row):
                raise WorkbookRefused("too_many_columns")
            return header
    return None


def _split(rows: Iterator[Row], header: Header, most_rows: int) -> tuple[list[Row], list[Problem]]:
    """The rows with orders, and remarks on lines of totals or signatures that are none."""
    orders: list[Row] = []
    skipped: list[Problem] = []
    for row in rows:
        if _is_blank(row, header):
            continue
        if remark := _remark(row):
            skipped.append(Problem("", "row_skipped", remark, {"first": row.number}))
            continue
        orders.append(row)
        if len(orders) > most_rows:
            raise WorkbookRefused("too_many_rows", most=most_rows)
    return orders, skipped


def _labels(fields: list[Field]) -> dict[str, str]:
    return {"zh": "、".join(item.zh for item in fields), "en": ", ".join(item.en for item in fields)}


def _is_blank(row: Row, header: Header) -> bool:
    """True where nobody typed anything: formulas dragged down over empty rows make no order."""
    if any(
        _filled(value) for at, value in row.values.items() if at in header.columns and at not in row.formulas
    ):
        return False
    names = [at for at, item in header.columns.items() if item.code in ("division_number", "customer_name")]
    return not any(_filled(row.values.get(at)) for at in names)


def _filled(value: Any) -> bool:
    return value is not None and bool(str(value).strip()) and value != 0


def _remark(row: Row) -> str:
    """The text of a line of totals or signatures under the orders; empty for an order."""
    if len(row.values) > 3:
        return ""
    text = clean(row.values[min(row.values)])[:40]
    return text if _NO_ORDER.match(text) else ""


def _order(
    row: Row, header: Header, merges: list[Merge], today: date, known_models: Mapping[str, Model]
) -> SheetRow:
    """One row, parsed; what Excel did to a cell is said instead of what would follow from it."""
    column_of = {item.code: at for at, item in header.columns.items()}
    raw = {code: row.values.get(at) for code, at in column_of.items()}
    order = parse_row(raw, today=today, known_models=known_models, number=row.number)
    for code, at in column_of.items():
        value = raw[code]
        if isinstance(value, ExcelError):
            _put(order, code, "excel_error", str(value))
        elif at in row.formulas and value is None:
            _put(order, code, "formula", "")
        elif at in row.formulas and clean(value):
            note = problem(BY_CODE[code], "formula_value", clean(value)[:60])
            order.warnings.append(replace(note, row=row.number))
    for error in list(order.errors):
        if error.code == "required" and any(
            _covers(merge, row.number, column_of[error.field]) for merge in merges
        ):
            _put(order, error.field, "merged_cell", "")
    return order


def _put(order: SheetRow, code: str, what: str, value: str) -> None:
    """Say this of a cell, instead of any other error."""
    order.values.pop(code, None)
    order.errors = [error for error in order.errors if error.field != code]
    order.errors.append(replace(problem(BY_CODE[code], what, value), row=order.row_number))


def _covers(merge: Merge, row: int, column: int) -> bool:
    return merge.top <= row <= merge.bottom and merge.left <= column <= merge.right


def _find_doubles(rows: list[SheetRow]) -> None:
    first: dict[tuple[Any, Any], int] = {}
    for row in rows:
        key = (row.values.get("division"), row.values.get("division_number"))
        if None in key:
            continue
        if key in first:
            item = BY_CODE["division_number"]
            double = problem(item, "duplicate_in_file", str(key[1]), first=first[key])
            row.errors.append(replace(double, row=row.row_number))
        else:
            first[key] = row.row_number


def _sheet_warnings(book: Book, used: Sheet) -> list[Problem]:
    """Other sheets that look like orders too, and a stretch of empty rows at which reading stopped."""
    notes = []
    others = [sheet.name for sheet in book.sheets[:20] if sheet is not used and _has_header(sheet)]
    if others:
        notes.append(Problem("", "other_sheets", used.name, {"others": "、".join(others)}))
    if used.cut_after is not None:
        notes.append(Problem("", "long_gap", "", {"first": used.cut_after}))
    return notes


def _has_header(sheet: Sheet) -> bool:
    for row in sheet.rows():
        if row.number > HEADER_WITHIN:
            return False
        try:
            if find_header(row):
                return True
        except WorkbookRefused:
            return True
    return False
