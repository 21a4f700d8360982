"""The database: one engine for SQLite or PostgreSQL, column types, the declarative base."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, DateTime, Engine, Integer, MetaData, create_engine, event
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from backend.core.turns import Turns

BUSY_TIMEOUT_MS = 30_000

BigId = BigInteger().with_variant(Integer, "sqlite")
"""SQLite gives automatic keys only to INTEGER columns."""


class Base(DeclarativeBase):
    """All tables; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC datetimes; a naive one is refused. SQLite keeps them naive, in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """What values of such a column are, which cursors are compared with."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone is refused")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def id_column() -> Mapped[int]:
    """The primary key that the database gives."""
    return mapped_column(BigId, primary_key=True, autoincrement=True)


def columns(model: type[Base], *without: str) -> list[Any]:
    """A table's columns to select plainly, without making objects of the rows, which costs most of the time.

    Such a select still writes first what the unit of work has changed.
    """
    return [getattr(model, column.key) for column in model.__table__.columns if column.key not in without]


def make_engine(url: str) -> Engine:
    """An engine for a ``sqlite:///…`` or ``postgresql+psycopg://…`` URL.

    SQLite runs in WAL mode with full synchronisation; writers begin with BEGIN IMMEDIATE so that two of
    them queue instead of failing half way. An engine with the execution option ``read_only`` begins plainly.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True, pool_size=20, max_overflow=20)

    import pysqlite3.dbapi2 as sqlite

    engine = create_engine(parsed, module=sqlite, pool_size=20, max_overflow=40, pool_timeout=60)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            # Without it REPLACE removes rows past the triggers that keep the audit trail.
            "recursive_triggers=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get("read_only", False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def writers_line(engine: Engine) -> Turns:
    """Where writing units of work wait for each other: beside the file of SQLite, nowhere with PostgreSQL."""
    file = engine.url.database if engine.dialect.name == "sqlite" else None
    path = Path(file).with_name(Path(file).name + "-line") if file and file != ":memory:" else None
    return Turns(path, patience_s=BUSY_TIMEOUT_MS / 1000)
