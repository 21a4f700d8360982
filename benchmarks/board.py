"""How long the dispatch board takes: its answers on the server, and what Chromium sees.

    .venv/bin/python benchmarks/board.py [--people 50] [--short] [--json FILE]

The day is that of the browser tests (30 engineers, over 200 visits), or larger. The server runs in this process
with real HTTP over loopback on SQLite; times are medians and 95th percentiles in milliseconds.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Page, expect, sync_playwright
from werkzeug.serving import make_server

sys.path.insert(0, str(Path(__file__).parents[1]))

import wsgi
from backend.bootstrap import Application, build
from backend.core import logs, migrate, settings
from backend.core.clock import FixedClock
from backend.core.uow import SYSTEM
from backend.dispatch import queries
from backend.staff import queries as staff
from backend.visits import actions as visit_actions
from backend.visits import queries as visits
from benchmarks.support.desk import log_in
from tests.dispatch import bigday
from tests.e2e.conftest import CHROMIUM, QUIET

DAY = bigday.DAY.isoformat()


class Visitor:
    """A browser session without a browser."""

    def __init__(self, address: str) -> None:
        self.address, self.session = address, log_in(address, "zhaomin", bigday.PASSWORD)
        self.session.headers["Accept"] = "application/json"

    def get(self, path: str) -> Any:
        """The JSON of a GET."""
        answer = self.session.get(self.address + "/dispatch" + path)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, **body: Any) -> requests.Response:
        """A POST as the board's script sends it."""
        body = {"day": DAY} | body
        return self.session.post(self.address + "/dispatch" + path, json=body)


def measure(times: int, act: Callable[[int], Any]) -> dict[str, float]:
    """Median and 95th percentile of an action in milliseconds; ``cpu`` is the work alone, the asking included.

    Other programs of the machine stretch the time of the clock, but not that of the processor.
    """
    act(0)
    found, worked = [], []
    for n in range(times):
        began, busy = time.perf_counter(), time.process_time()
        act(n)
        found.append((time.perf_counter() - began) * 1000)
        worked.append((time.process_time() - busy) * 1000)
    return {
        "median_ms": round(statistics.median(found), 1),
        "p95_ms": round(sorted(found)[int(len(found) * 0.95)], 1),
        "cpu_median_ms": round(statistics.median(worked), 1),
        "cpu_p95_ms": round(sorted(worked)[int(len(worked) * 0.95)], 1),
    }


def on_the_server(visitor: Visitor) -> dict[str, Any]:
    """The board's requests, one after the other."""
    state = visitor.get(f"/day.json?day={DAY}")
    loose = [
        (visit["id"], engineer["id"], visit["start_s"])
        for engineer in state["engineers"]
        for visit in engineer["visits"]
        if visit["movable"] and visit["status"] == "published"
    ]
    people = [engineer["id"] for engineer in state["engineers"]]

    def preview(n: int) -> None:
        order, _, start_s = loose[n // 20 % len(loose)]
        visitor.post(
            "/preview", order=order, engineer=people[n % len(people)], start_s=start_s - n % 20 * 300
        ).raise_for_status()

    def save(n: int) -> None:
        order, engineer, start_s = loose[n % len(loose)]
        visitor.post(
            "/moves", order=order, engineer=engineer, start_s=start_s, reason_code="benchmark"
        ).raise_for_status()

    found = {"preview while dragging": measure(300, preview), "save a move": measure(40, save)}
    found["undo"] = measure(20, lambda _: visitor.post("/undo"))
    found["state of the day"] = measure(20, lambda _: visitor.get(f"/day.json?day={DAY}"))
    found["is it unchanged (stamp)"] = measure(50, lambda _: visitor.get(f"/stamp.json?day={DAY}"))
    found["places of all unplanned"] = measure(10, lambda _: visitor.get(f"/places.json?day={DAY}"))
    urgent = next(row["id"] for row in state["unplanned"] if row["status"] == "approved")
    found["three places for an urgent order"] = measure(
        10, lambda _: visitor.get(f"/urgent/{urgent}.json?day={DAY}")
    )
    return found


DRAWN = """(count) => new Promise((done) => {
  const look = () => document.querySelectorAll(".gantt-bar").length < count ? setTimeout(look, 5)
    : requestAnimationFrame(() => setTimeout(() => done(performance.now())));
  look();
})"""
WATCH = """() => {
  window.drawn = 0; window.longest = [];
  new MutationObserver((rows) => rows.forEach((row) => row.addedNodes.forEach((node) => (window.drawn += Number(node.matches?.(".gantt-bar") ?? false)))))
    .observe(document.querySelector("#gantt"), { childList: true, subtree: true });
  new PerformanceObserver((list) => window.longest.push(...list.getEntries().map((one) => Math.round(one.duration)))).observe({ type: "longtask" });
}"""


def phones(page: Page, application: Application, clock: FixedClock) -> dict[str, Any]:
    """Every engineer's phone says something within some seconds while the board is open."""
    with application.transactions.read(SYSTEM) as uow:
        rows = visits.day(uow, bigday.DAY)
        acts: dict[int, Callable[[Any], Any]] = {}
        for row in rows:
            if row.order.status == "accepted" and row.engineer_id not in acts:
                acts[row.engineer_id] = partial(visit_actions.set_out, visit_id=row.id)
        people = {one: staff.actor(uow, one, "phone") for one in acts}
    page.evaluate(WATCH)
    began = time.perf_counter()
    for engineer_id, act in acts.items():
        with application.transactions.begin(people[engineer_id]) as uow:
            act(uow)
        time.sleep(0.1)
    told = time.perf_counter() - began
    with application.transactions.read(SYSTEM) as uow:
        running = sum(row.order.status == "en_route" for row in visits.day(uow, bigday.DAY))
    expect(page.locator(".gantt-bar .leg.now")).to_have_count(running, timeout=20_000)
    page.wait_for_timeout(300)
    return {
        "phones": len(acts),
        "within_s": round(told, 1),
        "bars made anew": page.evaluate("window.drawn"),
        "tasks over 50 ms": page.evaluate("window.longest"),
    }


def in_the_browser(page: Page, address: str, visitor: Visitor, count: int) -> dict[str, Any]:
    """First view, a drag, and a change of somebody else."""
    page.goto(address + "/login")
    page.fill("[name=login]", "zhaomin")
    page.fill("[name=password]", bigday.PASSWORD)
    page.click("button.primary")
    page.wait_for_url(lambda url: "/login" not in url)
    views, whole, worked = [], [], []
    tab = page.context.new_cdp_session(page)
    tab.send("Performance.enable", {"timeDomain": "threadTicks"})
    for _ in range(6):
        page.goto(address + "/dispatch", wait_until="commit")
        views.append(page.evaluate(DRAWN, 1))
        known = {one["name"]: one["value"] for one in tab.send("Performance.getMetrics")["metrics"]}
        worked.append(known["TaskDuration"] * 1000)
        whole.append(page.evaluate(DRAWN, count))
    page.wait_for_timeout(1500)
    bar = page.locator(".gantt-bar:has(.bar.published)").first
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    assert box is not None
    page.evaluate("performance.clearResourceTimings(); performance.setResourceTimingBufferSize(2000)")
    page.mouse.move(box["x"] + 8, box["y"] + 20)
    page.mouse.down()
    for n in range(60):
        page.mouse.move(box["x"] + 8 + n * 5, box["y"] + 20 + (n % 6) * 30)
        page.wait_for_timeout(20)
    answers = page.evaluate(
        "performance.getEntriesByType('resource').filter((one) => one.name.endsWith('/preview')).map((one) => one.duration)"
    )
    page.keyboard.press("Escape")
    page.mouse.move(5, 5)
    page.mouse.up()
    page.wait_for_timeout(800)
    page.keyboard.press("Escape")
    order = int(bar.get_attribute("data-order") or 0)
    began = time.perf_counter()
    visitor.post(
        "/take-out", order=order, seen=visitor.get(f"/day.json?day={DAY}")["revision"]
    ).raise_for_status()
    page.wait_for_selector(f'#gantt [data-order="{order}"]', state="detached")
    return {
        "first view": {
            "median_ms": round(statistics.median(views[1:])),
            "cold_ms": round(views[0]),
            "cpu_of_the_page_median_ms": round(statistics.median(worked[1:])),
            "cpu_of_the_page_cold_ms": round(worked[0]),
        },
        "whole day drawn": {"median_ms": round(statistics.median(whole[1:])), "cold_ms": round(whole[0])},
        "answer to a drag": {
            "median_ms": round(statistics.median(answers), 1),
            "p95_ms": round(sorted(answers)[int(len(answers) * 0.95)], 1),
            "questions": len(answers),
        },
        "somebody else's change is seen after": {"ms": round((time.perf_counter() - began) * 1000)},
    }


def main() -> None:
    """Make the day, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--short", action="store_true", help="shorter visits, so that more of them fit")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    logs.configure("ERROR")
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/day.db"
        migrate.upgrade(url)
        clock = FixedClock()
        application = build(
            settings.load({"PAIDAN_DATA_DIR": folder, "PAIDAN_DATABASE_URL": url}), clock=clock
        )
        bigday.make(application.transactions, clock, given.people, given.short)
        server = make_server("127.0.0.1", 0, wsgi.create_app(application), threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        wsgi.warm(application)
        wsgi.settle()
        with application.transactions.read(SYSTEM) as uow:
            view = queries.day_view(uow, bigday.DAY)
        visitor = Visitor(address)
        found: dict[str, Any] = {
            "day": {"engineers": len(view.engineers), "visits": sum(len(e.stops) for e in view.engineers)},
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
            f"load {os.getloadavg()[0]:.1f}",
            "server": on_the_server(visitor),
        }
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
            page = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN").new_page()
            found["browser"] = in_the_browser(page, address, visitor, found["day"]["visits"])
            found["browser"]["all phones while it is open"] = phones(page, application, clock)
            browser.close()
        server.shutdown()
    text = json.dumps(found, ensure_ascii=False, indent=1)
    print(text)
    if given.json:
        given.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    import logging

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    main()
