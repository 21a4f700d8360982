"""The command line beyond solve and check: offers, explain, diff, draw, and wrong use of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from optimizer_days import H, engineer, problem, task

from optimizer import Limits, solve
from optimizer.__main__ import main


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str, str]:
    """A day, a plan of it, and another plan."""
    noon = ((12 * H, 12 * H + 600),)
    tasks = [task("a", 1, windows=noon), task("b", 2, windows=noon, undone_fen=10_000), task("c", 3)]
    day = problem(tasks, [engineer("x"), engineer("y", skills=("s",), max_visits=1)])
    plan = solve(day, Limits(None, 20))
    other = solve(problem([*tasks[:2]], [engineer("x")]), Limits(None, 20))
    names = [str(tmp_path / name) for name in ("day.json", "plan.json", "other.json")]
    for name, text in zip(names, (day.to_json(), plan.to_json(), other.to_json()), strict=True):
        Path(name).write_text(text, encoding="utf-8")
    return names[0], names[1], names[2]


def test_offers_are_graded_windows(files: tuple[str, str, str], capsys: pytest.CaptureFixture[str]) -> None:
    day, plan, _ = files
    wanted = ["--window", "09:00-11:00", "--window", "16:00-16:30", "--window", "16:50-17:00"]
    assert main(["offers", day, plan, "c", *wanted]) == 0
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 2 and "09:00-11:00" in told[0]
    assert main(["offers", day, plan, "c", *wanted, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert min(offer["extra_fen"] for offer in found) == next(
        offer["extra_fen"] for offer in found if offer["grade"] == "good"
    )
    assert main(["offers", day, plan, "c"]) == 0
    assert "good" in capsys.readouterr().out
    for wrong in ("9", "11:00-09:00", "09:70-10:00"):
        assert main(["offers", day, plan, "c", "--window", wrong]) == 2
    assert main(["offers", day, plan, "nothing"]) == 2


def test_offers_over_several_days(
    files: tuple[str, str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    day, plan, _ = files
    later = problem([task("z", 1)], [engineer("x")], day="2026-11-25")
    second = [str(tmp_path / "later.json"), str(tmp_path / "later-plan.json")]
    for name, text in zip(second, (later.to_json(), solve(later, Limits(None, 5)).to_json()), strict=True):
        Path(name).write_text(text, encoding="utf-8")
    wanted = ["offers", day, plan, "c", "--window", "14:00-15:00", "--also", *second]
    assert main(wanted) == 0
    assert [line[:10] for line in capsys.readouterr().out.splitlines()] == ["2026-11-24", "2026-11-25"]
    assert main([*wanted, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [offer["day"] for offer in found] == ["2026-11-24", "2026-11-25"]
    assert {"extra_fen", "extra_travel_s", "moves", "grade", "latest_start_s"} < found[0].keys()
    assert main(["offers", day, plan, "c", "--also", day, plan]) == 2
    assert "two of the plans" in capsys.readouterr().err


def test_urgent_finds_room(files: tuple[str, str, str], capsys: pytest.CaptureFixture[str]) -> None:
    day, _, other = files
    assert main(["urgent", day, other, "c"]) == 0
    assert " at " in capsys.readouterr().out.splitlines()[0]
    assert main(["urgent", day, other, "b", "--moves", "1", "--json"]) == 0
    places = json.loads(capsys.readouterr().out)
    assert {change["task"] for place in places for change in place["moved"]} == {"a"}
    assert len({place["engineer"] for place in places}) == 2
    for place in places:
        plan = Path(day).parent / "taken.json"
        plan.write_text(json.dumps(place["plan"]), encoding="utf-8")
        assert main(["check", day, str(plan)]) == 0
        capsys.readouterr()
    for more in (["--moves", "0"], ["--keep", "a"]):
        assert main(["urgent", day, other, "b", "--json", *more]) == 0
        (place,) = json.loads(capsys.readouterr().out)
        assert place["engineer"] == "y" and not place["moved"]
    assert main(["urgent", day, other, "b", "--today"]) == 0
    assert "another day" not in capsys.readouterr().out
    for wrong in (["a"], ["nothing"], ["c", "--moves", "-1"]):
        assert main(["urgent", day, other, *wrong]) == 2


def test_a_file_of_distances_is_told_in_distances(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = """NAME : tiny
TYPE : VRPTW
DIMENSION : 3
VEHICLES : 2
CAPACITY : 10
SERVICE_TIME : 5
EDGE_WEIGHT_TYPE : EUC_2D
NODE_COORD_SECTION
1 0 0
2 10 0
3 0 7
DEMAND_SECTION
1 0
2 1
3 1
TIME_WINDOW_SECTION
1 0 100
2 0 80
3 20 60
DEPOT_SECTION
1
-1
EOF
"""
    day, plan = tmp_path / "tiny.vrp", tmp_path / "plan.json"
    day.write_text(text)
    assert main(["solve", str(day), "-o", str(plan), "--iterations", "20"]) == 0
    capsys.readouterr()
    assert main(["offers", str(day), str(plan), "3", "--window", "20-30.5", "--json"]) == 0
    (offer,) = json.loads(capsys.readouterr().out)
    assert offer["window"] == [20, 30.5] and offer["start_s"] == 20
    assert offer["extra_cost"] == offer["extra_fen"] / 10
    assert main(["offers", str(day), str(plan), "3"]) == 0
    assert "20-60" in capsys.readouterr().out
    assert main(["offers", str(day), str(plan), "3", "--window", "09:00-11:00"]) == 2
    assert main(["offers", str(day), str(plan), "3", "--window", "30-20"]) == 2
    assert "120-180" not in capsys.readouterr().err.splitlines()[-1]
    assert main(["diff", str(day), str(plan), str(plan)]) == 0
    assert "yuan" not in capsys.readouterr().out
    assert main(["draw", str(day), str(plan)]) == 0
    page = capsys.readouterr().out
    assert "yuan" not in page and "00:" not in page and "min</td>" not in page


def test_explain_tells_ways_in_and_the_next_best(
    files: tuple[str, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    day, plan, other = files
    assert main(["explain", day, other, "b"]) == 0
    told = capsys.readouterr().out
    assert "day_full" in told or "too_dear" in told
    assert "min later: " in told and "saves 100.00 yuan" in told
    assert main(["explain", day, other, "b", "--also", day, plan]) == 0
    assert "moves to another day" in capsys.readouterr().out
    assert main(["explain", day, plan, "a"]) == 0
    assert "adds" in capsys.readouterr().out.splitlines()[0]
    assert main(["explain", day, plan, "nothing"]) == 2


def test_diff_says_what_changed(files: tuple[str, str, str], capsys: pytest.CaptureFixture[str]) -> None:
    day, plan, other = files
    assert main(["diff", day, other, plan]) == 0
    told = capsys.readouterr().out
    assert "c added: " in told and told.splitlines()[-1].startswith("sum: ")
    assert main(["diff", day, plan, plan]) == 0
    assert capsys.readouterr().out.count("\n") == 1
    assert main(["diff", day, other, plan, "--json"]) == 0
    assert {change["kind"] for change in json.loads(capsys.readouterr().out)["changes"]} >= {"added"}


def test_draw_writes_a_page(files: tuple[str, str, str], capsys: pytest.CaptureFixture[str]) -> None:
    day, plan, _ = files
    page = Path(day).parent / "day.html"
    assert main(["draw", day, plan, "-o", str(page)]) == 0
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert main(["draw", day, plan]) == 0
    assert capsys.readouterr().out == page.read_text(encoding="utf-8")
    assert main(["draw", day, plan, "-o", str(page / "below")]) == 2


def test_a_plan_of_another_day_is_refused(
    files: tuple[str, str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, plan, _ = files
    strange = tmp_path / "strange.json"
    strange.write_text(problem([task("z")], [engineer("q")]).to_json(), encoding="utf-8")
    for command in (["explain"], ["offers"], ["draw"]):
        arguments = [*command, str(strange), plan, *(["z"] if command != ["draw"] else [])]
        assert main(arguments) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert main(["diff", str(strange), plan, plan]) == 2
