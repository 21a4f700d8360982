"""Chooses how the engineers travel: who has which vehicle of the pools, and who goes by his own mode.

Once it is decided, an engine has nothing to choose: each engineer has one mode, a price of the day, and zones
where he cannot go. Between two legs of a search the vehicles go where they save most on the routes as they are;
before a leg one engineer may get another way by chance, and his day is made anew as far as it holds.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from optimizer.building import Routes, day_price
from optimizer.insertion import refilled
from optimizer.instance import NEVER, Instance, Worker
from optimizer.model import Way

Ways = list[Way | None]


class Fleet:
    """The ways of an instance's engineers."""

    def __init__(self, instance: Instance, seed: int) -> None:
        self.instance = instance
        self.chance = np.random.Generator(np.random.PCG64(seed + 77))
        engineers = instance.problem.engineers
        self.choices: list[Ways] = [
            [None, *one.ways] if one.way is None and not instance.workers[n].frozen else [one.way]
            for n, one in enumerate(engineers)
        ]
        self.free = [n for n, choices in enumerate(self.choices) if len(choices) > 1]
        self.ways: Ways = [choices[0] for choices in self.choices]
        self.variants: dict[tuple[int, Way | None], Worker] = {}
        if self.free:
            self._variants()
            self.take(self._first())

    def take(self, ways: Ways) -> None:
        """Let the engineers travel like this."""
        if ways != self.ways:
            self.ways = list(ways)
            self.instance.give(self.ways)

    def choose(self, routes: Routes) -> None:
        """Give the vehicles to those to whom they save most on these routes."""
        if not self.free:
            return
        prices = {n: [self._price(n, way, routes[n]) for way in self.choices[n]] for n in self.free}
        found = list(self.ways)
        for n in self.free:
            found[n] = self.choices[n][int(np.argmin(prices[n]))]
        while over := self._over(found):
            # Whoever loses least by it goes otherwise.
            losses, full = [], self._full(found)
            for n in self.free:
                way = found[n]
                if way is not None and way.pool in over:
                    now = prices[n][self.choices[n].index(way)]
                    for k, other in enumerate(self.choices[n]):
                        if other is None or other.pool not in full:
                            losses.append((prices[n][k] - now, n, k))
            _, n, k = min(losses)
            found[n] = self.choices[n][k]
        total = sum(prices[n][self.choices[n].index(found[n])] for n in self.free)
        if total < NEVER:
            self.take(found)

    def disturb(self, routes: Routes) -> Routes:
        """Give one engineer another way, taken from another one where the pool is empty; both days as far as they hold."""
        n = self.free[int(self.chance.integers(len(self.free)))]
        others = [way for way in self.choices[n] if way != self.ways[n]]
        ways = list(self.ways)
        ways[n] = others[int(self.chance.integers(len(others)))]
        changed = [n]
        while over := self._over(ways):
            able = [m for m in self.free if m != n and (way := ways[m]) is not None and way.pool in over]
            if not able:
                return routes
            loser = able[int(self.chance.integers(len(able)))]
            ways[loser] = None
            changed.append(loser)
        self.take(ways)
        return [
            refilled(self.instance, k, [], route) if k in changed else route for k, route in enumerate(routes)
        ]

    def _first(self) -> Ways:
        """Vehicles for those who live farthest from the work."""
        instance = self.instance
        crow = instance.places.great_circle_m()
        away = [-float(crow[instance.places.starts[n], instance.places.tasks].sum()) for n in self.free]
        ways = list(self.ways)
        for _, n in sorted(zip(away, self.free, strict=True)):
            for way in self.choices[n][1:]:
                tried = [*ways[:n], way, *ways[n + 1 :]]
                if not self._over(tried):
                    ways = tried
                    break
        return ways

    def _variants(self) -> None:
        """What each engineer would be with each of his ways."""
        problem = self.instance.problem
        for n in self.free:
            for way in self.choices[n]:
                engineers = list(problem.engineers)
                engineers[n] = dataclasses.replace(engineers[n], way=way)
                self.instance.problem = dataclasses.replace(problem, engineers=tuple(engineers))
                self.variants[n, way] = self.instance.worker(n)
        self.instance.problem = problem

    def _price(self, n: int, way: Way | None, route: list[int]) -> float:
        zones = {self.instance.problem.tasks[m].zone for m in route}
        if way is not None and not zones.isdisjoint(way.barred_zones):
            return float(NEVER)
        jobs = [self.instance.jobs[m] for m in route]
        return day_price(self.instance, n, jobs, self.variants[n, way], broken=NEVER)

    def _taken(self, ways: Ways) -> dict[str, int]:
        taken: dict[str, int] = {}
        for way in ways:
            if way is not None and way.pool is not None:
                taken[way.pool] = taken.get(way.pool, 0) + 1
        return taken

    def _over(self, ways: Ways) -> set[str]:
        pools = self.instance.problem.pools
        return {pool for pool, count in self._taken(ways).items() if count > pools.get(pool, 0)}

    def _full(self, ways: Ways) -> set[str | None]:
        taken, pools = self._taken(ways), self.instance.problem.pools
        named = {way.pool for choices in self.choices for way in choices if way is not None}
        return {pool for pool in named if pool is not None and taken.get(pool, 0) >= pools.get(pool, 0)}
