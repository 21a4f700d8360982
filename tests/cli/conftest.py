"""The `paidan` command as a user runs it: a process with an environment, an exit code and two streams."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.core.clock import SystemClock
from backend.core.db import make_engine
from backend.core.uow import Transactions
from tests.support import department

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def environment(tmp_path: Path, sqlite_url: str) -> dict[str, str]:
    """A data folder of its own with a migrated database in it, and nothing of the machine's settings."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PAIDAN_")}
    return kept | {"PAIDAN_DATA_DIR": str(tmp_path)}


@pytest.fixture
def paidan(environment: dict[str, str]) -> Run:
    """Runs the command and hands back how it ended."""

    def run(*args: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "backend.cli.main", *args]
        return subprocess.run(
            command, env=environment | settings, capture_output=True, text=True, timeout=120, check=False
        )

    return run


@pytest.fixture
def filled(sqlite_url: str) -> Transactions:
    """The database with a small department in it."""
    transactions = Transactions(make_engine(sqlite_url), SystemClock())
    department.make(transactions)
    return transactions
