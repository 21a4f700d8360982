"""What holds for an engineer on one day only: no car, an hour more than usual. Ill is an absence, as always."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import select

from backend.core.clock import local_date
from backend.core.uow import UnitOfWork
from backend.dispatch import prices
from backend.dispatch.models import DayTerms
from backend.dispatch.policy import check_day
from backend.dispatch.store import schedule_day
from backend.staff import actions as staff_actions
from backend.staff import queries as staff
from backend.staff.policy import require
from backend.staff.queries import EngineerDay

MOST_EXTRA_S = 4 * 3600
ILL = "ill"
COPY = "what_if"
"""The engine of a plan that is a copy of the day under assumptions, kept to compare."""


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


def joined(known: Mapping[int, Terms], assumed: Mapping[int, Terms]) -> dict[int, Terms]:
    """What holds and what is assumed, together."""
    return dict(known) | {person: both(known.get(person, Terms()), one) for person, one in assumed.items()}


def both(one: Terms, other: Terms) -> Terms:
    """Two terms of one person together."""
    return Terms(one.away or other.away, one.no_car or other.no_car, one.extra_s + other.extra_s)


def to_data(known: Mapping[int, Terms]) -> dict[str, dict[str, Any]]:
    """Terms by person id as a change keeps them."""
    return {str(person_id): asdict(one) for person_id, one in known.items()}


def of_data(kept: Mapping[str, Any]) -> dict[int, Terms]:
    """Terms as a change kept them, by person id."""
    return {int(person_id): Terms(**one) for person_id, one in kept.items()}


def restore(uow: UnitOfWork, on: date, *, expected: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Let the terms of a day be as they were, for whom nobody has changed them since; True where one changed.

    ``away`` stands for an absence of this one day that came with the terms.
    """
    present = on_day(uow, on)
    away = {person_id for person_id, (_, kind) in staff.absences_on(uow, on).items() if kind == ILL}
    was, changed = of_data(expected), False
    for person_id, one in of_data(wanted).items():
        before = was.get(person_id, Terms())
        if replace(before, away=False) == present.get(person_id, Terms()) != replace(one, away=False):
            allow(uow, on=on, engineer_id=person_id, no_car=one.no_car, extra_s=one.extra_s)
            changed = True
        if before.away and not one.away and person_id in away:
            staff_actions.end_absence(uow, person_id=person_id, on=on)
            changed = True
        elif one.away and not before.away and person_id not in away:
            staff_actions.add_absence(uow, person_id=person_id, first_on=on, last_on=on, kind=ILL)
            changed = True
    uow.flush()
    return changed
