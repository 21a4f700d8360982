"""Cards that are due are reminded of at 18 and 22 hours and past their time, each person once for each mark."""

import threading
from typing import Any

from backend.core.clock import FixedClock
from backend.jobs.reminding import remind
from backend.notifications import queries
from backend.visits import actions as visits
from tests.support.office import ROUND, Office

WATCHING = ("technical_assistant", "technical_supervisor")


def kinds(office: Office, login: str) -> list[str]:
    rows = office.see(lambda uow: queries.inbox(uow, office.ids[login])).rows
    return [row.kind for row in reversed(rows)]


def reminded(office: Office) -> int:
    return remind(office.transactions)


def test_each_mark_once(office: Office, clock: FixedClock) -> None:
    visit_id = office.visit(office.repair())
    office.step(visit_id, *ROUND)
    assert reminded(office) == 0
    clock.advance(hours=17, minutes=59)
    assert reminded(office) == 0
    clock.advance(minutes=1)
    assert (reminded(office), reminded(office)) == (1, 0)
    clock.advance(hours=4)
    assert (reminded(office), reminded(office)) == (1, 0)
    assert kinds(office, "engineer") == ["card_due", "card_due"]
    assert all("card_overdue" not in kinds(office, login) for login in WATCHING)
    clock.advance(hours=2, seconds=1)
    assert (reminded(office), reminded(office)) == (2, 0)
    assert all(kinds(office, login) == ["card_overdue"] for login in WATCHING)
    clock.advance(hours=20)
    assert reminded(office) == 0
    assert kinds(office, "engineer") == ["card_due", "card_due"] and kinds(office, "engineer2") == []


def test_two_workers_at_once_tell_once(office: Office, clock: FixedClock) -> None:
    visit_id = office.visit(office.repair())
    office.step(visit_id, *ROUND)
    clock.advance(hours=25)
    found: list[Any] = []

    def other(uow: Any) -> None:
        found.append(remind(office.transactions))

    threads = [threading.Thread(target=other, args=(None,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(found) == [0, 0, 2]
    assert kinds(office, "technical_supervisor") == ["card_overdue"]


def test_a_card_that_is_in_and_a_visit_that_came_to_nothing_are_quiet(
    office: Office, clock: FixedClock
) -> None:
    visit_id, failed = office.visit(office.repair()), office.visit(office.repair(), sequence=2)
    office.step(visit_id, *ROUND)
    office.step(failed, "accept")
    office.do("engineer", lambda uow: visits.fail(uow, visit_id=failed, reason_code="nobody"))
    card = office.card(visit_id)
    clock.advance(hours=30)
    assert reminded(office) == 0
    office.do("technical_assistant", lambda uow: visits.return_card(uow, card_id=card.id, reason="缺线 2"))
    assert reminded(office) == 2, "one that was sent back is missing again"


def test_what_is_old_news_is_left_to_the_lists(office: Office, clock: FixedClock) -> None:
    office.step(office.visit(office.repair()), *ROUND)
    clock.advance(days=6)
    assert reminded(office) == 0


def test_a_special_cause_is_asked_and_decided_and_moves_the_marks(office: Office, clock: FixedClock) -> None:
    visit_id = office.visit(office.repair())
    office.step(visit_id, *ROUND)
    clock.advance(hours=18)
    assert reminded(office) == 1

    def ask(uow: Any) -> Any:
        return visits.ask_special_cause(uow, visit_id=visit_id, code="no_signal", text="地下三层没有信号")

    for _ in range(2):
        office.do("engineer", ask)
        office.relay()
    assert all(kinds(office, login) == ["special_cause_asked"] for login in WATCHING)
    told = office.see(lambda uow: queries.inbox(uow, office.ids["technical_assistant"])).rows[0]
    assert "地下三层没有信号" in told.zh and told.data["visit_id"] == visit_id

    def grant(uow: Any) -> Any:
        return visits.decide_special_cause(uow, visit_id=visit_id, granted=True, hours=24)

    for _ in range(2):
        office.do("technical_supervisor", grant)
        office.relay()
    assert kinds(office, "engineer") == ["card_due", "special_cause_decided"]
    told = office.see(lambda uow: queries.inbox(uow, office.ids["engineer"])).rows[0]
    assert "同意了" in told.zh and "11-26 09:00" in told.zh
    clock.advance(hours=10)
    assert reminded(office) == 0, "the due time has moved"
    clock.advance(hours=14)
    assert reminded(office) == 1
