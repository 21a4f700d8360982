"""Gifts on the card: those of the department's list by one touch, anything else in words."""

from playwright.sync_api import BrowserContext, expect

from backend.core import lists
from tests.mobile_api.conftest import World
from tests.mobile_api.test_mobile_api_browser import on_disk
from tests.mobile_api.test_mobile_api_offline import ready
from tests.mobile_api.test_mobile_api_phone import walk


def test_chosen_from_the_list_with_others_beside_them(world: World, phone: BrowserContext) -> None:
    walk(world.engineer(0), world.visits[0])
    for code, zh, en in (("umbrella", "雨伞", "Umbrella"), ("cup", "保温杯", "Thermos cup")):
        world.do(
            lambda uow, code=code, zh=zh, en=en: lists.add(
                uow, list_code="gift_kinds", code=code, zh=zh, en=en
            )
        )
    page = phone.new_page()
    ready(page)
    page.goto(f"/m#card/{world.visits[0]}")
    gifts = page.locator("#f-gifts")
    words = gifts.locator("input")
    gifts.get_by_role("button", name="雨伞").click()
    gifts.get_by_role("button", name="保温杯").click()
    expect(words).to_have_value("雨伞、保温杯")
    words.fill("雨伞、保温杯、台历 2 本")
    gifts.get_by_role("button", name="保温杯").click()
    expect(words).to_have_value("雨伞、台历 2 本")
    expect(gifts.get_by_role("button", name="雨伞")).to_have_attribute("aria-pressed", "true")
    on_disk(page)
    page.reload()
    expect(words).to_have_value("雨伞、台历 2 本")


def test_without_a_list_it_is_words(world: World, phone: BrowserContext) -> None:
    walk(world.engineer(0), world.visits[0])
    page = phone.new_page()
    ready(page)
    page.goto(f"/m#card/{world.visits[0]}")
    expect(page.locator("#f-gifts input")).to_be_visible()
    expect(page.locator("#f-gifts button")).to_have_count(0)
