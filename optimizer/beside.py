"""What the other halves leave to a linked task that has no place: when it could begin, and with whom.

A half that has no place either gets its cheapest one first, so that what is asked about the task is asked with
everything there that it needs.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from optimizer.building import Routes
from optimizer.insertion import insertions
from optimizer.instance import Instance
from optimizer.links import intersected, partners
from optimizer.model import LATEST_S, NEEDED, Link, Problem, Window
from optimizer.timing import schedule


@dataclass(frozen=True, slots=True)
class Beside:
    """The routes with the halves that had no place, what those add to the sum and save, and what is left to the task."""

    routes: Routes
    extra_fen: int
    saves_fen: int
    starts: Window
    engineers: frozenset[int]


def beside(problem: Problem, instance: Instance, routes: Routes, task_id: str) -> Beside | None:
    """None where another half finds no place as things are. Of a joined task ask as of one with all of its chain
    (`links.as_one`).

    `instance` is that of the problem without links (`links.held`); the starts of halves that are put in are
    fixed in it.
    """
    return _Halves(problem, instance, routes, task_id).run()


class _Halves:
    def __init__(self, problem: Problem, instance: Instance, routes: Routes, task_id: str) -> None:
        self.problem, self.instance, self.task_id = problem, instance, task_id
        self.routes = [list(route) for route in routes]
        self.extra_fen = self.saves_fen = 0
        self.low, self.high = 0, LATEST_S
        self.engineers = set(range(len(instance.workers)))

    def run(self) -> Beside | None:
        mine = [link for link in self.problem.links if self.task_id in (link.first, link.second)]
        if not all(self._bind(link) for link in mine):
            return None
        self._keep_sequence()
        if self.low > self.high:
            return None
        starts = self.low, self.high
        return Beside(self.routes, self.extra_fen, self.saves_fen, starts, frozenset(self.engineers))

    def _bind(self, link: Link) -> bool:
        """Take in what one link asks for; whether it can be kept."""
        if link.kind in NEEDED and link.first == self.task_id:
            return True  # what waits for it can wait
        other = link.second if link.first == self.task_id else link.first
        found = self._where(other) or self._put(other, link.kind)
        if found is None:
            return False
        start_s, worker = found
        if link.kind == "together":
            self.low, self.high = max(self.low, start_s), min(self.high, start_s)
            self.engineers -= {worker}
            return True
        ended_s = start_s + self.problem.tasks[self.instance.task_number[other]].duration_s
        self.low = max(self.low, ended_s + link.gap_s)
        if link.kind == "fetched":
            self.engineers &= {worker}
        return True

    def _keep_sequence(self) -> None:
        """Between those before and after it in the sequence of its engineer."""
        own_s = self.problem.tasks[self.instance.task_number[self.task_id]].duration_s
        for worker, engineer in enumerate(self.problem.engineers):
            if self.task_id not in engineer.sequence:
                continue
            self.engineers &= {worker}
            at = engineer.sequence.index(self.task_id)
            for k, name in enumerate(engineer.sequence):
                found = self._where(name)
                if found is None:
                    continue
                if k < at:
                    ended_s = found[0] + self.problem.tasks[self.instance.task_number[name]].duration_s
                    self.low = max(self.low, ended_s)
                else:
                    self.high = min(self.high, found[0] - own_s)

    def _where(self, name: str) -> tuple[int, int] | None:
        """Start and engineer of a half that has a place."""
        n = self.instance.task_number[name]
        fact = self.problem.tasks[n].frozen
        if fact is not None:
            return fact.start_s, self.instance.worker_number.get(fact.engineer, -1)
        for worker, route in enumerate(self.routes):
            if n in route:
                timed = schedule(self.instance, worker, route)
                return None if timed is None else (timed.starts_s[route.index(n)], worker)
        return None

    def _put(self, name: str, kind: str) -> tuple[int, int] | None:
        """Give another half its cheapest place; start and engineer."""
        instance = self.instance
        n = instance.task_number[name]
        if any(
            other != self.task_id and self._where(other) is None for other in partners(self.problem, name)
        ):
            return None  # it waits for somebody itself
        job = instance.jobs[n]
        if kind == "together":
            own = instance.jobs[instance.task_number[self.task_id]]
            job = dataclasses.replace(job, windows=intersected(job.windows, own.windows))
        instance.jobs[n] = job
        places = insertions(instance, self.routes, instance.problem.tasks[n]) if job.windows else []
        if not places:
            return None
        best = places[0]
        worker = instance.worker_number[best.engineer]
        self.routes[worker].insert(best.position - len(instance.workers[worker].frozen), n)
        instance.jobs[n] = dataclasses.replace(job, windows=((best.start_s, best.start_s),))
        self.extra_fen += best.extra_fen
        self.saves_fen += instance.absence(job)
        return best.start_s, worker
