"""How many requests a process works on at once. Streams wait most of their time and are not counted."""

import threading
from collections.abc import Callable, Iterable
from typing import Any

STREAMS = "/dispatch/live"


class Gate:
    """A WSGI application that lets so many requests in at once; the rest wait in their threads.

    Threads share one interpreter: more of them at work at once make each request slower and none faster.
    """

    def __init__(self, inner: Callable[..., Iterable[bytes]], most: int) -> None:
        self._inner, self._room = inner, threading.Semaphore(most)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request when there is room."""
        if environ.get("PATH_INFO") == STREAMS:
            return self._inner(environ, start_response)
        with self._room:
            return self._inner(environ, start_response)
