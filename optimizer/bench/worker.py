"""One run of one contender, in a process of its own: a problem on standard input, a result on output.

`python -m optimizer.bench.worker CONTENDER SECONDS SEED [required]`
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import time
from pathlib import Path

from optimizer.bench.peers import CONTENDERS
from optimizer.bench.peers.view import View
from optimizer.bench.repair import repair
from optimizer.building import build
from optimizer.checker import check
from optimizer.model import Problem


def main(arguments: list[str]) -> None:
    """Run, repair, check, and write what came out."""
    name, seconds, seed = arguments[0], float(arguments[1]), int(arguments[2])
    problem = Problem.from_json(sys.stdin.buffer.read())
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a solver prints is not the result
    view = View(problem, "required" in arguments[3:])
    run = importlib.import_module(CONTENDERS[name][0]).run
    began, used = time.monotonic(), time.process_time()
    routes = run(view, seconds, seed)
    wall, cpu = time.monotonic() - began, time.process_time() - used
    kept, lost = repair(view.instance, routes)
    plan = build(view.instance, kept, name, seed, 0)
    json.dump(
        {
            "wall_s": round(wall, 2),
            "cpu_s": round(cpu, 2),
            "memory_mb": _most_memory_mb(),
            "repaired": lost,
            "violations": [violation.code for violation in check(problem, plan)],
            "plan": plan.to_data(),
        },
        out,
    )
    out.close()


def _most_memory_mb() -> int:
    """The most memory that this process has had. What `getrusage` says begins with what the parent had."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(lines["VmHWM"].split()[0]) // 1024


if __name__ == "__main__":
    main(sys.argv[1:])
