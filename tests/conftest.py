"""Fixtures that every folder of tests may use."""

import itertools
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine

from backend.core import logs, migrate
from backend.core.clock import FixedClock
from backend.core.db import make_engine
from backend.core.uow import Transactions
from backend.staff import auth
from tests.support import postgres, slow_page
from tests.support.office import Office

_names = itertools.count(1)
logs.configure("ERROR")
slow_page.install()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A real PostgreSQL server; its URL with a place for the database's name."""
    with postgres.server() as url:
        migrate.upgrade(postgres.create(url, "migrated"))
        yield url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy from."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(tmp_path: Path, migrated_sqlite: Path) -> str:
    """A fresh migrated SQLite database."""
    shutil.copy(migrated_sqlite, tmp_path / "paidan.db")
    return f"sqlite:///{tmp_path / 'paidan.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh migrated database, once of each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    server = request.getfixturevalue("postgres_server")
    name = f"test_{next(_names)}"
    yield postgres.create(server, name, "migrated")
    postgres.drop(server, name)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a fresh database of each kind."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def clock() -> FixedClock:
    """Tuesday 2026-11-24, 09:00 in Beijing, until a test moves it."""
    return FixedClock(datetime(2026, 11, 24, 1, 0, tzinfo=UTC))


@pytest.fixture
def transactions(engine: Engine, clock: FixedClock) -> Transactions:
    """Units of work on a fresh database of each kind."""
    return Transactions(engine, clock)


@pytest.fixture
def office(transactions: Transactions, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """People by role, stock and lists at work on a fresh database of each kind; passwords are hashed cheaply."""
    monkeypatch.setattr(auth, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    auth._nobodys_hash.cache_clear()
    yield Office(transactions)
    auth._nobodys_hash.cache_clear()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A skipped test fails the run: nothing is skipped silently."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if skipped and exitstatus == 0:
        reporter.write_line(f"{len(skipped)} tests were skipped; every test must run here", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
