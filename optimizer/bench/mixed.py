"""Seeded small days that mix every rule of the model, most of them possible for the most part.

For tests of agreement: engines against the checker, quick answers against plain ones. The same seed gives
the same day.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

from optimizer.model import (
    LINKS,
    NEEDED,
    BaselineVisit,
    Engineer,
    Frozen,
    Link,
    Lunch,
    Mode,
    Period,
    Prices,
    Problem,
    Task,
    Travel,
    Way,
    Window,
)

HOUR = 3600
DAY = 24 * HOUR
SKILLS = ("a", "b", "c")


def generate(
    seed: int, most_tasks: int = 12, most_engineers: int = 4, links: bool = False, ways: bool = False
) -> Problem:
    """A day of up to so many tasks and engineers; with `links` some tasks depend on each other, with `ways`
    some engineers could have a vehicle of a pool.
    """
    found = _Day(random.Random(f"mixed/{seed}"), most_tasks, most_engineers).problem()
    if links:
        found = with_links(random.Random(f"links/{seed}"), found)
    return with_ways(random.Random(f"ways/{seed}"), found) if ways else found


class _Day:
    def __init__(self, rng: random.Random, most_tasks: int, most_engineers: int) -> None:
        self.rng = rng
        self.names = tuple(f"p{n}" for n in range(6)) if rng.random() < 0.3 else ()
        self.travel = Travel({"m": self.mode(), "n": self.mode()}, self.names)
        self.crew = [f"e{n}" for n in range(rng.randint(1, most_engineers))]
        self.count = rng.randint(2, most_tasks)
        self.loads = rng.random() < 0.3
        self.now_s = rng.choice([None, None, 8 * HOUR, 11 * HOUR])

    def mode(self) -> Mode:
        """Steady or by time of day; speeds, or matrices over a few places."""
        rng = self.rng
        cuts = sorted(rng.sample(range(7, 19), rng.choice([0, 1, 3])))
        edges = [0, *(cut * HOUR for cut in cuts), DAY]
        size = len(self.names)

        def matrix(most: int) -> tuple[tuple[int, ...], ...]:
            return tuple(tuple(rng.randint(0, most) for _ in range(size)) for _ in range(size))

        periods, dear = [], bool(size) and rng.random() < 0.3
        for a, b in itertools.pairwise(edges):
            if size:
                fares = matrix(2_000) if dear and rng.random() < 0.7 else None
                periods.append(Period(a, b, seconds=matrix(3000), fares=fares))
            else:
                periods.append(Period(a, b, float(rng.randint(12, 60))))
        return Mode(
            tuple(periods),
            factor=rng.choice([1.0, 1.3]),
            fixed_s=rng.choice([0, 240]),
            fare_fen=rng.choice([0, 400]),
            km_fen=rng.choice([0, 80]),
            metres=matrix(20_000) if size and rng.random() < 0.5 else None,
        )

    def spot(self) -> tuple[float, float]:
        """Somewhere in the town; now and then where something else is."""
        rng = self.rng
        return 39.9 + rng.randint(-8, 8) / 100, 116.4 + rng.randint(-8, 8) / 100

    def window(self, shortest: int, longest: int) -> Window:
        """Some starts between 9 and 17 o'clock."""
        rng = self.rng
        length = rng.randint(shortest, longest) * 900
        begin = 9 * HOUR + rng.randint(0, max(0, (8 * HOUR - length) // 900)) * 900
        return begin, begin + length

    def some(self, share: float) -> tuple[str, ...]:
        """For a part of the tasks one or two engineers, perhaps one who is not at work."""
        rng = self.rng
        if rng.random() >= share:
            return ()
        return tuple(rng.sample([*self.crew, "away"], min(len(self.crew) + 1, rng.randint(1, 2))))

    def task(self, name: str) -> Task:
        """One visit."""
        rng = self.rng
        lat, lon = self.spot()
        kind = rng.random()
        windows: tuple[Window, ...] = ()
        if kind < 0.5:
            windows = (self.window(4, 16),)
        elif kind < 0.6:
            windows = ((9 * HOUR, 10 * HOUR), (14 * HOUR, 16 * HOUR))
        skills = tuple(rng.sample(SKILLS, rng.choice([0, 0, 0, 1, 2])))
        return Task(
            name,
            lat,
            lon,
            rng.choice([0, 900, 1800, 2700, 3600, 5400]),
            windows,
            skills,
            kind=rng.choice(["install", "repair", "maintenance", "strange"]),
            urgent=rng.random() < 0.1,
            undone_fen=rng.choice([None, None, None, 3000]),
            pin_engineer=rng.choice(self.crew) if rng.random() < 0.07 else None,
            pin_start_s=rng.randint(9 * 4, 17 * 4) * 900 if rng.random() < 0.07 else None,
            allowed_engineers=self.some(0.08),
            forbidden_engineers=self.some(0.08),
            place=rng.choice(self.names) if self.names else None,
            demand=rng.randint(0, 3) if self.loads else 0,
            skill_levels={skill: rng.randint(1, 2) for skill in skills if rng.random() < 0.3},
            preferred_engineers=self.some(0.15),
            preferred_window=self.window(2, 8) if rng.random() < 0.2 else None,
            preferred_fen=rng.choice([5, 60]),
            promised_window=self.window(4, 8) if rng.random() < 0.2 else None,
            due=rng.choice([None, None, "2026-11-24", "2026-12-01"]),
            duration_spread_s=rng.choice([0, 600]),
        )

    def engineer(self, name: str) -> Engineer:
        """One engineer's day."""
        rng = self.rng
        (lat, lon), end = self.spot(), self.spot()
        begin = rng.choice([8, 8, 9, 12]) * HOUR
        skills = tuple(rng.sample(SKILLS, rng.choice([1, 2, 3, 3])))
        lunch = Lunch(rng.choice([1800, 2700]), 11 * HOUR, rng.choice([12 * HOUR, 13 * HOUR + 1800]))
        return Engineer(
            name,
            lat,
            lon,
            *(end if rng.random() < 0.3 else (lat, lon)),
            begin,
            begin + rng.choice([4, 8, 9]) * HOUR,
            rng.choice(["m", "n"]),
            max_overtime_s=rng.choice([0, HOUR]),
            lunch=lunch if begin < 12 * HOUR and rng.random() < 0.7 else None,
            skills=skills,
            max_visits=rng.choice([None, None, 3]),
            hourly_fen=rng.choice([None, None, 0, 9000]),
            overtime_factor=rng.choice([None, 2.0]),
            start_place=rng.choice(self.names) if self.names else None,
            end_place=rng.choice(self.names) if self.names else None,
            capacity=rng.randint(3, 8) if self.loads else None,
            skill_levels={skill: rng.randint(1, 3) for skill in skills if rng.random() < 0.5},
        )

    def problem(self) -> Problem:
        """The whole of it."""
        rng = self.rng
        tasks = [self.task(f"t{n}") for n in range(self.count)]
        engineers = [self.engineer(name) for name in self.crew]
        if self.now_s is not None:
            # Some have begun their day: one visit that is under way or done.
            for n, name in enumerate(self.crew[: len(tasks)]):
                if rng.random() < 0.4:
                    begun = Frozen(name, max(0, self.now_s - rng.randint(0, 6) * 900))
                    tasks[n] = _facts(tasks[n], begun)
        baseline = tuple(
            BaselineVisit(
                one.id, rng.choice([*self.crew, "away"]), rng.randint(9 * 4, 17 * 4) * 900, rng.random() < 0.5
            )
            for one in tasks
            if rng.random() < 0.25
        )
        prices = Prices(fair_s=rng.choice([None, None, 4 * HOUR]), moved_after_s=rng.choice([0, 1800]))
        return Problem(
            "2026-11-24", tuple(tasks), tuple(engineers), self.travel, prices, baseline, self.now_s
        )


def _facts(task: Task, begun: Frozen) -> Task:
    return Task(
        task.id, task.lat, task.lon, task.duration_s, kind=task.kind, frozen=begun, place=task.place,
        demand=task.demand, duration_spread_s=task.duration_spread_s,
    )  # fmt: skip


def with_links(rng: random.Random, problem: Problem) -> Problem:
    """Some links of each kind, and now and then a sequence."""
    tasks = list(problem.tasks)
    rng.shuffle(tasks)
    links: list[Link] = []
    for first, second in zip(tasks[0::2], tasks[1::2], strict=False):
        kind = rng.choice(LINKS)
        if rng.random() < 0.3 or (kind == "together" and not (first.duration_s and second.duration_s)):
            continue
        if kind == "joined":
            moved = replace(second, lat=first.lat, lon=first.lon, place=first.place)
            tasks[tasks.index(second)] = moved
        gap_s = rng.choice([0, 0, 900]) if kind in NEEDED else 0
        links.append(Link(kind, first.id, second.id, gap_s))
    if len(links) > 1 and rng.random() < 0.4:
        links.append(Link("before", links[0].second, links[1].first))
    engineers = list(problem.engineers)
    if rng.random() < 0.4:
        n = rng.randrange(len(engineers))
        free = [task.id for task in tasks if task.pin_engineer in (None, engineers[n].id)]
        engineers[n] = replace(engineers[n], sequence=tuple(rng.sample(free, min(len(free), 3))))
    by_id = {task.id: task for task in tasks}
    kept = tuple(by_id[task.id] for task in problem.tasks)
    return replace(problem, tasks=kept, engineers=tuple(engineers), links=tuple(links))


def with_ways(rng: random.Random, problem: Problem) -> Problem:
    """Two small pools of vehicles, one of them barred in a zone; some engineers could have one, or have it."""
    modes = list(problem.travel.modes)
    fast, slow = Way(modes[-1], "cars", 800, ("inner",)), Way(modes[0], "bikes", 200)
    pools = {"cars": rng.randint(0, 2), "bikes": rng.randint(0, 2)}
    engineers = []
    left = dict(pools)
    for engineer in problem.engineers:
        ways = tuple(way for way in (fast, slow) if rng.random() < 0.6)
        given = None
        if rng.random() < 0.15:
            given = rng.choice([Way(modes[-1]), fast])
            if given.pool is not None:
                given = given if left[given.pool] else None
                left["cars"] -= given is not None
        engineers.append(replace(engineer, ways=ways, way=given))
    tasks = tuple(replace(task, zone=rng.choice([None, "inner", "outer"])) for task in problem.tasks)
    return replace(problem, tasks=tasks, engineers=tuple(engineers), pools=pools)
