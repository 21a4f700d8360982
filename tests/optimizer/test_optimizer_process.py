"""The child process and the command line: killed, cancelled, orphaned, fed with rubbish."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from optimizer_days import problem, task

import optimizer
from optimizer import Limits, SolverCancelled, SolverFailed, SolverTimeout, run_in_child
from optimizer.__main__ import main
from optimizer.bench.beijing import generate
from optimizer.solving import ENGINES

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def children(parent: int | None = None) -> set[int]:
    """The processes whose parent this is; threads and processes may end while the list is read."""
    line, found = f"\nPPid:\t{parent or os.getpid()}\n", set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and line in status(int(entry.name)):
            found.add(int(entry.name))
    return found


def status(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def wait_until(condition: Any, seconds: float = 15.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def alive(pid: int) -> bool:
    now = status(pid)
    return bool(now) and "\nState:\tZ" not in now


def test_a_child_gives_the_same_plan_and_tells_its_progress() -> None:
    day, seen = generate(15, 3, 2), []
    plan = run_in_child(day, Limits(None, 30), seen.append)
    assert plan == optimizer.solve(day, Limits(None, 30))
    assert seen and seen[-1]["cost_fen"] == plan.summary.cost_fen


@LINUX
def test_cancelling_ends_the_child_at_once() -> None:
    before = children()
    began = time.monotonic()
    with pytest.raises(SolverCancelled):
        run_in_child(generate(60, 8, 1), Limits(60), cancelled=lambda: time.monotonic() - began > 1.0)
    assert time.monotonic() - began < 3
    assert children() <= before


@LINUX
def test_the_hard_limit_ends_the_child() -> None:
    before = children()
    with pytest.raises(SolverTimeout, match="1 seconds"):
        run_in_child(generate(60, 8, 1), Limits(60), wall_s=1.0)
    assert children() <= before


@LINUX
def test_a_killed_child_is_a_sentence() -> None:
    before, caught = children(), []

    def run() -> None:
        try:
            run_in_child(generate(60, 8, 1), Limits(60))
        except SolverFailed as error:
            caught.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    assert wait_until(lambda: children() - before)
    time.sleep(0.5)
    for pid in children() - before:
        os.kill(pid, signal.SIGKILL)
    thread.join(10)
    assert caught == ["The solver process was killed by signal 9 without a plan."]


@LINUX
def test_the_child_dies_with_its_parent() -> None:
    code = (
        "import optimizer; from optimizer.bench.beijing import generate;"
        "optimizer.run_in_child(generate(60, 8, 1), optimizer.Limits(120), lambda p: print(p, flush=True))"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        assert parent.stdout is not None
        parent.stdout.readline()  # the child is at work
        (child,) = children(parent.pid)
        parent.kill()
        assert wait_until(lambda: not alive(child), 5)
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()


def test_a_child_that_cannot_start_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(SolverFailed, match="could not be started"):
        run_in_child(problem([task("a")]), Limits(1))


def test_a_refused_order_is_a_sentence() -> None:
    with pytest.raises(SolverFailed, match="no engine has the name 'magic'"):
        run_in_child(problem([task("a")]), Limits(1), engine="magic")


# The command line


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    day, plan = tmp_path / "day.json", tmp_path / "plan.json"
    day.write_text(problem([task("a", 1), task("b", 2, skills=("x",))]).to_json(), encoding="utf-8")
    return str(day), str(plan)


def test_solve_check_explain(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    day, plan = files
    assert main(["solve", day, "-o", plan, "--iterations", "20", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["unserved"] == 1 and told["engine"] in ENGINES and told["seed"] == 1
    assert told["distance"] == told["distance_m"] > 0
    assert main(["check", day, plan]) == 0
    assert main(["explain", day, plan, "b"]) == 0
    assert "1 × no_skill" in capsys.readouterr().out
    assert main(["explain", day, plan, "a"]) == 0
    assert "adds" in capsys.readouterr().out
    assert main(["explain", day, plan, "nothing"]) == 2
    data = json.loads(Path(plan).read_text(encoding="utf-8"))
    data["summary"]["cost_fen"] += 1
    Path(plan).write_text(json.dumps(data), encoding="utf-8")
    assert main(["check", day, plan]) == 1
    assert "summary:" in capsys.readouterr().out
    assert main(["solve", day, "--iterations", "5"]) == 0
    assert optimizer.Plan.from_json(capsys.readouterr().out).summary.served == 1


def test_wrong_files_end_with_2_and_the_place(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    day, _plan = files
    bad = tmp_path / "bad.json"
    bad.write_text(
        Path(day).read_text(encoding="utf-8").replace('"lat":0.0', '"lat":"x"', 1), encoding="utf-8"
    )
    for arguments in (
        ["solve", str(bad)],
        ["solve", str(tmp_path / "none.json")],
        ["solve", str(tmp_path)],
        ["solve", day, "--seconds", "0"],
        ["solve", day, "--iterations", "1", "-o", str(tmp_path / "no" / "where")],
        ["check", day, day],
        ["explain", day, str(bad)],
    ):
        assert main(arguments) == 2, arguments
        err = capsys.readouterr().err
        assert err.count("\n") == 1 and "Traceback" not in err
    assert main(["solve", str(bad)]) == 2
    assert "tasks[0].lat: should be a number, is text" in capsys.readouterr().err


def test_the_module_runs_as_a_program(files: tuple[str, str]) -> None:
    day, _ = files
    command = [sys.executable, "-m", "optimizer", "solve", "-", "--iterations", "3", "--json"]
    with open(day, "rb") as source:
        done = subprocess.run(command, stdin=source, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["served"] == 1
    wrong = subprocess.run([*command[:3], "fly"], capture_output=True, check=False, timeout=60)
    assert wrong.returncode == 2
