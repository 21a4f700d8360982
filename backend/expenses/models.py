"""Transport claims: one engineer's one day, with a line for each trip."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.core.db import Base, UtcDateTime, id_column


class Claim(Base):
    """What an engineer claims for the trips of a day; ``status`` moves through `backend.expenses.states.CLAIM`."""

    __tablename__ = "claims"
    __table_args__ = (UniqueConstraint("engineer_id", "on"),)

    id: Mapped[int] = id_column()
    engineer_id: Mapped[int] = mapped_column(ForeignKey("engineers.person_id"))
    on: Mapped[date] = mapped_column(index=True)
    status: Mapped[str] = mapped_column(String(20), index=True)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    checked_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    return_reason: Mapped[str] = mapped_column(String(200), default="")
    version: Mapped[int] = mapped_column(default=1)
    trips: Mapped[list["Trip"]] = relationship(back_populates="claim", order_by="Trip.id", lazy="selectin")
    __mapper_args__ = {"version_id_col": version}


class Trip(Base):
    """A leg that was travelled to a visit, what it should have cost and what is claimed for it."""

    __tablename__ = "trips"

    id: Mapped[int] = id_column()
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), index=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"), unique=True)
    mode: Mapped[str] = mapped_column(String(20))
    from_text: Mapped[str] = mapped_column(String(200))
    to_text: Mapped[str] = mapped_column(String(200))
    distance_m: Mapped[int]
    expected_fen: Mapped[int]
    claimed_fen: Mapped[int]
    note: Mapped[str] = mapped_column(String(200), default="")
    claim: Mapped[Claim] = relationship(back_populates="trips")
