"""Brings a database to the newest schema."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from backend.core.db import make_engine

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def config(url: str) -> Config:
    """Alembic's configuration for a database URL."""
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return settings


def upgrade(url: str) -> None:
    """Run every migration that the database lacks; a new SQLite file is made with its folder."""
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    settings = config(url)
    engine = make_engine(url)
    try:
        settings.attributes["engine"] = engine
        command.upgrade(settings, "head")
    finally:
        engine.dispose()


def is_current(engine: Engine) -> bool:
    """True where the database has the newest schema."""
    with engine.execution_options(read_only=True).connect() as connection:
        heads = set(MigrationContext.configure(connection).get_current_heads())
    return heads == set(ScriptDirectory(str(MIGRATIONS)).get_heads())
