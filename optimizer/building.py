"""From sequences of tasks to a plan with exact times, and back."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from optimizer.errors import ProblemError
from optimizer.instance import Instance, Job, Worker
from optimizer.plan import TERMS, LunchPlaced, Plan, Route, Stop, Summary, Unserved
from optimizer.timing import Timed, schedule, time_jobs

Routes = list[list[int]]


def sequences(instance: Instance, plan: Plan, skip: str | None = None) -> Routes:
    """The plan's choices as task numbers by engineer, without frozen tasks and without the task `skip`.

    Raises `ProblemError` where the plan speaks of tasks or engineers that the problem does not have.
    """
    routes: Routes = [[] for _ in instance.workers]
    seen: set[str] = set()
    for n, route in enumerate(plan.routes):
        if route.engineer not in instance.worker_number:
            raise ProblemError(f"routes[{n}].engineer", f"no engineer has the id {route.engineer!r}")
        for k, stop in enumerate(route.stops):
            if stop.task not in instance.task_number:
                raise ProblemError(f"routes[{n}].stops[{k}].task", f"no task has the id {stop.task!r}")
            if stop.task in seen:
                raise ProblemError(f"routes[{n}].stops[{k}].task", f"{stop.task!r} stands twice")
            seen.add(stop.task)
            number = instance.task_number[stop.task]
            if number not in instance.frozen and stop.task != skip:
                routes[instance.worker_number[route.engineer]].append(number)
    return routes


def route_cost(instance: Instance, number: int, jobs: list[Job], timed: Timed) -> int:
    """Price in fen of a timed sequence with its disturbances, without the money of frozen trips."""
    cost = timed.cost_fen
    for job, start_s in zip(jobs, timed.starts_s, strict=True):
        if job.timed or job.wished:
            cost += instance.soft(job, number, start_s)
    return cost


def day_price(
    instance: Instance, number: int, jobs: list[Job], worker: Worker | None = None, broken: float = math.inf
) -> float:
    """Price in fen of the day of engineer `number` with these jobs in order; 0 for a day with nothing in it.

    `broken` is the answer where no such day holds. `worker` may be one with other rules than he has.
    """
    worker = worker or instance.workers[number]
    if not jobs and not worker.frozen:
        return 0
    timed = time_jobs(worker, jobs)
    return broken if timed is None else route_cost(instance, number, jobs, timed)


@dataclass(frozen=True, slots=True)
class Day:
    """One engineer's day in a plan, and what it costs by term."""

    route: Route
    terms: dict[str, int]


def day_of(instance: Instance, number: int, tasks: list[int]) -> Day | None:
    """A sequence of one engineer with exact times, or None where it breaks a rule."""
    timed = schedule(instance, number, tasks)
    return None if timed is None else priced(instance, number, route_of(instance, number, tasks, timed))


def priced(instance: Instance, number: int, route: Route) -> Day:
    """A route of one engineer with its terms, whatever rules it breaks."""
    worker, terms = instance.workers[number], dict.fromkeys(TERMS, 0)
    inside_s = 0
    if route.lunch is not None and route.start_s <= route.lunch.start_s < route.home_s:
        inside_s = route.lunch.end_s - route.lunch.start_s
    span = route.start_s, route.home_s, inside_s
    terms["hours"], terms["overtime"] = worker.pay(*span)
    terms["unfairness"] = worker.unfair(*span)
    terms["travel"] = worker.day_fen + route.home_travel_fen + sum(stop.travel_fen for stop in route.stops)
    for stop in route.stops:
        n = instance.task_number[stop.task]
        job = instance.jobs[n]
        terms["disturbance"] += instance.disturbance(job, number, stop.start_s)
        if n not in instance.frozen:
            terms["lateness"] += instance.lateness(job, stop.start_s)
            terms["wishes"] += instance.wishes(job, number, stop.start_s)
    return Day(route, terms)


def build(instance: Instance, routes: Routes, engine: str, seed: int, iterations: int) -> Plan:
    """A plan with exact times; raises ValueError where a sequence breaks a rule (an engine's mistake)."""
    built: list[Day] = []
    served = set(instance.frozen)
    for number, tasks in enumerate(routes):
        if not tasks and not instance.workers[number].frozen:
            continue
        day = day_of(instance, number, tasks)
        if day is None:
            raise ValueError(f"engineer {instance.problem.engineers[number].id} cannot keep this sequence")
        served.update(tasks)
        built.append(day)
    absent = [n for n in range(len(instance.jobs)) if n not in served]
    return assemble(instance, built, absent, engine, seed, iterations)


def assemble(
    instance: Instance, days: list[Day], absent: list[int], engine: str, seed: int, iterations: int
) -> Plan:
    """The plan of some days, and of the tasks that are left out."""
    terms = {name: sum(day.terms[name] for day in days) for name in TERMS}
    for n in absent:
        terms["undone"] += instance.jobs[n].undone_fen
        terms["disturbance"] += instance.jobs[n].moved_fen
    routes = [day.route for day in days]
    summary = Summary(
        cost_fen=sum(terms.values()),
        travel_s=sum(r.home_travel_s + sum(s.travel_s for s in r.stops) for r in routes),
        distance_m=sum(r.home_travel_m + sum(s.travel_m for s in r.stops) for r in routes),
        served=sum(len(route.stops) for route in routes),
        unserved=len(absent),
        terms=terms,
    )
    unserved = tuple(Unserved(instance.problem.tasks[n].id) for n in absent)
    return Plan(tuple(routes), unserved, summary, engine, seed, iterations)


def route_of(instance: Instance, number: int, tasks: Iterable[int], timed: Timed) -> Route:
    """A timed sequence of one engineer, with what is under way or done before it, as a route of a plan."""
    problem, worker = instance.problem, instance.workers[number]
    engineer, legs = problem.engineers[number], worker.legs
    stops: list[Stop] = []
    at, free_s = worker.start, timed.left_s
    for n in worker.frozen:
        task, place = problem.tasks[n], instance.places.tasks[n]
        assert task.frozen is not None
        start_s = task.frozen.start_s
        # A fact is not judged: the trip is as long as it takes, or as there was time for.
        travel_s = max(0, start_s - max(free_s, legs.leave(at, place, start_s)))
        end_s = start_s + task.duration_s
        metres, money = int(legs.metres[at, place]), legs.fare(at, place, start_s - travel_s)
        stops.append(Stop(task.id, start_s, start_s, end_s, travel_s, metres, engineer.travels_by, money))
        at, free_s = place, max(free_s, end_s)
    for k, n in enumerate(tasks):
        task, place = problem.tasks[n], instance.places.tasks[n]
        stops.append(
            Stop(
                task=task.id,
                arrive_s=timed.arrivals_s[k],
                start_s=timed.starts_s[k],
                end_s=timed.starts_s[k] + task.duration_s,
                travel_s=timed.trips_s[k],
                travel_m=int(legs.metres[at, place]),
                mode=engineer.travels_by,
                travel_fen=legs.fare(at, place, timed.arrivals_s[k] - timed.trips_s[k]),
            )
        )
        at = place
    lunch = None
    if timed.lunch_s is not None and worker.lunch is not None:
        lunch = LunchPlaced(timed.lunch_s, timed.lunch_s + worker.lunch[0])
    return Route(
        engineer=engineer.id,
        stops=tuple(stops),
        lunch=lunch,
        start_s=timed.left_s,
        home_s=timed.home_s,
        home_travel_s=timed.home_trip_s,
        home_travel_m=int(legs.metres[at, worker.end]),
        home_travel_fen=legs.fare(at, worker.end, timed.home_s - timed.home_trip_s),
        way=engineer.way,
    )
