"""Ejection chains: how a task gets room when visits give way to it, one after the other.

A visit that gives way goes to another day, where another may give way in turn; or two of one day give way
together. Each goes to its cheapest place in the day as it then is, at the exact price. All places without a
move are looked at, and all visits that might give way first; of longer chains the most promising `BEAM`.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable
from typing import NamedTuple

import numpy as np

from optimizer.building import Routes
from optimizer.daybook import DayBook

BEAM = 48


class Step(NamedTuple):
    """A day without one or two of its visits (-1: none) and with `task` as visit number `at`."""

    engineer: int
    gone: int
    too: int
    task: int
    at: int


class Way(NamedTuple):
    """Steps that belong together: what the sum rises by, and the same with a price for each move.

    A step with an engineer who is not there (one more than there are) is a visit that moves to another day.
    """

    rank_fen: float
    extra_fen: float
    steps: tuple[Step, ...]

    def apply(self, routes: Routes) -> dict[int, list[int]]:
        """The sequences of the days that it changes."""
        changed: dict[int, list[int]] = {}
        for step in self.steps:
            if step.engineer == len(routes):
                continue
            line = changed.get(step.engineer, routes[step.engineer])
            line = [n for k, n in enumerate(line) if k not in (step.gone, step.too)]
            line.insert(step.at, step.task)
            changed[step.engineer] = line
        return changed


class _Chain(NamedTuple):
    """A way that is not at its end: `homeless` visits have given way and have no place yet."""

    rank_fen: float
    extra_fen: float
    steps: tuple[Step, ...]
    homeless: tuple[int, ...]


_Known = dict[int, tuple[np.ndarray, np.ndarray]]  # by task what a day rises by, and the position


def _spread(
    known: _Known, tasks: list[int], width: int, at: list[tuple[int, int]], *answers: np.ndarray
) -> None:
    """Keep answers to questions about (task, column) in one row for each task."""
    row = {n: k for k, n in enumerate(tasks)}
    rises, positions = np.full((len(tasks), width), np.inf), np.full((len(tasks), width), -1)
    where = np.array([(row[n], column) for n, column in at], dtype=np.int64).reshape(-1, 2).T
    rises[where[0], where[1]], positions[where[0], where[1]] = answers
    known.update({n: (rises[k], positions[k]) for n, k in row.items()})


class Search:
    """The ways of one task into the days of a plan; it is the spare task `x` of the book."""

    def __init__(
        self, book: DayBook, x: int, moves: int, limit: int, keep: Collection[str], put_off: bool
    ) -> None:
        self.book, self.x, self.moves, self.limit, self.put_off = book, x, moves, limit, put_off
        instance = book.instance
        crew = range(len(instance.workers))
        prices, _ = book.days.places(np.array([(-1, w) for w in crew]).reshape(-1, 2))
        self.base = prices[:, 0]
        self.may = np.zeros((len(instance.jobs), len(crew)), dtype=bool)
        for n, job in enumerate(instance.jobs):
            self.may[n, list(job.engineers)] = True
        tasks, price = instance.problem.tasks, instance.problem.prices.moved_fen
        # What a move counts where the baseline does not price it.
        self.count_fen = [0 if job.moved_fen else price for job in instance.jobs]
        visits = [
            (n, w, k)
            for w, route in enumerate(book.routes)
            if self.base[w] < np.inf
            for k, n in enumerate(route)
            if tasks[n].pin_engineer is None and tasks[n].pin_start_s is None and tasks[n].id not in keep
        ]
        self.visits, self.of, self.at = np.array(visits, dtype=np.int64).reshape(-1, 3).T
        self._into: _Known = {}
        self._instead: _Known = {}

    def ways(self) -> list[Way]:
        """All that were found, the cheapest first."""
        crew = np.flatnonzero(self.may[self.x])
        extra, at = self._ask([(self.x, w) for w in crew.tolist()])
        found = [
            Way(float(more), float(more), (Step(w, -1, -1, self.x, k),))
            for w, more, k in zip(crew.tolist(), extra, at.tolist(), strict=True)
            if k >= 0
        ]
        chains = self._giving_way() if self.moves and len(self.visits) else []
        for length in range(1, self.moves + 1):
            chains = self._promising(chains, found)
            found += self._settled(chains)
            if length < self.moves:
                chains = [
                    *self._longer(chains, found),
                    *(self._two_giving_way() if length == 1 else ()),
                ]
        return sorted(found, key=lambda way: (way.rank_fen, len(way.steps), way.steps))

    def _ask(self, asked: Iterable[tuple[int, ...]], whole: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """What days rise by with a task, and its positions; against the `whole` day before it was changed."""
        questions = list(asked)
        table = np.array(questions, dtype=np.int64).reshape(len(questions), -1 if questions else 2)
        prices, at = self.book.days.places(table)
        before = self.base[table[:, 1]] if whole else prices[:, 0]
        extra = np.full(len(questions), np.inf)
        np.subtract(prices[:, 1], before, out=extra, where=at >= 0)
        return extra, at

    def _promising(self, chains: list[_Chain], found: list[Way]) -> list[_Chain]:
        """The cheapest chains that are not dearer already than what has been found."""
        best: dict[int, float] = {}
        for way in found:
            best[way.steps[0].engineer] = min(way.rank_fen, best.get(way.steps[0].engineer, np.inf))
        cut = sorted(best.values())[self.limit - 1] if len(best) >= self.limit else np.inf
        return sorted(chain for chain in chains if chain.rank_fen < cut)[:BEAM]

    def _giving_way(self) -> list[_Chain]:
        """Each visit that might give way to the task."""
        able = np.flatnonzero(self.may[self.x, self.of]).tolist()
        extra, at = self._ask([(self.x, int(self.of[v]), int(self.at[v])) for v in able], whole=True)
        chains = []
        for v, more, k in zip(able, extra.tolist(), at.tolist(), strict=True):
            if k >= 0:
                n = int(self.visits[v])
                step = Step(int(self.of[v]), int(self.at[v]), -1, self.x, k)
                chains.append(_Chain(more + self.count_fen[n], more, (step,), (n,)))
        return chains

    def _two_giving_way(self) -> list[_Chain]:
        """Each two visits of one day that might give way together."""
        able = np.flatnonzero(self.may[self.x, self.of]).tolist()
        pairs = [(a, b) for a, b in itertools.combinations(able, 2) if self.of[a] == self.of[b]]
        extra, at = self._ask(
            [(self.x, int(self.of[a]), int(self.at[a]), int(self.at[b])) for a, b in pairs], whole=True
        )
        chains = []
        for (a, b), more, k in zip(pairs, extra.tolist(), at.tolist(), strict=True):
            if k >= 0:
                two = int(self.visits[a]), int(self.visits[b])
                step = Step(int(self.of[a]), int(self.at[a]), int(self.at[b]), self.x, k)
                chains.append(_Chain(more + sum(self.count_fen[n] for n in two), more, (step,), two))
        return chains

    def _prepare_into(self, tasks: Iterable[int]) -> None:
        """What each of the tasks costs with each engineer as his day is, and on another day."""
        new = [n for n in dict.fromkeys(tasks) if n not in self._into]
        asked = [(n, w) for w in range(len(self.base)) for n in new if self.may[n, w]]
        extra, at = self._ask(asked)
        _spread(self._into, new, len(self.base) + 1, asked, extra, at)
        if self.put_off:
            for n in new:
                self._into[n][0][-1] = self.book.instance.absence(self.book.instance.jobs[n])

    def _prepare_instead(self, tasks: Iterable[int]) -> None:
        """What each of the tasks costs in place of each visit of others."""
        new = [n for n in dict.fromkeys(tasks) if n not in self._instead]
        own = dict(zip(self.visits.tolist(), self.of.tolist(), strict=True))
        rows = list(enumerate(zip(self.of.tolist(), self.at.tolist(), strict=True)))
        asked = [(v, (n, w, k)) for v, (w, k) in rows for n in new if self.may[n, w] and own[n] != w]
        extra, at = self._ask((question for _, question in asked), whole=True)
        _spread(self._instead, new, len(rows), [(n, v) for v, (n, _, _) in asked], extra, at)

    def _settled(self, chains: list[_Chain]) -> list[Way]:
        """The chains with a place for whoever has none: in a day as it is, or in one of the chain's."""
        self._prepare_into(n for chain in chains for n in chain.homeless)
        ways = []
        back: list[tuple[_Chain, Step]] = []
        for chain in chains:
            used = [step.engineer for step in chain.steps]
            rises = [self._free(n, used) for n in chain.homeless]
            if len(rises) == 1:
                ways += [self._end(chain, (w,)) for w in np.argsort(rises[0])[: self.limit].tolist()]
                back += [(chain, step) for step in chain.steps if self.may[chain.homeless[0], step.engineer]]
            else:
                both = rises[0][:, None] + rises[1]
                np.fill_diagonal(both[:-1], np.inf)  # both to another day is no clash
                ways.append(self._end(chain, divmod(int(both.argmin()), len(both))))
        extra, at = self._ask((chain.homeless[0], *step) for chain, step in back)
        for (chain, step), more, k in zip(back, extra.tolist(), at.tolist(), strict=True):
            if k >= 0:
                last = Step(step.engineer, -1, -1, chain.homeless[0], k)
                ways.append(Way(chain.rank_fen + more, chain.extra_fen + more, (*chain.steps, last)))
        return [way for way in ways if way.extra_fen < np.inf]

    def _free(self, task: int, used: list[int]) -> np.ndarray:
        rises = self._into[task][0].copy()
        rises[used] = np.inf
        return rises

    def _end(self, chain: _Chain, engineers: Iterable[int]) -> Way:
        steps, more = list(chain.steps), 0.0
        used = [step.engineer for step in chain.steps]
        for n, w in zip(chain.homeless, engineers, strict=True):
            more += float(self._free(n, used)[w])
            steps.append(Step(w, -1, -1, n, int(self._into[n][1][w])))
        return Way(chain.rank_fen + more, chain.extra_fen + more, tuple(steps))

    def _longer(self, chains: list[_Chain], found: list[Way]) -> list[_Chain]:
        """The chains in which whoever has no place takes that of another, who then has none."""
        single = [chain for chain in chains if len(chain.homeless) == 1]
        self._prepare_instead(chain.homeless[0] for chain in single)
        longer = []
        for chain in single:
            rises, at = self._instead[chain.homeless[0]]
            rises = np.where(np.isin(self.of, [step.engineer for step in chain.steps]), np.inf, rises)
            for v in np.argsort(rises)[:BEAM].tolist():
                if rises[v] == np.inf:
                    break
                n, more = int(self.visits[v]), float(rises[v])
                step = Step(int(self.of[v]), int(self.at[v]), -1, chain.homeless[0], int(at[v]))
                longer.append(
                    _Chain(
                        chain.rank_fen + more + self.count_fen[n],
                        chain.extra_fen + more,
                        (*chain.steps, step),
                        (n,),
                    )
                )
        return self._promising(longer, found)
