"""From asking for a plan to the stored plan: 200 visits and 30 engineers, by the job that the button starts.

    .venv/bin/python -m benchmarks.plan_day [--visits 200] [--engineers 30] [--seconds 8]

A database of its own on SQLite. What the queue adds, some tenths of a second, is not in it.
"""

import argparse
import json
import random
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from backend.appointments import actions as appointments
from backend.bootstrap import Application, build
from backend.core import logs, migrate, settings
from backend.core.clock import local_date
from backend.core.uow import SYSTEM
from backend.customers import actions as customers
from backend.dispatch import actions as dispatch
from backend.dispatch import queries
from backend.orders import actions as orders
from backend.serve import inline
from backend.staff import actions as staff
from backend.staff import auth

HOUR = 3600
WINDOWS = ((9, 11), (10, 12), (13, 15), (14, 16), (15, 17), (9, 12), (13, 17))


def main() -> None:
    """Make the day, plan it, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visits", type=int, default=200)
    parser.add_argument("--engineers", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=dispatch.DEFAULT_SECONDS)
    options = parser.parse_args()
    logs.configure("ERROR")
    with tempfile.TemporaryDirectory(prefix="paidan-plan-") as folder:
        loaded = settings.load({"PAIDAN_DATA_DIR": str(Path(folder) / "var")})
        migrate.upgrade(loaded.database_url)
        application = build(loaded)
        on = fill(application, options.visits, options.engineers)
        began = time.monotonic()
        with application.transactions.begin(SYSTEM) as uow:
            job_id = dispatch.request_plan(uow, on=on, seconds=options.seconds)
        job = inline.finish_job(application.transactions, job_id)
        took_s = time.monotonic() - began
        with application.transactions.read(SYSTEM) as uow:
            plan = queries.plan_summary(uow, job.result["plan_id"] if job.result else 0)
        application.engine.dispose()
    figures = {"seconds": round(took_s, 2), **plan, "unserved": len(plan["unserved"])}
    print(json.dumps(figures, ensure_ascii=False, indent=2))


def fill(application: Application, visits: int, engineers: int) -> date:
    """Engineers all over the town, and customers with windows tomorrow (or on Monday); the day."""
    chance = random.Random(1)
    on = local_date(application.clock.now()) + timedelta(days=1)
    while on.weekday() > 4:
        on += timedelta(days=1)
    hashed = auth.hash_password("not used here")
    with application.transactions.begin(SYSTEM) as uow:
        for n in range(engineers):
            person_id = staff.add_person(
                uow,
                login=f"eng{n}",
                name=f"工程师{n}",
                password="not used here",
                roles=["engineer"],
                password_hash=hashed,
            )
            staff.make_engineer(
                uow,
                person_id=person_id,
                code=f"E{n:02d}",
                home_address="家",
                home_lat=39.92 + chance.gauss(0, 0.07),
                home_lon=116.40 + chance.gauss(0, 0.09),
                mode=chance.choice(["car", "metro", "metro", "ebike"]),
                skills={"install": 2, "repair": 2, "maintenance": 2, "pbx": 2},
                shifts=dict.fromkeys(range(7), (8 * HOUR, 18 * HOUR)),
            )
        for n in range(visits):
            customer_id = customers.ensure_customer(
                uow, name=f"北京第{n}公司", tax_number=None, division=None
            )
            site_id = customers.ensure_site(
                uow,
                customer_id=customer_id,
                address=f"朝阳区 {n} 号",
                district="朝阳区",
                lat=39.92 + chance.gauss(0, 0.05),
                lon=116.40 + chance.gauss(0, 0.07),
                position_source="pin",
            )
            order = orders.create_service_order(
                uow,
                kind=chance.choice(["repair", "maintenance"]),
                customer_id=customer_id,
                site_id=site_id,
                contact_name="王",
                contact_phone="138-0000-0000",
                problem="季度维护",
            )
            orders.approve(uow, order_id=order.id)
            first, last = chance.choice(WINDOWS)
            appointments.appoint(
                uow, order_id=order.id, on=on, from_s=first * HOUR, to_s=last * HOUR, agreed_with="王"
            )
    return on


if __name__ == "__main__":
    main()
