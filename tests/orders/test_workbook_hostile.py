"""Files made to hurt: each gets a sentence, in bounded memory and time."""

import json
import random
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.orders.workbook.guard import WorkbookRefused
from tests.orders.workbooks import (
    LABELS,
    as_cells,
    good_rows,
    problems,
    read,
    repacked,
    saved,
    sheet_of,
    template_with,
)

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"


ONE_ROW = template_with(good_rows(1))
Chunks = Iterator[bytes]


def repeated(part: bytes, count: int) -> Chunks:
    """A part of XML, very often, in chunks: the test itself stays small."""
    whole, rest = divmod(count, 10_000)
    yield from (part * 10_000 for _ in range(whole))
    yield part * rest


def numbered(count: int, part: str, first: int = 3) -> Chunks:
    """A part of XML with a number in it, for each number."""
    for start in range(first, first + count, 10_000):
        yield "".join(
            part.replace("#", str(n)) for n in range(start, min(start + 10_000, first + count))
        ).encode()


def inside(before: bytes, middle: Chunks, after: bytes) -> Chunks:
    """Chunks between two others."""
    yield before
    yield from middle
    yield after


def write_hostile(path: Path, part: str, middle: Chunks) -> None:
    """A good workbook, one part of which is replaced; a sheet keeps its good rows before what is added."""
    with (
        zipfile.ZipFile(BytesIO(ONE_ROW)) as source,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            if name != part:
                target.writestr(name, source.read(name))
        if part == SHEET:
            before, end, after = source.read(SHEET).partition(b"</sheetData>")
            middle = inside(before, middle, end + after)
        with target.open(part, "w") as stream:
            for chunk in middle:
                stream.write(chunk)


LONG_TEXT = f'<row r="#"><c r="A#" t="inlineStr"><is><t>{"字" * 3_000}</t></is></c></row>'
HOSTILE: dict[str, tuple[str, Callable[[], Chunks], str]] = {
    "a million empty rows": (SHEET, lambda: numbered(1_048_000, '<row r="#" ht="15"/>'), "1"),
    "a million formatted rows": (
        SHEET,
        lambda: numbered(1_000_000, '<row r="#"><c r="A#" s="1"/><c r="B#" s="1"/></row>'),
        "1",
    ),
    "one endless row": (
        SHEET,
        lambda: inside(b'<row r="9">', repeated(b"<c/>", 20_000_000), b"</row>"),
        "too_big_inside",
    ),
    "very many rows": (
        SHEET,
        lambda: numbered(200_000, '<row r="#"><c r="A#"><v>1</v></c></row>'),
        "too_many_rows",
    ),
    "long texts in cells": (SHEET, lambda: numbered(11_000, LONG_TEXT), "too_big_inside"),
    "endless texts": (
        STRINGS,
        lambda: inside(b"<sst>", numbered(1_500_000, "<si><t>#</t></si>"), b"</sst>"),
        "too_big_inside",
    ),
    "one text of endless parts": (
        STRINGS,
        lambda: inside(b"<sst><si>", repeated(b"<r/>", 9_000_000), b"</si></sst>"),
        "too_big_inside",
    ),
    "endless styles": (
        "xl/styles.xml",
        lambda: inside(b"<styleSheet><cellXfs>", repeated(b"<xf/>", 9_000_000), b"</cellXfs></styleSheet>"),
        "too_big_inside",
    ),
    "an endless attribute": (
        SHEET,
        lambda: inside(b'<row x="', repeated(b"a", 100_000_000), b'"/>'),
        "damaged",
    ),
    "an endless comment": (SHEET, lambda: inside(b"<!--", repeated(b"a", 100_000_000), b"-->"), "damaged"),
    "endless depth": (SHEET, lambda: repeated(b"<a>", 30_000_000), "damaged"),
    "ever new names": (SHEET, lambda: numbered(1_000_000, "<x#/>"), "damaged"),
    "ever new attributes": (SHEET, lambda: numbered(1_000_000, '<c x#=""/>'), "damaged"),
    "a bomb of zeros": ("xl/media/image1.png", lambda: repeated(b"\0", 300 << 20), "too_big_inside"),
}

# The peak of this program alone: getrusage would count the memory of the test that started it.
CHILD = """
import sys, time, json, datetime
from backend.orders.workbook.reader import WorkbookRefused, read_install_orders
began = time.monotonic()
try:
    said = str(len(read_install_orders(sys.argv[1], today=datetime.date(2026, 11, 24), known_models={}).rows))
except WorkbookRefused as refused:
    said = refused.reason
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) // 1024
print(json.dumps([said, time.monotonic() - began, peak]))
"""


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gets_a_sentence_in_little_memory(name: str, tmp_path: Path) -> None:
    part, middle, expected = HOSTILE[name]
    path = tmp_path / "hostile.xlsx"
    write_hostile(path, part, middle())
    assert path.stat().st_size < 10 << 20, "else its size alone refuses it"
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(path)], capture_output=True, text=True, timeout=120, check=True
    )
    said, seconds, peak_mb = json.loads(done.stdout)
    assert said == expected
    assert peak_mb < 300
    assert seconds < 60, "a bound for a busy machine; alone it takes a few seconds"


def test_a_thousand_rows_are_read_in_two_seconds() -> None:
    data = saved(sheet_of([LABELS, *map(as_cells, good_rows(1000))]))
    began = time.process_time()
    result = read(data)
    assert len(result.rows) == 1000 and problems(result) == []
    assert time.process_time() - began < 2


def said_of(data: bytes) -> str:
    """ "read", or the code of the refusal; anything else fails the test."""
    try:
        result = read(data)
    except WorkbookRefused as refused:
        assert refused.sentence("zh") and refused.sentence("en")
        return refused.reason
    for row in result.rows:
        assert all(note.message("zh") and note.message("en") for note in (*row.errors, *row.warnings))
    assert all(note.message("zh") and note.message("en") for note in result.file_warnings)
    return "read"


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(ONE_ROW) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_changed_bytes_never_crash(changes: list[tuple[int, int]]) -> None:
    data = bytearray(ONE_ROW)
    for at, byte in changes:
        data[at] = byte
    said_of(bytes(data))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from([SHEET, STRINGS, "xl/workbook.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels"]),
    st.data(),
)
def test_changed_xml_never_crashes(name: str, data: st.DataObject) -> None:
    """Unlike changed bytes of the archive, these pass its check sums and reach the parser."""
    with zipfile.ZipFile(BytesIO(ONE_ROW)) as source:
        xml = bytearray(source.read(name))
    chance = random.Random(data.draw(st.integers(0, 10**9)))
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(xml))
        xml[at : at + chance.choice([0, 1, 1, 8])] = chance.choice(
            [
                b"",
                b"9",
                b"-1",
                b"A",
                b"<",
                b'"',
                b"999999999999",
                b"nan",
                b"&x;",
                b"\xff",
                b"<v>x</v>",
                b't="d" ',
            ]
        )
    said_of(repacked({name: bytes(xml)}))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp037"])
def test_entities_are_refused_in_any_encoding(encoding: str) -> None:
    declared = f'<?xml version="1.0" encoding="{encoding}"?>'
    text = '<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'
    data = (
        (declared + text).encode("utf-16")
        if encoding == "utf-16"
        else declared.encode() + text.encode(encoding)
    )
    assert said_of(repacked({SHEET: data})) == "damaged"


def test_external_links_and_entities_of_unread_parts_do_no_harm() -> None:
    entity = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
    assert said_of(repacked({"xl/externalLinks/externalLink1.xml": entity})) == "read"


def test_kinds_of_files_that_are_refused() -> None:
    with BytesIO() as stream:
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("word/document.xml", "<w/>")
        docx = stream.getvalue()
    assert said_of(docx) == "not_excel"
    assert said_of(b"\x89PNG\r\n\x1a\n" + b"\0" * 50) == "not_excel"
    assert said_of(repacked({"xl/macrosheets/sheet1.xml": b"<x/>"})) == "macros"
    assert said_of(ONE_ROW[:-30]) == "damaged"
    encrypted = bytearray(ONE_ROW)
    central = encrypted.index(b"PK\x01\x02")
    encrypted[central + 8] |= 1
    assert said_of(bytes(encrypted)) == "password"
    with BytesIO() as stream:
        with zipfile.ZipFile(stream, "w") as archive:
            for number in range(3_000):
                archive.writestr(f"{number}", b"")
            archive.writestr("xl/workbook.xml", b"<workbook/>")
        assert said_of(stream.getvalue()) == "damaged"


def test_cells_of_any_type_never_crash() -> None:
    chance = random.Random(5)
    odd = ["", " ", "=1/0", "#REF!", "1E400", "-0", "\t", "🙂" * 50, 0, -1, 1e300, 10**18, True, False, None]
    odd += [openpyxl.utils.datetime.from_excel(n) for n in (0.5, 1, 2_958_465)]
    book = openpyxl.Workbook()
    book.active.append(LABELS)
    for _ in range(200):
        book.active.append([chance.choice(odd) for _ in LABELS])
    assert said_of(saved(book)) == "read"
