"""A sample workbook of fictional install orders with the mistakes that people really make."""

import random
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from stdnum.cn import uscc

from backend.orders.workbook.reader import Model
from backend.orders.workbook.template import write_template

_FRONT = [
    "云帆",
    "启衡",
    "晨岭",
    "博远",
    "泰和",
    "佳美",
    "中科融",
    "华清",
    "天健",
    "安信",
    "汇通",
    "金隅",
    "新锐",
    "蓝海",
    "同仁",
    "牡丹",
    "德胜",
    "雍和",
    "和平",
    "龙域",
    "丰联",
    "三元",
    "燕莎",
    "丽都",
    "首信",
    "北辰",
    "知春",
    "清河",
    "潞城",
    "沙河",
    "安贞",
    "永定",
    "蒲黄榆",
    "大望",
    "积水潭",
    "六里桥",
    "华威",
    "麦子店",
    "张自忠",
    "朝华",
    "恒基",
    "光熙",
    "嘉铭",
    "远洋",
    "富力",
    "京仪",
    "方庄",
    "亚运",
    "望花",
    "翠微",
]
_MIDDLE = [
    "软件",
    "电子",
    "商贸",
    "医疗",
    "咨询",
    "建材",
    "文化",
    "传媒",
    "餐饮",
    "物流",
    "能源",
    "设计",
    "广告",
    "保险",
    "印务",
    "教育",
]
_PEOPLE = [
    "赵文博",
    "李雯",
    "王磊",
    "陈丽华",
    "周岚",
    "孙立",
    "吴倩",
    "郑凯",
    "黄敏",
    "何勇",
    "马超",
    "林娜",
    "高翔",
    "唐静",
    "刘洋",
    "徐佳",
    "朱明",
    "胡蓉",
    "郭峰",
    "罗艳",
]
_DIVISION, _PREFIX = "华北事业部", "HB"


def sample_rows(
    *,
    today: date,
    rows: int,
    seed: int,
    places: Sequence[str],
    models: Mapping[str, Model],
    mistakes: bool = True,
) -> tuple[list[dict[str, Any]], dict[int, str]]:
    """Rows by field code, and the mistakes that were made, by Excel row number (2 is the first)."""
    chance = random.Random(seed)
    made: dict[int, str] = {}
    result: list[dict[str, Any]] = []
    kinds = [
        "no_phone",
        "short_tax",
        "letter_o",
        "unknown_model",
        "date_past",
        "nowhere",
        "double",
        "price_text",
        "near_name",
    ]
    for index in range(rows):
        row = _good(chance, index, today, places, models)
        number = index + 2
        if mistakes and index % 8 == 5:
            kind = kinds[(index // 8) % len(kinds)]
            if kind == "no_phone":
                row["contact_phone"] = None
            elif kind == "short_tax":
                row["tax_number"] = row["tax_number"][:15]
            elif kind == "letter_o":
                row["tax_number"] = row["tax_number"][:9] + "O" + row["tax_number"][10:]
            elif kind == "unknown_model":
                row["device_model"] = "DL-4"
            elif kind == "date_past":
                row["requested_on"] = datetime.combine(today - timedelta(days=3), time())
            elif kind == "nowhere":
                row["address"] = "幸福家园 8 号楼 301"
            elif kind == "double":
                row["division_number"], row["division"] = (
                    result[index - 3]["division_number"],
                    result[index - 3]["division"],
                )
            elif kind == "near_name":
                twin = result[index - 3]
                row["customer_name"] = twin["customer_name"].replace("有限公司", "科技有限公司")
                row["tax_number"] = twin["tax_number"]
            else:
                row["price_fen"] = "面议"
            made[number] = kind
        result.append(row)
    return result, made


def write_sample(
    path: str, *, today: date, rows: int, seed: int, places: Sequence[str], models: Mapping[str, Model]
) -> dict[int, str]:
    """Write the sample workbook; returns the mistakes by row number."""
    made, mistakes = sample_rows(today=today, rows=rows, seed=seed, places=places, models=models)
    write_template(path, models=sorted(models), divisions=[_DIVISION], rows=made)
    return mistakes


def _good(
    chance: random.Random, index: int, today: date, places: Sequence[str], models: Mapping[str, Model]
) -> dict[str, Any]:
    model = chance.choice(sorted(models))
    lines = getattr(models[model], "lines", None) or 4
    base = f"91110{chance.randint(101, 114):03d}MA{chance.randint(0, 9999999):07d}"
    front = _FRONT[index % len(_FRONT)]
    mode = (
        "数字中继E1" if lines >= 30 else chance.choice(["直线", "集团电话外线侧", "集团电话外线侧", "分机侧"])
    )
    start = 5000 + 37 * index
    return {
        "division_number": f"{_PREFIX}-{today:%Y%m%d}-{index + 1:03d}",
        "division": _DIVISION,
        "customer_name": f"北京{front}{chance.choice(_MIDDLE)}有限公司",
        "tax_number": base + uscc.calc_check_digit(base),
        "contact_name": chance.choice(_PEOPLE),
        "contact_phone": f"138-0000-{chance.randint(1000, 9999)}",
        "address": f"{chance.choice(places)}{chance.randint(1, 20)}号楼{chance.randint(2, 22)}{chance.randint(1, 12):02d}",
        "access_mode": mode,
        "line_count": lines,
        "line_numbers": f"010-5555-{start} 至 {start + lines - 1}",
        "device_model": model,
        "pbx_model": "松下 TDA100" if "集团" in mode or "分机" in mode else None,
        "requested_on": datetime.combine(today + timedelta(days=chance.choice([0, 0, 0, 1, 1, 2])), time()),
        "requested_window": chance.choice(["上午", "下午", "全天", "全天"]),
        "price_fen": models[model].price_fen / 100,
        "invoice_type": chance.choice(["专票", "普票"]),
        "bank_account": None,
        "urgent": "是" if chance.random() < 0.06 else "否",
        "remarks": chance.choice(
            [None, None, None, "货梯要提前一天登记", "从东侧货梯进，前台登记身份证", "机房在地下一层"]
        ),
    }
