"""Where the demo's days are played: who acts, at what time, in one unit of work for each day."""

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from backend.core.clock import FixedClock, at_local, local_date
from backend.core.uow import SYSTEM, Actor, Transactions, UnitOfWork
from backend.serve import inline
from backend.staff import queries as staff
from backend.travel.geocoding import Geocoder

HOUR = 3600
MINUTE = 60
Scene = Callable[[], None]


@dataclass
class Stage:
    """An agenda of scenes. Each is played at its moment, in order of time, by the people it names."""

    transactions: Transactions
    clock: FixedClock
    geocoder: Geocoder
    places: list[str]
    chance: random.Random
    actors: dict[str, Actor] = field(default_factory=dict)
    engineers: dict[int, Actor] = field(default_factory=dict)
    _agenda: list[tuple[datetime, int, Scene]] = field(default_factory=list)
    _turn: "itertools.count[int]" = field(default_factory=itertools.count)
    _open: UnitOfWork | None = None
    now: datetime = field(default_factory=lambda: FixedClock().at)

    def meet(self) -> None:
        """Learn who is there."""
        with self.transactions.read(SYSTEM) as uow:
            for person in staff.people(uow, size=200).rows:
                self.actors[person.login] = staff.actor(uow, person.id, "demo")
            self.engineers = {
                person_id: staff.actor(uow, person_id, "demo") for person_id in staff.engineer_names(uow)
            }

    def at(self, day: date, seconds: float, scene: Scene) -> None:
        """Put a scene on the agenda at a time of day in Beijing, not before the scene that is being played."""
        self.when(at_local(day, int(seconds)), scene)

    def when(self, moment: datetime, scene: Scene) -> None:
        """Put a scene on the agenda."""
        heapq.heappush(self._agenda, (max(moment, self.now), next(self._turn), scene))

    def play(self, until: datetime) -> None:
        """Play every scene up to that moment, one unit of work a day; later ones stay on the agenda."""
        while self._agenda and self._agenda[0][0] <= until:
            day = local_date(self._agenda[0][0])
            self.clock.at = self._agenda[0][0]
            with self.transactions.begin(SYSTEM) as uow:
                self._open, hour = uow, self.clock.at
                kept: list[object] = []
                while self._agenda and self._agenda[0][0] <= until and local_date(self._agenda[0][0]) == day:
                    moment, _, scene = heapq.heappop(self._agenda)
                    if moment - hour > timedelta(minutes=20):
                        inline.deliver_facts_within(self.by(SYSTEM))
                        hour = moment
                        # The session forgets what nobody holds; held, the day's records are read once.
                        kept = list(uow.session.identity_map.values())
                    self.now = moment
                    scene()
                inline.deliver_facts_within(self.by(SYSTEM))
                self._open = None
                kept.clear()
        self.now = self.clock.at = max(self.now, until)

    def by(self, who: Actor | str | int) -> UnitOfWork:
        """The day's transaction in the hands of a person: an actor, a login, or an engineer's id."""
        if self._open is None:
            raise RuntimeError("nothing is being played")
        actor = (
            who
            if isinstance(who, Actor)
            else self.actors[who]
            if isinstance(who, str)
            else self.engineers[who]
        )
        return UnitOfWork(self._open.session, actor, self.now)


def workday_before(day: date) -> date:
    """The last Monday to Friday before a day."""
    day -= timedelta(days=1)
    return day if day.weekday() < 5 else workday_before(day)


def workday_after(day: date) -> date:
    """The first Monday to Friday after a day."""
    day += timedelta(days=1)
    return day if day.weekday() < 5 else workday_after(day)
