"""Escalations (R19) and questions of colleagues (R21): what was asked, each answer with its time, and the end.

An escalation goes to the technical supervisor, who may pass it to the systems department; that department has no
accounts, so he writes down what it says as its voice. An engineer who stays on site keeps his visit; one who gives up
for today makes the move ``escalate``, and the end of the thread brings the order back to be appointed.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from backend.core.clock import SHANGHAI
from backend.core.errors import DomainError, Missing, NotAllowed, NotFound
from backend.core.uow import Duplicate, UnitOfWork
from backend.orders import actions as orders
from backend.orders import queries as order_queries
from backend.staff.policy import may, require
from backend.visits.models import Thread, ThreadEntry, Visit
from backend.visits.thread_queries import WHAT, ThreadRow, get, readable, rows

ESCALATED = "escalated"
"""Reason of the outcome of a visit whose problem went on without the engineer."""
LONGEST = 2000
LATEST_NEED = timedelta(days=30)
"""What is needed later than that is no escalation of today's visit."""
SUBJECT = {"zh": "问题", "en": "what is wrong"}
TRIED = {"zh": "试过什么", "en": "what was tried"}
ANSWER = {"zh": "回答", "en": "the answer"}
SOLUTION = {"zh": "怎么解决的", "en": "the solution"}


class AlreadySolved(DomainError):
    """The thread has ended."""

    code = "already_solved"
    kind = "conflict"
    zh = "这个问题已经解决了，要接着问请另开一个"
    en = "This was solved already; open another one to go on"


class VisitOver(DomainError):
    """The visit has ended, so nobody waits on site."""

    code = "visit_over"
    kind = "conflict"
    zh = "这一单已经不在进行，不能从这里上报；可以在「问答」里提问"
    en = "This visit is over; ask a question instead"


class BadNeedBy(DomainError):
    """An answer wanted by a moment that was over when it was asked for, or that lies very far away."""

    code = "bad_need_by"
    zh = "要答复的时间「{value}」不对：要晚于上报的时间，最多 {days} 天以后。请改一下再发"
    en = "An answer by “{value}” cannot be: it must be after the escalation and within {days} days. Change it and send again"


def escalate(
    uow: UnitOfWork,
    *,
    visit_id: int,
    uuid: str,
    subject: str,
    tried: str,
    needed: str = "",
    need_by: datetime | None = None,
    on_site: bool = True,
    hard: bool = False,
    at: datetime | None = None,
) -> ThreadRow:
    """Tell the technical supervisor what an engineer cannot solve at his visit. Safe to repeat under the ``uuid``.

    ``on_site``: he stays there and waits for an answer; else the visit ends and the order is escalated. ``need_by``
    is measured at the moment of the press: an escalation that waited in the phone may be past it when it arrives.
    Raises NotFound, VisitOver, Missing, BadNeedBy, WrongState.
    """
    same = _by_uuid(uow, uuid)
    if same is not None:
        return same
    if "engineer" not in uow.actor.roles:
        raise NotAllowed()
    visit = uow.session.get(Visit, visit_id, with_for_update=True)
    if visit is None or visit.engineer_id != uow.actor.person_id:
        raise NotFound(what={"zh": "这次上门", "en": "That visit"})
    if visit.outcome is not None or visit.accepted_at is None:
        raise VisitOver()
    subject, tried = _text(subject, SUBJECT), _text(tried, TRIED)
    opened_at = min(at or uow.now, uow.now)
    if need_by is not None and not opened_at < need_by <= opened_at + LATEST_NEED:
        value = f"{need_by.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
        raise BadNeedBy(value=value, days=LATEST_NEED.days, errors=[{"field": "need_by", "zh": "", "en": ""}])
    if not on_site:
        orders.move(uow, visit.service_order_id, "escalate", note=subject[:400])
        visit.outcome, visit.outcome_reason, visit.ended_at = "failed", ESCALATED, uow.now
        uow.emit("visit_escalated", visit_id=visit.id)
    return _open(
        uow,
        uuid=uuid,
        kind="escalation",
        visit_id=visit_id,
        subject=subject,
        tried=tried,
        needed=needed.strip()[:LONGEST],
        need_by=need_by,
        on_site=on_site,
        hard=hard,
        opened_at=opened_at,
    )


def ask(uow: UnitOfWork, *, uuid: str, subject: str, at: datetime | None = None) -> ThreadRow:
    """Ask the engineers and the technical supervisor something. Safe to repeat under the ``uuid``."""
    require(uow.actor, "questions.ask")
    same = _by_uuid(uow, uuid)
    if same is not None:
        return same
    return _open(
        uow,
        uuid=uuid,
        kind="question",
        subject=_text(subject, SUBJECT),
        tried="",
        needed="",
        opened_at=min(at or uow.now, uow.now),
    )


def answer(
    uow: UnitOfWork, *, thread_id: int, uuid: str, text: str, voice: str = "own", at: datetime | None = None
) -> ThreadRow:
    """Say something in a thread; ``voice`` systems is what the systems department said. Safe to repeat.

    The asker's own words leave it open. Raises NotFound, NotAllowed, AlreadySolved, Missing.
    """
    thread = _writable(uow, thread_id, uuid)
    if thread is None:
        return get(uow, thread_id)
    if voice == "systems":
        require(uow.actor, "escalations.answer")
    _say(uow, thread, uuid, "answer", _text(text, ANSWER), at, voice)
    thread.status = "open" if thread.person_id == uow.actor.person_id and voice == "own" else "answered"
    uow.emit("thread_answered", thread_id=thread.id, by=uow.actor.person_id)
    return _done(uow, thread)


def pass_on(uow: UnitOfWork, *, thread_id: int, uuid: str, text: str = "") -> ThreadRow:
    """The technical supervisor passes an escalation to the systems department. Safe to repeat."""
    require(uow.actor, "escalations.answer")
    thread = _writable(uow, thread_id, uuid)
    if thread is None or thread.level == "systems":
        return get(uow, thread_id)
    if thread.kind != "escalation":
        raise NotFound(what=WHAT)
    thread.level, thread.status = "systems", "open"
    _say(uow, thread, uuid, "passed_on", text.strip()[:LONGEST], None, "own")
    uow.emit("thread_passed_on", thread_id=thread.id, by=uow.actor.person_id)
    return _done(uow, thread)


def solve(
    uow: UnitOfWork,
    *,
    thread_id: int,
    uuid: str,
    text: str,
    hard: bool | None = None,
    at: datetime | None = None,
) -> ThreadRow:
    """End a thread with its solution: by who asked or by the technical supervisor. Safe to repeat.

    An escalated order goes back to be appointed, which is the supervisor's to say. ``hard`` marks it for the
    engineer's summary. Raises NotFound, NotAllowed, AlreadySolved, Missing.
    """
    thread = _writable(uow, thread_id, uuid)
    if thread is None:
        return get(uow, thread_id)
    lead = may(uow.actor.roles, "escalations.answer")
    if thread.person_id != uow.actor.person_id and not lead:
        raise NotAllowed()
    thread.solution = _text(text, SOLUTION)
    thread.status, thread.solved_at = "solved", uow.now
    thread.hard = thread.hard if hard is None else hard
    _say(uow, thread, uuid, "solved", thread.solution, at, "own")
    if lead and thread.visit_id is not None and not thread.on_site:
        order_id = uow.session.get_one(Visit, thread.visit_id).service_order_id
        if order_queries.get(uow, order_id).status == "escalated":
            orders.move(uow, order_id, "resume", note=thread.solution[:400])
    uow.emit("thread_solved", thread_id=thread.id, by=uow.actor.person_id)
    return _done(uow, thread)


def _open(uow: UnitOfWork, **values: Any) -> ThreadRow:
    thread = Thread(
        person_id=uow.actor.person_id, level="team", status="open", solution="", touched_at=uow.now, **values
    )
    uow.session.add(thread)
    uow.flush()
    need_by = {"need_by": thread.need_by.isoformat()} if thread.need_by else {}
    after = {"kind": thread.kind, "subject": thread.subject[:200], **need_by}
    uow.audit("thread", thread.id, "opened", after=after)
    uow.emit("thread_opened", thread_id=thread.id, by=uow.actor.person_id)
    return rows(uow, [thread])[0]


def _writable(uow: UnitOfWork, thread_id: int, uuid: str) -> Thread | None:
    """The thread to write in, or None where this very word was written before. Raises what reading and an end raise."""
    thread = uow.session.get(Thread, thread_id, with_for_update=True)
    if thread is None or not readable(uow, thread):
        raise NotFound(what=WHAT)
    mine = thread.person_id == uow.actor.person_id
    needed = "escalations.answer" if thread.kind == "escalation" else "questions.answer"
    if not mine and not may(uow.actor.roles, needed):
        raise NotAllowed()
    entry = uow.session.scalars(select(ThreadEntry).where(ThreadEntry.uuid == uuid)).one_or_none()
    if entry is not None:
        if (entry.person_id, entry.thread_id) != (uow.actor.person_id, thread_id):
            raise Duplicate()
        return None
    if thread.status == "solved":
        raise AlreadySolved()
    return thread


def _say(
    uow: UnitOfWork, thread: Thread, uuid: str, kind: str, text: str, at: datetime | None, voice: str
) -> None:
    when = min(at or uow.now, uow.now)
    uow.session.add(
        ThreadEntry(
            uuid=uuid,
            thread_id=thread.id,
            person_id=uow.actor.person_id,
            kind=kind,
            voice=voice,
            text=text,
            at=max(when, thread.opened_at),
        )
    )
    thread.touched_at = uow.now
    uow.audit("thread", thread.id, kind, after={"text": text[:200]})


def _done(uow: UnitOfWork, thread: Thread) -> ThreadRow:
    uow.flush()
    return get(uow, thread.id)


def _by_uuid(uow: UnitOfWork, uuid: str) -> ThreadRow | None:
    found = uow.session.scalars(select(Thread).where(Thread.uuid == uuid)).one_or_none()
    if found is None:
        return None
    if found.person_id != uow.actor.person_id:
        raise Duplicate()
    return rows(uow, [found])[0]


def _text(text: str, field: dict[str, str]) -> str:
    text = text.strip()
    if not text:
        raise Missing(field=field)
    return text[:LONGEST]
