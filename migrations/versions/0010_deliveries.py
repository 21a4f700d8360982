"""One table of what goes out by any channel, Web Push subscriptions, what each person chose about news."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COPY_PUSHES = """
INSERT INTO deliveries (key, channel, kind, urgent, text, data, person_id, device_id, inbox_item_id, created_at,
  useful_until, status, tries, not_before, ended_at, detail)
SELECT 'inbox:' || i.id || ':fcm:' || p.device_id, 'fcm', i.kind, :no, i.zh, '{}', i.person_id, p.device_id, i.id,
  i.created_at, i.created_at, CASE p.status WHEN 'delivered' THEN 'sent' WHEN 'unregistered' THEN 'gone'
  WHEN 'waiting' THEN 'stale' ELSE p.status END, p.attempts, NULL, i.created_at, p.detail
FROM push_attempts p JOIN inbox_items i ON i.id = p.inbox_item_id
"""
COPY_MESSAGES = """
INSERT INTO deliveries (key, channel, kind, urgent, text, data, customer_message_id, created_at, useful_until, status,
  tries, not_before, ended_at, detail)
SELECT 'customer:' || m.fact_key, 'sms', m.kind, :yes, m.text, '{}', m.id, m.created_at, m.useful_until,
  CASE WHEN m.status = 'sent' AND m.sent_by IS NOT NULL THEN 'dropped' ELSE m.status END, m.attempts, m.not_before,
  CASE m.status WHEN 'waiting' THEN NULL ELSE COALESCE(m.sent_at, m.created_at) END, m.detail
FROM customer_messages m
"""


def upgrade() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("person_id", BIG_ID, nullable=True),
        sa.Column("device_id", BIG_ID, nullable=True),
        sa.Column("inbox_item_id", BIG_ID, nullable=True),
        sa.Column("customer_message_id", BIG_ID, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("useful_until", UtcDateTime(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("detail", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_deliveries_person_id_people")),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device_tokens.id"], name=op.f("fk_deliveries_device_id_device_tokens")
        ),
        sa.ForeignKeyConstraint(
            ["inbox_item_id"], ["inbox_items.id"], name=op.f("fk_deliveries_inbox_item_id_inbox_items")
        ),
        sa.ForeignKeyConstraint(
            ["customer_message_id"],
            ["customer_messages.id"],
            name=op.f("fk_deliveries_customer_message_id_customer_messages"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("key", name=op.f("uq_deliveries_key")),
    )
    op.create_index("ix_deliveries_status_channel", "deliveries", ["status", "channel"])
    op.create_index(op.f("ix_deliveries_inbox_item_id"), "deliveries", ["inbox_item_id"])
    op.create_index(op.f("ix_deliveries_customer_message_id"), "deliveries", ["customer_message_id"])
    op.create_table(
        "push_subscriptions",
        sa.Column("device_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("endpoint_hash", sa.String(length=64), nullable=False),
        sa.Column("p256dh", sa.String(length=100), nullable=False),
        sa.Column("auth", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device_tokens.id"], name=op.f("fk_push_subscriptions_device_id_device_tokens")
        ),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_push_subscriptions")),
        sa.UniqueConstraint("endpoint_hash", name=op.f("uq_push_subscriptions_endpoint_hash")),
    )
    op.create_table(
        "news_preferences",
        sa.Column("person_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("quiet", sa.Boolean(), nullable=False),
        sa.Column("quiet_from_s", sa.Integer(), nullable=False),
        sa.Column("quiet_to_s", sa.Integer(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_news_preferences_person_id_people")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_news_preferences")),
    )
    op.execute(sa.text(COPY_PUSHES).bindparams(no=False))
    op.execute(sa.text(COPY_MESSAGES).bindparams(yes=True))
    op.drop_table("push_attempts")
    with op.batch_alter_table("customer_messages") as batch:
        batch.drop_column("attempts")
        batch.drop_column("not_before")


def downgrade() -> None:
    with op.batch_alter_table("customer_messages") as batch:
        batch.add_column(sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("not_before", UtcDateTime(), nullable=True))
    op.create_table(
        "push_attempts",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("inbox_item_id", BIG_ID, nullable=False),
        sa.Column("device_id", BIG_ID, nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=True),
        sa.Column("detail", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device_tokens.id"], name=op.f("fk_push_attempts_device_id_device_tokens")
        ),
        sa.ForeignKeyConstraint(
            ["inbox_item_id"], ["inbox_items.id"], name=op.f("fk_push_attempts_inbox_item_id_inbox_items")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_attempts")),
        sa.UniqueConstraint("inbox_item_id", "device_id", name=op.f("uq_push_attempts_inbox_item_id")),
    )
    op.drop_table("news_preferences")
    op.drop_table("push_subscriptions")
    op.drop_table("deliveries")
