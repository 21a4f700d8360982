"""Streams to open phones: one small process of its own that says "something is new", each stream a few kilobytes.

An ASGI application, served by granian beside the web server: an open stream there would hold a thread. It carries no
data that could be missed: the phone then asks ``/api/v1/mobile/sync`` as it always does (decision 023).
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from backend.core import logs, settings
from backend.core.clock import SystemClock
from backend.core.db import make_engine
from backend.core.uow import SYSTEM, Transactions
from backend.notifications import queries as inbox
from backend.staff import auth, phones
from backend.staff.auth import Identity

PATH = "/live"
LOOK_S = 0.5
STILL_ALLOWED_EVERY_S = 5.0
HEARTBEAT_S = 20.0
LONGEST_S = 900.0
MOST = 2000
LOOK_BACK = 300
"""Numbers may become visible out of order where several write at once; so far back is looked again."""
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
# Whoever asks shows a token; a browser adds none by itself, so any page may ask.
ANY_PAGE = [(b"access-control-allow-origin", b"*")]
ASKED_FIRST = [(b"access-control-allow-headers", b"authorization"), (b"access-control-max-age", b"86400")]
log = structlog.get_logger("paidan.live")


@dataclass(eq=False)
class Stream:
    """An open phone: whose it is, the newest message that it is to hear of, and whether it has to end."""

    person_id: int
    device_id: int
    newest: int
    told: int = -1
    over: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, item_id: int) -> None:
        """There is a message of that number for him."""
        self.newest = max(self.newest, item_id)
        self.changed.set()

    def end(self) -> None:
        """The phone is not allowed to hear more."""
        self.over = True
        self.changed.set()


class Live:
    """The open streams and the one look at the database for all of them."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions
        self.streams: set[Stream] = set()
        self._seen: dict[int, None] = {}
        self._newest = -1
        self._watching: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI: lifespan and HTTP."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._watching = asyncio.create_task(self._watch())
                await send({"type": "lifespan.startup.complete"})
            else:
                if self._watching is not None:
                    self._watching.cancel()
                for stream in self.streams:
                    stream.end()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].endswith(PATH):
            return await _refuse(send, 404, "not_found")
        if scope["method"] == "OPTIONS":
            return await _answer(send, 204, ASKED_FIRST)
        if scope["method"] != "GET":
            return await _refuse(send, 405, "method_not_allowed")
        header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        found = await asyncio.to_thread(self._identify, header.removeprefix("Bearer ")) if header else None
        if found is None:
            return await _refuse(send, 401, "login_needed")
        if len(self.streams) >= MOST:
            return await _refuse(send, 503, "too_many_streams")
        stream = Stream(*found)
        self.streams.add(stream)
        try:
            await self._stream(stream, receive, send)
        finally:
            self.streams.discard(stream)

    def _identify(self, token: str) -> tuple[int, int, int] | None:
        """Person, phone and newest message behind a phone's token."""
        with self.transactions.read(SYSTEM) as uow:
            identity: Identity | None = auth.identify_device(uow, token)
            if identity is None or identity.device_id is None or identity.actor.person_id is None:
                return None
            person_id = identity.actor.person_id
            return person_id, identity.device_id, inbox.newest_id(uow, person_id)

    async def _stream(self, stream: Stream, receive: Receive, send: Send) -> None:
        headers = [
            (b"content-type", b"text/event-stream"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers + ANY_PAGE})
        gone = asyncio.create_task(_until_gone(receive))
        until = time.monotonic() + LONGEST_S
        try:
            while not stream.over and not gone.done() and time.monotonic() < until:
                if stream.newest != stream.told:
                    stream.told = stream.newest
                    await _say(send, f"event: news\ndata: {stream.told}\n\n")
                else:
                    await _say(send, ": here\n\n")
                stream.changed.clear()
                waiting = asyncio.create_task(stream.changed.wait())
                await asyncio.wait({waiting, gone}, timeout=HEARTBEAT_S, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
            if not gone.done():
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            gone.cancel()

    async def _watch(self) -> None:
        """Look for new messages and for phones that were logged out; nothing while nobody listens."""
        checked_at = 0.0
        while True:
            await asyncio.sleep(LOOK_S)
            if not self.streams:
                self._newest = -1
                continue
            try:
                await self._look()
                if time.monotonic() - checked_at > STILL_ALLOWED_EVERY_S:
                    checked_at = time.monotonic()
                    ids = {stream.device_id for stream in self.streams}
                    allowed = await asyncio.to_thread(self._allowed, ids)
                    for stream in self.streams:
                        if stream.device_id in ids - allowed:
                            stream.end()
            except Exception as exc:
                log.warning("look_failed", error=repr(exc))
                await asyncio.sleep(2)

    async def _look(self) -> None:
        first = self._newest < 0
        rows = await asyncio.to_thread(self._recent)
        fresh = [(item_id, person_id) for item_id, person_id in rows if item_id not in self._seen]
        self._seen = dict.fromkeys(item_id for item_id, _ in rows)
        self._newest = max((item_id for item_id, _ in rows), default=max(self._newest, 0))
        latest: dict[int, int] = {}
        for item_id, person_id in fresh:
            latest[person_id] = max(item_id, latest.get(person_id, 0))
        for stream in self.streams:
            item_id = latest.get(stream.person_id, 0)
            if item_id > stream.newest or (item_id and not first):
                stream.tell(item_id)

    def _recent(self) -> list[tuple[int, int]]:
        with self.transactions.read(SYSTEM) as uow:
            after = self._newest - LOOK_BACK if self._newest >= 0 else inbox.newest_id(uow) - LOOK_BACK
            return inbox.told_since(uow, after_id=after)

    def _allowed(self, device_ids: set[int]) -> set[int]:
        with self.transactions.read(SYSTEM) as uow:
            return phones.logged_in(uow, device_ids)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _say(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes = b"") -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers + ANY_PAGE})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _refuse(send: Send, status: int, code: str) -> None:
    body = json.dumps({"title": code, "status": status}).encode()
    await _answer(send, status, [(b"content-type", b"application/problem+json")], body)


def make_app() -> Live:
    """The application over the database that the environment names."""
    loaded = settings.load()
    logs.configure(loaded.log_level)
    return Live(Transactions(make_engine(loaded.database_url), SystemClock()))
