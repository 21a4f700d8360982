"""The records of a day for a look, kept in memory as long as nothing in them has changed.

What is kept goes by the day's stamp, the newest mark in the audit trail of what the stamp does not count (people,
vehicles, customers, places), the pins, and the minute. Saving never uses it: it reads the records anew.
"""

import threading
from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, func, select

from backend.appointments import queries as appointments
from backend.core.clock import local_date
from backend.core.ledger import AuditEntry
from backend.core.uow import UnitOfWork
from backend.dispatch import call_list, problem
from backend.dispatch.kept import Kept, Key
from backend.dispatch.models import LearnedRule, Pin, ScheduleDay
from backend.dispatch.problem import DayFacts
from backend.dispatch.queries import running_job
from backend.orders import queries as orders
from backend.staff import queries as staff
from backend.visits import queries as visits

MARKED = ("engineer", "vehicle", "plate_limit", "person", "customer", "site", "site_profile")
OVERLAP = 2000
"""Entries that are looked at again: with PostgreSQL a later number may be seen before an earlier one."""


@dataclass(frozen=True)
class _Seen:
    """How far a database's trail was read, how many entries were looked at, and the newest of a marked kind."""

    checked: int = 0
    looked_at: int = 0
    newest: int = 0


_trails: dict[str, _Seen] = {}
_trails_lock = threading.Lock()
_stamps: Kept[str] = Kept(48)
_facts: Kept[DayFacts] = Kept(24)


def stamp(uow: UnitOfWork, on: date) -> str:
    """A text that changes whenever something changes that the board of a day shows."""
    return _stamp(uow, on, _trail(uow))


def _stamp(uow: UnitOfWork, on: date, seen: _Seen) -> str:
    """Every change but the end of a job is in the trail: nothing new there, and the day's numbers are the same."""
    job = running_job(uow, on) or 0
    if not reads(uow):
        return f"{job}.{_numbers(uow, on)}"
    known: Key = (_database(uow), on, seen.checked, seen.looked_at)
    found = _stamps.get(known)
    if found is None:
        found = _numbers(uow, on)
        _stamps.put(known, found)
    return f"{job}.{found}"


def _numbers(uow: UnitOfWork, on: date) -> str:
    day = uow.session.get(ScheduleDay, on)
    parts: list[object] = [day.revision, day.version] if day is not None else [0, 0]
    windows = appointments.orders_on_day(uow, on)
    parts += [len(windows), appointments.newest_on_day(uow, on), orders.versions(uow, windows)]
    parts += [*visits.versions_on(uow, on), *staff.absences_on(uow, on), *call_list.counts(uow, on)]
    return ".".join(str(part) for part in parts)


def key(uow: UnitOfWork, on: date) -> Key:
    """What a look at a day goes by; equal keys, equal records."""
    pins = uow.session.execute(select(func.count(Pin.service_order_id), func.max(Pin.set_at))).one()
    rules = uow.session.execute(select(func.max(LearnedRule.id), func.max(LearnedRule.ended_at))).one()
    minute = int(uow.now.timestamp()) // 60 if local_date(uow.now) == on else 0
    seen = _trail(uow)
    return (_database(uow), on, _stamp(uow, on, seen), seen.newest, *pins, *rules, minute)


def facts(uow: UnitOfWork, on: date) -> DayFacts:
    """The records of a day, perhaps from memory; whoever may write reads them anew."""
    if not reads(uow):
        return problem.facts(uow, on)
    wanted = key(uow, on)
    found = _facts.get(wanted)
    if found is None:
        found = problem.facts(uow, on)
        _facts.put(wanted, found)
    return found


def newest(uow: UnitOfWork) -> int:
    """The newest entry of the audit trail, in which every change leaves its mark."""
    return uow.session.scalar(select(func.max(AuditEntry.id))) or 0


def reads(uow: UnitOfWork) -> bool:
    """True for a unit of work that can only read: what it sees is kept by the database."""
    return bool(uow.session.get_bind().engine.get_execution_options().get("read_only"))


def _database(uow: UnitOfWork) -> str:
    return str(uow.session.get_bind().engine.url)


def _trail(uow: UnitOfWork) -> _Seen:
    """How far the trail goes by now; only what is new is read."""
    database = _database(uow)
    with _trails_lock:
        seen = _trails.get(database, _Seen())
    marked = case((AuditEntry.entity.in_(MARKED), AuditEntry.id))
    query = select(func.max(AuditEntry.id), func.count(AuditEntry.id), func.max(marked))
    checked, entries, newest = uow.session.execute(query.where(AuditEntry.id > seen.checked - OVERLAP)).one()
    found = _Seen(max(seen.checked, checked or 0), entries, max(seen.newest, newest or 0))
    with _trails_lock:
        _trails[database] = found
    return found
