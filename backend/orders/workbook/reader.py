"""Reads a division's sheet of install orders: good values, and every problem with its row and column."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from io import BytesIO
from typing import Any, Protocol

import openpyxl

from backend.core.fields import Field, FieldError, Problem, clean, parse, problem
from backend.core.money import yuan_display
from backend.orders.fields import BY_CODE, INSTALL_ORDER_FIELDS
from backend.orders.workbook.guard import WorkbookRefused, check

MOST_ROWS = 20_000
MOST_COLUMNS = 200
HEADER_WITHIN = 10
EMPTY_ROWS_END = 1_000


class Model(Protocol):
    """What the reader needs of a dialer model."""

    @property
    def price_fen(self) -> int: ...


@dataclass
class SheetRow:
    """One row: values by field code, the sheet's own texts by column, errors that refuse it, warnings."""

    row_number: int
    values: dict[str, Any] = field(default_factory=dict)
    raw: dict[str, str] = field(default_factory=dict)
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


@dataclass
class SheetResult:
    """A sheet that could be read."""

    rows: list[SheetRow]
    file_warnings: list[Problem]


def read_install_orders(
    data: bytes, *, today: date, known_models: Mapping[str, Model], most_rows: int = MOST_ROWS
) -> SheetResult:
    """Read a workbook. Raises WorkbookRefused where the whole file cannot be used."""
    check(data)
    try:
        book = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
    except WorkbookRefused:
        raise
    except Exception as exc:  # whatever the parser meets in a broken file, the user gets one sentence
        raise WorkbookRefused("damaged") from exc
    try:
        return _read(book, today, known_models, most_rows)
    except WorkbookRefused:
        raise
    except Exception as exc:
        raise WorkbookRefused("damaged") from exc
    finally:
        book.close()


def parse_row(
    raw: Mapping[str, Any], *, today: date, known_models: Mapping[str, Model], number: int = 0
) -> SheetRow:
    """Check one order given as texts by field code, from a form, the API or a sheet's row."""
    row = SheetRow(number)
    for item in INSTALL_ORDER_FIELDS:
        cell = raw.get(item.code)
        row.raw[item.zh] = clean(cell)
        try:
            value, warnings = parse(item, cell, today=today)
        except FieldError as error:
            row.errors.append(error.problem)
            continue
        row.values[item.code] = value
        row.warnings += warnings
    _compare(row, known_models)
    if number:
        row.errors = [replace(error, row=number) for error in row.errors]
        row.warnings = [replace(warning, row=number) for warning in row.warnings]
    return row


def _compare(row: SheetRow, known_models: Mapping[str, Model]) -> None:
    """The checks that look at more than one cell, or at the list of models."""
    model = row.values.get("device_model")
    if model is not None and model not in known_models:
        by_upper = {code.upper(): code for code in known_models}
        near = get_close_matches(model.upper(), list(by_upper), 1, 0.5)
        if model.upper() in by_upper:
            row.values["device_model"] = model = by_upper[model.upper()]
        else:
            hint = (
                {"zh": f"，最像 {by_upper[near[0]]}", "en": f"; the nearest is {by_upper[near[0]]}"}
                if near
                else ""
            )
            row.errors.append(problem(BY_CODE["device_model"], "unknown_model", model, hint=hint))
    known = known_models.get(model or "")
    price = row.values.get("price_fen")
    if known is not None and price is not None and known.price_fen and price != known.price_fen:
        item = BY_CODE["price_fen"]
        row.warnings.append(
            problem(item, "price_differs", row.raw[item.zh], list=yuan_display(known.price_fen))
        )
    numbers, lines = row.values.get("line_numbers"), row.values.get("line_count")
    if numbers and lines and len(numbers) != lines:
        item = BY_CODE["line_numbers"]
        row.warnings.append(problem(item, "line_mismatch", row.raw[item.zh], count=len(numbers), lines=lines))


def _read(book: Any, today: date, known_models: Mapping[str, Model], most_rows: int) -> SheetResult:
    best: list[Field] = []
    for sheet in book.worksheets:
        header = _find_header(sheet)
        if header is None:
            continue
        at, columns, unknown = header
        missing = [item for item in INSTALL_ORDER_FIELDS if item.required and item not in columns.values()]
        if missing:
            best = missing
            continue
        file_warnings = [Problem("", "unknown_column", name, {}, column=name) for name in unknown]
        rows = list(_rows(sheet, at, columns, today, known_models, most_rows))
        if not rows:
            raise WorkbookRefused("no_rows")
        _find_doubles(rows)
        return SheetResult(rows, file_warnings)
    if best:
        raise WorkbookRefused("missing_columns", missing=_names(best))
    raise WorkbookRefused(
        "no_header", missing=_names([item for item in INSTALL_ORDER_FIELDS if item.required])
    )


def _names(fields: list[Field]) -> dict[str, str]:
    return {"zh": "、".join(item.zh for item in fields), "en": ", ".join(item.en for item in fields)}


def _find_header(sheet: Any) -> tuple[int, dict[int, Field], list[str]] | None:
    """The header row's number, fields by column, and the names nobody knows."""
    words = {_word(name): item for item in INSTALL_ORDER_FIELDS for name in (item.zh, item.en, *item.aliases)}
    for number, cells in enumerate(_cells(sheet, 1, HEADER_WITHIN), start=1):
        if len(cells) > MOST_COLUMNS and any(cells[MOST_COLUMNS:]):
            raise WorkbookRefused("too_many_columns")
        columns: dict[int, Field] = {}
        unknown, gaps = [], 0
        for index, cell in enumerate(cells[:MOST_COLUMNS]):
            name = clean(cell)
            item = words.get(_word(name))
            if item is not None:
                if item in columns.values():
                    raise WorkbookRefused("double_column", column=name)
                columns[index] = item
            elif name:
                unknown.append(name[:40])
        if len(columns) >= 4:
            inside = cells[min(columns) : max(columns) + 1]
            gaps = sum(1 for cell in inside if not clean(cell))
            if gaps and len({item.code for item in columns.values() if item.required}) < 8:
                raise WorkbookRefused("merged_header")
            return number, columns, unknown
    return None


def _word(name: str) -> str:
    return re.sub(r"[\s*＊：:（）()（）必填]", "", clean(name)).lower()


def _cells(sheet: Any, first: int, last: int | None) -> Iterator[tuple[Any, ...]]:
    sheet.reset_dimensions()
    yield from sheet.iter_rows(min_row=first, max_row=last, values_only=True)


def _rows(
    sheet: Any,
    header: int,
    columns: dict[int, Field],
    today: date,
    known_models: Mapping[str, Model],
    most_rows: int,
) -> Iterator[SheetRow]:
    empty = count = 0
    for number, cells in enumerate(_cells(sheet, header + 1, None), start=header + 1):
        given = {item.code: cells[index] for index, item in columns.items() if index < len(cells)}
        if not any(clean(value) for value in given.values()):
            empty += 1
            if empty >= EMPTY_ROWS_END:
                return
            continue
        empty, count = 0, count + 1
        if count > most_rows:
            raise WorkbookRefused("too_many_rows", most=most_rows)
        broken = {
            code: str(v)
            for code, v in given.items()
            if isinstance(v, str) and re.fullmatch(r"#[A-Z/0!?]+", v)
        }
        row = parse_row(
            {k: v for k, v in given.items() if k not in broken},
            today=today,
            known_models=known_models,
            number=number,
        )
        for code, text in broken.items():
            row.errors = [error for error in row.errors if error.field != code]
            row.errors.append(replace(problem(BY_CODE[code], "excel_error", text), row=number))
        yield row


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
