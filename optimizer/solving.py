"""The one call that turns a problem into a plan."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable

from optimizer.building import Routes, build
from optimizer.errors import OptimizerError
from optimizer.explain import reasons
from optimizer.insertion import insertions
from optimizer.instance import Instance
from optimizer.limits import Limits, Progress, Watch
from optimizer.model import Problem
from optimizer.plan import Plan, Unserved

# name -> (module with `run`, name in the plan); imported on use, because a solver takes a while to load.
ENGINES = {"hybrid": "optimizer.engines.hybrid", "ortools": "optimizer.engines.ortools_routing"}


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
    run: Callable[[Instance, Watch], tuple[Routes, int]] = importlib.import_module(ENGINES[name]).run
    instance = Instance(problem)
    routes, iterations = run(instance, watch)
    fill(instance, routes)
    plan = build(instance, routes, name, watch.limits.seed, iterations)
    unserved = tuple(
        Unserved(left.task, reasons(instance, routes, instance.task_number[left.task]))
        for left in plan.unserved
    )
    watch.report(iterations, plan.summary.cost_fen, plan.summary.unserved, force=True)
    return dataclasses.replace(plan, unserved=unserved)


def fill(instance: Instance, routes: Routes) -> None:
    """Put every absent task that pays at its exact price into `routes`, dearest absence first."""
    served = {n for route in routes for n in route} | instance.frozen
    absent = [n for n in range(len(instance.jobs)) if n not in served and instance.jobs[n].windows]
    for n in sorted(absent, key=lambda n: (-instance.absence(instance.jobs[n]), n)):
        offers = insertions(instance, routes, instance.problem.tasks[n])
        if offers and offers[0].extra_fen < instance.absence(instance.jobs[n]):
            number = instance.worker_number[offers[0].engineer]
            routes[number].insert(offers[0].position - len(instance.workers[number].frozen), n)
