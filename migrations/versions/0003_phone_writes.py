"""What phones sent, each item once under its own UUID."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "phone_writes",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("device_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("visit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("body", sa.JSON(), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("phone_at", UtcDateTime(), nullable=False),
        sa.Column("happened_at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("clock_off_s", sa.Integer(), nullable=False),
        sa.Column("clock_was_set", sa.Boolean(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decision_note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["people.id"], name=op.f("fk_phone_writes_decided_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device_tokens.id"], name=op.f("fk_phone_writes_device_id_device_tokens")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_phone_writes_person_id_people")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("fk_phone_writes_visit_id_visits")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_writes")),
        sa.UniqueConstraint("uuid", name=op.f("uq_phone_writes_uuid")),
    )
    with op.batch_alter_table("phone_writes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_phone_writes_person_id"), ["person_id"], unique=False)
        batch_op.create_index("ix_phone_writes_visit_status", ["visit_id", "status"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("phone_writes", schema=None) as batch_op:
        batch_op.drop_index("ix_phone_writes_visit_status")
        batch_op.drop_index(batch_op.f("ix_phone_writes_person_id"))
    op.drop_table("phone_writes")
