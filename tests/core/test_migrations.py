"""The migrations make exactly the tables that the code expects, and can be taken back."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect

from backend.core import migrate
from backend.core.schema import metadata


def test_migrated_database_is_what_the_models_say(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    assert migrate.is_current(engine)


def test_down_to_nothing_and_up_again(engine: Engine) -> None:
    settings = migrate.config("unused")
    settings.attributes["engine"] = engine
    command.downgrade(settings, "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    command.upgrade(settings, "head")
    assert migrate.is_current(engine)
