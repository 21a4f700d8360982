"""A stream over the cells of an .xlsx file.

Why not openpyxl's read-only mode: it builds a tree for each row and for the string table, so a hostile file of
one endless row takes gigabytes; it hides which values came from formulas; it never reaches merged cells. Here
nothing is kept but the rows that the caller takes, and every list has a limit. What a number format means and
how Excel counts days is still openpyxl's knowledge.
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any

from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

from backend.orders.workbook.book_parts import MOST_CHARACTERS, Links, Strings, Styles, Workbook
from backend.orders.workbook.guard import WorkbookRefused
from backend.orders.workbook.xml_stream import LONGEST_CELL, Handler, events, read_part, unescape

MOST_COLUMNS = 200
MOST_MERGES = 2_000
EMPTY_ROWS_END = 20_000
LAST_ROW = 1_048_576
_COLUMN = re.compile(r"([A-Z]{1,3})[0-9]{1,7}")


class ExcelError(str):
    """An error value of Excel, such as #REF!."""


@dataclass(frozen=True)
class Row:
    """A row with at least one value: Excel's number, values by column (0 is A), columns with a formula.

    A formula's value is the result that Excel kept; None where there is none.
    """

    number: int
    values: dict[int, Any]
    formulas: frozenset[int]


@dataclass(frozen=True)
class Merge:
    """A merged range: first and last row, first and last column (0 is A)."""

    top: int
    bottom: int
    left: int
    right: int


@dataclass
class Sheet:
    """One sheet; ``merges`` and ``cut_after`` are known once `rows` has come to its end."""

    name: str
    path: str
    hidden: bool
    book: "Book"
    merges: list[Merge] = field(default_factory=list)
    cut_after: int | None = None

    def rows(self) -> Iterator[Row]:
        """Rows that have values, from the top. Raises WorkbookRefused."""
        handler = _Cells(self.book)
        for _ in events(self.book.archive, self.path, handler):
            yield from handler.rows
            handler.rows.clear()
            if handler.empty >= EMPTY_ROWS_END:
                self.cut_after = handler.last_valued
                return
        yield from handler.rows
        self.merges = handler.merges


@dataclass
class Book:
    """An opened workbook: its sheets, visible ones first."""

    archive: zipfile.ZipFile
    strings: list[str]
    date_styles: frozenset[int]
    epoch: datetime
    sheets: list[Sheet] = field(default_factory=list)


def open_book(data: bytes) -> Book:
    """The workbook of bytes that `guard.check` let pass. Raises WorkbookRefused."""
    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except Exception as exc:
        raise WorkbookRefused("damaged") from exc
    links, main, styles, strings = Links(), Workbook(), Styles(), Strings()
    read_part(archive, "xl/_rels/workbook.xml.rels", links)
    read_part(archive, "xl/workbook.xml", main)
    read_part(archive, links.path_of("styles"), styles)
    read_part(archive, links.path_of("sharedStrings"), strings)
    epoch = CALENDAR_MAC_1904 if main.date1904 else CALENDAR_WINDOWS_1900
    book = Book(archive, strings.strings, styles.dates(), epoch)
    parts = set(archive.namelist())
    for name, link, hidden in main.sheets:
        kind, path = links.by_id.get(link, ("", ""))
        if kind == "worksheet" and path in parts:
            book.sheets.append(Sheet(name, path, hidden, book))
    book.sheets.sort(key=lambda sheet: sheet.hidden)
    return book


class _Cells(Handler):
    """Rows of a sheet, and its merged ranges."""

    def __init__(self, book: Book) -> None:
        super().__init__()
        self.book = book
        self.rows: list[Row] = []
        self.merges: list[Merge] = []
        self.empty = self.last_valued = self.number = self.column = self.total = 0
        self.values: dict[int, Any] = {}
        self.formulas: set[int] = set()
        self.kind, self.style = "n", 0
        self.parts: list[str] | None = None
        self.formula = self.phonetic = False

    def begin(self, name: str, attrs: dict[str, str]) -> None:
        if name == "c":
            self.kind, self.style = attrs.get("t", "n"), int(attrs.get("s", "0") or "0")
            reference = attrs.get("r")
            self.column = _column(reference) if reference else self.column + 1
            self.parts, self.formula = None, False
        elif name in ("v", "t") and not self.phonetic:
            self.collect()
        elif name == "f":
            self.formula = True
        elif name == "row":
            number = int(attrs.get("r") or self.number + 1)
            if not self.number < number <= LAST_ROW:
                raise ValueError("rows out of order")
            self.number, self.column, self.values, self.formulas = number, -1, {}, set()
        elif name == "rPh":
            self.phonetic = True
        elif name == "mergeCell" and len(self.merges) < MOST_MERGES:
            self.merges.append(_merge(attrs.get("ref", "")))

    def end(self, name: str) -> None:
        if name in ("v", "t") and self.text is not None:
            self.parts = [*(self.parts or []), self.collected()][:1_000]
        elif name == "c":
            self._keep()
        elif name == "row":
            if self.values:
                self.rows.append(Row(self.number, self.values, frozenset(self.formulas)))
                self.empty, self.last_valued = 0, self.number
            else:
                self.empty += 1
        elif name == "rPh":
            self.phonetic = False

    def _keep(self) -> None:
        text = "".join(self.parts or ())[:LONGEST_CELL]
        if self.column >= MOST_COLUMNS or not (text or self.formula):
            return
        self.total += len(text)
        if self.total > MOST_CHARACTERS:
            raise WorkbookRefused("too_big_inside")
        if self.formula:
            self.formulas.add(self.column)
        if text:
            self.values[self.column] = self._value(text)
        else:
            # An empty text is a result, as in IF(…,""); a number without digits is none.
            self.values[self.column] = "" if self.kind == "str" else None

    def _value(self, text: str) -> Any:
        if self.kind == "s":
            return self.book.strings[int(text)]
        if self.kind in ("str", "inlineStr"):
            return unescape(text)
        if self.kind == "b":
            return text.strip() in ("1", "true")
        if self.kind == "e":
            return ExcelError(text[:20])
        if self.kind == "d":
            return datetime.fromisoformat(text)
        number = float(text)
        if self.style in self.book.date_styles:
            try:
                return from_excel(number, self.book.epoch)
            except (OverflowError, ValueError):
                return number
        return int(number) if number.is_integer() and abs(number) < 1e22 else number


def _column(reference: str) -> int:
    found = _COLUMN.fullmatch(reference)
    if not found:
        raise ValueError("no cell")
    index = 0
    for letter in found[1]:
        index = index * 26 + ord(letter) - 64
    return index - 1


def _merge(reference: str) -> Merge:
    first, _, last = reference.partition(":")
    last = last or first
    top, bottom = (int(re.sub(r"[^0-9]", "", part)) for part in (first, last))
    return Merge(top, bottom, _column(first), _column(last))
