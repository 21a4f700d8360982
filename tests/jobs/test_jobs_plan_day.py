"""The planning job: done once whoever dies, never written by a worker that was overtaken."""

import threading
from typing import Any

import pytest

from backend.core import jobs
from backend.core.clock import FixedClock
from backend.core.uow import SYSTEM, Transactions
from backend.dispatch import actions, queries
from backend.jobs import plan_day, runner
from optimizer import Limits, SolverFailed, solve
from optimizer.model import Problem
from tests.dispatch.department import DAY, Department


def quick(problem: Problem, limits: Limits, on_progress: Any, *, cancelled: Any) -> Any:
    on_progress({"iteration": 1})
    return solve(problem, Limits(seconds=None, iterations=5, seed=limits.seed))


def request(transactions: Transactions, department: Department, seconds: float = 1.0) -> int:
    with transactions.begin(department.assistant) as uow:
        return actions.request_plan(uow, on=DAY, seconds=seconds, seed=4)


def row(transactions: Transactions, job_id: int) -> jobs.JobRow:
    with transactions.read(SYSTEM) as uow:
        return jobs.get(uow, job_id)


def plan_count(transactions: Transactions) -> int:
    with transactions.read(SYSTEM) as uow:
        return len(queries.plans(uow, DAY).rows)


def test_job_plans_the_day_in_a_child_process(transactions: Transactions, department: Department) -> None:
    job_id = request(transactions, department)
    assert runner.run(transactions, job_id)
    done = row(transactions, job_id)
    assert done.status == "done" and done.result is not None
    assert done.result["served"] == 12 and done.result["violations"] == []
    with transactions.read(SYSTEM) as uow:
        view = queries.day_view(uow, DAY)
    assert view.plan_id == done.result["plan_id"] and view.job_id is None
    assert not runner.run(transactions, job_id), "an ended job is not taken again"
    assert plan_count(transactions) == 1


def test_overtaken_worker_writes_nothing(
    transactions: Transactions, department: Department, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = request(transactions, department)

    def sleepy(problem: Problem, limits: Limits, on_progress: Any, *, cancelled: Any) -> Any:
        plan = quick(problem, limits, on_progress, cancelled=cancelled)
        monkeypatch.setattr(plan_day, "run_in_child", quick)
        clock.advance(seconds=jobs.LEASE_S + 1)
        assert runner.run(transactions, job_id), "the lease ran out, so another worker may take it"
        return plan

    monkeypatch.setattr(plan_day, "RENEW_S", 600.0)
    monkeypatch.setattr(plan_day, "run_in_child", sleepy)
    assert runner.run(transactions, job_id)
    done = row(transactions, job_id)
    assert done.status == "done" and plan_count(transactions) == 1


def test_living_lease_keeps_others_off(transactions: Transactions, department: Department) -> None:
    job_id = request(transactions, department)
    with transactions.begin(SYSTEM) as uow:
        assert jobs.take(uow, job_id) is not None
    assert not runner.run(transactions, job_id)
    assert row(transactions, job_id).status == "running"


def test_lease_is_renewed_without_progress_and_cancel_is_heard(
    transactions: Transactions, department: Department, clock: FixedClock
) -> None:
    job_id = request(transactions, department)
    with transactions.begin(SYSTEM) as uow:
        lease = jobs.take(uow, job_id)
    assert lease is not None
    with plan_day.LeaseKeeper(transactions, lease, every_s=0.02) as keeper:
        for _ in range(4):
            clock.advance(seconds=jobs.LEASE_S - 5)
            threading.Event().wait(0.3)
        assert not keeper.lost.is_set()
        with transactions.begin(SYSTEM) as uow:
            jobs.cancel(uow, job_id)
        assert keeper.cancel_asked.wait(5)


def test_cancel_kills_the_solver(
    transactions: Transactions, department: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_day, "RENEW_S", 0.05)
    job_id = request(transactions, department, seconds=60.0)
    worker = threading.Thread(target=runner.run, args=(transactions, job_id))
    worker.start()
    for _ in range(200):
        if row(transactions, job_id).status == "running":
            break
        threading.Event().wait(0.05)
    with transactions.begin(department.assistant) as uow:
        actions.cancel_plan(uow, job_id=job_id)
    worker.join(20)
    assert not worker.is_alive()
    ended = row(transactions, job_id)
    assert ended.status == "cancelled" and ended.error is not None and ended.error["code"] == "cancelled"
    assert plan_count(transactions) == 0


def test_stopping_worker_leaves_the_job_to_the_next(
    transactions: Transactions, department: Department, clock: FixedClock
) -> None:
    job_id = request(transactions, department)
    stopping = threading.Event()
    stopping.set()
    runner.run(transactions, job_id, stopping)
    assert row(transactions, job_id).status == "running" and plan_count(transactions) == 0
    clock.advance(seconds=jobs.LEASE_S + 1)
    with transactions.begin(SYSTEM) as uow:
        assert jobs.requeue_lost(uow) == [job_id]
    clock.advance(seconds=jobs.REQUEUE_AFTER_S + 1)
    assert runner.run(transactions, job_id)
    assert row(transactions, job_id).status == "done" and plan_count(transactions) == 1


def test_failed_solver_is_a_sentence(
    transactions: Transactions, department: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise SolverFailed("The solver process was killed by signal 9 without a plan.")

    monkeypatch.setattr(plan_day, "run_in_child", broken)
    job_id = request(transactions, department)
    runner.run(transactions, job_id)
    failed = row(transactions, job_id)
    assert failed.status == "failed" and failed.error is not None
    assert failed.error["code"] == "solver_failed" and failed.error["zh"]


def test_unforeseen_error_ends_the_job(
    transactions: Transactions, department: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("boom")

    monkeypatch.setattr(plan_day, "run_in_child", broken)
    job_id = request(transactions, department)
    runner.run(transactions, job_id)
    failed = row(transactions, job_id)
    assert failed.status == "failed" and failed.error is not None and failed.error["code"] == "internal"
    assert "boom" not in failed.error["zh"] + failed.error["en"]
