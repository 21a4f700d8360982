"""The difference of two plans as data, and a plan that takes over only some of the changes.

`difference()` says what happened to each visit, each engineer and each term of the sum. `cherry_pick()`
applies the chosen changes to the first plan; changes on which they depend are taken along, or named in the
refusal. A picked plan passes the checker: nothing is returned that does not.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from optimizer.building import Routes, build, day_price, sequences
from optimizer.checker import check
from optimizer.errors import OptimizerError, ProblemError
from optimizer.instance import Instance
from optimizer.links import held
from optimizer.model import Problem
from optimizer.plan import TERMS, Plan
from optimizer.timing import schedule

# In the order in which people ask: what is new, what is gone, who has it now, when is it now.
KINDS = ("added", "dropped", "moved", "shifted")
# Taking changes along: sets of up to `_SMALL`, at most `_TRIES` of them, then chains of up to `_LONG` along
# the `_WIDE` best ways.
_SMALL, _TRIES = 2, 300
_LONG, _WIDE = 24, 12


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one visit; engineer and start are None where it is not in that plan."""

    task: str
    kind: str
    engineer_before: str | None
    engineer_after: str | None
    start_before_s: int | None
    start_after_s: int | None

    @property
    def shift_s(self) -> int:
        """How much later it starts (earlier: below 0); 0 where it is not in both plans."""
        if self.start_before_s is None or self.start_after_s is None:
            return 0
        return self.start_after_s - self.start_before_s


@dataclass(frozen=True, slots=True)
class EngineerChange:
    """One engineer's day in both plans; times are None on a day without visits."""

    engineer: str
    visits_before: int
    visits_after: int
    start_before_s: int | None
    start_after_s: int | None
    home_before_s: int | None
    home_after_s: int | None
    travel_before_s: int
    travel_after_s: int


@dataclass(frozen=True, slots=True)
class Difference:
    """Two plans side by side; only what differs is listed."""

    changes: tuple[Change, ...]
    engineers: tuple[EngineerChange, ...]
    terms: dict[str, tuple[int, int]]  # each term of the sum, before and after, in fen
    cost_before_fen: int
    cost_after_fen: int
    unchanged: int  # visits that stay as they are

    def count(self, kind: str) -> int:
        """How many changes are of this kind."""
        return sum(change.kind == kind for change in self.changes)


@dataclass(frozen=True, slots=True)
class Picked:
    """A plan with some of the changes: those asked for, and those taken along because they depend."""

    plan: Plan
    asked: tuple[str, ...]
    along: tuple[str, ...]


class CannotPick(OptimizerError):
    """The chosen changes do not hold alone; `needs` are those that would have to come along."""

    def __init__(self, tasks: Sequence[str], needs: Sequence[str]) -> None:
        self.tasks, self.needs = tuple(tasks), tuple(needs)
        what = f"only together with {', '.join(needs)}" if needs else "not on this plan"
        super().__init__(f"the changes of {', '.join(tasks)} can be applied {what}")


_Seen = dict[str, tuple[str, int]]


def _visits(problem: Problem, plan: Plan) -> _Seen:
    tasks, engineers = {task.id for task in problem.tasks}, {engineer.id for engineer in problem.engineers}
    for n, route in enumerate(plan.routes):
        if route.engineer not in engineers:
            raise ProblemError(f"routes[{n}].engineer", f"no engineer has the id {route.engineer!r}")
        for k, stop in enumerate(route.stops):
            if stop.task not in tasks:
                raise ProblemError(f"routes[{n}].stops[{k}].task", f"no task has the id {stop.task!r}")
    return {stop.task: (route.engineer, stop.start_s) for route in plan.routes for stop in route.stops}


def _changes(problem: Problem, before: _Seen, after: _Seen) -> tuple[Change, ...]:
    found = []
    for task in problem.tasks:
        old, new = before.get(task.id), after.get(task.id)
        if old == new:
            continue
        if old is None or new is None:
            kind = "added" if old is None else "dropped"
        else:
            kind = "shifted" if old[0] == new[0] else "moved"
        was, now = old or (None, None), new or (None, None)
        found.append(Change(task.id, kind, was[0], now[0], was[1], now[1]))
    return tuple(sorted(found, key=lambda change: KINDS.index(change.kind)))


def difference(problem: Problem, before: Plan, after: Plan) -> Difference:
    """What `after` does otherwise than `before`; raises `ProblemError` where one is not of the problem."""
    old, new = _visits(problem, before), _visits(problem, after)
    changes = _changes(problem, old, new)
    routes = [{route.engineer: route for route in plan.routes} for plan in (before, after)]
    engineers = []
    for engineer in problem.engineers:
        was, now = (by_engineer.get(engineer.id) for by_engineer in routes)
        if was == now:
            continue
        sides = [
            (len(r.stops), r.start_s, r.home_s, r.home_travel_s + sum(s.travel_s for s in r.stops))
            if r
            else (0, None, None, 0)
            for r in (was, now)
        ]
        pairs = itertools.chain.from_iterable(zip(*sides, strict=True))
        engineers.append(EngineerChange(engineer.id, *pairs))
    terms = {
        name: (before.summary.terms.get(name, 0), after.summary.terms.get(name, 0))
        for name in TERMS
        if before.summary.terms.get(name, 0) != after.summary.terms.get(name, 0)
    }
    return Difference(
        changes=changes,
        engineers=tuple(engineers),
        terms=terms,
        cost_before_fen=before.summary.cost_fen,
        cost_after_fen=after.summary.cost_fen,
        unchanged=len(old.keys() & new.keys()) - sum(c.kind in ("moved", "shifted") for c in changes),
    )


def cherry_pick(
    problem: Problem, before: Plan, after: Plan, tasks: Collection[str], take_along: bool = True
) -> Picked:
    """`before` with the changes that `after` makes to `tasks`, and with no others that can be spared.

    A changed task goes to its engineer of `after`, in the order of `after` (or out of the plan); times are
    made anew. Where that breaks a rule, the smallest set of further changes with which it holds is taken
    along, or with `take_along=False` named in `CannotPick`. Raises KeyError for a task that `after` does
    not change, `ProblemError` where a plan does not belong to the problem.
    """
    picker = _Picker(problem, before, after)
    for task in tasks:
        if task not in picker.changed:
            raise KeyError(task)
    asked = [task for task in picker.changed if task in set(tasks)]
    along = picker.closure(asked)
    if along is None:
        raise CannotPick(asked, ())
    if along and not take_along:
        raise CannotPick(asked, along)
    plan = picker.plan([*asked, *along])
    assert plan is not None
    return Picked(plan, tuple(asked), tuple(along))


class _Picker:
    """Applies sets of changes to the first plan."""

    def __init__(self, problem: Problem, before: Plan, after: Plan) -> None:
        self.problem, self.before, self.after = problem, before, after
        self.instance = Instance(held(problem, before, after))
        self.old = sequences(self.instance, before)
        self.new = sequences(self.instance, after)
        changes = _changes(problem, _visits(problem, before), _visits(problem, after))
        frozen = {problem.tasks[n].id for n in self.instance.frozen}
        self.changed = [change.task for change in changes if change.task not in frozen]
        self.numbers = {task: self.instance.task_number[task] for task in self.changed}
        self.was = {n: who for who, route in enumerate(self.old) for n in route}
        self.becomes = {n: who for who, route in enumerate(self.new) for n in route}
        self.touched = [{*old, *new} for old, new in zip(self.old, self.new, strict=True)]
        self.known: dict[tuple[int, frozenset[int]], list[int] | None] = {}

    def closure(self, asked: list[str]) -> list[str] | None:
        """The changes that have to come along; None where not even all of them together hold."""
        if self.plan(asked) is not None:
            return []
        found = self._smallest(asked) or self._chain(asked)
        if found is None:
            found = frozenset(self.changed)
            if self.plan(found) is None:
                return None
        return self._thinned(asked, found)

    def _touching(self, days: Collection[int]) -> list[str]:
        """Changes that touch one of these engineers' days."""
        return [task for task in self.changed if not self._days(task).isdisjoint(days)]

    def _days(self, task: str) -> set[int]:
        n = self.numbers[task]
        return {who for who in (self.was.get(n), self.becomes.get(n)) if who is not None}

    def _broken(self, taken: Iterable[str]) -> list[int]:
        """The engineers whose day does not hold with these changes."""
        picked = {self.numbers[task] for task in taken}
        return [who for who in range(len(self.instance.workers)) if self._route(who, picked) is None]

    def _smallest(self, asked: list[str]) -> frozenset[str] | None:
        """The smallest set of up to `_SMALL` more changes of the same days with which all holds."""
        days = {day for task in asked for day in self._days(task)}
        rest = [task for task in self._touching(days) if task not in asked]
        sets = (more for size in range(1, _SMALL + 1) for more in itertools.combinations(rest, size))
        for more in itertools.islice(sets, _TRIES):
            if self.plan([*asked, *more]) is not None:
                return frozenset([*asked, *more])
        return None

    def _chain(self, asked: list[str]) -> frozenset[str] | None:
        """Mend one broken day after the other, each time with one more change, along the best few ways."""
        ways = [frozenset(asked)]
        for _ in range(_LONG):
            longer: dict[frozenset[str], int] = {}
            for taken in ways:
                broken = self._broken(taken)
                for task in self._touching(broken[:1] or range(len(self.instance.workers))):
                    if task not in taken and taken | {task} not in longer:
                        more = taken | {task}
                        longer[more] = len(self._broken(more))
            order = {task: n for n, task in enumerate(self.changed)}
            ways = sorted(longer, key=lambda way: (longer[way], sorted(order[task] for task in way)))[:_WIDE]
            for way in ways:
                if longer[way] == 0 and self.plan(way) is not None:
                    return way
        return None

    def _thinned(self, asked: list[str], taken: Collection[str]) -> list[str]:
        """Drop again, one by one, what is not needed."""
        kept = [task for task in self.changed if task in taken]
        for task in [task for task in kept if task not in asked]:
            fewer = [other for other in kept if other != task]
            if self.plan(fewer) is not None:
                kept = fewer
        return [task for task in kept if task not in asked]

    def plan(self, tasks: Iterable[str]) -> Plan | None:
        """The first plan with these changes, or None where a rule forbids it."""
        picked = {self.numbers[task] for task in tasks}
        routes: Routes = []
        for who in range(len(self.instance.workers)):
            route = self._route(who, picked)
            if route is None:
                return None
            routes.append(route)
        built = build(self.instance, routes, self.after.engine, self.after.seed, self.after.iterations)
        return None if check(self.problem, built) else built

    def _route(self, who: int, picked: set[int]) -> list[int] | None:
        """One engineer's sequence; None where none holds. Remembered, for searches ask again and again."""
        key = (who, frozenset(picked & self.touched[who]))
        if key not in self.known:
            self.known[key] = self._sequence(who, picked)
        return self.known[key]

    def _sequence(self, who: int, picked: set[int]) -> list[int] | None:
        kept = [n for n in self.old[who] if n not in picked]
        coming = [n for n in self.new[who] if n in picked]
        if not coming:
            untouched = len(kept) == len(self.old[who])
            return kept if untouched or not kept or self._holds(who, kept) else None
        target = self.new[who]
        if {*kept, *coming} == set(target):
            return target if self._holds(who, target) else None
        for n in coming:
            kept = self._insert(who, kept, n, target)
        return kept if self._holds(who, kept) else None

    def _insert(self, who: int, route: list[int], n: int, target: list[int]) -> list[int]:
        """Put a task where it stands in `target` among those that are there already; the cheapest such place."""
        at = target.index(n)
        after = [k for k, other in enumerate(route) if other in target[:at]]
        ahead = [k for k, other in enumerate(route) if other in target[at + 1 :]]
        low, high = (after[-1] + 1 if after else 0), (ahead[0] if ahead else len(route))
        places = range(low, high + 1) if low <= high else range(low, low + 1)
        ways = [[*route[:k], n, *route[k:]] for k in places]
        return min(ways, key=lambda way: self._price(who, way))

    def _price(self, who: int, route: list[int]) -> float:
        return day_price(self.instance, who, [self.instance.jobs[n] for n in route])

    def _holds(self, who: int, route: list[int]) -> bool:
        able = all(who in self.instance.jobs[n].engineers for n in route)
        return able and schedule(self.instance, who, route) is not None
