"""The child's side of `subprocess_solver`: one JSON line in, JSON lines out.

In: `{"problem": …, "limits": {…}, "engine": …, "parent": pid}`. Out: `{"progress": {…}}` any number of
times, then `{"plan": {…}}` or `{"error": "a sentence"}`. The child ends when its standard input ends or its
parent is gone.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import threading
from typing import Any

from optimizer.errors import OptimizerError
from optimizer.limits import Limits
from optimizer.model import Problem

PR_SET_PDEATHSIG = 1


def _die_with_parent(parent: int) -> None:
    # A solver may keep Python's lock for seconds, so a watching thread is not enough: the kernel
    # does it on Linux.
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(3)


def _watch_stdin() -> None:
    while os.read(0, 65_536):
        pass
    os._exit(3)


def main() -> int:
    """Run one solve as told on standard input; 0 if a plan was written."""
    line = sys.stdin.buffer.readline()
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a solver's library prints does not belong among our lines

    def say(message: dict[str, Any]) -> None:
        out.write(json.dumps(message, ensure_ascii=False, separators=(",", ":")) + "\n")
        out.flush()

    try:
        order = json.loads(line)
        _die_with_parent(order["parent"])
        threading.Thread(target=_watch_stdin, daemon=True).start()
        from optimizer.solving import solve

        problem = Problem.from_json(order["problem"])
        plan = solve(problem, Limits(**order["limits"]), lambda p: say({"progress": p}), order["engine"])
    except OptimizerError as error:
        say({"error": str(error)})
        return 1
    say({"plan": plan.to_data()})
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # Skips the interpreter's end, which would wait for the thread that reads standard input.
    os._exit(code)
