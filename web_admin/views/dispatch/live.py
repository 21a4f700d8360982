"""Telling open boards that their day has changed: a stream of events where there is room, else asking.

A stream holds a thread of the web server, which has some for streams alone (`backend.http.gate`); who gets none asks
every few seconds. A stream ends by itself after a minute, and the browser opens the next one.
"""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from typing import Any

from flask import Response, jsonify, request

from backend.core.uow import Actor
from backend.dispatch import looks, presence
from backend.http.access import requires
from backend.http.context import application, current_actor, transactions
from web_admin.views.appointments import day_of
from web_admin.views.dispatch import blueprint
from web_admin.views.dispatch.asked import body, text, whole
from web_admin.views.dispatch.watch import Watch

HEARTBEAT_S = 10.0
ASKING = {"dispatch.preview", "dispatch.selection", "dispatch.what_if"}
"""What is sent by POST and changes nothing; while a bar is dragged it comes many times a second."""
LONGEST_S = 60.0

_watches: dict[int, Watch] = {}
_watches_lock = threading.Lock()


def watch() -> Watch:
    """The watch of this application."""
    parts = application()
    with _watches_lock:
        if id(parts) not in _watches:
            _watches[id(parts)] = Watch(parts.transactions, parts.settings.web_streams)
        return _watches[id(parts)]


@blueprint.get("/stamp.json")
@requires("dispatch.read")
def stamp() -> Any:
    """A text that changes whenever something changes that the board shows."""
    with transactions().read(current_actor()) as uow:
        on = day_of(request.args.get("day", ""))
        others = [asdict(one) for one in presence.others(uow, on)]
        return jsonify(stamp=looks.stamp(uow, on), others=others)


@blueprint.post("/presence")
@requires("dispatch.read")
def presence_of() -> Any:
    """This person looks at the day, with this order selected."""
    given = body()
    order_id = whole(given, "order") if given.get("order") is not None else None
    with transactions().begin(current_actor()) as uow:
        presence.look(uow, on=day_of(text(given, "day", 10)), order_id=order_id)
    return jsonify(seen=True)


@blueprint.after_request
def _tell(response: Response) -> Response:
    if request.method == "POST" and response.status_code < 300 and request.endpoint not in ASKING:
        watch().look_now()
    return response


@blueprint.get("/live")
@requires("dispatch.read")
def live() -> Any:
    """Events ``changed`` with the day's new stamp and ``others`` with who else looks; 503 where no thread is left for it."""
    on = day_of(request.args.get("day", ""))
    place = watch()
    if not place.enter(on):
        return Response("", 503, {"Retry-After": "5"})
    events = _Events(place, current_actor(), on, request.args.get("stamp", ""))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    response = Response(events, mimetype="text/event-stream", headers=headers)
    response.call_on_close(events.close)
    return response


class _Events:
    """The text of a stream; gives its place back once, however it ends."""

    def __init__(self, place: Watch, actor: Actor, on: date, seen: str) -> None:
        self._place, self._on = place, on
        self._rows = _changes(place, actor, on, seen)
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
            self._place.leave(self._on)


def _changes(place: Watch, actor: Actor, on: date, seen: str) -> Iterator[str]:
    yield "retry: 1000\n\n"
    until, beside, number = time.monotonic() + LONGEST_S, "[]", 0
    while time.monotonic() < until:
        now = place.wait(on, number, HEARTBEAT_S)
        if now.number == number:
            yield ": here\n\n"
            continue
        number = now.number
        others = json.dumps([asdict(one) for person_id, one in now.people if person_id != actor.person_id])
        if others != beside:
            beside = others
            yield f"event: others\ndata: {others}\n\n"
        if now.stamp and now.stamp != seen:
            seen = now.stamp
            yield f"event: changed\ndata: {seen}\n\n"
