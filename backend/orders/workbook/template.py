"""The workbook that divisions fill in: notes on each header, drop-downs, a page of explanations."""

from collections.abc import Sequence
from os import PathLike
from typing import IO, Any

import xlsxwriter

from backend.core.fields import Field
from backend.orders.fields import INSTALL_ORDER_FIELDS

ROWS = 1000
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
# Excel keeps a list of choices inside the cell's rule up to this length; a longer one needs a range.
_LONGEST_LIST = 240

_WORDS = {
    "orders": ("安装单", "Install orders"),
    "notes": ("填写说明", "Notes"),
    "lists": ("选项", "Lists"),
    "example": ("例：{0}", "e.g. {0}"),
    "choices": ("可选：{0}", "one of: {0}"),
    "required": ("必填", "required"),
    "heads": ("列,必填,说明,例子", "Column,Required,Meaning,Example"),
    "below": (
        "下面是一行例子，只是给您看的；请在「安装单」那张表里填，从第 2 行开始。带 * 的列必须填。",
        "Below is an example row to look at; fill in the sheet “Install orders” from row 2. Columns with * are required.",
    ),
    "example_mark": ("例子（不会读）", "Example (not read)"),
    "date": ("请写日期，比如 2026-11-26，今天或以后", "Write a date such as 2026-11-26, today or later"),
    "int": ("请写整数，从 {0} 到 {1}", "Write a whole number from {0} to {1}"),
    "money": ("请写大于 0 的金额，单位元", "Write an amount in yuan, more than 0"),
    "check": ("请核对", "Please check"),
}  # fmt: skip


def write_template(
    target: str | PathLike[str] | IO[bytes],
    *,
    lang: str = "zh",
    models: Sequence[str] = (),
    divisions: Sequence[str] = (),
    rows: Sequence[dict[str, Any]] = (),
) -> None:
    """Write the template to a path or an open file, in "zh" or "en", with rows by field code if any are given."""
    book = xlsxwriter.Workbook(target, _OPTIONS)
    try:
        _Template(book, lang, {"device_model": models, "division": divisions}).write(rows)
    finally:
        book.close()


class _Template:
    """One template while it is written."""

    def __init__(self, book: xlsxwriter.Workbook, lang: str, lists: dict[str, Sequence[str]]) -> None:
        self.book, self.lang, self.lists = book, lang, lists
        self.must = book.add_format({"bold": True, "bg_color": "#E7EFFD", "border": 1})
        self.may = book.add_format({"bg_color": "#ECEFF3", "border": 1})
        self.text = book.add_format({"num_format": "@"})
        self.wrap = book.add_format({"text_wrap": True, "valign": "top"})
        self.grey = book.add_format({"italic": True, "font_color": "#5B6472"})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        money = book.add_format({"num_format": "#,##0.00"})
        self.formats = {"date": day, "money": money, "int": None}
        self.long_lists: list[list[str]] = []

    def word(self, key: str, *values: object) -> str:
        """A word of the template in its language."""
        return _WORDS[key][self.lang == "en"].format(*values)

    def write(self, rows: Sequence[dict[str, Any]]) -> None:
        """All sheets."""
        sheet = self.book.add_worksheet(self.word("orders"))
        for column, field in enumerate(INSTALL_ORDER_FIELDS):
            width = 30 if field.kind == "text" and field.longest > 100 else 16
            sheet.set_column(column, column, width, self.formats.get(field.kind, self.text))
            sheet.write_string(0, column, self.title(field), self.must if field.required else self.may)
            sheet.write_comment(0, column, self.note(field), {"x_scale": 1.6, "y_scale": 1.2})
            if rule := self.rule(field):
                sheet.data_validation(1, column, ROWS, column, rule)
            for number, row in enumerate(rows, start=1):
                self.cell(sheet, number, column, field, row.get(field.code))
        sheet.freeze_panes(1, 1)
        self.explain()
        if self.long_lists:
            lists = self.book.add_worksheet(self.word("lists"))
            for column, words in enumerate(self.long_lists):
                lists.write_column(0, column, words, self.text)

    def title(self, field: Field) -> str:
        """The header, with a mark where the column must be filled in."""
        return field.label(self.lang) + (" *" if field.required else "")

    def note(self, field: Field) -> str:
        """What the header's comment says."""
        choices = "、".join(choice.label(self.lang) for choice in field.choices)
        parts = (
            self.word("required") if field.required else "",
            field.help(self.lang),
            self.word("choices", choices) if choices else "",
            self.word("example", field.example) if field.example else "",
        )
        return "\n".join(part for part in parts if part)

    def rule(self, field: Field) -> dict[str, Any] | None:
        """Excel's own check of a cell: it warns, the import decides."""
        rule: dict[str, Any] = {
            "ignore_blank": True,
            "error_type": "warning",
            "error_title": self.word("check"),
        }
        words = [choice.label(self.lang) for choice in field.choices] or list(self.lists.get(field.code, ()))
        if words:
            source: Any = words
            if len(",".join(words)) > _LONGEST_LIST or any("," in word for word in words):
                self.long_lists.append(words)
                letter = chr(ord("A") + len(self.long_lists) - 1)
                source = f"='{self.word('lists')}'!${letter}$1:${letter}${len(words)}"
            return {**rule, "validate": "list", "source": source}
        if field.kind == "date":
            message = self.word("date")
            return {
                **rule,
                "validate": "date",
                "criteria": ">=",
                "value": "=TODAY()",
                "error_message": message,
            }
        if field.kind == "int" and field.low is not None and field.high is not None:
            message = self.word("int", field.low, field.high)
            limits = {"criteria": "between", "minimum": field.low, "maximum": field.high}
            return {**rule, "validate": "integer", **limits, "error_message": message}
        if field.kind == "money":
            message = self.word("money")
            return {**rule, "validate": "decimal", "criteria": ">", "value": 0, "error_message": message}
        return None

    def cell(self, sheet: Any, number: int, column: int, field: Field, value: Any) -> None:
        """One value; a text stays a text, whatever it begins with."""
        if value is None:
            return
        if isinstance(value, str):
            sheet.write_string(number, column, value)
        else:
            sheet.write(number, column, value, self.formats.get(field.kind, self.text))

    def explain(self) -> None:
        """The second sheet: each column explained, and a row as an example."""
        notes = self.book.add_worksheet(self.word("notes"))
        notes.write_row(0, 0, self.word("heads").split(","), self.must)
        notes.set_column(0, 0, 16)
        notes.set_column(2, 3, 44)
        for number, field in enumerate(INSTALL_ORDER_FIELDS, start=1):
            words = "、".join(choice.label(self.lang) for choice in field.choices)
            required = self.word("required") if field.required else ""
            meaning = "\n".join(part for part in (field.help(self.lang), words) if part)
            for column, text in enumerate((field.label(self.lang), required, meaning, field.example)):
                notes.write_string(number, column, text, self.wrap)
        below = len(INSTALL_ORDER_FIELDS) + 2
        notes.write_string(below, 0, self.word("below"), self.grey)
        notes.write_string(below + 2, 0, self.word("example_mark"), self.grey)
        for column, field in enumerate(INSTALL_ORDER_FIELDS, start=1):
            notes.write_string(
                below + 1, column, self.title(field), self.must if field.required else self.may
            )
            notes.write_string(below + 2, column, field.example, self.grey)
