"""Makes the demo's data once; a second start continues with it."""

import json
import random
import shutil
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from backend.bootstrap import Application, build
from backend.core import migrate
from backend.core.clock import FixedClock, SystemClock, local_date
from backend.core.errors import DomainError
from backend.core.settings import Settings
from backend.core.uow import SYSTEM
from backend.demo import people
from backend.demo.day import HOUR, Maker, let_happen
from backend.dispatch import actions as dispatch
from backend.dispatch import publishing
from backend.dispatch import queries as dispatch_queries
from backend.notifications import actions as notifications
from backend.orders import actions as orders
from backend.orders import intake, policy
from backend.orders import queries as order_queries
from backend.orders.workbook.sample import write_sample
from backend.serve import inline
from backend.staff import actions as staff
from backend.staff import queries as staff_queries
from backend.staff.roles import ROLES
from backend.stock import queries as stock
from backend.travel.gazetteer import entries
from backend.visits import queries as visits

MARK = "demo.json"
HISTORY_DAYS = 60
SAMPLE_ROWS = 64
TODAY_OTHERS = 70
PLAN_SECONDS = 6.0
Tell = Callable[[str, str], None]


class NotADemo(DomainError):
    """The data folder holds something else than a demo."""

    code = "not_a_demo"
    kind = "conflict"
    zh = "{folder} 里不是演示数据，没有删。请换一个 PAIDAN_DATA_DIR"
    en = "{folder} holds no demo data; nothing was removed. Choose another PAIDAN_DATA_DIR"


def reset(settings: Settings) -> None:
    """Remove the demo's data. Raises NotADemo where the folder holds other things."""
    folder = settings.data_dir
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / MARK).exists():
        raise NotADemo(folder=folder)
    shutil.rmtree(folder)


def ensure(settings: Settings, *, tell: Tell) -> dict[str, Any]:
    """The demo's summary; its data are made where they are not there yet. Raises NotADemo."""
    mark = settings.data_dir / MARK
    migrate.upgrade(settings.database_url)
    application = build(settings)
    if mark.exists() and json.loads(mark.read_text()).get("complete"):
        return _summary(application, json.loads(mark.read_text()))
    with application.transactions.read(SYSTEM) as uow:
        used = bool(staff_queries.people(uow, size=1).rows)
    if used and not mark.exists():
        raise NotADemo(folder=settings.data_dir)
    if used:  # an earlier try was interrupted in the middle
        application.engine.dispose()
        shutil.rmtree(settings.data_dir)
        migrate.upgrade(settings.database_url)
        application = build(settings)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    mark.write_text(json.dumps({"complete": False}))
    made = _make(application, tell)
    mark.write_text(json.dumps({"complete": True, **made}, ensure_ascii=False))
    return _summary(application, made)


def _make(application: Application, tell: Tell) -> dict[str, Any]:
    began = time.monotonic()
    clock = FixedClock()
    app = build(application.settings, clock)
    now = SystemClock().now()
    today = local_date(now)
    chance = random.Random(20261124)
    places = sorted({f"{e.districts[0]}{e.name}" for e in entries() if e.kind in ("building", "area")})
    places = [place for place in places if app.geocoder.geocode(f"{place}3号楼1205").status == "found"]
    maker = Maker(app.transactions, clock, app.geocoder, places, chance, [])
    tell(
        "正在建演示部门：30 位工程师、11 种角色、车辆和库存……",
        "Making the department: 30 engineers, 11 roles, vehicles, stock …",
    )
    maker.at(today - timedelta(days=HISTORY_DAYS + 2), 9 * HOUR)
    with app.transactions.begin(SYSTEM) as uow:
        people.make(uow, chance)
    tell(f"正在补 {HISTORY_DAYS} 天的历史……", f"Making {HISTORY_DAYS} days of history …")
    for back in range(HISTORY_DAYS, 1, -1):
        day = today - timedelta(days=back)
        if day.weekday() < 5:
            maker.past_day(day, installs=5, others=8)
            maker.check_claims(day)
    _read_old_messages(app)
    history_s = time.monotonic() - began
    tell("正在导入今天的安装单……", "Importing today's install orders …")
    report = _import(app, maker, today)
    plan = _today(app, maker, today, now, tell)
    inline.deliver_facts(app.transactions)
    clock.at = now
    app.engine.dispose()
    return {
        "import": {key: report[key] for key in ("accepted", "duplicates", "rejected")},
        "plan": plan,
        "seconds": {"history": round(history_s, 1), "all": round(time.monotonic() - began, 1)},
    }


def _read_old_messages(app: Application) -> None:
    """What the history told people was read long ago."""
    inline.deliver_facts(app.transactions)
    with app.transactions.read(SYSTEM) as uow:
        actors = [staff_queries.actor(uow, row.id, "web") for row in staff_queries.people(uow, size=200).rows]
    for actor in actors:
        with app.transactions.begin(actor) as uow:
            notifications.mark_read(uow)


def _import(app: Application, maker: Maker, today: date) -> dict[str, Any]:
    """The sample workbook of yesterday evening with its mistakes."""
    maker.at(today - timedelta(days=1), 16 * HOUR)
    path = app.settings.data_dir / "sample-install-orders.xlsx"
    with app.transactions.read(SYSTEM) as uow:
        models = stock.models(uow)
    write_sample(
        str(path),
        today=today - timedelta(days=1),
        rows=SAMPLE_ROWS,
        seed=7,
        places=maker.places,
        models=models,
    )
    with app.transactions.read(SYSTEM) as uow:
        sales = staff_queries.by_login(uow, "sales")
        actor = staff_queries.actor(uow, sales.id if sales else 0, "web")
        sheet = intake.read_workbook(uow, data=path.read_bytes(), filename=path.name, geocoder=app.geocoder)
    with app.transactions.begin(actor) as uow:
        return intake.store(uow, sheet).to_data()


def _today(app: Application, maker: Maker, today: date, now: Any, tell: Tell) -> dict[str, Any]:
    """Review most of it, appoint, plan, publish, and let the day happen up to now."""
    maker.at(today - timedelta(days=1), 17 * HOUR)
    with app.transactions.begin(SYSTEM) as uow:
        for index, vehicle in enumerate(staff_queries.vehicles(uow, today)):
            engineers = list(staff_queries.engineer_names(uow))
            staff.give_vehicle(uow, vehicle_id=vehicle.id, person_id=engineers[index * 3 + 1], on=today)
        queue = [row for row in order_queries.review_queue(uow, size=200).rows if row.lat is not None]
        ready = [row for row in queue if not policy.open_errors(list(row.findings), row.answers)]
        ids = [orders.approve(uow, order_id=row.order_id).id for row in ready[12:]]
        ids += [maker.other(uow) for _ in range(TODAY_OTHERS)]
        for index, order_id in enumerate(ids):
            if index % 9 != 8:
                day = today if index % 9 < 7 else today + timedelta(days=1)
                maker.appoint(uow, order_id, day)
    tell(f"正在排今天的日程（{PLAN_SECONDS:.0f} 秒）……", f"Planning today ({PLAN_SECONDS:.0f} seconds) …")
    maker.at(today - timedelta(days=1), 18 * HOUR)
    with app.transactions.begin(SYSTEM) as uow:
        job_id = dispatch.request_plan(uow, on=today, seconds=PLAN_SECONDS, seed=1)
    job = inline.finish_job(app.transactions, job_id)
    if job.result is None:
        raise RuntimeError(f"the demo's day could not be planned: {job.error}")
    with app.transactions.begin(SYSTEM) as uow:
        summary = dispatch_queries.plan_summary(uow, job.result["plan_id"])
        publishing.publish(uow, on=today)
    inline.deliver_facts(app.transactions)
    with app.transactions.read(SYSTEM) as uow:
        rows = visits.day(uow, today)
    let_happen(maker, rows, today, now)
    return {key: summary[key] for key in ("plan_id", "date", "served", "cost_fen", "violations")} | {
        "unserved": len(summary["unserved"])
    }


def _summary(application: Application, made: dict[str, Any]) -> dict[str, Any]:
    with application.transactions.read(SYSTEM) as uow:
        rows = staff_queries.people(uow, size=200).rows
        counts = order_queries.counts(uow)
        engineers = len(staff_queries.engineer_names(uow))
    accounts = [
        (row.login, row.name, {"zh": ROLES[row.roles[0]].zh, "en": ROLES[row.roles[0]].en})
        for row in rows
        if row.login in {account[0] for account in people.ACCOUNTS} | {"engineer"}
    ]
    application.engine.dispose()
    kept = {key: value for key, value in made.items() if key != "complete"}
    return {"people": len(rows), "engineers": engineers, "orders": counts, **kept, "accounts": accounts}
