"""How long an engine may work, and how it tells how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from optimizer.errors import OptimizerError

Progress = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """When to stop: after `seconds` of wall time (all in all) or after `iterations`, whichever comes first.

    With `iterations` and no `seconds`, the same problem and seed give the same plan on any machine.
    """

    seconds: float | None = 10.0
    iterations: int | None = None
    seed: int = 1

    def __post_init__(self) -> None:
        if self.seconds is None and self.iterations is None:
            raise OptimizerError("either seconds or iterations should be limited")
        if self.seconds is not None and not 0 < self.seconds <= 86_400:
            raise OptimizerError(f"seconds should be above 0 and at most 86400, is {self.seconds}")
        if self.iterations is not None and self.iterations < 1:
            raise OptimizerError(f"iterations should be at least 1, is {self.iterations}")


class Watch:
    """Time spent and left, and progress reports at most ten times a second."""

    def __init__(self, limits: Limits, on_progress: Progress | None) -> None:
        self.limits = limits
        self._on_progress = on_progress
        self._began = time.monotonic()
        self._reported = -1.0

    def elapsed_s(self) -> float:
        """Seconds since the solve began."""
        return time.monotonic() - self._began

    def left_s(self) -> float:
        """Seconds until the limit; infinite where only iterations are limited."""
        return float("inf") if self.limits.seconds is None else self.limits.seconds - self.elapsed_s()

    def part(self, share: float, done: int, keep_s: float) -> Watch:
        """A watch over a share of what is left but `keep_s`, after `done` iterations; reports as a part of this one."""
        limits, began = self.limits, self.elapsed_s()

        def on_progress(found: dict[str, Any]) -> None:
            assert self._on_progress is not None
            more = {"iteration": found["iteration"] + done, "elapsed_s": round(found["elapsed_s"] + began, 3)}
            self._on_progress({**found, **more})

        seconds = None if limits.seconds is None else max(0.01, (self.left_s() - keep_s) * share)
        rounds = None if limits.iterations is None else max(1, round((limits.iterations - done) * share))
        return Watch(Limits(seconds, rounds, limits.seed), on_progress if self._on_progress else None)

    def report(self, iteration: int, cost_fen: int, undone: int, force: bool = False) -> None:
        """Tell the caller, unless he was told a moment ago."""
        now = self.elapsed_s()
        if self._on_progress is not None and (force or now - self._reported >= 0.1):
            self._reported = now
            self._on_progress(
                {"iteration": iteration, "cost_fen": cost_fen, "undone": undone, "elapsed_s": round(now, 3)}
            )
