"""People, roles, log-ins, engineers, vehicles."""

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.core.db import Base, UtcDateTime, id_column


class Person(Base):
    """Someone who can log in."""

    __tablename__ = "people"

    id: Mapped[int] = id_column()
    login: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(40))
    phone: Mapped[str | None] = mapped_column(String(30))
    division: Mapped[str | None] = mapped_column(String(40))
    password_hash: Mapped[str] = mapped_column(String(200))
    lang: Mapped[str] = mapped_column(String(5), default="zh")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    roles: Mapped[list["PersonRole"]] = relationship(lazy="selectin", cascade="all, delete-orphan")
    __mapper_args__ = {"version_id_col": version}


class PersonRole(Base):
    """A person holds a role of the domain."""

    __tablename__ = "person_roles"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(30), primary_key=True)


class LoginSession(Base):
    """A browser that is logged in; only the token's hash is kept."""

    __tablename__ = "login_sessions"

    id: Mapped[int] = id_column()
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    user_agent: Mapped[str] = mapped_column(String(200), default="")
    ip: Mapped[str] = mapped_column(String(64), default="")


class DeviceToken(Base):
    """A phone that is logged in: opaque, revocable, with the address of its push service.

    ``phone_uuid`` is the phone's own, the same at each log-in; ``storage_key`` seals what lies on it and is given out
    at log-in only. ``lost_at``: reported lost; ``locked_at``: its first contact after that, which locked it.
    """

    __tablename__ = "device_tokens"

    id: Mapped[int] = id_column()
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    fcm_token: Mapped[str | None] = mapped_column(String(400))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    phone_uuid: Mapped[str | None] = mapped_column(String(36), index=True)
    storage_key: Mapped[str] = mapped_column(String(44), default="")
    lost_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    locked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LoginAttempt(Base):
    """A failed log-in, kept to slow down guessing."""

    __tablename__ = "login_attempts"
    __table_args__ = (
        Index("ix_login_attempts_login_at", "login", "at"),
        Index("ix_login_attempts_ip_at", "ip", "at"),
    )

    id: Mapped[int] = id_column()
    login: Mapped[str] = mapped_column(String(60))
    ip: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Engineer(Base):
    """What the schedule needs to know of an after-sales engineer. Times are seconds since midnight."""

    __tablename__ = "engineers"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    home_address: Mapped[str] = mapped_column(String(200))
    home_lat: Mapped[float]
    home_lon: Mapped[float]
    mode: Mapped[str] = mapped_column(String(20))
    lunch_from_s: Mapped[int] = mapped_column(default=41400)
    lunch_to_s: Mapped[int] = mapped_column(default=48600)
    lunch_s: Mapped[int] = mapped_column(default=2700)
    max_visits: Mapped[int] = mapped_column(default=9)
    max_overtime_s: Mapped[int] = mapped_column(default=3600)
    hourly_fen: Mapped[int] = mapped_column(default=6000)
    active: Mapped[bool] = mapped_column(default=True)
    person: Mapped[Person] = relationship(lazy="joined")
    skills: Mapped[list["EngineerSkill"]] = relationship(lazy="selectin", cascade="all, delete-orphan")
    shifts: Mapped[list["Shift"]] = relationship(lazy="selectin", cascade="all, delete-orphan")


class EngineerSkill(Base):
    """A skill of an engineer with its level, 1 to 3."""

    __tablename__ = "engineer_skills"

    person_id: Mapped[int] = mapped_column(ForeignKey("engineers.person_id"), primary_key=True)
    skill: Mapped[str] = mapped_column(String(30), primary_key=True)
    level: Mapped[int] = mapped_column(default=1)


class Shift(Base):
    """Working hours of an engineer on a weekday (0 Monday … 6 Sunday), seconds since midnight."""

    __tablename__ = "shifts"
    __table_args__ = (UniqueConstraint("person_id", "weekday"),)

    id: Mapped[int] = id_column()
    person_id: Mapped[int] = mapped_column(ForeignKey("engineers.person_id"))
    weekday: Mapped[int]
    start_s: Mapped[int]
    end_s: Mapped[int]


class Absence(Base):
    """Leave, illness or training; whole days, both included."""

    __tablename__ = "absences"

    id: Mapped[int] = id_column()
    person_id: Mapped[int] = mapped_column(ForeignKey("engineers.person_id"), index=True)
    first_on: Mapped[date]
    last_on: Mapped[date]
    kind: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(String(200), default="")


class Vehicle(Base):
    """A company car, or another way of travel that the assistant gives out."""

    __tablename__ = "vehicles"

    id: Mapped[int] = id_column()
    plate: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(20))
    active: Mapped[bool] = mapped_column(default=True)


class VehicleDay(Base):
    """Who has which vehicle on which day."""

    __tablename__ = "vehicle_days"
    __table_args__ = (UniqueConstraint("on", "person_id"),)

    vehicle_id: Mapped[int] = mapped_column(ForeignKey("vehicles.id"), primary_key=True)
    on: Mapped[date] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("engineers.person_id"))


class PlateLimit(Base):
    """尾号限行: which last digits stay out on which weekday, over a period of about 13 weeks.

    ``digits`` are five texts, Monday to Friday, such as "16"; times are seconds since midnight.
    """

    __tablename__ = "plate_limits"

    id: Mapped[int] = id_column()
    first_on: Mapped[date] = mapped_column(unique=True)
    last_on: Mapped[date]
    digits: Mapped[list[str]] = mapped_column(JSON)
    from_s: Mapped[int] = mapped_column(default=25200)
    to_s: Mapped[int] = mapped_column(default=72000)


class Standby(Base):
    """An engineer who can be called on a day outside of his shift."""

    __tablename__ = "standbys"

    person_id: Mapped[int] = mapped_column(ForeignKey("engineers.person_id"), primary_key=True)
    on: Mapped[date] = mapped_column(primary_key=True)
