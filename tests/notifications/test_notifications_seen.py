"""When somebody saw something: a changed day by its engineer, and when a phone or browser was last there."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from backend.core.clock import FixedClock
from backend.notifications import actions, queries
from backend.staff import account, auth
from backend.staff.models import DeviceToken
from tests.support.office import DAY, Office, call


def changed(office: Office, key: str, on: date = DAY, login: str = "engineer") -> int:
    """The engineer is told that a day of his changed; the message's number."""
    told: int = office.do(
        "system",
        call(
            actions.tell, person_id=office.ids[login], fact_key=key, kind="schedule_changed", zh="改了", en="changed",
            data={"on": on.isoformat()},
        ),
    )  # fmt: skip
    return told


def news(office: Office, login: str = "engineer") -> queries.DayNews | None:
    found: dict[int, queries.DayNews] = office.see(call(queries.day_news, DAY))
    return found.get(office.ids[login])


def read(office: Office, *item_ids: int, login: str = "engineer") -> None:
    office.do(login, call(actions.mark_read, item_ids=item_ids))


def test_a_changed_day_is_seen_when_its_engineer_says_so(office: Office, clock: FixedClock) -> None:
    assert news(office) is None
    told_at, item = clock.now(), changed(office, "one")
    assert news(office) == queries.DayNews(told_at, None)
    read(office, item, login="engineer2")
    assert news(office) == queries.DayNews(told_at, None), "nobody can see it for him"
    clock.advance(minutes=7)
    read(office, item)
    clock.advance(minutes=7)
    read(office, item)
    assert news(office) == queries.DayNews(told_at, told_at + timedelta(minutes=7)), "the first time stays"
    assert news(office, "engineer2") is None


def test_a_later_change_is_unseen_again_and_another_day_says_nothing(
    office: Office, clock: FixedClock
) -> None:
    read(office, changed(office, "one"))
    clock.advance(hours=1)
    changed(office, "other day", DAY + timedelta(days=1))
    first = news(office)
    assert first is not None and first.seen_at is not None
    later = changed(office, "two")
    assert news(office) == queries.DayNews(clock.now(), None)
    clock.advance(minutes=1)
    read(office, later)
    assert news(office) == queries.DayNews(clock.now() - timedelta(minutes=1), clock.now())
    clock.advance(days=15)
    assert news(office) is None, "old news"


def test_a_phone_is_seen_at_its_log_in_and_when_it_asks_after_a_while(
    office: Office, clock: FixedClock
) -> None:
    token = office.do("system", lambda uow: auth.open_device(uow, office.ids["engineer"], name="Redmi"))

    def seen_at(uow: Any) -> Any:
        return uow.session.scalars(select(DeviceToken)).one().seen_at

    logged_in = clock.now()
    assert office.see(seen_at) == logged_in
    clock.advance(hours=1)
    identity = office.see(call(auth.identify_device, token))
    assert identity.seen_at == logged_in and office.see(seen_at) == logged_in, "reading writes nothing"
    office.do("engineer", call(auth.note_seen, identity))
    assert office.see(seen_at) == clock.now()
    (phone,) = office.see(call(account.phones, office.ids["engineer"]))
    assert phone.seen_at == clock.now()
