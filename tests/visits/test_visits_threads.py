"""Escalations, questions and summaries on both databases: who may, who hears of it, where the order goes."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from backend.core import audit
from backend.core.clock import FixedClock
from backend.core.errors import DomainError, Missing, NotAllowed, NotFound
from backend.core.states import WrongState
from backend.core.uow import Duplicate
from backend.jobs.reminding import remind
from backend.notifications import queries as inbox
from backend.orders import actions as orders
from backend.orders import queries as order_queries
from backend.visits import actions as visits
from backend.visits import queries, summaries, thread_queries, threads
from tests.support.office import CARD, DAY, PNG, Office, call


def accepted(office: Office, who: str = "engineer") -> tuple[int, int]:
    """An accepted visit; its order and its own id."""
    order_id = office.repair()
    visit_id = office.visit(order_id, who)
    office.do(who, call(visits.accept, visit_id=visit_id))
    return order_id, visit_id


def escalated(office: Office, visit_id: int, **changes: Any) -> thread_queries.ThreadRow:
    """An escalation of the engineer's visit."""
    given = {"uuid": str(uuid4()), "subject": "分机侧拨不出长途", "tried": "换线、重置、换设备", **changes}
    row: thread_queries.ThreadRow = office.do("engineer", call(threads.escalate, visit_id=visit_id, **given))
    return row


def told(office: Office, who: str) -> list[str]:
    """The kinds of a person's messages, oldest first."""
    office.relay()
    rows = office.see(lambda uow: inbox.inbox(uow, office.ids[who]).rows)
    return [item.kind for item in reversed(rows) if item.kind not in ("card_submitted", "card_due")]


def status(office: Office, order_id: int) -> str:
    return str(office.see(lambda uow: order_queries.get(uow, order_id)).status)


def test_he_stays_on_site_and_gets_an_answer(office: Office) -> None:
    order_id, visit_id = accepted(office)
    row = escalated(office, visit_id)
    assert escalated(office, visit_id, uuid=row.uuid) == row, "sent twice is one"
    assert status(office, order_id) == "accepted"
    assert told(office, "technical_supervisor") == ["escalated"]
    assert told(office, "technical_assistant") == []
    word = str(uuid4())
    for _ in range(2):
        found = office.do(
            "technical_supervisor", call(threads.answer, thread_id=row.id, uuid=word, text="看出局号设置")
        )
    assert (found.status, [e.text for e in found.entries]) == ("answered", ["看出局号设置"])
    assert told(office, "engineer") == ["thread_answered"]
    office.do("engineer", call(threads.answer, thread_id=row.id, uuid=str(uuid4()), text="改了还是不行"))
    assert office.do("engineer", lambda uow: thread_queries.get(uow, row.id)).status == "open"
    office.do("technical_supervisor", call(threads.pass_on, thread_id=row.id, uuid=str(uuid4())))
    said = {"thread_id": row.id, "uuid": str(uuid4()), "text": "系统侧放开了权限", "voice": "systems"}
    found = office.do("technical_supervisor", call(threads.answer, **said))
    assert (found.level, found.entries[-1].voice) == ("systems", "systems")
    found = office.do(
        "engineer", call(threads.solve, thread_id=row.id, uuid=str(uuid4()), text="放开权限就通", hard=True)
    )
    assert (found.status, found.hard) == ("solved", True)
    with pytest.raises(threads.AlreadySolved):
        office.do("engineer", call(threads.answer, thread_id=row.id, uuid=str(uuid4()), text="还有"))
    assert told(office, "engineer") == ["thread_answered", "thread_passed_on", "thread_answered"]
    assert status(office, order_id) == "accepted"


def test_he_gives_up_for_today_and_the_order_comes_back(office: Office) -> None:
    order_id, visit_id = accepted(office)
    row = escalated(office, visit_id, on_site=False)
    assert status(office, order_id) == "escalated"
    visit = office.see(lambda uow: queries.get(uow, visit_id))
    assert (visit.outcome, visit.outcome_reason, visit.card_missing) == ("failed", "escalated", False)
    assert told(office, "technical_assistant") == ["escalated"]
    office.do("engineer", call(threads.solve, thread_id=row.id, uuid=str(uuid4()), text="想到了"))
    assert status(office, order_id) == "escalated", "only the supervisor gives it back to be appointed"
    other_order, other_visit = accepted(office)
    other = escalated(office, other_visit, on_site=False)
    office.do(
        "technical_supervisor", call(threads.solve, thread_id=other.id, uuid=str(uuid4()), text="带 E1 板去")
    )
    assert status(office, other_order) == "approved"
    office.visit(other_order, "engineer2")


def test_a_visit_that_is_over_is_not_escalated(office: Office) -> None:
    order_id, visit_id = accepted(office)
    office.do("engineer", call(visits.set_out, visit_id=visit_id))
    office.do("engineer", call(visits.fail, visit_id=visit_id, reason_code="nobody"))
    with pytest.raises(threads.VisitOver):
        escalated(office, visit_id)
    assert status(office, order_id) == "approved"


@pytest.mark.parametrize(
    ("who", "refusal"),
    [("engineer2", NotFound), ("technical_assistant", NotAllowed), ("technical_supervisor", NotAllowed)],
)
def test_only_his_own(office: Office, who: str, refusal: type[DomainError]) -> None:
    _, visit_id = accepted(office)
    given = {"visit_id": visit_id, "uuid": str(uuid4()), "subject": "x", "tried": "y"}
    with pytest.raises(refusal):
        office.do(who, call(threads.escalate, **given))


def test_who_reads_and_writes_an_escalation(office: Office) -> None:
    _, visit_id = accepted(office)
    row = escalated(office, visit_id)

    def may_read(who: str) -> bool:
        try:
            office.do(who, lambda uow: thread_queries.get(uow, row.id))
        except NotFound:
            return False
        return True

    readers = [who for who in office.ids if may_read(who)]
    assert sorted(readers) == ["engineer", "manager", "technical_assistant", "technical_supervisor"]
    for who in ("manager", "technical_assistant"):
        with pytest.raises(NotAllowed):
            office.do(who, call(threads.answer, thread_id=row.id, uuid=str(uuid4()), text="我来"))
    with pytest.raises(Missing):
        office.do("technical_supervisor", call(threads.answer, thread_id=row.id, uuid=str(uuid4()), text=" "))


def test_a_question_of_a_colleague(office: Office) -> None:
    row = office.do("rep_care", call(threads.ask, uuid=str(uuid4()), subject="客户问 E1 能不能走传真"))
    assert told(office, "engineer2") == ["question_asked"]
    assert told(office, "rep_care") == []
    office.do("engineer2", call(threads.answer, thread_id=row.id, uuid=str(uuid4()), text="可以，要开 T.38"))
    assert told(office, "rep_care") == ["thread_answered"]
    with pytest.raises(NotAllowed):
        office.do("rep_onboarding", call(threads.answer, thread_id=row.id, uuid=str(uuid4()), text="不知道"))
    with pytest.raises(NotAllowed):
        office.do("finance", call(threads.ask, uuid=str(uuid4()), subject="报销？"))
    with pytest.raises(NotAllowed):
        office.do("engineer2", call(threads.solve, thread_id=row.id, uuid=str(uuid4()), text="好了"))
    office.do("rep_care", call(threads.solve, thread_id=row.id, uuid=str(uuid4()), text="开 T.38"))
    page = office.do("engineer", lambda uow: thread_queries.listing(uow, show="solved", text="t.38"))
    assert [one.id for one in page.rows] == [row.id]


def test_a_uuid_is_one_persons(office: Office) -> None:
    row = office.do("rep_care", call(threads.ask, uuid=str(uuid4()), subject="问"))
    with pytest.raises(Duplicate):
        office.do("engineer", call(threads.ask, uuid=row.uuid, subject="问"))


def test_entries_are_never_changed(office: Office) -> None:
    from sqlalchemy import text

    row = office.do("rep_care", call(threads.ask, uuid=str(uuid4()), subject="问"))
    office.do("engineer", call(threads.answer, thread_id=row.id, uuid=str(uuid4()), text="答"))
    with pytest.raises(Exception, match="append-only"):
        office.do("system", lambda uow: uow.session.execute(text("UPDATE thread_entries SET text = 'x'")))


def test_an_escalated_order_can_be_cancelled_but_not_planned(office: Office) -> None:
    order_id, visit_id = accepted(office)
    escalated(office, visit_id, on_site=False)
    with pytest.raises(WrongState):
        office.do("technical_assistant", lambda uow: orders.move(uow, order_id, "plan"))
    office.do("technical_assistant", lambda uow: orders.move(uow, order_id, "cancel", note="客户不要了"))
    assert status(office, order_id) == "cancelled"


def test_the_week_is_collected_from_what_was_marked(office: Office, clock: FixedClock) -> None:
    """A repair card and a thread; he adds a lesson; late is what comes after Monday evening."""
    order_id, visit_id = accepted(office)
    for step in (visits.set_out, visits.sign_in, visits.finish):
        office.do("engineer", call(step, visit_id=visit_id))
    card = {**CARD, "repair_hard": True, "repair_words": "时通时不通"}
    office.do(
        "engineer",
        call(visits.submit_card, visit_id=visit_id, uuid=str(uuid4()), data=card, signature_png=PNG),
    )
    _, other = accepted(office)
    thread = escalated(office, other, hard=True)
    monday = DAY - timedelta(days=DAY.weekday())
    sheet = office.see(
        lambda uow: summaries.sheet(uow, office.ids["engineer"], period="week", starts_on=monday)
    )
    kind = office.see(lambda uow: order_queries.get(uow, order_id)).kind
    wanted = [f"thread-{thread.id}"]
    assert [one.ref for one in sheet.problems if one.ref.startswith("thread")] == wanted
    assert any(one.ref.startswith("card") for one in sheet.problems) == (kind == "repair")
    lessons = {wanted[0]: "先查权限再换设备"}
    given: dict[str, Any] = {"period": "week", "starts_on": monday, "text": "本周两个", "lessons": lessons}
    done = office.do("engineer", call(summaries.submit, **given))
    assert not done.late
    assert [one.lesson for one in done.problems if one.ref == wanted[0]] == ["先查权限再换设备"]
    office.do("engineer", call(summaries.submit, **{**given, "text": "改一句"}))
    rows = office.do("technical_supervisor", call(summaries.listing, period="week", starts_on=monday))
    assert [row.text for row in rows] == ["改一句"]
    assert told(office, "technical_supervisor").count("summary_submitted") == 1
    with pytest.raises(NotAllowed):
        office.do("engineer", call(summaries.listing, period="week", starts_on=monday))
    clock.advance(days=9)
    late = office.do("engineer2", call(summaries.submit, period="week", starts_on=monday))
    assert late.late


@pytest.mark.parametrize(
    ("period", "starts_on"),
    [("week", date(2026, 11, 24)), ("month", date(2026, 11, 2)), ("week", date(2026, 11, 30)), ("year", DAY)],
)
def test_a_period_begins_where_it_begins(office: Office, period: str, starts_on: date) -> None:
    with pytest.raises(DomainError):
        office.do("engineer", call(summaries.submit, period=period, starts_on=starts_on))


def test_ends_and_due_times() -> None:
    assert summaries.end_of("month", date(2026, 2, 1)) == date(2026, 2, 28)
    assert summaries.due_at("week", date(2026, 11, 23)).isoformat() == "2026-11-30T10:00:00+00:00"
    assert summaries.due_at("month", date(2026, 11, 1)).isoformat() == "2026-12-03T10:00:00+00:00"


def test_an_answer_is_needed_by_a_moment_after_the_press(office: Office, clock: FixedClock) -> None:
    _, visit_id = accepted(office)
    pressed = clock.now()
    for wrong in (pressed, pressed - timedelta(minutes=1), pressed + timedelta(days=30, seconds=1)):
        with pytest.raises(threads.BadNeedBy) as refused:
            escalated(office, visit_id, need_by=wrong)
        assert "要答复的时间" in refused.value.sentence("zh")
    # It waited on the phone until that moment was over: it is taken as it was meant then.
    clock.advance(hours=3)
    row = escalated(office, visit_id, need_by=pressed + timedelta(hours=2), at=pressed)
    assert (row.need_by, row.overdue(clock.now())) == (pressed + timedelta(hours=2), True)
    trail = office.see(lambda uow: audit.trail(uow, entity="thread", entity_id=str(row.id)).rows)
    assert [entry.after["need_by"] for entry in trail] == [(pressed + timedelta(hours=2)).isoformat()]
    told(office, "technical_supervisor")
    (item,) = office.see(lambda uow: inbox.inbox(uow, office.ids["technical_supervisor"]).rows)
    assert "前要答复" in item.zh and "needs an answer by" in item.en


def test_the_list_begins_with_what_is_needed_first(office: Office, clock: FixedClock) -> None:
    wanted = {}
    for hours in (5, None, 2):
        _, visit_id = accepted(office)
        need_by = clock.now() + timedelta(hours=hours) if hours else None
        wanted[hours] = escalated(office, visit_id, need_by=need_by).id
    pages, cursor = [], None
    while not pages or cursor:
        page = office.see(
            lambda uow, cursor=cursor: thread_queries.listing(uow, sort="need_by", cursor=cursor, size=1)
        )
        pages += [row.id for row in page.rows]
        cursor = page.next_cursor
    assert pages == [wanted[2], wanted[5], wanted[None]]


def test_an_escalation_past_its_time_is_told_once(office: Office, clock: FixedClock) -> None:
    _, visit_id = accepted(office)
    row = escalated(office, visit_id, need_by=clock.now() + timedelta(hours=1))
    _, other_id = accepted(office)
    answered = escalated(office, other_id, need_by=clock.now() + timedelta(hours=1))
    word = call(threads.answer, thread_id=answered.id, uuid=str(uuid4()), text="看出局号")
    office.do("technical_supervisor", word)
    assert remind(office.transactions) == 0
    clock.advance(hours=1)
    assert (remind(office.transactions), remind(office.transactions)) == (2, 0)
    for who in ("technical_supervisor", "technical_assistant"):
        assert told(office, who).count("escalation_overdue") == 1
    assert row.id != answered.id
