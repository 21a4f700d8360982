"""Travel is first in first out, its inverse is exact, and labels agree with trying everything out."""

from __future__ import annotations

import itertools

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from optimizer_days import DAY, STEADY, TIMES, H, arrive_plainly, engineer, modes, problem, problems, task

from optimizer.instance import NEVER, Instance, Job, Worker
from optimizer.model import Mode, Period, Travel
from optimizer.timing import Labels, time_jobs
from optimizer.travel import Legs, Places

QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def legs_of(mode: Mode, x: float) -> Legs:
    day = problem([task("a", 0), task("b", x)], travel=Travel({"car": mode}))
    return Legs(mode, (), Places(day))


@QUICK
@given(modes(0), st.integers(1, 60), st.integers(0, DAY), st.integers(0, 4 * H))
def test_who_leaves_later_never_arrives_earlier(mode: Mode, x: int, leave_s: int, later_s: int) -> None:
    legs = legs_of(mode, x)
    assert legs.arrive(0, 1, leave_s) <= legs.arrive(0, 1, leave_s + later_s)
    assert legs.arrive(0, 1, leave_s) >= leave_s


@QUICK
@given(modes(3), st.integers(0, 2), st.integers(0, 2), st.integers(0, DAY), st.integers(0, 4 * H))
def test_a_matrix_is_first_in_first_out_too(mode: Mode, a: int, b: int, leave_s: int, later_s: int) -> None:
    tasks = [task(f"t{n}", 0, place=f"p{n}") for n in range(3)]
    who = engineer(start_place="p0", end_place="p0")
    day = problem(tasks, [who], travel=Travel({"car": mode}, ("p0", "p1", "p2")))
    day.validate()
    legs = Instance(day).legs["car"]
    assert legs.arrive(a, b, leave_s) <= legs.arrive(a, b, leave_s + later_s)
    found = legs.leave(a, b, leave_s)
    assert legs.arrive(a, b, found) <= leave_s < legs.arrive(a, b, found + 1)


@QUICK
@given(modes(0), st.integers(1, 60), st.integers(-H, DAY))
def test_the_latest_leaving_is_the_latest(mode: Mode, x: int, arrive_s: int) -> None:
    legs = legs_of(mode, x)
    found = legs.leave(0, 1, arrive_s)
    assert legs.arrive(0, 1, found) <= arrive_s < legs.arrive(0, 1, found + 1)


@settings(max_examples=25, deadline=None)
@given(modes(0), st.integers(1, 30), TIMES)
def test_travel_is_what_a_walk_by_the_second_gives(mode: Mode, x: int, leave_s: int) -> None:
    legs = legs_of(mode, x)
    walked = arrive_plainly(mode, int(legs.metres[0, 1]), leave_s)
    assert abs(legs.arrive(0, 1, leave_s) - walked) <= 1


def test_a_trip_across_a_border_goes_at_both_paces() -> None:
    mode = Mode((Period(0, 10 * H, 18.0), Period(10 * H, DAY, 36.0)), factor=1.0)
    legs = legs_of(mode, 10)  # 11,119 m
    metres = int(legs.metres[0, 1])
    half_hour_before = legs.arrive(0, 1, 10 * H - 1800)
    assert abs(half_hour_before - (10 * H + (metres - 1800 * 5) / 10)) <= 1
    assert legs.arrive(0, 1, 11 * H) - 11 * H == -(-metres // 10)


def try_everything(worker: Worker, jobs: list[Job]) -> int:
    """The earliest time of coming home over every place where the break can be."""
    best = NEVER
    gaps = range(2 * len(jobs) + 2) if worker.lunch else [None]
    for gap in gaps:
        at, free, good = worker.origin, worker.ready_s, True
        for k, job in enumerate([*jobs, None]):
            place = worker.end if job is None else job.place
            for point in (2 * k, 2 * k + 1):
                if gap == point and worker.lunch:
                    length, from_s, to_s = worker.lunch
                    # Before leaving home the break may be before the shift.
                    since = 0 if point == 0 and not worker.frozen else free
                    end = max(since, from_s) + length
                    good = good and end <= to_s
                    home = free
                    free = max(free, end)
                    if job is None and point == 2 * k + 1:
                        free = home  # after coming home it is nobody's time
                if point == 2 * k:
                    free = worker.legs.arrive(at, place, free)
            if job is not None:
                free = job.start_from(free)
                good = good and free < NEVER
                free += job.duration_s
            at = place
        if good and free <= worker.home_by_s:
            best = min(best, free)
    return best


@QUICK
@given(problems(most_tasks=4, most_engineers=1), st.randoms(use_true_random=False))
def test_labels_agree_with_trying_everything(day, rng) -> None:  # type: ignore[no-untyped-def]
    instance = Instance(day)
    for worker in instance.workers:
        jobs = [job for n, job in enumerate(instance.jobs) if n not in instance.frozen]
        rng.shuffle(jobs)
        for count in range(len(jobs) + 1):
            labels = Labels(worker, jobs[:count])
            assert labels.home_s == try_everything(worker, jobs[:count])
            for k, job in itertools.product(range(count + 1), jobs[count : count + 1]):
                longer = [*jobs[:k], job, *jobs[k:count]]
                fits = labels.fits(job, k) < NEVER
                assert fits == (Labels(worker, longer).home_s < NEVER)
                if fits and len(longer) <= worker.room:
                    timed = time_jobs(worker, longer)
                    assert timed is not None
                    assert timed.home_s == Labels(worker, longer).home_s


def test_leaving_is_as_late_as_coming_home_early_allows() -> None:
    day = problem([task("a", 1, windows=((9 * H, 18 * H),)), task("b", 2, windows=((14 * H, 14 * H),))])
    instance = Instance(day)
    timed = time_jobs(instance.workers[0], instance.jobs)
    assert timed is not None
    assert timed.starts_s[1] == 14 * H
    trip = -(-int(instance.legs["car"].metres[0, 1]) // 10)
    assert 14 * H - timed.starts_s[0] - 1800 - trip <= 1
    assert timed.left_s > 13 * H
    assert STEADY.periods[0].speed_kmh == 36
