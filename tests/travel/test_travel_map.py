"""The base map's files and its script: the datum in JavaScript, borders that fit, and the map in a browser."""

import base64
import functools
import http.server
import importlib.util
import json
import random
import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import shared_data
from playwright.sync_api import Page, Route, sync_playwright

from backend.travel import datum
from backend.travel.speeds import great_circle_m

STATIC = Path(__file__).resolve().parents[2] / "web_admin" / "static"
MAP = STATIC / "map"
TIANANMEN = (39.9075, 116.3915)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c020000000b4944415478da6364f80f0001050101"
    "27185ae30000000049454e44ae426082"
)


def features(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((MAP / name).read_text(encoding="utf-8"))["features"]
    return found


def outlines() -> dict[str, list[list[float]]]:
    return {
        f["properties"]["name"]: f["geometry"]["coordinates"][0]
        for f in features("beijing-districts.geojson")
    }


def test_javascript_converts_datums_like_python() -> None:
    node = shutil.which("node")
    assert node, "node is missing: install nodejs, the script of the map cannot be tested without it"
    rng = random.Random(7)
    points = [(rng.uniform(39.4, 41.1), rng.uniform(115.4, 117.6)) for _ in range(300)] + [(51.5, -0.12)]
    names = {
        "wgs84ToGcj02": datum.wgs84_to_gcj02,
        "gcj02ToWgs84": datum.gcj02_to_wgs84,
        "gcj02ToBd09": datum.gcj02_to_bd09,
        "bd09ToGcj02": datum.bd09_to_gcj02,
        "wgs84ToBd09": datum.wgs84_to_bd09,
        "bd09ToWgs84": datum.bd09_to_wgs84,
    }
    # As a data URL it is a module whatever node makes of the ending .js.
    module = "data:text/javascript;base64," + base64.b64encode((MAP / "datum.js").read_bytes()).decode()
    script = f"""
      import * as datum from {json.dumps(module)};
      const points = {json.dumps(points)};
      const found = {{}};
      for (const name of {json.dumps(list(names))}) found[name] = points.map((p) => datum[name](...p));
      console.log(JSON.stringify(found));
    """
    command = [node, "--input-type=module", "-e", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    for name, convert in names.items():
        for point, there in zip(points, found[name], strict=True):
            assert tuple(there) == pytest.approx(convert(*point), abs=2e-8), (name, point)


def test_the_files_are_what_the_source_makes() -> None:
    spec = importlib.util.spec_from_file_location("make_base_map", MAP / "source" / "make_base_map.py")
    assert spec is not None and spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    for name, text in maker.files().items():
        assert (MAP / name).read_text(encoding="utf-8") == text, f"run make_base_map.py again: {name}"


def test_neighbours_share_their_borders_exactly() -> None:
    sides: Counter[frozenset[tuple[float, ...]]] = Counter()
    found = outlines()
    assert len(found) == 16
    for ring in found.values():
        assert ring[0] == ring[-1]
        assert 15 <= len(ring) <= 60
        sides.update(frozenset((tuple(a), tuple(b))) for a, b in pairwise(ring))
    assert set(sides.values()) == {1, 2}
    # The sides that only one district has form one closed line: no gap and no overlap inside.
    ends = Counter(point for side, times in sides.items() if times == 1 for point in side)
    assert set(ends.values()) == {2}
    beside: dict[tuple[float, ...], list[tuple[float, ...]]] = {}
    for a, b in (tuple(side) for side, times in sides.items() if times == 1):
        beside.setdefault(a, []).append(b)
        beside.setdefault(b, []).append(a)
    walk = [next(iter(beside))]
    before = None
    while len(walk) == 1 or walk[-1] != walk[0]:
        before, here = (walk[-2] if len(walk) > 1 else None), walk[-1]
        walk.append(next(p for p in beside[here] if p != before))
    assert len(walk) - 1 == len(beside)


def test_districts_are_like_the_real_ones() -> None:
    rng = random.Random(3)
    mine = outlines()
    for name, real in shared_data.district_polygons().items():
        ring = mine[name]
        lons, lats = [p[0] for p in ring], [p[1] for p in ring]
        both = either = 0
        for _ in range(1500):
            lat, lon = rng.uniform(min(lats), max(lats)), rng.uniform(min(lons), max(lons))
            here = shared_data.inside(lat, lon, [[ring]]), shared_data.inside(lat, lon, real)
            both += all(here)
            either += any(here)
        assert both / either > 0.72, name


def test_every_name_stands_in_its_district() -> None:
    for feature in features("beijing-districts.geojson"):
        lon, lat = feature["properties"]["label"]
        assert shared_data.inside(lat, lon, [feature["geometry"]["coordinates"]]), feature["properties"]


def test_rings_lie_around_tiananmen_one_in_the_other() -> None:
    rings = {f["properties"]["name"]: f["geometry"]["coordinates"] for f in features("beijing-rings.geojson")}
    assert list(rings) == ["二环路", "三环路", "四环路", "五环路", "六环路"]
    for ring in rings.values():
        assert ring[0] == ring[-1]
        assert shared_data.inside(*TIANANMEN, [[ring]])
    for inner, outer in pairwise(rings.values()):
        assert all(shared_data.inside(lat, lon, [[outer]]) for lon, lat in inner)


def test_metro_lines_pass_their_stations() -> None:
    stations = shared_data.stations()
    lines = {f["properties"]["name"]: f["geometry"]["coordinates"] for f in features("beijing-metro.geojson")}
    assert len(lines) >= 15
    for line, names in {
        "1号线/八通线": "古城 五棵松 西单 国贸 四惠 梨园",
        "2号线": "西直门 雍和宫 朝阳门 前门",
        "4号线/大兴线": "中关村 西单 北京南站 西红门",
        "10号线": "国贸 知春路 公主坟 宋家庄",
        "14号线": "望京 大望路 北京南站",
        "昌平线": "西二旗 沙河 昌平",
        "亦庄线": "旧宫 荣京东街",
    }.items():
        for name in names.split():
            off_m = min(
                great_circle_m(position, (lat, lon))
                for position in stations[name]
                for lon, lat in lines[line]
            )
            # The file has only bends, so that the next one may lie some way along the line.
            assert off_m < 1_500, (line, name, off_m)


class QuietFiles(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


PAGE = """<!doctype html><html lang="zh"><meta charset="utf-8"><title>map</title>
<link rel="stylesheet" href="/vendor/leaflet/leaflet.css"><style>#map{width:800px;height:600px}</style>
<div id="map"></div><script src="/vendor/leaflet/leaflet.js"></script></html>"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    chromium = shutil.which("chromium")
    assert chromium, "chromium is missing"
    assert (STATIC / "vendor/leaflet/leaflet.js").is_file(), "Leaflet is missing: run make setup"
    files = functools.partial(QuietFiles, directory=str(STATIC))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), files)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        opened = browser.new_page(base_url=f"http://127.0.0.1:{server.server_port}")
        opened.route("**/page.html", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
        yield opened
        browser.close()
    server.shutdown()
    server.server_close()
    thread.join()


def open_map(page: Page, options: str) -> None:
    page.goto("/page.html")
    page.evaluate(
        """async (options) => {
          const map = await import("/map/map.js");
          window.picked = [];
          const given = new Function("return " + options)();
          const onPick = (lat, lon) => window.picked.push([lat, lon]);
          window.view = map.createMap(document.getElementById("map"), Object.assign({ onPick }, given));
          window.tools = map;
          await window.view.ready;
        }""",
        options,
    )


@pytest.mark.browser
def test_the_base_map_is_drawn_without_a_network(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_map(page, "{}")
    assert page.locator(".leaflet-base-pane path").count() > 60
    assert page.get_by_text("朝阳", exact=True).is_visible()
    assert page.locator(".map-missing").count() == 0
    assert asked and all(url.startswith("http://127.0.0.1:") for url in asked)
    stroke = "getComputedStyle(document.querySelector('.leaflet-base-pane path')).fill"
    page.evaluate("document.documentElement.style.setProperty('--map-city', 'rgb(1, 2, 3)')")
    assert page.evaluate(stroke) == "rgb(1, 2, 3)"


@pytest.mark.browser
@pytest.mark.parametrize("options", ["{}", "{tiles: '/tiles/{z}/{x}/{y}.png', tilesDatum: 'gcj02'}"])
def test_a_pin_is_set_by_click_by_key_and_by_dragging(page: Page, options: str) -> None:
    page.route("**/tiles/**", lambda route: route.fulfill(body=PNG, content_type="image/png"))
    open_map(page, options)
    page.locator("#map").click(position={"x": 400, "y": 300})
    lat, lon = page.evaluate("window.picked[0]")
    assert great_circle_m((lat, lon), TIANANMEN) < 60
    assert page.locator(".map-pin").count() == 1
    page.locator("#map").focus()
    page.keyboard.press("Enter")
    assert len(page.evaluate("window.picked")) == 2
    page.mouse.move(400, 295)
    page.mouse.down()
    page.mouse.move(440, 255, steps=5)
    page.mouse.up()
    picked = page.evaluate("window.picked")
    assert picked[2][0] > lat and picked[2][1] > lon


@pytest.mark.browser
def test_on_gcj02_tiles_pins_and_routes_are_drawn_shifted(page: Page) -> None:
    page.route("**/tiles/**", lambda route: route.fulfill(body=PNG, content_type="image/png"))
    shown = "(() => { const p = window.pin.getLatLng(); return [p.lat, p.lng]; })()"
    for tile_datum, expected in (("gcj02", datum.wgs84_to_gcj02(*TIANANMEN)), ("wgs84", TIANANMEN)):
        open_map(page, f"{{tiles: '/tiles/{{z}}/{{x}}/{{y}}.png', tilesDatum: '{tile_datum}'}}")
        page.evaluate(f"window.pin = window.tools.addPin(window.view, {TIANANMEN[0]}, {TIANANMEN[1]})")
        assert page.evaluate(shown) == pytest.approx(expected, abs=1e-6)
        page.evaluate("window.pin.moveTo(39.5, 116.0)")
        page.evaluate(f"window.pin.moveTo({TIANANMEN[0]}, {TIANANMEN[1]})")
        assert page.evaluate(shown) == pytest.approx(expected, abs=1e-6)


@pytest.mark.browser
def test_a_route_has_its_numbers_and_fits(page: Page) -> None:
    open_map(page, "{}")
    page.evaluate(
        """() => {
          const points = [[39.845, 116.422], [39.9085, 116.4555], [39.9955, 116.4745]];
          window.route = window.tools.addRoute(window.view, points, 2, [null, 1, "<b>2</b>"]);
          window.tools.fit(window.view, points);
          window.tools.fit(window.view, []);
        }"""
    )
    assert page.locator(".map-stop").all_inner_texts() == ["1", "<b>2</b>"]
    assert page.evaluate("window.view.getBounds().contains([39.845, 116.422])")
    assert page.evaluate("window.view.getZoom()") >= 11
    page.evaluate("window.route.remove()")
    assert page.locator(".map-stop").count() == 0


@pytest.mark.browser
def test_without_its_files_the_map_still_takes_pins_and_says_so(page: Page) -> None:
    def gone(route: Route) -> None:
        route.fulfill(status=503)

    page.route("**/beijing-rings.geojson", gone)
    open_map(page, "{marker: [39.9075, 116.3915]}")
    assert page.locator(".map-missing").inner_text() == "底图没有加载出来"
    assert page.locator(".map-pin").count() == 1
    page.unroute("**/beijing-rings.geojson", gone)
