"""The board: changes of the working plan by hand, its revision, and a proposal that waits for an answer."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plan_changes",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("order_ids", sa.JSON(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("broken", sa.JSON(), nullable=False),
        sa.Column("reason_code", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.Column("undone_revision", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_plan_changes_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_changes")),
    )
    with op.batch_alter_table("plan_changes", schema=None) as batch_op:
        batch_op.create_index("ix_plan_changes_on_revision", ["on", "revision"], unique=False)
    with op.batch_alter_table("schedule_days", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("proposed_plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(sa.Column("revision", sa.Integer(), nullable=False, server_default="0"))
        batch_op.create_foreign_key(
            op.f("fk_schedule_days_proposed_plan_id_day_plans"), "day_plans", ["proposed_plan_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("schedule_days", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_schedule_days_proposed_plan_id_day_plans"), type_="foreignkey")
        batch_op.drop_column("revision")
        batch_op.drop_column("proposed_plan_id")
    op.drop_table("plan_changes")
