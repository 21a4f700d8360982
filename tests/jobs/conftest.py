"""The small department on SQLite, where the jobs' own rules are tested."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from backend.core.db import make_engine
from backend.core.uow import Transactions
from tests.dispatch.department import Department, make


@pytest.fixture
def engine(sqlite_url: str) -> Iterator[Engine]:
    """A fresh SQLite database."""
    engine = make_engine(sqlite_url)
    yield engine
    engine.dispose()


@pytest.fixture
def department(transactions: Transactions) -> Department:
    """Five engineers and twelve orders with windows."""
    return make(transactions)
