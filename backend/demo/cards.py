"""What the demo's engineers write on their feedback cards."""

import random
from typing import Any

from backend.core.uow import UnitOfWork
from backend.customers import queries as customers
from backend.stock import queries as stock
from backend.visits.queries import VisitRow

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
    "0000000b4944415478da6364f80f00010501012718e3660000000049454e44ae426082"
)
CONDITIONS = (
    "供电正常，已接地，弱电间干燥",
    "供电正常，没有接地线，已建议客户补上",
    "机房温度偏高，线路整齐",
    "设备挂墙，插座独立，线路有旧标签",
)
WORDS = ("师傅准时，讲得清楚", "可以", "下次提前半小时打电话", "很满意", "", "", "")
REPAIRED = (
    "更换水晶头，重做接地，测试正常",
    "拨号器重新写入程序，长途恢复",
    "外线极性接反，已改正",
    "集团电话出局号改过，已同步设置",
    "电源适配器老化，已更换",
)
CARED = ("清灰，紧固端子，程序已是最新", "逐线测量，数值正常", "更换备用电源，断电直通正常")


def card_data(uow: UnitOfWork, row: VisitRow, chance: random.Random) -> dict[str, Any]:
    """A well filled card for a visit that is over, with the device that is there."""
    order = row.order
    known = customers.profile(uow, order.site_id) if order.site_id else {}
    issued = stock.serials_for_order(uow, order.id)
    serial = issued[0].serial if issued else known.get("device_serial", "")
    unfinished = chance.random() < 0.03
    data = {
        "result": "partly" if unfinished else "done",
        "left_to_do": "客户的交换机没有备用端口，下周加线后再测" if unfinished else "",
        "access_mode": order.access_mode or known.get("access_mode") or "pbx_trunk",
        "device_model": order.device_model or known.get("device_model") or "DL4-C",
        "device_serial": serial or "",
        "conditions": chance.choice(CONDITIONS),
        "call_local": "ok",
        "call_long": "ok",
        "call_mobile": "ok",
        "call_fax": chance.choice(["ok", "none"]),
        "call_bypass": chance.choice(["ok", "ok", "ok", "none"]),
        "trained": True,
        "trained_whom": order.contact_name or "前台",
        "trained_topics": "拨号、断电直通、报修电话",
        "mark_punctual": chance.choice("34555"),
        "mark_skill": chance.choice("4555"),
        "mark_manner": "5",
        "mark_whole": chance.choice("4555"),
        "customer_words": chance.choice(WORDS),
        "signed_by": order.contact_name,
        "remarks": chance.choice({"repair": REPAIRED, "maintenance": CARED}.get(order.kind, ("",))),
        "lines": [
            _line(number, chance) for number in range(1, min(order.line_count or known_lines(known), 8) + 1)
        ],
    }
    if order.kind == "repair":
        data |= {
            "repair_symptom": chance.choice(["no_dial", "no_long", "noise", "drops", "one_way"]),
            "repair_often": chance.choice(["always", "sometimes"]),
            "repair_cause": chance.choice(["device", "line", "line", "pbx", "settings", "handling"]),
            "repair_measures": data["remarks"],
            "repair_minutes": str(chance.randrange(10, 70, 5)),
            "repair_solved": "site",
        }
    return {key: value for key, value in data.items() if value not in ("", None)}


def known_lines(profile: dict[str, Any]) -> int:
    """How many lines a site has, as far as anyone wrote down."""
    return len(profile.get("lines") or ()) or int(profile.get("line_count") or 2)


def _line(number: int, chance: random.Random) -> dict[str, Any]:
    voltage, current, noise = chance.uniform(46.5, 50.5), chance.uniform(22, 29), chance.uniform(0.8, 2.2)
    return {
        "number": f"线 {number}",
        "voltage_before": round(voltage, 1),
        "voltage_after": round(voltage + chance.uniform(-0.3, 0.3), 1),
        "current_before": round(current, 1),
        "current_after": round(current + chance.uniform(-0.5, 0.5), 1),
        "noise_before": round(noise, 1),
        "noise_after": round(noise * chance.uniform(0.5, 0.9), 1),
        "reversal": chance.random() < 0.8,
    }
