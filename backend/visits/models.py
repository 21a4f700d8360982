"""What happens on site: visits with their stamps, feedback cards."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.core.db import Base, UtcDateTime, id_column


class Visit(Base):
    """One engineer's going to one service order on one day. Plan times are seconds since midnight.

    ``outcome`` is empty while the visit lives; done, failed (nobody there, …) or withdrawn (re-planned) after.
    """

    __tablename__ = "visits"
    __table_args__ = (
        Index("ix_visits_engineer_on", "engineer_id", "on"),
        Index("ix_visits_on_outcome", "on", "outcome"),
    )

    id: Mapped[int] = id_column()
    service_order_id: Mapped[int] = mapped_column(ForeignKey("service_orders.id"), index=True)
    engineer_id: Mapped[int] = mapped_column(ForeignKey("engineers.person_id"))
    on: Mapped[date]
    sequence: Mapped[int]
    window_from_s: Mapped[int]
    window_to_s: Mapped[int]
    arrive_s: Mapped[int]
    start_s: Mapped[int]
    end_s: Mapped[int]
    mode: Mapped[str] = mapped_column(String(20))
    travel_s: Mapped[int]
    travel_m: Mapped[int]
    travel_fen: Mapped[int] = mapped_column(default=0)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    set_out_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    signed_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sign_in_lat: Mapped[float | None]
    sign_in_lon: Mapped[float | None]
    sign_in_accuracy_m: Mapped[float | None]
    sign_in_note: Mapped[str] = mapped_column(String(200), default="")
    finish_lat: Mapped[float | None]
    finish_lon: Mapped[float | None]
    card_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    cause_code: Mapped[str | None] = mapped_column(String(40))
    cause_text: Mapped[str] = mapped_column(Text, default="")
    cause_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cause_decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cause_decided_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    cause_granted: Mapped[bool | None]
    cause_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str | None] = mapped_column(String(20))
    outcome_reason: Mapped[str] = mapped_column(String(200), default="")
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    card: Mapped["Card | None"] = relationship(back_populates="visit", lazy="select")
    __mapper_args__ = {"version_id_col": version}


class Card(Base):
    """技术服务反馈卡. The phone makes ``uuid``; the fields are `backend.visits.fields.CARD_FIELDS`."""

    __tablename__ = "cards"

    id: Mapped[int] = id_column()
    uuid: Mapped[str] = mapped_column(String(36), unique=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"), unique=True)
    status: Mapped[str] = mapped_column(String(20), index=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    signature_png: Mapped[bytes | None] = mapped_column(LargeBinary)
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    first_submitted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    late: Mapped[bool] = mapped_column(default=False)
    return_reason: Mapped[str] = mapped_column(Text, default="")
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    checked_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    version: Mapped[int] = mapped_column(default=1)
    visit: Mapped[Visit] = relationship(back_populates="card", lazy="select")
    __mapper_args__ = {"version_id_col": version}


class PhoneWrite(Base):
    """One item of a phone's outbox as the server got it, under the UUID that the phone made.

    ``status``: done; refused (the engineer is told why and may send it again); kept (the visit was given to
    someone else meanwhile: the content is evidence, ``decision`` is the assistant's); set_aside and used after.
    """

    __tablename__ = "phone_writes"
    __table_args__ = (Index("ix_phone_writes_visit_status", "visit_id", "status"),)

    id: Mapped[int] = id_column()
    uuid: Mapped[str] = mapped_column(String(36), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device_tokens.id"))
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visits.id"))
    kind: Mapped[str] = mapped_column(String(40))
    body: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    status: Mapped[str] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(40), default="")
    phone_at: Mapped[datetime] = mapped_column(UtcDateTime)
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    clock_off_s: Mapped[int]
    clock_was_set: Mapped[bool] = mapped_column(default=False)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    decision_note: Mapped[str] = mapped_column(Text, default="")


class DeviceReport(Base):
    """拨号器质量信息: what an engineer says of a dialer; the phone makes ``uuid``."""

    __tablename__ = "device_reports"

    id: Mapped[int] = id_column()
    uuid: Mapped[str] = mapped_column(String(36), unique=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    serial: Mapped[str] = mapped_column(String(40), index=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    reported_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SignCode(Base):
    """签收码: a code that the customer's telephone got, as a salted hash; once told it signs the visit's card."""

    __tablename__ = "sign_codes"

    id: Mapped[int] = id_column()
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    sent_to: Mapped[str] = mapped_column(String(20))
    salt: Mapped[str] = mapped_column(String(16))
    code_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tries_left: Mapped[int]
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Photo(Base):
    """A photo of a visit under the UUID that the phone made; its bytes are in `backend.adapters.photo_folder`.

    ``status``: coming (pieces arrive), arrived, ready (re-encoded, may be seen), unusable (``problem`` says why).
    """

    __tablename__ = "photos"
    __table_args__ = (Index("ix_photos_status_id", "status", "id"),)

    id: Mapped[int] = id_column()
    uuid: Mapped[str] = mapped_column(String(36), unique=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    purpose: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20), default="coming")
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), default="")
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
    announced_at: Mapped[datetime] = mapped_column(UtcDateTime)
    arrived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    width_px: Mapped[int | None]
    height_px: Mapped[int | None]
    problem: Mapped[str] = mapped_column(String(40), default="")


class Thread(Base):
    """What somebody could not solve alone: an escalation of a visit, or a question to colleagues.

    ``level``: team, or systems once it was passed on; ``status``: open, answered, solved.
    """

    __tablename__ = "threads"

    id: Mapped[int] = id_column()
    uuid: Mapped[str] = mapped_column(String(36), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visits.id"), index=True)
    subject: Mapped[str] = mapped_column(Text)
    tried: Mapped[str] = mapped_column(Text, default="")
    needed: Mapped[str] = mapped_column(Text, default="")
    need_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    on_site: Mapped[bool] = mapped_column(default=False)
    hard: Mapped[bool] = mapped_column(default=False)
    level: Mapped[str] = mapped_column(String(20), default="team")
    status: Mapped[str] = mapped_column(String(20), index=True)
    solution: Mapped[str] = mapped_column(Text, default="")
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    touched_at: Mapped[datetime] = mapped_column(UtcDateTime)
    solved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}


class ThreadEntry(Base):
    """One word in a thread; ``voice`` is systems where it is what the systems department said. Never changed."""

    __tablename__ = "thread_entries"

    id: Mapped[int] = id_column()
    uuid: Mapped[str] = mapped_column(String(36), unique=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("threads.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str] = mapped_column(String(20))
    voice: Mapped[str] = mapped_column(String(20), default="own")
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ProblemSummary(Base):
    """疑难问题总结: an engineer's summary of a week or a month, with the problems that it was collected from."""

    __tablename__ = "problem_summaries"
    __table_args__ = (UniqueConstraint("person_id", "period", "starts_on"),)

    id: Mapped[int] = id_column()
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    period: Mapped[str] = mapped_column(String(10))
    starts_on: Mapped[date] = mapped_column(index=True)
    problems: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    text: Mapped[str] = mapped_column(Text)
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    late: Mapped[bool] = mapped_column(default=False)
