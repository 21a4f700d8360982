"""A week looked back on: what the plan promised, what happened, and where the minutes and the money went.

Promised is what was published to the engineers; happened is what their phones said. Minutes are priced with the
hour of the engineer who spent them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import date, timedelta

from backend.core.clock import at_local
from backend.core.uow import UnitOfWork
from backend.staff import queries as staff
from backend.staff.policy import require
from backend.visits import queries as visits
from backend.visits.queries import VisitRow

DAYS = 7
MOST = 6
NEVER_S = 6 * 3600
"""A trip or a visit that seems to have taken longer was not recorded when it happened; it is not counted."""


@dataclass(frozen=True)
class Sums:
    """Counted over some visits. ``over`` is what it took beyond the plan, below 0 less; times in seconds, money in fen."""

    promised: int = 0
    done: int = 0
    failed: int = 0
    on_time: int = 0
    late_s: int = 0
    travel_s: int = 0
    travel_over_s: int = 0
    on_site_s: int = 0
    on_site_over_s: int = 0
    over_fen: int = 0

    @property
    def open(self) -> int:
        """Promised, and neither done nor reported as failed."""
        return self.promised - self.done - self.failed

    @property
    def punctual(self) -> float | None:
        """The share of what was done that began in its window."""
        return self.on_time / self.done if self.done else None


@dataclass(frozen=True)
class Line:
    """One day, engineer or customer of the week; ``id`` opens its records."""

    id: int | None
    name: str
    sums: Sums


@dataclass(frozen=True)
class Week:
    """A week from Monday on."""

    first: date
    days: tuple[tuple[date, Sums], ...]
    total: Sums
    engineers: tuple[Line, ...]
    customers: tuple[Line, ...]


def monday(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def week(uow: UnitOfWork, first: date) -> Week:
    """The week that begins on a Monday; engineers and customers by the money that went beyond the plan."""
    require(uow.actor, "dispatch.read")
    hours: dict[int, int] = {}
    by_day: list[tuple[date, Sums]] = []
    engineers: dict[int, list[Sums]] = defaultdict(list)
    customers: dict[int, list[Sums]] = defaultdict(list)
    names: dict[int, str] = {}
    companies: dict[int, str] = {}
    for n in range(DAYS):
        on = first + timedelta(days=n)
        rows = visits.day(uow, on)
        hours |= {one.person_id: one.hourly_fen for one in staff.engineers_on(uow, on)} if rows else {}
        counted = [(row, _of(row, hours.get(row.engineer_id, 0))) for row in rows]
        by_day.append((on, added(sums for _, sums in counted)))
        for row, sums in counted:
            engineers[row.engineer_id].append(sums)
            names[row.engineer_id] = row.engineer_name
            if row.order.customer_id is not None:
                customers[row.order.customer_id].append(sums)
                companies[row.order.customer_id] = row.order.short_name
    return Week(
        first,
        tuple(by_day),
        added(sums for _, sums in by_day),
        _worst(engineers, names, lambda sums: sums.over_fen),
        _worst(customers, companies, lambda sums: sums.over_fen),
    )


def added(rows: Iterable[Sums]) -> Sums:
    """The sum of several."""
    found = list(rows)
    return Sums(*(sum(getattr(one, field.name) for one in found) for field in fields(Sums)))


def _of(row: VisitRow, hour_fen: int) -> Sums:
    """What one visit adds."""
    if row.outcome != "done" or row.signed_in_at is None or row.finished_at is None:
        return Sums(promised=1, failed=int(row.outcome == "failed"))
    late_s = max(0, round((row.signed_in_at - at_local(row.on, row.window_to_s)).total_seconds()))
    on_site_s = round((row.finished_at - row.signed_in_at).total_seconds())
    on_site_over_s = on_site_s - (row.end_s - row.start_s) if on_site_s <= NEVER_S else 0
    travel_s = travel_over_s = 0
    if row.set_out_at is not None:
        travel_s = max(0, round((row.signed_in_at - row.set_out_at).total_seconds()))
        after_s = max(0, round((row.signed_in_at - at_local(row.on, row.arrive_s)).total_seconds()))
        # Who set out early and had to wait was not longer on the way than planned.
        travel_over_s = min(travel_s - row.travel_s, after_s) if travel_s <= NEVER_S else 0
    return Sums(
        promised=1,
        done=1,
        on_time=int(late_s == 0),
        late_s=late_s,
        travel_s=travel_s,
        travel_over_s=travel_over_s,
        on_site_s=on_site_s,
        on_site_over_s=on_site_over_s,
        over_fen=round((travel_over_s + on_site_over_s) * hour_fen / 3600),
    )


def _worst(
    groups: dict[int, list[Sums]], names: dict[int, str], key: Callable[[Sums], int]
) -> tuple[Line, ...]:
    lines = [Line(one, names[one], added(rows)) for one, rows in groups.items()]
    lines = [line for line in lines if key(line.sums) > 0]
    return tuple(sorted(lines, key=lambda line: (-key(line.sums), line.name))[:MOST])
