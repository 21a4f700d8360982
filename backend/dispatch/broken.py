"""Broken rules as sentences with names, times and what stands in the way."""

from typing import Any

from backend.dispatch.policy import clock
from backend.dispatch.sentences import SKILLS, Sentence
from backend.dispatch.sheet import Sheet
from optimizer import Violation


def sentences(sheet: Sheet, worker: int) -> list[tuple[Violation, Sentence]]:
    """What breaks in a worker's day, the rule and its words."""
    laid = sheet.laid.get(worker)
    if laid is None:
        return []
    late = {violation.task for violation in laid.broken if violation.code == "window"}
    return [
        (violation, _sentence(sheet, worker, violation))
        for violation in laid.broken
        if violation.code != "pin_start" or violation.task not in late
    ]


def caused(before: Sheet, after: Sheet) -> list[tuple[Violation, Sentence]]:
    """The rules that break in ``after`` and did not in ``before``, or less.

    On a day that runs late already, a delay that shrinks, also with somebody else, is no new one.
    """
    known: dict[tuple[Any, ...], int] = {}
    for n, laid in before.laid.items():
        for one in laid.broken:
            key = _key(one, before.person(n))
            known[key] = max(known.get(key, 0), _by(before, one))
    return [
        (violation, sentence)
        for worker in sorted(after.laid)
        if after.laid[worker] is not before.laid.get(worker)
        for violation, sentence in sentences(after, worker)
        if _by(after, violation) > known.get(_key(violation, after.person(worker)), -1)
    ]


def _key(violation: Violation, person_id: int) -> tuple[Any, ...]:
    """What breaks; a window is the customer's, whoever comes."""
    return (violation.code, violation.task, None if violation.code == "window" else person_id)


def _by(sheet: Sheet, violation: Violation) -> int:
    """By how much a rule breaks: seconds outside the window or beyond the day, visits, missing skills; else 0."""
    data = violation.data
    if violation.code == "window" and violation.task is not None:
        start_s = int(data["start_s"])
        spans = sheet.instance.problem.tasks[sheet.instance.task_number[violation.task]].windows
        return min((max(a - start_s, start_s - b) for a, b in spans), default=0)
    if violation.code == "shift_end":
        return int(data["home_s"]) - int(data["by_s"])
    if violation.code == "shift_start":
        return 86_400 - int(data["start_s"])
    return int(data.get("visits", 0)) or len(data.get("skills", ()))


def _sentence(sheet: Sheet, worker: int, violation: Violation) -> Sentence:
    zh, en = _WORDS.get(violation.code, ("{who}：{message}", "{who}: {message}"))
    fields = _fields(sheet, worker, violation)
    if violation.code == "window" and fields["zh"]["late"] < 0:
        zh, en = _EARLY
    return Sentence(violation.code, zh.format(**fields["zh"]), en.format(**fields["en"]))


_EARLY = (
    "{who} {start} 到{customer}太早：约好 {window}",
    "{who} would begin at {customer} at {start}, too early: {window} was agreed",
)
_WORDS = {
    "window": (
        "{customer}会晚 {late} 分钟：约好 {window}，{who} {start} 才到{because}",
        "{customer} would be {late} min late: {window} was agreed, {who} can be there at {start}{because}",
    ),
    "skill": ("{who}不会{skills}，做不了{customer}", "{who} lacks {skills} for {customer}"),
    "not_allowed": ("{who}不可以去{customer}", "{who} may not go to {customer}"),
    "pin_engineer": ("{customer}已固定给别人", "{customer} is fixed to someone else"),
    "pin_start": (
        "{customer}定好 {pinned}，会变成 {start}",
        "{customer} is settled for {pinned} and would become {start}",
    ),
    "shift_end": (
        "{who}要 {home} 才能到家，最晚应该是 {by}",
        "{who} would be home at {home}; the longest day ends at {by}",
    ),
    "lunch_missing": ("{who}会吃不上午饭", "{who} would have no lunch"),
    "max_visits": (
        "{who}一天最多 {limit} 单，这样有 {visits} 单",
        "{who} has at most {limit} visits a day; this makes {visits}",
    ),
}


def _fields(sheet: Sheet, worker: int, violation: Violation) -> dict[str, dict[str, Any]]:
    engineer = sheet.facts.team[sheet.person(worker)]
    order = sheet.facts.orders.get(int(violation.task)) if violation.task else None
    data = violation.data
    stops = sheet.laid[worker].route.stops
    at = next((n for n, stop in enumerate(stops) if stop.task == violation.task), None)
    stop = stops[at] if at is not None else None
    window = sheet.facts.windows.get(order.id) if order is not None else None
    late_s = stop.start_s - window.to_s if stop is not None and window is not None else 0
    both: dict[str, Any] = {
        "who": engineer.name,
        "message": violation.message,
        "customer": order.short_name if order is not None else "",
        "window": f"{clock(window.from_s)}–{clock(window.to_s)}" if window is not None else "",
        "start": clock(stop.start_s) if stop is not None else "",
        "late": -(-late_s // 60) if late_s > 0 else late_s // 60,
        "pinned": clock(data.get("pin_start_s", 0)),
        "home": clock(data.get("home_s", 0)),
        "by": clock(data.get("by_s", 0)),
        "limit": data.get("limit", ""),
        "visits": data.get("visits", ""),
    }
    skills = data.get("skills", [])
    zh = {"skills": "、".join(SKILLS.get(skill, (skill, skill))[0] for skill in skills), "because": ""}
    en = {"skills": ", ".join(SKILLS.get(skill, (skill, skill))[1] for skill in skills), "because": ""}
    if at and stop is not None and stop.arrive_s >= stop.start_s - 60:
        earlier = sheet.facts.orders[int(stops[at - 1].task)].short_name
        free, minutes = clock(stops[at - 1].end_s), -(-stop.travel_s // 60)
        zh["because"] = f"（{earlier}要到 {free} 才完，路上 {minutes} 分）"
        en["because"] = f" ({earlier} is done at {free}, then {minutes} min on the way)"
    return {"zh": both | zh, "en": both | en}
