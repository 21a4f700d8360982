"""Where the evaluation data lies, which the product never reads."""

import csv
import json
import os
from pathlib import Path

import pytest

Ring = list[list[float]]
ROOT = Path(__file__).resolve().parents[2]


def beijing_folder() -> Path:
    """The folder of Beijing's data; the test is skipped only where the data is missing."""
    named = os.environ.get("PAIDAN_TEST_SHARED_DATA")
    data = Path(named) if named else ROOT.parent / "shared" / "data"
    if not data.is_dir():
        pytest.skip("evaluation data is missing: neither PAIDAN_TEST_SHARED_DATA nor ../shared/data")
    return data / "beijing"


def stations() -> dict[str, list[tuple[float, float]]]:
    """(lat, lon) of each metro station by name; several where lines have their own platforms."""
    found: dict[str, list[tuple[float, float]]] = {}
    with (beijing_folder() / "subway_stations.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["lat_wgs84"]:
                position = (float(row["lat_wgs84"]), float(row["lon_wgs84"]))
                found.setdefault(row["station_plain"], []).append(position)
    return found


def district_polygons() -> dict[str, list[list[Ring]]]:
    """Polygons, each a list of rings of [lon, lat], by district."""
    text = (beijing_folder() / "beijing_districts_wgs84.geojson").read_text(encoding="utf-8")
    return {f["properties"]["name"]: f["geometry"]["coordinates"] for f in json.loads(text)["features"]}


def inside(lat: float, lon: float, polygons: list[list[Ring]]) -> bool:
    """True where the point lies in one of the polygons (even-odd rule, so that holes are outside)."""
    odd = False
    for polygon in polygons:
        for ring in polygon:
            for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
                if (y1 > lat) != (y2 > lat) and lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
                    odd = not odd
    return odd


def border_m(lat: float, lon: float, polygons: list[list[Ring]]) -> float:
    """Metres from the point to the nearest border, on a plane around the point."""
    from math import cos, hypot, inf, radians

    east, north = 111_195 * cos(radians(lat)), 111_195.0
    best = inf
    for polygon in polygons:
        for ring in polygon:
            flat = [((x - lon) * east, (y - lat) * north) for x, y in ring]
            for (x1, y1), (x2, y2) in zip(flat, flat[1:] + flat[:1], strict=True):
                dx, dy = x2 - x1, y2 - y1
                length2 = dx * dx + dy * dy
                part = 0.0 if length2 == 0 else min(1.0, max(0.0, -(x1 * dx + y1 * dy) / length2))
                best = min(best, hypot(x1 + part * dx, y1 + part * dy))
    return best
