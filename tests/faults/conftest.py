"""A real supervisor over a department with several appointed days, on each kind of database."""

import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from backend.appointments import actions as appointments
from backend.core import settings
from backend.core.clock import SystemClock, local_date
from backend.core.db import make_engine
from backend.core.uow import SYSTEM, Transactions
from backend.dispatch import actions as dispatch
from backend.serve import inline
from tests.dispatch.department import HOUR, add_order
from tests.support import department, postgres
from tests.support.serving import Serving

DAYS = 6
ORDERS = 12


@dataclass
class Served:
    """The running system and a look into its database from outside."""

    serving: Serving
    engine: Engine
    transactions: Transactions
    people: dict[str, int]
    days: list[date]
    kind: str
    chance: random.Random

    def log_in(self, login: str) -> str:
        """A bearer token of that person."""
        return self.serving.log_in(login, department.PASSWORD)

    def number(self, question: str, **values: Any) -> int:
        """One number from the database."""
        with self.engine.execution_options(read_only=True).connect() as connection:
            return int(connection.execute(text(question), values).scalar_one())

    def rows(self, question: str, **values: Any) -> list[tuple[Any, ...]]:
        """Rows from the database."""
        with self.engine.execution_options(read_only=True).connect() as connection:
            return [tuple(row) for row in connection.execute(text(question), values)]

    def field(self, column: str, name: str) -> str:
        """SQL for a field of a JSON column as text."""
        return (
            f"CAST(json_extract({column}, '$.{name}') AS TEXT)"
            if self.kind == "sqlite"
            else f"({column} ->> '{name}')"
        )

    def trail(self, on: date, action: str) -> int:
        """How often that was done to a day."""
        question = "SELECT count(*) FROM audit_entries WHERE entity = 'schedule_day' AND entity_id = :on AND action = :action"
        return self.number(question, on=str(on), action=action)

    def visits_of(self, on: date) -> list[tuple[Any, ...]]:
        """Order and engineer of each visit of a day."""
        day = on.isoformat() if self.kind == "sqlite" else on
        return self.rows('SELECT service_order_id, engineer_id FROM visits WHERE "on" = :day', day=day)

    def told(self, on: date) -> list[int]:
        """Who was told of a changed day, once for each message."""
        question = "SELECT person_id FROM inbox_items WHERE kind = 'schedule_changed' AND zh LIKE :on"
        return [row[0] for row in self.rows(question, on=f"{on} %")]

    def take_day(self) -> date:
        """An appointed day that no other test uses."""
        return self.days.pop()

    def planned_day(self) -> date:
        """A day of its own whose plan is made."""
        on = self.take_day()
        with self.transactions.begin(SYSTEM) as uow:
            job_id = dispatch.request_plan(uow, on=on, seconds=0.5, seed=1)
        inline.finish_job(self.transactions, job_id)
        return on


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path
) -> Iterator[Served]:
    """`paidan serve`; afterwards nothing that it started is left."""
    folder = tmp_path_factory.mktemp("faults") / "data"
    folder.mkdir()
    named = {}
    if request.param == "sqlite":
        shutil.copy(migrated_sqlite, folder / "paidan.db")
    else:
        server = request.getfixturevalue("postgres_server")
        named["PAIDAN_DATABASE_URL"] = postgres.create(
            server, request.module.__name__.rpartition(".")[2], "migrated"
        )
    serving = Serving(folder, settings={"PAIDAN_PLAN_SECONDS": "2", **named})
    engine = make_engine(settings.load({"PAIDAN_DATA_DIR": str(folder), **named}).database_url)
    transactions = Transactions(engine, SystemClock())
    people = department.make(transactions)
    today = local_date(transactions.clock.now())
    days = [today + timedelta(days=n) for n in range(1, DAYS + 1)]
    with transactions.begin(SYSTEM) as uow:
        for day in days:
            for n in range(ORDERS):
                from_s = (9 + n % 4 * 2) * HOUR
                appointments.appoint(
                    uow,
                    order_id=add_order(uow, n),
                    on=day,
                    from_s=from_s,
                    to_s=from_s + 2 * HOUR,
                    agreed_with="李工",
                )
    try:
        serving.start()
        yield Served(serving, engine, transactions, people, days, request.param, random.Random(7))
    finally:
        serving.stop()
        engine.dispose()
