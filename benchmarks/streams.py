"""How soon open boards hear of somebody else's change: fifty streams at the real server.

    .venv/bin/python -m benchmarks.streams [--boards 50] [--changes 12] [--json FILE]

Serves a demo of its own with `paidan demo`, opens that many boards' streams (a board that gets none asks every four
seconds, as the page does), lets somebody fall ill tomorrow and come back, and notes when each board has heard of it.
Between the changes somebody asks for the whole day, to see what the open streams cost the others. Loopback only.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests

from backend.core.clock import SystemClock, local_date
from benchmarks.support.desk import log_in
from benchmarks.support.fleet import PASSWORD
from benchmarks.support.serving import Demo

ASKS_EVERY_S = 4.0


class Desk:
    """A browser session without a browser."""

    def __init__(self, address: str) -> None:
        self.address, self.session = address, log_in(address, "technical_assistant", PASSWORD)
        self.session.headers["Accept"] = "application/json"

    def get(self, path: str) -> Any:
        """The JSON of a GET."""
        answer = self.session.get(self.address + "/dispatch" + path)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, **body: Any) -> None:
        """A POST as the board's script sends it."""
        url = self.address + "/dispatch" + path
        self.session.post(url, json=body).raise_for_status()


class Boards:
    """What all boards have heard, and when."""

    def __init__(self, desk: Desk, day: str, count: int) -> None:
        self.desk, self.day = desk, day
        self.heard: list[dict[str, float]] = [{} for _ in range(count)]
        self.refused, self.over = 0, threading.Event()
        self.threads = [threading.Thread(target=self._board, args=(n,), daemon=True) for n in range(count)]

    def _board(self, n: int) -> None:
        cookies, url = self.desk.session.cookies.get_dict(), f"{self.desk.address}/dispatch"
        while not self.over.is_set():
            stream = requests.get(f"{url}/live?day={self.day}", cookies=cookies, stream=True, timeout=90)
            if stream.status_code == 200:
                told = False
                for line in stream.iter_lines():
                    if told and line.startswith(b"data: "):
                        self.heard[n].setdefault(line[6:].decode(), time.perf_counter())
                    told = line == b"event: changed"
                    if self.over.is_set():
                        break
                stream.close()
                continue
            self.refused += 1
            until = time.monotonic() + 30
            while time.monotonic() < until and not self.over.wait(ASKS_EVERY_S):
                answer = requests.get(f"{url}/stamp.json?day={self.day}", cookies=cookies, timeout=60).json()
                self.heard[n].setdefault(answer["stamp"], time.perf_counter())


def spread(found: list[float]) -> dict[str, float]:
    """Median, 95th percentile and worst, in milliseconds."""
    rows = sorted(one * 1000 for one in found)
    return {
        "median_ms": round(statistics.median(rows)),
        "p95_ms": round(rows[int(len(rows) * 0.95)]),
        "worst_ms": round(rows[-1]),
    }


def measure(desk: Desk, boards: Boards, changes: int) -> dict[str, Any]:
    """Change the day some times; when has each board heard of it?"""
    engineer = desk.get(f"/day.json?day={boards.day}")["engineers"][0]["id"]
    for thread in boards.threads:
        thread.start()
        time.sleep(0.02)
    time.sleep(6)
    late, asked, missed = [], [], 0
    for n in range(changes):
        if n % 2:
            desk.post("/absences/end", day=boards.day, engineer=engineer)
        else:
            desk.post("/absences", day=boards.day, engineer=engineer, kind="ill", days=1)
        done = time.perf_counter()
        stamp = desk.get(f"/stamp.json?day={boards.day}")["stamp"]
        for _ in range(3):
            before = time.perf_counter()
            desk.get(f"/day.json?day={boards.day}")
            asked.append(time.perf_counter() - before)
        time.sleep(ASKS_EVERY_S + 1.5)
        for heard in boards.heard:
            at = heard.get(stamp)
            if at is None:
                missed += 1
            else:
                late.append(max(0.0, at - done))
            heard.clear()
    boards.over.set()
    return {
        "heard after": spread(late),
        "not heard within 5.5 s": missed,
        "boards without a stream": boards.refused,
        "the whole day asked for meanwhile": spread(asked),
    }


def main() -> int:
    """Serve, measure, print; 1 where a board did not hear of a change."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boards", type=int, default=50)
    parser.add_argument("--changes", type=int, default=12)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="paidan-streams-") as made:
        demo = Demo(Path(made) / "var")
        demo.start()
        try:
            desk = Desk(f"http://127.0.0.1:{demo.port}")
            day = local_date(SystemClock().now()) + timedelta(days=1)
            report = measure(desk, Boards(desk, day.isoformat(), given.boards), given.changes)
        finally:
            demo.stop()
    machine = f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    report = {"boards": given.boards, "machine": machine} | report
    text = json.dumps(report, ensure_ascii=False, indent=1)
    print(text)
    if given.json:
        given.json.write_text(text + "\n", encoding="utf-8")
    return int(report["not heard within 5.5 s"] > 0)


if __name__ == "__main__":
    sys.exit(main())
