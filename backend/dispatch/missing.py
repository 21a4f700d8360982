"""What an absence would break, before it is saved: visits, promises, skills that nobody else has, a vehicle."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from backend.appointments import queries as appointments
from backend.core.uow import UnitOfWork
from backend.dispatch import sheet
from backend.dispatch.problem import ENDED, UNDER_WAY
from backend.orders import queries as orders
from backend.staff import fleet
from backend.staff import queries as staff

MOST_DAYS = 31
NOT_STARTED = ("appointed", "planned", "published", "accepted")


@dataclass(frozen=True)
class LostVisit:
    """A visit that somebody else would have to do; ``told`` where the engineer knows of it already."""

    on: date
    order_id: int
    number: str
    customer: str
    start_s: int
    window: tuple[int, int] | None
    told: bool
    under_way: bool


@dataclass(frozen=True)
class MissingSkill:
    """A day on which nobody would be left with a skill that ``orders`` agreed orders need."""

    on: date
    skill: str
    orders: int


@dataclass(frozen=True)
class Breaks:
    """What an absence would break; ``left`` are the engineers who would still work, by day."""

    visits: tuple[LostVisit, ...]
    skills: tuple[MissingSkill, ...]
    vehicles: tuple[tuple[date, str], ...]
    left: tuple[tuple[date, int], ...]

    @property
    def nothing(self) -> bool:
        """True where the absence breaks nothing."""
        return not (self.visits or self.skills or self.vehicles)


def breaks(uow: UnitOfWork, *, person_id: int, first_on: date, last_on: date) -> Breaks:
    """What would break if an engineer were away on those days, both included; a month is looked at, at most."""
    days = [
        first_on + timedelta(days=n) for n in range(min((last_on - first_on).days + 1, MOST_DAYS)) if n >= 0
    ]
    lost: list[LostVisit] = []
    skills: list[MissingSkill] = []
    left: list[tuple[date, int]] = []
    for on in days:
        team = staff.engineers_on(uow, on)
        mine = next((one for one in team if one.person_id == person_id), None)
        if mine is None:
            continue
        others = [one for one in team if one.person_id != person_id]
        left.append((on, len(others)))
        lost += _visits(uow, on, person_id)
        needed = Counter(
            skill
            for order in orders.by_ids(uow, appointments.orders_on_day(uow, on)).values()
            if order.status in NOT_STARTED
            for skill in set(order.skills)
        )
        skills += [
            MissingSkill(on, skill, needed[skill])
            for skill in mine.skills
            if needed[skill] and not any(skill in one.skills for one in others)
        ]
    given = [
        (on, row.plate)
        for row in (fleet.fleet(uow, days) if days else [])
        for on, (holder, _) in sorted(row.given.items())
        if holder == person_id
    ]
    return Breaks(tuple(lost), tuple(skills), tuple(sorted(given)), tuple(left))


def _visits(uow: UnitOfWork, on: date, person_id: int) -> list[LostVisit]:
    shown = sheet.load(uow, on)
    worker = shown.worker(person_id)
    laid = shown.laid.get(worker) if worker is not None else None
    found = []
    for stop in laid.route.stops if laid is not None else ():
        order = shown.facts.orders[int(stop.task)]
        if order.status in ENDED:
            continue
        window = shown.facts.windows.get(order.id)
        found.append(
            LostVisit(
                on=on,
                order_id=order.id,
                number=order.number,
                customer=order.short_name,
                start_s=stop.start_s,
                window=(window.from_s, window.to_s) if window is not None else None,
                told=order.status in ("published", "accepted", *UNDER_WAY),
                under_way=order.status in UNDER_WAY,
            )
        )
    return found
