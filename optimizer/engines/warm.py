"""Compiles the kernels, so that no solve has to wait for that: `python -m optimizer.engines.warm`."""

from __future__ import annotations

import numpy as np

from optimizer.bench.beijing import generate
from optimizer.building import sequences
from optimizer.engines.placing import CompiledDays
from optimizer.instance import Instance
from optimizer.limits import Limits
from optimizer.solving import solve


def main() -> None:
    """Solve a small day with the compiled engine and ask for places in it; the code is then on disk."""
    day = generate(10, 3, 1)
    plan = solve(day, Limits(None, 2), engine="hybrid")
    instance = Instance(day)
    days = CompiledDays(instance, sequences(instance, plan))
    days.places(np.array([[0, 0, -1]]))
    days.times([(-1, 0, -1, 0)])


if __name__ == "__main__":
    main()
