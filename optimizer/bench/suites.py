"""The suites: what is solved, for how long, and what is measured.

`solomon`, `gh200` and `gh400` are published instances with best known distances; they are read from a folder
that the product does not ship. `beijing200`, `beijing400` and `small` are generated from seeds.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from optimizer import formats
from optimizer.bench import beijing
from optimizer.errors import OptimizerError
from optimizer.model import Problem


@dataclass(frozen=True)
class Case:
    """One thing to solve; `best` is the best known distance in the file's units, where there is one."""

    name: str
    load: Callable[[], Problem]
    best: float | None = None


@dataclass(frozen=True)
class Suite:
    """Cases of one kind; `distance` means that all must be served and the distance counts.

    `peers` are those that the suite's target names.
    """

    name: str
    about: str
    seconds: float
    distance: bool
    cases: Callable[[Path], list[Case]]
    peers: str = ""


def data_folder(named: str | None = None) -> Path:
    """Where the published instances are: as named, in PAIDAN_TEST_SHARED_DATA, or beside this checkout."""
    where = named or os.environ.get("PAIDAN_TEST_SHARED_DATA")
    return Path(where) if where else Path(__file__).resolve().parents[3] / "shared" / "data"


def _published(set_name: str, prefixes: tuple[str, ...]) -> Callable[[Path], list[Case]]:
    def cases(data: Path) -> list[Case]:
        folder = data / "vrptw"
        try:
            with (folder / "best_known.csv").open(encoding="utf-8") as lines:
                rows = [row for row in csv.DictReader(lines) if row["instance"].startswith(set_name + "/")]
        except OSError as error:
            raise OptimizerError(
                f"{folder / 'best_known.csv'}: {error.strerror}; name the folder with --data"
            ) from None
        found = []
        for row in rows:
            name = row["instance"].split("/")[1]
            if name.startswith(prefixes):
                path = folder / set_name / f"{name}.vrp"
                found.append(Case(name, partial(_read, path), float(row["best_known_distance"])))
        return found

    return cases


def _read(path: Path) -> Problem:
    return formats.read(path.read_bytes(), "vrplib").problem


def _days(tasks: int, engineers: int, count: int) -> Callable[[Path], list[Case]]:
    days = [
        Case(f"day {seed}", partial(beijing.generate, tasks, engineers, seed)) for seed in range(1, count + 1)
    ]
    return lambda _: days


def small_day(seed: int, largest: int = 12) -> Problem:
    """A random small day that the exact model can prove: steady travel, 4 to `largest` tasks, 2 or 3 engineers.

    The work is drawn for a short-handed crew, so that something may have to be left out.
    """
    tasks, engineers = 4 + seed % (largest - 3), 2 + seed % 2
    problem = beijing.generate(tasks, engineers, 1_000_000 + seed)
    modes = {
        name: replace(mode, periods=(replace(mode.periods[len(mode.periods) // 2], from_s=0, to_s=86_400),))
        for name, mode in problem.travel.modes.items()
    }
    return replace(problem, travel=replace(problem.travel, modes=modes))


def _small(_: Path) -> list[Case]:
    return [Case(f"small {seed}", partial(small_day, seed)) for seed in range(1, 41)]


SUITES = {
    suite.name: suite
    for suite in (
        Suite("solomon", "Solomon R and RC, 100 customers", 10, True, _published("solomon", ("R",)), "pyvrp"),
        Suite(
            "gh200", "Gehring & Homberger, 200 customers", 30, True, _published("gh200", ("R", "C")), "pyvrp"
        ),
        Suite(
            "gh400", "Gehring & Homberger, 400 customers", 60, True, _published("gh400", ("R", "C")), "pyvrp"
        ),
        Suite(
            "beijing200",
            "generated days, 200 tasks × 30 engineers",
            10,
            False,
            _days(200, 30, 10),
            "vroom,ortools",
        ),
        Suite(
            "beijing400", "generated days, 400 tasks × 50 engineers", 60, False, _days(400, 50, 5), "vroom"
        ),
        Suite("small", "small days against the proven optimum", 2, False, _small),
    )
}
