"""`paidan serve`: starts its parts, revives them, refuses doubles, leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backend.serve import supervisor
from backend.serve.supervisor import WEB_WORKER_STOPS_WITHIN_S
from tests.support.serving import COMMAND, answers, clean_environment, free_port, parts_of

Start = Callable[..., "subprocess.Popen[str]"]


def none_left(folder: Path, within_s: float) -> bool:
    until = time.monotonic() + within_s
    while parts_of(folder):
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


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

    def start(port: int, **settings: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            COMMAND,
            env=clean_environment(PAIDAN_DATA_DIR=str(folder), PAIDAN_PORT=str(port), **settings),
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


def test_a_part_that_ran_well_is_back_at_once_and_one_that_cannot_run_waits_longer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    now = [1000.0]
    monkeypatch.setattr(supervisor.time, "monotonic", lambda: now[0])
    part = supervisor.Part("web", [sys.executable, "-c", ""], tmp_path / "log")

    def away_s() -> float:
        assert part.process is not None
        part.process.wait(30)
        died_at, starts = now[0], part.process
        while part.process is starts:
            supervisor._revive([part])
            now[0] += 0.05
        return now[0] - died_at

    part.start()
    waits = [away_s() for _ in range(5)]
    assert waits[0] < 0.3 and waits[-1] > 1.5 and waits == sorted(waits)
    now[0] += 60  # it ran for a minute, then dies
    assert away_s() < 0.3
    assert part.process is not None
    part.process.wait(30)


@pytest.mark.slow
def test_parts_die_with_a_supervisor_that_is_killed(serve: Start, folder: Path) -> None:
    port = free_port()
    serving = serve(port)
    assert ready(serving, port)
    serving.kill()
    serving.communicate(timeout=10)
    assert none_left(folder, 15)


@pytest.mark.slow
def test_a_web_worker_that_does_not_hear_its_parent_dies_too(serve: Start, folder: Path) -> None:
    """A worker that is told to stop while it still loads swallows the signal; a stopped one stands for it."""
    port = free_port()
    serving = serve(port)
    assert ready(serving, port)
    deaf = max(pid for pid, name in parts_of(folder).items() if "granian" in name)
    os.kill(deaf, signal.SIGSTOP)
    serving.kill()
    serving.communicate(timeout=10)
    assert none_left(folder, WEB_WORKER_STOPS_WITHIN_S + 10)


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


def test_a_part_that_cannot_start_is_given_up_soon(tmp_path: Path) -> None:
    part = supervisor.Part("web", [sys.executable, "-c", "raise SystemExit(1)"], tmp_path / "web.log")
    part.start()
    began_at = time.monotonic()
    assert not supervisor._wait_ready(f"http://127.0.0.1:{free_port()}", threading.Event(), [part])
    assert time.monotonic() - began_at < supervisor.READY_WITHIN_S / 2
    assert part.deaths == supervisor.HOPELESS_DEATHS
