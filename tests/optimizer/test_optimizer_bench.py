"""The benchmark: contenders in their own processes, repaired and checked; results that are taken up again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from optimizer_days import H, M, engineer, problem, task

from optimizer import OptimizerError, check
from optimizer.__main__ import main
from optimizer.bench import command, report, runner
from optimizer.bench.beijing import generate
from optimizer.bench.peers.view import View
from optimizer.bench.repair import repair
from optimizer.bench.runner import Runner, run_one
from optimizer.bench.suites import SUITES, Case, Suite
from optimizer.building import build
from optimizer.instance import Instance
from optimizer.model import Lunch, Problem
from optimizer.plan import Plan


def day() -> Problem:
    return generate(14, 3, 5)


@pytest.mark.parametrize("contender", ["paidan", "ortools", "pyvrp", "vroom"])
def test_a_contender_plans_a_day_with_every_rule(contender: str) -> None:
    if contender in ("pyvrp", "vroom"):
        pytest.importorskip(contender, reason="peers are installed by `make bench-setup`")
    row = run_one(day(), contender, 1, 1)
    plan = Plan.from_json(row["plan"])
    assert check(day(), plan) == []
    assert plan.summary.served >= 8
    assert row["wall_s"] < 5 and row["memory_mb"] < 1000


def test_peers_get_the_mean_of_the_days_paces() -> None:
    seconds, legs = View(generate(14, 12, 5)).seconds["car"], View(generate(14, 12, 5)).instance.legs["car"]
    some = seconds[0, 5] - legs.fixed_s
    assert legs.full[:, 0, 5].min() < some < legs.full[:, 0, 5].max()  # a mean over the day's paces


def test_repair_takes_out_what_breaks_a_rule_and_puts_in_what_pays() -> None:
    tasks = [
        task("early", 1, windows=((9 * H, 9 * H + 30 * M),), undone_fen=50_000),
        task("clash", 1, windows=((9 * H, 9 * H + 20 * M),), undone_fen=10_000),
        task("skilled", 2, skills=("x",), undone_fen=40_000),
        task("other", 2, undone_fen=40_000),
    ]
    crew = [engineer("a", lunch=Lunch(30 * M, 12 * H, 13 * H)), engineer("b", skills=("x",))]
    instance = Instance(problem(tasks, crew))
    routes, lost = repair(instance, [[0, 1, 2], [0]])
    assert lost == 3  # the clash, the lack of a skill, the second visit
    plan = build(instance, routes, "repair", 1, 0)
    assert check(instance.problem, plan) == [] and plan.summary.unserved == 0


def suite(cases: list[Case]) -> Suite:
    return Suite("tiny", "", 0.5, False, lambda _: cases)


def test_a_run_that_was_made_is_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def counted(*arguments: Any) -> Any:
        made.append(arguments[1])
        return run_one(*arguments)

    monkeypatch.setattr(runner, "run_one", counted)
    cases, told = [Case("day 1", day)], []
    for _ in range(2):
        found = Runner(suite(cases), 0.5, tmp_path / "r.jsonl", told.append).run(cases, ["paidan"], [1, 2])
    assert made == ["paidan", "paidan"] and len(told) == 2
    assert [row["seed"] for row in found] == [1, 2]
    assert found[0]["undone_fen"] >= 0 and found[0]["hours"] > 0


def test_a_plan_that_breaks_rules_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = json.dumps({"violations": ["window"], "plan": {}})

    class Done:
        returncode, stdout, stderr = 0, answer.encode(), b""

    monkeypatch.setattr(runner.subprocess, "run", lambda *_, **__: Done())
    with pytest.raises(OptimizerError, match="breaks rules: window"):
        run_one(day(), "paidan", 1, 1)


def test_a_contender_that_fails_is_a_sentence() -> None:
    with pytest.raises(OptimizerError, match=r"paidan failed with 1: .*seconds should be above 0"):
        run_one(day(), "paidan", 0, 1)


def test_the_command_writes_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    SUITES["tiny"] = suite([Case("day 1", day), Case("day 2", lambda: generate(12, 3, 6))])
    try:
        common = ["bench", "tiny", "--against", "ortools", "--results", str(tmp_path / "r.jsonl")]
        assert main([*common, "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert set(found["means"]) == {"paidan", "ortools"} and len(found["rows"]) == 4
        assert main([*common, "--instances", "1"]) == 0
        table = capsys.readouterr().out
        assert "| day 1 |" in table and "| day 2 |" not in table and "**mean**" in table
        assert "ortools" in table and "cores" in table
        assert main(["bench", "tiny", "--against", "magic"]) == 1
        assert main(["bench", "tiny", "--seeds", "x"]) == 1
        assert main(["bench", "solomon", "--data", str(tmp_path)]) == 1
        assert "best_known.csv" in capsys.readouterr().err
    finally:
        del SUITES["tiny"]


def test_every_suite_runs_beside_the_peers_of_its_target(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = replace(suite([Case("day 1", day)]), name="first", peers="ortools")
    second = replace(suite([Case("day 2", day)]), name="second")
    monkeypatch.setattr(command, "SUITES", {"first": first, "second": second})
    assert main(["bench", "all", "--seconds", "0.5"]) == 0
    one, other = capsys.readouterr().out.split("## second")
    assert "## first" in one and "ortools" in one and "| day 1 |" in one
    assert "| day 2 |" in other and "ortools" not in other


def test_a_changed_engine_is_measured_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    for name in ("one", "other"):
        monkeypatch.setattr(runner, "engine_name", lambda name=name: name)
        Runner(suite([]), 0.5, tmp_path / "r.jsonl", told.append).run([Case("day 1", day)], ["paidan"], [1])
    assert len(told) == 2


def test_the_same_tasks_are_planned_beside_a_peer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "version", lambda _: "1")
    monkeypatch.setattr(report, "version", lambda _: "1")

    def by_us(problem: Problem, contender: str, *rest: Any) -> Any:
        return run_one(problem, "paidan", *rest)

    monkeypatch.setattr(runner, "run_one", by_us)
    tiny = suite([Case("day 1", day)])
    rows = Runner(tiny, 2.0, None, lambda _: None).run(tiny.cases(Path()), ["paidan", "vroom"], [1])
    assert [row["what"] for row in rows] == ["", "", "same tasks"]
    found = report.data(tiny, rows, ["paidan", "vroom"], 2.0, [1])
    assert found["same_tasks_days"] == found["same_tasks_days_complete"] == 1
    assert found["same_tasks_hours_ratio_vroom"] == pytest.approx(1, abs=0.02)
    assert "price of hours, paidan ÷ vroom" in report.markdown(tiny, rows, found)
