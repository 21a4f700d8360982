"""尾号限行: which plates stay out on which day. A settings table, because the city announces it anew each quarter."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import chinese_calendar
from sqlalchemy import select

from backend.core.errors import DomainError, Invalid, NotFound
from backend.core.uow import UnitOfWork
from backend.staff.models import PlateLimit
from backend.staff.policy import require

PERIOD = timedelta(weeks=13)
STANDARD_LETTERS = 7
"""京A12345; a plate of a battery car has one letter more, and is free of the limit."""
MIDNIGHT_S = 86_400


class LimitsOverlap(DomainError):
    """Two periods claim the same day."""

    code = "limits_overlap"
    kind = "conflict"
    zh = "这段日期和 {first} 到 {last} 的限行重叠了"
    en = "These days overlap with the limits from {first} to {last}"


@dataclass(frozen=True)
class LimitRow:
    """One period: last digits by weekday, Monday to Friday; between ``from_s`` and ``to_s`` inside the fifth ring."""

    id: int
    first_on: date
    last_on: date
    digits: tuple[str, ...]
    from_s: int
    to_s: int


def last_digit(plate: str) -> str | None:
    """The digit that counts; a letter at the end counts as 0. None for a plate that no limit holds for.

    Source: the rules that the Beijing traffic authority prints below each announcement; battery cars (one letter
    more) are free.
    """
    letters = "".join(letter for letter in plate.upper() if letter.isalnum())
    if len(letters) != STANDARD_LETTERS:
        return None
    return letters[-1] if letters[-1].isdigit() else "0"


def limited(rows: Sequence[LimitRow], plate: str, on: date) -> LimitRow | None:
    """The period that keeps a plate out on a day; None where it may go. Weekends and holidays are free."""
    if on.weekday() > 4 or _holiday(on):
        return None
    digit = last_digit(plate)
    period = next((row for row in rows if row.first_on <= on <= row.last_on), None)
    if digit is None or period is None or digit not in period.digits[on.weekday()]:
        return None
    return period


def following(row: LimitRow) -> tuple[date, date, tuple[str, ...]]:
    """The next period as the city has changed them so far: each weekday takes the digits of the one before it."""
    first = row.last_on + timedelta(days=1)
    return first, first + PERIOD - timedelta(days=1), (row.digits[-1], *row.digits[:-1])


def limits(uow: UnitOfWork) -> list[LimitRow]:
    """All periods, the newest first."""
    return [_row(one) for one in uow.session.scalars(select(PlateLimit).order_by(PlateLimit.first_on.desc()))]


def save(
    uow: UnitOfWork,
    *,
    first_on: date,
    last_on: date,
    digits: Iterable[str],
    from_s: int = 7 * 3600,
    to_s: int = 20 * 3600,
) -> int:
    """Keep a period; one that begins on the same day is changed. Safe to repeat. Raises LimitsOverlap, Invalid."""
    require(uow.actor, "dispatch.manage")
    clean = ["".join(dict.fromkeys(one.strip())) for one in digits]
    used = "".join(clean)
    if len(clean) != 5 or not used.isdecimal() or len(set(used)) != len(used) or not all(clean):
        raise Invalid(
            field={"zh": "尾号", "en": "The digits"},
            value=" ".join(clean)[:30],
            expected={
                "zh": "周一到周五各写尾号，如 16，一个尾号只在一天",
                "en": "digits for Monday to Friday such as 16, each digit on one day",
            },
        )
    if last_on < first_on or not 0 <= from_s < to_s <= MIDNIGHT_S:
        raise Invalid(
            field={"zh": "日期或时间", "en": "The days or times"},
            value=f"{first_on}–{last_on}",
            expected={"zh": "结束不能早于开始", "en": "the end must not lie before the beginning"},
        )
    uow.lock("plate-limits")
    query = select(PlateLimit).where(PlateLimit.first_on <= last_on, PlateLimit.last_on >= first_on)
    crossing = list(uow.session.scalars(query))
    other = next((one for one in crossing if one.first_on != first_on), None)
    if other is not None:
        raise LimitsOverlap(first=other.first_on, last=other.last_on)
    after = {"to": str(last_on), "digits": clean, "from_s": from_s, "to_s": to_s}
    kept = crossing[0] if crossing else None
    before = None
    if kept is None:
        kept = PlateLimit(first_on=first_on, last_on=last_on, digits=clean, from_s=from_s, to_s=to_s)
        uow.session.add(kept)
    else:
        before = {"to": str(kept.last_on), "digits": kept.digits, "from_s": kept.from_s, "to_s": kept.to_s}
        kept.last_on, kept.digits, kept.from_s, kept.to_s = last_on, clean, from_s, to_s
    uow.flush()
    if before != after:
        uow.audit("plate_limit", str(first_on), "saved", before=before, after=after)
    return kept.id


def remove(uow: UnitOfWork, *, limit_id: int) -> None:
    """A period that was announced otherwise. Raises NotFound."""
    require(uow.actor, "dispatch.manage")
    found = uow.session.get(PlateLimit, limit_id)
    if found is None:
        raise NotFound(what={"zh": "这段限行", "en": "That period"})
    uow.session.delete(found)
    uow.audit("plate_limit", str(found.first_on), "removed", before={"digits": found.digits})


def _holiday(on: date) -> bool:
    try:
        return bool(chinese_calendar.is_holiday(on))
    except NotImplementedError:  # the calendar of that year has not been published
        return False


def _row(one: PlateLimit) -> LimitRow:
    return LimitRow(one.id, one.first_on, one.last_on, tuple(one.digits), one.from_s, one.to_s)
