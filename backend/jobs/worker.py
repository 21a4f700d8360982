"""The worker process: rq on the queue, with the relay beside it. It ends on SIGTERM and SIGINT."""

import signal
import threading
from types import FrameType
from typing import Any

import redis
import structlog
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from rq.worker.base import StopRequested

from backend.bootstrap import Application
from backend.core import settings
from backend.core.logs import configure
from backend.jobs import relay, runner

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 15.0
JOIN_S = 10.0
log = structlog.get_logger()


class Worker(SimpleWorker):
    """Runs jobs in this process: the heavy part, the optimizer, is a child process of its own anyway."""

    max_connection_wait_time = LONGEST_WAIT_S

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """The job that runs is told to leave its work to the next worker."""
        runner.STOPPING.set()
        try:
            super().request_stop(signum, frame)
        except redis.RedisError as exc:
            raise StopRequested() from exc


def main() -> int:
    """Serve until a signal comes; returns the exit code."""
    loaded = settings.load()
    configure(loaded.log_level)
    serve(runner.application(), runner.STOPPING)
    return 0


def serve(application: Application, stopping: threading.Event) -> None:
    """Work until ``stopping`` is set; a queue that is away is waited for, longer each time."""

    def stop(signum: int, _frame: Any) -> None:
        log.info("worker_stopping", signal=signum)
        stopping.set()

    background = relay.start(application, stopping)
    log.info("worker_started")
    wait_s = FIRST_WAIT_S
    while not stopping.is_set():
        # The library sets its own handlers while it works and leaves them behind.
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        try:
            worker = Worker(
                [application.queue.line], connection=application.queue.connection, serializer=JSONSerializer
            )
            worker.work(logging_level="WARNING")
            wait_s = FIRST_WAIT_S
        except redis.RedisError as exc:
            log.warning("queue_away", error=repr(exc), again_in_s=wait_s)
        except StopRequested:
            break
        stopping.wait(wait_s)
        wait_s = min(wait_s * 2, LONGEST_WAIT_S)
    stopping.set()
    for thread in background:
        thread.join(JOIN_S)
    application.engine.dispose()
    log.info("worker_ended")
