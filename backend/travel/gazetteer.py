"""Beijing's districts, areas, streets and buildings without a network: a list, and a geocoder over it."""

import csv
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, cast

from backend.travel import address as written
from backend.travel.geocoding import GeocodeResult, Place, Precision
from backend.travel.speeds import great_circle_m

Kind = Literal["district", "area", "street", "building"]

SAME_PLACE_M = 1_500.0
NEAR_M = 6_000.0
_RANK = {"district": 0, "area": 1, "street": 2, "building": 3}
_SIDES = ("东", "西", "南", "北")
_STREET_ENDS = ("路", "街")
# A place's name at the head of a street that the list does not know: the street may run far from the place.
_STREET_AFTER = re.compile(r"[东西南北中]?(大街|街(?!道)|路(?!口|站)|胡同)")
_SCORE = {"area": 0.6, "street": 0.8, "building": 0.95}


@dataclass(frozen=True, slots=True)
class Entry:
    """One place of the list. A place on a border has several districts; its point lies in the first."""

    name: str
    aliases: tuple[str, ...]
    districts: tuple[str, ...]
    kind: Kind
    lat: float
    lon: float

    @property
    def position(self) -> tuple[float, float]:
        """(lat, lon) in WGS-84."""
        return self.lat, self.lon


@dataclass(frozen=True, slots=True)
class _Match:
    entry: Entry
    start: int
    end: int
    precision: Precision

    @property
    def strength(self) -> tuple[int, int]:
        return _RANK[self.precision], self.end - self.start


@cache
def entries() -> tuple[Entry, ...]:
    """All places of the list, in its order. Raises ``ValueError`` where the list is damaged."""
    text = files("backend.travel").joinpath("data/beijing_places.csv").read_text(encoding="utf-8")
    return tuple(_entry(row) for row in csv.DictReader(text.splitlines()))


def _entry(row: dict[str, str]) -> Entry:
    if row["kind"] not in _RANK:
        raise ValueError(f"beijing_places.csv: unknown kind {row['kind']!r} of {row['name']}")
    aliases = tuple(alias for alias in row["aliases"].split(";") if alias)
    kind = cast(Kind, row["kind"])
    districts = tuple(row["district"].split("/"))
    return Entry(row["name"], aliases, districts, kind, float(row["lat"]), float(row["lon"]))


class OfflineGeocoder:
    """Finds an address by the most exact and longest name of the list that stands in it."""

    def __init__(self, places: Iterable[Entry] | None = None) -> None:
        listed = entries() if places is None else tuple(places)
        self._districts = {entry.name: entry for entry in listed if entry.kind == "district"}
        self._district_names: dict[str, str] = {}
        self._names: dict[str, list[Entry]] = defaultdict(list)
        for entry in listed:
            for name in (entry.name, *entry.aliases):
                if entry.kind == "district":
                    self._district_names[name] = entry.name
                else:
                    self._names[written.normalise(name)].append(entry)
        self._longest = max(map(len, self._names), default=0)

    def geocode(self, address: str) -> GeocodeResult:
        """The places of an address; needs no network and never fails."""
        text = written.normalise(address)
        if not text:
            return GeocodeResult("not_found", (), "empty")
        if written.elsewhere(text):
            return GeocodeResult("not_found", (), "outside_beijing")
        district = written.stated_district(text, self._district_names)
        matches = self._matches(text)
        fitting = [m for m in matches if not district or district in m.entry.districts]
        if not fitting:
            return self._nothing(matches, district)
        best = self._best(fitting)
        places = tuple(_place(match, district) for match in best)
        return (
            GeocodeResult("found", places)
            if len(best) == 1
            else GeocodeResult("ambiguous", places, "several")
        )

    def _nothing(self, matches: list[_Match], district: str) -> GeocodeResult:
        """Not found: the best suggestion where a person may begin to look."""
        if matches:
            best = self._best(matches)
            return GeocodeResult("not_found", tuple(_place(match, "") for match in best), "other_district")
        if not district:
            return GeocodeResult("not_found", (), "unknown")
        centre = self._districts[district]
        place = Place(centre.lat, centre.lon, centre.name, centre.name, "district", 0.2)
        return GeocodeResult("not_found", (place,), "only_district")

    def _matches(self, text: str) -> list[_Match]:
        """Every listed name in the text that is not part of a longer one."""
        spans: list[tuple[int, int]] = []
        for start in range(len(text)):
            for end in range(min(len(text), start + self._longest), start + 1, -1):
                if text[start:end] in self._names and not _cut(text, start, end):
                    spans.append((start, end))
                    break
        whole = [s for s in spans if not any(o != s and o[0] <= s[0] and s[1] <= o[1] for o in spans)]
        return [
            _Match(entry, start, end, _precision(entry, text[end:]))
            for start, end in whole
            for entry in self._names[text[start:end]]
        ]

    def _best(self, matches: list[_Match]) -> list[_Match]:
        """The strongest match, and those that are as strong but lie elsewhere."""
        top = max(match.strength for match in matches)
        found: list[_Match] = []
        for match in matches:
            if match.strength == top and all(_apart_m(match, other) > SAME_PLACE_M for other in found):
                found.append(match)
        if len(found) > 1:
            others = [match for match in matches if match.strength != top]
            near = [match for match in found if any(_apart_m(match, other) < NEAR_M for other in others)]
            if len(near) == 1:
                return near
        return found


def _apart_m(a: _Match, b: _Match) -> float:
    return great_circle_m(a.entry.position, b.entry.position)


def _cut(text: str, start: int, end: int) -> bool:
    """True where it is a piece of another name: 798 of 1798号, 上地 of 路上地铁站, 大红门路 of 南大红门路."""
    before, after = text[start - 1 : start], text[end:]
    if text[end - 1].isdigit() and (before.isdigit() or after[:1].isdigit() or after[:1] == "号"):
        return True
    if text[end - 1] in _STREET_ENDS and before in _SIDES:
        return bool(before)
    return (text[end - 1] == "地" and after[:1] == "铁") or _STREET_AFTER.match(after) is not None


def _precision(entry: Entry, rest: str) -> Precision:
    """A street without a number is no more exact than an area."""
    if entry.kind == "street" and not written.has_number(rest):
        return "area"
    return entry.kind


def _place(match: _Match, district: str) -> Place:
    score = _SCORE[match.precision] + (0.04 if district else 0.0)
    entry = match.entry
    return Place(
        entry.lat, entry.lon, entry.name, district or entry.districts[0], match.precision, round(score, 2)
    )
