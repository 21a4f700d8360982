"""The story in a real Chromium against the real server, worker and queue."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from backend.core.clock import SHANGHAI
from backend.demo.people import MODELS
from backend.orders.workbook.sample import write_sample
from backend.stock.queries import ItemRow
from tests.e2e.conftest import Served
from tests.support.department import PASSWORD

LOGINS = {"售后工程师": "engineer"} | {f"工程师{n}": f"engineer{n}" for n in range(2, 6)}


@pytest.fixture
def phone(chromium: Browser, served: Served) -> Iterator[Page]:
    """A phone in Beijing that tells its position; an error in a script fails the test."""
    context = chromium.new_context(
        viewport={"width": 390, "height": 844},
        base_url=served.address,
        has_touch=True,
        locale="zh-CN",
        geolocation={"latitude": 39.9964, "longitude": 116.4746},
        permissions=["geolocation"],
    )
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert errors == []


def log_in(page: Page, served: Served, login: str) -> None:
    page.context.clear_cookies()
    page.goto(served.address + "/login")
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.click("button.primary")
    page.wait_for_url(lambda url: "/login" not in url)


def press(phone: Page, starts: str) -> None:
    """The one big button of the phone page, which must begin with that word."""
    button = phone.locator("#next")
    expect(button).to_contain_text(starts)
    button.click()


def visit_by_phone(phone: Page, served: Served, login: str, *, today: bool) -> None:
    """The engineer's part, all of it on the phone page: from accepting to the signed card and invoice."""
    phone.goto("/m")
    phone.get_by_label("用户名").fill(login)
    phone.get_by_label("密码").fill(PASSWORD)
    phone.get_by_role("button", name="登录").click()
    if not today:
        phone.get_by_role("button", name="看明天的日程").click()
        phone.locator(".day-item").first.click()
    press(phone, "接单")
    press(phone, "出发")
    press(phone, "签到")
    expect(phone.locator(".distance")).to_contain_text("离现场")
    press(phone, "签到")
    press(phone, "完成")
    phone.get_by_label("工况").fill("UPS 供电，有接地")
    phone.get_by_label("设备序列号").fill("DL4-C-001")
    press(phone, "下一步：步骤")
    phone.get_by_role("button", name="其余的都做了").click()
    press(phone, "下一步：测线")
    phone.get_by_role("button", name="其余的不测了").click()
    press(phone, "下一步：客户培训")
    phone.locator("#f-trained").get_by_role("button", name="是").click()
    press(phone, "下一步：结果")
    phone.locator("#f-result").get_by_role("button", name="完成", exact=True).click()
    press(phone, "下一步：请客户确认")
    box = phone.locator("canvas").bounding_box()
    assert box is not None
    phone.mouse.move(box["x"] + 40, box["y"] + 40)
    phone.mouse.down()
    phone.mouse.move(box["x"] + 200, box["y"] + 100, steps=6)
    phone.mouse.up()
    press(phone, "确认，交反馈卡")
    press(phone, "发票还没有交")
    press(phone, "客户签收了")
    expect(phone.locator("#next")).to_contain_text("看下一单")
    expect(phone.locator("#connection")).to_contain_text("已同步")


def test_from_the_upload_to_the_closed_order(page: Page, phone: Page, served: Served, tmp_path: Path) -> None:
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

    # The invoice is on paper before the engineer leaves with it.
    page.goto(f"{served.address}/invoices")
    page.locator("tbody a.name").first.click()
    page.wait_for_load_state("networkidle")
    page.fill("[name=number]", "03817265")
    page.get_by_role("button", name="记下号码").click()
    page.get_by_role("button", name="交给上门的工程师").click()
    expect(page.locator("main")).to_contain_text("客户签收了")

    name = page.locator("dt:has-text('交给工程师') + dd").inner_text().split()[0]
    visit_by_phone(phone, served, LOGINS[name], today=on == now.date())

    page.goto(f"{served.address}/cards")
    page.locator("tbody a.name").first.click()
    page.wait_for_url(re.compile(r"/cards/\d+$"))
    page.wait_for_load_state("networkidle")
    page.keyboard.press("a")
    expect(page.locator("#said")).to_contain_text("反馈卡已通过")
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
