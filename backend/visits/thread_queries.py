"""Reads of escalations and questions, each only for those who may."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import or_, select

from backend.core.errors import NotFound
from backend.core.paging import Page, chosen, filled, page_by_id
from backend.core.uow import UnitOfWork
from backend.orders import queries as order_queries
from backend.staff import queries as staff
from backend.staff.policy import may
from backend.visits.models import Thread, ThreadEntry, Visit

WHAT = {"zh": "这个问题", "en": "That question"}


@dataclass(frozen=True)
class EntryRow:
    """One word in a thread."""

    id: int
    person_id: int
    name: str
    kind: str
    voice: str
    text: str
    at: datetime


@dataclass(frozen=True)
class ThreadRow:
    """A thread with its entries, oldest first; escalations name their visit and order."""

    id: int
    uuid: str
    kind: str
    person_id: int
    name: str
    visit_id: int | None
    order_id: int | None
    order_number: str
    customer_name: str
    subject: str
    tried: str
    needed: str
    need_by: datetime | None
    on_site: bool
    hard: bool
    level: str
    status: str
    solution: str
    opened_at: datetime
    touched_at: datetime
    solved_at: datetime | None
    entries: tuple[EntryRow, ...]

    def overdue(self, now: datetime) -> bool:
        """True where an answer was needed by now and nobody has given one."""
        return self.status == "open" and self.need_by is not None and self.need_by <= now


def get(uow: UnitOfWork, thread_id: int) -> ThreadRow:
    """One thread that the actor may read. Raises NotFound."""
    thread = uow.session.get(Thread, thread_id)
    if thread is None or not readable(uow, thread):
        raise NotFound(what=WHAT)
    return rows(uow, [thread])[0]


def listing(
    uow: UnitOfWork,
    *,
    show: str = "open",
    kind: str = "",
    text: str = "",
    sort: str = "",
    cursor: str | None = None,
    size: int = 50,
) -> Page[ThreadRow]:
    """Threads that the actor may read, newest first or by one of `SORTS`.

    ``show``: open (without an answer), answered, solved, all.
    """
    query = select(Thread)
    if not (uow.actor.is_system or may(uow.actor.roles, "escalations.read")):
        query = query.where(or_(Thread.kind == "question", Thread.person_id == uow.actor.person_id))
    if show in ("open", "answered", "solved"):
        query = query.where(Thread.status == show)
    if kind:
        query = query.where(Thread.kind == kind)
    if text:
        like = f"%{text.replace('%', '')}%"
        query = query.where(or_(Thread.subject.ilike(like), Thread.solution.ilike(like)))
    by = chosen(SORTS, sort)
    page = page_by_id(uow, query, Thread.id, lambda thread: thread, cursor=cursor, size=size, sort=by)
    return page.holding(rows(uow, page.rows))


SORTS = {
    "need_by": filled(Thread.need_by, datetime(2200, 1, 1, tzinfo=UTC)),
    "opened": Thread.opened_at,
}


def overdue(uow: UnitOfWork, *, since: datetime) -> list[ThreadRow]:
    """Escalations without an answer by the moment at which one was needed, if that came after ``since``; oldest first."""
    query = select(Thread).where(
        Thread.kind == "escalation",
        Thread.status == "open",
        Thread.need_by > since,
        Thread.need_by <= uow.now,
    )
    return rows(uow, uow.session.scalars(query.order_by(Thread.id)).all())


def concerning(uow: UnitOfWork, person_id: int, *, since: datetime, most: int = 30) -> list[ThreadRow]:
    """What an engineer's phone shows: his own threads, and open questions, that were touched since; newest first."""
    mine = Thread.person_id == person_id
    asked = (Thread.kind == "question") & (Thread.status != "solved")
    query = select(Thread).where(or_(mine, asked), Thread.touched_at >= since)
    return rows(
        uow, uow.session.scalars(query.order_by(Thread.touched_at.desc(), Thread.id).limit(most)).all()
    )


def marked(uow: UnitOfWork, person_id: int, *, first: datetime, before: datetime) -> list[ThreadRow]:
    """An engineer's threads of a span of time that were marked as hard problems, oldest first."""
    query = select(Thread).where(
        Thread.person_id == person_id, Thread.hard, Thread.opened_at >= first, Thread.opened_at < before
    )
    return rows(uow, uow.session.scalars(query.order_by(Thread.id)).all())


def readable(uow: UnitOfWork, thread: Thread) -> bool:
    """True where the actor may read the thread."""
    roles = uow.actor.roles
    if uow.actor.is_system or thread.person_id == uow.actor.person_id or may(roles, "escalations.read"):
        return True
    return thread.kind == "question" and may(roles, "questions.ask")


def rows(uow: UnitOfWork, threads: Iterable[Thread]) -> list[ThreadRow]:
    """Threads as rows with their entries."""
    found = list(threads)
    if not found:
        return []
    names = staff.names(uow)
    ids = [thread.id for thread in found]
    entries: dict[int, list[EntryRow]] = {}
    query = select(ThreadEntry).where(ThreadEntry.thread_id.in_(ids)).order_by(ThreadEntry.id)
    for e in uow.session.scalars(query):
        row = EntryRow(e.id, e.person_id, names.get(e.person_id, "—"), e.kind, e.voice, e.text, e.at)
        entries.setdefault(e.thread_id, []).append(row)
    visit_ids = [thread.visit_id for thread in found if thread.visit_id is not None]
    pairs = uow.session.execute(select(Visit.id, Visit.service_order_id).where(Visit.id.in_(visit_ids))).all()
    order_of: dict[int, int] = {row[0]: row[1] for row in pairs}
    known = order_queries.by_ids(uow, order_of.values())
    made = []
    for thread in found:
        order = known.get(order_of.get(thread.visit_id or 0, 0))
        made.append(
            ThreadRow(
                id=thread.id,
                uuid=thread.uuid,
                kind=thread.kind,
                person_id=thread.person_id,
                name=names.get(thread.person_id, "—"),
                visit_id=thread.visit_id,
                order_id=order.id if order else None,
                order_number=order.number if order else "",
                customer_name=order.short_name if order else "",
                subject=thread.subject,
                tried=thread.tried,
                needed=thread.needed,
                need_by=thread.need_by,
                on_site=thread.on_site,
                hard=thread.hard,
                level=thread.level,
                status=thread.status,
                solution=thread.solution,
                opened_at=thread.opened_at,
                touched_at=thread.touched_at,
                solved_at=thread.solved_at,
                entries=tuple(entries.get(thread.id, ())),
            )
        )
    return made
