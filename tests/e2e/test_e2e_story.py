"""The story in a real Chromium against the real server, worker and queue."""

import base64
import re
from datetime import datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from backend.core.clock import SHANGHAI
from backend.demo.day import PNG
from backend.demo.people import MODELS
from backend.orders.workbook.sample import write_sample
from backend.stock.queries import ItemRow
from tests.e2e.conftest import Served
from tests.support.department import PASSWORD

UUID = "3b241101-e2bb-4255-8caf-4136c566a962"


def log_in(page: Page, served: Served, login: str) -> None:
    page.context.clear_cookies()
    page.goto(served.address + "/login")
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.click("button.primary")
    page.wait_for_url(lambda url: "/login" not in url)


def test_from_the_upload_to_the_closed_order(page: Page, served: Served, tmp_path: Path) -> None:
    now = datetime.now(SHANGHAI)
    on = now.date() if now.hour < 12 else now.date() + timedelta(days=1)
    models = {code: ItemRow(0, code, name, "dialer", lines, price) for code, name, lines, price in MODELS}
    path = tmp_path / "安装单.xlsx"
    write_sample(str(path), today=now.date(), rows=8, seed=5, places=["朝阳区望京SOHO"], models=models)

    log_in(page, served, "sales")
    page.set_input_files("#file", path)
    expect(page.locator("#accepted")).to_have_text("7")
    expect(page.locator("#rejected")).to_have_text("1")
    expect(page.locator("tbody tr")).to_have_count(1)

    log_in(page, served, "technical_assistant")
    page.locator("tbody a.name").first.click()
    page.wait_for_url(re.compile(r"/install-orders/\d+$"))
    page.wait_for_load_state("networkidle")
    order_id = page.url.rsplit("/", 1)[1]
    page.keyboard.press("a")
    expect(page.locator("#said")).to_contain_text("已批准")

    page.goto(f"{served.address}/appointments?order={order_id}")
    page.fill("[name=on]", str(on))
    page.fill("[name=from]", "13:00")
    page.fill("[name=to]", "17:00")
    page.get_by_role("button", name="约好了").click()
    expect(page.locator("#said")).to_contain_text("已约好")

    page.goto(f"{served.address}/dispatch?day={on}")
    page.get_by_role("button", name="排一遍").click()
    expect(page.locator(".gantt-bar")).to_have_count(1, timeout=30_000)
    page.locator("#publish").click()
    page.get_by_role("button", name="发布，通知 1 人").click()
    expect(page.locator("#said")).to_contain_text("已发布 1 单")

    # The engineer's phone talks to the same API.
    logins = ["engineer", "engineer2", "engineer3", "engineer4", "engineer5"]
    phones = [
        served.call("POST", "/api/v1/auth/tokens", {"login": name, "password": PASSWORD, "device": "phone"})[
            "token"
        ]
        for name in logins
    ]
    days = {token: served.call("GET", f"/api/v1/mobile/day?on={on}", token=token) for token in phones}
    token, visit = next((token, day["visits"][0]) for token, day in days.items() if day["visits"])
    for step in ("accept", "set-out", "sign-in", "finish"):
        served.call("POST", f"/api/v1/mobile/visits/{visit['id']}/{step}", {}, token)
    card = {
        "visit_id": visit["id"],
        "signature": "data:image/png;base64," + base64.b64encode(PNG).decode(),
        "data": {
            "result": "done",
            "access_mode": "direct",
            "device_model": "DL4-C",
            "device_serial": "DL4-C-001",
            "conditions": "供电正常",
            "trained": True,
            "trained_whom": "赵文博",
        },
    }
    for _ in range(2):
        served.call("PUT", f"/api/v1/mobile/cards/{UUID}", card, token)

    page.goto(f"{served.address}/cards")
    page.locator("tbody a.name").first.click()
    page.wait_for_url(re.compile(r"/cards/\d+$"))
    page.wait_for_load_state("networkidle")
    page.keyboard.press("a")
    expect(page.locator("#said")).to_contain_text("反馈卡已通过")
    page.get_by_role("link", name="去处理发票").click()
    page.fill("[name=number]", "03817265")
    page.get_by_role("button", name="记下号码").click()
    page.get_by_role("button", name="交给上门的工程师").click()
    page.fill("[name=received_by]", "赵文博")
    page.get_by_role("button", name="客户签收了").click()
    expect(page.locator("main")).to_contain_text("客户已签收")
    page.goto(f"{served.address}/cards/{visit['id']}")
    page.get_by_role("button", name="结单").click()
    expect(page.locator("#said")).to_contain_text("已结单")
    page.goto(f"{served.address}/orders/{order_id}")
    expect(page.locator(".page-bar")).to_contain_text("已结单")

    page.goto(f"{served.address}/claims")
    expect(page.locator("tbody tr")).to_have_count(1, timeout=10_000)
    log_in(page, served, "technical_supervisor")
    page.goto(f"{served.address}/day?day={on}&show=done")
    expect(page.locator("tbody[data-rows] tr")).to_have_count(1)
    assert re.search(r"已完成 <b>1</b> / 1", page.content())
