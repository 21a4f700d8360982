"""The whole application over a small department whose day is published."""

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright
from sqlalchemy import select
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from backend.bootstrap import build
from backend.core import lists, settings
from backend.core.clock import FixedClock
from backend.core.db import make_engine
from backend.core.uow import SYSTEM, Transactions, UnitOfWork
from backend.orders import actions as orders
from backend.staff import actions as staff
from backend.staff import auth
from backend.staff.models import Person
from backend.visits import actions as visits
from tests.dispatch.department import Department, make
from wsgi import create_app

# A busy machine is slow, not wrong.
expect.set_options(timeout=15_000)

HOUR = 3600
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TODAY = date(2026, 11, 24)
LISTS = {
    "failed_visit_reasons": (("nobody", "没有人", "Nobody there"), ("no_access", "进不去", "No access")),
    "special_causes": (("no_signal", "长时间没有信号", "No signal for long"), ("other", "其他", "Other")),
}


@dataclass
class World:
    """The application, its clock and what is in its database."""

    app: Flask
    clock: FixedClock
    transactions: Transactions
    department: Department
    visits: list[int]

    def login(self, login: str) -> "Caller":
        """A program with a bearer token of that person."""

        def open_device(uow: UnitOfWork) -> str:
            person = uow.session.scalars(select(Person).where(Person.login == login)).one()
            return auth.open_device(uow, person.id, name="test")

        return Caller(self.app.test_client(), {"Authorization": f"Bearer {self.do(open_device)}"})

    def engineer(self, n: int) -> "Caller":
        """The n-th engineer's phone."""
        return self.login(f"eng{n}")

    def assistant(self) -> "Caller":
        """The technical assistant's program."""
        return self.login("zhaomin")

    def do(self, action: Callable[[UnitOfWork], Any]) -> Any:
        """Something that the system does."""
        with self.transactions.begin(SYSTEM) as uow:
            return action(uow)


@dataclass
class Caller:
    """Calls the API with its token."""

    client: FlaskClient
    headers: dict[str, str]

    def __call__(self, method: str, path: str, /, **kwargs: Any) -> TestResponse:
        headers = {**self.headers, **kwargs.pop("headers", {})}
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **kwargs)


@dataclass(frozen=True)
class Prepared:
    """A database with a published day, to copy from."""

    path: Path
    department: Department
    visits: tuple[int, ...]


@pytest.fixture(scope="session")
def prepared(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Four orders: engineer 0 has three visits today, engineer 1 has one."""
    path = tmp_path_factory.mktemp("department") / "paidan.db"
    shutil.copy(migrated_sqlite, path)
    engine = make_engine(f"sqlite:///{path}")
    transactions = Transactions(engine, FixedClock())
    department = make(transactions, on=TODAY, orders_on_day=4)
    with transactions.begin(SYSTEM) as uow:
        for name, entries in LISTS.items():
            lists.seed(uow, name, entries)
        staff.add_person(
            uow,
            login="sales1",
            name="陆晓峰",
            password="Paidan-2026-s1",
            roles=["sales"],
            division="华北事业部",
        )
        staff.add_person(uow, login="admin1", name="管理员", password="Paidan-2026-ad", roles=["admin"])
        made = [
            publish(uow, order_id, department.engineers[n // 3], n)
            for n, order_id in enumerate(department.orders)
        ]
    engine.dispose()
    return Prepared(path, department, tuple(made))


def publish(uow: UnitOfWork, order_id: int, engineer_id: int, n: int) -> int:
    """Plan and publish an order as the engineer's n-th visit today; returns the visit's id."""
    for move in ("plan", "publish"):
        orders.move(uow, order_id, move)
    return visits.assign(
        uow,
        order_id=order_id,
        engineer_id=engineer_id,
        on=TODAY,
        sequence=n % 3 + 1,
        window_from_s=(9 + 2 * n) * HOUR,
        window_to_s=(11 + 2 * n) * HOUR,
        arrive_s=(9 + 2 * n) * HOUR,
        start_s=(9 + 2 * n) * HOUR,
        end_s=(10 + 2 * n) * HOUR,
        mode="metro",
        travel_s=1680,
        travel_m=7400,
        travel_fen=400,
    )


@pytest.fixture
def world(prepared: Prepared, tmp_path: Path, clock: FixedClock) -> Iterator[World]:
    """The application over a fresh copy of the prepared database."""
    shutil.copy(prepared.path, tmp_path / "paidan.db")
    application = build(settings.load({"PAIDAN_DATA_DIR": str(tmp_path)}), clock)
    app = create_app(application)
    yield World(app, clock, application.transactions, prepared.department, list(prepared.visits))
    application.engine.dispose()


class Server:
    """The application on one port, to be stopped and started again."""

    def __init__(self, app: Any) -> None:
        self.app, self.port = app, 0
        self.start()

    def start(self) -> None:
        """Listen, on the port of before."""
        self.server = make_server("127.0.0.1", self.port, self.app, threaded=True)
        self.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def stop(self) -> None:
        """Gone, as after a kill: connections are refused."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def server(world: World) -> Iterator[Server]:
    """A server that is stopped at the end."""
    made = Server(world.app)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One Chromium for the module."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        browser.close()


def new_phone(chromium: Browser, server: Server) -> BrowserContext:
    """A phone of its own storage."""
    context = chromium.new_context(
        viewport={"width": 390, "height": 844},
        base_url=f"http://127.0.0.1:{server.port}",
        has_touch=True,
        geolocation={"latitude": 39.9964, "longitude": 116.4746},
        permissions=["geolocation"],
    )
    context.set_default_timeout(10_000)
    return context


@pytest.fixture
def phone(chromium: Browser, server: Server) -> Iterator[BrowserContext]:
    """A phone whose page must not throw."""
    context = new_phone(chromium, server)
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    yield context
    context.close()
    assert errors == []
