"""The application over a fresh SQLite database with a small department."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

import wsgi
from backend.bootstrap import Application, build
from backend.core import settings
from tests.support import department


@pytest.fixture
def application(sqlite_url: str, tmp_path: Path) -> Iterator[Application]:
    """The parts, on the system's clock."""
    loaded = settings.load({"PAIDAN_DATA_DIR": str(tmp_path / "data"), "PAIDAN_DATABASE_URL": sqlite_url})
    application = build(loaded)
    department.make(application.transactions)
    yield application
    application.engine.dispose()


@pytest.fixture
def app(application: Application) -> Flask:
    """The Flask application."""
    return wsgi.create_app(application)
