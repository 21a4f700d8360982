"""Ruin and recreate on exact times: repairs what another search hands over, and goes on improving it.

Adjacent strings of visits near a random task are taken out (Christiaens and Vanden Berghe, 2020) and every
absent task goes back to its cheapest place, in a random order of several kinds, sometimes overlooking a
place. Worse results are accepted by a temperature that falls with iterations, never with seconds.
"""

from __future__ import annotations

import math
import random

import numpy as np

from optimizer.building import Routes, route_cost
from optimizer.instance import NEVER, Instance, Job
from optimizer.limits import Watch
from optimizer.timing import Labels, time_jobs

REMOVED = 10  # visits taken out in one iteration, on average
STRING = 10  # longest string taken out of one day
BLINK = 0.01  # how often a place is overlooked
RETRIED = 8  # long-absent tasks tried again in one iteration
HOT_FEN, COLD_FEN, COOLING = 2_000.0, 60.0, 0.996


class Day:
    """One engineer's sequence with its labels; never changed, so a rejected iteration keeps the old ones."""

    __slots__ = ("_cost", "labels", "places", "tasks")

    def __init__(self, instance: Instance, number: int, tasks: list[int]) -> None:
        self.tasks = tasks
        self.labels = Labels(instance.workers[number], [instance.jobs[n] for n in tasks])
        self.places: dict[int, tuple[float, int]] = {}
        self._cost: int | None = None

    def cost(self, instance: Instance, number: int) -> int:
        """Exact price in fen."""
        if self._cost is None:
            if not self.tasks and not self.labels.worker.frozen:
                self._cost = 0
            else:
                timed = time_jobs(self.labels.worker, self.labels.jobs)
                assert timed is not None or not self.tasks
                self._cost = route_cost(instance, number, self.labels.jobs, timed) if timed else 0
        return self._cost


class Search:
    """The state of a search: one `Day` for each engineer, the absent tasks, the best so far."""

    def __init__(self, instance: Instance, watch: Watch, tasks: list[int]) -> None:
        self.instance, self.watch, self.tasks = instance, watch, tasks
        self.rng = random.Random(watch.limits.seed)
        self.days = [Day(instance, k, []) for k in range(len(instance.workers))]
        self.where: dict[int, int] = {}
        self.absent = set(tasks)
        self.price = {n: instance.absence(instance.jobs[n]) for n in tasks}
        self._estimates = {mode: self._seconds(mode) for mode in instance.legs}
        rates = [(w, instance.problem.engineers[k].travels_by) for k, w in enumerate(instance.workers)]
        self._near_cost = [
            (self._estimates[mode] * (w.hour_fen / 3600) + w.legs.money).tolist() for w, mode in rates
        ]
        self._neighbours = self._nearest()

    def _seconds(self, mode: str) -> np.ndarray:
        legs = self.instance.legs[mode]
        return legs.full.mean(axis=0) + np.where(legs.metres > 0, legs.fixed_s, 0)

    def _nearest(self) -> dict[int, list[int]]:
        seconds = next(iter(self._estimates.values()))
        places = [self.instance.jobs[n].place for n in self.tasks]
        order = np.argsort(seconds[np.ix_(places, places)], axis=1, kind="stable")
        return {n: [self.tasks[m] for m in order[row]] for row, n in enumerate(self.tasks)}

    def cost(self) -> int:
        """The sum in fen, without the frozen part that nothing can change."""
        days = sum(day.cost(self.instance, k) for k, day in enumerate(self.days))
        return days + sum(self.price[n] for n in self.absent)

    def start_from(self, routes: Routes) -> None:
        """Take over sequences; what does not hold in exact time goes to a better place or stays absent."""
        for k, tasks in enumerate(routes):
            kept: list[int] = []
            for n in tasks:
                if self.instance.loaded(k, [self.instance.jobs[m] for m in (*kept, n)]):
                    day = Day(self.instance, k, [*kept, n])
                    if day.labels.home_s < NEVER:
                        kept.append(n)
            self._set(k, kept)
        self.absent = {n for n in self.tasks if n not in self.where}
        self._recreate(sorted(self.absent, key=lambda n: (-self.price[n], n)), blink=0.0)

    def improve(self) -> tuple[Routes, int]:
        """Run to the limit or to a standstill; the best sequences and how many iterations it took."""
        limits = self.watch.limits
        now = best = self.cost()
        best_routes = self.routes()
        patience = 200 + 30 * len(self.tasks)
        done = last_gain = 0
        self.watch.report(0, best, len(self.absent), force=True)
        while (limits.iterations is None or done < limits.iterations) and done - last_gain < patience:
            if self.watch.left_s() < 0.15:
                break
            done += 1
            days, where, absent = self.days[:], dict(self.where), set(self.absent)
            removed = self._ruin()
            self._recreate(self._order(removed), BLINK)
            found = self.cost()
            heat = max(COLD_FEN, HOT_FEN * COOLING**done)
            if found < now - heat * math.log(1.0 - self.rng.random()):
                now = found
            else:
                self.days, self.where, self.absent = days, where, absent
            if now < best:
                best, best_routes, last_gain = now, self.routes(), done
            self.watch.report(done, best, self._undone(best_routes))
        return best_routes, done

    def routes(self) -> Routes:
        """The sequences as they are."""
        return [list(day.tasks) for day in self.days]

    def _undone(self, routes: Routes) -> int:
        return len(self.instance.jobs) - len(self.instance.frozen) - sum(map(len, routes))

    def _set(self, number: int, tasks: list[int]) -> None:
        self.days[number] = Day(self.instance, number, tasks)
        for n in tasks:
            self.where[n] = number

    def _ruin(self) -> list[int]:
        """Take strings out of the days around a random task."""
        rng = self.rng
        seed = self.tasks[rng.randrange(len(self.tasks))]
        wanted = rng.randint(1, 2 * REMOVED - 1)
        removed: list[int] = []
        hit: set[int] = set()
        for n in self._neighbours[seed]:
            if len(removed) >= wanted:
                break
            number = self.where.get(n)
            if number is None or number in hit:
                continue
            hit.add(number)
            tasks = self.days[number].tasks
            length = min(len(tasks), rng.randint(1, STRING), wanted - len(removed))
            at = tasks.index(n)
            spare = rng.randint(0, 1) if length > 1 and len(tasks) > length else 0
            first = rng.randint(max(0, at - length - spare + 1), min(at, len(tasks) - length - spare))
            string = tasks[first : first + length + spare]
            if spare:
                # Split string: one visit in the middle of it stays.
                string.remove(string[rng.randrange(len(string))])
            out = set(string)
            removed += string
            self._set(number, [m for m in tasks if m not in out])
            for m in string:
                del self.where[m]
        self.absent.update(removed)
        return removed

    def _order(self, removed: list[int]) -> list[int]:
        """What to put back, in one of several orders."""
        rng, jobs = self.rng, self.instance.jobs
        others = sorted(self.absent.difference(removed))
        if len(others) > RETRIED:
            others = rng.sample(others, RETRIED)
        order = [*removed, *others]
        rng.shuffle(order)
        kind = rng.random()
        if kind < 0.35:
            order.sort(key=lambda n: -self.price[n])
        elif kind < 0.5:
            order.sort(key=lambda n: sum(b - a for a, b in jobs[n].windows))
        elif kind < 0.65:
            order.sort(key=lambda n: len(jobs[n].engineers))
        elif kind < 0.75:
            order.sort(key=lambda n: -self.price[n] / (1 + jobs[n].duration_s))
        return order

    def _recreate(self, order: list[int], blink: float) -> None:
        """Each task to its cheapest place, unless being absent is cheaper."""
        rng, workers = self.rng, self.instance.workers
        for n in order:
            job = self.instance.jobs[n]
            best, best_day, best_at = float(self.price[n]), -1, -1
            for number in job.engineers:
                day = self.days[number]
                if len(day.tasks) >= workers[number].room or (blink and rng.random() < blink):
                    continue
                if job.demand and not self.instance.loaded(number, [*day.labels.jobs, job]):
                    continue
                found = day.places.get(n)
                if found is None:
                    found = day.places[n] = self._cheapest(number, day, job)
                if found[0] < best:
                    best, best_at = found
                    best_day = number
            if best_day >= 0:
                tasks = self.days[best_day].tasks
                self._set(best_day, [*tasks[:best_at], n, *tasks[best_at:]])
                self.absent.discard(n)

    def _cheapest(self, number: int, day: Day, job: Job) -> tuple[float, int]:
        """The estimated price and position of the cheapest place that holds in exact time."""
        worker, cost = self.instance.workers[number], self._near_cost[number]
        best, best_at = math.inf, -1
        base = job.duration_s * worker.hour_fen / 3600
        assigned = self.instance.assignment(job, number)
        base += assigned
        here = job.place
        at = worker.origin
        jobs = day.labels.jobs
        for k in range(len(jobs) + 1):
            to = jobs[k].place if k < len(jobs) else worker.end
            extra = base + cost[at][here] + cost[here][to] - (cost[at][to] if jobs or worker.frozen else 0)
            if extra < best and (start_s := day.labels.fits(job, k)) < NEVER:
                if job.timed:
                    extra += self.instance.soft(job, number, start_s) - assigned
                if extra < best:
                    best, best_at = extra, k
            at = to
        return best, best_at
