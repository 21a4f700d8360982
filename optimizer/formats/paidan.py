"""Our own JSON: nothing to translate."""

from __future__ import annotations

from optimizer.formats.reading import Reading
from optimizer.model import Problem


def read(source: bytes) -> Reading:
    """A problem as `docs/optimizer.md` describes it."""
    return Reading(Problem.from_json(source))
