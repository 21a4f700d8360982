"""Telling open boards that their day has changed: a stream of events where there is room, else asking.

A stream holds a thread of the web server, so there are at most half as many as threads; who gets none asks every
few seconds. A stream ends by itself after a minute, and the browser opens the next one.
"""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from typing import Any

from flask import Response, jsonify, request

from backend.core.uow import Actor, Transactions, UnitOfWork
from backend.dispatch import presence, trying
from backend.http.access import requires
from backend.http.context import application, current_actor, transactions
from web_admin.views.appointments import day_of
from web_admin.views.dispatch import blueprint
from web_admin.views.dispatch.asked import body, text, whole

LOOK_S = 0.7
HEARTBEAT_S = 10.0
LONGEST_S = 60.0


class Streams:
    """Counts the open streams of this process."""

    def __init__(self) -> None:
        self._open = 0
        self._lock = threading.Lock()

    def enter(self, most: int) -> bool:
        """Take a place, or False where all are taken."""
        with self._lock:
            if self._open >= most:
                return False
            self._open += 1
            return True

    def leave(self) -> None:
        """Give the place back."""
        with self._lock:
            self._open -= 1


streams = Streams()


@blueprint.get("/stamp.json")
@requires("dispatch.read")
def stamp() -> Any:
    """A text that changes whenever something changes that the board shows."""
    with transactions().read(current_actor()) as uow:
        on = day_of(request.args.get("day", ""))
        return jsonify(stamp=trying.stamp(uow, on), others=_others(uow, on))


@blueprint.post("/presence")
@requires("dispatch.read")
def presence_of() -> Any:
    """This person looks at the day, with this order selected."""
    given = body()
    order_id = whole(given, "order") if given.get("order") is not None else None
    with transactions().begin(current_actor()) as uow:
        presence.look(uow, on=day_of(text(given, "day", 10)), order_id=order_id)
    return jsonify(seen=True)


def _others(uow: UnitOfWork, on: date) -> list[dict[str, Any]]:
    return [asdict(one) for one in presence.others(uow, on)]


@blueprint.get("/live")
@requires("dispatch.read")
def live() -> Any:
    """Events ``changed`` with the day's new stamp and ``others`` with who else looks; 503 where no thread is left for it."""
    on = day_of(request.args.get("day", ""))
    if not streams.enter(max(1, application().settings.web_threads // 2)):
        return Response("", 503, {"Retry-After": "5"})
    events = _Events(transactions(), current_actor(), on, request.args.get("stamp", ""))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    response = Response(events, mimetype="text/event-stream", headers=headers)
    response.call_on_close(events.close)
    return response


class _Events:
    """The text of a stream; gives its place back once, however it ends."""

    def __init__(self, transactions: Transactions, actor: Actor, on: date, seen: str) -> None:
        self._rows = _changes(transactions, actor, on, seen)
        self._closed = threading.Event()

    def __iter__(self) -> Iterator[str]:
        try:
            yield from self._rows
        finally:
            self.close()

    def close(self) -> None:
        """The place is free again."""
        if not self._closed.is_set():
            self._closed.set()
            streams.leave()


def _changes(transactions: Transactions, actor: Actor, on: date, seen: str) -> Iterator[str]:
    yield "retry: 1000\n\n"
    until, told_at, beside = time.monotonic() + LONGEST_S, time.monotonic(), "[]"
    while time.monotonic() < until:
        with transactions.read(actor) as uow:
            now, others = trying.stamp(uow, on), json.dumps(_others(uow, on))
        if others != beside:
            beside, told_at = others, time.monotonic()
            yield f"event: others\ndata: {others}\n\n"
        if now != seen:
            seen, told_at = now, time.monotonic()
            yield f"event: changed\ndata: {now}\n\n"
        elif time.monotonic() - told_at > HEARTBEAT_S:
            told_at = time.monotonic()
            yield ": here\n\n"
        time.sleep(LOOK_S)
