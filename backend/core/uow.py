"""The unit of work: one transaction for a request, a job or a command."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from backend.core.clock import Clock
from backend.core.db import writers_line
from backend.core.errors import DomainError, Stale
from backend.core.ledger import AuditEntry, OutboxMessage


@dataclass(frozen=True)
class Actor:
    """Who acts: a person with roles, or the system itself (``person_id`` None, every role)."""

    person_id: int | None
    name: str
    roles: frozenset[str]
    via: str = "web"
    request_id: str | None = None

    @property
    def is_system(self) -> bool:
        """True for jobs and commands that act in nobody's name."""
        return self.person_id is None and self.via != "anonymous"

    def has_any(self, roles: frozenset[str]) -> bool:
        """True where the actor holds one of the roles, or is the system."""
        return self.is_system or bool(self.roles & roles)


DEADLOCK = "40P01"
SYSTEM = Actor(None, "paidan", frozenset(), via="system")
ANONYMOUS = Actor(None, "anonymous", frozenset(), via="anonymous")


class Duplicate(DomainError):
    """A unique value is taken, usually because two people saved the same thing at once."""

    code = "duplicate"
    kind = "conflict"
    zh = "同样的记录已经有了，没有再存一遍"
    en = "The same record exists already; it was not stored twice"


class UnitOfWork:
    """An open transaction with its actor and its moment. Actions use it; only `Transactions` commits it."""

    def __init__(self, session: Session, actor: Actor, now: datetime) -> None:
        self.session = session
        self.actor = actor
        self.now = now

    def audit(
        self,
        entity: str,
        entity_id: int | str,
        action: str,
        *,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
    ) -> None:
        """Write down that the actor did ``action`` to a record, with the changed values."""
        self.session.add(
            AuditEntry(
                at=self.now,
                person_id=self.actor.person_id,
                actor=self.actor.name,
                via=self.actor.via,
                entity=entity,
                entity_id=str(entity_id),
                action=action,
                before=before,
                after=after,
                request_id=self.actor.request_id,
            )
        )

    def emit(self, name: str, **payload: Any) -> None:
        """Put a fact in past tense into the outbox; it is handed on after the commit, at least once."""
        self.session.add(OutboxMessage(name=name, payload=payload, created_at=self.now, attempts=0))

    def lock(self, name: str) -> None:
        """Wait until nobody else holds the lock of that name; it is held to the end of the transaction.

        For rules that no single row carries, such as "one customer for each tax number". SQLite has one
        writer at a time, who needs no further lock.
        """
        if self.session.get_bind().dialect.name == "postgresql":
            self.session.execute(
                text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name}
            )

    def flush(self) -> None:
        """Send pending changes to the database now, to learn keys or to meet constraints."""
        self.session.flush()


class Transactions:
    """Opens units of work on one engine with one clock."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self.engine = engine
        self.clock = clock
        self._read_engine = engine.execution_options(read_only=True)
        self._turns = writers_line(engine)

    @contextmanager
    def begin(self, actor: Actor) -> Iterator[UnitOfWork]:
        """A writing unit of work: commits at the end of the block, rolls back on any error.

        Raises Stale where a record was changed by someone else meanwhile, or where two waited for each other
        and this one was given up; Duplicate where a unique value is taken.
        """
        with self._turns.mine(), Session(self.engine, expire_on_commit=False) as session:
            try:
                yield UnitOfWork(session, actor, self.clock.now())
                session.commit()
            except StaleDataError as exc:
                session.rollback()
                raise Stale() from exc
            except IntegrityError as exc:
                session.rollback()
                if _is_unique_violation(exc):
                    raise Duplicate() from exc
                raise
            except OperationalError as exc:
                session.rollback()
                if getattr(exc.orig, "sqlstate", None) == DEADLOCK:
                    raise Stale() from exc
                raise
            except BaseException:
                session.rollback()
                raise

    @contextmanager
    def read(self, actor: Actor) -> Iterator[UnitOfWork]:
        """A reading unit of work: nothing is ever committed."""
        with Session(self._read_engine, autoflush=False) as session:
            try:
                yield UnitOfWork(session, actor, self.clock.now())
            finally:
                session.rollback()


def _is_unique_violation(exc: IntegrityError) -> bool:
    """PostgreSQL says SQLSTATE 23505; SQLite says it in words."""
    return getattr(exc.orig, "sqlstate", None) == "23505" or "UNIQUE constraint" in str(exc.orig)
