"""The optimizer itself, run as its peers are: in a process of its own, for the same time."""

from __future__ import annotations

from optimizer.bench.peers.view import View
from optimizer.building import Routes, sequences
from optimizer.limits import Limits
from optimizer.solving import solve


def run(view: View, seconds: float, seed: int) -> Routes:
    """Sequences of the best plan found."""
    return sequences(view.instance, solve(view.problem, Limits(seconds, None, seed)))
