"""What the command line does: each function takes the parsed arguments and returns the exit code."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from optimizer import formats
from optimizer.checker import check
from optimizer.describe import SCHEMAS
from optimizer.errors import OptimizerError, ProblemError
from optimizer.explain import explain
from optimizer.formats import Reading
from optimizer.limits import Limits
from optimizer.plan import Plan
from optimizer.solving import solve


class WrongUse(Exception):
    """Something that the caller has to put right; ends with exit 2."""


def _read(path: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise WrongUse(f"{path}: {error.strerror}") from None


def _write(path: str, text: str) -> None:
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise WrongUse(f"{path}: {error.strerror}") from None


def _reading(args: argparse.Namespace) -> Reading:
    try:
        return formats.read(_read(args.problem), args.format)
    except ProblemError as error:
        raise WrongUse(f"{args.problem}: {error}") from None


def _plan(reading: Reading, path: str) -> Plan:
    try:
        return reading.read_plan(_read(path))
    except ProblemError as error:
        raise WrongUse(f"{path}: {error}") from None


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)


def run_solve(args: argparse.Namespace) -> int:
    """Make a plan; the whole of it or its summary goes to standard output."""
    reading = _reading(args)
    try:
        seconds = 10.0 if args.seconds is None and args.iterations is None else args.seconds
        limits = Limits(seconds, args.iterations, args.seed)
    except OptimizerError as error:
        raise WrongUse(str(error)) from None
    plan = solve(reading.problem, limits, engine=args.engine)
    data = reading.write(plan)
    if args.output:
        _write(args.output, _json(data) + "\n")
    if args.json:
        about = {"engine": plan.engine, "seed": plan.seed, "iterations": plan.iterations}
        print(_json({**data["summary"], **about}))
    elif args.output:
        s = data["summary"]
        total = f"cost {s['cost']}" if "cost" in s else f"{s['cost_fen'] / 100:.2f} yuan"
        print(f"{s['served']} tasks planned, {s['unserved']} left out, {total}")
    else:
        print(_json(data))
    return 0


def run_check(args: argparse.Namespace) -> int:
    """Say which rules a plan breaks."""
    reading = _reading(args)
    violations = check(reading.problem, _plan(reading, args.plan))
    for violation in violations:
        print(f"{violation.code}: {violation.message}")
    if not violations:
        print("valid")
    return 1 if violations else 0


def run_explain(args: argparse.Namespace) -> int:
    """Say why tasks were left out."""
    reading = _reading(args)
    try:
        found = explain(reading.problem, _plan(reading, args.plan), args.task)
    except KeyError:
        raise WrongUse(f"{args.task}: the plan does not leave out a task with this id") from None
    except ProblemError as error:
        raise WrongUse(f"{args.plan}: {error}") from None
    for task, reasons in found.items():
        print(f"{task}: " + "; ".join(f"{reason.count} × {reason.code}" for reason in reasons))
        if args.task is not None:
            for reason in reasons:
                print(f"  {reason.code}: {_json(reason.detail)}")
    return 0


def run_schema(args: argparse.Namespace) -> int:
    """Write a JSON Schema."""
    print(SCHEMAS[args.what](), end="")
    return 0
