"""Compiles the kernels, so that no solve has to wait for that: `python -m optimizer.engines.warm`."""

from __future__ import annotations

from optimizer.bench.beijing import generate
from optimizer.limits import Limits
from optimizer.solving import solve


def main() -> None:
    """Solve a small day with the compiled engine; its code is then on disk."""
    solve(generate(10, 3, 1), Limits(None, 2), engine="hybrid")


if __name__ == "__main__":
    main()
