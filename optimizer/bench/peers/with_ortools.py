"""OR-Tools routing as its own guides show it: dimensions, disjunctions with penalties, break intervals,
guided local search.

Costs are in 1/36 fen, so that a second of an engineer is a whole number.
"""

from __future__ import annotations

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from optimizer.bench.peers.view import View
from optimizer.building import Routes

SCALE = 36


def run(view: View, seconds: float, seed: int) -> Routes:
    """Sequences of the best solution found in the time; the search has no seed."""
    instance, tasks = view.instance, view.tasks
    jobs, workers = [instance.jobs[n] for n in tasks], instance.workers
    count, crew = len(tasks), len(workers)
    starts, ends = list(range(count, count + crew)), list(range(count + crew, count + 2 * crew))
    stations = [*(j.place for j in jobs), *(w.origin for w in workers), *(w.end for w in workers)]
    manager = pywrapcp.RoutingIndexManager(len(stations), crew, starts, ends)
    routing = pywrapcp.RoutingModel(manager)
    picked = np.ix_(stations, stations)
    service = np.array([*(j.duration_s for j in jobs), *[0] * (2 * crew)])
    transits, costs = {}, {}
    for number, worker in enumerate(workers):
        mode, rate = view.mode(number), round(worker.hour_fen * SCALE / 3600)
        if mode not in transits:
            times = view.seconds[mode][picked] + service[:, None]
            transits[mode] = routing.RegisterTransitMatrix(times.tolist())
        if (mode, rate) not in costs:
            price = view.seconds[mode][picked] * rate + view.fen[mode][picked] * SCALE
            costs[mode, rate] = routing.RegisterTransitMatrix(price.tolist())
        routing.SetArcCostEvaluatorOfVehicle(costs[mode, rate], number)
    horizon = max([2 * max(w.home_by_s for w in workers) + 1, *(j.windows[0][0] for j in jobs)])
    by_vehicle = [transits[view.mode(number)] for number in range(crew)]
    routing.AddDimensionWithVehicleTransits(by_vehicle, horizon, horizon, False, "time")
    time_ = routing.GetDimensionOrDie("time")
    for number, worker in enumerate(workers):
        begin, end = time_.CumulVar(routing.Start(number)), time_.CumulVar(routing.End(number))
        begin.SetRange(worker.ready_s, worker.home_by_s)
        end.SetRange(worker.ready_s, worker.home_by_s)
        extra = round((worker.overtime_fen - worker.hour_fen) * SCALE / 3600)
        if worker.home_by_s > worker.shift_end_s and extra > 0:
            time_.SetCumulVarSoftUpperBound(routing.End(number), worker.shift_end_s, extra)
        time_.SetSlackCostCoefficientForVehicle(round(worker.hour_fen * SCALE / 3600), number)
        routing.AddVariableMinimizedByFinalizer(end)
        routing.AddVariableMaximizedByFinalizer(begin)
    at_index = [int(service[manager.IndexToNode(index)]) for index in range(routing.Size())]
    for number, worker in enumerate(workers):
        if worker.lunch is not None:
            length, from_s, to_s = worker.lunch
            lunch = routing.solver().FixedDurationIntervalVar(
                from_s, to_s - length, length, False, f"{number}"
            )
            time_.SetBreakIntervalsOfVehicle([lunch], number, at_index)
    for node, job in enumerate(jobs):
        index = manager.NodeToIndex(node)
        at = time_.CumulVar(index)
        at.SetRange(job.windows[0][0], min(job.windows[-1][1], horizon))
        for (_, to_s), (from_s, _) in zip(job.windows, job.windows[1:], strict=False):
            at.RemoveInterval(to_s + 1, from_s - 1)
        if len(job.engineers) < crew:
            routing.VehicleVar(index).SetValues([-1, *job.engineers])
        routing.AddDisjunction([index], instance.absence(job) * SCALE)
    if any(view.loads):
        loads = [view.loads[n] for n in tasks] + [0] * (2 * crew)
        routing.AddDimensionWithVehicleCapacity(
            routing.RegisterUnaryTransitVector(loads), 0, view.rooms, True, "load"
        )
    if any(w.room < count for w in workers):
        one = routing.RegisterUnaryTransitVector([1] * count + [0] * (2 * crew))
        rooms = [min(w.room, count) for w in workers]
        routing.AddDimensionWithVehicleCapacity(one, 0, rooms, True, "visits")
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    strategies, searches = routing_enums_pb2.FirstSolutionStrategy, routing_enums_pb2.LocalSearchMetaheuristic
    parameters.first_solution_strategy = strategies.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = searches.GUIDED_LOCAL_SEARCH
    parameters.time_limit.FromMilliseconds(max(1, int(seconds * 1000)))
    solution = routing.SolveWithParameters(parameters)
    routes: Routes = [[] for _ in workers]
    if solution is not None:
        for number in range(crew):
            index = solution.Value(routing.NextVar(routing.Start(number)))
            while not routing.IsEnd(index):
                routes[number].append(tasks[manager.IndexToNode(index)])
                index = solution.Value(routing.NextVar(index))
    return routes
