"""Who looks at which day of the board, so that two people see each other."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "board_presences",
        sa.Column("person_id", BIG, autoincrement=False, nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("order_id", BIG, nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_board_presences_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["service_orders.id"], name=op.f("fk_board_presences_order_id_service_orders")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_board_presences")),
    )


def downgrade() -> None:
    op.drop_table("board_presences")
