"""The template, the sample and the report of errors: what is written is read back."""

from io import BytesIO
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.core.fields import format_value, tidy
from backend.orders.fields import INSTALL_ORDER_FIELDS
from backend.orders.intake import errors_of
from backend.orders.workbook.reader import read_install_orders
from backend.orders.workbook.report import bad_rows, write_report
from backend.orders.workbook.sample import sample_rows
from backend.orders.workbook.template import write_template
from tests.orders.workbooks import (
    LABELS,
    MODELS,
    PLACES,
    TODAY,
    good_rows,
    problems,
    read,
    saved,
    template_with,
)


def template(lang: str = "zh", **lists: Any) -> openpyxl.Workbook:
    stream = BytesIO()
    write_template(stream, lang=lang, **lists)
    return openpyxl.load_workbook(stream)


def test_the_empty_template_explains_each_column() -> None:
    book = template(models=["DL2-A", "DL4-C"], divisions=["华北事业部"])
    assert book.sheetnames == ["安装单", "填写说明"]
    sheet = book["安装单"]
    for cell, field in zip(sheet[1], INSTALL_ORDER_FIELDS, strict=True):
        assert cell.value == field.zh + (" *" if field.required else "")
        assert field.help_zh in cell.comment.text and field.example in cell.comment.text
    assert sheet.freeze_panes == "B2"
    assert sheet.max_row == 1, "the example is not in the sheet that is read"
    rules = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}
    assert rules["H2:H1001"].formula1 == '"直线,集团电话外线侧,分机侧,数字中继E1"'
    assert rules["K2:K1001"].formula1 == '"DL2-A,DL4-C"'
    assert {rule.type for rule in rules.values()} == {"list", "whole", "decimal", "date"}
    assert sheet.column_dimensions["D"].number_format == "@"


def test_more_models_than_a_rule_holds_stand_on_a_sheet_of_their_own() -> None:
    models = [f"MODEL-{n:03d}" for n in range(60)]
    book = template(models=models)
    assert [cell.value for cell in book["选项"]["A"]] == models
    rules = {str(rule.sqref): rule.formula1 for rule in book["安装单"].data_validations.dataValidation}
    assert rules["K2:K1001"] == "'选项'!$A$1:$A$60"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_template_filled_in_excel_reads_back_in_both_languages(lang: str) -> None:
    book = template(lang, models=sorted(MODELS))
    sheet = book.worksheets[0]
    wanted = read(template_with(good_rows(5)))
    for number, row in enumerate(wanted.rows, start=2):
        for column, field in enumerate(INSTALL_ORDER_FIELDS, start=1):
            value = row.values[field.code]
            kept = field.kind in ("date", "int")
            sheet.cell(number, column).value = value if kept else format_value(field, value, lang) or None
    result = read(saved(book))
    assert problems(result) == []
    assert [row.values for row in result.rows] == [row.values for row in wanted.rows]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60))
def test_a_text_stays_a_text_whatever_it_begins_with(text: str) -> None:
    for start in ("", "=", "+", "-", "@", "=HYPERLINK(", "http://", "_x0041_"):
        row = good_rows(1)[0] | {"remarks": start + text}
        result = read(template_with([row]))
        assert problems(result) == []
        assert result.rows[0].values["remarks"] == (tidy(start + text) or None)


def test_the_report_holds_the_bad_rows_and_can_be_uploaded_after_correction() -> None:
    rows, made = sample_rows(today=TODAY, rows=40, seed=3, places=PLACES, models=MODELS)
    result = read(template_with(rows))
    stream = BytesIO()
    bad = [row for row in result.rows if row.errors]
    count = write_report(stream, bad_rows(error for row in bad for error in errors_of(row)))
    assert count == len(bad) > 0
    book = openpyxl.load_workbook(stream)
    sheet = book.active
    assert [cell.value for cell in sheet[1]][-1] == "问题"
    for line, row in zip(sheet.iter_rows(min_row=2), bad, strict=True):
        assert f"第 {row.row_number} 行" in line[-1].value
        red = {LABELS[at] for at, cell in enumerate(line[:-1]) if cell.fill.fgColor.rgb == "FFFBD5D5"}
        assert red == {error.column for error in row.errors}
    again = read_install_orders(stream.getvalue(), today=TODAY, known_models=MODELS)
    assert again.file_warnings == []
    assert [[(e.column, e.code) for e in row.errors] for row in again.rows] == [
        [(e.column, e.code) for e in row.errors if e.code != "duplicate_in_file"] for row in bad
    ]
    assert made
