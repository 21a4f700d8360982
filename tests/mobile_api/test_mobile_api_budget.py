"""How heavy the phone page may be: its parts gzipped, its way over a slow line, the size of what a thumb must hit."""

import gzip
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from werkzeug.serving import make_server

from mobile_api.phone_page import SHARED, shell_files
from tests.mobile_api.conftest import ARGUMENTS, World
from tests.mobile_api.test_mobile_api_browser import add_install, log_in, press_next
from tests.mobile_api.test_mobile_api_offline import TAKEN_OVER

SHELL_GZIPPED_BYTES = 250_000
SMALLEST_TARGET_PX = 44
SCREENS = ("today", "days", "inbox", "mine", "outbox", "visit/{}", "sign/{}", "failed/{}", "cause/{}")


def test_the_shell_is_light(world: World) -> None:
    """All that the page needs, gzipped each by itself."""
    client = world.app.test_client()
    _, urls = shell_files(world.app.static_folder or "")
    answers = {url: client.get(url) for url in urls}
    assert {url for url, answer in answers.items() if answer.status_code != 200} == set()
    weight = sum(len(gzip.compress(answer.data)) for answer in answers.values())
    assert 30_000 < weight < SHELL_GZIPPED_BYTES


def test_the_version_follows_every_file(world: World, tmp_path: Path) -> None:
    """The worker names a version; another Dexie or icon makes another one."""
    static = Path(world.app.static_folder or "")
    version, urls = shell_files(str(static))
    assert f'const VERSION = "{version}";' in world.app.test_client().get("/m/sw.js").text
    for name in SHARED.values():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((static / name).read_bytes())
    (tmp_path / "favicon.svg").write_text("<svg/>")
    assert shell_files(str(tmp_path)) == (shell_files(str(tmp_path))[0], urls)
    assert shell_files(str(tmp_path))[0] != version


@pytest.fixture
def page(world: World) -> Iterator[Page]:
    """A page at 360 px against the application."""
    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        context = browser.new_context(
            viewport={"width": 360, "height": 640},
            base_url=f"http://127.0.0.1:{server.server_port}",
            has_touch=True,
        )
        yield context.new_page()
        browser.close()
    server.shutdown()
    thread.join()


def test_thumbs_hit_and_nothing_is_cut_off(world: World, page: Page) -> None:
    """At 360 px and at 200 % text every button is at least 44 px high and no screen scrolls sideways."""
    visit_id = add_install(world)
    log_in(page)
    press_next(page, "接单")
    press_next(page, "出发")
    small: list[str] = []
    for size in ("16px", "32px"):
        for screen in SCREENS:
            page.goto(f"/m#{screen.format(visit_id)}")
            page.evaluate(
                f"document.documentElement.style.fontSize = '{size}'; dispatchEvent(new Event('resize'))"
            )
            page.wait_for_timeout(150)
            boxes = page.evaluate(
                "[...document.querySelectorAll('button, a, input, textarea')].map((one) => "
                "[one.innerText.slice(0, 12) || one.id, one.getBoundingClientRect().height])"
            )
            small += [f"{size} {screen}: {name} {h}" for name, h in boxes if 0 < h < SMALLEST_TARGET_PX]
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{size} {screen} is {wide} px too wide"
    assert small == []


def test_usable_in_the_worst_case_then_at_once(world: World, page: Page) -> None:
    """CPU four times slower over slow 3G: the log-in is there in time; from the cache it is there at once."""
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    slow = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
    network.send("Network.emulateNetworkConditions", slow)
    began = time.monotonic()
    page.goto("/m")
    expect(page.get_by_label("用户名")).to_be_visible(timeout=30_000)
    first_s = time.monotonic() - began
    page.evaluate(TAKEN_OVER)
    began = time.monotonic()
    page.reload()
    expect(page.get_by_label("用户名")).to_be_visible()
    again_s = time.monotonic() - began
    print(f"first {first_s:.1f} s, from the cache {again_s:.1f} s")
    assert again_s < 2
    assert again_s < first_s
