"""200 open phones: what the process of the streams costs, and how soon they hear of news.

`python -m benchmarks.live` serves a demo of its own with `paidan demo` on a free port, opens a stream for each of 200
engineers' phones, and then: leaves them alone (memory, processor time), tells one engineer after the other, tells all
at once, and lets everybody sync after such news. Loopback only; it ends by itself.
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from backend.bootstrap import Application, build
from backend.core import settings
from backend.core.uow import SYSTEM
from backend.notifications import actions
from backend.staff import auth
from backend.staff import queries as staff
from benchmarks.support import fleet
from benchmarks.support.serving import Demo

TICK_S = 1 / os.sysconf("SC_CLK_TCK")


class Phone:
    """One open stream."""

    def __init__(self, person_id: int, token: str) -> None:
        self.person_id, self.token = person_id, token
        self.newest, self.heard_at = -1, 0.0

    async def listen(self, host: str, port: int) -> None:
        """Read the stream until it is cancelled."""
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(
                f"GET /live HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {self.token}\r\n\r\n".encode()
            )
            while line := await reader.readline():
                if line.startswith(b"data: "):
                    self.newest, self.heard_at = int(line[6:]), time.monotonic()
        finally:
            writer.close()

    async def sync(self, host: str, port: int) -> float:
        """The seconds that a first sync took."""
        began = time.monotonic()
        reader, writer = await asyncio.open_connection(host, port)
        head = f"Host: {host}:{port}\r\nAuthorization: Bearer {self.token}\r\nConnection: close\r\n"
        writer.write(f"GET /api/v1/mobile/sync HTTP/1.1\r\n{head}Accept-Encoding: gzip\r\n\r\n".encode())
        first = await reader.readline()
        await reader.read()
        writer.close()
        assert b" 200 " in first, first
        return time.monotonic() - began


def processes(mark: str) -> list[int]:
    """The processes whose command line holds the mark."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if mark in words and "benchmarks" not in words:
                found.append(int(entry.name))
    return found


def memory_mb(pids: list[int]) -> float:
    """Their own and their share of common memory."""
    total = 0
    for pid in pids:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        total += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return round(total / 1024, 1)


def cpu_s(pids: list[int]) -> float:
    """Their processor time so far."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split() for pid in pids]
    return sum(int(one[11]) + int(one[12]) for one in fields) * TICK_S


def tell(application: Application, people: list[int], key: str) -> float:
    """Tell them, as a consumer does; the moment of the commit."""
    with application.transactions.begin(SYSTEM) as uow:
        for person_id in people:
            actions.tell(uow, person_id=person_id, fact_key=key, kind="note", zh="看一下", en="Look")
    return time.monotonic()


async def measure(application: Application, demo: Demo, phones: list[Phone], options: Any) -> dict[str, Any]:
    """All of it."""
    host, report = "127.0.0.1", {}
    token = phones[0].token
    reader, writer = await asyncio.open_connection(host, demo.port)
    writer.write(
        f"GET /api/v1/mobile/news/live HTTP/1.1\r\nHost: {host}:{demo.port}\r\nAuthorization: Bearer {token}\r\n"
        "Connection: close\r\n\r\n".encode()
    )
    body = (await reader.read()).decode().split("\r\n\r\n", 1)[1]
    writer.close()
    port = urlsplit(json.loads(body)["url"]).port or 0
    pids = processes("backend.serve.live")
    report["memory_mb_before"] = memory_mb(pids)
    began = time.monotonic()
    open_ones = [asyncio.create_task(phone.listen(host, port)) for phone in phones]
    while any(phone.newest < 0 for phone in phones):
        await asyncio.sleep(0.02)
    report["all_open_after_s"] = round(time.monotonic() - began, 2)
    report["memory_mb_open"] = memory_mb(pids)
    used = cpu_s(pids)
    await asyncio.sleep(options.seconds)
    report["cpu_percent_idle"] = round((cpu_s(pids) - used) / options.seconds * 100, 2)
    delays = []
    for n in range(options.news):
        phone = phones[n % len(phones)]
        before = phone.newest
        at = await asyncio.to_thread(tell, application, [phone.person_id], f"bench-{n}")
        while phone.newest == before:
            await asyncio.sleep(0.005)
        delays.append((phone.heard_at - at) * 1000)
    delays.sort()
    report["news_to_one_ms"] = {
        "p50": round(statistics.median(delays)), "p95": round(delays[int(len(delays) * 0.95)]), "max": round(delays[-1])
    }  # fmt: skip
    before_all = {phone.person_id: phone.newest for phone in phones}
    at = await asyncio.to_thread(tell, application, [phone.person_id for phone in phones], "bench-all")
    while any(phone.newest == before_all[phone.person_id] for phone in phones):
        await asyncio.sleep(0.005)
    report["news_to_all_ms"] = {
        "first": round((min(phone.heard_at for phone in phones) - at) * 1000),
        "last": round((max(phone.heard_at for phone in phones) - at) * 1000),
    }
    began = time.monotonic()
    took = sorted(await asyncio.gather(*(phone.sync(host, demo.port) for phone in phones)))
    report["all_sync_wholly_s"] = {
        "p50": round(statistics.median(took), 2), "p95": round(took[int(len(took) * 0.95)], 2),
        "all": round(time.monotonic() - began, 2),
    }  # fmt: skip
    for task in open_ones:
        task.cancel()
    await asyncio.gather(*open_ones, return_exceptions=True)
    return report


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--phones", type=int, default=200)
    parser.add_argument("--news", type=int, default=60, help="how many are told one after the other")
    parser.add_argument("--seconds", type=float, default=20, help="how long they are left alone")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="paidan-live-") as made:
        folder = Path(made) / "var"
        demo = Demo(folder)
        demo.start()
        try:
            application = build(settings.load({"PAIDAN_DATA_DIR": str(folder)}))
            fleet.prepare(application, engineers=options.phones, visits=2)
            phones = []
            with application.transactions.begin(SYSTEM) as uow:
                people = [row.id for row in staff.people_with_role(uow, "engineer")][: options.phones]
                for person_id in people:
                    phones.append(Phone(person_id, auth.open_device(uow, person_id, name="bench")))
            report = asyncio.run(measure(application, demo, phones, options))
            application.engine.dispose()
        finally:
            report_stop = demo.stop()
    report |= {"phones": len(phones), "stopped_within_s": round(report_stop, 1), "load": os.getloadavg()[0]}
    print(json.dumps(report, ensure_ascii=False, indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
