"""Copies of a day to compare, rules by building and kind, customers to call."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("day_plans", schema=None) as batch_op:
        batch_op.add_column(sa.Column("assumed", sa.JSON(), server_default="{}", nullable=False))
    with op.batch_alter_table("learned_rules", schema=None) as batch_op:
        batch_op.alter_column("customer_id", existing_type=sa.BigInteger(), nullable=True)
        batch_op.add_column(sa.Column("building", sa.String(length=200), server_default="", nullable=False))
        batch_op.add_column(sa.Column("order_kind", sa.String(length=20), server_default="", nullable=False))
    op.create_table(
        "calls_to_make",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("service_order_id", BIG_ID, nullable=False),
        sa.Column("why", sa.String(length=20), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", BIG_ID, nullable=True),
        sa.Column("called_at", UtcDateTime(), nullable=True),
        sa.Column("called_by", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["called_by"], ["people.id"], name=op.f("fk_calls_to_make_called_by_people")),
        sa.ForeignKeyConstraint(["made_by"], ["people.id"], name=op.f("fk_calls_to_make_made_by_people")),
        sa.ForeignKeyConstraint(
            ["service_order_id"],
            ["service_orders.id"],
            name=op.f("fk_calls_to_make_service_order_id_service_orders"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls_to_make")),
    )
    op.create_index("ix_calls_to_make_on", "calls_to_make", ["on"])


def downgrade() -> None:
    op.drop_table("calls_to_make")
    op.execute("DELETE FROM learned_rules WHERE customer_id IS NULL")
    with op.batch_alter_table("learned_rules", schema=None) as batch_op:
        batch_op.drop_column("order_kind")
        batch_op.drop_column("building")
        batch_op.alter_column("customer_id", existing_type=sa.BigInteger(), nullable=False)
    with op.batch_alter_table("day_plans", schema=None) as batch_op:
        batch_op.drop_column("assumed")
