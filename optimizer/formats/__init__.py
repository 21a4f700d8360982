"""Files that others wrote: read as they are, and plans that speak in their ids and units.

`read()` gives a `Reading`: the problem in our own terms, and the way of a plan into the file's terms and back.
"""

from __future__ import annotations

from collections.abc import Callable

from optimizer.formats import paidan, vroom, vrplib
from optimizer.formats.reading import Reading

__all__ = ["FORMATS", "Reading", "guess", "read"]

FORMATS: dict[str, Callable[[bytes], Reading]] = {
    "paidan": paidan.read,
    "vroom": vroom.read,
    "vrplib": vrplib.read,
}


def guess(source: bytes) -> str:
    """The format that a file seems to have: JSON with vehicles is VROOM's, text is VRPLIB, the rest ours."""
    text = source.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not text.startswith((b"{", b"[")) and (b"_SECTION" in text or b"DIMENSION" in text):
        return "vrplib"
    return "vroom" if b'"vehicles"' in text and b'"engineers"' not in text else "paidan"


def read(source: bytes, name: str | None = None) -> Reading:
    """Read a file of the named format, or of the one that it seems to have.

    Raises `ProblemError` with the field's path and what is wrong with it.
    """
    return FORMATS[name or guess(source)](source)
