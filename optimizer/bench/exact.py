"""An exact model of small days in CP-SAT: proves the lowest sum that any plan can have.

For each engineer a circuit through his tasks; every arc comes plain, with the break before leaving, or with
the break on arriving. It shares no timing code with the engines. Days with one steady period for each mode,
without frozen tasks, are proven; about 12 tasks × 3 engineers in seconds. Starts are free here: a plan may wait
at a door to please a wish, which the engines do not, so that a sum with prices of moments can be lower than any
of theirs.
"""

from __future__ import annotations

import dataclasses
import itertools
from dataclasses import dataclass
from typing import Any

from ortools.sat.python import cp_model

from optimizer.errors import OptimizerError
from optimizer.instance import Instance, Job, Worker
from optimizer.model import LATEST_S, NEEDED, Engineer, Mode, Period, Problem, Task, Window

END = 2 * LATEST_S


@dataclass(frozen=True)
class Proof:
    """The lowest sum found in fen, and whether no plan can be cheaper than `bound_fen`."""

    cost_fen: int
    bound_fen: int
    proven: bool
    wall_s: float
    routes: tuple[tuple[str, ...], ...]


def prove(problem: Problem, seconds: float = 60, workers: int = 2, hint: int | None = None) -> Proof:
    """The lowest sum that any plan can have, also one that waits at a door; OptimizerError for what it does not know."""
    if any(len(mode.periods) > 1 for mode in problem.travel.modes.values()):
        raise OptimizerError("the exact model knows no travel by time of day")
    modes = problem.travel.modes.values()
    for one in (
        problem,
        *problem.tasks,
        *problem.engineers,
        *modes,
        *(p for mode in modes for p in mode.periods),
    ):
        _known(one)
    return _Model(Instance(problem)).solve(seconds, workers, hint)


# Everything of the model that is looked at here; a field that is not named and not empty is refused.
KNOWN = {
    Problem: {"day", "tasks", "engineers", "travel", "prices", "baseline", "now_s", "links", "pools"},
    Task: {
        "id", "lat", "lon", "duration_s", "windows", "skills", "kind", "urgent", "undone_fen", "pin_engineer",
        "pin_start_s", "allowed_engineers", "forbidden_engineers", "place", "demand", "skill_levels",
        "preferred_engineers", "preferred_window", "preferred_fen", "promised_window", "due", "duration_spread_s",
        "zone", "reserve",
    },
    Engineer: {
        "id", "start_lat", "start_lon", "end_lat", "end_lon", "shift_start_s", "shift_end_s", "mode",
        "max_overtime_s", "lunch", "skills", "max_visits", "hourly_fen", "overtime_factor", "start_place",
        "end_place", "capacity", "skill_levels", "sequence", "way",
    },
    Period: {"from_s", "to_s", "speed_kmh", "seconds", "fares"},
    Mode: {"periods", "factor", "fixed_s", "fare_fen", "km_fen", "metres", "fares"},
}  # fmt: skip


def _known(one: Any) -> None:
    for name in {field.name for field in dataclasses.fields(one)} - KNOWN[type(one)]:
        if getattr(one, name):
            raise OptimizerError(f"the exact model does not know {name!r}")


class _Model:
    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.model = cp_model.CpModel()
        self.starts = [self._start(n, job) for n, job in enumerate(instance.jobs)]
        self.does: list[dict[int, Any]] = [{} for _ in instance.workers]
        self.arcs: list[dict[tuple[int, int], list[Any]]] = []
        self.costs: list[Any] = []
        for number in range(len(instance.workers)):
            self._day(number)
        for n, job in enumerate(instance.jobs):
            served = [does[n] for does in self.does if n in does]
            self.model.add(sum(served) <= 1)
            self.costs.append(job.undone_fen * (1 - sum(served)))
            if job.moved_fen:
                self.costs.append(job.moved_fen * (1 - self._kept(n, job)))
            if job.wished:
                price = instance.problem.prices.stranger_fen
                strangers = [
                    does[n] for w, does in enumerate(self.does) if n in does and w not in job.friends
                ]
                self.costs.append(price * sum(strangers))
            self._moment(n, job, sum(served))
        self._links()
        self.model.minimize(sum(self.costs))

    def _links(self) -> None:
        model, problem, number = self.model, self.instance.problem, self.instance.task_number
        for link in problem.links:
            one, two = number[link.first], number[link.second]
            first, second = self._served(one), self._served(two)
            needed = link.kind in NEEDED
            model.add(second <= first) if needed else model.add(second == first)
            after = self.starts[one] + problem.tasks[one].duration_s + link.gap_s
            if link.kind == "fetched":
                for does in self.does:
                    whose = does.get(two, 0)
                    model.add(whose <= does.get(one, 0))
            if needed:
                model.add(self.starts[two] >= after).only_enforce_if(second)
            elif link.kind == "together":
                model.add(self.starts[two] == self.starts[one]).only_enforce_if(second)
                for does in self.does:
                    if one in does and two in does:
                        model.add(does[one] + does[two] <= 1)
            else:
                arcs = [
                    arc
                    for does, arcs in zip(self.does, self.arcs, strict=True)
                    if one in does and two in does
                    for arc in arcs.get((list(does).index(one) + 1, list(does).index(two) + 1), ())[:1]
                ]
                model.add(sum(arcs) == second)
                model.add(self.starts[two] == after).only_enforce_if(second)
        for worker, engineer in enumerate(problem.engineers):
            tasks = [number[name] for name in engineer.sequence]
            for n in tasks:
                for other, does in enumerate(self.does):
                    if n in does and other != worker:
                        model.add(does[n] == 0)
            for one, two in itertools.combinations(tasks, 2):
                ended = self.starts[one] + problem.tasks[one].duration_s
                model.add(self.starts[two] >= ended).only_enforce_if(self._served(one), self._served(two))

    def _served(self, n: int) -> Any:
        served = self.model.new_bool_var(f"served {n}")
        self.model.add(served == sum(does[n] for does in self.does if n in does))
        return served

    def _start(self, n: int, job: Job) -> Any:
        if not job.windows:
            return self.model.new_constant(0)
        spans = [[a, min(b, END)] for a, b in job.windows]
        return self.model.new_int_var_from_domain(cp_model.Domain.from_intervals(spans), f"start {n}")

    def _moment(self, n: int, job: Job, served: Any) -> None:
        """Prices of a start outside the preferred and the promised window."""
        prices = self.instance.problem.prices
        if job.preferred is not None and job.prefer_fen:
            off = self._off(n, job.preferred, served, "preferred")
            self._rounded(off * job.prefer_fen, END * job.prefer_fen, 60)
        if job.promise is not None:
            off = self._off(n, job.promise, served, "promised")
            first = self.model.new_int_var(0, END, f"first minutes {n}")
            self.model.add_min_equality(first, [off, prices.late_first_s])
            most = END * max(prices.late_fen, prices.late_more_fen)
            self._rounded(first * prices.late_fen + (off - first) * prices.late_more_fen, most, 60)

    def _off(self, n: int, window: Window, served: Any, name: str) -> Any:
        """How far the start of a task is outside a window; 0 where it is not served."""
        off = self.model.new_int_var(0, END, f"outside {name} {n}")
        done = self.model.new_bool_var(f"done for {name} {n}")
        self.model.add(served == done)
        far = self.model.new_int_var(0, END, f"{name} {n}")
        self.model.add_max_equality(far, [0, window[0] - self.starts[n], self.starts[n] - window[1]])
        self.model.add(off == far).only_enforce_if(done)
        self.model.add(off == 0).only_enforce_if(~done)
        return off

    def _rounded(self, amount: Any, most: int, by: int) -> None:
        """Add an amount ÷ `by`, rounded, to the sum."""
        price = self.model.new_int_var(0, most // by + 1, "rounded")
        self.model.add_division_equality(price, amount + by // 2, by)
        self.costs.append(price)

    def _kept(self, n: int, job: Job) -> Any:
        """True only if the visit stays with its engineer and nearly at its time."""
        kept = self.model.new_bool_var(f"kept {n}")
        does = self.does[job.base_engineer].get(n) if job.base_engineer >= 0 else None
        if does is None:
            self.model.add(kept == 0)
            return kept
        self.model.add_implication(kept, does)
        allowed = self.instance.problem.prices.moved_after_s
        self.model.add(self.starts[n] <= job.base_start_s + allowed).only_enforce_if(kept)
        self.model.add(self.starts[n] >= job.base_start_s - allowed).only_enforce_if(kept)
        return kept

    def _day(self, number: int) -> None:
        """The circuit, times and price of one engineer; node 0 is home, node k + 1 the k-th of his tasks."""
        model, worker, jobs = self.model, self.instance.workers[number], self.instance.jobs
        able = [n for n, job in enumerate(jobs) if number in job.engineers and job.windows]
        does = self.does[number]
        for n in able:
            does[n] = model.new_bool_var(f"{number} does {n}")
        idle = model.new_bool_var(f"{number} idle")
        left = model.new_int_var(worker.ready_s, END, f"{number} left")
        home = model.new_int_var(worker.ready_s, max(worker.ready_s, worker.home_by_s), f"{number} home")
        if not able or worker.home_by_s < worker.ready_s:
            model.add(idle == 1)
            for n in able:
                model.add(does[n] == 0)
            self.arcs.append({})
            return
        lunch = None
        if worker.lunch is not None:
            length, from_s, to_s = worker.lunch
            lunch = model.new_int_var(from_s, to_s - length, f"{number} lunch")
        circuit: list[tuple[int, int, Any]] = [(0, 0, idle)]
        circuit += [(k + 1, k + 1, does[n].Not()) for k, n in enumerate(able)]
        breaks: list[Any] = []
        inside: list[Any] = []
        money: list[Any] = []
        busy: list[Any] = [jobs[n].duration_s * does[n] for n in able]
        arcs: dict[tuple[int, int], list[Any]] = {}
        stations: list[int | None] = [None, *able]
        for a, last in enumerate(stations):
            for b, next_ in enumerate(stations):
                if a == b:
                    continue
                here = worker.origin if last is None else jobs[last].place
                there = worker.end if next_ is None else jobs[next_].place
                trip_s = worker.legs.arrive(here, there, 0)
                free = left if last is None else self.starts[last] + jobs[last].duration_s
                by = home if next_ is None else self.starts[next_]
                for kind in range(1 if lunch is None else 3):
                    arc = model.new_bool_var(f"{number}: {a} to {b}, {kind}")
                    circuit.append((a, b, arc))
                    arcs.setdefault((a, b), []).append(arc)
                    busy.append(trip_s * arc)
                    money.append(int(worker.legs.money[here, there]) * arc)
                    self._times(worker, arc, kind, free, by, trip_s, lunch, last is None, next_ is None)
                    if kind:
                        breaks.append(arc)
                        # Before leaving home and after coming home the break is not in the hours.
                        if not (last is None and kind == 1) and not (next_ is None and kind == 2):
                            inside.append(arc)
        model.add_circuit(circuit)
        self.arcs.append(arcs)
        if lunch is not None:
            model.add(sum(breaks) + idle == 1)
        if worker.room < len(able):
            model.add(sum(does.values()) <= worker.room)
        self._loads(number, does)
        length = worker.lunch[0] if worker.lunch else 0
        money.append(worker.day_fen * (1 - idle))
        self._pay(number, worker, left, home, length * sum(inside), idle, money, sum(busy))

    def _times(
        self, worker: Worker, arc: Any, kind: int, free: Any,
        by: Any, trip_s: int, lunch: Any | None, first: bool, last: bool,
    ) -> None:  # fmt: skip
        """What holds on an arc: 0 plain, 1 with the break before leaving, 2 with the break on arriving."""
        model = self.model
        if kind == 0 or lunch is None or worker.lunch is None:
            arrived = free + trip_s
            # `home` is the moment of arriving, so that no waiting hides in it.
            (model.add(by == arrived) if last and not first else model.add(by >= arrived)).only_enforce_if(
                arc
            )
            return
        length = worker.lunch[0]
        if kind == 1:
            model.add(lunch + length <= free if first else lunch >= free).only_enforce_if(arc)
            begin = free if first else lunch + length
            model.add(by >= begin + trip_s).only_enforce_if(arc)
        else:
            model.add(lunch >= free + trip_s).only_enforce_if(arc)
            model.add(by >= (free + trip_s if last else lunch + length)).only_enforce_if(arc)

    def _loads(self, number: int, does: dict[int, Any]) -> None:
        problem = self.instance.problem
        room = problem.engineers[number].capacity
        if room is not None:
            self.model.add(sum(problem.tasks[n].demand * var for n, var in does.items()) <= room)

    def _pay(
        self, number: int, worker: Worker, left: Any, home: Any,
        inside: Any, idle: Any, money: list[Any], busy: Any,
    ) -> None:  # fmt: skip
        model = self.model
        worked = model.new_int_var(0, END, f"{number} worked")
        over = model.new_int_var(0, END, f"{number} over")
        late = model.new_int_var(0, END, f"{number} late")
        model.add(worked == home - left - inside).only_enforce_if(~idle)
        model.add(worked == 0).only_enforce_if(idle)
        # Follows from the times, but gives the relaxation a bound.
        model.add(worked >= busy)
        model.add_max_equality(late, [0, home - worker.shift_end_s])
        model.add_min_equality(over, [worked, late])
        for seconds, rate in ((worked - over, worker.hour_fen), (over, worker.overtime_fen)):
            self._rounded(seconds * rate, END * rate, 3600)
        if worker.fair_s is not None:
            unfair = model.new_int_var(0, END, f"{number} unfair")
            model.add_max_equality(unfair, [0, worked - worker.fair_s])
            self._rounded(unfair * worker.unfair_fen, END * worker.unfair_fen, 3600)
        self.costs += money

    def solve(self, seconds: float, workers: int, hint: int | None) -> Proof:
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = seconds
        solver.parameters.num_workers = workers
        solver.parameters.random_seed = 1
        if hint is not None:
            self.model.add(sum(self.costs) <= hint)
        status = solver.solve(self.model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            raise OptimizerError(f"the exact model found no plan: {solver.status_name(status)}")
        routes = []
        for number, arcs in enumerate(self.arcs):
            able = list(self.does[number])
            onwards = {a: b for (a, b), kinds in arcs.items() if any(solver.value(arc) for arc in kinds)}
            route, at = [], onwards.get(0, 0)
            while at:
                route.append(self.instance.problem.tasks[able[at - 1]].id)
                at = onwards[at]
            routes.append(tuple(route))
        best, bound = round(solver.objective_value), round(solver.best_objective_bound)
        return Proof(best, bound, status == cp_model.OPTIMAL, solver.wall_time, tuple(routes))
