"""Makes the demo's data once; a second start continues with it."""

import json
import random
import shutil
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from backend.bootstrap import Application, build
from backend.core import migrate
from backend.core.clock import FixedClock, SystemClock, at_local, local_date
from backend.core.errors import DomainError
from backend.core.settings import Settings
from backend.core.uow import SYSTEM
from backend.demo import people
from backend.demo.history import History
from backend.demo.stage import HOUR, Stage, workday_before
from backend.demo.today import Today
from backend.orders import queries as order_queries
from backend.staff import queries as staff_queries
from backend.staff.roles import ROLES
from backend.travel.gazetteer import entries

MARK = "demo.json"
HISTORY_DAYS = 60
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
    stage = Stage(app.transactions, clock, app.geocoder, _places(app), chance)
    tell(
        "正在建演示部门：30 位工程师、11 种角色、车辆和库存……",
        "Making the department: 30 engineers, 11 roles, vehicles, stock …",
    )
    first = today - timedelta(days=HISTORY_DAYS)
    stage.now = clock.at = at_local(workday_before(first) - timedelta(days=7), 9 * HOUR)
    with app.transactions.begin(SYSTEM) as uow:
        people.make(uow, chance)
    stage.meet()
    tell(f"正在补 {HISTORY_DAYS} 天的历史……", f"Making {HISTORY_DAYS} days of history …")
    history = History(stage)
    for back in range(HISTORY_DAYS, 0, -1):
        day = today - timedelta(days=back)
        if day.weekday() < 5:
            history.work_on(day, installs=chance.choice([5, 5, 6]), others=chance.choice([7, 8, 9]))
    stage.play(at_local(workday_before(today), 8 * HOUR))
    history_s = time.monotonic() - began
    made = Today(app, stage, history, today, now).make(tell)
    app.engine.dispose()
    return {
        **made,
        "seconds": {"history": round(history_s, 1), "all": round(time.monotonic() - began, 1)},
    }


def _places(app: Application) -> list[str]:
    """Addresses that the gazetteer finds for certain, so that the mistakes in the workbook are those put there."""
    known = {f"{e.districts[0]}{e.name}" for e in entries() if e.kind in ("building", "area")}
    return [place for place in sorted(known) if app.geocoder.geocode(f"{place}3号楼1205").status == "found"]


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
