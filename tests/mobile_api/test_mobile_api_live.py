"""An open phone hears of news at once by the stream, and hears nothing once it was reported lost."""

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

import pytest
from playwright.sync_api import Browser, Page, expect

from backend.bootstrap import build
from backend.core import settings
from backend.notifications import actions as notifications
from backend.staff import auth
from backend.staff import queries as staff
from benchmarks.support.serving import free_port
from tests.mobile_api.conftest import Server, World, new_phone
from tests.mobile_api.test_mobile_api_browser import log_in
from wsgi import create_app

AT_ONCE_MS = 20_000
"""Far below the minute after which the page would ask by itself, and enough for a busy machine."""


@pytest.fixture
def streams(world: World, tmp_path: Path) -> Iterator[int]:
    """The process of the streams over the world's database; its port."""
    port = free_port()
    command = [
        sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "backend.serve.live:make_app",
        "--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--loop", "asyncio", "--no-ws",
        "--workers-kill-timeout", "2", "--log-level", "warning",
    ]  # fmt: skip
    process = subprocess.Popen(command, env={"PAIDAN_DATA_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"})
    try:
        until = time.monotonic() + 60
        while not _answers(port):
            assert process.poll() is None and time.monotonic() < until, "the streams did not come up"
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/live", timeout=2)
    except HTTPError as answer:
        return answer.code == 401
    except (URLError, OSError):
        return False
    return True


def tell(world: World, key: str, words: str) -> None:
    def act(uow: Any) -> None:
        person_id = world.department.engineers[0]
        notifications.tell(uow, person_id=person_id, fact_key=key, kind="note", zh=words, en=words)

    world.do(act)


def listening(page: Page) -> None:
    """The page is drawn and its stream is open."""
    with page.expect_response(lambda answer: answer.url.endswith("/live") and "api" not in answer.url):
        log_in(page)
    expect(page.get_by_role("button", name="消息", exact=True)).to_be_visible()


@pytest.mark.browser
def test_news_comes_to_an_open_page_and_a_lost_phone_locks_at_once(
    world: World, streams: int, tmp_path: Path, chromium: Browser
) -> None:
    given = {"PAIDAN_DATA_DIR": str(tmp_path), "PAIDAN_LIVE_PORT": str(streams)}
    application = build(settings.load(given), world.clock)
    server = Server(create_app(application))
    phone = new_phone(chromium, server)
    try:
        page = phone.new_page()
        listening(page)
        page.get_by_role("button", name="消息", exact=True).click()
        expect(page.get_by_text("还没有消息")).to_be_visible()
        tell(world, "a", "明天不用去国贸了")
        expect(page.get_by_text("明天不用去国贸了")).to_be_visible(timeout=AT_ONCE_MS)
        tell(world, "b", "再看一眼")
        expect(page.get_by_text("再看一眼")).to_be_visible(timeout=AT_ONCE_MS)

        def log_out(uow: Any) -> None:
            for device in staff.active_devices(uow, world.department.engineers[0]):
                auth.revoke_device(uow, device.id)

        world.do(log_out)
        expect(page.locator("form.login")).to_be_visible(timeout=AT_ONCE_MS)
    finally:
        phone.close()
        server.stop()
        application.engine.dispose()


def test_the_address_is_told_only_where_the_page_may_ask_it(world: World, tmp_path: Path) -> None:
    def address(given: dict[str, str], **kwargs: Any) -> Any:
        application = build(settings.load({"PAIDAN_DATA_DIR": str(tmp_path), **given}), world.clock)
        client = create_app(application).test_client()
        headers = world.engineer(0).headers
        found = client.get("/api/v1/mobile/news/live", headers=headers, **kwargs).json["url"]
        policy = client.get("/m", **kwargs).headers["Content-Security-Policy"]
        application.engine.dispose()
        return found, "connect-src" in policy

    assert address({}) == (None, False)
    port = {"PAIDAN_LIVE_PORT": "8001"}
    assert address(port, base_url="http://10.0.0.5:8000") == ("http://10.0.0.5:8001/live", True)
    assert address(port, base_url="http://[::1]:8000") == ("http://[::1]:8001/live", True)
    assert address(port, base_url="https://paidan.example") == (None, False)
    assert address(port | {"PAIDAN_SECURE_COOKIES": "1"}) == (None, False)
    assert address(port | {"PAIDAN_LIVE_URL": "/live"}, base_url="https://paidan.example") == ("/live", False)
