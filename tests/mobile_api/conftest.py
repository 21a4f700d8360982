"""The whole application over a small department whose day is published."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backend.bootstrap import build
from backend.core import lists, settings
from backend.core.clock import FixedClock
from backend.core.uow import SYSTEM, Transactions, UnitOfWork
from backend.demo.people import LISTS
from backend.orders import actions as orders
from backend.staff import actions as staff
from backend.visits import actions as visits
from tests.dispatch.department import Department, make
from wsgi import create_app

HOUR = 3600


@dataclass
class World:
    """The application, its clock and what is in its database."""

    app: Flask
    clock: FixedClock
    transactions: Transactions
    department: Department
    visits: list[int]

    def login(self, login: str, password: str) -> "Caller":
        """A program that is logged in with a bearer token."""
        client = self.app.test_client()
        body = {"login": login, "password": password, "device": "test"}
        answer = client.post("/api/v1/auth/tokens", json=body)
        assert answer.status_code == 201, answer.json
        return Caller(client, {"Authorization": f"Bearer {answer.json['token']}"})

    def engineer(self, n: int) -> "Caller":
        """The n-th engineer's phone."""
        return self.login(f"eng{n}", f"Paidan-2026-e{n}")

    def assistant(self) -> "Caller":
        """The technical assistant's program."""
        return self.login("zhaomin", "Paidan-2026-zm")

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


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[World]:
    """Four orders: engineer 0 has three visits today, engineer 1 has one."""
    loaded = settings.load({"PAIDAN_DATA_DIR": str(tmp_path), "PAIDAN_DATABASE_URL": sqlite_url})
    application = build(loaded, clock)
    today = clock.now().date()
    department = make(application.transactions, on=today, orders_on_day=4)
    world = World(create_app(application), clock, application.transactions, department, [])

    def publish(uow: UnitOfWork) -> None:
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
        for n, order_id in enumerate(department.orders):
            orders.move(uow, order_id, "plan")
            orders.move(uow, order_id, "publish")
            world.visits.append(
                visits.assign(
                    uow,
                    order_id=order_id,
                    engineer_id=department.engineers[n // 3],
                    on=today,
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
            )

    world.do(publish)
    yield world
    application.engine.dispose()
