"""The customer signs by a code: with a signal only, through the gateway's HTTP edge; the glass is there without."""

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from backend.adapters.sms import SmsGateway
from backend.core.uow import SYSTEM as SYSTEM_ACTOR
from backend.visits import queries
from tests.mobile_api.conftest import World
from tests.mobile_api.test_mobile_api_browser import add_install, log_in, press_next
from tests.mobile_api.test_mobile_api_phone import CARD, walk
from tests.mobile_api.test_mobile_api_sync import sync
from tests.support.serving import wait_until


class Gateway(BaseHTTPRequestHandler):
    """Takes messages and answers as the test wants."""

    status: ClassVar[int] = 200
    got: ClassVar[list[dict[str, str]]] = []

    def do_POST(self) -> None:
        self.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(Gateway.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing on the screen."""


@pytest.fixture
def gateway(world: World) -> Iterator[list[dict[str, str]]]:
    """What a gateway got that the application sends to."""
    Gateway.status = 200
    Gateway.got.clear()
    server = HTTPServer(("127.0.0.1", 0), Gateway)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    known = world.app.extensions["paidan"]
    world.app.extensions["paidan"] = replace(
        known, sms=SmsGateway(f"http://127.0.0.1:{server.server_port}/sms", "")
    )
    yield Gateway.got
    server.shutdown()
    thread.join()
    server.server_close()


def code_of(message: dict[str, str]) -> str:
    """The six digits in a message."""
    found = re.search(r"签收码 (\d{6}) ", message["text"])
    assert found is not None
    return found[1]


def test_sent_told_and_confirmed(world: World, gateway: list[dict[str, str]]) -> None:
    phone, visit_id = world.engineer(0), world.visits[0]
    walk(phone, visit_id)
    assert sync(phone)["forms"]["sign_codes"] is True
    sent = phone("POST", f"/mobile/visits/{visit_id}/sign-code")
    assert (sent.status_code, sent.json["sent_to"], sent.json["confirmed_at"]) == (200, "138****0000", None)
    (message,) = gateway
    assert message["phone"] == "13800000000"
    assert code_of(message) not in sent.text
    again = phone("POST", f"/mobile/visits/{visit_id}/sign-code")
    assert (again.status_code, len(gateway)) == (429, 1)
    wrong = phone("POST", f"/mobile/visits/{visit_id}/sign-code/confirm", json={"code": "12"})
    assert (wrong.status_code, wrong.json["title"]) == (422, "code_wrong")
    assert "4" in wrong.json["detail"]
    for _ in range(2):
        good = phone("POST", f"/mobile/visits/{visit_id}/sign-code/confirm", json={"code": code_of(message)})
        assert good.status_code == 200
        assert good.json["confirmed_at"]
    card = {"visit_id": visit_id, "data": CARD, "signature": None}
    put = phone("PUT", "/mobile/cards/11111111-1111-4111-8111-111111111111", json=card)
    assert put.status_code == 200
    assert put.json["data"]["sign_code"].startswith("138****0000 2026-11-24")


def test_a_gateway_that_is_down_or_missing(world: World, gateway: list[dict[str, str]]) -> None:
    phone, visit_id = world.engineer(0), world.visits[0]
    walk(phone, visit_id)
    Gateway.status = 503
    refused = phone("POST", f"/mobile/visits/{visit_id}/sign-code")
    assert (refused.status_code, refused.json["title"]) == (503, "no_gateway")
    lost = phone("POST", f"/mobile/visits/{visit_id}/sign-code/confirm", json={"code": code_of(gateway[0])})
    assert lost.json["title"] == "code_over", "a message that was refused signs nothing"
    Gateway.status = 200
    assert phone("POST", f"/mobile/visits/{visit_id}/sign-code").status_code == 200
    world.app.extensions["paidan"] = replace(world.app.extensions["paidan"], sms=None)
    walk(phone, world.visits[1])
    assert phone("POST", f"/mobile/visits/{world.visits[1]}/sign-code").status_code == 503
    assert sync(phone)["forms"]["sign_codes"] is False


def to_the_signature(page: Page) -> None:
    """Every step of the card up to the customer's."""
    for step in ("接单", "出发", "签到"):
        press_next(page, step)
    page.locator("#next").filter(has_text="签到").click()
    press_next(page, "完成")
    page.get_by_label("工况").fill("供电正常")
    page.get_by_label("设备序列号").fill("DL4-2607-0718")
    press_next(page, "下一步：测线")
    page.get_by_role("button", name="其余的不测了").click()
    press_next(page, "下一步：客户培训")
    page.locator("#f-trained").get_by_role("button", name="否").click()
    press_next(page, "下一步：结果")
    page.locator("#f-result").get_by_role("button", name="完成", exact=True).click()
    press_next(page, "下一步：请客户确认")


def test_on_the_phone_with_a_signal_and_without(
    world: World, gateway: list[dict[str, str]], phone: BrowserContext
) -> None:
    visit_id = add_install(world)
    page = phone.new_page()
    log_in(page)
    to_the_signature(page)
    press_next(page, "还差：客户签字或签收码")
    page.locator("#send-code").click()
    expect(page.locator("#sign-code")).to_contain_text("已发到")
    page.locator("#code").press_sequentially("000000" if code_of(gateway[0]) != "000000" else "111111")
    expect(page.get_by_role("alert")).to_contain_text("还可以试 4 次")
    phone.set_offline(True)
    expect(page.locator("#sign-code")).to_contain_text("离线时发不了签收码，请客户在上面签字")
    phone.set_offline(False)
    expect(page.locator("#code")).to_be_visible()
    page.locator("#code").press_sequentially(code_of(gateway[0]))
    expect(page.locator("#sign-code")).to_contain_text("客户用签收码确认了")
    press_next(page, "确认，交反馈卡")

    def arrived() -> Any:
        with world.transactions.read(SYSTEM_ACTOR) as uow:
            return queries.card_of_visit(uow, visit_id)

    card = wait_until(arrived, 10, "the card did not arrive")
    assert not card.signed
    assert card.data["sign_code"]
