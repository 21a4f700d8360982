"""Tasks that depend on each other, made plain for the engines, and back.

An engine knows tasks one by one. So joined tasks become one task, a sequence becomes pins and ties, and every
other link is a *tie* with a *moment* that the solver chooses: the second at which both begin, or the border
that the first has to end by and the second may begin from. With its moments chosen, a tie is nothing but
narrower windows (`optimizer.linking` chooses, and chooses again between the legs of a search).
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from optimizer.instance import open_windows, undone_price
from optimizer.model import LATEST_S, NEEDED, Problem, Task, Way, Window
from optimizer.plan import Plan

# No engineer has an empty id.
NOBODY = ("",)


@dataclass(frozen=True, slots=True)
class Tie:
    """Two tasks of which one begins after the other (`before`, `fetched`, `order`), or with it (`together`).

    `before` and `fetched` need their first task, `order` does not; `from_s` is after how long the first has ended, counted
    from its start.
    """

    kind: str
    first: str
    second: str
    from_s: int


@dataclass(frozen=True, slots=True)
class Plain:
    """A problem without links: what stands for its joined tasks, and the ties between what is left."""

    problem: Problem
    members: Mapping[str, tuple[str, ...]]
    ties: tuple[Tie, ...]
    durations_s: Mapping[str, int]


def linked(problem: Problem) -> bool:
    """Whether any task depends on another, or an engineer's way is a choice."""
    return bool(problem.links) or any(engineer.sequence or engineer.ways for engineer in problem.engineers)


def plain(problem: Problem) -> Plain:
    """The problem with its sequences pinned and its joined tasks made one; the rest of its links as ties."""
    tasks = {task.id: task for task in _pinned(problem)}
    durations_s = {name: task.duration_s for name, task in tasks.items()}
    frozen = {name for name, task in tasks.items() if task.frozen is not None}
    members = _chains(problem, frozen)
    head = {name: chain[0] for chain in members for name in chain}
    offset: dict[str, int] = {}
    for chain in members:
        at = 0
        for name in chain:
            offset[name], at = at, at + tasks[name].duration_s
    ties: list[Tie] = []
    barred: set[str] = set()
    for tie in _ties(problem, tasks):
        first, second = head.get(tie.first, tie.first), head.get(tie.second, tie.second)
        apart = offset.get(tie.first, 0) - offset.get(tie.second, 0)
        if first != second and (tie.kind != "together" or apart == 0):
            ties.append(Tie(tie.kind, first, second, tie.from_s + apart))
        elif first == second and tie.kind != "together" and tie.from_s + apart <= 0:
            continue  # holds in any case
        else:
            barred |= {first, second}
    for chain in members:
        tasks[chain[0]] = _joined(problem, [tasks[name] for name in chain])
    _count_members(tasks, members, problem)
    for name in barred:
        tasks[name] = dataclasses.replace(tasks[name], allowed_engineers=NOBODY)
    kept = tuple(task for name, task in tasks.items() if head.get(name, name) == name)
    known = {task.id for task in kept}
    baseline = tuple(visit for visit in problem.baseline if visit.task in known)
    engineers = tuple(dataclasses.replace(engineer, sequence=()) for engineer in problem.engineers)
    if members and _counts(problem):
        engineers = tuple(dataclasses.replace(one, capacity=one.max_visits) for one in engineers)
    made = dataclasses.replace(problem, tasks=kept, baseline=baseline, engineers=engineers, links=())
    return Plain(made, {chain[0]: chain for chain in members}, tuple(ties), durations_s)


def held(problem: Problem, *plans: Plan, bar: bool = True) -> Problem:
    """The problem with its linked tasks kept where these plans have them, so that no link can break.

    Engineers travel as in the last plan. What asks about a plan and moves single visits works on this. A
    problem without links and choices of ways stays what it is; ``bar`` as in `kept_at()`.
    """
    if not linked(problem):
        return problem
    starts: dict[str, set[int]] = {}
    who: dict[str, set[str]] = {}
    for plan in plans:
        for route in plan.routes:
            for stop in route.stops:
                starts.setdefault(stop.task, set()).add(stop.start_s)
                who.setdefault(stop.task, set()).add(route.engineer)
    ways = {route.engineer: route.way for plan in plans for route in plan.routes}
    return kept_at(with_ways(problem, ways), starts, who, bar)


def with_ways(problem: Problem, ways: Mapping[str, Way | None]) -> Problem:
    """The problem with these ways decided; who is not named travels by his own mode."""
    engineers = tuple(
        dataclasses.replace(engineer, way=engineer.way or ways.get(engineer.id), ways=())
        for engineer in problem.engineers
    )
    return dataclasses.replace(problem, engineers=engineers)


def kept_at(
    problem: Problem,
    starts: Mapping[str, Collection[int]],
    who: Mapping[str, Collection[str]],
    bar: bool = True,
) -> Problem:
    """The problem with each linked task allowed to begin at these moments only, what is fetched with these engineers.

    One without a moment stays out, or with ``bar=False`` keeps its windows: for asking why it is out.
    """
    bound = {name for link in problem.links for name in (link.first, link.second)}
    bound |= {name for engineer in problem.engineers for name in engineer.sequence}
    fetched = {name for link in problem.links if link.kind == "fetched" for name in (link.first, link.second)}
    tasks = []
    for task in _pinned(problem):
        if task.id in fetched and task.frozen is None and who.get(task.id):
            task = dataclasses.replace(task, allowed_engineers=tuple(sorted(who[task.id])))
        if task.id in bound and task.frozen is None:
            at = starts.get(task.id, ())
            if at:
                windows = tuple((moment, moment) for moment in sorted(at))
                task = dataclasses.replace(task, windows=windows, pin_start_s=None)
            elif bar:
                task = dataclasses.replace(task, allowed_engineers=NOBODY, pin_engineer=None)
        tasks.append(task)
    engineers = tuple(dataclasses.replace(engineer, sequence=()) for engineer in problem.engineers)
    return dataclasses.replace(problem, tasks=tuple(tasks), engineers=engineers, links=())


def chain(problem: Problem, name: str) -> tuple[str, ...]:
    """The tasks joined to this one and itself, in their order; a fact is in no chain."""
    frozen = {task.id for task in problem.tasks if task.frozen is not None}
    return next((names for names in _chains(problem, frozen) if name in names), (name,))


def as_one(problem: Problem, name: str) -> Problem | None:
    """The problem in which one task, under this name, stands for all that are joined to it.

    None where another link of theirs cannot be kept, or not be said of the whole: together with one in the midst.
    """
    names = chain(problem, name)
    tasks = {task.id: task for task in problem.tasks}
    ends = list(itertools.accumulate(tasks[one].duration_s for one in names))
    begins = dict(zip(names, (0, *ends), strict=False))
    links = []
    for link in problem.links:
        first, second = begins.get(link.first), begins.get(link.second)
        if link.kind == "joined" and (first is not None or second is not None):
            continue
        if first is not None and second is not None:
            if link.kind == "together" or first + tasks[link.first].duration_s + link.gap_s > second:
                return None
        elif link.kind == "together" and (first or second):
            return None
        elif first is not None:
            links.append(dataclasses.replace(link, first=name))
        elif second is not None:
            links.append(dataclasses.replace(link, second=name, gap_s=link.gap_s - second))
        else:
            links.append(link)
    whole = tasks[name]
    if len(names) > 1:
        whole = dataclasses.replace(_joined(problem, [tasks[one] for one in names]), id=name)
    kept = tuple(
        whole if task.id == name else task
        for task in problem.tasks
        if task.id not in names or task.id == name
    )
    baseline = tuple(visit for visit in problem.baseline if visit.task not in names or visit.task == name)
    return dataclasses.replace(problem, tasks=kept, baseline=baseline, links=tuple(links))


def partners(problem: Problem, name: str) -> tuple[str, ...]:
    """The tasks that this one cannot be done without."""
    found = [link.first for link in problem.links if link.second == name]
    found += [link.second for link in problem.links if link.first == name and link.kind not in NEEDED]
    return tuple(sorted(set(found)))


def _pinned(problem: Problem) -> list[Task]:
    whose = {name: engineer.id for engineer in problem.engineers for name in engineer.sequence}
    return [
        dataclasses.replace(task, pin_engineer=whose[task.id]) if task.id in whose else task
        for task in problem.tasks
    ]


def _chains(problem: Problem, frozen: Collection[str]) -> list[tuple[str, ...]]:
    """Joined tasks in their order; where a fact is among them, the chain ends there."""
    after = {
        link.first: link.second
        for link in problem.links
        if link.kind == "joined" and link.first not in frozen and link.second not in frozen
    }
    heads = [name for name in after if name not in set(after.values())]
    chains = []
    for name in heads:
        chain = [name]
        while chain[-1] in after:
            chain.append(after[chain[-1]])
        chains.append(tuple(chain))
    return chains


def _ties(problem: Problem, tasks: Mapping[str, Task]) -> Iterable[Tie]:
    for link in problem.links:
        first, second = tasks[link.first], tasks[link.second]
        if link.kind in NEEDED and second.frozen is None:
            yield Tie(link.kind, first.id, second.id, first.duration_s + link.gap_s)
        elif link.kind == "together" and first.frozen is None and second.frozen is None:
            yield Tie("together", first.id, second.id, 0)
    for engineer in problem.engineers:
        free = [name for name in engineer.sequence if tasks[name].frozen is None]
        for one, later in itertools.combinations(free, 2):
            yield Tie("order", one, later, tasks[one].duration_s)


def _counts(problem: Problem) -> bool:
    """Whether the number of visits can be counted as a load, because nothing else is."""
    return not any(task.demand for task in problem.tasks)


def _count_members(tasks: dict[str, Task], chains: Collection[tuple[str, ...]], problem: Problem) -> None:
    """Joined tasks are as many visits as they are tasks for engineers who may make only so many."""
    if not chains:
        return
    limited = tuple(engineer.id for engineer in problem.engineers if engineer.max_visits is not None)
    sizes = {chain[0]: len(chain) for chain in chains}
    for name, task in tasks.items():
        if _counts(problem):
            tasks[name] = dataclasses.replace(task, demand=sizes.get(name, 1))
        elif name in sizes and limited:
            barred = (*task.forbidden_engineers, *limited)
            tasks[name] = dataclasses.replace(task, forbidden_engineers=barred)


def _joined(problem: Problem, tasks: list[Task]) -> Task:
    """One task for several at one place. Wishes are those of the first; the plan's sum is made of all."""
    first = tasks[0]
    at = 0
    windows: tuple[Window, ...] = ((0, LATEST_S),)
    allowed: set[str] | None = None
    for task in tasks:
        own = open_windows(task.windows, task.pin_start_s)
        windows = intersected(windows, [(max(0, a - at), b - at) for a, b in own if b >= at])
        at += task.duration_s
        for names in (task.allowed_engineers, (task.pin_engineer,) if task.pin_engineer else ()):
            if names:
                allowed = set(names) if allowed is None else allowed & set(names)
    levels: dict[str, int] = {}
    for task in tasks:
        for skill, level in task.skill_levels.items():
            levels[skill] = max(level, levels.get(skill, 1))
    if not windows or allowed == set():
        allowed = set(NOBODY)
    return dataclasses.replace(
        first,
        duration_s=at,
        windows=windows or ((LATEST_S, LATEST_S),),
        skills=tuple(sorted({skill for task in tasks for skill in task.skills})),
        skill_levels=levels,
        undone_fen=sum(undone_price(problem, task) for task in tasks),
        due=None,
        pin_engineer=None,
        pin_start_s=None,
        allowed_engineers=tuple(sorted(allowed)) if allowed is not None else (),
        forbidden_engineers=tuple(sorted({name for task in tasks for name in task.forbidden_engineers})),
        demand=sum(task.demand for task in tasks),
    )


def intersected(one: Iterable[Window], other: Iterable[Window]) -> tuple[Window, ...]:
    """What two sorted lists of windows have in common."""
    theirs = list(other)
    return tuple((max(a, c), min(b, d)) for a, b in one for c, d in theirs if max(a, c) <= min(b, d))
