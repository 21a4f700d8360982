"""`paidan serve`: starts its parts, revives them, refuses doubles, leaves nothing behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Start = Callable[..., "subprocess.Popen[str]"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def parts_of(folder: Path) -> dict[int, str]:
    """Every process that has this data folder in its environment or on its command line, by pid."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            told = f"PAIDAN_DATA_DIR={folder}\0".encode() in (entry / "environ").read_bytes()
            if told or str(folder) in line:  # the queue's server overwrites its environment
                found[int(entry.name)] = line
        except OSError:
            continue
    return found


def none_left(folder: Path, within_s: float) -> bool:
    until = time.monotonic() + within_s
    while parts_of(folder):
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=3) as answer:
            return bool(json.load(answer)["status"] == "ok")
    except (urllib.error.URLError, OSError):
        return False


def ready(serving: "subprocess.Popen[str]", port: int, within_s: float = 60) -> bool:
    until = time.monotonic() + within_s
    while time.monotonic() < until and serving.poll() is None:
        if answers(port):
            return True
        time.sleep(0.1)
    return False


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The data folder."""
    return tmp_path / "data"


@pytest.fixture
def serve(folder: Path) -> Iterator[Start]:
    """Starts the supervisor; whatever still runs at the end is killed and fails the test."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PAIDAN_")}

    def start(port: int, **settings: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "backend.cli.main", "serve"],
            env=kept | {"PAIDAN_DATA_DIR": str(folder), "PAIDAN_PORT": str(port), **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    yield start
    left = parts_of(folder)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left, f"processes were left behind: {left}"


@pytest.mark.slow
def test_serve_revives_its_parts_and_stops_them_all(serve: Start, folder: Path) -> None:
    port = free_port()
    serving = serve(port)
    assert ready(serving, port), (folder / "log" / "web.log").read_text()
    names = " ".join(parts_of(folder).values())
    assert "granian" in names and "valkey" in names and "backend.jobs" in names

    other = serve(free_port())
    out, err = other.communicate(timeout=30)
    assert (other.returncode, out) == (1, "") and str(folder) in err

    web = min(pid for pid, name in parts_of(folder).items() if "granian" in name)
    os.kill(web, signal.SIGKILL)  # its own worker, which holds the port, must not be in the way
    until = time.monotonic() + 30
    while web in parts_of(folder) or not answers(port):
        assert time.monotonic() < until, "the web server did not come back"
        time.sleep(0.2)
    assert min(pid for pid, name in parts_of(folder).items() if "granian" in name) != web

    for pid in [pid for pid in parts_of(folder) if pid != serving.pid]:
        os.kill(pid, signal.SIGKILL)
    time.sleep(0.3)
    assert ready(serving, port), "all parts were killed and the pages did not come back"
    until = time.monotonic() + 20
    while "backend.jobs" not in " ".join(parts_of(folder).values()):
        assert time.monotonic() < until, "the worker did not come back"
        time.sleep(0.2)

    serving.send_signal(signal.SIGINT)
    out, err = serving.communicate(timeout=30)
    assert serving.returncode == 0 and f"http://127.0.0.1:{port}" in out
    assert "Traceback" not in err
    assert none_left(folder, 5)


@pytest.mark.slow
def test_parts_die_with_a_supervisor_that_is_killed(serve: Start, folder: Path) -> None:
    port = free_port()
    serving = serve(port)
    assert ready(serving, port)
    serving.kill()
    serving.communicate(timeout=10)
    assert none_left(folder, 15)


def test_a_taken_port_is_one_sentence(serve: Start, folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        serving = serve(port)
        out, err = serving.communicate(timeout=40)
    assert (serving.returncode, out) == (1, "")
    assert str(port) in err and len(err.strip().splitlines()) == 1
    assert none_left(folder, 5)


def test_stopping_before_it_is_ready_leaves_nothing(serve: Start, folder: Path) -> None:
    serving = serve(free_port())
    until = time.monotonic() + 30
    while not (folder / "serving.lock").exists():
        assert time.monotonic() < until
        time.sleep(0.05)
    serving.send_signal(signal.SIGTERM)
    serving.communicate(timeout=30)
    assert serving.returncode is not None
    assert none_left(folder, 10)
