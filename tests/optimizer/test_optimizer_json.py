"""JSON in and out: nothing lost, nothing unknown taken, every refusal says where and what."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from optimizer_days import H, engineer, problem, problems, task

import optimizer
from optimizer import Plan, Problem, ProblemError
from optimizer.bench.beijing import generate
from optimizer.describe import HERE, SCHEMAS, with_tables

DOCS = Path(__file__).parents[2] / "docs" / "optimizer.md"
LIKELY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@LIKELY
@given(problems())
def test_a_problem_survives_json(day: Problem) -> None:
    day.validate()
    assert Problem.from_json(day.to_json()) == day
    assert Problem.from_json(day.to_data()) == day
    jsonschema_rs.validate(json.loads(SCHEMAS["problem"]()), day.to_data())


def test_a_plan_survives_json_and_fits_its_schema() -> None:
    day = problem([task("a", 1), task("b", 2, skills=("rare",))])
    plan = optimizer.solve(day, optimizer.Limits(1, 20))
    assert Plan.from_json(plan.to_json()) == plan
    assert plan.unserved[0].reasons
    jsonschema_rs.validate(json.loads(SCHEMAS["plan"]()), plan.to_data())


def test_distances_are_written_and_follow_from_the_trips() -> None:
    day = generate(12, 3, 1)
    data = optimizer.solve(day, optimizer.Limits(None, 10)).to_data()
    assert data["summary"]["distance"] == data["summary"]["distance_m"] > 0
    assert sum(route["distance"] for route in data["routes"]) == data["summary"]["distance"]
    # Nobody's word is needed for them.
    plan = Plan.from_json(data)
    data["summary"].pop("distance")
    data["routes"][0]["distance"] = 1
    assert Plan.from_json(data) == plan
    data["routes"][0]["distance"] = "far"
    with pytest.raises(ProblemError, match=r"routes\[0\].distance: should be a whole number"):
        Plan.from_json(data)


@pytest.mark.parametrize("name", ["problem", "plan"])
def test_the_schema_file_is_what_the_fields_say(name: str) -> None:
    assert (HERE / f"{name}.schema.json").read_text(encoding="utf-8") == SCHEMAS[name]()


def test_the_docs_name_every_field() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert with_tables(text) == text
    assert text.count("<!-- fields: ") == 19


def put(path: list[Any], value: Any) -> Any:
    def change(data: dict[str, Any]) -> None:
        at: Any = data
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value

    return change


WRONG = [
    (put(["tasks", 0, "windos"], []), "tasks[0].windos", "unknown field"),
    (put(["tasks", 0, "lat"], "39"), "tasks[0].lat", "should be a number, is text"),
    (put(["tasks", 0, "lat"], 91), "tasks[0].lat", "at most 90"),
    (put(["tasks", 0, "duration_s"], True), "tasks[0].duration_s", "whole number"),
    (put(["tasks", 0, "duration_s"], 1.5), "tasks[0].duration_s", "whole number"),
    (put(["tasks", 0, "duration_s"], -1), "tasks[0].duration_s", "at least 0"),
    (put(["tasks", 0, "windows"], [[2 * H, H]]), "tasks[0].windows[0]", "not end before"),
    (put(["tasks", 0, "windows"], [[1, 2, 3]]), "tasks[0].windows[0]", "should hold 2 values"),
    (put(["tasks", 0, "windows"], [[1, "x"]]), "tasks[0].windows[0][1]", "is text"),
    (put(["tasks", 0, "windows"], None), "tasks[0].windows", "is null"),
    (put(["tasks", 1, "id"], "a"), "tasks[1].id", "stands twice"),
    (put(["tasks", 0, "id"], ""), "tasks[0].id", "empty"),
    (put(["tasks", 0, "pin_engineer"], "nobody"), "tasks[0].pin_engineer", "nobody"),
    (put(["tasks", 0, "frozen"], {"engineer": "x", "start_s": 1}), "tasks[0].frozen.engineer", "'x'"),
    (put(["engineers", 0, "mode"], "boat"), "engineers[0].mode", "boat"),
    (put(["engineers", 0, "shift_end_s"], 0), "engineers[0].shift_end_s", "before"),
    (put(["engineers", 0, "lunch"], {"length_s": 9, "from_s": 1, "to_s": 2}), "engineers[0].lunch", "fit"),
    (put(["travel", "modes"], {}), "travel.modes", "at least one"),
    (put(["travel", "modes", "car", "periods"], []), "travel.modes.car.periods", "at least one"),
    (
        put(["travel", "modes", "car", "periods", 0, "seconds"], [[1]]),
        "travel.modes.car.periods[0]",
        "either",
    ),
    (put(["travel", "modes", "car", "metres"], [[1]]), "travel.modes.car.metres", "travel.places"),
    (put(["day"], "24.11.2026"), "day", "date"),
    (put(["baseline"], [{"task": "z", "engineer": "e", "start_s": 1}]), "baseline[0].task", "'z'"),
    (put(["prices"], {"undone_fen": {"repair": -5}}), "prices.undone_fen.repair", "at least 0"),
    (put(["tasks"], {}), "tasks", "should be a list"),
    (put(["engineers", 0], 7), "engineers[0]", "should be an object"),
]


@pytest.mark.parametrize(("change", "path", "what"), WRONG, ids=[f"{w[1]}-{w[2]}" for w in WRONG])
def test_a_wrong_problem_is_told_where_and_what(change: Any, path: str, what: str) -> None:
    data = copy.deepcopy(problem([task("a"), task("b")], [engineer()]).to_data())
    change(data)
    with pytest.raises(ProblemError) as caught:
        Problem.from_json(data)
    assert caught.value.path == path
    assert what in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"day": NaN}', '{"day": "x", "day": "y"}', "[" * 100_000, b"\xff\xfe", "{}"],
)
def test_broken_text_is_refused(text: str | bytes) -> None:
    with pytest.raises(ProblemError):
        Problem.from_json(text)


def test_a_missing_field_is_named() -> None:
    data = problem([task("a")]).to_data()
    del data["tasks"][0]["duration_s"]
    with pytest.raises(ProblemError, match=r"tasks\[0\]\.duration_s: is missing"):
        Problem.from_json(data)


def test_the_generator_gives_the_same_day_again() -> None:
    assert generate(20, 4, 7) == generate(20, 4, 7)
    assert generate(20, 4, 7) != generate(20, 4, 8)
    generate(50, 8, 1).validate()
