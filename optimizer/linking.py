"""Chooses the moments of ties: when two engineers begin together, and where the border between two tasks is.

The tasks of one group of ties are taken out of the routes and put back one after another, each at its cheapest
place that the ones before it leave open; the cheapest of several such ways stays. Between two legs of a search
the borders go to the middle of the room that they have, so that the next leg can use it on both sides.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Iterable
from typing import NamedTuple

import numpy as np

from optimizer.building import Routes, day_price
from optimizer.insertion import Insertion, insertions, refilled
from optimizer.instance import NEVER, Instance, Job
from optimizer.links import Tie, intersected
from optimizer.model import LATEST_S, NEEDED, Window
from optimizer.moments import likely
from optimizer.timing import time_jobs

LEAST_WAYS, MOST_WAYS = 3, 12  # in which a group is tried to be put back


class Moment(NamedTuple):
    """What is chosen for a tie: a second, and for something fetched the engineer's number."""

    at_s: int
    worker: int | None = None


class Linking:
    """The ties of an instance with their moments; a task whose ties have none cannot be done."""

    def __init__(self, instance: Instance, ties: Iterable[Tie], seed: int) -> None:
        self.instance = instance
        self.chance = np.random.Generator(np.random.PCG64(seed))
        number = instance.task_number
        self.ties = [(tie, number[tie.first], number[tie.second]) for tie in ties]
        self.moments: dict[int, Moment] = {}
        tied = {n for _, first, second in self.ties for n in (first, second)} - instance.frozen
        self.absent_fen = {n: instance.absence(instance.jobs[n]) for n in sorted(tied)}
        self.own = {n: self._dearer(n) for n in self.absent_fen}
        self.groups = self._groups()
        self._facts()
        self.narrow()

    def _dearer(self, n: int) -> Job:
        """The job with the price of everything that cannot be done without it: an engine sees one task at a time."""
        job, more, seen = self.instance.jobs[n], 0, {n}
        waiting = [n]
        while waiting:
            one = waiting.pop()
            for tie, first, second in self.ties:
                halves = [(first, second)] if tie.kind != "order" else []
                halves += [(second, first)] if tie.kind == "together" else []
                for needed, other in halves:
                    if needed == one and other not in seen and other in self.absent_fen:
                        seen.add(other)
                        waiting.append(other)
                        more += self.absent_fen[other]
        return dataclasses.replace(job, undone_fen=job.undone_fen + more)

    def arrange(self, routes: Routes) -> Routes:
        """Find each group a place that is not all there, the dearest first, and one more a better one.

        Returns the routes.
        """
        price = self.absent_fen
        served = {n for route in routes for n in route}
        one_more = self.groups[int(self.chance.integers(len(self.groups)))] if self.groups else []
        for group in sorted(self.groups, key=lambda g: (-sum(price[n] for n in g), g)):
            if group is one_more or not served.issuperset(group):
                routes = self._arrange(routes, group)
        self.settle(routes)
        return routes

    def disturb(self, routes: Routes) -> Routes:
        """Give one group another place without regard to visits that are not linked; those in its way give way."""
        group = self.groups[int(self.chance.integers(len(self.groups)))]
        mine, inside, kept = set(group), self._inside(group), dict(self.moments)
        bare = [[n for n in route if n in self.own and n not in mine] for route in routes]
        found = self.whole(self._place(bare, group, 2 + int(self.chance.integers(MOST_WAYS))))
        self._set(inside, self._moments_of(found, inside))
        if not any(n in mine for route in found for n in route) or math.isinf(self._price(found, group)):
            self.take(kept)
            return routes
        for number, (route, old) in enumerate(zip(found, routes, strict=True)):
            if mine.isdisjoint(route) and mine.isdisjoint(old):
                found[number] = list(old)
                continue
            found[number] = refilled(self.instance, number, route, [n for n in old if n not in self.own])
        return found

    def price(self, routes: Routes) -> float:
        """What the routes cost with everything that they leave out."""
        rest = [n for n in range(len(self.instance.jobs)) if n not in self.instance.frozen]
        return self._price(routes, rest)

    def take(self, moments: dict[int, Moment]) -> None:
        """Go back to these moments."""
        self._set(range(len(self.ties)), moments)

    def settle(self, routes: Routes) -> None:
        """Move every border to the middle of the room that it has between the tasks that are served."""
        starts, who = self._starts(routes), self._who(routes)
        for k, (tie, first, second) in enumerate(self.ties):
            if tie.kind == "together" or first in self.instance.frozen:
                continue
            if first in starts and second in starts:
                at_s = (starts[first] + tie.from_s + starts[second]) // 2
            elif first in starts:
                at_s = self._before(second, starts[first] + tie.from_s, first, tie)
            elif second in starts and self.own[first].windows:
                earliest = self.own[first].windows[0][0] + tie.from_s
                at_s = min(earliest, starts[second]) + max(0, starts[second] - earliest) // 2
            else:
                continue
            self.moments[k] = self._moment(tie, at_s, who.get(first, who.get(second)))
        self.narrow()

    def _moment(self, tie: Tie, at_s: int, worker: int | None) -> Moment:
        return Moment(at_s, worker if tie.kind == "fetched" else None)

    def _who(self, routes: Routes) -> dict[int, int]:
        """The engineer of each linked task that is served or a fact."""
        return self._begun_by() | {n: w for w, route in enumerate(routes) for n in route if n in self.own}

    def _before(self, second: int, ended_s: int, first: int, tie: Tie) -> int:
        """A border after the first task for the second, which is absent; past the day where it cannot follow."""
        windows = self.own[second].windows
        if windows and windows[-1][1] >= ended_s:
            return (ended_s + min(LATEST_S, windows[-1][1])) // 2
        return min(LATEST_S, self.own[first].windows[-1][1]) + tie.from_s

    def whole(self, routes: Routes) -> Routes:
        """The routes without tasks whose other half is missing."""
        served = {n for route in routes for n in route} | self.instance.frozen
        while halves := {
            n
            for tie, first, second in self.ties
            for n, needs in ((second, first), (first, second))
            if n in served
            and needs not in served
            and (tie.kind == "together" or (tie.kind in NEEDED and n == second))
        }:
            served -= halves
        return [[n for n in route if n in served] for route in routes]

    # Windows

    def _groups(self) -> list[list[int]]:
        """Tasks that are tied together, directly or not; each in an order in which the ties go forward."""
        root: dict[int, int] = {n: n for n in self.own}

        def find(n: int) -> int:
            while root[n] != n:
                n = root[n]
            return n

        for _, first, second in self.ties:
            if first in root and second in root:
                root[find(second)] = find(first)
        groups: dict[int, list[int]] = {}
        for n in self.own:
            groups.setdefault(find(n), []).append(n)
        return [self._forward(group) for group in groups.values()]

    def _forward(self, group: list[int]) -> list[int]:
        waits = {n: {f for tie, f, s in self.ties if s == n and tie.kind != "together"} for n in group}
        for tie, first, second in self.ties * len(group):  # as long as a row of them can be
            if tie.kind == "together" and first in waits:
                waits[first] = waits[second] = waits[first] | waits[second]
        waits = {n: others & set(group) for n, others in waits.items()}
        order: list[int] = []
        while len(order) < len(group):
            ready = [n for n in group if n not in order and waits[n] <= set(order)]
            order.append(ready[0] if ready else next(n for n in group if n not in order))  # a circle
        return order

    def _facts(self) -> None:
        """A border after a task that is under way or done is no choice."""
        for k, (tie, first, _) in enumerate(self.ties):
            fact = self.instance.problem.tasks[first].frozen
            if fact is not None:
                worker = self.instance.worker_number.get(fact.engineer)
                self.moments[k] = self._moment(tie, fact.start_s + tie.from_s, worker)

    def _bounds(self, n: int) -> Window | None:
        """The starts that the moments leave to a task; None where one is missing."""
        low, high = 0, NEVER
        for k, (tie, first, second) in enumerate(self.ties):
            if n not in (first, second):
                continue
            moment = self.moments.get(k)
            if moment is None:
                return None
            if tie.kind == "together" or n == second:
                low = max(low, moment.at_s)
            if tie.kind == "together" or n == first:
                high = min(high, moment.at_s if tie.kind == "together" else moment.at_s - tie.from_s)
        return low, high

    def _pins(self, n: int) -> set[int]:
        """The engineers with whom the other halves of something fetched are; more than one bar the task."""
        moments = [self.moments.get(k) for k, (_, *both) in enumerate(self.ties) if n in both]
        return {moment.worker for moment in moments if moment is not None and moment.worker is not None}

    def narrow(self) -> None:
        """Write the moments into the instance's jobs; once more when the ways of travelling have changed."""
        for n in self.own:
            self._cut(n, self._bounds(n), self._pins(n))

    def _cut(self, n: int, bounds: Window | None, pins: Collection[int] = ()) -> Job:
        job = self.own[n]
        windows = () if bounds is None or bounds[0] > bounds[1] else intersected(job.windows, [bounds])
        able = self.instance.able_to(self.instance.problem.tasks[n])  # depends on how they travel
        able = tuple(w for w in able if all(w == pin for pin in pins))
        self.instance.jobs[n] = made = dataclasses.replace(job, windows=windows, engineers=able)
        return made

    # Places

    def _starts(self, routes: Routes) -> dict[int, int]:
        starts = self._begun()
        for worker, route in enumerate(routes):
            if any(n in self.own for n in route):
                timed = time_jobs(self.instance.workers[worker], [self.instance.jobs[n] for n in route])
                if timed is None:  # trips that are shorter by way of a third place: nothing can be left out
                    continue
                starts |= {n: at for n, at in zip(route, timed.starts_s, strict=True) if n in self.own}
        return starts

    def _begun_by(self) -> dict[int, int]:
        tasks, number = self.instance.problem.tasks, self.instance.worker_number
        facts = {first: tasks[first].frozen for _, first, _ in self.ties}
        return {n: number[fact.engineer] for n, fact in facts.items() if fact and fact.engineer in number}

    def _begun(self) -> dict[int, int]:
        """Starts of facts that others wait for."""
        tasks = self.instance.problem.tasks
        return {first: fact.start_s for _, first, _ in self.ties if (fact := tasks[first].frozen) is not None}

    def _price(self, routes: Routes, group: list[int]) -> float:
        """What these routes cost with the group's absent tasks."""
        served = {n for route in routes for n in route}
        total: float = sum(
            self.absent_fen[n] if n in self.absent_fen else self.instance.absence(self.instance.jobs[n])
            for n in group
            if n not in served
        )
        for number, route in enumerate(routes):
            total += day_price(self.instance, number, [self.instance.jobs[n] for n in route])
        return total

    def _arrange(self, routes: Routes, group: list[int]) -> Routes:
        mine = set(group)
        without = [[n for n in route if n not in mine] for route in routes]
        inside = self._inside(group)
        kept = {k: m for k, m in self.moments.items() if k in inside}
        best, best_price, best_moments = routes, self._price(routes, group), kept
        ways = max(LEAST_WAYS, min(MOST_WAYS, 120 // max(1, len(routes))))
        for way in range(ways):
            found = self.whole(self._place(without, group, way))
            moments = self._moments_of(found, inside)
            price = self._price(found, group)
            if price < best_price:
                best, best_price, best_moments = found, price, moments
        self._set(inside, best_moments)
        return best

    def _inside(self, group: Iterable[int]) -> list[int]:
        """The ties of a group."""
        mine = set(group)
        return [k for k, (_, first, second) in enumerate(self.ties) if first in mine or second in mine]

    def _set(self, inside: Iterable[int], moments: dict[int, Moment]) -> None:
        for k in inside:
            self.moments.pop(k, None)
        self.moments |= moments
        self._facts()
        self.narrow()

    def _moments_of(self, routes: Routes, inside: Iterable[int]) -> dict[int, Moment]:
        """Moments with which these routes hold; windows are narrowed to one second each for that."""
        starts, who = self._starts(routes), self._who(routes)
        found = {}
        for k in inside:
            tie, first, second = self.ties[k]
            if second in starts:
                found[k] = self._moment(tie, starts[second], who.get(second))
            elif first in starts:
                found[k] = self._moment(tie, starts[first] + tie.from_s, who.get(first))
        return found

    def _place(self, without: Routes, group: list[int], way: int) -> Routes:
        """Put a group's tasks back one after another: at the cheapest places, the earliest, or by chance."""
        routes = [list(route) for route in without]
        at, who = self._begun(), self._begun_by()
        group = [group[k] for k in self.chance.permutation(len(group))] if way % 3 == 2 else group
        for n in group:
            bounds, partner = self._open(n, at)
            pins = {who[other] for other in self._fetched(n) if other in who}
            job = self._cut(n, bounds, pins)
            if partner is not None and bounds is not None and bounds[0] < bounds[1]:
                moments = likely(self.instance, routes, job, self._cut(partner, self._open(partner, at)[0]))
                k = min(way, len(moments) - 1) if way < 2 else self._some(len(moments))
                job = self._cut(n, (moments[k], moments[k]) if moments else None, pins)
            if not job.windows:
                continue
            places = insertions(self.instance, routes, self.instance.problem.tasks[n])
            if not places:
                self._cut(n, None)
                continue
            if way == 1:
                place = min(places, key=lambda p: (p.start_s, p.extra_fen))
            else:
                place = places[0 if way == 0 else self._some(len(places))]
            self._put(routes, n, place)
            at[n], who[n] = place.start_s, self.instance.worker_number[place.engineer]
            self._cut(n, (at[n], at[n]))
        return routes

    def _fetched(self, n: int) -> list[int]:
        """The tasks that only the same engineer can do."""
        ties = [both for tie, *both in self.ties if tie.kind == "fetched" and n in both]
        return [second if n == first else first for first, second in ties]

    def _some(self, count: int) -> int:
        """A random place in a list whose first entries are the likeliest."""
        return min(int(self.chance.geometric(0.3)) - 1, count - 1)

    def _open(self, n: int, at: dict[int, int]) -> tuple[Window | None, int | None]:
        """What the tasks that have a place leave to this one, and its partner that has none yet."""
        low, high, partner = 0, LATEST_S, None
        for tie, first, second in self.ties:
            if n not in (first, second):
                continue
            other = second if n == first else first
            if tie.kind == "together" and other in at:
                low, high = max(low, at[other]), min(high, at[other])
            elif tie.kind == "together":
                partner = other
            elif n == second and other in at:
                low = max(low, at[other] + tie.from_s)
            elif n == first and other in at:
                high = min(high, at[other] - tie.from_s)
        return ((low, high) if low <= high else None), partner

    def _put(self, routes: Routes, n: int, place: Insertion) -> None:
        worker = self.instance.worker_number[place.engineer]
        routes[worker].insert(place.position - len(self.instance.workers[worker].frozen), n)
