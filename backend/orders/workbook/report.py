"""The rows of an upload that need correcting, as a workbook: wrong cells in red, and what to do beside them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import IO, Any

import xlsxwriter

from backend.orders.fields import INSTALL_ORDER_FIELDS


@dataclass(frozen=True)
class BadRow:
    """A row that was not taken: its texts by Chinese heading, and its errors (column, zh, en)."""

    number: int
    raw: Mapping[str, str]
    errors: Sequence[Mapping[str, Any]]


def bad_rows(errors: Iterable[Mapping[str, Any]]) -> list[BadRow]:
    """The rows behind the errors of an upload, in their order; rows whose texts were not kept are left out."""
    by_row: dict[int, list[Mapping[str, Any]]] = {}
    for error in errors:
        by_row.setdefault(error["row"], []).append(error)
    found = []
    for number, own in sorted(by_row.items()):
        raw = next((error["raw"] for error in own if error.get("raw")), None)
        if raw is not None:
            found.append(BadRow(number, raw, own))
    return found


def write_report(target: str | PathLike[str] | IO[bytes], rows: Sequence[BadRow], *, lang: str = "zh") -> int:
    """Write the rows with errors, to be corrected and uploaded again; returns how many there are.

    The last column says what is wrong, with the row in the uploaded file; an upload does not read it.
    """
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(target, options)
    sheet = book.add_worksheet("Install orders" if lang == "en" else "安装单")
    head = book.add_format({"bold": True, "bg_color": "#E7EFFD", "border": 1})
    text = book.add_format({"num_format": "@"})
    wrong = book.add_format({"num_format": "@", "bg_color": "#FBD5D5", "font_color": "#A61B1B"})
    words = book.add_format({"text_wrap": True, "font_color": "#A61B1B"})
    last = len(INSTALL_ORDER_FIELDS)
    for column, field in enumerate(INSTALL_ORDER_FIELDS):
        sheet.write_string(0, column, field.label(lang) + (" *" if field.required else ""), head)
        sheet.set_column(column, column, 30 if field.kind == "text" and field.longest > 100 else 16, text)
    sheet.write_string(0, last, "Problems" if lang == "en" else "问题", head)
    sheet.set_column(last, last, 60)
    for number, row in enumerate(rows, start=1):
        bad = {error["column"] for error in row.errors}
        for column, field in enumerate(INSTALL_ORDER_FIELDS):
            style = wrong if field.zh in bad else text
            sheet.write_string(number, column, row.raw.get(field.zh, ""), style)
        sheet.write_string(
            number, last, "\n".join(_sentence(row.number, error, lang) for error in row.errors), words
        )
    sheet.freeze_panes(1, 1)
    book.close()
    return len(rows)


def _sentence(number: int, error: Mapping[str, Any], lang: str) -> str:
    column = error["column"]
    if lang == "en":
        column = next((field.en for field in INSTALL_ORDER_FIELDS if field.zh == column), column)
        return f"row {number}, {column}: {error['en']}"
    return f"第 {number} 行 {column}：{error['zh']}"
