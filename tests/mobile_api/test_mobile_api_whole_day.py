"""A whole day of one engineer in Chromium, from the first visit to the fares: with a signal all day, and without one until
the evening. What the department has in the end is the same."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select

from backend.core.uow import SYSTEM
from backend.expenses import queries as expenses
from backend.serve import inline
from backend.visits import photos
from backend.visits.models import Card, PhoneWrite, Visit
from tests.mobile_api.conftest import World
from tests.mobile_api.test_mobile_api_browser import add_install, press_next
from tests.mobile_api.test_mobile_api_camera import shoot
from tests.mobile_api.test_mobile_api_offline import ready
from tests.mobile_api.test_mobile_api_photos import work
from tests.support.serving import wait_until

# What the button names as missing, and where it is said.
CHOOSE = {
    "接入方式": "#f-access_mode .choice >> nth=0",
    "故障现象": "#f-repair_symptom .choice >> nth=0",
    "故障原因": "#f-repair_cause .choice >> nth=0",
    "怎么解决的": "#f-repair_solved .choice >> nth=0",
    "客户培训做了吗": "#f-trained .choice >> nth=1",
    "结果": "#f-result .choice >> nth=0",
}
WRITE = {"工况": "供电正常，有接地", "做了什么": "重做水晶头", "设备序列号": "DL4-2607-0718"}
MOST_PRESSES = 40


def fill_and_send(page: Page) -> None:
    """The card, by what its button says is missing."""
    expect(page.locator("#overview")).to_be_visible()
    for _ in range(MOST_PRESSES):
        said = page.locator("#next").inner_text().split("\n")[0]
        lacking = said.removeprefix("还差：")
        if said.startswith("确认"):
            page.locator("#next").click()
            return
        if page.get_by_role("button", name="其余的不测了").count():
            page.get_by_role("button", name="其余的不测了").click()
        elif said.startswith("下一步"):
            page.locator("#next").click()
        elif lacking in CHOOSE:
            page.locator(CHOOSE[lacking]).click()
        elif lacking in WRITE and page.get_by_label(lacking).count():
            page.get_by_label(lacking).fill(WRITE[lacking])
        elif lacking in WRITE:  # on another step: the button goes there
            page.locator("#next").click()
        elif lacking.startswith("客户签字"):
            box = page.locator("canvas").bounding_box()
            assert box is not None
            page.mouse.move(box["x"] + 40, box["y"] + 40)
            page.mouse.down()
            page.mouse.move(box["x"] + 200, box["y"] + 100, steps=6)
            page.mouse.up()
        else:
            raise AssertionError(f"the card asks for {said}")
    raise AssertionError("the card has no end")


def go_there(page: Page) -> None:
    """Accept, set out, sign in."""
    press_next(page, "接单")
    press_next(page, "出发")
    press_next(page, "签到")
    expect(page.locator(".distance")).not_to_contain_text("正在定位")
    page.locator("#next").filter(has_text=re.compile("签到")).click()
    expect(page.locator("#next")).to_contain_text("完成")


def walk_the_day(page: Page, folder: Path) -> None:
    """An install with an invoice and a photo, two visits with cards, one where nobody was there, the fares."""
    go_there(page)
    press_next(page, "完成")
    shoot(page, folder)
    fill_and_send(page)
    press_next(page, "发票还没有交")
    press_next(page, "客户签收了")
    expect(page.locator("#next")).to_contain_text("看下一单")
    for _ in range(2):
        page.goto("/m#today")
        go_there(page)
        press_next(page, "完成")
        fill_and_send(page)
        expect(page.locator("#next")).to_contain_text("看下一单")
    page.goto("/m#today")
    go_there(page)
    page.get_by_role("button", name="没有人").click()
    press_next(page, "报告没做成")
    expect(page.locator("#next")).to_contain_text("看下一单")
    page.goto("/m#today")
    expect(page.get_by_text("今天的单都走完了")).to_be_visible()


@pytest.mark.parametrize("signal", ["all day", "from the evening on"])
def test_from_the_first_visit_to_the_fares(
    world: World, phone: BrowserContext, tmp_path: Path, signal: str
) -> None:
    install = add_install(world)
    page = phone.new_page()
    ready(page)
    phone.set_offline(signal != "all day")
    walk_the_day(page, tmp_path)
    world.clock.advance(hours=10)
    phone.set_offline(False)
    expect(page.locator("#connection")).to_contain_text("已同步", timeout=20_000)
    expect(page.locator("#connection")).not_to_contain_text("剩", timeout=20_000)
    own = [install, *world.visits[:3]]
    with world.transactions.read(SYSTEM) as uow:
        writes = uow.session.execute(select(PhoneWrite.kind, PhoneWrite.status)).all()
        assert {status for _, status in writes} == {"done"}
        kinds = sorted(kind for kind, _ in writes)
        assert kinds == sorted(
            ["accept", "set_out", "sign_in"] * 4 + ["finish", "card"] * 3 + ["invoice_deliver", "fail"]
        )
        outcomes = dict(uow.session.execute(select(Visit.id, Visit.outcome).where(Visit.id.in_(own))).all())
        assert sorted(outcomes.values()) == ["done", "done", "done", "failed"]
        cards: dict[int, Any] = dict(uow.session.execute(select(Card.visit_id, Card.late)).all())
        assert len(cards) == 3
        assert set(cards.values()) == {False}
        (photo,) = photos.of_visits(uow, own)[install]
        assert photo.status in ("arrived", "ready")
    work(world)
    inline.deliver_facts(world.transactions)
    # The next morning: the day's fares in one touch.
    world.clock.advance(hours=14)
    page.reload()
    page.goto("/m#mine")
    page.locator("#week-claims").click()
    expect(page.locator("#week-claims")).to_have_count(0)
    expect(page.locator("#connection")).to_contain_text("已同步")
    engineer = world.department.engineers[0]

    def submitted() -> bool:
        with world.transactions.read(SYSTEM) as uow:
            (claim,) = expenses.claims(uow, engineer_id=engineer).rows
        return claim.status == "submitted" and len(claim.trips) == 4

    # The button goes as soon as the phone has the claim; the server has it a moment later.
    wait_until(submitted, 15, "the claim is not submitted")
