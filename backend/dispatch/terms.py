"""What holds for an engineer on one day only: no car, an hour more than usual. Ill is an absence, as always."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select

from backend.core.clock import local_date
from backend.core.uow import UnitOfWork
from backend.dispatch import prices
from backend.dispatch.models import DayTerms
from backend.dispatch.policy import check_day
from backend.dispatch.store import schedule_day
from backend.staff.policy import require
from backend.staff.queries import EngineerDay

MOST_EXTRA_S = 4 * 3600


@dataclass(frozen=True)
class Terms:
    """Differences to an engineer's usual day; ``away`` only where it is assumed to try."""

    away: bool = False
    no_car: bool = False
    extra_s: int = 0

    @property
    def usual(self) -> bool:
        """True where nothing differs."""
        return self == Terms()


def on_day(uow: UnitOfWork, on: date) -> dict[int, Terms]:
    """What was allowed for the day, by person id."""
    rows = uow.session.scalars(select(DayTerms).where(DayTerms.on == on))
    return {row.engineer_id: Terms(no_car=row.no_car, extra_s=row.extra_s) for row in rows}


def applied(team: Iterable[EngineerDay], terms: dict[int, Terms]) -> dict[int, EngineerDay]:
    """The team under these terms, by person id."""
    found = {}
    for one in team:
        own = terms.get(one.person_id, Terms())
        if own.away:
            continue
        if own.no_car and prices.travel_mode(one.mode) == "car":
            one = replace(one, mode=prices.PUBLIC_MODE, plate=None)
        found[one.person_id] = replace(one, max_overtime_s=one.max_overtime_s + own.extra_s)
    return found


def allow(uow: UnitOfWork, *, on: date, engineer_id: int, no_car: bool = False, extra_s: int = 0) -> None:
    """Let these terms hold for an engineer's day; the usual ones again where nothing is given. Raises PastDay."""
    require(uow.actor, "dispatch.manage")
    check_day(on, local_date(uow.now))
    day = schedule_day(uow, on)
    row = uow.session.get(DayTerms, (on, engineer_id))
    before = None if row is None else {"no_car": row.no_car, "extra_s": row.extra_s}
    if not no_car and not extra_s:
        if row is not None:
            uow.session.delete(row)
    else:
        if row is None:
            row = DayTerms(on=on, engineer_id=engineer_id)
            uow.session.add(row)
        row.no_car, row.extra_s = no_car, min(extra_s, MOST_EXTRA_S)
        row.set_at, row.set_by = uow.now, uow.actor.person_id
    day.revision += 1
    after = {"on": on.isoformat(), "no_car": no_car, "extra_s": extra_s}
    uow.audit("engineer", engineer_id, "day_terms_set", before=before, after=after)
    uow.session.flush()
