"""Plans kept with their problems, pins, and which plan of a day is published."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.core.db import Base, UtcDateTime, id_column


class DayPlan(Base):
    """One answer of the optimizer for one day: problem (gzipped JSON), plan, engine, seed, iterations.

    ``assumed`` is empty but for a copy of the day that was kept from *what if*: what was assumed, by person id.
    """

    __tablename__ = "day_plans"
    __table_args__ = (Index("ix_day_plans_on_id", "on", "id"),)

    id: Mapped[int] = id_column()
    on: Mapped[date]
    job_id: Mapped[int | None] = mapped_column(ForeignKey("jobs.id"), unique=True)
    problem_gz: Mapped[bytes] = mapped_column(LargeBinary)
    plan: Mapped[dict[str, Any]] = mapped_column(JSON)
    violations: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    engine: Mapped[str] = mapped_column(String(40))
    seed: Mapped[int]
    iterations: Mapped[int]
    served: Mapped[int]
    unserved: Mapped[int]
    cost_fen: Mapped[int]
    assumed: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


class ScheduleDay(Base):
    """A day's working plan, its published plan, and a proposal that waits for her answer.

    ``revision`` grows with each change of the working plan, so that a page can say which one it has seen.
    """

    __tablename__ = "schedule_days"

    on: Mapped[date] = mapped_column(primary_key=True)
    working_plan_id: Mapped[int | None] = mapped_column(ForeignKey("day_plans.id"))
    published_plan_id: Mapped[int | None] = mapped_column(ForeignKey("day_plans.id"))
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    proposed_plan_id: Mapped[int | None] = mapped_column(ForeignKey("day_plans.id"))
    revision: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}


class Pin(Base):
    """The assistant's word for an order: this engineer, this start, or both."""

    __tablename__ = "pins"

    service_order_id: Mapped[int] = mapped_column(ForeignKey("service_orders.id"), primary_key=True)
    engineer_id: Mapped[int | None] = mapped_column(ForeignKey("engineers.person_id"))
    start_s: Mapped[int | None]
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


class PlanChange(Base):
    """One change of a day's working plan by hand, with what it was and what it became, so that it can be undone.

    ``order_ids`` are the orders that were meant; ``before`` and ``after`` hold ``placed`` and ``pins`` of every
    order that the change touched, {order: [engineer, start_s] or null}. ``broken`` are the rules that she
    overruled, as sentences, with her reason.
    """

    __tablename__ = "plan_changes"
    __table_args__ = (Index("ix_plan_changes_on_revision", "on", "revision"),)

    id: Mapped[int] = id_column()
    on: Mapped[date]
    revision: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    order_ids: Mapped[list[int]] = mapped_column(JSON)
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)
    broken: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    reason_code: Mapped[str] = mapped_column(String(40), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    undone_revision: Mapped[int | None]


class DayTerms(Base):
    """What differs from an engineer's usual day on one day: no car, so many seconds of overtime more."""

    __tablename__ = "day_terms"

    on: Mapped[date] = mapped_column(primary_key=True)
    engineer_id: Mapped[int] = mapped_column(
        ForeignKey("engineers.person_id"), primary_key=True, autoincrement=False
    )
    no_car: Mapped[bool] = mapped_column(default=False)
    extra_s: Mapped[int] = mapped_column(default=0)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


class LearnedRule(Base):
    """A rule that was suggested from what she did and what visits took, with her word on it.

    ``prefers_engineer``: this customer's visits should be made by ``engineer_id``; ``duration``: visits take
    ``extra_s`` more than planned (less, below 0), those of a customer, in a building, or of a kind of order: one of
    ``customer_id``, ``building`` and ``order_kind`` is set. ``cases`` is how many stood behind it when she decided.
    """

    __tablename__ = "learned_rules"
    __table_args__ = (Index("ix_learned_rules_customer_id", "customer_id"),)

    id: Mapped[int] = id_column()
    kind: Mapped[str] = mapped_column(String(20))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    building: Mapped[str] = mapped_column(String(200), default="", server_default="")
    order_kind: Mapped[str] = mapped_column(String(20), default="", server_default="")
    engineer_id: Mapped[int | None] = mapped_column(ForeignKey("engineers.person_id"))
    extra_s: Mapped[int] = mapped_column(default=0)
    cases: Mapped[int]
    accepted: Mapped[bool]
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CallToMake(Base):
    """A customer to be told on the telephone what has become of his visit, and who has told him.

    ``said`` is what to say, in both languages.
    """

    __tablename__ = "calls_to_make"
    __table_args__ = (Index("ix_calls_to_make_on", "on"),)

    id: Mapped[int] = id_column()
    on: Mapped[date]
    service_order_id: Mapped[int] = mapped_column(ForeignKey("service_orders.id"))
    why: Mapped[str] = mapped_column(String(20))
    said: Mapped[dict[str, str]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    called_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    called_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


class BoardPresence(Base):
    """Who has a day's board open, and which order is selected there; old rows mean nothing."""

    __tablename__ = "board_presences"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True, autoincrement=False)
    on: Mapped[date]
    order_id: Mapped[int | None] = mapped_column(ForeignKey("service_orders.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class OfferDraft(Base):
    """A day's sequences with a place for every agreed order that no plan knows yet, kept for the telephone.

    ``routes`` are order ids by engineer; a draft that is old is brought up to date when it is used.
    """

    __tablename__ = "offer_drafts"

    on: Mapped[date] = mapped_column(primary_key=True)
    routes: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
