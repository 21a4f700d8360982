"""VROOM's and VRPLIB's files: read as they are, plans in their ids and units, wrong fields named."""

from __future__ import annotations

import copy
import csv
import itertools
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer import Limits, ProblemError, check, formats, solve
from optimizer.__main__ import main
from optimizer.bench.suites import data_folder
from optimizer.formats import vrplib
from optimizer.model import Task

DAWN = 1_600_416_000  # a time as files have it: seconds since 1970
VROOM: dict[str, Any] = {
    "vehicles": [
        {
            "id": 1,
            "start_index": 0,
            "end_index": 0,
            "time_window": [DAWN, DAWN + 14_400],
            "skills": [1, 14],
            "breaks": [{"id": 1, "time_windows": [[DAWN + 7200, DAWN + 9000]], "service": 300}],
        },
        {"id": 2, "start_index": 0, "costs": {"fixed": 500}},
    ],
    "jobs": [
        {"id": 10, "location_index": 1, "service": 300, "skills": [1], "priority": 5},
        {
            "id": 11,
            "location_index": 2,
            "time_windows": [[DAWN + 3600, DAWN + 7200], [DAWN + 9000, DAWN + 9900]],
        },
        {"id": 12, "location_index": 3, "skills": [99]},
    ],
    "matrices": {
        "car": {
            "durations": [[0, 600, 700, 800], [600, 0, 300, 400], [700, 300, 0, 350], [800, 400, 350, 0]],
            "distances": [[0, 61, 72, 83], [61, 0, 34, 45], [72, 34, 0, 36], [83, 45, 36, 0]],
        }
    },
}
VRPLIB = """NAME : tiny
COMMENT : by hand
TYPE : VRPTW
DIMENSION : 4
VEHICLES : 2
CAPACITY : 20
SERVICE_TIME : 10
EDGE_WEIGHT_TYPE : EUC_2D
NODE_COORD_SECTION
1 0 0
2 1 1
3 0 7
4 -3 4
DEMAND_SECTION
1 0
2 {load}
3 0
4 0
TIME_WINDOW_SECTION
1 0 100
2 0 50
3 30 40
4 0 100
DEPOT_SECTION
1
-1
EOF
"""


def vroom(**change: Any) -> formats.Reading:
    return formats.read(json.dumps({**VROOM, **change}).encode())


def tiny(load: int = 0) -> bytes:
    return VRPLIB.format(load=load).encode()


TINY_READING = formats.read(tiny())
TINY_PLAN = solve(TINY_READING.problem, Limits(None, 5))


def test_the_form_is_seen_from_the_file() -> None:
    assert formats.guess(json.dumps(VROOM).encode()) == "vroom"
    assert formats.guess(tiny()) == "vrplib"
    assert formats.guess(b'{"day": "2026-11-24", "engineers": [], "note": "vehicles"}') == "paidan"


def test_vroom_speaks_in_its_own_ids_and_times() -> None:
    reading = vroom()
    plan = solve(reading.problem, Limits(None, 30))
    data = reading.write(plan)
    assert check(reading.problem, plan) == []
    (route,) = data["routes"]
    assert route["engineer"] == 1
    order = [stop["task"] for stop in route["stops"]]
    assert sorted(order) == [10, 11]  # both orders are equally far
    starts = {stop["task"]: stop["start_s"] for stop in route["stops"]}
    assert DAWN + 3600 <= starts[11] <= DAWN + 7200
    assert DAWN + 7200 <= route["lunch"]["start_s"] <= DAWN + 9000
    assert [stop["distance"] for stop in route["stops"]] == ([61, 34] if order == [10, 11] else [72, 34])
    assert data["summary"]["distance"] == route["distance"] == 61 + 34 + 72
    assert data["summary"]["cost"] == data["summary"]["travel_s"] == 600 + 300 + 700
    assert data["unserved"][0]["task"] == 12
    assert data["unserved"][0]["reasons"][0]["code"] == "no_skill"


def test_vroom_prefers_priority_then_number_then_cost() -> None:
    jobs = [{"id": n, "location_index": n, "service": 3000, "priority": 0} for n in (1, 2, 3)]
    jobs[2]["priority"] = 1  # the farthest; two of the three fit into the day
    one = [{"id": 7, "start_index": 0, "end_index": 0, "time_window": [0, 8200]}]
    reading = vroom(vehicles=one, jobs=jobs)
    prices = [task.undone_fen or 0 for task in reading.problem.tasks]
    assert prices[2] > prices[0] + prices[1] and prices[0] >= 10 * 800 * 100
    data = reading.write(solve(reading.problem, Limits(None, 50)))
    assert [stop["task"] for stop in data["routes"][0]["stops"]] in ([1, 3], [3, 1])
    assert data["summary"]["cost"] == 600 + 400 + 800


def test_vroom_pays_a_fixed_cost_once_and_days_may_end_anywhere() -> None:
    reading = vroom()
    two = reading.problem.engineers[1]
    assert (two.start_place, two.end_place) == ("start of 2", "nowhere")
    jobs = [{"id": 1, "location_index": 1}, {"id": 2, "location_index": 2}]
    reading = vroom(vehicles=VROOM["vehicles"][1:], jobs=jobs)
    data = reading.write(solve(reading.problem, Limits(None, 30)))
    assert data["summary"]["cost"] == 500 + 600 + 300
    assert data["summary"]["distance"] == 61 + 34
    assert data["routes"][0]["home_travel_s"] == 0


def test_vroom_without_matrices_travels_by_great_circle() -> None:
    jobs = [{"id": 1, "location": [116.45, 39.9]}]
    reading = vroom(vehicles=[{"id": 1, "start": [116.4, 39.9]}], jobs=jobs, matrices=None)
    data = reading.write(solve(reading.problem, Limits(None, 5)))
    crow = 6_371_000 * math.radians(0.05) * math.cos(math.radians(39.9))
    assert data["summary"]["distance"] == pytest.approx(1.32 * crow, abs=2)
    assert data["summary"]["travel_s"] == pytest.approx(1.32 * crow / 10, abs=1)


def test_a_plan_is_read_back_in_the_files_terms() -> None:
    for reading in (vroom(), formats.read(tiny())):
        plan = solve(reading.problem, Limits(None, 20))
        text = json.dumps(reading.write(plan))
        back = reading.read_plan(text.encode())
        assert back.routes == plan.routes
        assert check(reading.problem, back) == []
        late = json.loads(text)
        late["routes"][0]["stops"][0]["start_s"] += 20_000
        codes = {v.code for v in check(reading.problem, reading.read_plan(json.dumps(late).encode()))}
        assert "window" in codes or "duration" in codes


def test_vrplib_truncates_distances_and_names_nodes() -> None:
    reading = formats.read(tiny())
    seconds = reading.problem.travel.modes["vehicle"].periods[0].seconds
    assert seconds is not None
    assert seconds[0] == (0, 14, 70, 50)  # sqrt 2 = 1.414 is 1.4
    data = reading.write(solve(reading.problem, Limits(None, 50)))
    assert sorted(stop["task"] for route in data["routes"] for stop in route["stops"]) == [2, 3, 4]
    best = 1.4 + 6.0 + 4.2 + 5.0
    assert data["summary"]["distance"] == data["summary"]["cost"] == pytest.approx(best)
    visit = next(stop for route in data["routes"] for stop in route["stops"] if stop["task"] == 3)
    assert 30 <= visit["start_s"] <= 40 and visit["end_s"] == visit["start_s"] + 10


def wrong(*path: Any, value: Any) -> dict[str, Any]:
    data = copy.deepcopy(VROOM)
    at: Any = data
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return data


WRONG_VROOM = [
    (wrong("jobs", 0, "id", value="x"), "jobs[0].id", "whole number"),
    (wrong("jobs", 1, "id", value=10), "jobs[1].id", "stands twice"),
    (wrong("jobs", 0, "time_window", value=[1, 2]), "jobs[0].time_window", "unknown field"),
    (wrong("jobs", 0, "location_index", value=9), "jobs[0].location_index", "4 rows"),
    (wrong("jobs", 0, "location_index", value=None), "jobs[0].location", "is missing"),
    (wrong("jobs", 0, "priority", value=101), "jobs[0].priority", "at most 100"),
    (wrong("jobs", 1, "time_windows", 0, value=[5, 1]), "jobs[1].time_windows[0]", "before it begins"),
    (wrong("jobs", 1, "time_windows", 0, value=[9, 9]), "jobs[1].time_windows[1]", "48 hours"),
    (wrong("vehicles", 0, "profile", value="bike"), "matrices.bike", "is missing"),
    (wrong("vehicles", 0, "time_window", value=[1]), "vehicles[0].time_window", "should hold 2"),
    (wrong("vehicles", 0, "breaks", value=[{"id": 1}, {"id": 2}]), "vehicles[0].breaks[1]", "one break"),
    (wrong("vehicles", 0, "max_distance", value=5), "vehicles[0].max_distance", "unknown field"),
    (wrong("matrices", "car", "durations", 0, value=[1]), "matrices.car.durations", "columns"),
    (wrong("matrices", "car", "distances", value=[[0]]), "matrices.car", "same size"),
    (wrong("matrices", "car", "distances", value=[]), "matrices.car", "same size"),
    (wrong("matrices", "car", value={"durations": []}), "jobs[0].location_index", "0 rows"),
    (wrong("matrices", "car", value={}), "matrices.car.durations", "is missing"),
    (wrong("shipments", value=[{}]), "shipments", "not planned"),
]


@pytest.mark.parametrize(
    ("data", "path", "what"), WRONG_VROOM, ids=[f"{n} {w[1]}" for n, w in enumerate(WRONG_VROOM)]
)
def test_a_wrong_vroom_file_is_told_where_and_what(data: Any, path: str, what: str) -> None:
    with pytest.raises(ProblemError) as caught:
        formats.read(json.dumps(data).encode(), "vroom")
    assert caught.value.path == path
    assert what in str(caught.value)


WRONG_VRPLIB = [
    ("DIMENSION : 4", "DIMENSION : four", "DIMENSION", "number"),
    ("DIMENSION : 4", "DIMENSION : 3", "NODE_COORD_SECTION[4]", "up to 3"),
    ("DIMENSION : 4", "DIMENSION : 5", "NODE_COORD_SECTION[5]", "is missing"),
    ("TYPE : VRPTW", "TYPE : TSP", "TYPE", "VRPTW"),
    ("EUC_2D", "GEO", "EDGE_WEIGHT_TYPE", "EUC_2D"),
    ("CAPACITY : 20\n", "", "CAPACITY", "is missing"),
    ("3 30 40", "3 40 30", "TIME_WINDOW_SECTION[3]", "before it begins"),
    ("3 30 40", "3 30", "TIME_WINDOW_SECTION (line 22)", "and 2 more"),
    ("3 30 40", "3 x 40", "TIME_WINDOW_SECTION (line 22)", "'x'"),
    ("3 30 40", "2 30 40", "TIME_WINDOW_SECTION (line 22)", "twice"),
    ("2 0 50", "2 0 1e99", "TIME_WINDOW_SECTION (line 21)", "at most"),
    ("DEMAND_SECTION", "WISH_SECTION", "line 14", "WISH_SECTION"),
    ("VEHICLES", "TRUCKS", "line 5", "TRUCKS"),
    ("DEPOT_SECTION\n1\n", "DEPOT_SECTION\n", "DEPOT_SECTION", "one node"),
]


@pytest.mark.parametrize(("old", "new", "path", "what"), WRONG_VRPLIB, ids=[w[1] for w in WRONG_VRPLIB])
def test_a_wrong_vrplib_file_is_told_where_and_what(old: str, new: str, path: str, what: str) -> None:
    text = VRPLIB.format(load=0)
    assert text.count(old) == 1
    with pytest.raises(ProblemError) as caught:
        formats.read(text.replace(old, new, 1).encode(), "vrplib")
    assert caught.value.path == path
    assert what in str(caught.value)


def shared() -> Path:
    """The published instances; the test is skipped only where the data is missing."""
    folder = data_folder() / "vrptw"
    if not folder.is_dir():
        pytest.skip("evaluation data is missing: neither PAIDAN_TEST_SHARED_DATA nor ../shared/data")
    return folder


def test_published_solutions_have_their_published_distance() -> None:
    folder, seen = shared(), 0
    with (folder / "best_known.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["instance"].endswith("9"):
                continue  # two thirds of them are enough
            instance = folder / f"{row['instance']}.vrp"
            matrix = vrplib.distances(instance.read_bytes())
            total = 0
            for line in instance.with_suffix(".sol").read_text(encoding="utf-8").splitlines():
                if line.startswith("Route"):
                    stops = [0, *(int(customer) for customer in line.split(":")[1].split()), 0]
                    total += sum(matrix[a][b] for a, b in itertools.pairwise(stops))
            assert total / 10 == pytest.approx(float(row["best_known_distance"]), abs=0.05), row
            seen += 1
    assert seen > 50


@pytest.mark.parametrize("name", ["solomon/R101", "solomon/RC205", "gh200/C1_2_1", "gh400/R2_4_1"])
def test_published_instances_are_read_as_they_are(name: str) -> None:
    source = (shared() / f"{name}.vrp").read_bytes()
    if "demand" not in Task.__dataclass_fields__:
        with pytest.raises(ProblemError, match=r"DEMAND_SECTION\[2\]: loads are not planned here"):
            formats.read(source)
        return
    problem = formats.read(source).problem
    assert len(problem.tasks) in (100, 200, 400)
    assert len(problem.engineers) in (25, 50, 100)


ODD = st.sampled_from(
    [None, True, -1, 0, 3, 10**6, 10**15, 1.5, "x", "", [], {}, [[]], [1, 2], [[5, 1]], {"id": 1}]
).map(copy.deepcopy)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_vroom_file_brings_more_than_a_sentence(data: st.DataObject) -> None:
    changed = copy.deepcopy(VROOM)
    for _ in range(data.draw(st.integers(1, 3))):
        at: Any = changed
        while True:
            key = data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
            deeper = isinstance(at[key], dict | list) and at[key] and data.draw(st.booleans())
            if not deeper:
                break
            at = at[key]
        at[key] = data.draw(ODD)
    try:
        reading = formats.read(json.dumps(changed).encode(), "vroom")
    except ProblemError as error:
        assert str(error)
    else:
        reading.problem.validate()


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_vrplib_file_brings_more_than_a_sentence(data: st.DataObject) -> None:
    lines = VRPLIB.format(load=0).splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        n = data.draw(st.integers(0, len(lines) - 1))
        odd = st.sampled_from(
            ["", "x", "1 2 3 4", "5 5 5", "3 -1 -1", "1 1e9 2", "DIMENSION : 0", "EOF", "-1"]
        )
        lines[n] = data.draw(odd | st.text(max_size=8))
    try:
        reading = formats.read("\n".join(lines).encode("utf-8", "surrogatepass"), "vrplib")
    except ProblemError as error:
        assert str(error)
    else:
        reading.problem.validate()


@pytest.mark.parametrize("wrong", [[], {}, None, 1.5])
def test_a_plan_whose_stop_has_no_id_gets_a_sentence(wrong: Any) -> None:
    plan = TINY_READING.write(TINY_PLAN)
    plan["routes"][0]["stops"][0]["task"] = wrong
    with pytest.raises(ProblemError, match=r"routes\[0\].stops\[0\].task"):
        TINY_READING.read_plan(json.dumps(plan).encode())


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_no_plan_file_brings_more_than_a_sentence(data: st.DataObject) -> None:
    plan = TINY_READING.write(TINY_PLAN)
    at: Any = plan
    for _ in range(data.draw(st.integers(0, 5))):
        key = data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
        if not isinstance(at[key], dict | list) or not at[key]:
            break
        at = at[key]
    key = data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
    at[key] = data.draw(ODD)
    try:
        check(TINY_READING.problem, TINY_READING.read_plan(json.dumps(plan).encode()))
    except ProblemError as error:
        assert str(error)


def test_the_command_line_reads_both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in (("day.json", json.dumps(VROOM)), ("tiny.vrp", VRPLIB.format(load=0))):
        day, plan = tmp_path / name, tmp_path / f"{name}.plan"
        day.write_text(text, encoding="utf-8")
        solving = ["solve", str(day), "-o", str(plan), "--iterations", "20", "--json"]
        assert main(solving) == 0
        assert "distance" in json.loads(capsys.readouterr().out)
        assert main(["check", str(day), str(plan)]) == 0
        assert main(["check", str(day), str(plan), "--format", "paidan"]) == 2
        capsys.readouterr()
    bad = tmp_path / "bad.vrp"
    bad.write_text(VRPLIB.format(load=0).replace("1 0 100", "1 0"), encoding="utf-8")
    assert main(["solve", str(bad)]) == 2
    assert "TIME_WINDOW_SECTION (line 20): should hold a node and 2 more" in capsys.readouterr().err
