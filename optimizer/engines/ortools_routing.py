"""OR-Tools routing with the whole model, made exact afterwards.

OR-Tools has no time-dependent travel: it plans on matrices that hold the longest time that a trip can take
between the windows of its two ends. `recreate` then times every route with the true travel, moves what does
not hold, and goes on improving with exact times: most of the gain is made there.

Costs inside OR-Tools are in 1/36 fen, so that a second of an engineer of 60 yuan an hour is the whole
number 60.
"""

from __future__ import annotations

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from optimizer.building import Routes
from optimizer.engines.recreate import Search
from optimizer.instance import NEVER, Instance
from optimizer.limits import Watch
from optimizer.timing import Labels

SCALE = 36
SHARE = 0.1
FAR_S = 10**7
BRANCHES = 2_000  # for each task; a usual search needs a few


def run(instance: Instance, watch: Watch, start: Routes | None = None) -> tuple[Routes, int]:
    """Sequences by engineer, and how many iterations made them. `start` holds sequences to go on from."""
    jobs = instance.jobs
    free = [n for n in range(len(jobs)) if n not in instance.frozen and jobs[n].engineers and jobs[n].windows]
    if not free:
        return [[] for _ in instance.workers], 0
    routes = start if start is not None and any(start) else _Model(instance, free).solve(watch)
    search = Search(instance, watch, free)
    search.start_from(routes)
    return search.improve()


class _Model:
    def __init__(self, instance: Instance, free: list[int]) -> None:
        self.instance, self.free = instance, free
        # Whose day is over, or was too long already, gets nothing more.
        self.closed = {k for k, worker in enumerate(instance.workers) if Labels(worker, []).home_s >= NEVER}
        self.places = [instance.jobs[n].place for n in free]
        count, workers = len(free), instance.workers
        # Nodes: the tasks, then one start and one end for each engineer.
        starts = [count + k for k in range(len(workers))]
        ends = [count + len(workers) + k for k in range(len(workers))]
        self.stations = [*self.places, *(w.origin for w in workers), *(w.end for w in workers)]
        self.manager = pywrapcp.RoutingIndexManager(len(self.stations), len(workers), starts, ends)
        self.routing = pywrapcp.RoutingModel(self.manager)
        self._travel()
        self._time()
        self._tasks()
        self._room()

    def _windows(self) -> tuple[np.ndarray, np.ndarray]:
        """For each node the earliest leaving and the latest arriving."""
        jobs, workers = [self.instance.jobs[n] for n in self.free], self.instance.workers
        first = min(w.ready_s for w in workers)
        last = max(w.home_by_s for w in workers)
        early = [max(first, job.windows[0][0]) + job.duration_s for job in jobs]
        late = [min(last, job.windows[-1][1]) for job in jobs]
        early += [w.ready_s for w in workers] * 2
        late += [w.home_by_s for w in workers] * 2
        return np.array(early), np.array(late)

    def _safe_seconds(self, mode: str) -> np.ndarray:
        """The longest that each trip can take, given when it can be made at all."""
        legs = self.instance.legs[mode]
        picked = np.ix_(self.stations, self.stations)
        early, late = self._windows()
        worst = np.zeros((len(self.stations), len(self.stations)))
        begins, ends = [-NEVER, *legs.ends], [*legs.ends, NEVER]
        for full, begin, end in zip(legs.full, begins, ends, strict=True):
            touched = (early[:, None] < end) & (late[None, :] > begin)
            worst = np.maximum(worst, np.where(touched, full[picked], 0))
        return np.ceil(worst).astype(np.int64) + np.where(legs.metres[picked] > 0, legs.fixed_s, 0)

    def _travel(self) -> None:
        instance, routing = self.instance, self.routing
        count = len(self.free)
        duration = np.zeros(len(self.stations), dtype=np.int64)
        duration[:count] = [instance.jobs[n].duration_s for n in self.free]
        self.transit: list[int] = []
        transits: dict[str, int] = {}
        costs: dict[tuple[str, int], int] = {}
        seconds = {mode: self._safe_seconds(mode) for mode in instance.legs}
        based = any(instance.jobs[n].moved_fen or instance.jobs[n].wished for n in self.free)
        for number, worker in enumerate(instance.workers):
            mode = instance.problem.engineers[number].travels_by
            if mode not in transits:
                times = seconds[mode] + duration[:, None]
                transits[mode] = routing.RegisterTransitMatrix(times.tolist())
            self.transit.append(transits[mode])
            rate = _rate(worker.hour_fen)
            key = (mode, number if based or worker.day_fen else -1 - rate)
            if key not in costs:
                money = worker.legs.money[np.ix_(self.stations, self.stations)]
                cost = seconds[mode] * rate + money * SCALE
                if based:
                    cost[:, :count] += self._assigned(number)[None, :]
                # The price of the day goes with its first trip.
                cost[count + number, :count] += worker.day_fen * SCALE
                costs[key] = routing.RegisterTransitMatrix(cost.tolist())
            routing.SetArcCostEvaluatorOfVehicle(costs[key], number)

    def _assigned(self, number: int) -> np.ndarray:
        jobs = [self.instance.jobs[n] for n in self.free]
        return np.array([self.instance.assignment(job, number) * SCALE for job in jobs])

    def _time(self) -> None:
        routing, workers = self.routing, self.instance.workers
        latest = max(self.instance.jobs[n].windows[0][0] for n in self.free)
        horizon = max(2 * max(w.home_by_s for w in workers) + 1, latest)
        routing.AddDimensionWithVehicleTransits(self.transit, horizon, horizon, False, "time")
        time_ = routing.GetDimensionOrDie("time")
        for number, worker in enumerate(workers):
            begin, end = time_.CumulVar(routing.Start(number)), time_.CumulVar(routing.End(number))
            if number in self.closed:
                continue
            begin.SetRange(worker.ready_s, worker.home_by_s)
            end.SetRange(worker.ready_s, worker.home_by_s)
            time_.SetSlackCostCoefficientForVehicle(_rate(worker.hour_fen), number)
            extra = _rate(worker.overtime_fen - worker.hour_fen)
            if worker.home_by_s > worker.shift_end_s and extra > 0:
                time_.SetCumulVarSoftUpperBound(routing.End(number), worker.shift_end_s, extra)
            routing.AddVariableMinimizedByFinalizer(end)
            routing.AddVariableMaximizedByFinalizer(begin)
        self._lunches(time_)
        self.time = time_

    def _lunches(self, time_: pywrapcp.RoutingDimension) -> None:
        solver, routing = self.routing.solver(), self.routing
        count = len(self.free)
        visits = [0] * len(self.stations)
        visits[:count] = [self.instance.jobs[n].duration_s for n in self.free]
        at_index = [visits[self.manager.IndexToNode(index)] for index in range(routing.Size())]
        for number, worker in enumerate(self.instance.workers):
            if worker.lunch is None or number in self.closed:
                continue
            length, from_s, to_s = worker.lunch
            lunch = solver.FixedDurationIntervalVar(from_s, to_s - length, length, False, f"lunch {number}")
            time_.SetBreakIntervalsOfVehicle([lunch], number, at_index)

    def _tasks(self) -> None:
        instance, manager, routing = self.instance, self.manager, self.routing
        for node, n in enumerate(self.free):
            job, index = instance.jobs[n], manager.NodeToIndex(node)
            at = self.time.CumulVar(index)
            at.SetRange(job.windows[0][0], min(job.windows[-1][1], FAR_S))
            for (_, to_s), (from_s, _) in zip(job.windows, job.windows[1:], strict=False):
                at.RemoveInterval(to_s + 1, from_s - 1)
            engineers = [k for k in job.engineers if k not in self.closed]
            if len(engineers) < len(instance.workers):
                # SetAllowedVehiclesForIndex does not take a Python list of vehicles; -1 is "left out".
                routing.VehicleVar(index).SetValues([-1, *engineers])
            routing.AddDisjunction([index], instance.absence(job) * SCALE)
            if job.moved_fen:
                # The step of the true price becomes a slope here; the exact price is used afterwards.
                slope = max(1, job.moved_fen * SCALE // 3600)
                after = instance.problem.prices.moved_after_s
                self.time.SetCumulVarSoftUpperBound(index, job.base_start_s + after, slope)
                self.time.SetCumulVarSoftLowerBound(index, max(0, job.base_start_s - after), slope)

    def _room(self) -> None:
        workers, routing = self.instance.workers, self.routing
        demands = [self.instance.jobs[n].demand for n in self.free]
        if any(w.load + sum(demands) > w.capacity for w in workers):
            load = routing.RegisterUnaryTransitVector(demands + [0] * (2 * len(workers)))
            limits = [max(0, min(w.capacity - w.load, sum(demands))) for w in workers]
            routing.AddDimensionWithVehicleCapacity(load, 0, limits, True, "load")
        if all(w.room >= len(self.free) for w in workers):
            return
        one = routing.RegisterUnaryTransitVector([1] * len(self.free) + [0] * (2 * len(workers)))
        rooms = [min(w.room, len(self.free)) for w in workers]
        routing.AddDimensionWithVehicleCapacity(one, 0, rooms, True, "visits")

    def solve(self, watch: Watch) -> Routes:
        """The best sequences that OR-Tools finds in its share of the limits; empty ones if it finds none."""
        parameters = pywrapcp.DefaultRoutingSearchParameters()
        parameters.first_solution_strategy = (
            routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
        )
        parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        # Measured: past a tenth of the time, the exact search gains more from a second than OR-Tools does.
        share_s = min(watch.left_s() * SHARE, 0.05 * len(self.free))
        parameters.time_limit.FromMilliseconds(max(1, int(share_s * 1000)))
        if watch.limits.seconds is None:
            parameters.time_limit.FromSeconds(86_400)
        if watch.limits.iterations is not None:
            parameters.solution_limit = max(1, watch.limits.iterations // 50)
        # Guided local search may turn round for ever where nothing is left to improve, and then sees no solution.
        most = BRANCHES * (10 + len(self.free))
        self.routing.AddSearchMonitor(self.routing.solver().BranchesLimit(most))
        seen = _Seen(self, watch)
        self.routing.AddAtSolutionCallback(seen)
        solution = self.routing.SolveWithParameters(parameters)
        return [[] for _ in self.instance.workers] if solution is None else self.read(solution)

    def read(self, solution: pywrapcp.Assignment) -> Routes:
        """The sequences of a solution."""
        routes: Routes = []
        for number in range(len(self.instance.workers)):
            route, index = [], solution.Value(self.routing.NextVar(self.routing.Start(number)))
            while not self.routing.IsEnd(index):
                route.append(self.free[self.manager.IndexToNode(index)])
                index = solution.Value(self.routing.NextVar(index))
            routes.append(route)
        return routes


class _Seen:
    """Reports each better solution and ends a search that stands still."""

    def __init__(self, model: _Model, watch: Watch) -> None:
        self.model, self.watch = model, watch
        self.best: int | None = None
        self.idle = 0

    def __call__(self) -> None:
        routing = self.model.routing
        cost = routing.CostVar().Min()
        if self.best is not None and cost >= self.best:
            self.idle += 1
            if self.idle > 20 + 5 * len(self.model.free):
                routing.solver().FinishCurrentSearch()
            return
        self.best, self.idle = cost, 0
        free = range(len(self.model.free))
        undone = sum(routing.VehicleVar(self.model.manager.NodeToIndex(node)).Value() < 0 for node in free)
        self.watch.report(0, cost // SCALE, undone)


def _rate(fen_an_hour: int) -> int:
    return max(0, round(fen_an_hour * SCALE / 3600))
