"""安装方案: what an install plan says. Pure: order, profile and models in, plain values out, in Chinese for the customer."""

from collections.abc import Mapping
from math import ceil
from typing import Any

from backend.orders.fields import ACCESS_MODES
from backend.orders.queries import InstallRow

UNKNOWN = "现场确认"
MINUTE = 60

CONNECTION = {
    "direct": "拨号器串在电话机与外线之间，一条外线接一个端口，断电时自动直通。",
    "pbx_trunk": "拨号器串在集团电话的外线侧，外线先进拨号器，再进集团电话的外线口，断电时自动直通。",
    "pbx_extension": "拨号器接在集团电话的分机侧，由集团电话按出局号送到拨号器。",
    "e1": "拨号器接在数字中继 E1 与交换机之间，由双方核对信令后割接。",
}
PREPARE = {
    "direct": ("请把要装的电话线引到一处，并标好号码",),
    "pbx_trunk": ("请约集团电话的维护人员在场", "请把外线在配线架上标好号码"),
    "pbx_extension": ("请约集团电话的维护人员在场", "请留出分机口，并告知出局号"),
    "e1": ("请约交换机的维护人员和运营商在场或电话待命", "请提供信令方式、主叫号码和割接时间"),
}
PREPARE_ALL = (
    "请安排一位熟悉电话线路的同事全程在场，能进入机房和弱电间",
    "拨号器旁两米内要有 220 V 插座，最好有接地和不间断电源",
    "要有放得下拨号器的机架、墙面或桌面，离水和暖气远一些",
)
STEPS = {
    "direct": (("查看线路，量每条线的电压和电流", 15), ("安装拨号器，接外线和电话机", 0)),
    "pbx_trunk": (("查看配线架和集团电话，量每条外线", 20), ("安装拨号器，逐条改接外线", 0)),
    "pbx_extension": (("查看分机口和出局设置", 20), ("安装拨号器，改集团电话的出局路由", 0)),
    "e1": (("核对信令和线路", 30), ("安装拨号器，割接中继", 0)),
}
STEPS_AFTER = (
    ("试打市话、长途、手机、传真，断电试直通", 15),
    ("给使用的同事讲解，签技术服务反馈卡", 10),
)
TESTS = ("市话", "长途", "手机", "传真", "断电直通")
INTERRUPTION_MIN_PER_LINE = 5


def content(
    install: InstallRow,
    *,
    duration_s: int,
    profile: Mapping[str, Any],
    model_lines: int | None,
    window: str,
    note: str,
) -> dict[str, Any]:
    """The plan of an order. ``model_lines`` are the lines that one dialer of the model takes, None where unknown.

    ``window`` is the agreed time in words, empty where there is none yet.
    """
    mode = install.access_mode
    modes = {choice.code: choice.zh for choice in ACCESS_MODES}
    fixed = STEPS[mode][0][1] + sum(minutes for _, minutes in STEPS_AFTER)
    work = max(10, duration_s // MINUTE - fixed)
    steps = [
        {"what": STEPS[mode][0][0], "minutes": STEPS[mode][0][1]},
        {"what": STEPS[mode][1][0], "minutes": work},
        *({"what": what, "minutes": minutes} for what, minutes in STEPS_AFTER),
    ]
    return {
        "order_number": install.number,
        "customer": install.customer_name,
        "address": install.address,
        "contact": f"{install.contact_name} {install.contact_phone}",
        "window": window,
        "access_mode": modes.get(mode, mode),
        "connection": CONNECTION[mode],
        "lines": list(install.line_numbers),
        "line_count": install.line_count,
        "device": install.device_model,
        "devices": ceil(install.line_count / model_lines) if model_lines else None,
        "pbx": install.pbx_model or (UNKNOWN if mode.startswith("pbx") else ""),
        "conditions": str(profile.get("conditions") or UNKNOWN),
        "prepare": [*PREPARE[mode], *PREPARE_ALL],
        "steps": steps,
        "minutes": sum(step["minutes"] for step in steps),
        "interruption_min": INTERRUPTION_MIN_PER_LINE,
        "tests": list(TESTS),
        "note": note.strip(),
    }


def sections(data: dict[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The plan's parts in their order, for paper and screen alike: heading, and lines of label and words."""
    lines = "、".join(data["lines"]) or f"{data['line_count']} 条"
    devices = f"{data['device']}" + (f" × {data['devices']}" if data["devices"] else "")
    parts = [
        (
            "客户",
            [
                ("客户", data["customer"]),
                ("安装地址", data["address"]),
                ("联系人", data["contact"]),
                ("上门时间", data["window"] or "另行电话预约"),
            ],
        ),
        (
            "怎么接",
            [
                ("接入方式", data["access_mode"]),
                ("线路", f"{lines}（共 {data['line_count']} 条）"),
                ("拨号器", devices),
                ("集团电话", data["pbx"]),
                ("现场条件", data["conditions"]),
                ("", data["connection"]),
            ],
        ),
        ("请您准备", [("", f"{n}. {text}") for n, text in enumerate(data["prepare"], 1)]),
        (
            f"怎么做，大约 {data['minutes']} 分钟",
            [("", f"{n}. {one['what']}（{one['minutes']} 分钟）") for n, one in enumerate(data["steps"], 1)]
            + [
                ("", f"改接时每条线大约中断 {data['interruption_min']} 分钟。"),
                ("验收", "、".join(data["tests"])),
            ],
        ),
    ]
    return parts + ([("补充说明", [("", data["note"])])] if data["note"] else [])
