"""VROOM at its highest exploration: windows, breaks, skills, limits of visits, priorities, cost matrices.

Permissions are one more skill of the task. Priorities are 1 to 100 in proportion to the price of absence.
An overtime hour has no price of its own: the vehicle's window reaches to the longest day.
"""

from __future__ import annotations

import os
from datetime import timedelta

import numpy as np
import vroom

from optimizer.bench.peers.view import View
from optimizer.building import Routes

EXPLORATION = 5


def run(view: View, seconds: float, seed: int) -> Routes:
    """Sequences of its solution; VROOM has no seed, and ends early where it has no more to try."""
    instance = view.instance
    model = vroom.Input()
    for mode, times in view.seconds.items():
        rate = _hour_fen(view, mode)
        model.set_durations_matrix(mode, times)
        model.set_distances_matrix(mode, instance.legs[mode].metres)
        model.set_costs_matrix(mode, np.rint(times * rate / 3600 + view.fen[mode]))
    everyone = len(instance.workers)
    special = [n for n in view.tasks if len(instance.jobs[n].engineers) < everyone]
    dearest = max((instance.absence(instance.jobs[n]) for n in view.tasks), default=1) or 1
    for n in view.tasks:
        job = instance.jobs[n]
        model.add_job(
            vroom.Job(
                n,
                job.place,
                default_service=job.duration_s,
                delivery=vroom.Amount([view.loads[n]]),
                skills={n} if n in special else set(),
                priority=max(1, round(100 * instance.absence(job) / dearest)),
                time_windows=[vroom.TimeWindow(a, min(b, 10**6)) for a, b in job.windows],
            )
        )
    for number, worker in enumerate(instance.workers):
        breaks = []
        if worker.lunch is not None:
            length, from_s, to_s = worker.lunch
            breaks = [vroom.Break(number, [vroom.TimeWindow(from_s, to_s - length)], length)]
        model.add_vehicle(
            vroom.Vehicle(
                number,
                worker.origin,
                worker.end,
                profile=view.mode(number),
                capacity=[view.rooms[number]],
                skills={n for n in special if number in instance.jobs[n].engineers},
                time_window=vroom.TimeWindow(worker.ready_s, worker.home_by_s),
                breaks=breaks,
                max_tasks=min(worker.room, len(view.tasks)),
            )
        )
    solution = model.solve(EXPLORATION, os.cpu_count() or 1, timedelta(seconds=seconds))
    routes: Routes = [[] for _ in instance.workers]
    for route in solution.to_dict()["routes"]:
        routes[route["vehicle"]] = [step["id"] for step in route["steps"] if step["type"] == "job"]
    return routes


def _hour_fen(view: View, mode: str) -> int:
    rates = [w.hour_fen for n, w in enumerate(view.instance.workers) if view.mode(n) == mode]
    return rates[0] if rates else 0
