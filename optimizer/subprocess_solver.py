"""A solve in a child process that can be killed at any moment.

Native code ignores Python's timeouts and signals, and some solvers keep Python's lock while they work. A
process of its own can always be ended, and takes nothing of its parent with it.
"""

from __future__ import annotations

import dataclasses
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from optimizer.errors import SolverCancelled, SolverFailed, SolverTimeout
from optimizer.limits import Limits, Progress
from optimizer.model import Problem
from optimizer.plan import Plan

_POLL_S = 0.1


def run_in_child(
    problem: Problem,
    limits: Limits | None = None,
    on_progress: Progress | None = None,
    *,
    cancelled: Callable[[], bool] | None = None,
    wall_s: float | None = None,
    engine: str = "auto",
) -> Plan:
    """`solve()` in a child process; blocks until the plan is there.

    `cancelled` is asked ten times a second; when it says True the child is killed. `wall_s` is the hard
    limit of wall time: by default twice the limit's seconds plus 20, or ten minutes where only iterations
    are limited. The child also ends when this process or the calling thread ends. Raises `ProblemError`
    before a child is started, `SolverCancelled`, `SolverTimeout`, or `SolverFailed` with a sentence.
    """
    problem.validate()
    limits = limits or Limits()
    if wall_s is None:
        wall_s = 600.0 if limits.seconds is None else 2 * limits.seconds + 20
    order = {
        "problem": problem.to_data(),
        "limits": dataclasses.asdict(limits),
        "engine": engine,
        "parent": os.getpid(),
    }
    with tempfile.TemporaryFile() as errors:
        child = _start(errors)
        try:
            return _talk(child, order, on_progress, cancelled, wall_s, errors)
        finally:
            if child.poll() is None:
                child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    pipe.close()


def _start(errors: IO[bytes]) -> subprocess.Popen[bytes]:
    environment = dict(os.environ)
    home = str(Path(__file__).resolve().parent.parent)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [home, environment.get("PYTHONPATH")]))
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "optimizer.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
        )
    except OSError as error:
        raise SolverFailed(f"The solver process could not be started: {error}") from None


def _read(pipe: IO[bytes], lines: queue.SimpleQueue[bytes | None]) -> None:
    try:
        for line in pipe:
            lines.put(line)
    except ValueError:  # the pipe was closed because nobody waits any more
        pass
    lines.put(None)


def _write(pipe: IO[bytes], order: dict[str, Any]) -> None:
    try:
        pipe.write(json.dumps(order).encode() + b"\n")
        pipe.flush()
    except (OSError, ValueError):  # the child is gone; its end is reported by the reader
        pass


def _talk(
    child: subprocess.Popen[bytes],
    order: dict[str, Any],
    on_progress: Progress | None,
    cancelled: Callable[[], bool] | None,
    wall_s: float,
    errors: IO[bytes],
) -> Plan:
    assert child.stdin is not None and child.stdout is not None
    lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(child.stdout, lines), daemon=True).start()
    # Its own thread, because a child that hangs at its start would not empty the pipe.
    threading.Thread(target=_write, args=(child.stdin, order), daemon=True).start()
    deadline = time.monotonic() + wall_s
    while True:
        if cancelled is not None and cancelled():
            raise SolverCancelled("The planning was cancelled.")
        if time.monotonic() > deadline:
            raise SolverTimeout(f"The solver was ended because it ran longer than {wall_s:g} seconds.")
        try:
            line = lines.get(timeout=_POLL_S)
        except queue.Empty:
            continue
        if line is None:
            raise SolverFailed(_last_words(child, errors))
        message = _message(line)
        if "plan" in message:
            return Plan.from_json(message["plan"])
        if "error" in message:
            raise SolverFailed(f"The solver refused the problem: {message['error']}")
        if on_progress is not None and "progress" in message:
            on_progress(message["progress"])


def _message(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError:
        message = None
    if not isinstance(message, dict):
        raise SolverFailed("The solver process wrote something that is not a plan.")
    return message


def _last_words(child: subprocess.Popen[bytes], errors: IO[bytes]) -> str:
    try:
        code = child.wait(timeout=5)
    except subprocess.TimeoutExpired:
        return "The solver process closed its output without a plan."
    errors.seek(0, os.SEEK_END)
    errors.seek(max(0, errors.tell() - 2000))
    said = errors.read().decode(errors="replace").strip().splitlines()
    how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
    return f"The solver process {how} without a plan" + (f": {said[-1]}" if said else ".")
