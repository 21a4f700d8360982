"""How long a call waits: the windows of the next days, holding one, the calling order; and forty reviews by keyboard.

    .venv/bin/python benchmarks/appointments.py [--calls 60] [--reviews 40] [--json FILE]

Today has 30 engineers and over 200 visits, half done; each of the next two days has 60 agreed visits and no plan yet;
100 orders wait for a call. Everything goes over HTTP on loopback with SQLite in this process, and the review through
Chromium. Times are milliseconds of the wall clock; ``cpu`` beside them is the server's own work, which other processes of
the machine do not stretch. Ends with 1 where the windows take more than 300 ms at the 95th percentile.
"""

import argparse
import json
import os
import platform
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import expect, sync_playwright
from werkzeug.serving import make_server

sys.path.insert(0, str(Path(__file__).parents[1]))

import wsgi
from backend.appointments import actions as appointments
from backend.bootstrap import Application, build
from backend.core import logs, migrate, settings
from backend.core.clock import FixedClock, local_date
from backend.core.uow import SYSTEM
from backend.dispatch import drafts
from backend.orders import intake
from backend.orders import queries as orders
from backend.orders.workbook.sample import sample_rows
from backend.stock import actions as stock
from backend.stock import queries as stock_queries
from backend.travel.gazetteer import OfflineGeocoder
from benchmarks.support.desk import log_in
from tests.dispatch import bigday
from tests.e2e.conftest import CHROMIUM, QUIET

GOAL_MS = 300.0
AGREED_A_DAY, WAITING = 60, 100


def fill(application: Application, clock: FixedClock, reviews: int) -> list[int]:
    """The days, and install orders to review; returns the ids of those."""
    transactions = application.transactions
    made = bigday.make(transactions, clock)
    dice = random.Random(3)
    with transactions.begin(made.assistant) as uow:
        for n in range(2 * AGREED_A_DAY):
            order_id = bigday._order(uow, dice, bigday.AREAS[n % 6], made)
            from_s = (9 + n // 2 % 4 * 2) * 3600
            on = bigday.DAY + timedelta(days=1 + n % 2)
            appointments.appoint(uow, order_id=order_id, on=on, from_s=from_s, to_s=from_s + 7200)
        for n in range(WAITING):
            bigday._order(uow, dice, bigday.AREAS[n % 6], made)
    with transactions.begin(SYSTEM) as uow:
        stock.add_item(uow, code="DL4-C", name="拨号器", kind="dialer", lines=4, price_fen=98_000)
        rows, _ = sample_rows(
            today=local_date(uow.now), rows=reviews, seed=3, places=["朝阳区望京SOHO"], models=stock_queries.models(uow),
            mistakes=False,
        )  # fmt: skip
        ids = []
        for row in rows:
            raw = {key: str(value) for key, value in row.items() if value is not None}
            checked = intake.check_values(uow, raw=raw, geocoder=OfflineGeocoder())
            ids.append(intake.add_install_order(uow, checked))
    return ids


class Assistant:
    """Her browser session without a browser."""

    def __init__(self, address: str) -> None:
        self.address, self.session = address, log_in(address, "zhaomin", bigday.PASSWORD)
        self.session.headers["HX-Request"] = "true"

    def get(self, path: str) -> str:
        """The text of a GET."""
        answer = self.session.get(self.address + path)
        answer.raise_for_status()
        return answer.text

    def post(self, path: str, **form: str) -> int:
        """The status of a POST."""
        return self.session.post(self.address + path, data=form).status_code


def measure(times: int, act: Callable[[int], Any]) -> dict[str, float]:
    """Median, 95th percentile and worst of an action in milliseconds, and the median of the processor's time."""
    wall, cpu = [], []
    for n in range(times):
        began, worked = time.perf_counter(), time.process_time()
        act(n)
        wall.append((time.perf_counter() - began) * 1000)
        cpu.append((time.process_time() - worked) * 1000)
    wall.sort()
    return {
        "median_ms": round(statistics.median(wall), 1),
        "p95_ms": round(wall[int(len(wall) * 0.95)], 1),
        "worst_ms": round(wall[-1], 1),
        "cpu_median_ms": round(statistics.median(cpu), 1),
    }


def calls(application: Application, assistant: Assistant, count: int) -> dict[str, Any]:
    """Windows of order after order, each time with one held in between, so that no day stays as it was."""
    with application.transactions.read(SYSTEM) as uow:
        ids = [row.id for row in orders.with_status(uow, ["approved"])]
    found: dict[str, Any] = {"waiting for a call": len(ids)}
    began = time.perf_counter()
    drafts.refresh(application.transactions)
    found["drafts of four days in the background"] = {"ms": round((time.perf_counter() - began) * 1000)}
    found["page of calls in their order"] = measure(10, lambda _: assistant.get("/appointments"))
    found["windows of the next days"] = measure(
        count, lambda n: assistant.get(f"/appointments/{ids[n % len(ids)]}/offers")
    )
    on = bigday.DAY + timedelta(days=1)
    statuses: list[int] = []

    def hold(n: int) -> None:
        from_s = (9 + n % 4 * 2) * 3600
        window = f"{on}|{from_s}|{from_s + 7200}"
        statuses.append(assistant.post(f"/appointments/{ids[n]}/hold", window=window))

    found["hold a window"] = measure(min(20, len(ids)), hold)
    found["answers to holding"] = {str(code): statuses.count(code) for code in sorted(set(statuses))}
    found["windows while twenty are held, draft old"] = measure(
        20, lambda n: assistant.get(f"/appointments/{ids[20 + n]}/offers")
    )
    drafts.refresh(application.transactions)
    found["windows while twenty are held, draft new"] = measure(
        20, lambda n: assistant.get(f"/appointments/{ids[40 + n]}/offers")
    )
    return found


def reviews(address: str, ids: list[int]) -> dict[str, float]:
    """The orders one after the other by one key each, in Chromium; what the machine takes of the ten minutes."""
    times = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN").new_page()
        page.goto(address + "/login")
        page.fill("[name=login]", "zhaomin")
        page.fill("[name=password]", bigday.PASSWORD)
        page.click("button.primary")
        page.wait_for_url(lambda url: "/login" not in url)
        page.goto(f"{address}/install-orders/{ids[0]}")
        shown = page.locator("#review h1")
        for then in ids[1:]:
            began = time.perf_counter()
            page.keyboard.press("a")
            expect(shown).to_have_attribute("data-order", str(then))
            times.append((time.perf_counter() - began) * 1000)
        browser.close()
    return {
        "orders": len(times),
        "median_ms": round(statistics.median(times), 1),
        "p95_ms": round(sorted(times)[int(len(times) * 0.95)], 1),
        "all_s": round(sum(times) / 1000, 1),
    }


def main() -> int:
    """Make the days, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=60)
    parser.add_argument("--reviews", type=int, default=40)
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
        ids = fill(application, clock, given.reviews + 1)
        server = make_server("127.0.0.1", 0, wsgi.create_app(application), threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        found: dict[str, Any] = {
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
            f"load {os.getloadavg()[0]:.1f}",
            "calls": calls(application, Assistant(address), given.calls),
            "review by keyboard": reviews(address, ids),
        }
        server.shutdown()
        application.engine.dispose()
    text = json.dumps(found, ensure_ascii=False, indent=1)
    print(text)
    if given.json:
        given.json.write_text(text + "\n", encoding="utf-8")
    return int(found["calls"]["windows of the next days"]["p95_ms"] > GOAL_MS)


if __name__ == "__main__":
    import logging

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    sys.exit(main())
