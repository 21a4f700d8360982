"""The parts beside the sheets: which sheets there are, which styles mean dates, the table of texts."""

import posixpath

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format

from backend.orders.workbook.guard import WorkbookRefused
from backend.orders.workbook.xml_stream import LONGEST_CELL, Handler, unescape

MOST_STRINGS = 500_000
MOST_CHARACTERS = 16_000_000
MOST_STYLES = 70_000
MOST_SHEETS = 255
# Formats of Chinese Excel that stand in no file and mean dates (m月d日 and others).
_CHINESE_DATES = frozenset([*range(27, 37), *range(50, 59)])


class Links(Handler):
    """The parts that the workbook names: kind and path by identifier."""

    def __init__(self) -> None:
        super().__init__()
        self.by_id: dict[str, tuple[str, str]] = {}

    def begin(self, name: str, attrs: dict[str, str]) -> None:
        if name == "Relationship" and attrs.get("TargetMode") != "External" and len(self.by_id) < 5_000:
            path = posixpath.normpath(posixpath.join("/xl", attrs.get("Target", ""))).lstrip("/")
            self.by_id[attrs.get("Id", "")] = (attrs.get("Type", "").rpartition("/")[2], path)

    def path_of(self, kind: str) -> str | None:
        """The path of the only part of a kind."""
        return next((path for found, path in self.by_id.values() if found == kind), None)


class Workbook(Handler):
    """The names of the sheets, and which of the two calendars the file counts by."""

    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[tuple[str, str, bool]] = []
        self.date1904 = False

    def begin(self, name: str, attrs: dict[str, str]) -> None:
        if name == "workbookPr":
            self.date1904 = attrs.get("date1904") in ("1", "true")
        elif name == "sheet" and len(self.sheets) < MOST_SHEETS:
            link = next((value for key, value in attrs.items() if key.endswith(":id")), "")
            self.sheets.append((attrs.get("name", ""), link, attrs.get("state", "visible") != "visible"))


class Styles(Handler):
    """Which cell styles show a number as a date."""

    def __init__(self) -> None:
        super().__init__()
        self.own: dict[int, str] = {}
        self.formats: list[int] = []
        self.inside = False

    def begin(self, name: str, attrs: dict[str, str]) -> None:
        if name == "cellXfs":
            self.inside = True
        elif name == "numFmt":
            self.own[int(attrs.get("numFmtId", "0"))] = attrs.get("formatCode", "")[:200]
        elif name == "xf" and self.inside:
            self.formats.append(int(attrs.get("numFmtId", "0")))
        if len(self.own) + len(self.formats) > MOST_STYLES:
            raise WorkbookRefused("too_big_inside")

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self.inside = False

    def dates(self) -> frozenset[int]:
        """The numbers of the styles that mean a date."""
        known = {
            number: number in _CHINESE_DATES
            or bool(is_date_format(self.own.get(number, BUILTIN_FORMATS.get(number))))
            for number in set(self.formats)
        }
        return frozenset(index for index, number in enumerate(self.formats) if known[number])


class Strings(Handler):
    """The table of texts that cells refer to."""

    def __init__(self) -> None:
        super().__init__()
        self.strings: list[str] = []
        self.total = 0
        self.parts: list[str] = []
        self.phonetic = False

    def begin(self, name: str, attrs: dict[str, str]) -> None:
        if name == "si":
            self.parts = []
        elif name == "rPh":
            self.phonetic = True
        elif name == "t" and not self.phonetic and len(self.parts) < 1_000:
            self.collect()

    def end(self, name: str) -> None:
        if name == "t" and self.text is not None:
            self.parts.append(self.collected())
        elif name == "rPh":
            self.phonetic = False
        elif name == "si":
            self.strings.append(unescape("".join(self.parts)[:LONGEST_CELL]))
            self.total += len(self.strings[-1])
            if len(self.strings) > MOST_STRINGS or self.total > MOST_CHARACTERS:
                raise WorkbookRefused("too_big_inside")
