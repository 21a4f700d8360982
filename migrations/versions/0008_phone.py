"""Lost phones; photos of visits; escalations, questions and summaries of hard problems."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime
from migrations.append_only import protect, unprotect

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("device_tokens", schema=None) as batch_op:
        batch_op.add_column(sa.Column("phone_uuid", sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column("storage_key", sa.String(length=44), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("lost_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("locked_at", UtcDateTime(), nullable=True))
        batch_op.create_index(batch_op.f("ix_device_tokens_phone_uuid"), ["phone_uuid"], unique=False)
    op.create_table(
        "photos",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("visit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("taken_at", UtcDateTime(), nullable=False),
        sa.Column("announced_at", UtcDateTime(), nullable=False),
        sa.Column("arrived_at", UtcDateTime(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("width_px", sa.Integer(), nullable=True),
        sa.Column("height_px", sa.Integer(), nullable=True),
        sa.Column("problem", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_photos_person_id_people")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("fk_photos_visit_id_visits")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photos")),
        sa.UniqueConstraint("uuid", name=op.f("uq_photos_uuid")),
    )
    with op.batch_alter_table("photos", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_photos_visit_id"), ["visit_id"], unique=False)
        batch_op.create_index("ix_photos_status_id", ["status", "id"], unique=False)

    op.create_table(
        "threads",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("visit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("tried", sa.Text(), nullable=False),
        sa.Column("needed", sa.Text(), nullable=False),
        sa.Column("need_by", UtcDateTime(), nullable=True),
        sa.Column("on_site", sa.Boolean(), nullable=False),
        sa.Column("hard", sa.Boolean(), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("solution", sa.Text(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("touched_at", UtcDateTime(), nullable=False),
        sa.Column("solved_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_threads_person_id_people")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("fk_threads_visit_id_visits")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_threads")),
        sa.UniqueConstraint("uuid", name=op.f("uq_threads_uuid")),
    )
    with op.batch_alter_table("threads", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_threads_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_threads_visit_id"), ["visit_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_threads_status"), ["status"], unique=False)
    op.create_table(
        "thread_entries",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("thread_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("voice", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_thread_entries_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["threads.id"], name=op.f("fk_thread_entries_thread_id_threads")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thread_entries")),
        sa.UniqueConstraint("uuid", name=op.f("uq_thread_entries_uuid")),
    )
    with op.batch_alter_table("thread_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_thread_entries_thread_id"), ["thread_id"], unique=False)
    protect("thread_entries")
    op.create_table(
        "problem_summaries",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("submitted_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_problem_summaries_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem_summaries")),
        sa.UniqueConstraint("person_id", "period", "starts_on", name=op.f("uq_problem_summaries_person_id")),
    )
    with op.batch_alter_table("problem_summaries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_problem_summaries_starts_on"), ["starts_on"], unique=False)


def downgrade() -> None:
    unprotect("thread_entries")
    op.drop_table("problem_summaries")
    op.drop_table("thread_entries")
    op.drop_table("threads")
    with op.batch_alter_table("photos", schema=None) as batch_op:
        batch_op.drop_index("ix_photos_status_id")
        batch_op.drop_index(batch_op.f("ix_photos_visit_id"))
    op.drop_table("photos")
    with op.batch_alter_table("device_tokens", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_device_tokens_phone_uuid"))
        for name in ("locked_at", "lost_at", "storage_key", "phone_uuid"):
            batch_op.drop_column(name)
