"""`paidan serve` as a process of the tests: started, asked, its parts killed, and nothing left at the end."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

COMMAND = [sys.executable, "-m", "backend.cli.main", "serve"]
PARTS = {"web": "granian", "worker": "backend.jobs", "queue": "valkey"}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clean_environment(**settings: str) -> dict[str, str]:
    """The environment without the machine's own settings of paidan, with these."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PAIDAN_")} | settings


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


def answers(port: int) -> bool:
    """True where a server there says that it is ready."""
    try:
        return requests.get(f"http://127.0.0.1:{port}/readyz", timeout=3).status_code == 200
    except requests.RequestException:
        return False


def wait_until(true: Callable[[], Any], within_s: float, what: str | Callable[[], str]) -> Any:
    """What ``true`` returns as soon as it is something; AssertionError naming ``what`` after that time."""
    until = time.monotonic() + within_s
    while not (found := true()):
        if time.monotonic() > until:
            raise AssertionError(f"after {within_s} s: {what() if callable(what) else what}")
        time.sleep(0.05)
    return found


@dataclass
class Serving:
    """One supervisor with its parts on a data folder and port of its own."""

    folder: Path
    port: int = field(default_factory=free_port)
    settings: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[str] | None" = None

    @property
    def environment(self) -> dict[str, str]:
        """What the supervisor is started with."""
        own = {"PAIDAN_DATA_DIR": str(self.folder), "PAIDAN_PORT": str(self.port)}
        return clean_environment(**own, **self.settings)

    def start(self) -> "Serving":
        """Start it and wait until it answers."""
        self.process = subprocess.Popen(
            COMMAND, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        wait_until(self.ready, 60, lambda: f"not ready: {self.log('web')[-2000:]}")
        return self

    def stop(self) -> None:
        """Ctrl-C. Whatever is left afterwards is killed and fails the test."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.communicate(timeout=30)
        left = parts_of(self.folder)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        assert not left, f"processes were left behind: {left}"

    def ready(self) -> bool:
        """True where database, queue and pages answer."""
        return answers(self.port)

    def log(self, part: str) -> str:
        """What a part has written."""
        path = self.folder / "log" / f"{part}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def pids(self, part: str) -> list[int]:
        """The processes of a part, the oldest first."""
        return sorted(pid for pid, line in parts_of(self.folder).items() if PARTS[part] in line)

    def kill(self, part: str) -> int:
        """kill -9 of a part's first process; its pid."""
        pid = wait_until(lambda: self.pids(part), 20, f"{part} does not run")[0]
        os.kill(pid, signal.SIGKILL)
        return int(pid)

    def ask(self, method: str, path: str, token: str = "", **more: Any) -> requests.Response:
        """One request to the API; raises where the line breaks before the answer."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        address = f"http://127.0.0.1:{self.port}/api/v1{path}"
        return requests.request(method, address, headers=headers, timeout=30, **more)

    def insist(self, method: str, path: str, token: str = "", **more: Any) -> requests.Response:
        """The same again and again until it is answered, as a phone's outbox does."""

        def once() -> list[requests.Response]:
            try:
                answer = self.ask(method, path, token, **more)
            except requests.RequestException:
                return []
            return (
                [answer] if answer.status_code != 503 else []
            )  # a refusal is an answer, and falsy by itself

        found: list[requests.Response] = wait_until(
            once, 30, lambda: f"no answer to {method} {path}: {self.log('web')[-2000:]}"
        )
        return found[0]

    def log_in(self, login: str, password: str) -> str:
        """A bearer token."""
        body = {"login": login, "password": password, "device": "test"}
        answer = self.insist("POST", "/auth/tokens", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])
