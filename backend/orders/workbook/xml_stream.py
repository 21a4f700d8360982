"""XML parts of a workbook as a stream of events: no tree is built, and every limit is counted."""

import re
import zipfile
from collections.abc import Iterator
from typing import Any
from xml.sax.handler import ContentHandler, property_interning_dict

from defusedxml.expatreader import DefusedExpatParser

from backend.orders.workbook.guard import WorkbookRefused

MOST_EVENTS = 4_000_000  # of one part; some seconds' work
LONGEST_CELL = 32_767  # Excel's own limit
# The parser scans an unfinished tag again with every chunk: one that goes on for long is no sheet.
CHUNK = 1 << 16
SILENT_CHUNKS = 8
# The parser keeps every open element and every name it met.
DEEPEST = 60
MOST_NAMES = 2_000
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


class _Parser(DefusedExpatParser):
    """Refuses document types and entities."""

    def __init__(self) -> None:
        super().__init__(forbid_dtd=True)

    def start_element(self, name: str, attrs: dict[str, str]) -> None:
        """Hand on the plain dict: a wrapper for each of a million cells would double the time."""
        self._cont_handler.startElement(name, attrs)


def read_part(archive: zipfile.ZipFile, path: str | None, handler: "Handler") -> None:
    """Let a handler see a whole part, where it is there. Raises WorkbookRefused."""
    if path in archive.namelist():
        for _ in events(archive, str(path), handler):
            pass


def events(archive: zipfile.ZipFile, path: str, handler: "Handler") -> Iterator[None]:
    """Feed a part to its handler, a chunk at a time; whatever goes wrong in it is one refusal."""
    parser = _Parser()
    parser.setContentHandler(handler)
    names: dict[str, str] = {}
    parser.setProperty(property_interning_dict, names)
    silent = 0
    try:
        with archive.open(path) as stream:
            while chunk := stream.read(CHUNK):
                before = handler.events
                parser.feed(chunk)
                silent = 0 if handler.events != before else silent + 1
                if silent > SILENT_CHUNKS or len(names) > MOST_NAMES:
                    raise WorkbookRefused("damaged")
                yield
            parser.close()
    except WorkbookRefused:
        raise
    except (
        Exception
    ) as exc:  # a broken archive, broken XML, numbers that are none: the user gets one sentence
        raise WorkbookRefused("damaged") from exc


class Handler(ContentHandler):
    """Counts what it is given, and knows elements by their names without prefix."""

    def __init__(self) -> None:
        super().__init__()
        self.events = self.depth = 0
        self.text: list[str] | None = None
        self.length = 0

    def startElement(self, name: str, attrs: Any) -> None:
        self.events += 1
        if self.events > MOST_EVENTS:
            raise WorkbookRefused("too_big_inside")
        self.depth += 1
        if self.depth > DEEPEST:
            raise WorkbookRefused("damaged")
        self.begin(name.rpartition(":")[2], attrs)

    def endElement(self, name: str) -> None:
        self.depth -= 1
        self.end(name.rpartition(":")[2])

    def characters(self, content: str) -> None:
        self.events += 1
        if self.text is not None and self.length < LONGEST_CELL:
            self.text.append(content)
            self.length += len(content)

    def collect(self) -> None:
        """Keep the text that follows."""
        self.text, self.length = [], 0

    def collected(self) -> str:
        """The text since `collect`."""
        text, self.text = "".join(self.text or ()), None
        return text[:LONGEST_CELL]

    def begin(self, name: str, attrs: dict[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""


def unescape(text: str) -> str:
    """Excel writes characters that XML lacks as _x000D_."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
