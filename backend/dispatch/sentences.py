"""Why an order is not in the plan, as people say it."""

from dataclasses import dataclass
from typing import Any

from backend.dispatch.policy import clock
from optimizer.plan import Reason

SKILLS = {
    "install": ("安装", "installs"),
    "repair": ("维修", "repairs"),
    "maintenance": ("维护", "maintenance"),
    "pbx": ("集团电话", "PBX"),
    "e1": ("E1", "E1"),
}


@dataclass(frozen=True)
class Sentence:
    """The same sentence in both languages, with the code it was made from."""

    code: str
    zh: str
    en: str

    def text(self, lang: str) -> str:
        """The sentence in "zh" or "en"."""
        return self.en if lang == "en" else self.zh


NOT_PLANNED = Sentence(
    "not_planned", "还没有排程，排一次就知道排不排得进", "Not planned yet; make a plan to see whether it fits"
)
ABSENT = Sentence(
    "pinned_absent",
    "指定的工程师当天不上班，换一位或取消指定",
    "The engineer set for it does not work that day; choose another or unset it",
)
OVERTAKEN = Sentence(
    "overtaken",
    "最近一次排程以后才约在这一天，再排一次",
    "It was appointed to this day after the last plan; plan again",
)


def over(from_at: str, to_at: str, name: str, shift_end: str) -> Sentence:
    """Why a visit will not be done this day any more."""
    return Sentence(
        "over",
        f"今天来不及了：约的 {from_at}–{to_at} 已过，{name} {shift_end} 下班。和客户另约一天",
        f"The day is over for it: {from_at}–{to_at} is past and {name}'s shift ends at {shift_end}. "
        "Agree on another day with the customer",
    )


def of_reason(reason: Reason) -> Sentence:
    """A reason of the optimizer as a sentence; a code without words is shown as it is."""
    zh, en = _WORDS.get(reason.code, ("{code}：{n} 人", "{code}: {n} engineers"))
    fields = _fields(reason)
    return Sentence(reason.code, zh.format(**fields["zh"]), en.format(**fields["en"]))


_WORDS = {
    "no_engineers": ("当天没有工程师上班", "Nobody works that day"),
    "pinned_conflict": (
        "指定的工程师或时间行不通：不在约定时间内，或他没有这项技能",
        "The engineer or time set for it cannot be: outside the window, or he lacks the skill",
    ),
    "no_skill": ("{n} 位工程师不会{skills}", "{n} engineers lack the skill for {skills}"),
    "not_allowed": ("{n} 位工程师不可以去这一单", "{n} engineers may not take it"),
    "day_over": ("{n} 位工程师当天已经下班", "The day of {n} engineers is over"),
    "window_past": ("约定的时间段 {window} 已经过了", "The window {window} is past"),
    "window_before_shift": (
        "约定时间 {window} 太早，{n} 位工程师那时还没上班",
        "The window {window} is before the shift of {n} engineers",
    ),
    "window_after_shift": (
        "约定时间 {window} 太晚，{n} 位工程师做完就超过最长加班",
        "The window {window} is too late: {n} engineers would pass their longest day",
    ),
    "too_far_for_window": (
        "{n} 位工程师离得太远，{window} 赶不到，或做完回不了家",
        "{n} engineers live too far away to be there at {window} and home in time",
    ),
    "lunch_in_the_way": ("{n} 位工程师会吃不上午饭", "It would cost {n} engineers their lunch"),
    "max_visits": (
        "{n} 位工程师的单数已满（每天最多 {max_visits} 单）",
        "{n} engineers have their {max_visits} visits already",
    ),
    "over_capacity": (
        "{n} 位工程师带不下这一单要的东西",
        "{n} engineers cannot carry what it needs besides the rest",
    ),
    "day_full": ("{n} 位工程师在 {window} 已经排满", "The day of {n} engineers is full at {window}"),
    "too_dear": (
        "{n} 位工程师去得了，但要多花 {extra} 元，超过不做的代价 {undone} 元",
        "{n} engineers could, but it would cost {extra} yuan more, beyond the {undone} yuan of not doing it",
    ),
}


def _fields(reason: Reason) -> dict[str, dict[str, Any]]:
    detail = reason.detail
    spans = "、".join(f"{clock(a)}–{clock(b)}" for a, b in detail.get("windows", []))
    both = {
        "code": reason.code,
        "n": reason.count,
        "max_visits": detail.get("max_visits", ""),
        "extra": _yuan(detail.get("extra_fen", 0)),
        "undone": _yuan(detail.get("undone_fen", 0)),
    }
    skills = detail.get("skills", [])
    return {
        "zh": both
        | {"window": spans or "全天", "skills": "、".join(SKILLS.get(s, (s, s))[0] for s in skills)},
        "en": both
        | {
            "window": spans.replace("、", ", ") or "any time",
            "skills": ", ".join(SKILLS.get(s, (s, s))[1] for s in skills),
        },
    }


def _yuan(fen: int) -> str:
    return f"{fen / 100:,.0f}"
