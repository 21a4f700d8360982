"""Who hears of escalations, questions, their answers, and of summaries that came in."""

from collections.abc import Iterable

from backend.core.clock import SHANGHAI
from backend.core.outbox import Fact
from backend.core.uow import UnitOfWork
from backend.jobs.telling import tell, with_roles
from backend.staff import queries as staff
from backend.visits import thread_queries
from backend.visits.thread_queries import ThreadRow

SHORT = 60


def tell_opened(uow: UnitOfWork, fact: Fact) -> None:
    """An escalation: the technical supervisor, and the assistant where the visit ended; a question: colleagues."""
    row = thread_queries.get(uow, fact.payload["thread_id"])
    subject = _short(row.subject)
    if row.kind == "question":
        zh, en = f"{row.name}问：{subject}", f"{row.name} asks: {subject}"
        _tell(uow, fact, row, with_roles(uow, "technical_supervisor", "engineer"), "question_asked", zh, en)
        return
    wait_zh = "，在现场等答复" if row.on_site else "，今天先离开了"
    wait_en = ", waiting on site" if row.on_site else ", left for today"
    by_zh, by_en = _needed_by(row)
    zh = f"{row.name}上报 {row.customer_name} {row.order_number}：{subject}{wait_zh}{by_zh}"
    en = f"{row.name} escalates {row.order_number} of {row.customer_name}: {subject}{wait_en}{by_en}"
    roles = ("technical_supervisor",) if row.on_site else ("technical_supervisor", "technical_assistant")
    _tell(uow, fact, row, with_roles(uow, *roles), "escalated", zh, en)


def tell_answered(uow: UnitOfWork, fact: Fact) -> None:
    """An answer: whoever asked and whoever took part."""
    row = thread_queries.get(uow, fact.payload["thread_id"])
    last = row.entries[-1]
    who_zh = "系统部" if last.voice == "systems" else last.name
    who_en = "The systems department" if last.voice == "systems" else last.name
    zh = f"{who_zh}答「{_short(row.subject, 24)}」：{_short(last.text)}"
    en = f"{who_en} on “{_short(row.subject, 24)}”: {_short(last.text)}"
    _tell(uow, fact, row, _part(row), "thread_answered", zh, en)


def tell_passed_on(uow: UnitOfWork, fact: Fact) -> None:
    """Passed on to the systems department: the engineer hears who works on it now."""
    row = thread_queries.get(uow, fact.payload["thread_id"])
    zh = f"「{_short(row.subject, 24)}」已转系统部"
    en = f"“{_short(row.subject, 24)}” was passed on to the systems department"
    _tell(uow, fact, row, [row.person_id], "thread_passed_on", zh, en)


def tell_solved(uow: UnitOfWork, fact: Fact) -> None:
    """The end: whoever asked and whoever took part."""
    row = thread_queries.get(uow, fact.payload["thread_id"])
    zh = f"「{_short(row.subject, 24)}」解决了：{_short(row.solution)}"
    en = f"“{_short(row.subject, 24)}” is solved: {_short(row.solution)}"
    _tell(uow, fact, row, _part(row), "thread_solved", zh, en)


def tell_summary(uow: UnitOfWork, fact: Fact) -> None:
    """A summary of hard problems came in: the technical supervisor reads it."""
    who = staff.names(uow).get(fact.payload["person_id"], "")
    tell(
        uow,
        fact,
        with_roles(uow, "technical_supervisor"),
        "summary_submitted",
        zh=f"{who}交来疑难问题总结",
        en=f"{who} sent a summary of hard problems",
        data={"summary_id": fact.payload["summary_id"]},
    )


def _tell(
    uow: UnitOfWork, fact: Fact, row: ThreadRow, people: Iterable[int], kind: str, zh: str, en: str
) -> None:
    data = {"thread_id": row.id} | ({"order_id": row.order_id} if row.order_id else {})
    tell(uow, fact, set(people) - {fact.payload["by"]}, kind, zh=zh, en=en, data=data)


def _needed_by(row: ThreadRow) -> tuple[str, str]:
    """By when he needs an answer, in both languages; empty where he did not say."""
    if row.need_by is None:
        return "", ""
    at = row.need_by.astimezone(SHANGHAI)
    return f"，{at:%m-%d %H:%M} 前要答复", f", needs an answer by {at:%m-%d %H:%M}"


def _part(row: ThreadRow) -> list[int]:
    return [row.person_id, *(entry.person_id for entry in row.entries)]


def _short(text: str, most: int = SHORT) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
