"""An engineer's visit on a phone-sized Chromium, with a lost connection in between."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright
from werkzeug.serving import make_server

from backend.appointments import actions as appointments
from backend.billing import actions as billing
from backend.core.uow import SYSTEM, UnitOfWork
from backend.orders import actions as orders
from backend.orders import intake
from backend.stock import actions as stock
from backend.travel.gazetteer import OfflineGeocoder
from backend.visits import actions as visits
from backend.visits import device_reports
from backend.visits import queries as visit_queries
from tests.mobile_api.conftest import ARGUMENTS, HOUR, World
from tests.mobile_api.test_mobile_api_orders import ORDER

RAW = {**{k: str(v) for k, v in ORDER.items() if k not in ("price", "urgent")}, "price_fen": ORDER["price"]}


def add_install(world: World) -> int:
    """An install for engineer 0 today at half past eight, its invoice in his hands; returns the visit's id."""
    today = world.clock.now().date()

    def make(uow: UnitOfWork) -> int:
        item = stock.add_item(uow, code="DL4-C", name="四线拨号器", kind="dialer", lines=4, price_fen=268000)
        stock.take_in(uow, item_id=item, serials=["DL4-2607-0718"])
        uow.flush()
        order_id = intake.add_install_order(
            uow, intake.check_values(uow, raw=RAW, geocoder=OfflineGeocoder())
        )
        order = orders.queries.get(uow, order_id)
        if order.lat is None:
            orders.set_position(uow, order_id=order_id, lat=39.9964, lon=116.4746, district="朝阳区")
        orders.approve(uow, order_id=order_id)
        appointments.appoint(
            uow, order_id=order_id, on=today, from_s=10 * HOUR, to_s=11 * HOUR, agreed_with="赵文博"
        )
        for move in ("plan", "publish"):
            orders.move(uow, order_id, move)
        visit_id = visits.assign(
            uow,
            order_id=order_id,
            engineer_id=world.department.engineers[0],
            on=today,
            sequence=0,
            window_from_s=10 * HOUR,
            window_to_s=11 * HOUR,
            arrive_s=35000,
            start_s=10 * HOUR,
            end_s=11 * HOUR,
            mode="metro",
            travel_s=1680,
            travel_m=7400,
            travel_fen=400,
        )
        invoice_id = billing.prepare(uow, order_id=order_id)
        assert invoice_id is not None
        billing.set_number(uow, invoice_id=invoice_id, number="03817265")
        billing.hand_over(uow, invoice_id=invoice_id)
        return visit_id

    return int(world.do(make))


@pytest.fixture
def address(world: World) -> Iterator[str]:
    """The application on a port of its own."""
    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def phone(address: str) -> Iterator[BrowserContext]:
    """A phone in Beijing that may tell its position."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        context = browser.new_context(
            viewport={"width": 390, "height": 844},
            base_url=address,
            has_touch=True,
            geolocation={"latitude": 39.9964, "longitude": 116.4746},
            permissions=["geolocation"],
        )
        context.set_default_timeout(10_000)
        yield context
        browser.close()


def log_in(page: Page) -> None:
    """User name and password once."""
    page.goto("/m")
    page.get_by_label("用户名").fill("eng0")
    page.get_by_label("密码").fill("Paidan-2026-e0")
    page.get_by_role("button", name="登录").click()


def press_next(page: Page, starts: str) -> None:
    """Press the one big button, which must begin with that word."""
    button = page.locator("#next")
    expect(button).to_contain_text(starts)
    button.click()


def measure(page: Page, text: str, then: str) -> None:
    """Type a value on the page's keypad and go on to the value that the button names."""
    for key in text:
        page.locator(f".key[data-key='{key}']").click()
    press_next(page, then)


def write_card(page: Page) -> None:
    """Every step of the card, with what it asks for."""
    page.get_by_label("工况").fill("UPS 供电，有接地，机柜上架")
    page.get_by_label("设备序列号").fill("DL4-2607-0718")
    press_next(page, "下一步：测线")
    measure(page, "48.6", "下一项：空闲电压 装后")
    page.get_by_role("button", name="同装前").click()
    measure(page, "26", "下一项：环路电流 装后")
    measure(page, "9", "下一项：噪声 装前")
    expect(page.locator("[data-name=current_after]")).to_contain_text("偏低")
    page.get_by_role("button", name="测不了", exact=True).click()
    page.get_by_role("button", name="测不了", exact=True).click()
    page.get_by_role("button", name="其余的不测了").click()
    page.locator("#f-call_local").get_by_role("button", name="通", exact=True).click()
    press_next(page, "下一步：客户培训")
    press_next(page, "还差：客户培训")
    page.locator("#f-trained").get_by_role("button", name="是").click()
    press_next(page, "下一步：结果")
    page.locator("#f-result").get_by_role("button", name="完成", exact=True).click()
    press_next(page, "下一步：请客户确认")
    page.locator("#f-mark_whole").get_by_role("button", name="5").click()
    box = page.locator("canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 100, steps=8)
    page.mouse.up()


def on_disk(page: Page) -> None:
    """Everything that was typed is on the phone's disk: writes go one after the other, this one waits for its turn."""
    page.evaluate("async () => (await import('/m/store.js')).set('-', null)")


def test_a_visit_from_accepting_to_the_card(world: World, phone: BrowserContext, tmp_path: Path) -> None:
    """The one button leads through; a reload keeps the card, a lost connection loses no write."""
    visit_id = add_install(world)
    page = phone.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    shots = iter(range(1, 99))

    def shot(name: str) -> None:
        page.screenshot(path=str(tmp_path / f"{next(shots):02d}-{name}.png"))

    log_in(page)
    expect(page.locator("h2.customer")).to_contain_text("云帆")
    shot("today")
    press_next(page, "接单")
    expect(page.locator("#next")).to_contain_text("出发")
    shot("accepted")
    phone.set_offline(True)
    press_next(page, "出发")
    expect(page.locator("#connection")).to_contain_text("条待发")
    press_next(page, "签到")
    expect(page.locator(".distance")).to_contain_text("离现场")
    shot("sign-in")
    press_next(page, "签到")
    expect(page.locator("#connection")).to_contain_text("2 条待发")
    shot("visit-offline")
    page.locator("#connection").click()
    shot("outbox")
    assert _visit(world, visit_id).set_out_at is None
    phone.set_offline(False)
    expect(page.get_by_text("已送达")).to_be_visible()
    expect(page.locator("#connection")).to_contain_text("已同步")
    assert _visit(world, visit_id).signed_in_at is not None
    page.goto(f"/m#visit/{visit_id}")
    shot("visit")
    press_next(page, "完成")
    expect(page.get_by_text("1/6")).to_be_visible()
    page.get_by_label("工况").fill("UPS 供电")
    shot("card")
    on_disk(page)
    page.reload()
    expect(page.get_by_label("工况")).to_have_value("UPS 供电")
    write_card(page)
    shot("card-sign")
    press_next(page, "确认，交反馈卡")
    expect(page.locator("#next")).to_contain_text("发票还没有交")
    shot("visit-card-in")
    press_next(page, "发票还没有交")
    shot("invoice")
    press_next(page, "客户签收了")
    expect(page.locator("#next")).to_contain_text("看下一单")
    page.get_by_role("button", name="拨号器有毛病").click()
    expect(page.get_by_label("型号")).to_have_value("DL4-C")
    page.get_by_label("序列号").fill("DL4-2607-0718")
    page.get_by_label("坏在哪里").fill("指示灯不亮")
    on_disk(page)
    page.reload()
    expect(page.get_by_label("坏在哪里")).to_have_value("指示灯不亮")
    page.get_by_role("button", name="时好时坏").click()
    page.locator("#f-returned").get_by_role("button", name="否").click()
    shot("report")
    press_next(page, "交给技术支持组和物控")
    expect(page.get_by_text("写过一份")).to_be_visible()
    page.goto("/m#today")
    expect(page.locator("#connection")).to_contain_text("已同步")
    shot("today-after")
    with world.transactions.read(SYSTEM) as uow:
        (report,) = device_reports.listing(uow).rows
    assert (report.serial, report.data["severity"]) == ("DL4-2607-0718", "sometimes")
    card = _card(world, visit_id)
    assert (card.data["conditions"], card.signed, card.status) == (
        "UPS 供电，有接地，机柜上架",
        True,
        "submitted",
    )
    assert card.data["lines"][0]["voltage_after"] == 48.6
    for name in ("days", "inbox", "mine"):
        page.goto(f"/m#{name}")
        page.wait_for_timeout(400)
        shot(name)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("button", name="Today")).to_be_visible()
    page.goto("/m#today")
    page.emulate_media(color_scheme="dark")
    shot("english-dark")
    assert problems == []


def test_a_failed_visit_and_a_position_that_is_denied(world: World, phone: BrowserContext) -> None:
    """Without a position one signs in all the same; a reason of the list sends the order back."""
    phone.clear_permissions()
    page = phone.new_page()
    log_in(page)
    press_next(page, "接单")
    press_next(page, "出发")
    press_next(page, "签到")
    expect(page.locator(".distance")).to_contain_text("没有定位")
    page.get_by_role("button", name="等客户").click()
    expect(page.get_by_text("起在等客户")).to_be_visible()
    page.goto(f"/m#failed/{world.visits[0]}")
    press_next(page, "报告没做成")
    expect(page.get_by_role("alert")).to_contain_text("还差")
    page.goto(f"/m#sign/{world.visits[0]}")
    page.get_by_role("button", name="没有人").click()
    expect(page.locator("[data-code=nobody]")).to_have_attribute("aria-pressed", "true")
    press_next(page, "报告没做成")
    expect(page.get_by_text("没做成，已退回重新预约")).to_be_visible()
    expect(page.locator("#connection")).to_contain_text("已同步")
    assert _visit(world, world.visits[0]).outcome == "failed"


def test_a_wrong_password_keeps_the_name(world: World, phone: BrowserContext) -> None:
    """The sentence says what is wrong; the name need not be typed again."""
    page = phone.new_page()
    page.goto("/m")
    page.get_by_label("用户名").fill("eng0")
    page.get_by_label("密码").fill("wrong")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_contain_text("不对")
    expect(page.get_by_label("用户名")).to_have_value("eng0")


def _visit(world: World, visit_id: int) -> Any:
    with world.transactions.read(SYSTEM) as uow:
        return visit_queries.get(uow, visit_id)


def _card(world: World, visit_id: int) -> Any:
    with world.transactions.read(SYSTEM) as uow:
        return visit_queries.card_of_visit(uow, visit_id)
