"""Many engineers with visits tomorrow, made through the department's own actions, and the check of their writes."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import text

from backend.appointments import actions as appointments
from backend.bootstrap import Application
from backend.core.clock import local_date
from backend.core.uow import SYSTEM
from backend.orders import actions as orders
from backend.orders import queries as order_queries
from backend.staff import actions as staff
from backend.staff import auth
from backend.staff import queries as staff_queries
from backend.visits import actions as visits

PASSWORD = "paidan-demo"
HOUR = 3600
STEPS = {"accept": "accept", "set-out": "set_out", "sign-in": "sign_in", "finish": "finish"}


@dataclass(frozen=True)
class Engineer:
    """Who logs in, and his visits of a day."""

    login: str
    on: date
    visit_ids: tuple[int, ...]


def prepare(application: Application, *, engineers: int, visits: int) -> list[Engineer]:
    """That many engineers, each with so many visits that were published for tomorrow and that nobody has accepted."""
    transactions = application.transactions
    with transactions.read(SYSTEM) as uow:
        closed = [
            row for row in order_queries.listing(uow, statuses=["closed"], size=200).rows if row.site_id
        ]
    hashed = auth.hash_password(PASSWORD)
    on, made = local_date(transactions.clock.now()) + timedelta(days=1), []
    for n in range(engineers):
        login = f"phone{n:03d}"
        with transactions.begin(SYSTEM) as uow:
            known = staff_queries.by_login(uow, login)
            person_id = known.id if known else _engineer(uow, login, n, hashed)
            ids = tuple(
                _visit(uow, person_id, on, closed[(n * visits + m) % len(closed)], m) for m in range(visits)
            )
        made.append(Engineer(login, on, ids))
    return made


def _engineer(uow: Any, login: str, n: int, hashed: str) -> int:
    person_id = staff.add_person(
        uow, login=login, name=f"工程师{n}", password=PASSWORD, roles=["engineer"], password_hash=hashed
    )
    staff.make_engineer(
        uow,
        person_id=person_id,
        code=f"P{n:03d}",
        home_address="朝阳区望京",
        home_lat=39.99,
        home_lon=116.47,
        mode="metro",
        skills={"install": 2, "repair": 2, "maintenance": 2},
        shifts=dict.fromkeys(range(7), (8 * HOUR, 18 * HOUR)),
    )
    return person_id


def _visit(uow: Any, person_id: int, on: date, old: Any, m: int) -> int:
    order = orders.create_service_order(
        uow,
        kind="maintenance",
        customer_id=old.customer_id,
        site_id=old.site_id,
        contact_name=old.contact_name,
        contact_phone=old.contact_phone or "138-0000-0000",
        problem="季度维护",
    )
    orders.approve(uow, order_id=order.id)
    from_s = (8 + m) * HOUR
    appointments.appoint(
        uow,
        order_id=order.id,
        on=on,
        from_s=from_s,
        to_s=from_s + 2 * HOUR,
        agreed_with=old.contact_name,
    )
    for move in ("plan", "publish"):
        orders.move(uow, order.id, move)
    return visits.assign(
        uow,
        order_id=order.id,
        engineer_id=person_id,
        on=on,
        sequence=m + 1,
        window_from_s=from_s,
        window_to_s=from_s + 2 * HOUR,
        arrive_s=from_s,
        start_s=from_s,
        end_s=from_s + HOUR // 2,
        mode="metro",
        travel_s=1500,
        travel_m=6000,
        travel_fen=400,
    )


def missing(application: Application, acknowledged: dict[str, list[dict[str, Any]]]) -> list[str]:
    """What is not in the database exactly once of all that the server has said yes to; the first twenty."""
    with application.engine.execution_options(read_only=True).connect() as connection:
        moves = {
            (int(row.visit_id), row.action): row.n
            for row in connection.execute(
                text(
                    "SELECT v.id AS visit_id, a.action, count(*) AS n FROM audit_entries a JOIN visits v"
                    " ON a.entity = 'service_order' AND a.entity_id = CAST(v.service_order_id AS TEXT)"
                    " WHERE a.action IN ('accept', 'set_out', 'sign_in', 'finish', 'submit_card')"
                    " GROUP BY v.id, a.action"
                )
            )
        }
        moments = {
            row.id: row
            for row in connection.execute(
                text("SELECT id, accepted_at, set_out_at, signed_in_at, finished_at FROM visits")
            )
        }
        cards: dict[str, list[Any]] = {}
        for row in connection.execute(text("SELECT uuid, visit_id, data FROM cards")):
            cards.setdefault(row.uuid, []).append(row)
        told = {
            int(row.visit_id): row.n
            for row in connection.execute(
                text(
                    "SELECT c.visit_id, count(*) AS n FROM inbox_items i JOIN cards c"
                    " ON i.kind = 'card_submitted' AND json_extract(i.data, '$.card_id') = c.id GROUP BY c.visit_id"
                )
            )
        }
    wrong = []
    column = {
        "accept": "accepted_at",
        "set-out": "set_out_at",
        "sign-in": "signed_in_at",
        "finish": "finished_at",
    }
    for writes in acknowledged.values():
        for write in writes:
            visit_id, what = write["visit_id"], write["what"]
            if what in STEPS:
                good = (
                    getattr(moments[visit_id], column[what]) is not None
                    and moves.get((visit_id, STEPS[what])) == 1
                )
            else:
                found = cards.get(write["uuid"], [])
                good = (
                    len(found) == 1
                    and found[0].visit_id == visit_id
                    and json.loads(found[0].data)["remarks"] == write["remarks"]
                    and moves.get((visit_id, "submit_card")) == 1
                    and told.get(visit_id) == 1
                )
            if not good:
                wrong.append(f"{what} of visit {visit_id}")
    return wrong[:20]
