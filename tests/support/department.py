"""A small department for tests of pages and API: one account for each role, five engineers, three models."""

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from backend.core import lists
from backend.core.uow import SYSTEM, Transactions
from backend.demo.people import LISTS, MODELS
from backend.staff import actions as staff
from backend.staff import auth
from backend.staff.roles import ROLES
from backend.stock import actions as stock

PASSWORD = "right-horse-battery"
HOMES = ((39.99, 116.47), (39.96, 116.32), (39.90, 116.46), (39.87, 116.30), (40.05, 116.41))
HOUR = 3600


def make(transactions: Transactions) -> dict[str, int]:
    """Create it; returns the people's ids by login."""
    ids = {}
    hashed = auth.hash_password(PASSWORD)  # slow by design: once for all
    with transactions.begin(SYSTEM) as uow:
        for role in ROLES:
            division = "华北事业部" if role == "sales" else None
            ids[role] = staff.add_person(
                uow,
                login=role,
                name=ROLES[role].zh[:10],
                password=PASSWORD,
                roles=[role],
                division=division,
                password_hash=hashed,
            )
        for index, home in enumerate(HOMES):
            login = "engineer" if index == 0 else f"engineer{index + 1}"
            if login not in ids:
                ids[login] = staff.add_person(
                    uow,
                    login=login,
                    name=f"工程师{index + 1}",
                    password=PASSWORD,
                    roles=["engineer"],
                    password_hash=hashed,
                )
            staff.make_engineer(
                uow,
                person_id=ids[login],
                code=f"E{index + 1:02d}",
                home_address="家",
                home_lat=home[0],
                home_lon=home[1],
                mode="metro",
                skills={"install": 2, "repair": 2, "maintenance": 2, "pbx": 2, "e1": 2},
                shifts=dict.fromkeys(range(7), (8 * HOUR, 18 * HOUR)),
            )
        for code, name, lines, price in MODELS:
            item = stock.add_item(uow, code=code, name=name, kind="dialer", lines=lines, price_fen=price)
            stock.take_in(uow, item_id=item, serials=[f"{code}-{n:03d}" for n in range(20)])
        for code, values in LISTS.items():
            lists.seed(uow, code, values)
    return ids


class Browser:
    """A Flask test client that is logged in and sends the CSRF token."""

    def __init__(self, app: Flask, login: str) -> None:
        self.client: FlaskClient = app.test_client()
        page = self.client.get("/login").text
        token = re.search(r'name="csrf_token" value="([0-9a-f]+)"', page)
        assert token is not None
        form = {"login": login, "password": PASSWORD, "csrf_token": token[1], "next": "/inbox"}
        answer = self.client.post("/login", data=form)
        assert answer.status_code == 303, answer.text
        page = self.client.get("/inbox").text
        found = re.search(r'X-CSRF-Token": "([0-9a-f]+)"', page)
        assert found is not None
        self.headers = {"X-CSRF-Token": found[1], "HX-Request": "true"}

    def get(self, path: str) -> Any:
        """GET as a plain browser."""
        return self.client.get(path)

    def send(self, path: str, method: str = "POST", **kwargs: Any) -> Any:
        """Any other method, as htmx does it."""
        return self.client.open(path, method=method, headers=self.headers, **kwargs)
