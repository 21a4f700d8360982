"""The job that plans a day: build the problem, solve it in a child process, check, keep the answer.

No transaction is open while the solver works. A thread renews the lease meanwhile, hands the progress on and
learns that someone asked to cancel, or that another worker has taken the job over.
"""

import threading
from datetime import date
from typing import Any

import structlog

from backend.core import jobs
from backend.core.jobs import Lease, LeaseLost
from backend.core.uow import SYSTEM, Transactions
from backend.dispatch import actions, problem, proposals
from optimizer import Limits, OptimizerError, SolverCancelled, SolverTimeout, check, run_in_child

RENEW_S = 1.0
log = structlog.get_logger()


class LeaseKeeper:
    """Renews a lease every second in short transactions of its own until it is closed."""

    def __init__(self, transactions: Transactions, lease: Lease, every_s: float) -> None:
        self.transactions, self.lease, self.every_s = transactions, lease, every_s
        self.cancel_asked = threading.Event()
        self.lost = threading.Event()
        self.progress: dict[str, Any] | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"lease-{lease.job_id}", daemon=True)

    def __enter__(self) -> "LeaseKeeper":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._thread.join()

    def told(self, progress: dict[str, Any]) -> None:
        """Remember how far the solver is; the next renewal writes it down."""
        self.progress = progress

    def _run(self) -> None:
        while not self._closed.wait(self.every_s):
            try:
                with self.transactions.begin(SYSTEM) as uow:
                    if jobs.renew(uow, self.lease, self.progress):
                        self.cancel_asked.set()
            except LeaseLost:
                self.lost.set()
                return
            except Exception:  # a busy database is no reason to stop; the lease outlives several tries
                log.warning("lease_not_renewed", job_id=self.lease.job_id, exc_info=True)


def run(transactions: Transactions, lease: Lease, stopping: threading.Event) -> None:
    """Do the job. When the worker is stopping it is left as it is, for the next one to take over."""
    on = date.fromisoformat(lease.args["on"])
    proposing, present = bool(lease.args.get("propose")), None
    with transactions.read(SYSTEM) as uow:
        if proposing:
            built, present = proposals.problem_for(uow, on)
        else:
            built, _ = problem.build(uow, on)
    limits = Limits(seconds=float(lease.args["seconds"]), seed=int(lease.args["seed"]))
    with LeaseKeeper(transactions, lease, RENEW_S) as keeper:

        def give_up() -> bool:
            return keeper.cancel_asked.is_set() or keeper.lost.is_set() or stopping.is_set()

        try:
            plan = run_in_child(built, limits, keeper.told, cancelled=give_up)
        except SolverCancelled:
            if keeper.lost.is_set():
                raise LeaseLost() from None
            if keeper.cancel_asked.is_set():
                _fail(
                    transactions, lease, "cancelled", "排程已取消", "The planning was cancelled", "cancelled"
                )
            return
        except SolverTimeout:
            zh, en = "排程超时，已经停止。请再试一次", "The planning took too long and was stopped; try again"
            _fail(transactions, lease, "solver_timeout", zh, en)
            return
        except OptimizerError as exc:
            zh, en = "排程没有做成，请把编号告诉管理员", f"The planning failed: {exc}"
            log.error("plan_failed", job_id=lease.job_id, error=str(exc))
            _fail(transactions, lease, "solver_failed", zh, en)
            return
        if proposing:
            plan = proposals.better(built, present, plan)
        violations = check(built, plan)
    if violations:
        log.error(
            "plan_broken", job_id=lease.job_id, violations=[violation.message for violation in violations]
        )
    with transactions.begin(SYSTEM) as uow:
        actions.store_plan(uow, lease=lease, problem=built, plan=plan, violations=violations)


def _fail(
    transactions: Transactions, lease: Lease, code: str, zh: str, en: str, status: str = "failed"
) -> None:
    with transactions.begin(SYSTEM) as uow:
        jobs.fail(uow, lease, {"code": code, "zh": zh, "en": en}, status=status)
