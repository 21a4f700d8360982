"""Workbooks for the tests of the import."""

import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any

import openpyxl

from backend.orders.fields import INSTALL_ORDER_FIELDS
from backend.orders.workbook.reader import SheetResult, read_install_orders
from backend.orders.workbook.sample import sample_rows
from backend.orders.workbook.template import write_template

TODAY = date(2026, 11, 24)
LABELS = [field.zh for field in INSTALL_ORDER_FIELDS]


@dataclass(frozen=True)
class Model:
    price_fen: int
    lines: int


MODELS = {"DL2-A": Model(168000, 2), "DL4-C": Model(268000, 4), "DL30-E1": Model(1280000, 30)}
PLACES = ["朝阳区望京SOHO", "海淀区知春路"]


def good_rows(count: int) -> list[dict[str, Any]]:
    """Rows without a mistake, by field code."""
    return sample_rows(today=TODAY, rows=count, seed=1, places=PLACES, models=MODELS, mistakes=False)[0]


def as_cells(row: dict[str, Any]) -> list[Any]:
    """A row in the order of the fields."""
    return [row[field.code] for field in INSTALL_ORDER_FIELDS]


def saved(book: openpyxl.Workbook) -> bytes:
    """The file of a workbook."""
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def sheet_of(rows: Iterable[Sequence[Any]]) -> openpyxl.Workbook:
    """A workbook of one sheet with these rows."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    return book


def template_with(rows: Sequence[dict[str, Any]]) -> bytes:
    """The template, filled in."""
    stream = BytesIO()
    write_template(stream, models=sorted(MODELS), rows=rows)
    return stream.getvalue()


def repacked(extra: dict[str, bytes]) -> bytes:
    """A good workbook with some of its parts replaced or added."""
    stream = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(template_with(good_rows(1)))) as source,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in dict.fromkeys([*source.namelist(), *extra]):
            target.writestr(name, extra[name] if name in extra else source.read(name))
    return stream.getvalue()


def with_part(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same workbook with one part changed."""
    stream = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(data)) as source,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for each in source.namelist():
            content = source.read(each)
            target.writestr(each, change(content) if each == name else content)
    return stream.getvalue()


def read(data: bytes) -> SheetResult:
    """What the import reads, on the day of the tests."""
    return read_install_orders(data, today=TODAY, known_models=MODELS)


def problems(result: SheetResult) -> list[tuple[int | None, str, str]]:
    """Row, column and code of every error."""
    return [(error.row, error.column, error.code) for row in result.rows for error in row.errors]
