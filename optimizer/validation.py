"""What types cannot check of a problem: ids, references, orders."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from optimizer.errors import ProblemError
from optimizer.model import LINKS, NEEDED, Engineer, Link, Problem, Task, Travel


def validate(problem: Problem) -> None:
    """Raises `ProblemError` for the first thing that is wrong."""
    try:
        datetime.date.fromisoformat(problem.day)
    except ValueError:
        raise ProblemError("day", f"should be a date like 2026-11-24, is {problem.day!r}") from None
    _travel(problem.travel)
    engineers = _unique("engineers", [engineer.id for engineer in problem.engineers])
    tasks = _unique("tasks", [task.id for task in problem.tasks])
    matrix = any(
        mode.fares or any(period.seconds or period.fares for period in mode.periods)
        for mode in problem.travel.modes.values()
    )
    known = set(problem.travel.places) if matrix else None
    for n, engineer in enumerate(problem.engineers):
        _engineer(engineer, f"engineers[{n}]", problem.travel, known)
    for n, task in enumerate(problem.tasks):
        _task(task, f"tasks[{n}]", engineers, known)
    _unique("baseline", [visit.task for visit in problem.baseline], "task")
    for n, visit in enumerate(problem.baseline):
        if visit.task not in tasks:
            raise ProblemError(f"baseline[{n}].task", f"no task has the id {visit.task!r}")
    _pools(problem)
    by_id = {task.id: task for task in problem.tasks}
    _room(problem)
    _links(problem.links, by_id)
    _sequences(problem.engineers, by_id)


def _room(problem: Problem) -> None:
    """Nobody waits for room that is kept: no customer, no link, no fact."""
    room = {task.id for task in problem.tasks if task.reserve}
    named = [(f"baseline[{n}].task", visit.task) for n, visit in enumerate(problem.baseline)]
    named += [(f"links[{n}].first", link.first) for n, link in enumerate(problem.links)]
    named += [(f"links[{n}].second", link.second) for n, link in enumerate(problem.links)]
    named += [
        (f"engineers[{n}].sequence", name)
        for n, engineer in enumerate(problem.engineers)
        for name in engineer.sequence
    ]
    named += [(f"tasks[{n}].frozen", task.id) for n, task in enumerate(problem.tasks) if task.frozen]
    for path, name in named if room else ():
        if name in room:
            raise ProblemError(path, f"{name!r} is room that is kept for urgent work")


def _unique(path: str, ids: list[str], name: str = "id") -> set[str]:
    seen: set[str] = set()
    for n, found in enumerate(ids):
        if not found:
            raise ProblemError(f"{path}[{n}].{name}", "should not be empty")
        if found in seen:
            raise ProblemError(f"{path}[{n}].{name}", f"{found!r} stands twice")
        seen.add(found)
    return seen


def _travel(travel: Travel) -> None:
    size = len(travel.places)
    if len(set(travel.places)) != size:
        raise ProblemError("travel.places", "a name stands twice")
    if not travel.modes:
        raise ProblemError("travel.modes", "should hold at least one mode")
    for name, mode in travel.modes.items():
        path = f"travel.modes.{name}"
        if not mode.periods:
            raise ProblemError(f"{path}.periods", "should hold at least one period")
        for name_, table in (("metres", mode.metres), ("fares", mode.fares)):
            if table is not None:
                _square(table, size, f"{path}.{name_}")
        for n, period in enumerate(mode.periods):
            where = f"{path}.periods[{n}]"
            if (period.speed_kmh is None) == (period.seconds is None):
                raise ProblemError(where, "should have either speed_kmh or seconds")
            if (period.seconds is None) != (mode.periods[0].seconds is None):
                raise ProblemError(where, "all periods of a mode should have the same form")
            if period.seconds is not None:
                _square(period.seconds, size, f"{where}.seconds")
            if period.fares is not None:
                _square(period.fares, size, f"{where}.fares")
            if period.to_s <= period.from_s:
                raise ProblemError(f"{where}.to_s", "should be after from_s")
            if n and period.from_s != mode.periods[n - 1].to_s:
                raise ProblemError(f"{where}.from_s", "should be where the period before it ends")


def _square(rows: tuple[tuple[int, ...], ...], size: int, path: str) -> None:
    if size == 0:
        raise ProblemError(path, "needs the names of its rows in travel.places")
    if len(rows) != size or any(len(row) != size for row in rows):
        raise ProblemError(path, f"should be {size} × {size}, as many as travel.places")


def _place(place: str | None, known: set[str] | None, path: str) -> None:
    if known is not None and (place is None or place not in known):
        raise ProblemError(path, f"a travel mode has a matrix, and {place!r} is not in travel.places")


def _engineer(engineer: Engineer, path: str, travel: Travel, known: set[str] | None) -> None:
    if engineer.mode not in travel.modes:
        raise ProblemError(f"{path}.mode", f"no travel mode has the name {engineer.mode!r}")
    for n, way in enumerate([*([engineer.way] if engineer.way else []), *engineer.ways]):
        if way.mode not in travel.modes:
            where = (
                f"{path}.way.mode" if way is engineer.way else f"{path}.ways[{n - bool(engineer.way)}].mode"
            )
            raise ProblemError(where, f"no travel mode has the name {way.mode!r}")
    if engineer.shift_end_s < engineer.shift_start_s:
        raise ProblemError(f"{path}.shift_end_s", "should not be before shift_start_s")
    if engineer.lunch is not None and engineer.lunch.to_s - engineer.lunch.from_s < engineer.lunch.length_s:
        raise ProblemError(f"{path}.lunch", "does not fit between its from_s and to_s")
    _place(engineer.start_place, known, f"{path}.start_place")
    _place(engineer.end_place, known, f"{path}.end_place")


def _task(task: Task, path: str, engineers: set[str], known: set[str] | None) -> None:
    for n, (from_s, to_s) in enumerate(task.windows):
        if to_s < from_s:
            raise ProblemError(f"{path}.windows[{n}]", "should not end before it begins")
    if task.pin_engineer is not None and task.pin_engineer not in engineers:
        raise ProblemError(f"{path}.pin_engineer", f"no engineer has the id {task.pin_engineer!r}")
    for name in ("preferred_window", "promised_window"):
        window = getattr(task, name)
        if window is not None and window[1] < window[0]:
            raise ProblemError(f"{path}.{name}", "should not end before it begins")
    if task.due is not None:
        try:
            datetime.date.fromisoformat(task.due)
        except ValueError:
            raise ProblemError(f"{path}.due", f"should be a date like 2026-11-24, is {task.due!r}") from None
    if task.frozen is not None and task.frozen.engineer not in engineers:
        raise ProblemError(f"{path}.frozen.engineer", f"no engineer has the id {task.frozen.engineer!r}")
    _place(task.place, known, f"{path}.place")


def _pools(problem: Problem) -> None:
    taken: dict[str, int] = {}
    for n, engineer in enumerate(problem.engineers):
        pool = engineer.way.pool if engineer.way is not None else None
        if pool is not None:
            taken[pool] = taken.get(pool, 0) + 1
            if taken[pool] > problem.pools.get(pool, 0):
                has = f"the pool {pool!r} has {problem.pools.get(pool, 0)}"
                raise ProblemError(f"engineers[{n}].way.pool", f"{has}, this is number {taken[pool]}")


def _links(links: Sequence[Link], tasks: dict[str, Task]) -> None:
    pairs: set[frozenset[str]] = set()
    after: dict[str, str] = {}
    for n, link in enumerate(links):
        path = f"links[{n}]"
        if link.kind not in LINKS:
            raise ProblemError(f"{path}.kind", f"should be one of {', '.join(LINKS)}, is {link.kind!r}")
        for name in ("first", "second"):
            if getattr(link, name) not in tasks:
                raise ProblemError(f"{path}.{name}", f"no task has the id {getattr(link, name)!r}")
        if link.first == link.second:
            raise ProblemError(path, "should link two tasks, not one with itself")
        pair = frozenset((link.first, link.second))
        if pair in pairs:
            raise ProblemError(path, f"{link.first!r} and {link.second!r} are linked twice")
        pairs.add(pair)
        if link.gap_s and link.kind not in NEEDED:
            raise ProblemError(f"{path}.gap_s", f"belongs to `before` and `fetched`, not to `{link.kind}`")
        first, second = tasks[link.first], tasks[link.second]
        if link.kind == "together" and not (first.duration_s and second.duration_s):
            raise ProblemError(path, "tasks that are together should last longer than 0 s")
        if link.kind != "joined":
            continue
        if (first.lat, first.lon, first.place) != (second.lat, second.lon, second.place):
            raise ProblemError(path, "tasks that are joined should be at the same place")
        if link.first in after or link.second in after.values():
            raise ProblemError(
                path, "a task has one joined task directly after it at most, and one before it"
            )
        after[link.first] = link.second
        at = link.second
        while at in after:
            at = after[at]
            if at == link.first:
                raise ProblemError(path, "joined tasks go round in a circle")


def _sequences(engineers: Sequence[Engineer], tasks: dict[str, Task]) -> None:
    seen: set[str] = set()
    for n, engineer in enumerate(engineers):
        for k, name in enumerate(engineer.sequence):
            path = f"engineers[{n}].sequence[{k}]"
            if name not in tasks:
                raise ProblemError(path, f"no task has the id {name!r}")
            if name in seen:
                raise ProblemError(path, f"{name!r} stands twice")
            seen.add(name)
            if tasks[name].pin_engineer not in (None, engineer.id):
                raise ProblemError(path, f"{name!r} is pinned to {tasks[name].pin_engineer!r}")
