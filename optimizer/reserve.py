"""Room for urgent work that has not come up yet: where, when and how likely it is, from what came up before.

Each piece of room is a task for which nobody waits (`Task.reserve`), priced by the chance that it is needed. The
engines plan it like any other, so it stays out where the room is worth more to real work; when urgent work does
come up, `UrgentBook` gives the room to it.
"""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from optimizer.model import Problem, Task, Window
from optimizer.plan import Plan

BANDS: tuple[Window, ...] = ((8 * 3600, 12 * 3600), (12 * 3600, 18 * 3600))
LEAST_CHANCE = 0.25
EARTH_M = 6_371_000.0


@dataclass(frozen=True, slots=True)
class Arisen:
    """Urgent work of the past: where it was, when in the day it could have been begun at first, how long it took."""

    lat: float
    lon: float
    from_s: int
    duration_s: int
    skills: tuple[str, ...] = ()
    place: str | None = None


def with_room(
    problem: Problem,
    past: Iterable[Arisen],
    days: int,
    *,
    most: int = 6,
    worth_fen: int | None = None,
    bands: Sequence[Window] = BANDS,
) -> Problem:
    """The problem with up to `most` pieces of room where urgent work of the last `days` days arose.

    How many orders arise in a band of the day is taken as Poisson with the mean of the past; the n-th piece of
    room in a band is worth `worth_fen` times the chance that at least n arise, and there is none below a chance
    of a quarter. Without `worth_fen` it is the price of an ordinary undone task: that is what would have to give
    way. Pieces lie at the orders from which the others of the band are nearest (greedy k-median: Cornuéjols,
    Fisher, Nemhauser 1977), as long as the median of those around, and ask for the skills that most of them
    asked for. Raises ValueError where `days` is below 1.
    """
    if days < 1:
        raise ValueError(f"days should be at least 1, is {days}")
    worth = problem.prices.undone_fen.get("other", 50_000) if worth_fen is None else worth_fen
    known = list(past)
    found: list[tuple[float, int, int]] = []  # chance, band, how many arose before
    arisen = [[one for one in known if begin <= one.from_s < end] for begin, end in bands]
    for band, orders in enumerate(arisen):
        chances = _at_least(len(orders) / days, min(most, len(orders)))
        found += [(chance, band, n) for n, chance in enumerate(chances) if chance >= LEAST_CHANCE]
    found = sorted(found, key=lambda one: (-one[0], one[1:]))[:most]
    tasks = list(problem.tasks)
    names = {task.id for task in tasks}
    for band, window in enumerate(bands):
        chances_here = [chance for chance, b, _ in found if b == band]
        for n, (chance, around) in enumerate(
            zip(chances_here, _spread(arisen[band], len(chances_here)), strict=True)
        ):
            name = f"room-{band + 1}-{n + 1}"
            while name in names:
                name += "'"
            names.add(name)
            tasks.append(_piece(name, window, around, round(worth * chance)))
    return dataclasses.replace(problem, tasks=tuple(tasks))


def _at_least(mean: float, most: int) -> list[float]:
    """Chances that a Poisson number is at least 1, 2, … `most`."""
    chances, left, exactly = [], 1.0, math.exp(-mean)
    for n in range(1, most + 1):
        left -= exactly
        exactly *= mean / n
        chances.append(left)
    return chances


def _spread(orders: list[Arisen], count: int) -> list[list[Arisen]]:
    """The orders in `count` groups, each around one that is in the middle of the others."""
    middles: list[int] = []
    nearest = [math.inf] * len(orders)
    for _ in range(count):
        sums = [
            sum(min(known, _metres(one, other)) for known, other in zip(nearest, orders, strict=True))
            for one in orders
        ]
        best = min((n for n in range(len(orders)) if n not in middles), key=lambda n: (sums[n], n))
        middles.append(best)
        nearest = [min(known, _metres(orders[best], one)) for known, one in zip(nearest, orders, strict=True)]
    groups: list[list[Arisen]] = [[] for _ in middles]
    for n, one in enumerate(orders if count else ()):
        mine = min(range(count), key=lambda k: (n != middles[k], _metres(orders[middles[k]], one), k))
        groups[mine].append(one)
    return groups


def _metres(one: Arisen, other: Arisen) -> float:
    """Nearly the distance as the crow flies; good enough within a town."""
    across = math.radians(one.lon - other.lon) * math.cos(math.radians((one.lat + other.lat) / 2))
    return EARTH_M * math.hypot(math.radians(one.lat - other.lat), across)


def _piece(name: str, window: Window, around: list[Arisen], worth_fen: int) -> Task:
    middle = min(around, key=lambda one: sum(_metres(one, other) for other in around))
    asked = {skill for one in around for skill in one.skills}
    return Task(
        name,
        middle.lat,
        middle.lon,
        round(statistics.median(one.duration_s for one in around)),
        windows=(window,),
        skills=tuple(sorted(s for s in asked if sum(s in one.skills for one in around) * 2 > len(around))),
        undone_fen=worth_fen,
        place=middle.place,
        reserve=True,
    )


def without_room(problem: Problem, plan: Plan) -> tuple[Problem, Plan]:
    """Problem and plan without their room: what is asked once the urgent work is there.

    The times and the summary of the plan stay as they were.
    """
    room = {task.id for task in problem.tasks if task.reserve}
    if not room:
        return problem, plan
    routes = [
        dataclasses.replace(route, stops=tuple(stop for stop in route.stops if stop.task not in room))
        for route in plan.routes
    ]
    kept = dataclasses.replace(
        plan,
        routes=tuple(route for route in routes if route.stops),
        unserved=tuple(left for left in plan.unserved if left.task not in room),
    )
    return dataclasses.replace(problem, tasks=tuple(t for t in problem.tasks if t.id not in room)), kept
