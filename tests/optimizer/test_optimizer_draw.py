"""The drawing: one file that fetches nothing, escapes every name, and says in words what it shows."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from optimizer_days import H, engineer, problem, task
from playwright.sync_api import sync_playwright

from optimizer import Limits, solve
from optimizer.bench.beijing import generate
from optimizer.draw import draw
from optimizer.model import Lunch

CHROMIUM = Path("/usr/bin/chromium")


def svgs(text: str) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(found) for found in re.findall(r"<svg.*?</svg>", text, re.DOTALL)]


def test_every_visit_trip_and_absence_is_drawn() -> None:
    day = generate(30, 5, 2)
    plan = solve(day, Limits(None, 40))
    assert plan.unserved
    text = draw(day, plan)
    the_map, chart = svgs(text)
    titles = [title.text or "" for title in the_map.iter("title")]
    for route in plan.routes:
        for k, stop in enumerate(route.stops, 1):
            assert any(t.startswith(f"{stop.task}: {route.engineer}, visit {k},") for t in titles)
    for left in plan.unserved:
        assert f"{left.task}: left out" in titles
    bars = [title.text or "" for title in chart.iter("title")]
    assert sum(t.startswith("trip to") for t in bars) <= plan.summary.served
    assert sum(t.startswith("break,") for t in bars) == len(plan.routes)
    assert text.count("<tr>") == 2 + plan.summary.served + plan.summary.unserved
    for element in the_map.iter("circle"):
        assert 0 <= float(element.get("cx", "-1")) <= 1080 and 0 <= float(element.get("cy", "-1")) <= 620


def test_names_are_escaped() -> None:
    bad = "<script>alert('&\"')</script>"
    crew = [engineer(bad, lunch=Lunch(1800, 12 * H, 13 * H)), engineer("idle")]
    day = problem([task(f"a{bad}", 1), task(f"b{bad}", 2, skills=(bad,))], crew)
    text = draw(day, solve(day, Limits(None, 5)))
    assert "<script" not in text and "&lt;script&gt;" in text
    assert len(svgs(text)) == 2


def test_an_empty_day_is_drawn_too() -> None:
    for day in (problem([], []), problem([task("a", skills=("x",))])):
        assert len(svgs(draw(day, solve(day, Limits(None, 1))))) == 2


@pytest.mark.browser
def test_a_browser_shows_it_without_asking_anybody(tmp_path: Path) -> None:
    day = generate(30, 5, 2)
    page_file = tmp_path / "day.html"
    page_file.write_text(draw(day, solve(day, Limits(None, 40))), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM))
        page = browser.new_page(viewport={"width": 390, "height": 844})
        asked: list[str] = []
        said: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.goto(page_file.as_uri())
        assert page.get_by_role("img").count() == 2
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        browser.close()
    assert asked == [page_file.as_uri()] and said == []
