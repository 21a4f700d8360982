"""From a cell or a form's text to a value, and back, for each kind of field."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, ValidationError

from backend.core.fields.base import Field, FieldError, Problem, clean, problem, tidy
from backend.core.money import fen_from_yuan, yuan_from_fen

LONGEST = {"lines": 8000}
LONGEST_OTHER = 400
MOST_LINES = 480
# Excel keeps 15 digits of a number; a longer one that was typed as a number is no longer what was typed.
EXACT_BELOW = 10**15
AS_TEXT = frozenset({"text", "code", "uscc", "phone", "lines"})

Parsed = tuple[Any, list[Problem]]


def parse(field: Field, raw: Any, *, today: date) -> Parsed:
    """The value behind a cell or a form's text, and warnings; None where it is empty. Raises FieldError."""
    text = tidy(raw) if field.kind == "text" else clean(raw)
    if not text:
        if field.required:
            raise FieldError(problem(field, "required", ""))
        return None, []
    most = field.longest if field.kind in ("text", "code") else LONGEST.get(field.kind, LONGEST_OTHER)
    if len(text) > most:
        raise FieldError(problem(field, "too_long", text[:40] + "…", high=most))
    if field.kind in AS_TEXT and _number(raw) and abs(raw) >= EXACT_BELOW:
        raise FieldError(problem(field, "digits_lost", text))
    return _PARSERS[field.kind](field, raw, text, today)


def format_value(field: Field, value: Any, lang: str = "zh") -> str:
    """A value as people write it into the sheet; what it gives, `parse` reads back to the same value."""
    if value is None:
        return ""
    if field.kind == "flag":
        value = "yes" if value else "no"
    if field.kind in ("choice", "flag"):
        chosen = next(choice for choice in field.choices if choice.code == value)
        return chosen.en if lang == "en" else chosen.zh
    if field.kind == "money":
        return yuan_from_fen(value)
    if field.kind == "lines":
        return "、".join(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _number(raw: Any) -> bool:
    return isinstance(raw, int | float) and not isinstance(raw, bool)


def _text(field: Field, raw: Any, text: str, today: date) -> Parsed:
    return text, []


@lru_cache(maxsize=256)
def _words(field: Field) -> dict[str, str]:
    """The code of a choice by each of its words."""
    found: dict[str, str] = {}
    for choice in field.choices:
        for word in (choice.code, choice.zh, choice.en, *choice.aliases):
            found.setdefault(_word(word), choice.code)
    return found


def _word(text: str) -> str:
    return clean(text).replace(" ", "").lower()


def _choice(field: Field, raw: Any, text: str, today: date) -> Parsed:
    code = _words(field).get(_word(text))
    if code is None:
        words = {"zh": "、".join(c.zh for c in field.choices), "en": ", ".join(c.en for c in field.choices)}
        raise FieldError(problem(field, "not_a_choice", text, choices=words))
    return code, []


def _flag(field: Field, raw: Any, text: str, today: date) -> Parsed:
    code, notes = _choice(field, raw, text, today)
    return code == "yes", notes


def _int(field: Field, raw: Any, text: str, today: date) -> Parsed:
    digits = text.removesuffix("线").removesuffix("条").strip()
    low = 0 if field.low is None else field.low
    high = 10**9 if field.high is None else field.high
    if not re.fullmatch(r"[0-9]{1,10}", digits) or not low <= int(digits) <= high:
        raise FieldError(problem(field, "not_whole", text, low=low, high=high))
    return int(digits), []


def _money(field: Field, raw: Any, text: str, today: date) -> Parsed:
    if isinstance(raw, float):
        # A float of Excel: 2680.1 is exact to a fen, 2680.125 is not an amount.
        text_of = f"{raw:.2f}" if abs(raw) < EXACT_BELOW and abs(raw * 100 - round(raw * 100)) < 1e-4 else ""
    else:
        text_of = re.sub(r"^(人民币|RMB|CNY|¥)\s*|\s*元?整?$", "", text, flags=re.IGNORECASE).replace(",", "")
    if not re.fullmatch(r"-?[0-9]{1,9}(\.[0-9]{1,2}0*)?", text_of):
        raise FieldError(problem(field, "not_money", text))
    fen = fen_from_yuan(text_of)
    if fen <= 0:
        raise FieldError(problem(field, "not_positive", text))
    return fen, []


_WEEKDAY = re.compile(r"\s*\(?(周|星期|礼拜)[一二三四五六日天]\)?$")
_LONG = re.compile(
    r"([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*[日号]?(?: 0?0:00(?::00)?)?"
)
_PACKED = re.compile(r"(20[0-9]{2})([0-9]{2})([0-9]{2})")
_SHORT = re.compile(r"([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*[日号]?")


def _date(field: Field, raw: Any, text: str, today: date) -> Parsed:
    if isinstance(raw, datetime):
        day: date | None = raw.date()
    elif isinstance(raw, date):
        day = raw
    elif _number(raw) and 40_000 <= raw < 60_000:
        # A date whose cell was formatted as a number: days since the last day of 1899.
        day = date(1899, 12, 30) + timedelta(days=int(raw))
    else:
        day = _date_from(_WEEKDAY.sub("", text), today)
    if day is None:
        raise FieldError(problem(field, "not_a_date", text))
    if day < today:
        raise FieldError(problem(field, "date_past", text))
    if day > today + timedelta(days=366):
        raise FieldError(problem(field, "date_far", text))
    return day, []


def _date_from(text: str, today: date) -> date | None:
    match = _LONG.fullmatch(text) or _PACKED.fullmatch(text)
    short = _SHORT.fullmatch(text)
    try:
        if match:
            return date(*(int(part) for part in match.groups()))
        if short:
            month, day = int(short[1]), int(short[2])
            # In December people write 1月5日 and mean next year's.
            later = date(today.year, month, day) < today - timedelta(days=180)
            return date(today.year + later, month, day)
    except ValueError:
        return None
    return None


_EXTENSION = re.compile(r"(?:转|分机|ext\.?|x)([0-9]{1,6})$", re.IGNORECASE)


def _phone(field: Field, raw: Any, text: str, today: date) -> Parsed:
    plain = re.sub(r"[\s()·.]", "", text)
    found = _EXTENSION.search(plain)
    if found:
        plain = plain[: found.start()]
    elif dashed := re.fullmatch(r"(0[0-9]{2,3}-?[0-9]{7,8})-([0-9]{1,6})", plain):
        plain, found = dashed[1], re.search(r"[0-9]+$", plain)
    digits = re.sub(r"[-–—]", "", plain)
    for country in ("+86", "0086"):
        if digits.startswith(country):
            digits = digits.removeprefix(country)
            digits = (
                digits if digits.startswith(("1", "0", "400", "800")) and digits[:2] != "10" else f"0{digits}"
            )
    if _number(raw) and re.fullmatch(r"10[0-9]{8}|2[0-9]{9}", digits):
        digits = f"0{digits}"  # Excel dropped the area code's leading zero
    if re.fullmatch(r"1[3-9][0-9]{9}", digits):
        number = f"{digits[:3]}-{digits[3:7]}-{digits[7:]}"
    elif re.fullmatch(r"0(10|2[0-9])[0-9]{8}", digits):
        number = f"{digits[:3]}-{digits[3:]}"
    elif re.fullmatch(r"0[3-9][0-9]{9,10}", digits):
        number = f"{digits[:4]}-{digits[4:]}"
    elif re.fullmatch(r"[48]00[0-9]{7}", digits):
        number = f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"
    else:
        raise FieldError(problem(field, "not_a_phone", text))
    return f"{number}转{found[found.re.groups]}" if found else number, []


def _uscc(field: Field, raw: Any, text: str, today: date) -> Parsed:
    number = re.sub(r"[\s-]", "", text).upper()
    try:
        uscc.validate(number)
    except InvalidChecksum:
        return number, [problem(field, "bad_check_digit", number)]
    except ValidationError as exc:
        raise FieldError(problem(field, "not_uscc", text)) from exc
    return number, []


def _lines(field: Field, raw: Any, text: str, today: date) -> Parsed:
    """Telephone numbers; "010-5555-6601 至 6604" stands for four. Odd ones are kept, with a warning."""
    joined = re.sub(r"\s*(?:至|到|~|–|—+|--+)\s*", "~", text)
    numbers: list[str] = []
    odd: list[Problem] = []
    for part in re.split(r"[,、;/\s和及]+", joined):
        if not part or len(numbers) > MOST_LINES:
            continue
        first, _, last = part.partition("~")
        run = _range(first, last) if last else [part]
        if run is None or not re.fullmatch(r"[0-9()+-]*[0-9]{3,}[0-9()+-]*", run[0]):
            odd.append(problem(field, "odd_number", part))
        numbers += run or [part]
    return numbers[: MOST_LINES + 1], odd[:3]


def _range(first: str, last: str) -> list[str] | None:
    """The numbers from first to last, of which the end may be given by its last digits only."""
    digits, end = re.sub(r"[^0-9]", "", first), re.sub(r"[^0-9]", "", last)
    width = min(len(end), 4)
    if not 1 <= len(end) <= len(digits) or not re.fullmatch(r"[0-9]+", first[-width:]):
        return None
    if end[:-width] != digits[len(digits) - len(end) : len(digits) - width]:
        return None
    start, stop = int(first[-width:]), int(end[-width:])
    if not start <= stop < start + MOST_LINES:
        return None
    return [f"{first[:-width]}{n:0{width}d}" for n in range(start, stop + 1)]


_PARSERS: dict[str, Callable[[Field, Any, str, date], Parsed]] = {
    "text": _text,
    "code": _text,
    "choice": _choice,
    "flag": _flag,
    "int": _int,
    "money": _money,
    "date": _date,
    "phone": _phone,
    "uscc": _uscc,
    "lines": _lines,
}
