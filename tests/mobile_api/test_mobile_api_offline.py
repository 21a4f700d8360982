"""The phone page in Chromium without a signal, with a dead server, with two phones, with a visit that was taken away."""

from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from sqlalchemy import select

from backend.core.uow import SYSTEM
from backend.visits import actions as visits
from backend.visits import phone_writes
from backend.visits import queries as visit_queries
from backend.visits.models import PhoneWrite
from tests.mobile_api.conftest import Server, World, new_phone
from tests.mobile_api.test_mobile_api_browser import add_install, log_in, on_disk, press_next, write_card

# The worker has all files and serves this page.
TAKEN_OVER = (
    "new Promise((done) => { const worker = navigator.serviceWorker; if (worker.controller) done(1);"
    " worker.addEventListener('controllerchange', () => done(1)); })"
)


def ready(page: Page) -> None:
    """Log in in the morning; the page and the week are on the phone."""
    log_in(page)
    expect(page.locator("#connection")).to_contain_text("已同步")
    page.evaluate(TAKEN_OVER)


def to_the_card(page: Page) -> None:
    """Accept, set out, sign in, finish."""
    press_next(page, "接单")
    press_next(page, "出发")
    press_next(page, "签到")
    expect(page.locator(".distance")).not_to_contain_text("正在定位")
    press_next(page, "签到")
    press_next(page, "完成")
    expect(page.get_by_text("1/6")).to_be_visible()


def written(world: World) -> list[tuple[str, str]]:
    """Kind and status of all that the server has."""
    with world.transactions.read(SYSTEM) as uow:
        query = select(PhoneWrite.kind, PhoneWrite.status).order_by(PhoneWrite.id)
        return [(row[0], row[1]) for row in uow.session.execute(query)]


WHOLE = ["accept", "set_out", "sign_in", "finish", "card", "invoice_deliver"]


def test_the_cursor_is_kept_last(world: World, phone: BrowserContext) -> None:
    """A tab that is closed in the middle of a sync must not have a cursor for what is not on the phone yet."""
    page = phone.new_page()
    ready(page)
    kept = page.evaluate("""async () => {
      const { db, person, set } = await import("/m/store.js"), day = await import("/m/day.js");
      const names = [], put = db.kept.put.bind(db.kept);
      await set(`${person()}.week`, null);
      db.kept.put = (value, name) => { names.push(name.replace(/^\\d+\\./, "")); return put(value, name); };
      await day.sync();
      return names;
    }""")
    assert kept.index("forms") < kept.index("week") < kept.index("synced")


def test_a_press_outlives_what_comes_meanwhile(world: World, phone: BrowserContext) -> None:
    """The answer of a sync arrives between finger down and finger up: the button is still the one that was pressed."""
    add_install(world)
    page = phone.new_page()
    ready(page)
    expect(page.locator("#next")).to_contain_text("接单")
    page.locator("#next").hover()
    page.mouse.down()
    drawn = page.evaluate_handle("document.querySelector('#next')")
    with page.expect_response("**/mobile/sync*"):
        page.evaluate("dispatchEvent(new Event('online'))")
    for _ in range(3):
        on_disk(page)
    assert page.evaluate("(before) => before.isConnected", drawn)
    page.mouse.up()
    expect(page.locator("#next")).to_contain_text("出发")
    expect(page.locator("#connection")).to_contain_text("已同步")


def test_a_whole_day_in_the_basement(world: World, phone: BrowserContext) -> None:
    """The tab is closed, the phone restarted without a signal: the page opens, the visit is walked, nothing is lost."""
    visit_id = add_install(world)
    ready(phone.new_page())
    phone.set_offline(True)
    phone.pages[0].close()
    page = phone.new_page()
    page.goto("/m")
    expect(page.locator("h2.customer")).to_contain_text("云帆")
    to_the_card(page)
    page.get_by_label("工况").fill("UPS 供电")
    on_disk(page)
    page.close()
    page = phone.new_page()
    page.goto(f"/m#card/{visit_id}")
    expect(page.get_by_label("工况")).to_have_value("UPS 供电")
    write_card(page)
    press_next(page, "确认，交反馈卡")
    press_next(page, "发票还没有交")
    press_next(page, "客户签收了")
    expect(page.locator("#connection")).to_contain_text("离线 · 6 条待发")
    page.goto("/m#today")
    press_next(page, "接单")
    expect(page.locator("#connection")).to_contain_text("离线 · 7 条待发")
    assert written(world) == []
    world.clock.advance(hours=9)
    phone.set_offline(False)
    # A page that was opened without a signal may not be told that there is one: looking at the outbox sends it.
    page.locator("#connection").click()
    expect(page.locator("#connection")).to_contain_text("已同步")
    assert written(world) == [(kind, "done") for kind in [*WHOLE, "accept"]]
    with world.transactions.read(SYSTEM) as uow:
        card = visit_queries.card_of_visit(uow, visit_id)
        assert card is not None
        assert card.data["conditions"] == "UPS 供电，有接地，机柜上架"
        assert card.signed


def test_the_server_dies_in_the_middle(world: World, server: Server, phone: BrowserContext) -> None:
    """The work was done, the answer never came, then nobody answers: at the end each item is there once."""
    add_install(world)
    page = phone.new_page()
    ready(page)
    lost = []

    def lose_the_answer(route: Route) -> None:
        lost.append(route.fetch().status)
        server.stop()
        route.abort()

    phone.route("**/mobile/outbox", lose_the_answer, times=1)
    press_next(page, "接单")
    expect(page.locator("#connection")).to_contain_text("离线 · 1 条待发")
    assert lost == [200]
    press_next(page, "出发")
    expect(page.locator("#connection")).to_contain_text("离线 · 2 条待发")
    server.start()
    expect(page.locator("#connection")).to_contain_text("已同步", timeout=15_000)
    assert written(world) == [("accept", "done"), ("set_out", "done")]


def test_two_phones_of_one_engineer(world: World, chromium: Browser, server: Server) -> None:
    """The second phone's card is refused in words, and stays on that phone."""
    visit_id = add_install(world)
    phones = [new_phone(chromium, server) for _ in range(2)]
    pages = [phone.new_page() for phone in phones]
    for page, phone in zip(pages, phones, strict=True):
        ready(page)
        phone.set_offline(True)
        to_the_card(page)
        write_card(page)
        press_next(page, "确认，交反馈卡")
    phones[0].set_offline(False)
    expect(pages[0].locator("#connection")).to_contain_text("已同步")
    phones[1].set_offline(False)
    expect(pages[1].locator("#connection")).to_contain_text("1 条被退回")
    pages[1].locator("#connection").click()
    expect(pages[1].locator(".refused")).to_contain_text("这一单的反馈卡已经交过了")
    assert written(world).count(("card", "done")) == 1
    assert written(world).count(("card", "refused")) == 1
    with world.transactions.read(SYSTEM) as uow:
        assert visit_queries.card_of_visit(uow, visit_id) is not None
    for phone in phones:
        phone.close()


def test_reassigned_while_offline(world: World, phone: BrowserContext) -> None:
    """His card reaches the assistant as evidence, and he is told so."""
    visit_id = add_install(world)
    page = phone.new_page()
    ready(page)
    phone.set_offline(True)
    to_the_card(page)
    write_card(page)
    press_next(page, "确认，交反馈卡")
    world.do(lambda uow: visits.withdraw(uow, visit_id=visit_id, reason="moved"))
    phone.set_offline(False)
    expect(page.locator("#connection")).to_contain_text("已同步")
    page.locator("#connection").click()
    expect(page.locator(".content")).to_contain_text("已原样交给技术助理")
    with world.transactions.read(SYSTEM) as uow:
        kept = phone_writes.evidence(uow, visit_id=visit_id)
    assert [one.kind for one in kept] == WHOLE[:5]
    assert kept[-1].body is not None
    assert kept[-1].body["signature"].startswith("data:image/png;base64,")


def test_logged_out_in_between_and_a_new_page_meanwhile(world: World, phone: BrowserContext) -> None:
    """The token ends while he is offline: the week goes, his own work stays and arrives after the next log-in."""
    add_install(world)
    page = phone.new_page()
    ready(page)
    phone.set_offline(True)
    press_next(page, "接单")
    expect(page.locator("#connection")).to_contain_text("1 条待发")
    page.evaluate("caches.keys().then((names) => Promise.all(names.map((name) => caches.delete(name))))")
    world.do(lambda uow: _log_out_everywhere(uow, world))
    phone.set_offline(False)
    expect(page.get_by_label("用户名")).to_be_visible()
    kept = page.evaluate(
        "new Promise((done) => { const open = indexedDB.open('paidan'); open.onsuccess = () => {"
        " const all = open.result.transaction('outbox').objectStore('outbox').getAll();"
        " all.onsuccess = () => done(all.result.map((item) => item.kind)); }; })"
    )
    assert kept == ["accept"]
    log_in(page)
    expect(page.locator("#connection")).to_contain_text("已同步")
    assert written(world) == [("accept", "done")]


def _log_out_everywhere(uow: Any, world: World) -> None:
    from backend.staff import auth

    auth.end_everything(uow, world.department.engineers[0])
