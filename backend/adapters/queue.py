"""The job queue: rq on Redis, with JSON instead of pickle."""

import redis
from rq import Queue as RqQueue
from rq.serializers import JSONSerializer

NAME = "paidan"
RUN_JOB = "backend.jobs.runner.run_job"
LONGEST_JOB_S = 900
KEPT_S = 3600


class Queue:
    """Puts the numbers of jobs in line. The jobs themselves are rows; losing the line loses nothing."""

    def __init__(self, url: str) -> None:
        options = {} if url.startswith("unix:") else {"socket_connect_timeout": 3, "socket_keepalive": True}
        self.connection = redis.Redis.from_url(url, **options)
        self.line = RqQueue(NAME, connection=self.connection, serializer=JSONSerializer)

    def enqueue(self, job_id: int) -> None:
        """Put a job in line. Raises ``redis.RedisError`` where the server is away."""
        self.line.enqueue(
            RUN_JOB, job_id, job_timeout=LONGEST_JOB_S, result_ttl=KEPT_S, failure_ttl=KEPT_S, ttl=KEPT_S
        )

    def reachable(self) -> bool:
        """True where the server answers."""
        try:
            return bool(self.connection.ping())
        except redis.RedisError:
            return False

    def waiting(self) -> int:
        """How many jobs stand in line. Raises ``redis.RedisError``."""
        return int(self.line.count)
