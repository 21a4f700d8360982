"""What Excel files of real people hold: formulas, merged cells, odd headers, several sheets, empty stretches."""

from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from backend.orders.workbook.guard import WorkbookRefused
from backend.orders.workbook.reader import read_install_orders
from tests.orders.workbooks import (
    LABELS,
    MODELS,
    TODAY,
    as_cells,
    good_rows,
    problems,
    read,
    saved,
    sheet_of,
    with_part,
)

CUSTOMER = LABELS.index("客户名称")
PRICE = LABELS.index("价格")
DIVISION = LABELS.index("事业部")


def reason(book: openpyxl.Workbook) -> str:
    with pytest.raises(WorkbookRefused) as caught:
        read(saved(book))
    assert caught.value.sentence("zh") and caught.value.sentence("en")
    return caught.value.reason


def test_a_path_and_its_bytes_read_the_same(tmp_path: Path) -> None:
    data = saved(sheet_of([LABELS, *map(as_cells, good_rows(3))]))
    path = tmp_path / "orders.xlsx"
    path.write_bytes(data)
    for source in (path, str(path)):
        result = read_install_orders(source, today=TODAY, known_models=MODELS)
        assert [row.values for row in result.rows] == [row.values for row in read(data).rows]


def test_headers_as_people_write_them() -> None:
    names = {
        "客户名称": "公司\n名称 *",
        "税号": "统一社会信用代码（18位）",
        "电话": "联系电话＊",
        "价格": "价 格（元）",
        "单号": "单号【必填】",
    }
    row = as_cells(good_rows(1)[0])
    plain = read(saved(sheet_of([LABELS, row])))
    odd = read(
        saved(sheet_of([["北京分公司安装单"], [], ["序号", *(names.get(x, x) for x in LABELS)], ["1", *row]]))
    )
    assert odd.rows[0].row_number == 4
    assert odd.rows[0].values == plain.rows[0].values
    assert odd.file_warnings == []


def test_a_second_column_for_the_same_field_is_named_and_not_read() -> None:
    row = as_cells(good_rows(1)[0])
    result = read(saved(sheet_of([["手机", *LABELS, "颜色"], ["不是电话", *row, "红"]])))
    assert problems(result) == []
    assert [(w.code, w.value) for w in result.file_warnings] == [
        ("unknown_column", "手机"),
        ("unknown_column", "颜色"),
    ]
    assert "颜色" in result.file_warnings[1].message("zh")


def test_blank_rows_are_passed_over_and_row_numbers_are_excels() -> None:
    rows = [as_cells(row) for row in good_rows(2)]
    book = sheet_of([LABELS, rows[0]])
    for column, value in enumerate(rows[1], start=1):
        book.active.cell(5000, column).value = value
    book.active.cell(5002, 1).value = "合计"
    book.active.cell(5002, PRICE + 1).value = 4480
    result = read(saved(book))
    assert [row.row_number for row in result.rows] == [2, 5000]
    assert [(w.code, w.params["first"]) for w in result.file_warnings] == [("row_skipped", 5002)]


def test_the_same_number_twice_in_a_division_is_an_error_of_the_second() -> None:
    first, second, third = good_rows(3)
    second |= {"division": first["division"], "division_number": first["division_number"]}
    third |= {"division": "别的事业部", "division_number": first["division_number"]}
    result = read(saved(sheet_of([LABELS, *map(as_cells, (first, second, third))])))
    assert problems(result) == [(3, "单号", "duplicate_in_file")]
    assert "第 2 行" in result.rows[1].errors[0].message("zh")


def test_formulas_count_with_their_result_and_are_named() -> None:
    stream = BytesIO()
    book = xlsxwriter.Workbook(stream)
    sheet = book.add_worksheet()
    row = as_cells(good_rows(1)[0])
    sheet.write_row(0, 0, LABELS)
    sheet.write_row(1, 0, [value if LABELS[at] != "要求日期" else None for at, value in enumerate(row)])
    sheet.write_formula(1, PRICE, "=1000+680", None, 1680)
    sheet.write_formula(1, CUSTOMER, "=A1", None, "北京甲乙有限公司")
    sheet.write_formula(1, LABELS.index("备注"), '=""', None, "")
    for dragged in range(2, 30):
        sheet.write_formula(dragged, PRICE, "=0*1", None, 0)
    book.close()
    data = with_part(
        stream.getvalue(),
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b'<c r="S2"', b'<c t="str" r="S2"'),
    )
    result = read(data)
    (only,) = result.rows
    assert only.errors == []
    assert (only.values["price_fen"], only.values["customer_name"], only.values["remarks"]) == (
        168000,
        "北京甲乙有限公司",
        None,
    )
    notes = [(w.row, w.column, w.value) for w in only.warnings if w.code == "formula_value"]
    assert notes == [(2, "客户名称", "北京甲乙有限公司"), (2, "价格", "1680")]


def test_cells_merged_over_several_rows_are_named() -> None:
    book = sheet_of([LABELS, *map(as_cells, good_rows(3))])
    book.active.merge_cells(start_row=2, end_row=4, start_column=DIVISION + 1, end_column=DIVISION + 1)
    assert problems(read(saved(book))) == [(3, "事业部", "merged_cell"), (4, "事业部", "merged_cell")]


def test_merged_headers() -> None:
    rows = [LABELS, *map(as_cells, good_rows(1))]
    titled = sheet_of([["安装单登记表"], *rows])
    titled.active.merge_cells("A1:S1")
    assert problems(read(saved(titled))) == []
    across = sheet_of(rows)
    across.active.merge_cells("C1:D1")
    assert reason(across) == "merged_header"
    # Two rows of headers: groups above, names below.
    groups = ["单号", "事业部", "客户", None, None, None, *LABELS[6:]]
    below = [None, None, *LABELS[2:6]]
    two = sheet_of([groups, below, rows[1]])
    two.active.merge_cells("C1:F1")
    assert reason(two) == "merged_header"


def test_the_first_sheet_with_a_header_is_read_and_others_are_named() -> None:
    book = openpyxl.Workbook()
    book.active.append(["说明", "请看第二张"])
    for name in ("十一月", "十二月"):
        sheet = book.create_sheet(name)
        for row in [LABELS, *map(as_cells, good_rows(1))]:
            sheet.append(row)
    hidden = book.create_sheet("旧的", 0)
    hidden.append(LABELS)
    hidden.sheet_state = "hidden"
    result = read(saved(book))
    assert len(result.rows) == 1
    (note,) = result.file_warnings
    assert (note.code, note.value) == ("other_sheets", "十一月")
    assert "十二月" in note.message("zh") and "十二月" in note.message("en")


def test_limits_of_rows_and_columns() -> None:
    rows = [as_cells(row) for row in good_rows(3)]
    data = saved(sheet_of([LABELS, *rows]))
    assert len(read_install_orders(data, today=TODAY, known_models=MODELS, most_rows=3).rows) == 3
    with pytest.raises(WorkbookRefused) as caught:
        read_install_orders(data, today=TODAY, known_models=MODELS, most_rows=2)
    assert caught.value.reason == "too_many_rows" and "2" in caught.value.sentence("zh")
    assert reason(sheet_of([[*LABELS, *(f"第{n}列" for n in range(300))], rows[0]])) == "too_many_columns"


def test_the_1904_calendar_and_dates_as_texts_or_numbers() -> None:
    row = as_cells(good_rows(1)[0])
    book = sheet_of([LABELS, row])
    plain = read(saved(book)).rows[0].values["requested_on"]
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    assert read(saved(book)).rows[0].values["requested_on"] == plain
    at = LABELS.index("要求日期")
    assert (
        read(saved(sheet_of([LABELS, [*row[:at], plain.isoformat(), *row[at + 1 :]]])))
        .rows[0]
        .values["requested_on"]
        == plain
    )
