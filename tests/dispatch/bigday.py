"""A full day: 30 engineers and somewhat over 200 visits on Tuesday 2026-11-24, planned, published and half done.

Sequences come first: each engineer's day is a walk through his part of the city, and the windows are those that
customers would have agreed to. Eight orders stay without a place, one of them urgent and without a window.
"""

import random
from datetime import UTC, date, datetime
from unittest.mock import patch

from backend.appointments import actions as appointments
from backend.core.clock import FixedClock, at_local
from backend.core.uow import SYSTEM, Transactions, UnitOfWork
from backend.customers import actions as customers
from backend.dispatch import actions as dispatch
from backend.dispatch import problem
from backend.orders import actions as orders
from backend.staff import actions as staff
from backend.staff import auth
from backend.staff import queries as staff_queries
from backend.visits import actions as visit_actions
from backend.visits import queries as visits
from optimizer.building import build
from optimizer.instance import Instance
from optimizer.timing import schedule
from tests.dispatch.department import HOUR, Department

DAY = date(2026, 11, 24)
MORNING = at_local(DAY, 10 * HOUR + 42 * 60)
PASSWORD = "Paidan-2026-zm"
NAMES = [
    "王磊",
    "陈静",
    "刘洋",
    "赵强",
    "孙悦",
    "周涛",
    "吴霞",
    "郑凯",
    "黄敏",
    "马超",
    "林娜",
    "何勇",
    "徐波",
    "高翔",
    "唐静",
    "罗军",
    "宋佳",
    "韩冰",
    "冯磊",
    "董洁",
    "萧然",
    "程亮",
    "曹阳",
    "袁媛",
    "邓辉",
    "许诺",
    "傅强",
    "沈悦",
    "曾伟",
    "彭娟",
]
AREAS = (
    ("朝阳区", 39.925, 116.465),
    ("海淀区", 39.975, 116.315),
    ("西城区", 39.912, 116.365),
    ("东城区", 39.930, 116.415),
    ("丰台区", 39.860, 116.345),
    ("石景山区", 39.910, 116.225),
)
FIRST = [
    "启衡",
    "泰和",
    "京仪",
    "博远",
    "华清",
    "天健",
    "云舟",
    "安信",
    "金隅",
    "汇通",
    "中海",
    "晨岭",
    "新锐",
    "同仁",
    "蓝海",
    "佳美",
    "北方",
    "通州",
    "西单",
    "宣武",
    "天坛",
    "方庄",
    "牡丹",
    "德胜",
]
SECOND = [
    "软件",
    "口腔",
    "光电",
    "机电",
    "同方",
    "医疗",
    "科技",
    "保险",
    "集团",
    "商贸",
    "物业",
    "印务",
    "广告",
    "医馆",
    "国旅",
    "家居",
    "微电子",
    "建材",
    "图书",
    "典当",
    "药房",
    "酒店",
    "电子",
    "咨询",
]
KINDS = ("repair", "repair", "maintenance")


def make(transactions: Transactions, clock: FixedClock, people: int = 30, short: bool = False) -> Department:
    """Fill an empty database; afterwards the clock stands at 10:42 of the day.

    With ``short`` visits take 25 minutes, so that about eight fit into a day instead of six.
    """
    dice = random.Random(11)
    clock.at = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    made = Department()
    routes: list[list[int]] = []
    # One hash for all: it takes its time on purpose.
    hashed = auth.hash_password(PASSWORD)
    with patch.object(auth, "hash_password", return_value=hashed), transactions.begin(SYSTEM) as uow:
        office = {
            login: staff.add_person(
                uow, login=login, name=name, password=PASSWORD, roles=["technical_assistant"]
            )
            for login, name in (("zhaomin", "赵敏"), ("sunli", "孙丽"))
        }
        for n in range(people):
            name = NAMES[n % len(NAMES)] + str(n // len(NAMES) or "")
            made.engineers.append(_engineer(uow, dice, n, name))
        made.assistant = staff_queries.actor(uow, office["zhaomin"], "web")
    with transactions.begin(made.assistant) as uow:
        for n in range(people):
            routes.append(_route(uow, dice, n, made, 1500 if short else None))
        loose = [_order(uow, dice, AREAS[k % 6], made, urgent=k == 0) for k in range(8)]
        for k, order_id in enumerate(loose[1:], start=1):
            from_s = (13 + k % 3) * HOUR
            appointments.appoint(uow, order_id=order_id, on=DAY, from_s=from_s, to_s=from_s + 2 * HOUR)
    _plan(transactions, made, routes)
    with transactions.begin(made.assistant) as uow:
        dispatch.publish(uow, on=DAY)
    _morning(transactions, clock, made)
    return made


def _engineer(uow: UnitOfWork, dice: random.Random, n: int, name: str) -> int:
    _, lat, lon = AREAS[n % 6]
    person_id = staff.add_person(
        uow, login=f"eng{n}", name=name, password=f"Paidan-2026-e{n}", roles=["engineer"]
    )
    staff.make_engineer(
        uow,
        person_id=person_id,
        code=f"E{n:02d}",
        home_address="北京",
        home_lat=lat + dice.uniform(-0.04, 0.04),
        home_lon=lon + dice.uniform(-0.05, 0.05),
        mode=("metro", "car", "ebike")[n % 3],
        skills={"install": 2, "repair": 2, "maintenance": 1},
        shifts=dict.fromkeys(range(5), (8 * HOUR + 1800, 18 * HOUR)),
    )
    return person_id


def _route(
    uow: UnitOfWork, dice: random.Random, n: int, made: Department, duration_s: int | None
) -> list[int]:
    at_s, row = 9 * HOUR, []
    while at_s < 17 * HOUR:
        if 11.3 * HOUR < at_s < 12.6 * HOUR:
            at_s += 3000
        order_id = _order(uow, dice, AREAS[n % 6], made, duration_s=duration_s)
        from_s = max(9 * HOUR, (at_s - dice.choice((0, 1800, 3600))) // 1800 * 1800)
        appointments.appoint(
            uow, order_id=order_id, on=DAY, from_s=from_s, to_s=from_s + 2 * HOUR, agreed_with="李工"
        )
        row.append(order_id)
        at_s += (duration_s or dice.choice((2400, 3000))) + dice.choice((1200, 1500, 1800))
    return row


def _order(
    uow: UnitOfWork,
    dice: random.Random,
    area: tuple[str, float, float],
    made: Department,
    urgent: bool = False,
    duration_s: int | None = None,
) -> int:
    system = UnitOfWork(uow.session, SYSTEM, uow.now)
    n = len(made.orders)
    district, lat, lon = area
    name = f"北京{FIRST[n % 24]}{SECOND[(n * 7 + n // 24) % 24]}有限公司"
    customer_id = customers.ensure_customer(system, name=name, tax_number=None, division=None)
    site_id = customers.ensure_site(
        system,
        customer_id=customer_id,
        address=f"{district}建设路{n + 1}号",
        district=district,
        lat=lat + dice.uniform(-0.03, 0.03),
        lon=lon + dice.uniform(-0.04, 0.04),
        position_source="pin",
    )
    order = orders.create_service_order(
        system,
        kind=KINDS[n % 3],
        customer_id=customer_id,
        site_id=site_id,
        contact_name="李工",
        contact_phone=f"138{n:08d}",
        problem="电话打不出去",
        urgent=urgent,
        duration_s=duration_s,
    )
    orders.approve(system, order_id=order.id)
    made.orders.append(order.id)
    return order.id


def _plan(transactions: Transactions, made: Department, routes: list[list[int]]) -> None:
    with transactions.read(SYSTEM) as uow:
        built, _ = problem.build(uow, DAY)
    instance = Instance(built)
    chosen: list[list[int]] = []
    for worker, row in enumerate(routes):
        kept: list[int] = []
        for order_id in row:
            longer = [*kept, instance.task_number[str(order_id)]]
            if schedule(instance, worker, longer) is not None:
                kept = longer
        chosen.append(kept)
    plan = build(instance, chosen, "walk", 1, 1)
    with transactions.begin(SYSTEM) as uow:
        dispatch.store_plan(uow, lease=None, problem=built, plan=plan, violations=[])


def _morning(transactions: Transactions, clock: FixedClock, made: Department) -> None:
    """Everybody accepts; what is due by 10:42 is on the way, on site or done."""
    clock.at = at_local(DAY, 7 * HOUR + 1800)
    with transactions.read(SYSTEM) as uow:
        rows = visits.day(uow, DAY)
        actors = {person_id: staff_queries.actor(uow, person_id, "phone") for person_id in made.engineers}
    with transactions.begin(SYSTEM) as uow:
        for row in rows:
            him = UnitOfWork(uow.session, actors[row.engineer_id], at_local(DAY, 7 * HOUR + 1800))
            if row.sequence <= 4:
                visit_actions.accept(him, visit_id=row.id)
            for at_s, act in (
                (row.arrive_s - row.travel_s, visit_actions.set_out),
                (row.start_s, visit_actions.sign_in),
                (row.end_s, visit_actions.finish),
            ):
                if at_local(DAY, at_s) <= MORNING and row.sequence <= 4:
                    act(replace_now(him, at_local(DAY, at_s)), visit_id=row.id)
    clock.at = MORNING


def replace_now(uow: UnitOfWork, at: datetime) -> UnitOfWork:
    """The same transaction at another moment."""
    return UnitOfWork(uow.session, uow.actor, at)
