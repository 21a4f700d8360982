"""Background work as rows: a queue may lose its memory, these do not.

A job is requested in the transaction of its reason. The relay puts its number on the queue; a worker takes
it by a lease with a fencing number, renews the lease while it works, and finishes only if the number is still
its own. A job whose lease ran out is requested again by `requeue_lost`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update

from backend.core.errors import DomainError, NotFound
from backend.core.ledger import Job
from backend.core.uow import UnitOfWork

LEASE_S = 10
MOST_ATTEMPTS = 3
REQUEUE_AFTER_S = 10
OPEN = ("queued", "running")


class LeaseLost(DomainError):
    """Another worker has taken the job over."""

    code = "lease_lost"
    kind = "conflict"
    zh = "这个任务已由另一个进程接手"
    en = "Another worker has taken this job over"


@dataclass(frozen=True)
class JobRow:
    """A job as pages and commands see it."""

    id: int
    kind: str
    args: dict[str, Any]
    status: str
    progress: dict[str, Any] | None
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    cancel_requested: bool
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def open(self) -> bool:
        """True while it waits or runs."""
        return self.status in OPEN


@dataclass(frozen=True)
class Lease:
    """The right to work on a job."""

    job_id: int
    fence: int
    kind: str
    args: dict[str, Any]


def request(uow: UnitOfWork, kind: str, args: dict[str, Any]) -> int:
    """Ask for background work; returns the job's id."""
    job = Job(
        kind=kind,
        args=args,
        status="queued",
        fence=0,
        attempts=0,
        created_at=uow.now,
        created_by=uow.actor.person_id,
    )
    uow.session.add(job)
    uow.flush()
    uow.emit("job_requested", job_id=job.id)
    return job.id


def get(uow: UnitOfWork, job_id: int) -> JobRow:
    """One job. Raises NotFound."""
    job = uow.session.get(Job, job_id)
    if job is None:
        raise NotFound(what={"zh": "任务", "en": "The job"})
    return _row(job)


def latest_open(uow: UnitOfWork, kind: str, args: dict[str, Any]) -> JobRow | None:
    """The newest waiting or running job of that kind with exactly these arguments."""
    query = select(Job).where(Job.kind == kind, Job.status.in_(OPEN)).order_by(Job.id.desc())
    return next((_row(job) for job in uow.session.scalars(query) if job.args == args), None)


def take(uow: UnitOfWork, job_id: int) -> Lease | None:
    """Begin to work on a job; None where it has ended or someone else holds a living lease."""
    free = or_(Job.status == "queued", Job.lease_until < uow.now)
    statement = (
        update(Job)
        .where(Job.id == job_id, Job.status.in_(OPEN), free)
        .values(
            status="running",
            fence=Job.fence + 1,
            attempts=Job.attempts + 1,
            lease_until=uow.now + timedelta(seconds=LEASE_S),
            started_at=uow.now,
        )
        .returning(Job.fence, Job.kind, Job.args)
    )
    row = uow.session.execute(statement).one_or_none()
    return None if row is None else Lease(job_id, row.fence, row.kind, row.args)


def renew(uow: UnitOfWork, lease: Lease, progress: dict[str, Any] | None = None) -> bool:
    """Keep the lease and say how far the work is. Returns True where someone asked to cancel it."""
    job = _held(uow, lease)
    job.lease_until = uow.now + timedelta(seconds=LEASE_S)
    if progress is not None:
        job.progress = progress
    return job.cancel_requested_at is not None


def succeed(uow: UnitOfWork, lease: Lease, result: dict[str, Any]) -> None:
    """End the job well, in the same transaction as what it made. Raises LeaseLost."""
    job = _held(uow, lease)
    job.status, job.result, job.ended_at, job.lease_until = "done", result, uow.now, None


def fail(uow: UnitOfWork, lease: Lease, error: dict[str, Any], *, status: str = "failed") -> None:
    """End the job without a result ("failed" or "cancelled"). Raises LeaseLost."""
    job = _held(uow, lease)
    job.status, job.error, job.ended_at, job.lease_until = status, error, uow.now, None


def cancel(uow: UnitOfWork, job_id: int) -> None:
    """Ask a job to stop; one that has not begun ends at once, one that has ended stays as it is."""
    job = uow.session.get(Job, job_id)
    if job is None:
        raise NotFound(what={"zh": "任务", "en": "The job"})
    if job.status == "queued":
        job.status, job.ended_at = "cancelled", uow.now
    elif job.status == "running":
        job.cancel_requested_at = uow.now


def requeue_lost(uow: UnitOfWork) -> list[int]:
    """Request again what a dead worker left behind, or what the queue forgot; give up after MOST_ATTEMPTS."""
    forgotten_at = uow.now - timedelta(seconds=REQUEUE_AFTER_S)
    lost = or_(
        (Job.status == "running") & (Job.lease_until < uow.now),
        (Job.status == "queued") & (Job.created_at < forgotten_at) & (Job.lease_until.is_(None)),
        (Job.status == "queued") & (Job.lease_until < uow.now),
    )
    again = []
    for job in uow.session.scalars(select(Job).where(lost)):
        if job.attempts >= MOST_ATTEMPTS:
            job.status, job.ended_at = "failed", uow.now
            job.error = {
                "code": "worker_died",
                "zh": "后台进程几次中断，任务没有做完。请再试一次，还不行请找管理员",
                "en": "The worker stopped several times before the end. Try again, or ask the administrator",
            }
            continue
        job.status = "queued"
        job.lease_until = uow.now + timedelta(seconds=REQUEUE_AFTER_S)
        uow.emit("job_requested", job_id=job.id)
        again.append(job.id)
    return again


def _held(uow: UnitOfWork, lease: Lease) -> Job:
    query = select(Job).where(Job.id == lease.job_id, Job.fence == lease.fence, Job.status == "running")
    job = uow.session.scalars(query.with_for_update()).one_or_none()
    if job is None:
        raise LeaseLost()
    return job


def _row(job: Job) -> JobRow:
    return JobRow(
        id=job.id,
        kind=job.kind,
        args=job.args,
        status=job.status,
        progress=job.progress,
        result=job.result,
        error=job.error,
        cancel_requested=job.cancel_requested_at is not None,
        created_at=job.created_at,
        started_at=job.started_at,
        ended_at=job.ended_at,
    )
