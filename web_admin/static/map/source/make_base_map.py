"""Make the base map's GeoJSON files, one folder up, from borders.txt and lines.txt."""

import csv
import json
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

Point = tuple[float, float]
HERE = Path(__file__).resolve().parent
GAZETTEER = HERE.parents[3] / "backend" / "travel" / "data" / "beijing_places.csv"
# Names that are shown from zoom 11 on; other areas of the gazetteer from 13, streets and buildings from 15.
WELL_KNOWN = frozenset(
    """
    国贸 望京 中关村 上地 亦庄 三里屯 金融街 天安门 五道口 酒仙桥 回龙观 天通苑 丽泽 公主坟 总部基地 首钢
    北京南站 北京西站 通州北苑 奥林匹克公园 五棵松 宋家庄 首都机场 大兴机场 沙河 良乡 长阳 大兴黄村 西红门
    后沙峪 颐和园 香山 西二旗 东坝 垡头 大红门 方庄 环球度假区
    """.split()  # noqa: SIM905 - a list of names reads better as text
)
# Where a district's name stands, where the middle of its outline is not where people look for it.
LABELS = {
    "东城区": (116.414, 39.916),
    "西城区": (116.357, 39.916),
    "朝阳区": (116.520, 39.945),
    "海淀区": (116.260, 40.035),
    "丰台区": (116.300, 39.845),
    "石景山区": (116.180, 39.925),
    "门头沟区": (115.800, 39.990),
    "房山区": (115.900, 39.720),
    "通州区": (116.730, 39.810),
    "顺义区": (116.720, 40.150),
    "昌平区": (116.210, 40.215),
    "大兴区": (116.390, 39.640),
    "怀柔区": (116.600, 40.480),
    "平谷区": (117.130, 40.210),
    "密云区": (117.050, 40.530),
    "延庆区": (116.050, 40.500),
}


def read(name: str) -> list[list[str]]:
    """The words of each line of a source file, without comments."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line.split() for line in lines if line.strip() and not line.startswith("#")]


def points(words: list[str]) -> list[Point]:
    """Pairs of longitude and latitude."""
    numbers = [float(word) for word in words]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def rounded(line: list[Point], closed: bool) -> list[Point]:
    """The line with its corners cut twice (Chaikin), so that roads and rivers bend instead of breaking."""
    for _ in range(2):
        cut: list[Point] = [] if closed else [line[0]]
        for (x1, y1), (x2, y2) in zip(line, line[1:] + line[:1] if closed else line[1:], strict=False):
            cut += [
                (0.75 * x1 + 0.25 * x2, 0.75 * y1 + 0.25 * y2),
                (0.25 * x1 + 0.75 * x2, 0.25 * y1 + 0.75 * y2),
            ]
        line = cut if closed else [*cut, line[-1]]
    return line


def ring_of(borders: list[list[Point]], name: str) -> list[Point]:
    """The borders of one district put together to a closed ring, counter-clockwise."""
    left = list(borders)
    ring = left.pop(0)
    while left:
        for n, border in enumerate(left):
            if border[0] == ring[-1] or border[-1] == ring[-1]:
                ring = ring + (border if border[0] == ring[-1] else border[::-1])[1:]
                del left[n]
                break
        else:
            raise ValueError(f"{name}: the border breaks off at {ring[-1]}")
    if ring[0] != ring[-1]:
        raise ValueError(f"{name}: the border does not close at {ring[0]}")
    area = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring))
    return ring if area > 0 else ring[::-1]


def feature(geometry: str, coordinates: object, **properties: object) -> dict[str, object]:
    """One GeoJSON feature."""
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": geometry, "coordinates": coordinates},
    }


def plain(line: list[Point]) -> list[list[float]]:
    """Coordinates with five digits, about a metre."""
    return [[round(x, 5), round(y, 5)] for x, y in line]


def districts() -> list[dict[str, object]]:
    """A polygon for each district, with where its name stands."""
    borders: dict[str, list[list[Point]]] = defaultdict(list)
    for one, other, *rest in read("borders.txt"):
        for name in {one, other} - {"-"}:
            borders[name].append(points(rest))
    return [
        feature("Polygon", [plain(ring_of(borders[name], name))], name=name, label=list(at))
        for name, at in LABELS.items()
    ]


def lines() -> dict[str, list[dict[str, object]]]:
    """Features of each kind."""
    found: dict[str, list[dict[str, object]]] = defaultdict(list)
    for kind, name, *rest in read("lines.txt"):
        line = points(rest)
        closed = kind in ("ring", "lake") or line[0] == line[-1]
        if closed and line[0] == line[-1]:
            line = line[:-1]
        smooth = plain(rounded(line, closed))
        if closed:
            smooth.append(smooth[0])
        if kind == "lake":
            found[kind].append(feature("Polygon", [smooth], name=name, kind=kind))
        else:
            found[kind].append(feature("LineString", smooth, name=name, kind=kind))
    return found


def places() -> list[dict[str, object]]:
    """The gazetteer's names, the well-known ones first, each with the zoom that it is shown from."""
    zooms = {"area": 13, "street": 15, "building": 15}
    with GAZETTEER.open(encoding="utf-8") as rows:
        found = [
            (
                11 if row["name"] in WELL_KNOWN else zooms[row["kind"]],
                row["name"],
                float(row["lon"]),
                float(row["lat"]),
            )
            for row in csv.DictReader(rows)
            if row["kind"] in zooms
        ]
    found.sort(key=lambda place: place[0])
    return [feature("Point", [lon, lat], name=name, zoom=zoom) for zoom, name, lon, lat in found]


def files() -> dict[str, str]:
    """The text of each file by name."""
    kinds = lines()
    content = {
        "beijing-districts.geojson": districts(),
        "beijing-rings.geojson": kinds["ring"],
        "beijing-metro.geojson": kinds["metro"],
        "beijing-water.geojson": kinds["lake"] + kinds["river"],
        "beijing-places.geojson": places(),
    }
    return {name: _text(features) for name, features in content.items()}


def _text(features: list[dict[str, object]]) -> str:
    rows = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in features)
    return '{"type":"FeatureCollection","features":[\n' + rows + "\n]}\n"


if __name__ == "__main__":
    for file_name, text in files().items():
        (HERE.parent / file_name).write_text(text, encoding="utf-8")
