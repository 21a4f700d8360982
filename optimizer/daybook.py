"""A day's plan made ready for questions about tasks that it does not know: `offers` and `urgent` build on it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from optimizer.building import Routes, sequences
from optimizer.days import Strip, open_days, strip
from optimizer.errors import OptimizerError
from optimizer.instance import Instance
from optimizer.links import held, linked
from optimizer.model import Problem, Task, Travel
from optimizer.plan import Plan
from optimizer.travel import Key, great_circle, spots


class DayBook:
    """One day's plan, with spare tasks at a spare place that take the form of what is asked about."""

    def __init__(self, problem: Problem, plan: Plan | Routes, spare: int) -> None:
        """The plan may be given as sequences, but not where tasks are linked or ways a choice.

        Raises `ProblemError` where it does not belong to the problem.
        """
        if isinstance(plan, Plan):
            problem = held(problem, plan)
        elif linked(problem):
            raise OptimizerError("linked tasks and chosen ways need the plan, not its sequences")
        self.problem = problem
        count, names = len(problem.tasks), problem.travel.places
        place = names[0] if names else None
        spares = [Task(f"\0spare {n}", -90.0, -180.0, 0, place=place) for n in range(spare)]
        self.instance = Instance(dataclasses.replace(problem, tasks=(*problem.tasks, *spares)))
        self.routes = sequences(self.instance, plan) if isinstance(plan, Plan) else plan
        self.spare = range(count, count + spare)
        self.nowhere = self.place = self.instance.places.tasks[count]
        self.numbers = dict(self.instance.task_number)
        self._strips: dict[str, Strip] = {}
        self.days = open_days(self.instance, self.routes, self.spare)

    def visit(self, key: Key, strips: dict[str, Strip]) -> None:
        """Find or make the place of a task."""
        known = self.instance.places.find(key)
        self.place = self.nowhere if known is None else known
        if known is None:
            self._strips = strips
            self.days.move(self.nowhere, strips)

    def seat(self, task: Task) -> int:
        """Let the first spare task be this one for the plain functions as well; its number."""
        number, instance = self.spare[0], self.instance
        tasks = list(instance.problem.tasks)
        tasks[number] = task
        instance.problem = dataclasses.replace(instance.problem, tasks=tuple(tasks))
        instance.task_number = {**self.numbers, task.id: number}
        instance.places.tasks[number] = self.place
        instance.jobs[number] = job = instance.job(task, self.place)
        self.days.put([number], job, [job.windows])
        if self.place == self.nowhere:
            for name, legs in instance.legs.items():
                legs.put(self.nowhere, self._strips[name].there, self._strips[name].back)
        return number


def towns(days: Sequence[DayBook]) -> list[Town]:
    """Days with the same travel together."""
    towns: list[Town] = []
    for day in days:
        travel = day.instance.problem.travel
        town = next((town for town in towns if town.travel == travel), None)
        if town is None:
            town = Town(travel)
            towns.append(town)
        town.add(day)
    return towns


class Town:
    """Days with the same travel: the trips from and to a new place are computed for all of them at once."""

    def __init__(self, travel: Travel) -> None:
        self.travel = travel
        self.days: list[DayBook] = []
        self.keys: list[Key] = []
        self.spots = spots([])
        self.key: Key | None = None

    def add(self, day: DayBook) -> None:
        """One more day."""
        self.days.append(day)
        self.keys += day.instance.places.keys
        self.spots = spots(self.keys)

    def visit(self, task: Task) -> None:
        """Let the spare place of every day be where the task is."""
        # Says what is wrong with it, if anything; who is at work differs from day to day.
        alone = dataclasses.replace(task, pin_engineer=None, frozen=None)
        Problem(self.days[0].problem.day, (alone,), (), self.travel).validate()
        key = task.lat, task.lon, task.place
        if key == self.key:
            return
        crow = great_circle(spots([key]), self.spots)
        names = {name for day in self.days for name in day.instance.legs}
        strips = {name: strip(self.travel, name, key, self.keys, crow) for name in names}
        at = 0
        for day in self.days:
            here = slice(at, at + len(day.instance.places.keys))
            day.visit(key, {name: strips[name].cut(here) for name in day.instance.legs})
            at = here.stop
        self.key = key
