"""Grades of windows: each thing that the price cannot know moves a grade in its direction, and only so far."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.dispatch import grading
from backend.dispatch.grading import Look, Said, grades, near, said, score, wished
from optimizer.model import Task

HOUR = 3600
LOOK = Look(
    cost_fen=4000,
    extra_travel_s=1800,
    able=5,
    taken=0.4,
    near=0,
    days_late=0,
    wished=None,
    width_s=2 * HOUR,
)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (LOOK, replace(LOOK, cost_fen=4001)),
        (LOOK, replace(LOOK, taken=0.9)),
        (LOOK, replace(LOOK, days_late=1)),
        (replace(LOOK, wished=True), replace(LOOK, wished=False)),
        (replace(LOOK, near=2), LOOK),
        (replace(LOOK, width_s=4 * HOUR), LOOK),
    ],
)
def test_what_makes_a_window_better(better: Look, worse: Look) -> None:
    assert score(better) < score(worse)


def test_below_half_full_nothing_is_crowded_and_more_neighbours_than_three_count_as_three() -> None:
    assert score(replace(LOOK, taken=0.0)) == score(LOOK)
    assert score(replace(LOOK, near=3)) == score(replace(LOOK, near=30))


def test_windows_of_an_empty_day_are_not_all_the_same() -> None:
    """The same price: the asked half-day is good, the other fair, a crowded noon dear, an impossible one none."""
    day = [
        replace(LOOK, wished=True),
        replace(LOOK, wished=False),
        replace(LOOK, wished=False, taken=0.95),
        replace(LOOK, cost_fen=None),
    ]
    assert [grade for grade, _ in grades(day)] == ["good", "fair", "dear", "none"]
    assert grades([]) == []
    assert [grade for grade, _ in grades([replace(LOOK, cost_fen=None)])] == ["none"]


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=20))
def test_the_best_window_is_always_good_and_grades_follow_scores(costs: list[int]) -> None:
    graded = grades([replace(LOOK, cost_fen=cost) for cost in costs])
    assert min(graded, key=lambda one: one[1])[0] == "good"
    order = {"good": 0, "fair": 1, "dear": 2}
    ranked = sorted(graded, key=lambda one: one[1])
    assert [order[grade] for grade, _ in ranked] == sorted(order[grade] for grade, _ in ranked)


def test_what_is_said() -> None:
    assert said(replace(LOOK, cost_fen=None)) == (Said("nobody", 5),)
    assert said(replace(LOOK, cost_fen=None, able=0)) == (Said("no_skill"),)
    assert said(LOOK) == ()
    full = replace(LOOK, days_late=2, wished=True, near=4, extra_travel_s=61, taken=0.9)
    assert said(full) == (Said("late", 2), Said("wished"), Said("near", 4))


def test_neighbours_and_half_days() -> None:
    task = Task("1", 39.90, 116.40, 3600)
    beside = Task("2", 39.91, 116.41, 3600, windows=((9 * HOUR, 11 * HOUR),))
    away = Task("3", 39.99, 116.40, 3600, windows=((9 * HOUR, 11 * HOUR),))
    assert near(task, [beside, away], (9 * HOUR, 11 * HOUR)) == 1
    assert near(task, [beside, away], (13 * HOUR, 15 * HOUR)) == 0
    assert wished("any", (0, 1)) is None
    assert wished("morning", (9 * HOUR, 12 * HOUR)) and not wished("morning", (13 * HOUR, 15 * HOUR))
    assert wished("afternoon", (13 * HOUR, 17 * HOUR)) and not wished("afternoon", (11 * HOUR, 13 * HOUR))
    assert grading.USUAL.good_fen < grading.USUAL.fair_fen


def test_other_numbers_of_the_settings_make_other_grades() -> None:
    day = [LOOK, replace(LOOK, cost_fen=5000), replace(LOOK, cost_fen=9000)]
    assert [grade for grade, _ in grades(day)] == ["good", "fair", "dear"]
    strict = replace(grading.USUAL, good_fen=0, fair_fen=500)
    assert [grade for grade, _ in grades(day, strict)] == ["good", "dear", "dear"]
    assert score(replace(LOOK, near=5), replace(strict, near_most=5)) == score(LOOK) - 5 * strict.near_fen
