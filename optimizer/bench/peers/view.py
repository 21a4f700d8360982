"""A problem as peers need it: one matrix of seconds and of fen for each travel mode, loads, permissions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optimizer.instance import Instance
from optimizer.model import Problem

# Peers know no time of day: they get the mean travel time of a working day, every half hour from 8 to 18.
HOURS = np.arange(8, 18, 0.5) * 3600


@dataclass
class View:
    """What the peers' models are built from; places are numbered as in `Instance`."""

    problem: Problem
    all_must_be_served: bool = False

    def __post_init__(self) -> None:
        self.instance = Instance(self.problem)
        self.tasks = [
            n
            for n, job in enumerate(self.instance.jobs)
            if job.engineers and job.windows and n not in self.instance.frozen
        ]
        # What a task takes of an engineer's capacity; a capacity of None holds everything.
        self.loads = [getattr(task, "demand", 0) for task in self.problem.tasks]
        total = sum(self.loads)
        capacities = [getattr(engineer, "capacity", None) for engineer in self.problem.engineers]
        self.rooms = [total if room is None else room for room in capacities]

    @cached_property
    def seconds(self) -> dict[str, np.ndarray]:
        """Mean seconds between places by mode."""
        found = {}
        for mode, legs in self.instance.legs.items():
            periods = np.searchsorted(legs.ends, HOURS, side="right")
            shares = np.bincount(periods, minlength=len(legs.full)) / len(periods)
            mean = np.tensordot(shares, legs.full, axes=1)
            trip = (legs.metres > 0) | (mean > 0)
            found[mode] = np.rint(mean + legs.fixed_s * trip).astype(np.int64)
        return found

    @cached_property
    def fen(self) -> dict[str, np.ndarray]:
        """Money of trips between places by mode."""
        return {mode: legs.money for mode, legs in self.instance.legs.items()}

    def mode(self, worker: int) -> str:
        """The travel mode of an engineer."""
        return self.problem.engineers[worker].mode
