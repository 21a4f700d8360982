"""Writers of one SQLite file wait in line: each gets its turn, across threads and processes, and a dead one holds nobody up."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from sqlalchemy import text

from backend.core.clock import FixedClock
from backend.core.db import make_engine, writers_line
from backend.core.turns import Turns
from backend.core.uow import SYSTEM, Transactions

HOLD = """
import sys, time
from pathlib import Path
from backend.core.turns import Turns
with Turns(Path(sys.argv[1]), patience_s=5).mine():
    print("in", flush=True)
    time.sleep(60)
"""


def test_one_at_a_time_within_a_process(tmp_path: Path) -> None:
    turns, inside, most = Turns(tmp_path / "line", patience_s=30), [0], [0]

    def write() -> None:
        for _ in range(20):
            with turns.mine():
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                time.sleep(0.0005)
                inside[0] -= 1

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_another_process_is_waited_for_and_a_killed_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "line"
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None and holder.stdout.readline() == "in\n"
    entered = threading.Event()

    def wait() -> None:
        with Turns(path, patience_s=30).mine():
            entered.set()

    thread = threading.Thread(target=wait)
    thread.start()
    assert not entered.wait(0.3)
    os.kill(holder.pid, signal.SIGKILL)
    assert entered.wait(5)
    thread.join()
    holder.wait()
    holder.stdout.close()


def test_patience_ends(tmp_path: Path) -> None:
    turns, release = Turns(tmp_path / "line", patience_s=0.05), threading.Event()

    def hold() -> None:
        with turns.mine():
            release.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    time.sleep(0.05)
    with turns.mine():
        pass
    assert thread.is_alive(), "it went on without its turn"
    release.set()
    thread.join()


def test_a_writer_waits_longer_than_sqlite_would_let_it_starve(sqlite_url: str) -> None:
    """While one writes in short turns without a pause, another gets in between them soon."""
    transactions, stop = Transactions(make_engine(sqlite_url), FixedClock()), threading.Event()

    def busy() -> None:
        while not stop.is_set():
            with transactions.begin(SYSTEM) as uow:
                uow.session.execute(text("SELECT 1"))
                time.sleep(0.002)

    threads = [threading.Thread(target=busy) for _ in range(4)]
    for thread in threads:
        thread.start()
    waits = []
    for _ in range(20):
        began = time.monotonic()
        with transactions.begin(SYSTEM) as uow:
            uow.session.execute(text("SELECT 1"))
        waits.append(time.monotonic() - began)
    stop.set()
    for thread in threads:
        thread.join()
    transactions.engine.dispose()
    assert max(waits) < 2


def test_postgresql_needs_no_line() -> None:
    assert writers_line(make_engine("postgresql+psycopg://nobody@/nowhere")).path is None
    assert writers_line(make_engine("sqlite:////tmp/x/paidan.db")).path == Path("/tmp/x/paidan.db-line")
