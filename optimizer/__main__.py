"""The command line: solve, check, explain.

Exit 0: done, valid. 1: the plan breaks rules, or the solve failed. 2: wrong use or a wrong file; the
field's path and what is wrong with it are on standard error.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from optimizer.checker import check
from optimizer.describe import SCHEMAS
from optimizer.errors import OptimizerError, ProblemError
from optimizer.explain import explain
from optimizer.limits import Limits
from optimizer.model import Problem
from optimizer.plan import Plan
from optimizer.solving import ENGINES, solve


class _WrongUse(Exception):
    """Something that the caller has to put right; ends with exit 2."""


def _read(path: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise _WrongUse(f"{path}: {error.strerror}") from None


def _problem(path: str) -> Problem:
    try:
        return Problem.from_json(_read(path))
    except ProblemError as error:
        raise _WrongUse(f"{path}: {error}") from None


def _plan(path: str) -> Plan:
    try:
        return Plan.from_json(_read(path))
    except ProblemError as error:
        raise _WrongUse(f"{path}: {error}") from None


def _solve(args: argparse.Namespace) -> int:
    problem = _problem(args.problem)
    try:
        seconds = 10.0 if args.seconds is None and args.iterations is None else args.seconds
        limits = Limits(seconds, args.iterations, args.seed)
    except OptimizerError as error:
        raise _WrongUse(str(error)) from None
    plan = solve(problem, limits, engine=args.engine)
    if args.output:
        try:
            Path(args.output).write_text(plan.to_json() + "\n", encoding="utf-8")
        except OSError as error:
            raise _WrongUse(f"{args.output}: {error.strerror}") from None
    data = plan.to_data()
    if args.json:
        about = {"engine": plan.engine, "seed": plan.seed, "iterations": plan.iterations}
        print(json.dumps({**data["summary"], **about}, ensure_ascii=False))
    elif args.output:
        s = plan.summary
        print(f"{s.served} tasks planned, {s.unserved} left out, {s.cost_fen / 100:.2f} yuan")
    else:
        print(plan.to_json())
    return 0


def _check(args: argparse.Namespace) -> int:
    violations = check(_problem(args.problem), _plan(args.plan))
    for violation in violations:
        print(f"{violation.code}: {violation.message}")
    if not violations:
        print("valid")
    return 1 if violations else 0


def _explain(args: argparse.Namespace) -> int:
    try:
        found = explain(_problem(args.problem), _plan(args.plan), args.task)
    except KeyError:
        raise _WrongUse(f"{args.task}: the plan does not leave out a task with this id") from None
    except ProblemError as error:
        raise _WrongUse(f"{args.plan}: {error}") from None
    for task, reasons in found.items():
        print(f"{task}: " + "; ".join(f"{reason.count} × {reason.code}" for reason in reasons))
        if args.task is not None:
            for reason in reasons:
                print(f"  {reason.code}: {json.dumps(reason.detail, ensure_ascii=False)}")
    return 0


def _schema(args: argparse.Namespace) -> int:
    print(SCHEMAS[args.what](), end="")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m optimizer", description="Plan a day of field service.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("solve", help="make a plan for a problem")
    command.add_argument("problem", metavar="IN", help="problem as JSON; - reads standard input")
    command.add_argument("-o", "--output", metavar="PLAN", help="where to write the plan (standard output)")
    command.add_argument("--seconds", type=float, help="limit of time (10, unless iterations are given)")
    command.add_argument("--iterations", type=int, help="limit of iterations")
    command.add_argument("--seed", type=int, default=1)
    command.add_argument("--engine", choices=["auto", *ENGINES], default="auto")
    command.add_argument("--json", action="store_true", help="write the summary as JSON to standard output")
    command.set_defaults(run=_solve)
    command = commands.add_parser("check", help="say which rules a plan breaks")
    command.add_argument("problem", metavar="PROBLEM")
    command.add_argument("plan", metavar="PLAN")
    command.set_defaults(run=_check)
    command = commands.add_parser("explain", help="say why tasks were left out")
    command.add_argument("problem", metavar="PROBLEM")
    command.add_argument("plan", metavar="PLAN")
    command.add_argument("task", metavar="TASK", nargs="?")
    command.set_defaults(run=_explain)
    command = commands.add_parser("schema", help="write the JSON Schema of a problem or a plan")
    command.add_argument("what", choices=["problem", "plan"])
    command.set_defaults(run=_schema)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code."""
    args = _parser().parse_args(arguments)
    try:
        code: int = args.run(args)
        sys.stdout.flush()
    except _WrongUse as error:
        print(error, file=sys.stderr)
        return 2
    except OptimizerError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main())
