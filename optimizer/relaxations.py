"""What would have to give way so that a task that was left out fits: the smallest steps, with their prices.

Every relaxation is found by exact tests against the plan as it is and is the smallest of its kind, in steps
of five minutes; `relaxed()` gives the problem in which it holds, so that anybody can try. Two rules at once
are offered only where no single one is enough.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from optimizer.beside import Beside, beside
from optimizer.building import Routes, day_price, sequences
from optimizer.insertion import cheapest
from optimizer.instance import Instance, Job, Worker, open_windows
from optimizer.links import as_one, chain, held, intersected
from optimizer.model import LATEST_S, Problem, Task, Window
from optimizer.offers import OfferBook
from optimizer.plan import Plan

STEP_S = 300
HOUR = 3600
# How far each kind is tried, in seconds.
REACH_S = {
    "start_later": 4 * HOUR,
    "start_earlier": 4 * HOUR,
    "overtime": 3 * HOUR,
    "shift_earlier": 3 * HOUR,
    "lunch_moved": 2 * HOUR,
    "shorter": 4 * HOUR,
}
KINDS = (
    *REACH_S,
    "without_skill",
    "allow_engineer",
    "more_visits",
    "more_load",
    "costs_more",
    "visit_moves",
)
_MOVES = 3
_ASKED = 12  # visits that are looked for on other days


@dataclass(frozen=True, slots=True)
class Step:
    """One rule that gives way, by no more than is needed.

    `start_later`, `start_earlier`: the task may start so much outside its windows; `overtime`,
    `shift_earlier`, `lunch_moved`: the engineer's day is so much longer, begins so much earlier, or his break
    may lie so much outside its window; `shorter`: the service takes so much less; `without_skill`: `skills`
    are not asked, or not at that level; `allow_engineer`: he may do it although he may not, or another is
    pinned; `more_visits`: he may have `visits`, as many more than he has as are needed; `more_load`: he takes `load` more than
    his capacity; `costs_more`: it fits, but costs more than leaving it out; `visit_moves`: the visit `task` moves
    to another day, to `day` where other days were given.
    """

    kind: str
    amount_s: int = 0
    skills: tuple[str, ...] = ()
    task: str | None = None
    visits: int = 0
    load: int = 0
    day: str | None = None


@dataclass(frozen=True, slots=True)
class Relaxation:
    """Steps with which the task fits into one engineer's day.

    `price_fen` is what the rest of the sum rises by (hours, overtime, travel, disturbance, the visit that
    moves away); `saves_fen` is the price of absence that goes.
    """

    steps: tuple[Step, ...]
    engineer: str
    start_s: int
    price_fen: int
    saves_fen: int


def relaxations(
    problem: Problem, plan: Plan, task_id: str, others: OfferBook | None = None
) -> tuple[Relaxation, ...]:
    """The smallest relaxations with which a task that the plan leaves out would fit, cheapest first.

    With plans of `others` days a visit that moves goes to the cheapest of them, at the price that it has
    there, any time of that day; else its price is that of leaving it out. Raises `ProblemError` where the
    plan does not belong to the problem, KeyError for an unknown or served task. Another half of a linked task
    that has no place gets its cheapest one first, and counts in the prices; there are no relaxations where it
    has none itself. Joined tasks give way as one: each by the same step, and `start_s` is that of their first.
    """
    bound = {name for link in problem.links for name in (link.first, link.second)}
    bound |= {name for engineer in problem.engineers for name in engineer.sequence}
    visits = len(chain(problem, task_id))
    whole = as_one(problem, task_id) if task_id in bound else problem
    if whole is None:
        return ()
    instance = Instance(held(whole, plan, bar=False))
    routes = sequences(instance, plan)
    if task_id not in bound:
        return relaxations_in(instance, routes, task_id, others=others, keep=bound)
    halves = beside(whole, instance, routes, task_id)
    if halves is None:
        return ()
    found = relaxations_in(
        instance, halves.routes, task_id, others=others, keep=bound, left=halves, visits=visits
    )
    return tuple(
        dataclasses.replace(
            one, price_fen=one.price_fen + halves.extra_fen, saves_fen=one.saves_fen + halves.saves_fen
        )
        for one in found
    )


def relaxations_in(
    instance: Instance,
    routes: Routes,
    task_id: str,
    *,
    others_move: bool = True,
    others: OfferBook | None = None,
    keep: Collection[str] = (),
    left: Beside | None = None,
    visits: int = 1,
) -> tuple[Relaxation, ...]:
    """`relaxations()` on an instance with its routes; without ``others_move`` no `visit_moves`, which take longest.

    ``keep`` names visits that do not move, ``left`` says what other halves leave to a linked task, ``visits`` for how many
    joined ones the task stands.
    """
    served = {n for route in routes for n in route} | instance.frozen
    number = instance.task_number[task_id]
    if number in served:
        raise KeyError(task_id)
    return _Search(instance, routes, number, others_move, others, keep, left, visits).run()


@dataclass(frozen=True, slots=True)
class _Way:
    """The cheapest place found in one engineer's day."""

    price_fen: int
    start_s: int


class _Search:
    def __init__(
        self,
        instance: Instance,
        routes: Routes,
        number: int,
        others_move: bool,
        others: OfferBook | None,
        keep: Collection[str],
        left: Beside | None,
        visits: int,
    ) -> None:
        self.keep, self.left, self.visits = keep, left, visits
        self.able = sorted(range(len(instance.workers)) if left is None else left.engineers)
        self.instance, self.routes = instance, routes
        self.others_move, self.others = others_move, others
        self.task = instance.problem.tasks[number]
        self.job = instance.jobs[number]
        self.saves_fen = instance.absence(self.job)

    def run(self) -> tuple[Relaxation, ...]:
        found = list(self._single())
        if not found:
            found = list(self._double())
        return tuple(sorted(found, key=lambda r: (r.price_fen, len(r.steps), r.engineer)))

    def _single(self) -> Iterator[Relaxation]:
        able = [n for n in self.able if self.instance.can(n, self.task)]
        barred = [n for n in self.able if n not in set(able)]
        yield from self._best(able, ())
        if self.others_move:
            yield from self._moves(able)
        yield from self._cheapest("more_visits", self._crowded(able))
        yield from self._cheapest("more_load", self._loaded(able))
        plain = ((n, self._way(n, self.instance.workers[n], self.job)) for n in able)
        yield from self._cheapest("costs_more", ((n, (Step("costs_more"),), way) for n, way in plain if way))
        allowed = [(n, self._permission(n)) for n in barred]
        for kind in ("without_skill", "allow_engineer"):
            ways = (
                (n, steps, self._way(n, self.instance.workers[n], self.job))
                for n, steps in allowed
                if [step.kind for step in steps] == [kind]
            )
            yield from self._cheapest(kind, ((n, steps, way) for n, steps, way in ways if way))

    def _double(self) -> Iterator[Relaxation]:
        """A permission together with some time, for whoever needs only one permission."""
        for n in self.able:
            steps = self._permission(n)
            if len(steps) == 1:
                yield from self._best([n], steps)
        # Of one kind the smallest is enough; sorted by price, the first ones are the useful ones.

    def _permission(self, n: int) -> tuple[Step, ...]:
        engineer = self.instance.problem.engineers[n]
        low = {name for name, least in self.task.skill_levels.items() if self.instance.level(n, name) < least}
        missing = tuple(sorted((set(self.task.skills) - set(engineer.skills)) | low))
        steps = [Step("without_skill", skills=missing)] if missing else []
        if not self.instance.can(n, _without_skills(self.task, missing)):
            steps.append(Step("allow_engineer"))
        return tuple(steps)

    def _best(self, engineers: list[int], before: tuple[Step, ...]) -> Iterator[Relaxation]:
        """The smallest relaxation of each kind that is measured in time; the cheapest where several are."""
        for kind in REACH_S:
            if kind == "shorter" and self.visits > 1:
                continue  # which of them, nobody can say
            best: tuple[int, int, int, _Way] | None = None
            for n in engineers:
                most = None if best is None else best[0]
                amount, way = self._smallest(kind, n, most)
                if way is not None and (best is None or (amount, way.price_fen, n) < best[:3]):
                    best = (amount, way.price_fen, n, way)
            if best is not None:
                amount, _, n, way = best
                yield self._relaxation(n, (*before, Step(kind, amount)), way)

    def _smallest(self, kind: str, n: int, most: int | None) -> tuple[int, _Way | None]:
        """The smallest amount with which engineer `n` can do it; more is never worse, so halve the span."""
        worker = self.instance.workers[n]

        def fits(amount: int) -> _Way | None:
            changed = _change(self.instance, kind, amount, worker, self.task, self.job)
            return None if changed is None else self._way(n, *changed)

        low, high = 0, REACH_S[kind] // STEP_S
        if kind == "shorter":
            high = min(high, self.job.duration_s * 3 // 4 // STEP_S)
        if most is not None:
            high = min(high, most // STEP_S)
        way = fits(high * STEP_S) if high else None
        if way is None or self._way(n, worker, self.job) is not None:
            return 0, None
        while high - low > 1:
            middle = (low + high) // 2
            less = fits(middle * STEP_S)
            if less is None:
                low = middle
            else:
                high, way = middle, less
        return high * STEP_S, way

    def _crowded(self, able: list[int]) -> Iterator[tuple[int, tuple[Step, ...], _Way]]:
        for n in able:
            worker = self.instance.workers[n]
            room = len(self.routes[n]) + self.visits
            if room > worker.room:
                way = self._way(n, dataclasses.replace(worker, room=room), self.job)
                if way is not None:
                    visits = len(worker.frozen) + room
                    yield n, (Step("more_visits", visits=visits),), way

    def _loaded(self, able: list[int]) -> Iterator[tuple[int, tuple[Step, ...], _Way]]:
        for n in able:
            worker = self.instance.workers[n]
            load = worker.load + self.job.demand + sum(self.instance.jobs[m].demand for m in self.routes[n])
            if load > worker.capacity:
                way = self._way(n, dataclasses.replace(worker, capacity=load), self.job)
                if way is not None:
                    yield n, (Step("more_load", load=load - worker.capacity),), way

    def _moves(self, able: list[int]) -> Iterator[Relaxation]:
        """The visits whose going makes room at the lowest price."""
        found = []
        for n in able:
            worker, route = self.instance.workers[n], self.routes[n]
            if self._way(n, worker, self.job) is not None:
                continue
            for gone in route:
                other = self.instance.problem.tasks[gone]
                if other.id in self.keep or other.pin_start_s is not None or other.pin_engineer is not None:
                    continue
                way = self._way(n, worker, self.job, gone)
                if way is not None:
                    found.append((way.price_fen, other.id, n, way))
        moves = []
        most = _MOVES if self.others is None else _ASKED
        for _, name, n, way in sorted(found, key=lambda found: found[:3])[:most]:
            day, more = self._another_day(name)
            price = way.price_fen + more
            moves.append((price, Step("visit_moves", task=name, day=day), n, way.start_s))
        for price, step, n, start_s in sorted(moves, key=lambda move: move[0])[:_MOVES]:
            yield self._relaxation(n, (step,), _Way(price, start_s))

    def _another_day(self, name: str) -> tuple[str | None, int]:
        """The day on which a visit is cheapest, and what it costs there instead of its price of absence."""
        number = self.instance.task_number[name]
        if self.others is None:
            return None, 0
        # Its windows are of this day; on another the customer is asked anew.
        task = dataclasses.replace(self.instance.problem.tasks[number], windows=(), promised_window=None)
        offers = [offer for offer in self.others.offers(task) if offer.day != self.instance.problem.day]
        best = min(offers, key=lambda offer: (offer.extra_fen, offer.day), default=None)
        return (
            (None, 0) if best is None else (best.day, best.extra_fen - self.instance.jobs[number].undone_fen)
        )

    def _cheapest(
        self, kind: str, ways: Iterator[tuple[int, tuple[Step, ...], _Way]]
    ) -> Iterator[Relaxation]:
        best = min(ways, key=lambda way: (way[2].price_fen, way[0]), default=None)
        if best is not None:
            yield self._relaxation(*best)

    def _relaxation(self, n: int, steps: tuple[Step, ...], way: _Way) -> Relaxation:
        name = self.instance.problem.engineers[n].id
        return Relaxation(steps, name, way.start_s, way.price_fen, self.saves_fen)

    def _way(self, n: int, worker: Worker, job: Job, gone: int | None = None) -> _Way | None:
        """The cheapest place of the job in this engineer's day without the visit `gone`."""
        instance = self.instance
        if self.left is not None:
            job = dataclasses.replace(job, windows=intersected(job.windows, [self.left.starts]))
        jobs = [instance.jobs[m] for m in self.routes[n] if m != gone]
        if len(jobs) + self.visits > worker.room or not job.windows:
            return None
        best = cheapest(instance, n, jobs, job, worker)
        if best is None:
            return None
        before_fen = int(day_price(instance, n, [instance.jobs[m] for m in self.routes[n]], broken=0))
        if gone is not None:
            before_fen -= instance.absence(instance.jobs[gone])
        return _Way(best.price_fen - before_fen, best.timed.starts_s[best.position])


def _asked(task: Task) -> tuple[tuple[Window, ...], int | None]:
    """The starts that a task asks for, and the pin that stays: one outside all windows, which then give way."""
    pin = task.pin_start_s
    if pin is None or (task.windows and not any(a <= pin <= b for a, b in task.windows)):
        return task.windows, pin
    return ((pin, pin),), None


def _wider(windows: tuple[Window, ...], earlier_s: int, later_s: int) -> tuple[Window, ...]:
    return tuple((max(0, a - earlier_s), min(LATEST_S, b + later_s)) for a, b in windows)


def _change(
    instance: Instance, kind: str, amount: int, worker: Worker, task: Task, job: Job
) -> tuple[Worker, Job] | None:
    """Engineer and job with one rule relaxed; None where there is no such rule."""
    if kind in ("start_later", "start_earlier"):
        asked, pin = _asked(task)
        if not asked:
            return None
        later = kind == "start_later"
        windows = open_windows(_wider(asked, 0 if later else amount, amount if later else 0), pin)
        return (worker, dataclasses.replace(job, windows=windows)) if windows else None
    if kind == "overtime":
        return dataclasses.replace(worker, home_by_s=worker.home_by_s + amount), job
    if kind == "shorter":
        return worker, dataclasses.replace(job, duration_s=job.duration_s - amount)
    if kind == "shift_earlier":
        earliest = instance.problem.now_s or 0
        if worker.frozen or worker.ready_s - amount < earliest:
            return None
        return dataclasses.replace(worker, ready_s=worker.ready_s - amount), job
    if worker.lunch is None:
        return None
    length, from_s, to_s = worker.lunch
    return dataclasses.replace(worker, lunch=(length, max(0, from_s - amount), to_s + amount)), job


def relaxed(problem: Problem, task_id: str, relaxation: Relaxation) -> Problem:
    """The problem in which the relaxation is a fact: there the task, with those joined to it, fits into the engineer's day."""
    for step in relaxation.steps:
        problem = _APPLY.get(step.kind, _unchanged)(problem, task_id, relaxation.engineer, step)
    return problem


def _with_task(problem: Problem, task_id: str, change: Callable[[Task], Task]) -> Problem:
    names = chain(problem, task_id)
    tasks = tuple(change(task) if task.id in names else task for task in problem.tasks)
    return dataclasses.replace(problem, tasks=tasks)


def _apply_start(problem: Problem, task_id: str, _: str, step: Step) -> Problem:
    later = step.kind == "start_later"

    def change(task: Task) -> Task:
        asked, pin = _asked(task)
        windows = _wider(asked, 0 if later else step.amount_s, step.amount_s if later else 0)
        return dataclasses.replace(task, windows=windows, pin_start_s=pin)

    return _with_task(problem, task_id, change)


def _without_skills(task: Task, skills: tuple[str, ...]) -> Task:
    return dataclasses.replace(
        task,
        skills=tuple(name for name in task.skills if name not in skills),
        skill_levels={name: least for name, least in task.skill_levels.items() if name not in skills},
    )


def _apply_task(problem: Problem, task_id: str, engineer: str, step: Step) -> Problem:
    def change(task: Task) -> Task:
        if step.kind == "shorter":
            return dataclasses.replace(task, duration_s=task.duration_s - step.amount_s)
        if step.kind == "without_skill":
            return _without_skills(task, step.skills)
        return dataclasses.replace(
            task,
            pin_engineer=None,
            allowed_engineers=(engineer,),
            forbidden_engineers=tuple(name for name in task.forbidden_engineers if name != engineer),
        )

    return _with_task(problem, task_id, change)


def _apply_engineer(problem: Problem, _: str, engineer: str, step: Step) -> Problem:
    changed = []
    for one in problem.engineers:
        if one.id == engineer:
            if step.kind == "overtime":
                one = dataclasses.replace(one, max_overtime_s=one.max_overtime_s + step.amount_s)
            elif step.kind == "shift_earlier":
                one = dataclasses.replace(one, shift_start_s=max(0, one.shift_start_s - step.amount_s))
            elif step.kind == "more_visits" and one.max_visits is not None:
                one = dataclasses.replace(one, max_visits=max(one.max_visits, step.visits))
            elif step.kind == "more_load" and one.capacity is not None:
                one = dataclasses.replace(one, capacity=one.capacity + step.load)
            elif step.kind == "lunch_moved" and one.lunch is not None:
                from_s = max(0, one.lunch.from_s - step.amount_s)
                lunch = dataclasses.replace(one.lunch, from_s=from_s, to_s=one.lunch.to_s + step.amount_s)
                one = dataclasses.replace(one, lunch=lunch)
        changed.append(one)
    return dataclasses.replace(problem, engineers=tuple(changed))


def _apply_move(problem: Problem, _: str, engineer: str, step: Step) -> Problem:
    tasks = tuple(task for task in problem.tasks if task.id != step.task)
    baseline = tuple(visit for visit in problem.baseline if visit.task != step.task)
    return dataclasses.replace(problem, tasks=tasks, baseline=baseline)


def _unchanged(problem: Problem, _: str, engineer: str, step: Step) -> Problem:
    return problem


_APPLY: dict[str, Callable[[Problem, str, str, Step], Problem]] = {
    "start_later": _apply_start,
    "start_earlier": _apply_start,
    "shorter": _apply_task,
    "without_skill": _apply_task,
    "allow_engineer": _apply_task,
    "overtime": _apply_engineer,
    "shift_earlier": _apply_engineer,
    "lunch_moved": _apply_engineer,
    "more_visits": _apply_engineer,
    "more_load": _apply_engineer,
    "visit_moves": _apply_move,
}
