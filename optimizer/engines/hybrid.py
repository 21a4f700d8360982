"""The engine of choice: compiled ruin and recreate on two cores, and CP-SAT over the routes that it met.

Two searches run side by side. On a small day both have the whole of it and differ in chance; on a larger
one each has one side of the town, and the border is drawn anew for every leg. After some legs CP-SAT picks
the best set from all good routes that were met.

With a limit of iterations every step depends on counts only: the same problem, seed and iterations give the
same plan. With only seconds the temperature follows the clock.
"""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np

from optimizer.building import Routes, route_cost
from optimizer.engines import clock_kernels as clock
from optimizer.engines import compiled  # noqa: F401 - before the kernels: says where their code is kept
from optimizer.engines import search_kernels as kernels
from optimizer.engines.hybrid_data import Numbers
from optimizer.engines.partition import Column, choose
from optimizer.instance import Instance
from optimizer.limits import Watch
from optimizer.timing import time_jobs

LEGS = 60
CHOICES = 4  # by CP-SAT; 12 cost more rounds than they were worth
CHOOSE_FROM = 500  # rounds; fewer have met one plan and its neighbours, which the search has compared already
# The two searches share the work where there are so many tasks and, on each side of the border, enough routes
# to choose from. Measured: 100 tasks in three long routes end 13 % above the best known when they are shared.
SPLIT_FROM, SPLIT_ROUTES = 150, 12
# First and last temperature as parts of the mean price of a visit. Measured on Solomon's days: 0.3 is stuck early.
HOT, COLD = 1.0, 0.01
# One long cooling ends in one structure; several short ones meet several, and CP-SAT has routes of all. Rounds that
# one cooling needs for each task, and how often it begins at most (a divisor of `LEGS`). A large day on which all work
# fits needs longer ones, by the square of its tasks in hundreds; with work left over short ones stay better (measured
# on 100, 200 and 400 tasks).
COOLING, COOLINGS, HUNDRED = 250, (12, 10, 6, 5, 4, 3, 2, 1), 100
HOT_AGAIN = 0.1  # the first temperature of a search that goes on from good routes
COLUMNS = 6_000
SHARE = 0.06  # of the time for CP-SAT
RESERVE_S = 0.25


def run(instance: Instance, watch: Watch, start: Routes | None = None) -> tuple[Routes, int]:
    """Sequences by engineer, and how many iterations made them. `start` holds sequences to go on from."""
    jobs = instance.jobs
    free = [n for n in range(len(jobs)) if n not in instance.frozen and jobs[n].engineers and jobs[n].windows]
    if not free:
        return [[] for _ in instance.workers], 0
    return _Hybrid(instance, watch, free, start).run()


class _Hybrid:
    def __init__(self, instance: Instance, watch: Watch, free: list[int], start: Routes | None) -> None:
        self.start = start
        self.watch, self.limits = watch, watch.limits
        self.numbers = Numbers(instance, free)
        self.data = self.numbers.data
        self.free = free
        self.chance = np.random.Generator(np.random.PCG64(self.limits.seed))
        self.states = [self.numbers.state(2 * self.limits.seed + k) for k in range(2)]
        self.pool: dict[int, tuple[int, int, tuple[int, ...], int]] = {}
        self.done = 0
        self.leg = 0
        self.best: list[list[int]] = []
        self.best_cost = math.inf
        # No more rounds than a small day can use.
        self.budget = 200 + 60 * len(free) ** 2
        if self.limits.iterations is not None:
            self.budget = min(self.budget, self.limits.iterations)
        self.speed = 0.0
        self.coolings = 1

    # One search, or both

    def run(self) -> tuple[Routes, int]:
        self._start()
        split = len(self.free) >= SPLIT_FROM and sum(map(bool, self.best)) >= SPLIT_ROUTES
        legs = max(1, min(LEGS, self.budget // 20))
        choices = {round((n + 1) * legs / CHOICES) for n in range(CHOICES)}
        current = [self._sequences(state) for state in self.states]
        while self.done < self.budget and not self._late():
            self.leg += 1
            self._plan_coolings(legs)
            if split:
                current[0] = self._split_leg(current[0], legs)
            else:
                self._side_by_side(current, legs)
            if self.leg in choices and self.done >= CHOOSE_FROM and not self._late():
                better = self._choose()
                if better is not None:
                    current[0] = better
            if not split and self.leg * self.coolings % legs == 0:
                # The worse of the two goes on from the best.
                worse = int(self._price(current[1]) > self._price(current[0]))
                current[worse] = [list(route) for route in self.best]
        routes: Routes = [[self.free[t] for t in route] for route in self.best]
        return routes, self.done

    def _start(self) -> None:
        order = np.lexsort(
            (np.arange(len(self.free)), self.data.task[:, clock.LAST], -self.data.task[:, clock.ABSENT])
        )
        begin, absent = self._given()
        order = order[np.isin(order, list(absent))]
        for k, state in enumerate(self.states):
            self._load(state, begin, range(len(begin)), order)
            self._work(self.states[k], kernels.CONSTRUCT)
        state = self.states[0]
        self._take(self._sequences(state), float(state.sum[kernels.NOW]))
        served = sum(map(len, self.best))
        visits = float(state.cost.sum()) / max(1, served)
        hot = HOT_AGAIN if self.start is not None and any(self.start) else HOT
        self.hot, self.cold = max(1.0, hot * visits), max(0.05, COLD * visits)

    def _given(self) -> tuple[list[list[int]], set[int]]:
        """The sequences to begin with, and the tasks that they leave out."""
        row = {n: t for t, n in enumerate(self.free)}
        routes = self.start or [[] for _ in self.numbers.instance.workers]
        begin = [[row[n] for n in route] for route in routes]
        return begin, set(range(len(self.free))) - {t for route in begin for t in route}

    def _work(
        self, state: kernels.State, what: int, rounds: int = 0, heat: float = 0.0, slope: float = 0.0
    ) -> None:
        kernels.work(self.data, state, what, rounds, heat, slope)

    def _late(self) -> bool:
        return self.watch.left_s() < RESERVE_S

    def _part(self) -> float:
        """How much of the limits is used up."""
        part = self.done / self.budget
        if self.limits.iterations is None and self.limits.seconds is not None:
            part = max(part, self.watch.elapsed_s() / max(0.01, self.limits.seconds - RESERVE_S))
        return min(1.0, part)

    def _plan_coolings(self, legs: int) -> None:
        """How often the temperature falls, once it is known how many rounds there will be."""
        if self.leg > 2 or legs < LEGS:
            return
        rounds = self.budget
        if self.limits.iterations is None and self.limits.seconds is not None:
            rounds = min(rounds, int(2 * self.speed * (1 - SHARE) * (self.limits.seconds - RESERVE_S)))
        tasks = len(self.free)
        enough = COOLING * tasks * 2.0
        if sum(map(len, self.best)) == tasks:
            enough *= max(1.0, tasks / HUNDRED) ** 2
        self.coolings = next((n for n in COOLINGS if n * enough <= rounds), 1)

    def _legs(self, legs: int) -> None:
        """Both searches for one leg, each on its core."""
        part, upto = self._part(), min(1.0, self.leg / legs)
        if self.limits.iterations is not None:
            part = min(1.0, (self.leg - 1) / legs)
        most = max(1, (self.budget * self.leg // legs - self.done) // 2)
        until = math.inf
        if self.limits.iterations is None and self.limits.seconds is not None:
            until = max(0.02, (upto - part) * (self.limits.seconds - RESERVE_S)) + self.watch.elapsed_s()
        cooling = math.log(self.cold / self.hot)
        fall = cooling * self.coolings * max(0.0, upto - part)
        heat = math.log(self.hot) + cooling * (part * self.coolings % 1.0)
        threads = [
            threading.Thread(target=self._one, args=(state, most, until, heat, fall)) for state in self.states
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.done += int(sum(state.mem[kernels.DONE] for state in self.states))
        self._gather()

    def _one(self, state: kernels.State, most: int, until: float, heat: float, fall: float) -> None:
        """One search for one leg; in pieces, so that the clock can be looked at."""
        state.mem[kernels.DONE] = 0
        timed = math.isfinite(until)
        expected = most if not timed else max(1.0, self.speed * (until - self.watch.elapsed_s()))
        slope = fall / min(most, expected) if expected > 1 else 0.0
        piece = 100
        while (left := most - int(state.mem[kernels.DONE])) > 0:
            before = self.watch.elapsed_s()
            self._work(state, kernels.SEARCH, min(piece, left), heat, slope)
            now = self.watch.elapsed_s()
            speed = min(piece, left) / max(1e-6, now - before)
            piece = max(20, min(5_000, int(speed * 0.05)))
            if timed:
                self.speed = speed
                if now >= until:
                    break
            if self.watch.left_s() < RESERVE_S:
                break

    def _side_by_side(self, current: list[list[list[int]]], legs: int) -> None:
        for k, state in enumerate(self.states):
            self._load(state, current[k], range(len(current[k])), range(len(self.free)))
        self._legs(legs)
        for k, state in enumerate(self.states):
            current[k] = self._sequences(state)
            self._take(self._sequences(state, best=True), float(state.sum[kernels.BEST]))

    def _split_leg(self, current: list[list[int]], legs: int) -> list[list[int]]:
        """Each search gets the routes and the absent tasks on one side of a random line."""
        workers, tasks = self._halves(current)
        for k, state in enumerate(self.states):
            self._load(state, current, workers[k], tasks[k])
        self._legs(legs)
        now, best = [list(r) for r in current], [list(r) for r in current]
        cost = 0.0
        for k, state in enumerate(self.states):
            for target, of_best in ((now, False), (best, True)):
                found = self._sequences(state, best=of_best)
                for w in workers[k]:
                    target[w] = found[w]
            cost += float(state.sum[kernels.BEST])
        self._take(best, cost)
        return now

    def _halves(self, current: list[list[int]]) -> tuple[list[list[int]], list[list[int]]]:
        keys = self.numbers.instance.places.keys
        spot = np.array([(key[0], key[1] * 0.77) for key in keys])
        at = spot[self.data.task[:, clock.PLACE]]
        angle = self.chance.uniform(0, math.pi)
        line = np.array([math.cos(angle), math.sin(angle)])
        along = at @ line
        middle = [
            float(np.mean(along[route])) if route else float(spot[self.data.worker[w, clock.ORIGIN]] @ line)
            for w, route in enumerate(current)
        ]
        order = sorted(range(len(current)), key=lambda w: (middle[w], w))
        half = sum(map(len, current)) / 2
        workers: list[list[int]] = [[], []]
        seen, border = 0, middle[order[0]] if order else 0.0
        spread = [0, 0]
        for w in order:
            if not current[w]:
                kind = int(self.data.worker[w, clock.KIND])
                if (self.data.worker[:, clock.KIND] == kind).sum() > 1:
                    # Spare engineers who are alike go to both sides.
                    spread[1] += 1
                    workers[spread[1] % 2].append(w)
                    continue
            side = int(seen >= half)
            if not side:
                border = middle[w]
            workers[side].append(w)
            seen += len(current[w])
        tasks: list[list[int]] = [[t for w in side for t in current[w]] for side in workers]
        served = {t for side in tasks for t in side}
        for t in range(len(self.free)):
            if t not in served:
                tasks[int(along[t] > border)].append(t)
        return [sorted(side) for side in workers], [sorted(side) for side in tasks]

    # Between arrays and lists

    def _load(self, state: kernels.State, routes: list[list[int]], workers, tasks) -> None:
        state.where[:] = kernels.ELSEWHERE
        k = next(i for i, known in enumerate(self.states) if known is state)
        state = state._replace(
            mine=np.array(list(workers), dtype=np.int64), todo=np.array(list(tasks), dtype=np.int64)
        )
        self.states[k] = state
        for w in workers:
            state.info[w, kernels.COUNT] = len(routes[w])
            state.seq[w, : len(routes[w])] = routes[w]
        self._work(state, kernels.SETTLE)

    def _sequences(self, state: kernels.State, best: bool = False) -> list[list[int]]:
        seq = state.best_seq if best else state.seq
        counts = state.best_info if best else state.info[:, kernels.COUNT]
        return [seq[w, :n].tolist() for w, n in enumerate(counts.tolist())]

    def _take(self, routes: list[list[int]], cost: float) -> None:
        if cost < self.best_cost - 1e-6:
            self.best, self.best_cost = [list(route) for route in routes], cost
        undone = len(self.free) - sum(map(len, self.best))
        self.watch.report(self.done, int(self.best_cost), undone)

    def _route_price(self, w: int, route: list[int]) -> float:
        if not route:
            return float(self.data.worker[w, clock.EMPTY_COST])
        jobs = [self.numbers.jobs[t] for t in route]
        timed = time_jobs(self.numbers.instance.workers[w], jobs)
        return math.inf if timed is None else float(route_cost(self.numbers.instance, w, jobs, timed))

    def _price(self, routes: list[list[int]]) -> float:
        served = {t for route in routes for t in route}
        out = sum(int(self.data.task[t, clock.ABSENT]) for t in range(len(self.free)) if t not in served)
        return out + sum(self._route_price(w, route) for w, route in enumerate(routes))

    # The pool

    def _gather(self) -> None:
        for state in self.states:
            count = int(state.mem[kernels.POOLED])
            keys, costs = state.pool_key[:count].tolist(), state.pool_cost[:count].tolist()
            info = state.pool_info[:count].tolist()
            for i in range(count):
                known = self.pool.pop(keys[i], None)
                w, n = info[i]
                if known is None or costs[i] < known[1]:
                    known = (w, int(costs[i]), tuple(state.pool_seq[i, :n].tolist()), self.leg)
                self.pool[keys[i]] = known
            state.mem[kernels.POOLED] = 0
            state.slots[:] = -1
        # The latest are the best: the search cools down.
        while len(self.pool) > 4 * COLUMNS:
            self.pool.pop(next(iter(self.pool)))

    def _choose(self) -> list[list[int]] | None:
        """The best set of routes from the pool, where it is better than the best so far."""
        absent, kinds = self.data.task[:, clock.ABSENT].tolist(), self.data.worker[:, clock.KIND].tolist()
        empty = self.data.worker[:, clock.EMPTY_COST].tolist()

        def column(w: int, route: tuple[int, ...], cost: int) -> Any:
            return Column(kinds[w], tuple(route), sum(absent[t] for t in route) + empty[w] - cost)

        columns = [column(w, tuple(r), int(self._route_price(w, r))) for w, r in enumerate(self.best) if r]
        hint = set(range(len(columns)))
        known = {(c.kind, c.tasks) for c in columns}
        for w, cost, route, _ in reversed(self.pool.values()):
            if len(columns) >= COLUMNS:
                break
            found = column(w, route, cost)
            if found.gain > 0 and (found.kind, found.tasks) not in known:
                columns.append(found)
        room: dict[int, int] = {}
        for kind in kinds:
            room[kind] = room.get(kind, 0) + 1
        effort, seconds = min(2.0, self.budget / 20_000), 3_600.0
        if self.limits.iterations is not None:
            seconds = max(0.05, min(seconds, self.watch.left_s() - RESERVE_S))
        elif self.limits.seconds is not None:
            total = self.limits.seconds - RESERVE_S
            seconds = max(0.05, min(self.watch.left_s() - RESERVE_S, SHARE * total / CHOICES * 3))
        picked = choose(columns, room, hint, effort, seconds)
        if picked is None:
            return None
        spare: dict[int, list[int]] = {}
        for w, kind in enumerate(kinds):
            spare.setdefault(kind, []).append(w)
        routes: list[list[int]] = [[] for _ in kinds]
        for n in picked:
            routes[spare[columns[n].kind].pop(0)] = list(columns[n].tasks)
        price = self._price(routes)
        if price >= self.best_cost - 1e-6:
            return None
        self._take(routes, price)
        return routes
