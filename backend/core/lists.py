"""Lists that the department edits: reasons and causes, with words in both languages.

An entry is never deleted: records name it by its code. One that is no longer wanted ends on a day.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select

from backend.core.clock import local_date
from backend.core.errors import DomainError, Invalid, Missing, NotFound, Stale
from backend.core.ledger import ListEntry
from backend.core.states import Label
from backend.core.uow import UnitOfWork

LISTS = {
    "return_reasons": Label("退回安装单的原因", "Reasons to return an install order"),
    "failed_visit_reasons": Label("没做成的原因", "Reasons of a failed visit"),
    "special_causes": Label("晚交反馈卡的特殊因素", "Special causes of a late card"),
    "override_reasons": Label("改日程的原因", "Reasons to change the schedule"),
    "gift_kinds": Label("礼品", "Gifts"),
    "steps_install": Label("安装的步骤", "Steps of an install"),
    "steps_repair": Label("维修的步骤", "Steps of a repair"),
    "steps_maintenance": Label("维护的步骤", "Steps of a maintenance"),
}
"""The lists that the department edits and something reads; the others of the domain page come with their use."""

CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")


class CodeTaken(DomainError):
    """The list has an entry of that code."""

    code = "code_taken"
    kind = "conflict"
    zh = "这个列表里已经有代码「{given}」了，请换一个，或者改原来那一条"
    en = "This list has the code “{given}” already; choose another or change that entry"


@dataclass(frozen=True)
class Entry:
    """One entry with what the settings page shows; ``valid_from`` and ``valid_to`` are both included."""

    id: int
    list_code: str
    code: str
    zh: str
    en: str
    position: int
    valid_from: date | None
    valid_to: date | None

    def valid_on(self, day: date) -> bool:
        """True where the entry can be chosen on that day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )


@dataclass(frozen=True)
class Choice:
    """One entry of a list."""

    code: str
    zh: str
    en: str

    def text(self, lang: str) -> str:
        """The words in "zh" or "en"."""
        return self.en if lang == "en" else self.zh


def choices(uow: UnitOfWork, list_code: str) -> list[Choice]:
    """The entries of a list that are valid today, in their order."""
    return choices_of(uow, [list_code])[list_code]


def choices_of(uow: UnitOfWork, list_codes: Sequence[str]) -> dict[str, list[Choice]]:
    """The same of several lists, asked for at once."""
    today = local_date(uow.now)
    query = (
        select(ListEntry)
        .where(
            ListEntry.list_code.in_(list_codes),
            or_(ListEntry.valid_from.is_(None), ListEntry.valid_from <= today),
            or_(ListEntry.valid_to.is_(None), ListEntry.valid_to >= today),
        )
        .order_by(ListEntry.position, ListEntry.id)
    )
    found: dict[str, list[Choice]] = {code: [] for code in list_codes}
    for entry in uow.session.scalars(query):
        found[entry.list_code].append(Choice(entry.code, entry.zh, entry.en))
    return found


def seed(uow: UnitOfWork, list_code: str, entries: Sequence[tuple[str, str, str]]) -> None:
    """Add the entries (code, Chinese, English) that a list lacks, in this order. Safe to repeat."""
    known = set(uow.session.scalars(select(ListEntry.code).where(ListEntry.list_code == list_code)))
    for position, (code, zh, en) in enumerate(entries):
        if code not in known:
            uow.session.add(ListEntry(list_code=list_code, code=code, zh=zh, en=en, position=position))
    uow.flush()


def entries(uow: UnitOfWork, list_code: str) -> list[Entry]:
    """All entries of a list in their order, those that are over too. Raises NotFound for an unknown list."""
    _known(list_code)
    query = select(ListEntry).where(ListEntry.list_code == list_code)
    return [_entry(found) for found in uow.session.scalars(query.order_by(ListEntry.position, ListEntry.id))]


def words(uow: UnitOfWork, list_code: str) -> dict[str, Choice]:
    """Every entry by code, those that are over too: records of then still show their words."""
    return {entry.code: Choice(entry.code, entry.zh, entry.en) for entry in entries(uow, list_code)}


def add(
    uow: UnitOfWork, *, list_code: str, code: str, zh: str, en: str, valid_from: date | None = None
) -> Entry:
    """Add an entry at the end of a list. Raises CodeTaken, Missing, Invalid, NotFound.

    Who may is for the caller to check: this room lies below the people.
    """
    _known(list_code)
    code = code.strip().lower()
    if not CODE.fullmatch(code):
        raise Invalid(
            field={"zh": "代码", "en": "Code"},
            value=code,
            expected={
                "zh": "用小写英文字母开头，只用字母、数字和下划线",
                "en": "begin with a small letter; letters, digits and underscores only",
            },
        )
    values = {"zh": _text(zh, _ZH), "en": _text(en, _EN)}
    mine = ListEntry.list_code == list_code
    if uow.session.scalar(select(ListEntry.id).where(mine, ListEntry.code == code)) is not None:
        raise CodeTaken(given=code)
    last = uow.session.scalar(select(func.max(ListEntry.position)).where(mine))
    position = 0 if last is None else last + 1
    found = ListEntry(list_code=list_code, code=code, position=position, valid_from=valid_from, **values)
    uow.session.add(found)
    uow.flush()
    uow.audit("list_entry", f"{list_code}.{code}", "added", after=_facts(found))
    return _entry(found)


def change(
    uow: UnitOfWork,
    *,
    entry_id: int,
    zh: str,
    en: str,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> Entry:
    """Change the words of an entry and when it can be chosen; the code stays. Safe to repeat.

    Raises Missing, Invalid, NotFound.
    """
    found = _get(uow, entry_id)
    if valid_from is not None and valid_to is not None and valid_to < valid_from:
        raise Invalid(
            field={"zh": "结束日期", "en": "The last day"},
            value=str(valid_to),
            expected={"zh": "不能早于开始日期", "en": "it must not lie before the first day"},
        )
    before = _facts(found)
    found.zh, found.en = _text(zh, _ZH), _text(en, _EN)
    found.valid_from, found.valid_to = valid_from, valid_to
    if _facts(found) != before:
        uow.audit(
            "list_entry", f"{found.list_code}.{found.code}", "changed", before=before, after=_facts(found)
        )
        uow.flush()
    return _entry(found)


def move(uow: UnitOfWork, *, entry_id: int, by: int, seen_at: int | None = None) -> None:
    """Move an entry one place up (-1) or down (+1); at the end of the list nothing changes.

    ``seen_at`` is the place where the caller saw it. Raises NotFound, and Stale where it stands elsewhere now.
    """
    found = _get(uow, entry_id)
    mine = select(ListEntry).where(ListEntry.list_code == found.list_code)
    order = list(uow.session.scalars(mine.order_by(ListEntry.position, ListEntry.id)))
    at = order.index(found)
    if seen_at is not None and seen_at != at:
        raise Stale()
    to = at + (1 if by > 0 else -1)
    if not 0 <= to < len(order):
        return
    order[at], order[to] = order[to], order[at]
    for position, entry in enumerate(order):
        entry.position = position
    place = {"position": at + 1}
    uow.audit(
        "list_entry", f"{found.list_code}.{found.code}", "moved", before=place, after={"position": to + 1}
    )
    uow.flush()


_ZH = {"zh": "中文", "en": "the Chinese words"}
_EN = {"zh": "英文", "en": "the English words"}
LONGEST_WORDS = 80


def _text(text: str, field: dict[str, str]) -> str:
    text = text.strip()
    if not text:
        raise Missing(field=field)
    if len(text) > LONGEST_WORDS:
        raise Invalid(
            field=field,
            value=text[:20] + "…",
            expected={"zh": f"最多 {LONGEST_WORDS} 个字", "en": f"{LONGEST_WORDS} characters at most"},
        )
    return text


def _known(list_code: str) -> None:
    if list_code not in LISTS:
        raise NotFound(what={"zh": "这个列表", "en": "That list"})


def _get(uow: UnitOfWork, entry_id: int) -> ListEntry:
    found = uow.session.get(ListEntry, entry_id)
    if found is None:
        raise NotFound(what={"zh": "列表里的这一条", "en": "That entry"})
    return found


def _facts(found: ListEntry) -> dict[str, str | None]:
    return {
        "zh": found.zh,
        "en": found.en,
        "valid_from": str(found.valid_from) if found.valid_from else None,
        "valid_to": str(found.valid_to) if found.valid_to else None,
    }


def _entry(found: ListEntry) -> Entry:
    return Entry(
        found.id,
        found.list_code,
        found.code,
        found.zh,
        found.en,
        found.position,
        found.valid_from,
        found.valid_to,
    )
