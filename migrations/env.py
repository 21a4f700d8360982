"""Alembic's entry: one transaction for each migration, on both databases."""

from alembic import context
from sqlalchemy import text
from sqlalchemy.engine import Connection

from backend.core.db import make_engine
from backend.core.schema import metadata


def run(connection: Connection) -> None:
    """Migrate over an open connection."""
    sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=sqlite,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    if sqlite:
        broken = connection.execute(text("PRAGMA foreign_key_check")).fetchall()
        if broken:
            raise RuntimeError(f"a migration broke foreign keys: {broken[:5]}")


def main() -> None:
    """Take the connection or engine that was handed over, or open one by the configured URL."""
    connection = context.config.attributes.get("connection")
    if connection is not None:
        run(connection)
        return
    engine = context.config.attributes.get("engine")
    if engine is None:
        engine = make_engine(context.config.get_main_option("sqlalchemy.url"))
    with engine.connect() as opened:
        if opened.dialect.name == "sqlite":
            # Batch mode copies tables; with foreign keys on, dropping the old one would delete children.
            opened.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        run(opened)
        opened.commit()
        if opened.dialect.name == "sqlite":
            opened.connection.driver_connection.execute("PRAGMA foreign_keys=ON")


main()
