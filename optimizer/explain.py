"""Why a task was left out, or placed where it is: every engineer is asked, and the answers are counted.

The answers come from exact tests against the plan: could he do it at all, on an otherwise empty day, in the
day as planned? The first bar that holds is his reason.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from optimizer.building import Routes, day_price, sequences
from optimizer.insertion import Insertion, cheapest, insertions
from optimizer.instance import NEVER, Instance, Job, Worker
from optimizer.links import held, partners
from optimizer.model import Problem, Task
from optimizer.plan import Plan, Reason
from optimizer.timing import Labels

# In this order where the counts are equal.
CODES = (
    "linked",
    "no_engineers",
    "pinned_conflict",
    "no_skill",
    "not_allowed",
    "day_over",
    "window_past",
    "window_before_shift",
    "window_after_shift",
    "too_far_for_window",
    "lunch_in_the_way",
    "max_visits",
    "over_capacity",
    "day_full",
    "too_dear",
)


def explain(problem: Problem, plan: Plan, task_id: str | None = None) -> dict[str, tuple[Reason, ...]]:
    """Reasons by task id, for all tasks that the plan leaves out or for one of them.

    Raises `ProblemError` where the plan does not belong to the problem, KeyError for an unknown or served
    task.
    """
    instance = Instance(held(problem, plan, bar=False))
    routes = sequences(instance, plan)
    served = {stop.task for route in plan.routes for stop in route.stops}
    wanted = [task.id for task in problem.tasks if task.id not in served]
    if task_id is not None:
        if task_id not in wanted:
            raise KeyError(task_id)
        wanted = [task_id]
    left_out = {task.id for task in problem.tasks} - served
    return {
        found: (*missing(problem, found, left_out), *reasons(instance, routes, instance.task_number[found]))
        for found in wanted
    }


def missing(problem: Problem, task_id: str, left_out: Collection[str]) -> tuple[Reason, ...]:
    """The reason that lies with tasks that this one is linked to; the others say what bars it by itself."""
    names = [name for name in partners(problem, task_id) if name in left_out]
    return (Reason("linked", 0, {"tasks": names}),) if names else ()


@dataclass(frozen=True, slots=True)
class Placement:
    """Why a task is with its engineer.

    `extra_fen` is what the task adds to the sum where it is; `others` are the other engineers who could do
    it with the rest of the plan unchanged, cheapest first, each with what it would add there; `barred` says
    why the rest cannot. The price of the next best is `others[0].extra_fen - extra_fen`.
    """

    task: str
    engineer: str
    start_s: int
    extra_fen: int
    others: tuple[Insertion, ...]
    barred: tuple[Reason, ...]

    @property
    def next_best_fen(self) -> int | None:
        """How much dearer the next best engineer would be; None where nobody else could do it."""
        return self.others[0].extra_fen - self.extra_fen if self.others else None


def placement(problem: Problem, plan: Plan, task_id: str) -> Placement:
    """Why a planned task is with its engineer, and what the others would cost.

    Raises `ProblemError` where the plan does not belong to the problem, KeyError for a task that is not in
    the plan or is a fact already.
    """
    instance = Instance(held(problem, plan))
    visits = {stop.task: (route, stop) for route in plan.routes for stop in route.stops}
    number = instance.task_number[task_id]
    if number in instance.frozen:
        raise KeyError(task_id)
    route, stop = visits[task_id]
    routes = sequences(instance, plan, skip=task_id)
    task = problem.tasks[number]
    mine = instance.worker_number[route.engineer]
    with_it, without = sequences(instance, plan)[mine], routes[mine]
    extra = _route_fen(instance, mine, with_it) - _route_fen(instance, mine, without)
    others = tuple(way for way in insertions(instance, routes, task) if way.engineer != route.engineer)
    can = {route.engineer, *(way.engineer for way in others)}
    asked = [n for n, engineer in enumerate(problem.engineers) if engineer.id not in can]
    barred = _counted(instance, routes, number, asked)
    return Placement(task_id, route.engineer, stop.start_s, extra, others, barred)


def _route_fen(instance: Instance, worker: int, tasks: list[int]) -> int:
    return int(day_price(instance, worker, [instance.jobs[n] for n in tasks], broken=0))


def reasons(instance: Instance, routes: Routes, number: int) -> tuple[Reason, ...]:
    """Reasons for task `number`, which is in none of `routes`; commonest first."""
    task, engineers = instance.problem.tasks[number], instance.problem.engineers
    if not engineers:
        return (Reason("no_engineers", 0),)
    asked = [n for n, e in enumerate(engineers) if task.pin_engineer in (None, e.id)]
    return _counted(instance, routes, number, asked)


def _counted(instance: Instance, routes: Routes, number: int, asked: list[int]) -> tuple[Reason, ...]:
    """What bars task `number` from the asked engineers."""
    task, job = instance.problem.tasks[number], instance.jobs[number]
    engineers = instance.problem.engineers
    found: dict[str, list[int]] = defaultdict(list)
    details: dict[str, dict[str, Any]] = defaultdict(dict)
    for n in asked:
        code, detail = _bar(instance, routes[n], n, task, job)
        found[code].append(n)
        for key, value in detail.items():
            known = details[code].get(key)
            if key == "skills":
                value = sorted({*(known or []), *value})
            elif key == "extra_fen" and known is not None:
                value = min(known, value)
            details[code][key] = value
    order = sorted(found, key=lambda code: (-len(found[code]), CODES.index(code)))
    return tuple(
        Reason(code, len(found[code]), {**details[code], "engineers": [engineers[n].id for n in found[code]]})
        for code in order
    )


def _bar(
    instance: Instance, route: list[int], number: int, task: Task, job: Job
) -> tuple[str, dict[str, Any]]:
    engineer, worker = instance.problem.engineers[number], instance.workers[number]
    low = {skill for skill, least in task.skill_levels.items() if instance.level(number, skill) < least}
    missing = sorted((set(task.skills) - set(engineer.skills)) | low)
    banned = engineer.id in task.forbidden_engineers or (
        bool(task.allowed_engineers) and engineer.id not in task.allowed_engineers
    )
    if not job.windows:
        return "pinned_conflict", {"pin_start_s": task.pin_start_s}
    if task.pin_engineer is not None and missing:
        return "pinned_conflict", {"skills": missing}
    if task.pin_engineer is not None and banned:
        return "pinned_conflict", {}
    if missing:
        return "no_skill", {"skills": missing}
    if banned:
        return "not_allowed", {}
    alone = _alone(worker, job, instance.problem.now_s or 0)
    if alone is not None:
        return alone, {"windows": [list(window) for window in task.windows]}
    own = [instance.jobs[n] for n in route]
    if instance.loaded(number, own) and not instance.loaded(number, [*own, job]) and len(own) < worker.room:
        return "over_capacity", {"capacity": engineer.capacity or 0}
    if len(route) >= worker.room:
        return "max_visits", {"max_visits": engineer.max_visits or 0}
    best = cheapest(instance, number, own, job)
    if best is not None:
        extra = best.price_fen - _route_fen(instance, number, route)
        return "too_dear", {"extra_fen": extra, "undone_fen": instance.absence(job)}
    return "day_full", {"windows": [list(window) for window in task.windows]}


def _alone(worker: Worker, job: Job, now_s: int) -> str | None:
    """What bars the job on this worker's day if nothing else that is a choice were in it."""
    if Labels(worker, []).fits(job, 0) < NEVER:
        return None
    if Labels(worker, []).home_s >= NEVER:
        return "day_over"
    if job.windows[-1][1] < now_s:
        return "window_past"
    if job.start_from(worker.ready_s) >= NEVER:
        return "window_before_shift"
    if job.windows[0][0] + job.duration_s > worker.home_by_s:
        return "window_after_shift"
    hungry = dataclasses.replace(worker, lunch=None)
    if Labels(hungry, []).fits(job, 0) < NEVER:
        return "lunch_in_the_way"
    return "too_far_for_window"
