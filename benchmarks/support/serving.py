"""`paidan demo` as a process on a free port and a data folder of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

READY_WITHIN_S = 300.0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Demo:
    """The demo's server; ``more`` are settings beside its own."""

    def __init__(self, folder: Path, more: dict[str, str] | None = None) -> None:
        self.folder, self.port, self.more = folder, free_port(), more or {}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start it, and wait until it answers; the seconds that it took."""
        began = time.monotonic()
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith("PAIDAN_") or key.startswith("PAIDAN_WEB_")
        }
        own = {
            "PAIDAN_DATA_DIR": str(self.folder),
            "PAIDAN_PORT": str(self.port),
            "PAIDAN_LOG_LEVEL": "WARNING",
            **self.more,
        }
        command = [sys.executable, "-m", "backend.cli.main", "demo"]
        self.process = subprocess.Popen(command, env=kept | own, stdout=subprocess.DEVNULL)
        while time.monotonic() - began < READY_WITHIN_S:
            if self.process.poll() is not None:
                raise RuntimeError(f"paidan demo ended with {self.process.returncode}")
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2):
                    return time.monotonic() - began
            except OSError:
                time.sleep(0.2)
        raise RuntimeError(f"paidan demo was not ready within {READY_WITHIN_S:.0f} s")

    def stop(self) -> float:
        """Ctrl-C; the seconds until it ended."""
        began = time.monotonic()
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)
        return time.monotonic() - began
