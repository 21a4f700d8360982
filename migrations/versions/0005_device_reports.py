"""Device quality reports."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device_reports",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("visit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("serial", sa.String(length=40), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("reported_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_device_reports_person_id_people")
        ),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("fk_device_reports_visit_id_visits")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_reports")),
        sa.UniqueConstraint("uuid", name=op.f("uq_device_reports_uuid")),
    )
    with op.batch_alter_table("device_reports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_reports_visit_id"), ["visit_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_device_reports_serial"), ["serial"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("device_reports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_device_reports_serial"))
        batch_op.drop_index(batch_op.f("ix_device_reports_visit_id"))
    op.drop_table("device_reports")
