"""Room for an urgent task in the middle of the day: the cheapest places, with up to a few moves of others.

What is under way, done, pinned or named is never moved. Prices are exact, with the baseline's disturbance.
`chains` says how places are found.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass

from optimizer.building import Day, assemble, day_of, priced
from optimizer.chains import Search, Way
from optimizer.compare import Change
from optimizer.daybook import DayBook, towns
from optimizer.errors import OptimizerError
from optimizer.model import Problem, Task
from optimizer.plan import TERMS, Plan
from optimizer.reserve import without_room

MOVES = 2
APART_S = 1800  # two places with the same engineer differ by at least that much in time


@dataclass(frozen=True, slots=True)
class UrgentPlace:
    """A place for the task.

    `extra_fen` is what the rest of the sum rises by, term by term in `terms` (only those that change). `moved`
    are the visits that give way, `shifted` those of the same days that only begin at another time. `plan` is
    one of the problem with the task.
    """

    engineer: str
    start_s: int
    extra_fen: int
    terms: dict[str, int]
    moved: tuple[Change, ...]
    shifted: tuple[Change, ...]
    plan: Plan


class UrgentBook:
    """A day's plan made ready for urgent tasks. Threads may share it."""

    def __init__(self, problem: Problem, plan: Plan) -> None:
        """Room kept for urgent work is given up. A day that does not hold any more stays as it is.

        Raises `ProblemError` for a plan of another problem.
        """
        problem, plan = without_room(problem, plan)
        self._book = DayBook(problem, plan, 1)
        (self._town,) = towns([self._book])
        self._lock = threading.Lock()
        instance, routes = self._book.instance, self._book.routes
        planned = {route.engineer: route for route in plan.routes}
        self._days: dict[int, Day] = {}
        for w, route in enumerate(routes):
            if route or instance.workers[w].frozen:
                day = day_of(instance, w, route)
                self._days[w] = day or priced(instance, w, planned[problem.engineers[w].id])

    def places(
        self,
        task: Task,
        *,
        moves: int = MOVES,
        limit: int = 3,
        keep: Collection[str] = (),
        put_off: bool = True,
    ) -> list[UrgentPlace]:
        """Up to `limit` different places with up to `moves` moves of other visits, best first.

        With `put_off` a visit may also move to another day, at its price of absence. `keep` are the ids of
        visits that stay where they are. The best is the cheapest; a move of a visit that is not in the baseline
        counts as `Prices.moved_fen` there. Raises OptimizerError for a task that the plan holds already,
        `ProblemError` for one that is not well formed.
        """
        book = self._book
        known = book.numbers.get(task.id, -1)
        if known in book.instance.frozen or any(known in route for route in book.routes):
            raise OptimizerError(f"{task.id!r} is in the plan already")
        with self._lock:
            self._town.visit(task)
            x = book.seat(task)
            absent = [n for n in range(x) if n != known and not self._holds(n)]
            found: list[UrgentPlace] = []
            tried = set()
            for way in Search(book, x, moves, limit, keep, put_off).ways():
                if way.steps[0] in tried or len(found) == limit:
                    continue
                tried.add(way.steps[0])
                place = self._place(x, way, absent)
                if all(
                    place.engineer != one.engineer or abs(place.start_s - one.start_s) >= APART_S
                    for one in found
                ):
                    found.append(place)
            return found

    def _holds(self, number: int) -> bool:
        book = self._book
        return number in book.instance.frozen or any(number in route for route in book.routes)

    def _place(self, x: int, way: Way, absent: list[int]) -> UrgentPlace:
        instance = self._book.instance
        names = [task.id for task in instance.problem.tasks]
        days = dict(self._days)
        touched = way.apply(self._book.routes)
        for w, route in touched.items():
            day = day_of(instance, w, route) if route or instance.workers[w].frozen else None
            if day is None:
                days.pop(w, None)
            else:
                days[w] = day
        before, after = (
            _visits([all_days[w] for w in touched if w in all_days]) for all_days in (self._days, days)
        )
        gave_way = {step.task for step in way.steps[1:]}
        gone = [step.task for step in way.steps if step.engineer == len(instance.workers)]
        changes = [
            _change(name, old, after.get(name), instance.task_number[name] in gave_way)
            for name, old in before.items()
            if old != after.get(name) or instance.task_number[name] in gave_way
        ]
        absent = sorted((*absent, *gone))
        terms = {
            name: sum(days[w].terms[name] for w in touched if w in days)
            - sum(self._days[w].terms[name] for w in touched if w in self._days)
            for name in TERMS
        }
        terms["undone"] += sum(instance.jobs[n].undone_fen for n in gone)
        terms["disturbance"] += sum(instance.jobs[n].moved_fen for n in gone)
        engineer, start_s = after[names[x]]
        return UrgentPlace(
            engineer=engineer,
            start_s=start_s,
            extra_fen=sum(terms.values()),
            terms={name: fen for name, fen in terms.items() if fen},
            moved=tuple(change for change in changes if change.kind != "shifted"),
            shifted=tuple(change for change in changes if change.kind == "shifted"),
            plan=assemble(instance, [days[w] for w in sorted(days)], absent, "insertion", 1, 0),
        )


_Visit = tuple[str, int]


def _visits(days: list[Day]) -> dict[str, _Visit]:
    return {stop.task: (day.route.engineer, stop.start_s) for day in days for stop in day.route.stops}


def _change(name: str, old: _Visit, new: _Visit | None, gave_way: bool) -> Change:
    if new is None:
        return Change(name, "dropped", old[0], None, old[1], None)
    return Change(name, "moved" if gave_way else "shifted", old[0], new[0], old[1], new[1])
