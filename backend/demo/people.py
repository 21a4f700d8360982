"""The fictional people, vehicles, models and lists of the demo department."""

import random
from datetime import date, timedelta
from math import hypot

from backend.core import lists
from backend.core.clock import local_date
from backend.core.uow import UnitOfWork
from backend.staff import actions as staff
from backend.staff import auth, plates
from backend.stock import actions as stock
from backend.travel.gazetteer import entries

PASSWORD = "paidan-demo"
ACCOUNTS = (
    ("manager", "沈国栋", None),
    ("desk_supervisor", "方静怡", None),
    ("rep_care", "秦小雨", None),
    ("rep_onboarding", "田雨晴", None),
    ("stock_assistant", "邵建军", None),
    ("technical_assistant", "赵敏", None),
    ("technical_supervisor", "韩志强", None),
    ("sales", "陆晓峰", "华北事业部"),
    ("finance", "蒋丽萍", None),
    ("admin", "系统管理员", None),
)
ENGINEERS = (
    "王磊 陈静 刘洋 赵强 孙悦 周涛 吴霞 郑凯 黄敏 马超 林娜 何勇 高翔 唐静 徐佳 "
    "朱明 胡蓉 郭峰 罗艳 梁栋 宋杰 谢婷 韩磊 冯雪 董浩 萧然 程远 曹颖 袁野 邓超群"
)
MODELS = (
    ("DL2-A", "二线拨号器", 2, 168000),
    ("DL4-C", "四线拨号器", 4, 268000),
    ("DL8-C", "八线拨号器", 8, 468000),
    ("DL16-D", "十六线拨号器", 16, 798000),
    ("DL30-E1", "E1 拨号器", 30, 1280000),
)
GIFTS = (("GIFT-CAL", "台历", 1500), ("GIFT-CUP", "保温杯", 4800), ("GIFT-PEN", "签字笔套装", 2600))
IN_STOCK = 100  # of each model at the beginning; the history takes more than half of them
LISTS = {
    "return_reasons": (
        ("tax_number", "税号不对", "Tax number wrong"),
        ("address", "地址不清楚", "Address unclear"),
        ("contact", "联系人或电话不对", "Contact or telephone wrong"),
        ("device", "设备型号不对", "Device model wrong"),
        ("price", "价格不对", "Price wrong"),
        ("duplicate", "重复的单子", "Duplicate order"),
        ("other", "其他", "Other"),
    ),
    "failed_visit_reasons": (
        ("nobody", "没有人", "Nobody there"),
        ("site_not_ready", "现场没准备好", "Site not ready"),
        ("no_access", "进不去", "No access"),
        ("wrong_device", "设备不对", "Wrong device"),
        ("wrong_address", "地址不对", "Wrong address"),
        ("refused", "客户不让做", "Customer refuses"),
        ("carrier", "要等运营商", "Needs the carrier"),
    ),
    "special_causes": (
        ("customer_signature", "等客户签字", "Waiting for the customer's signature"),
        ("no_signal", "长时间没有信号", "No signal for long"),
        ("illness", "突发疾病", "Sudden illness"),
        ("other", "其他", "Other"),
    ),
    "gift_kinds": (
        ("umbrella", "雨伞", "Umbrella"),
        ("calendar", "台历", "Desk calendar"),
        ("cup", "保温杯", "Thermos cup"),
        ("power_strip", "插线板", "Power strip"),
    ),
    "steps_install": (
        ("check_goods", "当面核对设备和附件", "Check device and parts with the customer"),
        ("power_earth", "量供电和接地", "Measure power and earth"),
        ("wire", "接线，理线，贴标签", "Wire, tidy, label"),
        ("settings", "写程序，核对出局号", "Write the program, check the outside digit"),
        ("calls", "逐线试拨，断电直通", "Test calls on each line, bypass without power"),
        ("teach", "教客户用", "Teach the customer"),
    ),
    "steps_repair": (
        ("ask", "问清现象，先复现", "Ask what happens and see it happen"),
        ("measure", "逐线测量", "Measure each line"),
        ("mend", "处理，换下的件带回", "Mend; bring back what was taken out"),
        ("calls", "试拨，断电直通", "Test calls, bypass without power"),
        ("explain", "说明原因和怎样避免", "Explain the cause and how to avoid it"),
    ),
    "steps_maintenance": (
        ("clean", "清灰，紧固端子", "Clean, fasten terminals"),
        ("measure", "逐线测量", "Measure each line"),
        ("power", "备用电源，断电直通", "Backup power, bypass"),
        ("program", "核对程序版本", "Check the program's version"),
        ("ask", "问客户使用情况", "Ask how it is used"),
    ),
}  # fmt: skip
HOUR = 3600


def make(uow: UnitOfWork, chance: random.Random) -> None:
    """Create people, engineers, vehicles, items with serials, and the department's lists."""
    hashed = auth.hash_password(PASSWORD)
    for role, name, division in ACCOUNTS:
        staff.add_person(
            uow,
            login=role,
            name=name,
            password=PASSWORD,
            roles=[role],
            division=division,
            password_hash=hashed,
        )
    homes = [place for place in entries() if place.kind == "area"] or list(entries())
    chance.shuffle(homes)
    # Whoever looks at the demo looks through the first engineer's eyes: he lives where the work is.
    homes.insert(
        0, homes.pop(homes.index(min(homes, key=lambda place: hypot(place.lat - 39.91, place.lon - 116.40))))
    )
    for index, name in enumerate(ENGINEERS.split()):
        login = "engineer" if index == 0 else f"engineer{index + 1:02d}"
        phone = f"139-0000-{2000 + index}"
        person = staff.add_person(
            uow,
            login=login,
            name=name,
            password=PASSWORD,
            roles=["engineer"],
            phone=phone,
            password_hash=hashed,
        )
        home = homes[index % len(homes)]
        skills = {"install": 2, "repair": 2, "maintenance": 1}
        if index % 10 != 9:
            skills["pbx"] = 1 + index % 3
        if index % 5 == 0:
            skills["e1"] = 2
        start = 8 * HOUR + 1800 if index % 3 else 9 * HOUR
        # Monday to Friday, and every second engineer on either day of the weekend.
        shifts = dict.fromkeys([0, 1, 2, 3, 4, 5 + index % 2], (start, start + 9 * HOUR))
        staff.make_engineer(
            uow,
            person_id=person,
            code=f"E{index + 1:02d}",
            home_address=f"{home.districts[0]}{home.name}",
            home_lat=home.lat + chance.uniform(-0.008, 0.008),
            home_lon=home.lon + chance.uniform(-0.008, 0.008),
            mode="ebike" if index % 4 == 3 else "bus" if index % 7 == 2 else "metro",
            skills=skills,
            shifts=shifts,
        )
    for index in range(8):
        staff.add_vehicle(uow, plate=f"京A·D{1001 + 37 * index}", name=f"公司车 {index + 1}", kind="car")
    for index in range(4):
        staff.add_vehicle(uow, plate=f"DD-{index + 1:02d}", name=f"电动车 {index + 1}", kind="ebike")
        staff.add_vehicle(uow, plate=f"JT-{index + 1:02d}", name=f"交通卡 {index + 1}", kind="metro_card")
    _plate_limits(uow)
    for code, name, lines, price in MODELS:
        item = stock.add_item(uow, code=code, name=name, kind="dialer", lines=lines, price_fen=price)
        stock.take_in(
            uow, item_id=item, serials=[f"{code.split('-')[0]}-2607-{n:04d}" for n in range(1, IN_STOCK + 1)]
        )
    for code, name, price in GIFTS:
        stock.add_item(uow, code=code, name=name, kind="gift", lines=None, price_fen=price)
    for code, values in LISTS.items():
        lists.seed(uow, code, values)


def _plate_limits(uow: UnitOfWork) -> None:
    """The periods around the demo's days, from the one that began on 31 March 2025 on, as the city changed them."""
    first, digits = date(2025, 3, 31), ("50", "16", "27", "38", "49")
    soon = local_date(uow.now) + timedelta(days=200)
    while first < soon:
        last = first + plates.PERIOD - timedelta(days=1)
        plates.save(uow, first_on=first, last_on=last, digits=digits)
        first, digits = last + timedelta(days=1), (digits[-1], *digits[:-1])
