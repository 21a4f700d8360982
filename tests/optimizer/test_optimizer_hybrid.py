"""The compiled engine: agrees with the plain times, keeps every rule, and depends on nothing but its seed."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from optimizer_days import H, M, engineer, problem, problems, task

import optimizer
from optimizer import Limits
from optimizer.bench.beijing import generate
from optimizer.building import route_cost
from optimizer.instance import Instance
from optimizer.model import Prices, Problem
from optimizer.solving import solve
from optimizer.timing import time_jobs

pytest.importorskip("numba")
from optimizer.engines.hybrid_data import Numbers
from optimizer.engines.search_kernels import COUNT, NOW, SEARCH, SETTLE, work


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(problems(most_tasks=10))
def test_compiled_prices_are_the_plain_ones(day: Problem) -> None:
    instance = Instance(day)
    jobs = instance.jobs
    free = [n for n in range(len(jobs)) if n not in instance.frozen and jobs[n].engineers and jobs[n].windows]
    if not free:
        return
    numbers = Numbers(instance, free)
    state = numbers.state(3)
    work(numbers.data, state, SETTLE, 0, 0.0, 0.0)
    work(numbers.data, state, SEARCH, 40, 7.0, 0.0)
    total, served = 0.0, set()
    for w, worker in enumerate(instance.workers):
        route = state.seq[w, : state.info[w, COUNT]].tolist()
        served.update(route)
        if not route and not worker.frozen:
            assert state.cost[w] == 0
            continue
        own = [numbers.jobs[t] for t in route]
        timed = time_jobs(worker, own)
        assert timed is not None or not route
        plain = route_cost(instance, w, own, timed) if timed else 0
        assert state.cost[w] == plain
        total += plain
    total += sum(instance.absence(numbers.jobs[t]) for t in range(len(free)) if t not in served)
    assert state.sum[NOW] == pytest.approx(total)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(problems())
def test_plans_keep_every_rule(day: Problem) -> None:
    plan = solve(day, Limits(None, 60), engine="hybrid")
    assert not optimizer.check(day, plan)


@pytest.mark.parametrize("size", [(12, 3), (100, 14)])
def test_the_same_seed_and_iterations_give_the_same_plan(size: tuple[int, int]) -> None:
    day = generate(*size, 5)
    first = solve(day, Limits(None, 300, 7), engine="hybrid")
    # A limit of time that is not reached must not matter either.
    second = solve(day, Limits(100, 300, 7), engine="hybrid")
    assert first == second
    assert not optimizer.check(day, first)
    assert first.iterations == 300


def test_a_limit_of_time_is_kept() -> None:
    plan = solve(generate(60, 9, 1), Limits(1.0), engine="hybrid")
    assert plan.iterations > 0


ENGINES = ["hybrid", "ortools"]


@pytest.mark.parametrize("engine", ENGINES)
class TestRules:
    """Each rule in a case where it binds, in both engines and in the checker."""

    def solved(self, day: Problem, engine: str) -> optimizer.Plan:
        plan = solve(day, Limits(2, 100), engine=engine)
        assert not optimizer.check(day, plan)
        return plan

    def test_capacity(self, engine: str) -> None:
        tasks = [task(f"t{n}", n, demand=4) for n in range(3)]
        plan = self.solved(problem(tasks, [engineer(capacity=9)]), engine)
        assert plan.summary.served == 2
        assert self.solved(problem(tasks, [engineer(capacity=12)]), engine).summary.served == 3
        codes = {v.code for v in optimizer.check(problem(tasks, [engineer(capacity=7)]), plan)}
        assert codes == {"capacity"}

    def test_skill_levels(self, engine: str) -> None:
        crew = [
            engineer("low", skills=("pbx",)),
            engineer("high", start_lon=0.5, end_lon=0.5, skills=("pbx",), skill_levels={"pbx": 3}),
        ]
        day = problem([task("t", 0, skill_levels={"pbx": 2})], crew)
        plan = self.solved(day, engine)
        assert plan.routes[0].engineer == "high"
        easy = self.solved(problem([task("t", 0)], crew), engine)
        assert {v.code for v in optimizer.check(day, easy)} == {"skill_level"}
        none = self.solved(problem([task("t", 0, skill_levels={"pbx": 4})], crew), engine)
        assert none.unserved[0].reasons[0].code == "no_skill"

    def test_preferred_engineers(self, engine: str) -> None:
        crew = [engineer("near"), engineer("known", start_lon=0.02, end_lon=0.02)]
        wish = [task("t", 0, preferred_engineers=("known",))]
        assert self.solved(problem(wish, crew), engine).routes[0].engineer == "known"
        cheap = problem(wish, crew, prices=Prices(stranger_fen=10))
        plan = self.solved(cheap, engine)
        assert plan.routes[0].engineer == "near" and plan.summary.terms["wishes"] == 10

    def test_preferred_window(self, engine: str) -> None:
        # Both want the first hour; only one can have it, and the dearer wish is heard.
        tasks = [
            task("a", 0, duration_s=H, preferred_window=(9 * H, 9 * H + 5 * M), preferred_fen=10),
            task("b", 0, duration_s=H, preferred_window=(9 * H, 9 * H + 5 * M), preferred_fen=100),
        ]
        plan = self.solved(problem(tasks, [engineer(shift_end_s=11 * H)]), engine)
        assert [stop.task for stop in plan.routes[0].stops] == ["b", "a"]
        assert plan.summary.terms["wishes"] == 55 * 10

    def test_a_promise_can_be_broken_at_its_price(self, engine: str) -> None:
        tasks = [
            task("a", 0, duration_s=H, windows=((9 * H, 9 * H),)),
            task("b", 0, duration_s=H, promised_window=(9 * H, 9 * H + 40 * M)),
        ]
        plan = self.solved(problem(tasks, [engineer(shift_end_s=11 * H)]), engine)
        assert plan.summary.terms["lateness"] == 15 * 200 + 5 * 800
        dear = problem(tasks, [engineer(shift_end_s=11 * H)], prices=Prices(late_more_fen=1_000_000))
        assert self.solved(dear, engine).summary.unserved == 1

    def test_fair_days(self, engine: str) -> None:
        tasks = [task(f"t{n}", 0, duration_s=2 * H) for n in range(2)]
        crew = [engineer("a"), engineer("b", start_lon=0.01, end_lon=0.01)]
        assert len(self.solved(problem(tasks, crew), engine).routes) == 1
        fair = problem(tasks, crew, prices=Prices(fair_s=3 * H, unfair_fen=5_000))
        assert len(self.solved(fair, engine).routes) == 2
        alone = self.solved(problem(tasks, crew[:1], prices=fair.prices), engine)
        assert alone.summary.terms["unfairness"] == 5_000

    def test_due_days(self, engine: str) -> None:
        # One place, two tasks of the same price: the one that is due is done.
        tasks = [
            task("later", 0, duration_s=H, due="2026-11-25"),
            task("due", 0, duration_s=H, due="2026-11-24"),
        ]
        plan = self.solved(problem(tasks, [engineer(shift_end_s=10 * H + 30 * M)]), engine)
        assert plan.unserved[0].task == "later"
        assert plan.summary.terms["undone"] == 50_000


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_random_days_of_the_generator_are_valid(engine: str) -> None:
    rng = random.Random(4)
    for seed in range(30):
        day = generate(rng.randint(1, 25), rng.randint(1, 5), seed)
        assert not optimizer.check(day, solve(day, Limits(5, 40), engine=engine))
