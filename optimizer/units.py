"""How the command line tells times and prices: as people read them, or in the units of the file they came from."""

from __future__ import annotations

import math
from dataclasses import dataclass

from optimizer.formats.reading import Reading


@dataclass(frozen=True, slots=True)
class Units:
    """Our own units, or those of a file: `per_unit` seconds are one of its own, `fen_per_cost` fen one of its costs."""

    origin: int = 0
    per_unit: int = 1
    fen_per_cost: int | None = None

    @classmethod
    def of(cls, reading: Reading) -> Units:
        """The units of a file."""
        return OURS if reading.native else cls(reading.origin, reading.per_unit, reading.fen_per_cost)

    @property
    def timed(self) -> bool:
        """Whether a time is a time of day; in VRPLIB's files it is a distance."""
        return self.per_unit == 1

    def clock(self, at_s: float | None) -> str:
        """A moment: hours and minutes, or the file's number."""
        if at_s is None:
            return "–"
        if not self.timed:
            return self.number(at_s)
        minutes = math.floor(at_s / 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}"

    def span(self, seconds: float) -> str:
        """A length of time: minutes, or the file's number."""
        return f"{round(seconds / 60)} min" if self.timed else self.number(seconds)

    def number(self, seconds: float) -> str:
        """Seconds as a number in the file's unit."""
        return f"{seconds / self.per_unit:,.10g}"

    def money(self, fen: int) -> str:
        """A price, below 0 where it is a gain."""
        return f"{fen / 100:,.2f} yuan" if self.fen_per_cost is None else f"{fen / self.fen_per_cost:,.10g}"

    def at(self, at_s: int) -> float:
        """A moment as a value in the file's terms."""
        return (at_s if self.timed else at_s / self.per_unit) + self.origin

    def length(self, seconds: int) -> float:
        """A length of time as a value in the file's terms."""
        return seconds if self.timed else seconds / self.per_unit

    def seconds(self, value: float) -> int:
        """A moment in the file's terms as ours."""
        return round((value - self.origin) * self.per_unit)


OURS = Units()
