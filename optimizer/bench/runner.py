"""Runs contenders over a suite, each run in its own process, and remembers every result.

Results are lines of JSON in a file: a run that stands there is not made again, so a suite can be stopped and
taken up. What is told of a plan comes from the checker's own sums.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from importlib import metadata, util
from pathlib import Path
from typing import Any

from optimizer import solving
from optimizer.bench.peers import CONTENDERS
from optimizer.bench.suites import Case, Suite
from optimizer.errors import OptimizerError
from optimizer.model import FEN_MAX, Problem
from optimizer.plan import Plan

Row = dict[str, Any]
UNIT = 10  # our metres in one unit of a VRPLIB file


def version(contender: str) -> str:
    """The installed version of a contender's package."""
    try:
        return metadata.version(CONTENDERS[contender][1])
    except metadata.PackageNotFoundError:
        raise OptimizerError(f"{contender} is not installed; `make bench-setup` installs it") from None


def machine() -> str:
    """The processor, cores, Python: what figures depend on."""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            model = next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), model)
    except OSError:
        pass
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}"


def engine_name() -> str:
    """What makes our own plans now: the engine, numba's version, a fingerprint of the sources.

    Part of the key of a remembered run, so that a changed engine is measured anew.
    """
    numba = f", numba {metadata.version('numba')}" if util.find_spec("numba") else ""
    here = Path(solving.__file__).parent
    sources = sorted([*here.glob("*.py"), *here.glob("engines/*.py")])
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:8]
    return f"{solving.best_engine()}{numba}, sources {digest}"


class Runner:
    """The runs of one suite."""

    def __init__(
        self, suite: Suite, seconds: float, results: Path | None, say: Callable[[str], None]
    ) -> None:
        self.suite, self.seconds, self.results, self.say = suite, seconds, results, say
        self.known: dict[str, Row] = {}
        if results is not None and results.exists():
            for line in results.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                self.known[row["key"]] = row

    def run(self, cases: Iterable[Case], contenders: list[str], seeds: list[int]) -> list[Row]:
        """One row for each case, contender and seed; the same-tasks row follows where VROOM ran."""
        rows = []
        for case in cases:
            problem = case.load()
            for seed in seeds:
                for contender in contenders:
                    rows.append(self._row(case, problem, contender, seed))
                peer = next((row for row in rows if self._is(row, case, "vroom", seed)), None)
                if peer is not None and not self.suite.distance:
                    rows.append(
                        self._row(case, _same_tasks(problem, peer["served"]), "paidan", seed, "same tasks")
                    )
        return rows

    def _is(self, row: Row, case: Case, contender: str, seed: int) -> bool:
        return bool(
            (row["case"], row["contender"], row["seed"], row["what"]) == (case.name, contender, seed, "")
        )

    def _row(self, case: Case, problem: Problem, contender: str, seed: int, what: str = "") -> Row:
        made_by = engine_name() if contender == "paidan" else version(contender)
        parts = [self.suite.name, case.name, what, contender, made_by, seed, self.seconds]
        if what:
            parts.append(hashlib.sha256(" ".join(task.id for task in problem.tasks).encode()).hexdigest()[:8])
        key = "/".join(map(str, parts))
        if key in self.known:
            return self.known[key]
        out = run_one(problem, contender, self.seconds, seed, self.suite.distance)
        plan = Plan.from_json(out.pop("plan"))
        terms = plan.summary.terms
        row: Row = {
            "key": key,
            "suite": self.suite.name,
            "case": case.name,
            "what": what,
            "contender": contender,
            "seed": seed,
            "seconds": self.seconds,
            "made_by": made_by,
            **out,
            "unserved": plan.summary.unserved,
            "cost_fen": plan.summary.cost_fen,
            "undone_fen": terms["undone"],
            "work_fen": terms["hours"] + terms["overtime"],
            "travel_fen": terms["travel"],
            "served": [stop.task for route in plan.routes for stop in route.stops],
        }
        row["hours"] = round(sum(r.home_s - r.start_s for r in plan.routes) / 3600, 2)
        if case.best is not None:
            row["distance"] = plan.summary.distance_m / UNIT
            row["gap"] = row["distance"] / case.best - 1
        self.known[key] = row
        if self.results is not None:
            self.results.parent.mkdir(parents=True, exist_ok=True)
            with self.results.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(row, ensure_ascii=False) + "\n")
        self.say(told(row))
        return row


def _same_tasks(problem: Problem, served: list[str]) -> Problem:
    """The same day with only the tasks that a peer served, so dear that all are served again."""
    kept = set(served)
    tasks = tuple(replace(t, undone_fen=FEN_MAX // 10_000) for t in problem.tasks if t.id in kept)
    return replace(problem, tasks=tasks)


def run_one(problem: Problem, contender: str, seconds: float, seed: int, required: bool = False) -> Row:
    """One run in a process of its own; raises OptimizerError where it fails or its plan breaks a rule."""
    command = [sys.executable, "-m", "optimizer.bench.worker", contender, str(seconds), str(seed)]
    text = problem.to_json().encode()
    try:
        done = subprocess.run(
            command + ["required"] * required,
            input=text,
            capture_output=True,
            timeout=seconds * 3 + 300,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise OptimizerError(f"{contender} did not end {seconds * 3 + 300:.0f} s after its start") from None
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no message"]
        raise OptimizerError(f"{contender} failed with {done.returncode}: {last[0]}")
    row: Row = json.loads(done.stdout)
    if row["violations"]:
        raise OptimizerError(
            f"the plan of {contender} breaks rules: {', '.join(sorted(set(row['violations'])))}"
        )
    return row


def told(row: Row) -> str:
    """A line for who watches."""
    what = f"{row['undone_fen'] / 100:,.0f} yuan undone ({row['unserved']} tasks), {row['hours']:.1f} h"
    if "gap" in row:
        what = f"distance {row['distance']:.1f}, gap {100 * row['gap']:.2f} %"
        if row["unserved"]:
            what += f", {row['unserved']} UNSERVED"
    who = f"{row['contender']}{' (' + row['what'] + ')' if row['what'] else ''}"
    return f"{row['case']:10} seed {row['seed']}  {who:22} {what}  [{row['wall_s']:.1f} s, {row['memory_mb']} MB]"
