"""Before the board, in Chromium: forty orders reviewed by keyboard, a call with a window that somebody else sees held."""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

import wsgi
from backend.bootstrap import Application, build
from backend.core import settings
from backend.core.clock import FixedClock, local_date
from backend.core.uow import SYSTEM
from backend.orders import intake
from backend.orders import queries as orders
from backend.orders.workbook.sample import sample_rows
from backend.serve import inline
from backend.stock import queries as stock
from backend.travel.gazetteer import OfflineGeocoder
from tests.dispatch.department import add_order
from tests.support import department

ORDERS = 40


@dataclass(frozen=True)
class Desk:
    """A running paidan with install orders to review."""

    address: str
    application: Application

    def statuses(self) -> dict[str, int]:
        with self.application.transactions.read(SYSTEM) as uow:
            return orders.counts(uow)


@pytest.fixture
def desk(sqlite_url: str, tmp_path: Path) -> Iterator[Desk]:
    loaded = settings.load({"PAIDAN_DATA_DIR": str(tmp_path / "data"), "PAIDAN_DATABASE_URL": sqlite_url})
    application = build(loaded, clock=FixedClock())
    department.make(application.transactions)
    server = make_server("127.0.0.1", 0, wsgi.create_app(application), threaded=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Desk(f"http://127.0.0.1:{server.server_port}", application)
    server.shutdown()
    thread.join()
    server.server_close()
    application.engine.dispose()


def fill(desk: Desk) -> list[int]:
    """Install orders without a mistake."""
    with desk.application.transactions.begin(SYSTEM) as uow:
        rows, _ = sample_rows(
            today=local_date(uow.now), rows=ORDERS, seed=3, places=["朝阳区望京SOHO"],
            models=stock.models(uow), mistakes=False,
        )  # fmt: skip
        ids = []
        for row in rows:
            raw = {key: str(value) for key, value in row.items() if value is not None}
            checked = intake.check_values(uow, raw=raw, geocoder=OfflineGeocoder())
            ids.append(intake.add_install_order(uow, checked))
    return ids


def log_in(page: Page, address: str) -> None:
    page.goto(address + "/login")
    page.fill("[name=login]", "technical_assistant")
    page.fill("[name=password]", department.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)


def test_forty_orders_by_keyboard_without_a_reload(page: Page, desk: Desk) -> None:
    ids = fill(desk)
    log_in(page, desk.address)
    page.goto(f"{desk.address}/install-orders/{ids[0]}")
    shown = page.locator("#review h1")
    page.evaluate("window.samePage = true")
    returned = 0
    for n, order_id in enumerate(ids[:-1]):
        expect(shown).to_have_attribute("data-order", str(order_id))
        if n % 8 == 3:
            page.keyboard.press("r")
            page.keyboard.press("2")
            page.keyboard.press("5")
            page.keyboard.press("Enter")
            returned += 1
        else:
            page.keyboard.press("a")
    expect(shown).to_have_attribute("data-order", str(ids[-1]))
    assert page.evaluate("window.samePage"), "the next order comes without a reload"
    assert page.url.endswith(f"/install-orders/{ids[-1]}"), "the address follows"
    assert desk.statuses() == {"approved": ORDERS - 1 - returned, "returned": returned, "submitted": 1}
    with desk.application.transactions.read(SYSTEM) as uow:
        assert orders.get(uow, ids[3]).reasons == ("address", "price")
    page.keyboard.press("u")
    expect(shown).to_have_attribute("data-order", str(ids[-2]))
    expect(page.locator("#said")).to_contain_text("又在审核了")
    assert desk.statuses()["submitted"] == 2
    page.keyboard.press("n")
    expect(shown).to_have_attribute("data-order", str(ids[-1]))
    page.keyboard.press("p")
    expect(shown).to_have_attribute("data-order", str(ids[-2]))
    expect(page.locator("#map .map-pin")).to_have_count(1)
    page.keyboard.press("a")
    expect(shown).to_have_attribute("data-order", str(ids[-1]))
    page.keyboard.press("a")
    page.wait_for_url(re.compile("/appointments"))
    assert "submitted" not in desk.statuses()


def test_a_window_is_held_during_the_call_and_the_other_browser_sees_it(
    page: Page, chromium: Browser, desk: Desk
) -> None:
    with desk.application.transactions.begin(SYSTEM) as uow:
        first, second = add_order(uow, 1), add_order(uow, 2)
    log_in(page, desk.address)
    context = chromium.new_context(viewport={"width": 1366, "height": 768})
    other = context.new_page()
    log_in(other, desk.address)
    page.goto(f"{desk.address}/appointments?order={first}")
    other.goto(f"{desk.address}/appointments?order={second}")
    expect(page.locator(".offer").first).to_be_visible()
    expect(other.locator(".offer").first).to_be_visible()
    expect(page.locator(".say")).to_contain_text("您好，我是客户服务部的")
    page.keyboard.press("1")
    expect(page.locator(".held")).to_contain_text("占住了")
    expect(page.locator(".held [data-until]")).to_have_text(re.compile(r"^(9|10):\d\d$|^\d+:\d\d$"))
    expect(other.locator("#offers")).to_contain_text("占着", timeout=15_000)
    assert other.evaluate("document.documentElement.scrollWidth") <= 1366
    page.keyboard.press("x")
    expect(page.locator(".held")).to_have_count(0)
    page.keyboard.press("2")
    expect(page.locator(".held")).to_be_visible()
    page.keyboard.press("a")
    expect(page.locator("#said")).to_contain_text("已约好")
    inline.deliver_facts(desk.application.transactions)
    other.keyboard.press("m")
    expect(other.locator("#said")).to_contain_text("没人接")
    expect(other.locator("tr.resting")).to_contain_text("以后再打")
    page.goto(f"{desk.address}/appointments?show=messages")
    expect(page.locator(".message")).to_contain_text("工程师上门时间为")
    page.get_by_role("button", name="发给客户了").click()
    expect(page.locator("main")).to_contain_text("没有要发的短信")
    context.close()


def test_an_engineer_is_away_and_a_car_goes_to_another(page: Page, desk: Desk) -> None:
    log_in(page, desk.address)
    page.goto(f"{desk.address}/vehicles")
    page.keyboard.press("n")
    page.fill("[name=plate]", "京A12346")
    page.get_by_role("button", name="加上").click()
    expect(page.locator("tbody a.name")).to_have_text("京A12346")
    page.locator("a.cell").nth(2).click()
    page.locator(".person-row").first.click()
    expect(page.locator("#said")).to_contain_text("给")
    who = page.locator("a.cell").nth(2).inner_text()
    page.goto(f"{desk.address}/engineers")
    page.get_by_role("link", name=who, exact=True).click()
    expect(page.locator("#breaks")).to_contain_text("还有 4 人")
    page.fill("[name=first_on]", "2026-11-25")
    page.fill("[name=last_on]", "2026-11-26")
    page.locator("[name=last_on]").dispatch_event("change")
    expect(page.locator("#breaks")).to_contain_text("京A12346 要收回")
    page.get_by_role("button", name="记下请假").click()
    expect(page.locator("tr[aria-selected=true] .mark.away")).to_have_count(2)
    page.get_by_role("button", name="取消").click()
    expect(page.locator("tr[aria-selected=true] .mark.away")).to_have_count(0)
    page.get_by_role("link", name="月", exact=True).click()
    expect(page.locator("tr.sum th")).to_have_count(31)
    page.set_viewport_size({"width": 1366, "height": 768})
    assert page.evaluate("document.documentElement.scrollWidth") <= 1366
