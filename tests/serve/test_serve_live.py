"""Streams to open phones: what is new is heard of at once, by whom it concerns, for as long as he may."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import pytest

from backend.notifications import actions
from backend.serve import live
from backend.serve.live import Live
from backend.staff import auth
from backend.staff import queries as staff
from tests.support.office import Office

WITHIN_S = 20.0


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks often."""
    monkeypatch.setattr(live, "LOOK_S", 0.05)
    monkeypatch.setattr(live, "STILL_ALLOWED_EVERY_S", 0.1)


def token(office: Office, login: str) -> str:
    made: str = office.do(login, lambda uow: auth.open_device(uow, office.ids[login], name="Redmi"))
    return made


def tell(office: Office, login: str, key: str) -> int:
    def act(uow: Any) -> int:
        item = actions.tell(uow, person_id=office.ids[login], fact_key=key, kind="t", zh="好", en="good")
        assert item is not None
        return item

    found: int = office.do("system", act)
    return found


class Phone:
    """An open connection, as granian would hold it."""

    def __init__(self, app: Live, bearer: str | None, method: str = "GET", path: str = "/live") -> None:
        self.sent: list[MutableMapping[str, Any]] = []
        self._left = asyncio.Event()
        headers = [(b"authorization", f"Bearer {bearer}".encode())] if bearer else []
        scope = {"type": "http", "path": path, "method": method, "headers": headers}
        self.task = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self) -> MutableMapping[str, Any]:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        self.sent.append(message)

    def leave(self) -> None:
        """The line breaks."""
        self._left.set()

    @property
    def status(self) -> int | None:
        return self.sent[0]["status"] if self.sent else None

    @property
    def news(self) -> list[int]:
        texts = [one.get("body", b"").decode() for one in self.sent]
        return [int(text.split("data: ")[1]) for text in texts if text.startswith("event: news")]


async def until(true: Callable[[], bool]) -> None:
    async def look() -> None:
        while not true():
            await asyncio.sleep(0.02)

    await asyncio.wait_for(look(), WITHIN_S)


def served(office: Office, play: Callable[[Live], Awaitable[None]]) -> None:
    """Play against a running application."""

    async def run() -> None:
        app = Live(office.transactions)
        to_app: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        said: list[str] = []

        async def send(message: MutableMapping[str, Any]) -> None:
            said.append(message["type"])

        lifespan = asyncio.create_task(app({"type": "lifespan"}, to_app.get, send))
        await to_app.put({"type": "lifespan.startup"})
        try:
            await until(lambda: "lifespan.startup.complete" in said)
            await play(app)
        finally:
            await to_app.put({"type": "lifespan.shutdown"})
            await lifespan

    asyncio.run(run())


def test_news_is_heard_of_by_whom_it_concerns(office: Office) -> None:
    first, other = token(office, "engineer"), token(office, "engineer2")
    before = tell(office, "engineer", "before")

    async def play(app: Live) -> None:
        his, theirs = Phone(app, first), Phone(app, other)
        await until(lambda: his.news == [before] and theirs.news == [0])
        made = [await asyncio.to_thread(tell, office, "engineer", f"n{n}") for n in range(3)]
        await until(lambda: his.news[-1] == made[-1])
        assert theirs.news == [0] and his.status == 200
        for phone in (his, theirs):
            phone.leave()
            await asyncio.wait_for(phone.task, WITHIN_S)
        assert app.streams == set(), "who left holds nothing"

    served(office, play)


def test_nobody_listens_without_a_phones_token(office: Office) -> None:
    async def play(app: Live) -> None:
        for bearer, method, path, status in (
            (None, "GET", "/live", 401),
            ("nonsense", "GET", "/live", 401),
            ("nonsense", "POST", "/live", 405),
            ("nonsense", "GET", "/other", 404),
            (None, "OPTIONS", "/live", 204),
        ):
            phone = Phone(app, bearer, method, path)
            await asyncio.wait_for(phone.task, WITHIN_S)
            assert phone.status == status
            assert (b"access-control-allow-origin", b"*") in phone.sent[0]["headers"]

    served(office, play)


def test_a_phone_that_is_logged_out_hears_no_more(office: Office) -> None:
    bearer, kept = token(office, "engineer"), token(office, "engineer")
    device_id = office.see(lambda uow: staff.active_devices(uow, office.ids["engineer"]))[0].id

    async def play(app: Live) -> None:
        lost, other = Phone(app, bearer), Phone(app, kept)
        await until(lambda: lost.news == [0] and other.news == [0])
        await asyncio.to_thread(office.do, "engineer", lambda uow: auth.revoke_device(uow, device_id))
        await asyncio.wait_for(lost.task, WITHIN_S)
        assert lost.sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}
        assert not other.task.done()

    served(office, play)


def test_there_is_an_end_to_how_many_listen(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST", 1)
    bearer = token(office, "engineer")

    async def play(app: Live) -> None:
        first = Phone(app, bearer)
        await until(lambda: first.news == [0])
        second = Phone(app, bearer)
        await asyncio.wait_for(second.task, WITHIN_S)
        assert second.status == 503

    served(office, play)


def test_a_database_that_is_away_for_a_moment_ends_no_stream(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    bearer = token(office, "engineer")
    looks = 0
    real = Live._recent

    def sometimes(self: Live) -> list[tuple[int, int]]:
        nonlocal looks
        looks += 1
        if looks == 2:
            raise OSError("gone")
        return real(self)

    monkeypatch.setattr(Live, "_recent", sometimes)

    async def play(app: Live) -> None:
        phone = Phone(app, bearer)
        await until(lambda: looks >= 2)
        made = await asyncio.to_thread(tell, office, "engineer", "late")
        await until(lambda: phone.news[-1:] == [made])

    served(office, play)
