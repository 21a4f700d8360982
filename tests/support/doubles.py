"""Services of the outside world on this machine's loopback, which fail in every way that their documents name."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Request:
    """What came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class Answer:
    """What goes out. ``after_s`` waits before, ``broken`` ends the connection without an answer."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    after_s: float = 0.0
    broken: bool = False


def as_json(value: Any, status: int = 200, **given: Any) -> Answer:
    """A JSON answer."""
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json"}, **given)


class Service:
    """A service that answers what the test put in line, then what ``usual`` says; it keeps what came in."""

    def __init__(self, usual: Callable[[Request], Answer]) -> None:
        self.usual, self.got, self.line = usual, list[Request](), list[Answer]()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                request = Request(self.path, dict(self.headers.items()), body)
                service.got.append(request)
                answer = service.line.pop(0) if service.line else service.usual(request)
                time.sleep(answer.after_s)
                if answer.broken:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_: object) -> None:
                """Nothing on the screen."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Gone: connections are refused."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@contextmanager
def service(usual: Callable[[Request], Answer]) -> Iterator[Service]:
    """A service that is stopped at the end."""
    made = Service(usual)
    try:
        yield made
    finally:
        made.stop()


NOWHERE = "http://127.0.0.1:9"
"""Nobody listens there."""
