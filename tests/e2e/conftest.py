"""A real server with a real worker and queue, and a real Chromium."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from backend.bootstrap import build
from backend.core import migrate, settings
from backend.core.schema import metadata  # every table: the department is made in this process
from tests.support import department

# A busy machine is slow, not wrong.
expect.set_options(timeout=15_000)

CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Served:
    """A running paidan."""

    address: str
    folder: Path
    process: subprocess.Popen[str]

    def call(self, method: str, path: str, body: Any = None, token: str = "") -> Any:
        """One JSON request to the API; raises on an error status."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {token}"} if token else {}
        )
        request = urllib.request.Request(self.address + path, data=data, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            text = answer.read()
        return json.loads(text) if text else None


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """`paidan serve` over a small department; afterwards nothing that it started is left."""
    folder = tmp_path / "data"
    port = free_port()
    environ = {"PAIDAN_DATA_DIR": str(folder), "PAIDAN_PORT": str(port), "PAIDAN_PLAN_SECONDS": "2"}
    loaded = settings.load(environ)
    migrate.upgrade(loaded.database_url)
    assert metadata.tables
    application = build(loaded)
    department.make(application.transactions)
    application.engine.dispose()
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PAIDAN_")}
    command = [sys.executable, "-m", "backend.cli.main", "serve"]
    process = subprocess.Popen(
        command, env=clean | environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address, process)
        yield Served(address, folder, process)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        left = [pid for pid in _pids() if str(folder) in _environ(pid)]
        assert left == [], "paidan serve left processes behind"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, closed after the module: only one Playwright may run in a process at a time."""
    assert Path(CHROMIUM).exists(), "Chromium is missing: run make test, or apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A desktop window in Beijing; an error on the console fails the test."""
    context = chromium.new_context(
        viewport={"width": 1440, "height": 900}, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert errors == []


def _wait(address: str, process: subprocess.Popen[str]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"paidan serve ended: {process.stdout.read() if process.stdout else ''}")
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("paidan serve was not ready within 30 s")


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def _environ(pid: int) -> str:
    if pid == os.getpid():
        return ""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    except OSError:
        return ""
