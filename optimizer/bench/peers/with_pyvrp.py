"""PyVRP: prizes for optional tasks, vehicle types, a profile for each travel mode and set of permissions.

Several windows of a task are a group of mutually exclusive clients. The largest
number of visits is a load. PyVRP has no breaks: days are shorter by the break, and the repair places it.
(Breaks as clients that only one engineer can visit were tried and served less.) Costs are in 1/36 fen, so that a second
of an engineer is a whole number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pyvrp import Client, ClientGroup, Depot, Location, ProblemData, VehicleType, solve
from pyvrp.stop import MaxRuntime

from optimizer.bench.peers.view import View
from optimizer.building import Routes

SCALE = 36
FORBIDDEN = 10**9
LATEST = 10**6


def run(view: View, seconds: float, seed: int) -> Routes:
    """Sequences of the best solution found."""
    data, owners, types = _model(view)
    result = solve(data, MaxRuntime(seconds), seed=seed, collect_stats=False, display=False)
    routes: Routes = [[] for _ in view.instance.workers]
    free = {number: list(workers) for number, workers in enumerate(types)}
    for route in result.best.routes():
        visits = [owners[activity.idx] for activity in route.schedule() if activity.is_client()]
        routes[free[route.vehicle_type()].pop()] = visits
    return routes


def _model(view: View) -> tuple[ProblemData, list[int], list[list[int]]]:
    """The data, the task of each client, the engineers of each vehicle type."""
    instance = view.instance
    kinds = _kinds(view)
    # A place for each task (permissions differ where places are shared), then starts and ends.
    ends = sorted({place for worker in instance.workers for place in (worker.origin, worker.end)})
    profiles: dict[tuple[str, tuple[int, ...]], int] = {}
    clients: list[Client] = []
    owners: list[int] = []
    groups: list[ClientGroup] = []
    for k, n in enumerate(view.tasks):
        job = instance.jobs[n]
        group = len(groups) if len(job.windows) > 1 else None
        if group is not None:
            members = list(range(len(clients), len(clients) + len(job.windows)))
            groups.append(ClientGroup(members, required=view.all_must_be_served))
        for from_s, to_s in job.windows:
            clients.append(
                Client(
                    location=k,
                    delivery=[view.loads[n], 1],
                    service_duration=job.duration_s,
                    tw_early=from_s,
                    tw_late=min(to_s, LATEST),
                    prize=instance.absence(job) * SCALE,
                    required=view.all_must_be_served and group is None,
                    group=group,
                )
            )
            owners.append(n)
    types = []
    distances: list[Any] = []
    durations: list[Any] = []
    for workers in kinds:
        number = workers[0]
        worker = instance.workers[number]
        barred = tuple(k for k, n in enumerate(view.tasks) if number not in instance.jobs[n].engineers)
        lunch = worker.lunch[0] if worker.lunch else 0
        types.append(
            VehicleType(
                num_available=len(workers),
                capacity=[view.rooms[number], min(worker.room, len(view.tasks))],
                start_depot=ends.index(worker.origin),
                end_depot=ends.index(worker.end),
                tw_early=worker.ready_s,
                tw_late=max(worker.ready_s, worker.home_by_s - lunch),
                shift_duration=max(0, worker.shift_end_s - worker.ready_s - lunch),
                unit_distance_cost=1,
                unit_duration_cost=round(worker.hour_fen * SCALE / 3600),
                profile=profiles.setdefault((view.mode(number), barred), len(profiles)),
                max_overtime=worker.home_by_s - worker.shift_end_s,
                unit_overtime_cost=max(0, round((worker.overtime_fen - worker.hour_fen) * SCALE / 3600)),
            )
        )
    stations = [*(instance.jobs[n].place for n in view.tasks), *ends]
    picked = np.ix_(stations, stations)
    for mode, barred in profiles:
        fen, seconds = view.fen[mode][picked] * SCALE, view.seconds[mode][picked].copy()
        for matrix in (fen, seconds):
            matrix[barred, :] = matrix[:, barred] = FORBIDDEN
            np.fill_diagonal(matrix, 0)
        distances.append(fen)
        durations.append(seconds)
    data = ProblemData(
        locations=[Location(0, 0) for _ in stations],
        clients=clients,
        depots=[Depot(len(view.tasks) + k) for k in range(len(ends))],
        vehicle_types=types,
        distance_matrices=distances,
        duration_matrices=durations,
        groups=groups,
    )
    return data, owners, kinds


def _kinds(view: View) -> list[list[int]]:
    """Engineers who are alike in all that the model knows, together."""
    found: dict[tuple[object, ...], list[int]] = {}
    for number, worker in enumerate(view.instance.workers):
        able = frozenset(n for n in view.tasks if number in view.instance.jobs[n].engineers)
        lunch = worker.lunch[0] if worker.lunch else 0
        key = (
            view.mode(number), able, worker.origin, worker.end, worker.ready_s, worker.shift_end_s,
            worker.home_by_s, lunch, worker.hour_fen, worker.overtime_fen, view.rooms[number],
            worker.room,
        )  # fmt: skip
        found.setdefault(key, []).append(number)
    return list(found.values())
