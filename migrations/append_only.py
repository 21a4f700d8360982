"""Tables that the database itself refuses to change: rows are added, never updated or deleted."""

from alembic import op


def protect(table: str) -> None:
    """Refuse UPDATE, DELETE and, on PostgreSQL, TRUNCATE of a table."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuse_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_refuse_change BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
    )


def unprotect(table: str) -> None:
    """Take the protection away again; for downgrades."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("update", "delete"):
            op.execute(f"DROP TRIGGER {table}_refuse_{verb}")
        return
    op.execute(f"DROP TRIGGER {table}_refuse_change ON {table}")
    op.execute(f"DROP TRIGGER {table}_refuse_truncate ON {table}")
    op.execute(f"DROP FUNCTION {table}_refuse()")
