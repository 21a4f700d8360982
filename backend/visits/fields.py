"""技术服务反馈卡: the fields of the manual, and the check of what a phone sends."""

from datetime import date
from typing import Any

from backend.core.errors import DomainError
from backend.core.fields import Choice, Field, FieldError, Problem, clean, parse
from backend.core.lists import CODE
from backend.orders.fields import ACCESS_MODES, YES_NO

RESULTS = (
    Choice("done", "完成", "Done"),
    Choice("partly", "部分完成", "Partly done"),
    Choice("again", "需再次上门", "Another visit needed"),
    Choice("impossible", "无法实施", "Not possible"),
)
MARKS = tuple(Choice(str(mark), str(mark), str(mark)) for mark in range(1, 6))
CALLS = (Choice("ok", "通", "Works"), Choice("bad", "不通", "Fails"), Choice("none", "没试", "Not tried"))

SYMPTOMS = (
    Choice("no_dial", "拨不出去", "Cannot dial out"),
    Choice("no_long", "长途走不了", "No long distance"),
    Choice("noise", "有杂音", "Noise"),
    Choice("drops", "中途断线", "Calls drop"),
    Choice("one_way", "单通", "One-way sound"),
    Choice("no_power", "不通电", "No power"),
    Choice("no_incoming", "打不进来", "No incoming calls"),
    Choice("other", "其他", "Other"),
)
OFTEN = (Choice("always", "一直", "Always"), Choice("sometimes", "时好时坏", "Now and then"),
         Choice("once", "只一次", "Once"))  # fmt: skip
CAUSES = (
    Choice("device", "设备", "Device"),
    Choice("line", "线路", "Line"),
    Choice("pbx", "集团电话", "PBX"),
    Choice("settings", "设置", "Settings"),
    Choice("handling", "客户使用", "Customer's handling"),
    Choice("carrier", "运营商或系统", "Carrier or system"),
)
SOLVED = (
    Choice("site", "现场解决", "On site"),
    Choice("phone", "电话解决", "By telephone"),
    Choice("passed_on", "转给别人", "Passed on"),
)

CARD_FIELDS = (
    Field("result", "结果", "Result", "choice", required=True, choices=RESULTS),
    Field("left_to_do", "还要做什么", "Left to do", longest=400),
    Field("access_mode", "接入方式", "Access mode", "choice", required=True, choices=ACCESS_MODES),
    Field("device_model", "设备型号", "Device model", longest=30),
    Field("device_serial", "设备序列号", "Device serial", longest=40),
    Field("device_out", "取下的设备", "Device taken out", "code", longest=40),
    Field("gifts", "送的礼品", "Gifts given", longest=80),
    Field("conditions", "工况", "Operating conditions", required=True, longest=400,
          help_zh="供电、接地、布线、机房", help_en="Power, earth, cabling, room"),
    Field("call_local", "市话", "Local call", "choice", choices=CALLS),
    Field("call_long", "长途", "Long-distance call", "choice", choices=CALLS),
    Field("call_mobile", "手机", "Mobile call", "choice", choices=CALLS),
    Field("call_fax", "传真", "Fax", "choice", choices=CALLS),
    Field("call_bypass", "断电直通", "Bypass without power", "choice", choices=CALLS),
    Field("trained", "客户培训做了吗", "Customer trained", "flag", required=True, choices=YES_NO),
    Field("trained_whom", "培训对象", "Trained whom", longest=80, personal=True),
    Field("trained_topics", "培训内容", "Training topics", longest=200),
    Field("mark_punctual", "准时", "Punctuality", "choice", choices=MARKS),
    Field("mark_skill", "技术", "Skill", "choice", choices=MARKS),
    Field("mark_manner", "态度", "Manner", "choice", choices=MARKS),
    Field("mark_whole", "总体", "Overall", "choice", choices=MARKS),
    Field("customer_words", "客户的话", "Customer's words", longest=400),
    Field("signed_by", "签字人", "Signed by", longest=40, personal=True),
    Field("sign_code", "签收码", "Sign code", longest=60),
    Field("remarks", "备注", "Remarks", longest=400),
)  # fmt: skip

# 维修问题登记卡 (R16): part of the card of each repair.
REPAIR_FIELDS = (
    Field("repair_symptom", "故障现象", "Symptom", "choice", required=True, choices=SYMPTOMS),
    Field("repair_words", "客户怎么说", "In the customer's words", longest=200),
    Field("repair_often", "多久一次", "How often", "choice", choices=OFTEN),
    Field("repair_since", "什么时候开始", "Since when", longest=40),
    Field("repair_again", "以前有过吗", "The same before", "flag", choices=YES_NO),
    Field("repair_cause", "故障原因", "Cause", "choice", required=True, choices=CAUSES),
    Field("repair_measures", "做了什么", "Measures taken", required=True, longest=400),
    Field("repair_old_serial", "换下的序列号", "Serial taken out", "code", longest=40),
    Field("repair_new_serial", "换上的序列号", "Serial put in", "code", longest=40),
    Field("repair_minutes", "修了多久", "Minutes until it worked", "int", low=0, high=1440, unit="分钟"),
    Field("repair_solved", "怎么解决的", "How it was solved", "choice", required=True, choices=SOLVED),
    Field(
        "repair_hard",
        "疑难问题",
        "Hard problem",
        "flag",
        choices=YES_NO,
        help_zh="选「是」就收进这一周的总结",
        help_en="“Yes” puts it into the week's summary",
    ),
    Field("repair_advice", "怎样避免再坏", "Advice to prevent it", longest=400),
)


WRITTEN_HERE = ("sign_code",)
"""Fields of a card that nobody fills in: they say what the server knows."""

SEVERITIES = (
    Choice("broken", "不能用", "Does not work"),
    Choice("sometimes", "时好时坏", "Works now and then"),
    Choice("flaw", "能用，有毛病", "Works with a flaw"),
)
# 拨号器质量信息 (R20).
DEVICE_FIELDS = (
    Field("serial", "序列号", "Serial", "code", required=True, longest=40),
    Field("model", "型号", "Model", "code", longest=30),
    Field("maker", "厂家", "Maker", longest=40),
    Field("batch", "批次", "Batch", "code", longest=30),
    Field("months", "用了几个月", "Months in use", "int", low=0, high=240),
    Field("fault", "坏在哪里", "What failed", required=True, longest=400),
    Field("conditions", "当时的工况", "Conditions", longest=200),
    Field("severity", "有多严重", "Severity", "choice", required=True, choices=SEVERITIES),
    Field("returned", "带回库房了吗", "Returned to stock", "flag", required=True, choices=YES_NO),
)


def fields_of(kind: str) -> tuple[Field, ...]:
    """The fields of the card of a kind of visit."""
    return CARD_FIELDS + (REPAIR_FIELDS if kind == "repair" else ())


# Measurements of a line, before and after: unit and what is believable at all (not what is good).
LINE_FIELDS = (
    Field("voltage", "空闲电压", "Idle voltage", unit="V", low=0, high=120),
    Field("current", "环路电流", "Loop current", unit="mA", low=0, high=200),
    Field("noise", "噪声", "Noise", unit="mV", low=0, high=1000),
)
# What is good, for the words 偏低 and 偏高 on the phone; nobody is stopped by it. The department's defaults.
GOOD_LIMITS: dict[str, tuple[float, float]] = {
    "voltage": (44, 56),
    "current": (18, 60),
    "noise": (0, 2),
}
MOST_LINES = 480
MOST_STEPS = 60
STEP_RESULTS = (
    Choice("done", "做了", "Done"),
    Choice("not", "没做", "Not done"),
    Choice("none", "不涉及", "Does not apply"),
)
"""How a step of the standard ended; the steps of each kind of visit are the lists ``steps_KIND``."""
CANNOT = "none"


class ReportWrong(DomainError):
    """Some fields of a report are missing or wrong; ``errors`` names each."""

    code = "report_wrong"
    zh = "还差：{problems}"
    en = "Still missing: {problems}"


class CardWrong(DomainError):
    """Some fields of a card are missing or wrong; ``errors`` names each."""

    code = "card_wrong"
    zh = "反馈卡还差：{problems}"
    en = "The card still lacks: {problems}"


def check_card(data: dict[str, Any], *, kind: str, signed: bool, today: date) -> dict[str, Any]:
    """The card's values in their proper form. Raises CardWrong naming every field that is missing or wrong.

    ``signed``: the customer signed on the glass or confirmed by a code. What is WRITTEN_HERE is not taken from ``data``.
    """
    data = {code: value for code, value in data.items() if code not in WRITTEN_HERE}
    known = {field.code for field in CARD_FIELDS + REPAIR_FIELDS} | {"lines", "steps", "custom"}
    problems: list[tuple[str, str, str]] = []
    for code in data.keys() - known:
        problems.append((code, f"不认识「{code}」这一项", f"the field “{code}” is not known"))
    values, wrong = _parsed(fields_of(kind), data, today)
    problems += wrong
    if kind == "install" and values.get("result") == "done" and not values.get("device_serial"):
        problems.append(("device_serial", "没有填设备序列号", "the device's serial is empty"))
    if values.get("trained") and not values.get("trained_whom"):
        problems.append(("trained_whom", "没有填培训对象", "whom was trained is empty"))
    if values.get("result") in ("partly", "again", "impossible") and not values.get("left_to_do"):
        problems.append(("left_to_do", "没有写还要做什么", "what is left to do is empty"))
    if not signed:
        zh, en = (
            "没有客户签字，也没有核对过的签收码",
            "the customer has neither signed nor confirmed by a code",
        )
        problems.append(("signature", zh, en))
    values["lines"], wrong = _lines(data.get("lines") or [])
    problems += wrong
    steps = data.get("steps") or {}
    if steps and _are_steps(steps):
        values["steps"] = steps
    elif steps:
        problems.append(("steps", "步骤的结果不对", "the results of the steps are not right"))
    if problems:
        joined = {"zh": "；".join(p[1] for p in problems), "en": "; ".join(p[2] for p in problems)}
        raise CardWrong(problems=joined, errors=[{"field": p[0], "zh": p[1], "en": p[2]} for p in problems])
    return values


def check_report(data: dict[str, Any], *, today: date) -> dict[str, Any]:
    """The values of a device quality report in their proper form. Raises ReportWrong."""
    values, problems = _parsed(DEVICE_FIELDS, data, today)
    for code in data.keys() - {field.code for field in DEVICE_FIELDS}:
        problems.append((code, f"不认识「{code}」这一项", f"the field “{code}” is not known"))
    if problems:
        joined = {"zh": "；".join(p[1] for p in problems), "en": "; ".join(p[2] for p in problems)}
        raise ReportWrong(problems=joined, errors=[{"field": p[0], "zh": p[1], "en": p[2]} for p in problems])
    return values


def _parsed(
    fields: tuple[Field, ...], data: dict[str, Any], today: date
) -> tuple[dict[str, Any], list[tuple[str, str, str]]]:
    """The values that are right and the sentences about those that are not."""
    values: dict[str, Any] = {}
    problems = []
    for field in fields:
        raw = data.get(field.code)
        if field.kind == "flag" and isinstance(raw, bool):
            raw = "yes" if raw else "no"
        try:
            value, _ = parse(field, raw, today=today)
        except FieldError as error:
            problems.append(_sentences(error.problem))
            continue
        if value is not None:
            values[field.code] = value
    return values, problems


def _sentences(problem: Problem) -> tuple[str, str, str]:
    return problem.field, problem.message("zh"), problem.message("en")


def _are_steps(raw: Any) -> bool:
    """Codes of steps with their results; a step that the department has ended since is still one."""
    results = [choice.code for choice in STEP_RESULTS]  # a list also compares what cannot be hashed
    return (
        isinstance(raw, dict)
        and len(raw) <= MOST_STEPS
        and all(CODE.fullmatch(code) and result in results for code, result in raw.items())
    )


def _lines(raw: Any) -> tuple[list[dict[str, Any]], list[tuple[str, str, str]]]:
    if not isinstance(raw, list) or len(raw) > MOST_LINES or not all(isinstance(line, dict) for line in raw):
        return [], [("lines", "线路表不对", "the line table is not right")]
    lines: list[dict[str, Any]] = []
    problems: list[tuple[str, str, str]] = []
    for given in raw:
        number = clean(given.get("number"))[:30]
        line: dict[str, Any] = {"number": number}
        if given.get("reversal") is not None:
            line["reversal"] = bool(given["reversal"])
        for field in LINE_FIELDS:
            for when in ("before", "after"):
                text = clean(given.get(f"{field.code}_{when}"))
                if not text:
                    continue
                if text == CANNOT:
                    line.setdefault("cannot", []).append(f"{field.code}_{when}")
                    continue
                try:
                    value = round(float(text), 2)
                except ValueError:
                    value = -1.0
                if not (field.low or 0) <= value <= (field.high or 0):
                    zh = f"{number} 的{field.zh}「{text}」不对，应在 {field.low} 到 {field.high} {field.unit}"
                    en = f"{field.en} of {number}, “{text}”, must lie from {field.low} to {field.high} {field.unit}"
                    problems.append(("lines", zh, en))
                    continue
                line[f"{field.code}_{when}"] = value
        lines.append(line)
    return lines, problems
