"""The workbook that divisions fill in: notes on each header, drop-downs, a page of explanations."""

from collections.abc import Sequence
from typing import IO, Any

import xlsxwriter

from backend.orders.fields import INSTALL_ORDER_FIELDS

ROWS = 1000


def write_template(
    target: str | IO[bytes],
    *,
    lang: str = "zh",
    models: Sequence[str] = (),
    divisions: Sequence[str] = (),
    rows: Sequence[dict[str, Any]] = (),
) -> None:
    """Write the template to a path or an open file, in "zh" or "en", with rows by field code if any are given."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(target, options)
    sheet = book.add_worksheet("Install orders" if lang == "en" else "安装单")
    must = book.add_format({"bold": True, "bg_color": "#E7EFFD", "border": 1})
    may = book.add_format({"bg_color": "#ECEFF3", "border": 1})
    text = book.add_format({"num_format": "@"})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    money = book.add_format({"num_format": "#,##0.00"})
    formats = {"date": day, "money": money, "int": None}
    for column, field in enumerate(INSTALL_ORDER_FIELDS):
        sheet.write_string(
            0, column, field.label(lang) + (" *" if field.required else ""), must if field.required else may
        )
        help_text = field.help_en if lang == "en" else field.help_zh
        example = f"{'e.g. ' if lang == 'en' else '例：'}{field.example}" if field.example else ""
        note = "\n".join(part for part in (help_text, example) if part)
        if note:
            sheet.write_comment(0, column, note, {"x_scale": 1.6})
        width = 30 if field.longest > 100 else 16
        sheet.set_column(column, column, width, formats.get(field.kind, text))
        choices = [choice.en if lang == "en" else choice.zh for choice in field.choices]
        choices = choices or list({"device_model": models, "division": divisions}.get(field.code, ()))
        if choices and len(",".join(choices)) < 250:
            sheet.data_validation(
                1, column, ROWS, column, {"validate": "list", "source": choices, "ignore_blank": True}
            )
        for number, row in enumerate(rows, start=1):
            value = row.get(field.code)
            if value is None:
                continue
            if isinstance(value, str):
                sheet.write_string(number, column, value)
            else:
                sheet.write(number, column, value, formats.get(field.kind, text))
    sheet.freeze_panes(1, 1)
    notes = book.add_worksheet("Notes" if lang == "en" else "填写说明")
    heads = ("Column", "Required", "Meaning", "Example") if lang == "en" else ("列", "必填", "说明", "例子")
    notes.write_row(0, 0, heads, must)
    notes.set_column(0, 0, 16)
    notes.set_column(2, 3, 44)
    for number, field in enumerate(INSTALL_ORDER_FIELDS, start=1):
        words = "、".join(choice.en if lang == "en" else choice.zh for choice in field.choices)
        required = ("yes" if lang == "en" else "是") if field.required else ""
        help_text = field.help_en if lang == "en" else field.help_zh
        for column, cell in enumerate((field.label(lang), required, help_text or words, field.example)):
            notes.write_string(number, column, cell)
    book.close()
