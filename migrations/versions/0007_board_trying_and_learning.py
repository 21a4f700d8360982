"""What differs on one day of an engineer; rules learned from the assistant's own changes."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "day_terms",
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("engineer_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("no_car", sa.Boolean(), nullable=False),
        sa.Column("extra_s", sa.Integer(), nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.Column("set_by", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["engineer_id"], ["engineers.person_id"], name=op.f("fk_day_terms_engineer_id_engineers")
        ),
        sa.ForeignKeyConstraint(["set_by"], ["people.id"], name=op.f("fk_day_terms_set_by_people")),
        sa.PrimaryKeyConstraint("on", "engineer_id", name=op.f("pk_day_terms")),
    )
    op.create_table(
        "learned_rules",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("customer_id", BIG_ID, nullable=False),
        sa.Column("engineer_id", BIG_ID, nullable=True),
        sa.Column("extra_s", sa.Integer(), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.Column("decided_by", BIG_ID, nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_learned_rules_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["people.id"], name=op.f("fk_learned_rules_decided_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["engineer_id"], ["engineers.person_id"], name=op.f("fk_learned_rules_engineer_id_engineers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learned_rules")),
    )
    op.create_index("ix_learned_rules_customer_id", "learned_rules", ["customer_id"])


def downgrade() -> None:
    op.drop_table("learned_rules")
    op.drop_table("day_terms")
