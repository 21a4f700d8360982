"""What the command line does: each function takes the parsed arguments and returns the exit code."""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
import sys
from pathlib import Path
from typing import Any

from optimizer import formats, sentences
from optimizer.checker import check
from optimizer.compare import difference
from optimizer.describe import SCHEMAS
from optimizer.draw import draw
from optimizer.errors import OptimizerError, ProblemError
from optimizer.explain import explain, placement
from optimizer.formats import Reading
from optimizer.limits import Limits
from optimizer.model import Problem, Task
from optimizer.offers import OfferBook
from optimizer.plan import Plan
from optimizer.relaxations import relaxations
from optimizer.sentences import usual_windows
from optimizer.solving import solve
from optimizer.units import Units
from optimizer.urgent import UrgentBook


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


def _reading(path: str, form: str | None) -> Reading:
    try:
        return formats.read(_read(path), form)
    except ProblemError as error:
        raise WrongUse(f"{path}: {error}") from None


def _plan(reading: Reading, path: str) -> Plan:
    try:
        return reading.read_plan(_read(path))
    except ProblemError as error:
        raise WrongUse(f"{path}: {error}") from None


def _also(args: argparse.Namespace) -> list[tuple[Problem, Plan]]:
    """The other days that were given."""
    readings = [(_reading(problem, args.format), plan) for problem, plan in args.also or []]
    return [(reading.problem, _plan(reading, plan)) for reading, plan in readings]


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)


def run_solve(args: argparse.Namespace) -> int:
    """Make a plan; the whole of it or its summary goes to standard output."""
    reading = _reading(args.problem, args.format)
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
    reading = _reading(args.problem, args.format)
    violations = check(reading.problem, _plan(reading, args.plan))
    for violation in violations:
        print(f"{violation.code}: {violation.message}")
    if not violations:
        print("valid")
    return 1 if violations else 0


def run_explain(args: argparse.Namespace) -> int:
    """Say why tasks were left out and what would have to give way, or why one is where it is."""
    reading = _reading(args.problem, args.format)
    problem, plan = reading.problem, _plan(reading, args.plan)
    try:
        found = explain(problem, plan)
        if args.task is None:
            for task, reasons in found.items():
                print(f"{task}: " + "; ".join(f"{reason.count} × {reason.code}" for reason in reasons))
        elif args.task in found:
            for reason in found[args.task]:
                print(f"{reason.count} × {reason.code}: {_json(reason.detail)}")
            others = OfferBook(_also(args)) if args.also else None
            for way in relaxations(problem, plan, args.task, others):
                print(sentences.relaxation(way, Units.of(reading)))
        else:
            for line in sentences.placement(placement(problem, plan, args.task), Units.of(reading)):
                print(line)
    except KeyError:
        raise WrongUse(f"{args.task}: the problem has no task with this id that is a choice") from None
    except OptimizerError as error:
        raise WrongUse(f"{args.plan}: {error}") from None
    return 0


def _task(reading: Reading, name: str) -> Task:
    task = next((task for task in reading.problem.tasks if task.id == name), None)
    if task is None:
        raise WrongUse(f"{name}: the problem has no task with this id")
    if task.frozen is not None:
        raise WrongUse(f"{name}: under way or done, so nothing is left to offer")
    return task


def run_urgent(args: argparse.Namespace) -> int:
    """Find room for a task that the plan leaves out, with some moves of others."""
    reading = _reading(args.problem, args.format)
    task, plan = _task(reading, args.task), _plan(reading, args.plan)
    if args.moves < 0:
        raise WrongUse(f"--moves {args.moves}: should not be below 0")
    try:
        found = UrgentBook(reading.problem, plan).places(
            task, moves=args.moves, keep=args.keep or (), put_off=not args.today
        )
    except OptimizerError as error:
        raise WrongUse(f"{args.plan}: {error}") from None
    if args.json:
        print(_json([sentences.urgent_data(place, reading) for place in found]))
        return 0
    for place in found:
        for line in sentences.urgent(place, Units.of(reading)):
            print(line)
    if not found:
        print("no place")
    return 0


def run_offers(args: argparse.Namespace) -> int:
    """Grade the windows that could be offered for a task."""
    reading = _reading(args.problem, args.format)
    units, task = Units.of(reading), _task(reading, args.task)
    asked = [_window(text, units) for text in args.window or []]
    plans = [(reading.problem, _plan(reading, args.plan)), *_also(args)]
    try:
        windows = {one.day: asked or usual_windows(one, task) for one, _ in plans}
        found = OfferBook(plans).offers(task, windows)
    except OptimizerError as error:
        raise WrongUse(f"{args.plan}: {error}") from None
    if args.json:
        print(_json([sentences.offer_data(offer, units) for offer in found]))
        return 0
    for offer in found:
        print(sentences.offer(offer, units))
    if not found:
        print("no window fits")
    return 0


def _window(text: str, units: Units) -> tuple[int, int]:
    """A window as two times of day, or as two numbers where the file has those."""
    number = r"(\d+(?:\.\d+)?)"
    found = re.fullmatch(r"(\d\d?):(\d\d)-(\d\d?):(\d\d)" if units.timed else f"{number}-{number}", text)
    if found is None:
        raise WrongUse(f"--window {text}: should look like {'09:00-11:00' if units.timed else '120-180.5'}")
    if not units.timed:
        window = units.seconds(float(found[1])), units.seconds(float(found[2]))
        if window[1] < window[0]:
            raise WrongUse(f"--window {text}: should not end before it begins")
        return window
    a, b, c, d = map(int, found.groups())
    window = (a * 3600 + b * 60, c * 3600 + d * 60)
    if max(b, d) > 59 or window[1] < window[0] or c > 48:
        raise WrongUse(f"--window {text}: should be two times of day, the earlier first")
    return window


def run_diff(args: argparse.Namespace) -> int:
    """Say what the second plan does otherwise than the first; exit 0 whether they differ or not."""
    reading = _reading(args.problem, args.format)
    try:
        found = difference(reading.problem, _plan(reading, args.plan1), _plan(reading, args.plan2))
    except ProblemError as error:
        raise WrongUse(f"a plan is not of this problem: {error}") from None
    if args.json:
        print(_json(dataclasses.asdict(found)))
    else:
        for line in sentences.difference(found, Units.of(reading)):
            print(line)
    return 0


def run_draw(args: argparse.Namespace) -> int:
    """Write a plan as one HTML file."""
    reading = _reading(args.problem, args.format)
    try:
        text = draw(reading.problem, _plan(reading, args.plan), Units.of(reading))
    except KeyError as error:
        raise WrongUse(f"{args.plan}: the problem does not have {error}") from None
    if args.output == "-":
        print(text, end="")
    else:
        _write(args.output, text)
    return 0


def run_schema(args: argparse.Namespace) -> int:
    """Write a JSON Schema."""
    print(SCHEMAS[args.what](), end="")
    return 0
