"""The working plan of a day as values: the records, who has which visit when, and how the day comes out.

Times are worked out anew from the records whenever the sheet is read, so that a visit that runs late pushes
what comes after it, and a changed duration or window shows at once.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

from backend.core.uow import UnitOfWork
from backend.dispatch import laying
from backend.dispatch.kept import Kept
from backend.dispatch.laying import Laid, Placed
from backend.dispatch.models import DayPlan, ScheduleDay
from backend.dispatch.prices import ACCEPTED_UNDONE_FEN
from backend.dispatch.problem import DayFacts, facts
from backend.dispatch.store import plan_of
from optimizer.instance import Instance
from optimizer.model import Problem
from optimizer.plan import Plan, Stop
from optimizer.risk import lived

RUNS = 500
KEPT = 16
"""Days that are held in memory to lay out only what is new; what is equal is told by its value."""

Placements = dict[int, tuple[int, int]]
"""Engineer and start by order: what a change keeps of its before and after."""


@dataclass(frozen=True)
class Sheet:
    """A day's working plan. ``placed`` and ``laid`` go by worker number, ``lost`` by the absent person's id."""

    facts: DayFacts
    instance: Instance
    placed: dict[int, tuple[Placed, ...]]
    laid: dict[int, Laid]
    lost: dict[int, tuple[Stop, ...]]
    lived: dict[int, dict[str, float]] = field(default_factory=dict)
    looked: dict[int, Any] = field(default_factory=dict)
    """What looks at this very sheet have found out by order, so that a second one need not."""

    @cached_property
    def risks(self) -> dict[str, float]:
        """The chance of each visit to begin after its window, by task id, from many lived days."""
        for worker, laid in self.laid.items():
            if worker not in self.lived:
                found = lived(self.instance, [laid.route], runs=RUNS)
                self.lived[worker] = {visit.task: visit.late for visit in found.visits}
        return {task: late for worker in self.laid for task, late in self.lived[worker].items()}

    def person(self, worker: int) -> int:
        """The person id of a worker number."""
        return int(self.instance.problem.engineers[worker].id)

    def worker(self, person_id: int) -> int | None:
        """The worker number of a person, or None where he does not work that day."""
        return self.instance.worker_number.get(str(person_id))

    def order(self, task: int) -> int:
        """The order id of a task number."""
        return int(self.instance.problem.tasks[task].id)

    def task(self, order_id: int) -> int | None:
        """The task number of an order, or None where it is not in this day."""
        return self.instance.task_number.get(str(order_id))

    def where(self, task: int) -> int | None:
        """The worker who has a task that is still a choice, or None."""
        return next((w for w, rows in self.placed.items() if any(one.task == task for one in rows)), None)

    def placements(self) -> Placements:
        """Engineer and start of every choice that has a place, also with people who are away."""
        return dict(self._placements)

    @cached_property
    def _placements(self) -> Placements:
        found = {
            self.order(one.task): (self.person(worker), one.start_s)
            for worker, laid in self.laid.items()
            for one in laid.placed
        }
        for person_id, stops in self.lost.items():
            found |= {int(stop.task): (person_id, stop.start_s) for stop in stops}
        return found

    def wished(self) -> dict[int, int]:
        """When each choice is to begin by the plan as it is kept, whatever has come in between."""
        return {self.order(one.task): one.start_s for rows in self.placed.values() for one in rows}

    def routes(self) -> list[list[int]]:
        """The choices of every worker in order, by worker number."""
        return [[one.task for one in self.placed.get(n, ())] for n in range(len(self.instance.workers))]

    def plan(self, engine: str = "hand") -> Plan:
        """The sheet as a plan with its sum."""
        return laying.assemble(self.instance, self.laid.values(), engine)

    @cached_property
    def cost_fen(self) -> int:
        """The sum of the day; a kept sheet is asked for it at every step of a drag."""
        return self.plan().summary.cost_fen

    def with_rows(
        self, rows: dict[int, tuple[Placed, ...]], instance: Instance | None = None, moved: int | None = None
    ) -> "Sheet":
        """The sheet with the days of some workers laid out anew."""
        used = instance or self.instance
        placed, laid = dict(self.placed), dict(self.laid)
        for worker, one in rows.items():
            placed[worker] = one
            day = laying.lay_out(used, worker, one, moved if moved in {p.task for p in one} else None)
            if day is None:
                laid.pop(worker, None)
            else:
                laid[worker] = day
                placed[worker] = tuple(day.placed)
        kept = {worker: late for worker, late in self.lived.items() if worker not in rows}
        return replace(self, placed=placed, laid=laid, lived=kept, looked={})

    def without(self, task: int) -> "Sheet":
        """The sheet without a task; the others stay when they are."""
        lost = {
            p: tuple(s for s in stops if int(s.task) != self.order(task)) for p, stops in self.lost.items()
        }
        sheet = replace(self, lost={person: stops for person, stops in lost.items() if stops})
        worker = self.where(task)
        if worker is None:
            return sheet
        return sheet.with_rows({worker: tuple(one for one in self.placed[worker] if one.task != task)})

    def with_task(self, task: int, worker: int, at_s: int) -> "Sheet":
        """The sheet with a task given to a worker at about that time; where it was before it is taken out."""
        rest = self.without(task)
        used = laying.freed(self.instance, task)
        day = laying.insert(used, worker, rest.placed.get(worker, ()), task, at_s)
        placed = rest.placed | {worker: tuple(day.placed)}
        kept = {other: late for other, late in rest.lived.items() if other != worker}
        laid = rest.laid | {worker: day}
        return replace(rest, instance=used, placed=placed, laid=laid, lived=kept, looked={})


def load(uow: UnitOfWork, on: date, found: DayFacts | None = None) -> Sheet:
    """The working plan of a day from the records, or from what was just read of them."""
    day = uow.session.get(ScheduleDay, on)
    plan_id = day.working_plan_id if day is not None else None
    stored = uow.session.get(DayPlan, plan_id) if plan_id is not None else None
    key = (str(uow.session.get_bind().engine.url), on)
    last = _last.get(key)
    known = last is not None and stored is not None and last.data == stored.plan
    plan = last.plan if last is not None and known else plan_of(stored) if stored is not None else None
    made = lay(found or facts(uow, on), plan, like=last.sheet if last is not None else None)
    _last.put(key, _Laid(made, stored.plan if stored is not None else None, plan))
    return made


@dataclass(frozen=True)
class _Laid:
    """A sheet with the plan that it was laid from, as it is kept and as values."""

    sheet: Sheet
    data: dict[str, Any] | None
    plan: Plan | None


# What was laid last: what is equal in a newer sheet need not be worked out again.
_last: Kept[_Laid] = Kept(KEPT)


def lay(found: DayFacts, plan: Plan | None, like: Sheet | None = None) -> Sheet:
    """The sheet that a plan makes of a day's records; what the records do not know any more is left out.

    Days that nothing has changed in since ``like`` was laid are taken from there.
    """
    problem = _by_hand(found.problem)
    same = like is not None and like.instance.problem == problem
    instance = like.instance if like is not None and same else Instance(problem)
    stands = _unchanged(like, instance) if like is not None else set()
    placed: dict[int, tuple[Placed, ...]] = dict.fromkeys(range(len(instance.workers)), ())
    lost: dict[int, tuple[Stop, ...]] = {}
    for route in plan.routes if plan is not None else ():
        worker = instance.worker_number.get(route.engineer)
        known = [stop for stop in route.stops if stop.task in instance.task_number]
        choices = [stop for stop in known if instance.task_number[stop.task] not in instance.frozen]
        if worker is not None:
            placed[worker] = tuple(Placed(instance.task_number[s.task], s.start_s) for s in choices)
        elif choices:
            lost[int(route.engineer)] = tuple(choices)
    laid: dict[int, Laid] = {}
    late: dict[int, dict[str, float]] = {}
    for worker, rows in placed.items():
        if like is not None and worker in stands and like.placed[worker] == rows:
            if worker in like.laid:
                laid[worker] = like.laid[worker]
            if worker in like.lived:
                late[worker] = like.lived[worker]
            continue
        day = laying.lay_out(instance, worker, rows)
        if day is not None:
            laid[worker] = day
    return Sheet(found, instance, placed, laid, lost, late)


def _unchanged(like: Sheet, instance: Instance) -> set[int]:
    """The workers for whom nothing in the problem differs, neither about themselves nor about their visits."""
    old, new = like.instance.problem, instance.problem
    if old is new:
        return set(like.placed)
    whole = ("day", "travel", "prices", "now_s")
    if (
        any(getattr(old, name) != getattr(new, name) for name in whole)
        or like.instance.task_number != instance.task_number
        or like.instance.worker_number != instance.worker_number
    ):
        return set()
    before, after = ({visit.task: visit for visit in one.baseline} for one in (old, new))
    differ = {
        n
        for n, (a, b) in enumerate(zip(old.tasks, new.tasks, strict=True))
        if a != b or before.get(a.id) != after.get(a.id)
    }

    def has(worker: int) -> set[int]:
        rows = {one.task for one in like.placed[worker]}
        return rows.union(like.instance.workers[worker].frozen, instance.workers[worker].frozen)

    engineers = enumerate(zip(old.engineers, new.engineers, strict=True))
    return {n for n, (a, b) in engineers if a == b and differ.isdisjoint(has(n))}


def _by_hand(problem: Problem) -> Problem:
    """What binds her: an accepted visit keeps its engineer, but may begin later in its window; he is told then."""
    return replace(
        problem,
        tasks=tuple(
            replace(task, pin_start_s=None)
            if task.undone_fen == ACCEPTED_UNDONE_FEN and task.pin_start_s is not None
            else task
            for task in problem.tasks
        ),
    )
