"""The states of the dispatch board for `docs/board.md`, from the day of the browser tests at 10:42 in the morning."""

import contextlib
import logging
import tempfile
import threading
from collections.abc import Callable, Iterator

from playwright.sync_api import Browser, Page, ViewportSize
from werkzeug.serving import make_server

import wsgi
from backend.bootstrap import Application, build
from backend.core import logs, migrate, settings
from backend.core.clock import FixedClock, at_local
from backend.core.ledger import Job
from backend.core.uow import SYSTEM
from backend.dispatch import queries
from backend.serve import inline
from backend.staff import actions as staff_actions
from backend.staff import queries as staff
from tests.dispatch import bigday

LOW: ViewportSize = {"width": 1366, "height": 768}
WHOLE: ViewportSize = {"width": 1440, "height": 900}
DRAG_PX = 180


@contextlib.contextmanager
def _served() -> Iterator[tuple[str, Application, FixedClock]]:
    """The day on a server of this process: address, parts, clock."""
    with tempfile.TemporaryDirectory(prefix="paidan-board-") as folder:
        url = f"sqlite:///{folder}/day.db"
        migrate.upgrade(url)
        clock = FixedClock()
        loaded = settings.load({"PAIDAN_DATA_DIR": folder, "PAIDAN_DATABASE_URL": url})
        application = build(loaded, clock=clock)
        bigday.make(application.transactions, clock)
        server = make_server("127.0.0.1", 0, wsgi.create_app(application), threaded=True)
        server.daemon_threads = True  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", application, clock
        server.shutdown()


def _enter(browser: Browser, address: str) -> Page:
    page = browser.new_context(viewport=LOW, locale="zh-CN", timezone_id="Asia/Shanghai").new_page()
    page.goto(address + "/login")
    page.fill("[name=login]", "zhaomin")
    page.fill("[name=password]", bigday.PASSWORD)
    page.click("button.primary")
    page.wait_for_url(lambda url: "/login" not in url)
    _open(page, address)
    return page


def _open(page: Page, address: str) -> None:
    page.goto(address + "/dispatch")
    page.wait_for_selector("#board:not([aria-busy])")
    page.wait_for_selector("#unplanned .place:not(.quiet)")
    page.wait_for_timeout(2500)


def _propose(application: Application) -> None:
    """Plan a second with the queued job instead of a worker."""
    with application.transactions.read(SYSTEM) as uow:
        job_id = queries.running_job(uow, bigday.DAY)
    assert job_id is not None, "nobody asked for a plan"
    with application.transactions.begin(SYSTEM) as uow:
        args = {"on": str(bigday.DAY), "seconds": 1.0, "seed": 1, "propose": True}
        uow.session.get_one(Job, job_id).args = args
    inline.finish_job(application.transactions, job_id)


def take(browser: Browser, keep: Callable[[Page, str], None]) -> None:
    """Each state once; what one picture changes the next one does not need unchanged."""
    logs.configure("ERROR")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with _served() as (address, application, clock):
        page = _enter(browser, address)
        page.set_viewport_size(WHOLE)
        page.wait_for_timeout(500)
        page.keyboard.press("j")
        page.wait_for_timeout(1500)
        keep(page, "dispatch-board")
        page.set_viewport_size(LOW)
        page.wait_for_timeout(500)
        _drag(page, application)
        keep(page, "board-conflict")
        page.keyboard.press("Escape")
        page.mouse.up()
        page.goto(address + "/dispatch/week")
        page.wait_for_timeout(1000)
        keep(page, "board-week")
        _open(page, address)
        _what_if(page, keep)
        _open(page, address)
        page.locator(".exception", has_text="加急").click()
        page.wait_for_selector("dialog.sheet[open] .spot")
        page.wait_for_timeout(500)
        keep(page, "board-urgent")
        with page.expect_response("**/dispatch/urgent"):
            page.locator("[data-spot]").first.click()
        page.wait_for_selector("dialog.sheet[open] .call-list li")
        page.wait_for_timeout(1500)
        keep(page, "board-calls")
        _somebody_ill(page, address, application)
        keep(page, "board-proposal")
        page.locator("#leave").click()
        page.wait_for_selector("#proposal", state="hidden")
        clock.at = at_local(bigday.DAY, 20 * 3600 + 300)
        _open(page, address)
        page.locator(".exception", has_text="来不及").click()
        page.locator("[data-over]").first.click()
        page.wait_for_selector("[data-window]")
        page.wait_for_timeout(500)
        keep(page, "board-after-hours")
        page.context.close()


def _drag(page: Page, application: Application) -> None:
    """The last visit of an engineer, hours too early for its customer."""
    with application.transactions.read(SYSTEM) as uow:
        view = queries.day_view(uow, bigday.DAY)
    last = next(one.stops[-1] for one in view.engineers if one.stops[-1].status == "published")
    box = page.locator(f'#gantt [data-order="{last.order_id}"]').bounding_box()
    assert box is not None
    x, y = box["x"] + 12, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - DRAG_PX, y, steps=12)
    page.wait_for_selector("#gantt.conflict")
    page.wait_for_timeout(600)


def _what_if(page: Page, keep: Callable[[Page, str], None]) -> None:
    for _ in range(3):
        page.keyboard.press("j")
    page.keyboard.press("i")
    page.locator("dialog.sheet[open] [data-try=ill]").click()
    page.wait_for_selector("#what-if .money tfoot td")
    page.wait_for_timeout(1000)
    keep(page, "board-what-if")
    page.locator("#what-if-keep").click()
    page.wait_for_selector("#compare .money")
    page.wait_for_timeout(1000)
    keep(page, "board-compare")


def _somebody_ill(page: Page, address: str, application: Application) -> None:
    with application.transactions.begin(SYSTEM) as uow:
        ill = staff.engineers_on(uow, bigday.DAY)[2]
        staff_actions.add_absence(
            uow, person_id=ill.person_id, first_on=bigday.DAY, last_on=bigday.DAY, kind="ill"
        )
    _open(page, address)
    page.locator(".exception", has_text=f"{ill.name}不在").click()
    page.wait_for_selector("#progress:not([hidden])")
    _propose(application)
    page.wait_for_selector("#proposal [data-move]")
    page.wait_for_timeout(1500)
