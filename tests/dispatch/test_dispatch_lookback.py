"""A week looked back on: minutes and money beyond the plan, by day, engineer and customer."""

from datetime import date, timedelta

from backend.core.clock import FixedClock, at_local
from backend.core.uow import SYSTEM, Transactions
from backend.dispatch import lookback
from backend.visits import queries as visits
from backend.visits.models import Visit
from tests.dispatch import bigday
from tests.dispatch.bigday import DAY


def test_what_took_longer_is_counted_where_it_was_spent(
    transactions: Transactions, clock: FixedClock
) -> None:
    made = bigday.make(transactions, clock, people=6)
    with transactions.read(made.assistant) as uow:
        rows = visits.day(uow, DAY)
        plain = lookback.week(uow, lookback.monday(DAY))
    done = [row for row in rows if row.outcome == "done"]
    assert plain.first == date(2026, 11, 23) and len(plain.days) == 7
    assert (plain.total.promised, plain.total.done) == (len(rows), len(done))
    assert plain.total.open == len(rows) - len(done)
    assert (plain.total.late_s, plain.total.travel_over_s, plain.total.on_site_over_s) == (0, 0, 0)
    assert plain.total.punctual == 1.0 and plain.engineers == () and plain.customers == ()
    late = done[0]
    with transactions.begin(SYSTEM) as uow:  # ten minutes after the window, half an hour longer on site
        visit = uow.session.get_one(Visit, late.id)
        visit.signed_in_at = at_local(DAY, late.window_to_s + 600)
        visit.finished_at = visit.signed_in_at + timedelta(seconds=late.end_s - late.start_s + 1800)
    with transactions.read(made.assistant) as uow:
        found = lookback.week(uow, lookback.monday(DAY))
    road_s = late.window_to_s + 600 - late.arrive_s
    assert found.total.late_s == 600 and found.total.on_time == len(done) - 1
    assert found.total.on_site_over_s == 1800
    assert found.total.travel_over_s == road_s
    assert found.total.over_fen == round((1800 + road_s) * 6000 / 3600)
    assert [line.id for line in found.engineers] == [late.engineer_id]
    assert [line.name for line in found.customers] == [late.order.short_name]
    assert dict(found.days)[DAY] == found.total
