"""Numbers that the department edits: each has a default, bounds and words; only what differs from it is kept."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from backend.core.errors import DomainError, NotFound, Stale
from backend.core.ledger import NumberSetting
from backend.core.states import Label
from backend.core.uow import UnitOfWork

YUAN, TIMES, KM, MINUTES, PERCENT = (
    Label("元", "yuan"),
    Label("单", "visits"),
    Label("公里", "km"),
    Label("分钟", "min"),
    Label("%", "%"),
)
MOST_YUAN = 10_000


@dataclass(frozen=True)
class Number:
    """A whole number with what it is for; ``low`` and ``high`` are both allowed."""

    label: Label
    why: Label
    unit: Label
    default: int
    low: int = 0
    high: int = MOST_YUAN


@dataclass(frozen=True)
class Group:
    """Numbers that are seen and saved together."""

    label: Label
    numbers: dict[str, Number]


GROUPS = {
    "windows": Group(
        Label("预约时段怎么打分", "How windows are graded"),
        {
            "good": Number(
                Label("算「合适」", "Good"),
                Label("最多比最好的时段贵这么多", "Up to so much dearer than the best window"),
                YUAN,
                5,
            ),
            "fair": Number(
                Label("算「可以」", "Fair"),
                Label(
                    "最多比最好的时段贵这么多，再贵就算「费事」", "Up to so much dearer; beyond it is dear"
                ),
                YUAN,
                30,
            ),
            "crowd": Number(
                Label("人全占满", "Everybody is taken"),
                Label("会做的人在那段时间都有活，加这么多", "Added where all who are able have work then"),
                YUAN,
                40,
            ),
            "crowded_from": Number(
                Label("从多满算起", "Crowded from"),
                Label(
                    "会做的人占到这么多以上，才开始加钱",
                    "Nothing is added until so much of their time is taken",
                ),
                PERCENT,
                50,
                high=99,
            ),
            "late_day": Number(
                Label("过了答应的日子", "After the promised day"),
                Label("每晚一天加这么多", "Added for each day late"),
                YUAN,
                20,
            ),
            "not_wished": Number(
                Label("不是客户想要的半天", "Not the half-day that was wished"),
                Label(
                    "客户说了上午或下午，时段在另一半，加这么多",
                    "Added where the customer asked for the other half",
                ),
                YUAN,
                15,
            ),
            "freedom": Number(
                Label("时段宽", "A wide window"),
                Label("超过两小时的，每宽一小时减这么多", "Taken off for each hour beyond two"),
                YUAN,
                3,
            ),
            "near": Number(
                Label("附近有单", "Visits nearby"),
                Label("前后一小时里附近每有一单减这么多", "Taken off for each visit nearby within the hour"),
                YUAN,
                2,
            ),
            "near_most": Number(
                Label("附近最多算几单", "Most visits nearby"),
                Label("再多也按这个数算", "More count as so many"),
                TIMES,
                3,
                high=20,
            ),
            "near_km": Number(
                Label("多近算附近", "How near is nearby"),
                Label("直线距离", "As the crow flies"),
                KM,
                3,
                low=1,
                high=20,
            ),
            "trip": Number(
                Label("一单的路上时间", "A visit's trip"),
                Label(
                    "算人占了多满时，每单加这么久",
                    "Added to each visit when it is counted how full the people are",
                ),
                MINUTES,
                20,
                high=180,
            ),
            "notice": Number(
                Label("今天最早提前多久", "Notice for today"),
                Label(
                    "当天的时段，离现在不到这么久的不给", "Windows of today that begin sooner are not offered"
                ),
                MINUTES,
                60,
                high=480,
            ),
        },
    )
}


class OutOfBounds(DomainError):
    """A number that would make no sense."""

    code = "number_out_of_bounds"
    zh = "{name_zh}：要填 {low} 到 {high} 的整数"
    en = "{name_en}: takes a whole number from {low} to {high}"


class WrongOrder(DomainError):
    """Good windows would have to be dearer than fair ones."""

    code = "grades_out_of_order"
    zh = "「合适」的钱数不能比「可以」的多"
    en = "A good window must not be allowed to cost more than a fair one"


def defaults(group: str) -> dict[str, int]:
    """The numbers of a group as they come. Raises NotFound."""
    return {name: number.default for name, number in _group(group).numbers.items()}


def values(uow: UnitOfWork, group: str) -> dict[str, int]:
    """The numbers of a group as they are in force. Raises NotFound."""
    known = defaults(group)
    query = select(NumberSetting.code, NumberSetting.value).where(NumberSetting.code.startswith(f"{group}."))
    kept = {code.partition(".")[2]: value for code, value in uow.session.execute(query)}
    return known | {name: value for name, value in kept.items() if name in known}


def save(uow: UnitOfWork, group: str, *, given: Mapping[str, str], seen: Mapping[str, str]) -> int:
    """Change what differs from what was seen; returns how many did. Who may is for the caller to check.

    Raises OutOfBounds, WrongOrder, NotFound, and Stale where somebody else changed one of them meanwhile.
    """
    uow.lock(f"numbers:{group}")
    before = values(uow, group)
    wanted = {
        name: _whole(given[name], number)
        for name, number in _group(group).numbers.items()
        if name in given and given[name].strip() != seen.get(name, "")
    }
    if any(str(before[name]) != seen.get(name, "") for name in wanted):
        raise Stale()
    after = before | wanted
    if group == "windows" and after["good"] > after["fair"]:
        raise WrongOrder()
    changed = [name for name in wanted if after[name] != before[name]]
    for name in changed:
        code = f"{group}.{name}"
        kept = uow.session.get(NumberSetting, code)
        if kept is None:
            uow.session.add(NumberSetting(code=code, value=after[name]))
        else:
            kept.value = after[name]
        uow.audit("number", code, "changed", before={"value": before[name]}, after={"value": after[name]})
    uow.flush()
    return len(changed)


def _whole(text: str, number: Number) -> int:
    given = text.strip()
    if not (given.isdecimal() and len(given) < 7 and number.low <= int(given) <= number.high):
        raise OutOfBounds(name_zh=number.label.zh, name_en=number.label.en, low=number.low, high=number.high)
    return int(given)


def _group(code: str) -> Group:
    if code not in GROUPS:
        raise NotFound(what={"zh": "这组设置", "en": "That group of settings"})
    return GROUPS[code]
