"""The one call that turns a problem into a plan."""

from __future__ import annotations

import dataclasses
import importlib
import math
from collections.abc import Collection
from typing import Protocol

from optimizer.building import Routes, build
from optimizer.errors import OptimizerError
from optimizer.explain import missing, reasons
from optimizer.fleet import Fleet
from optimizer.insertion import insertions
from optimizer.instance import Instance
from optimizer.limits import Limits, Progress, Watch
from optimizer.linking import Linking
from optimizer.links import kept_at, linked, plain, with_ways
from optimizer.model import Problem
from optimizer.plan import Plan, Unserved
from optimizer.timing import schedule

# name -> (module with `run`, name in the plan); imported on use, because a solver takes a while to load.
ENGINES = {"hybrid": "optimizer.engines.hybrid", "ortools": "optimizer.engines.ortools_routing"}
# Legs of the engine where tasks are linked or ways a choice; the first takes this part of the time.
LEGS, LEGS_OF_SMALL, SMALL, FIRST = 8, 24, 60, 0.4


class Run(Protocol):
    """An engine's door."""

    def __call__(
        self, instance: Instance, watch: Watch, start: Routes | None = None
    ) -> tuple[Routes, int]: ...


def best_engine() -> str:
    """`hybrid` where its compiled code is ready (`python -m optimizer.engines.warm`), else `ortools`."""
    try:
        from optimizer.engines import compiled
    except ImportError:  # numba is not installed
        return "ortools"
    return "hybrid" if compiled.ready() else "ortools"


def solve(
    problem: Problem, limits: Limits | None = None, on_progress: Progress | None = None, engine: str = "auto"
) -> Plan:
    """Plan a day: as much as pays, at the lowest sum, within the limits (10 seconds unless told).

    `on_progress` is called during the work with iteration, cost_fen, undone and elapsed_s. A problem that
    cannot be done in full is done as far as possible, with reasons for the rest. Raises `ProblemError` for
    a problem that is not well formed.
    """
    problem.validate()
    watch = Watch(limits or Limits(), on_progress)
    name = best_engine() if engine == "auto" else engine
    if name not in ENGINES:
        raise OptimizerError(f"no engine has the name {engine!r}; there are: auto, {', '.join(ENGINES)}")
    run: Run = importlib.import_module(ENGINES[name]).run
    if linked(problem):
        instance, routes, iterations = _linked(problem, watch, run)
    else:
        instance = Instance(problem)
        routes, iterations = run(instance, watch)
        fill(instance, routes)
    plan = build(instance, routes, name, watch.limits.seed, iterations)
    out = {left.task for left in plan.unserved}
    unserved = tuple(
        Unserved(task, (*missing(problem, task, out), *reasons(instance, routes, instance.task_number[task])))
        for task in (left.task for left in plan.unserved)
    )
    watch.report(iterations, plan.summary.cost_fen, plan.summary.unserved, force=True)
    return dataclasses.replace(plan, unserved=unserved)


def _linked(problem: Problem, watch: Watch, run: Run) -> tuple[Instance, Routes, int]:
    """A problem with links and ways: legs of the engine, and between them those are chosen anew.

    The instance that comes back has its linked tasks and its ways kept as they were found.
    """
    simple = plain(problem)
    instance = Instance(simple.problem)
    fleet = Fleet(instance, watch.limits.seed)
    linking = Linking(instance, simple.ties, watch.limits.seed)
    # For arranging once more, and for saying why the rest was left out.
    keep_s = min(0.7, 0.1 * (watch.limits.seconds or 0.0))
    routes = linking.arrange([[] for _ in instance.workers])
    best, best_price, state, done = routes, math.inf, (fleet.ways, dict(linking.moments)), 0
    legs = LEGS_OF_SMALL if len(instance.jobs) <= SMALL else LEGS
    for leg in range(legs):
        if done and (watch.left_s() < keep_s or done >= (watch.limits.iterations or done + 1)):
            break
        if leg and fleet.free and (leg % 2 or not linking.groups):
            routes = linking.whole(fleet.disturb(routes))
        elif leg and linking.groups:
            routes = linking.disturb(routes)
        linking.narrow()
        found, rounds = run(instance, watch.part(1 / (legs - leg) if leg else FIRST, done, keep_s), routes)
        done += rounds
        routes = linking.arrange(linking.whole(found))
        fleet.choose(routes)
        price = linking.price(routes)
        if price < best_price:
            best, best_price, state = routes, price, (fleet.ways, dict(linking.moments))
        fleet.take(state[0])
        linking.take(state[1])
        routes = best
    fill(instance, routes, linking.own)
    linking.settle(routes)
    starts: dict[str, list[int]] = {}
    who: dict[str, list[str]] = {}
    ids: list[list[str]] = []
    for number, route in enumerate(routes):
        ids.append([])
        timed = schedule(instance, number, route) if route else None
        if timed is None:
            continue
        for n, at_s in zip(route, timed.starts_s, strict=True):
            name = simple.problem.tasks[n].id
            for member in simple.members.get(name, (name,)):
                starts[member], who[member] = [at_s], [problem.engineers[number].id]
                at_s += simple.durations_s[member]
                ids[-1].append(member)
    ways = {one.id: way for one, way in zip(problem.engineers, fleet.ways, strict=True)}
    final = Instance(kept_at(with_ways(problem, ways), starts, who, bar=False))
    return final, [[final.task_number[name] for name in route] for route in ids], done


def fill(instance: Instance, routes: Routes, but: Collection[int] = ()) -> None:
    """Put every absent task that pays at its exact price into `routes`, dearest absence first, except `but`."""
    served = {n for route in routes for n in route} | instance.frozen | set(but)
    absent = [n for n in range(len(instance.jobs)) if n not in served and instance.jobs[n].windows]
    for n in sorted(absent, key=lambda n: (-instance.absence(instance.jobs[n]), n)):
        offers = insertions(instance, routes, instance.problem.tasks[n])
        if offers and offers[0].extra_fen < instance.absence(instance.jobs[n]):
            number = instance.worker_number[offers[0].engineer]
            routes[number].insert(offers[0].position - len(instance.workers[number].frozen), n)
