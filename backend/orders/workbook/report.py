"""The rows of an upload that need correcting, as a workbook: wrong cells in red, and what to do beside them."""

from os import PathLike
from typing import IO

import xlsxwriter

from backend.core.fields import Problem
from backend.orders.fields import INSTALL_ORDER_FIELDS
from backend.orders.workbook.reader import SheetResult


def write_report(target: str | PathLike[str] | IO[bytes], result: SheetResult, *, lang: str = "zh") -> int:
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
    rows = [row for row in result.rows if row.errors]
    for number, row in enumerate(rows, start=1):
        bad = {error.field for error in row.errors}
        for column, field in enumerate(INSTALL_ORDER_FIELDS):
            style = wrong if field.code in bad else text
            sheet.write_string(number, column, row.raw.get(field.zh, ""), style)
        sheet.write_string(number, last, "\n".join(_sentence(error, lang) for error in row.errors), words)
    sheet.freeze_panes(1, 1)
    book.close()
    return len(rows)


def _sentence(error: Problem, lang: str) -> str:
    where = (
        f"row {error.row}, {error.params['en']}: " if lang == "en" else f"第 {error.row} 行 {error.column}："
    )
    return where + error.message(lang)
