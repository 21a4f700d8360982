"""`python -m optimizer bench`: arguments, and what to do with them."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from optimizer.bench import report
from optimizer.bench.peers import CONTENDERS
from optimizer.bench.runner import Runner, version
from optimizer.bench.suites import SUITES, Case, Suite, data_folder
from optimizer.errors import OptimizerError
from optimizer.limits import Limits
from optimizer.solving import solve

EVERY = "all"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `bench` understands."""
    parser.add_argument(
        "suite",
        choices=[*SUITES, EVERY],
        metavar="SUITE",
        help=f"{', '.join(SUITES)}; {EVERY}: one after the other, each beside the peers of its target",
    )
    parser.add_argument("--against", metavar="LIST", help="peers: pyvrp,vroom,ortools")
    parser.add_argument("--seconds", type=float, help="for each run (as the suite says)")
    parser.add_argument("--instances", type=int, metavar="N", help="only the first N")
    parser.add_argument("--only", metavar="LIST", help="only the named instances, for example R101,RC105")
    parser.add_argument("--seeds", default="1", metavar="LIST", help="seeds of the runs, for example 1,2,3")
    parser.add_argument("--data", metavar="FOLDER", help="where vrptw/ lies (PAIDAN_TEST_SHARED_DATA)")
    parser.add_argument(
        "--results",
        metavar="FILE",
        help="remembers runs as lines of JSON; runs that stand there are not made again",
    )
    parser.add_argument("--json", action="store_true", help="write everything as JSON")


def run(args: argparse.Namespace) -> int:
    """Run a suite, or every one, and write its table."""
    if args.suite != EVERY:
        return _run(SUITES[args.suite], args, args.against or "")
    for suite in SUITES.values():
        if not args.json:
            print(f"\n## {suite.name}: {suite.about}\n", flush=True)
        _run(suite, args, suite.peers if args.against is None else args.against)
    return 0


def _run(suite: Suite, args: argparse.Namespace, against: str) -> int:
    seconds = suite.seconds if args.seconds is None else args.seconds
    Limits(seconds)
    contenders = ["paidan", *(name.strip() for name in against.split(",") if name.strip())]
    for name in contenders:
        if name not in CONTENDERS:
            raise OptimizerError(f"no contender has the name {name!r}; there are: {', '.join(CONTENDERS)}")
        version(name)
    try:
        seeds = [int(seed) for seed in args.seeds.split(",")]
    except ValueError:
        raise OptimizerError(f"--seeds should be whole numbers with commas, is {args.seeds!r}") from None
    cases = suite.cases(data_folder(args.data))
    if args.only:
        wanted = args.only.split(",")
        cases = [case for case in cases if case.name in wanted]
    cases = cases[: args.instances]
    if not cases:
        raise OptimizerError("no instance is left to run")
    if suite.name == "small":
        return _small(cases, seconds, args.json)
    results = Path(args.results) if args.results else None
    rows = Runner(suite, seconds, results, _say).run(cases, contenders, seeds)
    found = report.data(suite, rows, contenders, seconds, seeds)
    print(json.dumps(found, ensure_ascii=False) if args.json else report.markdown(suite, rows, found))
    return 0


def _small(cases: list[Case], seconds: float, as_json: bool) -> int:
    from optimizer.bench.exact import prove  # loads slowly, and no other command needs it

    rows: list[dict[str, Any]] = []
    for case in cases:
        problem = case.load()
        proof = prove(problem, seconds=120)
        found = solve(problem, Limits(seconds)).summary.cost_fen
        gap = found / proof.cost_fen - 1 if proof.cost_fen else 0.0
        size = f"{len(problem.tasks)} × {len(problem.engineers)}"
        rows.append(
            {"case": case.name, "size": size, "best_fen": proof.cost_fen, "proven": proof.proven,
             "proof_s": round(proof.wall_s, 2), "found_fen": found, "gap": gap}
        )  # fmt: skip
        _say(
            f"{case.name:10} {size:7} best {proof.cost_fen / 100:.2f} in {proof.wall_s:.1f} s, gap {100 * gap:.3f} %"
        )
    exact = sum(1 for row in rows if row["proven"] and row["found_fen"] <= row["best_fen"])
    if as_json:
        print(json.dumps({"rows": rows, "optimal": exact}))
    else:
        gaps = [row["gap"] for row in rows]
        mean, most = 100 * sum(gaps) / len(gaps), 100 * max(gaps)
        print(f"{exact} of {len(rows)} at the proven optimum; mean gap {mean:.4f} %, largest {most:.3f} %")
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
