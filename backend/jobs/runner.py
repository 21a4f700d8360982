"""Runs one job by its number: takes the lease, calls what its kind names, writes down how it ended."""

import threading
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import structlog

from backend.adapters.photo_folder import PhotoFolder
from backend.bootstrap import Application, build
from backend.core import jobs, settings
from backend.core.errors import DomainError
from backend.core.jobs import Lease, LeaseLost
from backend.core.uow import SYSTEM, Transactions
from backend.dispatch.actions import PLAN_DAY
from backend.jobs import photos, plan_day
from backend.visits.photos import MAKE_READY

Runner = Callable[[Transactions, Lease, threading.Event], None]
STOPPING = threading.Event()
"""Set when this process is to end; a job that looks at it leaves its work to the next worker."""
log = structlog.get_logger()


@cache
def application() -> Application:
    """The application of this process, built once from the environment."""
    return build(settings.load())


def run_job(job_id: int) -> None:
    """What the queue calls."""
    run(application().transactions, job_id, STOPPING, folder=application().photos)


def runners(folder: PhotoFolder | None) -> dict[str, Runner]:
    """What does each kind of job; those with photos need their folder."""
    found: dict[str, Runner] = {PLAN_DAY: plan_day.run}
    return found | ({MAKE_READY: partial(photos.run, folder)} if folder is not None else {})


def run(
    transactions: Transactions,
    job_id: int,
    stopping: threading.Event | None = None,
    *,
    folder: PhotoFolder | None = None,
) -> bool:
    """Do a job; False where it has ended or another worker is at it. Never raises for a job that failed.

    ``folder`` holds the photos, for the jobs that need them.
    """
    with transactions.begin(SYSTEM) as uow:
        lease = jobs.take(uow, job_id)
    if lease is None:
        log.info("job_not_taken", job_id=job_id)
        return False
    log.info("job_started", job_id=job_id, kind=lease.kind, fence=lease.fence)
    try:
        runners(folder)[lease.kind](transactions, lease, stopping or threading.Event())
    except LeaseLost:
        log.warning("job_lease_lost", job_id=job_id, fence=lease.fence)
    except DomainError as exc:
        _fail(transactions, lease, {"code": exc.code, "zh": exc.sentence("zh"), "en": exc.sentence("en")})
    except Exception as exc:
        log.exception("job_failed", job_id=job_id, error=repr(exc))
        zh = f"后台任务 {job_id} 出错了，没有做完。请再试一次，还不行请把编号告诉管理员"
        en = f"Job {job_id} failed. Try again, or tell its number to the administrator"
        _fail(transactions, lease, {"code": "internal", "zh": zh, "en": en})
    log.info("job_left", job_id=job_id, fence=lease.fence)
    return True


def _fail(transactions: Transactions, lease: Lease, error: dict[str, Any]) -> None:
    try:
        with transactions.begin(SYSTEM) as uow:
            jobs.fail(uow, lease, error)
    except LeaseLost:
        log.warning("job_lease_lost", job_id=lease.job_id, fence=lease.fence)
