"""A lost phone in Chromium: locked at its next contact, nothing of customers on it, and what was not sent is not lost."""

import json
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from backend.core.uow import SYSTEM
from backend.staff import phones
from tests.mobile_api.conftest import World
from tests.mobile_api.test_mobile_api_browser import add_install, log_in, press_next
from tests.mobile_api.test_mobile_api_offline import ready, written

EVERYTHING = """async () => {
  const open = indexedDB.open("paidan");
  const db = await new Promise((done) => { open.onsuccess = () => done(open.result); });
  const all = {};
  for (const table of ["kept", "outbox", "photos"]) {
    const store = db.transaction(table).objectStore(table);
    const read = (what) => new Promise((done) => { const asked = what; asked.onsuccess = () => done(asked.result); });
    const [values, keys] = [await read(store.getAll()), await read(db.transaction(table).objectStore(table).getAllKeys())];
    all[table] = Object.fromEntries(values.map((value, at) => [keys[at], value]));
  }
  return JSON.stringify(all);
}"""


def lying_there(page: Page) -> dict[str, Any]:
    """All that is in the phone's database, as someone would read it who has the phone."""
    return dict(json.loads(page.evaluate(EVERYTHING)))


def lost(world: World, step: Any) -> None:
    """The assistant reports it lost, or found."""
    with world.transactions.read(SYSTEM) as uow:
        device_id = phones.listing(uow)[0].id
    world.do(lambda uow: step(uow, device_id=device_id))


def test_what_lies_on_the_phone_is_sealed(world: World, phone: BrowserContext) -> None:
    """Customers, messages and what he wrote are noise to who reads the files; the page itself opens offline."""
    add_install(world)
    page = phone.new_page()
    ready(page)
    phone.set_offline(True)
    press_next(page, "接单")
    expect(page.locator("#connection")).to_contain_text("1 条待发")
    there = json.dumps(lying_there(page), ensure_ascii=False)
    assert "云帆" not in there and "138-0000" not in there
    assert '"kind": "accept"' in there
    page.reload()
    expect(page.locator("h2.customer")).to_contain_text("云帆")
    expect(page.locator("#connection")).to_contain_text("1 条待发")


def test_a_lost_phone_locks_itself_and_a_found_one_goes_on(world: World, phone: BrowserContext) -> None:
    add_install(world)
    page = phone.new_page()
    ready(page)
    phone.set_offline(True)
    press_next(page, "接单")
    lost(world, phones.report_lost)
    phone.set_offline(False)
    expect(page.get_by_text("报了丢失，已经锁上")).to_be_visible()
    expect(page.get_by_text("手机上还有 1 条没有发出去")).to_be_visible()
    there = lying_there(page)
    assert not [
        name for name in there["kept"] if name.endswith((".week", "token")) or name.startswith("key/")
    ]
    assert len(there["outbox"]) == 1
    assert written(world) == []
    with world.transactions.read(SYSTEM) as uow:
        assert phones.listing(uow)[0].locked_at is not None
    page.get_by_label("用户名").fill("eng0")
    page.get_by_label("密码").fill("Paidan-2026-e0")
    page.locator("#next").click()
    expect(page.get_by_text("报了丢失，已经锁上")).to_be_visible()
    lost(world, phones.report_found)
    log_in(page)
    expect(page.locator("#connection")).to_contain_text("已同步")
    assert written(world) == [("accept", "done")]


def test_another_person_on_the_same_phone(world: World, phone: BrowserContext) -> None:
    """He sees nothing of the first one's, and sends nothing of it; it waits for its owner."""
    add_install(world)
    page = phone.new_page()
    ready(page)
    phone.set_offline(True)
    press_next(page, "接单")
    page.goto("/m#mine")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_text("退出登录").click()
    # Until he is out, what he wrote is his own to send.
    expect(page.get_by_label("用户名")).to_be_visible()
    phone.set_offline(False)
    page.get_by_label("用户名").fill("eng1")
    page.get_by_label("密码").fill("Paidan-2026-e1")
    page.locator("#next").click()
    expect(page.locator("#connection")).to_contain_text("已同步")
    expect(page.locator(".content")).not_to_contain_text("云帆")
    page.goto("/m#outbox")
    expect(page.get_by_text("没有要发的")).to_be_visible()
    assert written(world) == []
    page.goto("/m#mine")
    page.get_by_text("退出登录").click()
    log_in(page)
    expect(page.locator("#connection")).to_contain_text("已同步")
    assert written(world) == [("accept", "done")]
