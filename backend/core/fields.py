"""A field of a record in one place: label, type, unit, limits. Forms, API, print, Excel and checks read it."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, ValidationError

from backend.core.money import BadAmount, fen_from_yuan

LONGEST_TEXT = 400


@dataclass(frozen=True)
class Choice:
    """A value of a choice field with its words."""

    code: str
    zh: str
    en: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Field:
    """One field. ``kind``: text, choice, int, money, date, flag, phone, uscc, lines."""

    code: str
    zh: str
    en: str
    kind: str = "text"
    required: bool = False
    choices: tuple[Choice, ...] = ()
    low: int | None = None
    high: int | None = None
    longest: int = 120
    unit: str = ""
    aliases: tuple[str, ...] = ()
    help_zh: str = ""
    help_en: str = ""
    example: str = ""
    personal: bool = False

    def label(self, lang: str) -> str:
        """The field's name in "zh" or "en"."""
        return self.en if lang == "en" else self.zh


SENTENCES: dict[str, tuple[str, str]] = {
    "required": ("没有填{zh}；如果是公式，请改成值", "{en} is empty; replace a formula by its value"),
    "too_long": ("{zh}太长了，最多 {high} 个字", "{en} is too long; {high} characters at most"),
    "not_a_choice": ("{zh}只能写：{choices}", "{en} must be one of: {choices}"),
    "not_whole": ("{zh}要写整数，从 {low} 到 {high}", "{en} must be a whole number from {low} to {high}"),
    "not_money": ("{zh}要写成金额，比如 2680.00", "{en} must be an amount such as 2680.00"),
    "not_positive": ("{zh}要大于 0", "{en} must be more than 0"),
    "not_a_date": ("{zh}要写成日期，比如 2026-11-26", "{en} must be a date such as 2026-11-26"),
    "date_past": ("{zh}已经过了", "{en} has passed"),
    "date_far": ("{zh}在一年以后，请核对", "{en} is more than a year away; check it"),
    "not_a_phone": (
        "{zh}不是电话号码，手机写 11 位，座机带区号，比如 010-55556601",
        "{en} is not a telephone number; 11 digits, or with an area code such as 010-55556601",
    ),
    "not_uscc": (
        "{zh}应是 18 位数字和大写字母，没有 I、O、S、V、Z",
        "{en} must have 18 digits and capitals without I, O, S, V, Z",
    ),
    "bad_check_digit": ("{zh}的校验位对不上，请核对", "The check digit of {en} does not fit; check it"),
    "unknown_model": ("{zh}「{value}」不在型号表里{hint}", "{en} “{value}” is not a known model{hint}"),
    "line_mismatch": ("写了 {count} 个号码，线路数是 {lines}", "{count} numbers are given for {lines} lines"),
    "price_differs": ("和价目表的 {list} 元不一样", "It differs from the list price of {list} yuan"),
    "duplicate_in_file": ("和第 {first} 行的{zh}重复", "The same {en} stands in row {first}"),
    "unknown_column": (
        "「{value}」这一列不认识，没有读",
        "The column “{value}” is not known and was not read",
    ),
    "formula": (
        "这一格是没有算出结果的公式，请改成值",
        "This cell is a formula without a result; put in the value",
    ),
    "excel_error": (
        "这一格是 Excel 的错误值 {value}，请改成值",
        "This cell holds Excel's error {value}; put in the value",
    ),
}


@dataclass(frozen=True)
class Problem:
    """Something about one value: the field, a code, what was written, and what fills the sentence."""

    field: str
    code: str
    value: str
    params: dict[str, Any]
    column: str = ""
    row: int | None = None

    def message(self, lang: str) -> str:
        """What is wrong and what to do, in "zh" or "en"."""
        values = {key: v.get(lang, "") if isinstance(v, dict) else v for key, v in self.params.items()}
        return SENTENCES[self.code][lang == "en"].format(**{"value": self.value, **values})


class FieldError(Exception):
    """A value that its field refuses."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def parse(field: Field, raw: Any, *, today: date) -> tuple[Any, list[Problem]]:
    """The value behind a cell or a form's text, and warnings. Raises FieldError."""
    text = clean(raw)
    if not text:
        if field.required:
            raise FieldError(problem(field, "required", ""))
        return None, []
    if len(text) > (field.longest if field.kind == "text" else LONGEST_TEXT):
        raise FieldError(problem(field, "too_long", text[:40] + "…", high=field.longest))
    return _PARSERS[field.kind](field, raw, text, today)


def problem(field: Field, code: str, value: str, **params: Any) -> Problem:
    """A problem of a field, with its label for the sentence."""
    return Problem(field.code, code, value, {"zh": field.zh, "en": field.en, **params}, column=field.zh)


def clean(raw: Any) -> str:
    """A cell's text: full-width forms made plain, white space at the ends removed, 123.0 as 123."""
    if raw is None:
        return ""
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    if isinstance(raw, datetime):
        return raw.date().isoformat()
    text = unicodedata.normalize("NFKC", str(raw)).replace("\u200b", "").replace("\ufeff", "")
    return re.sub(r"[ \t\r\n\u3000]+", " ", text).strip()


def _text(field: Field, raw: Any, text: str, today: date) -> tuple[Any, list[Problem]]:
    return text, []


def _choice(field: Field, raw: Any, text: str, today: date) -> tuple[Any, list[Problem]]:
    wanted = text.replace(" ", "").lower()
    for choice in field.choices:
        words = (choice.code, choice.zh, choice.en, *choice.aliases)
        if wanted in {clean(word).replace(" ", "").lower() for word in words}:
            return choice.code, []
    listed = {lang: "、".join(getattr(choice, lang) for choice in field.choices) for lang in ("zh", "en")}
    raise FieldError(problem(field, "not_a_choice", text, choices=listed))


def _flag(field: Field, raw: Any, text: str, today: date) -> tuple[Any, list[Problem]]:
    value, notes = _choice(field, raw, text, today)
    return value == "yes", notes


def _int(field: Field, raw: Any, text: str, today: date) -> tuple[Any, list[Problem]]:
    digits = text.removesuffix("线").removesuffix("条").strip()
    low, high = field.low or 0, field.high or 10**9
    if not re.fullmatch(r"\d{1,9}", digits) or not low <= int(digits) <= high:
        raise FieldError(problem(field, "not_whole", text, low=low, high=high))
    return int(digits), []


def _money(field: Field, raw: Any, text: str, today: date) -> tuple[Any, list[Problem]]:
    try:
        fen = fen_from_yuan(f"{raw:.2f}" if isinstance(raw, float) else text)
    except BadAmount as exc:
        raise FieldError(problem(field, "not_money", text)) from exc
    if fen <= 0:
        raise FieldError(problem(field, "not_positive", text))
    return fen, []


def _date(field: Field, raw: Any, text: str, today: date) -> tuple[Any, list[Problem]]:
    day = (
        raw.date() if isinstance(raw, datetime) else raw if isinstance(raw, date) else _date_from(text, today)
    )
    if day is None:
        raise FieldError(problem(field, "not_a_date", text))
    if day < today:
        raise FieldError(problem(field, "date_past", text))
    if day > today + timedelta(days=366):
        raise FieldError(problem(field, "date_far", text))
    return day, []


def _date_from(text: str, today: date) -> date | None:
    match = re.fullmatch(
        r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?: 0?0:00(?::00)?)?", text
    )
    short = re.fullmatch(r"(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?", text)
    try:
        if match:
            return date(*(int(part) for part in match.groups()))
        if short:
            day = date(today.year, int(short[1]), int(short[2]))
            # In December people write 1月5日 and mean next year's.
            return day.replace(year=today.year + 1) if day < today - timedelta(days=180) else day
    except ValueError:
        return None
    return None


def _phone(field: Field, raw: Any, text: str, today: date) -> tuple[Any, list[Problem]]:
    plain, _, extension = re.sub(r"[\s()（）]", "", text).partition("转")
    digits = plain.replace("-", "").removeprefix("+86")
    if re.fullmatch(r"1[3-9]\d{9}", digits):
        number = f"{digits[:3]}-{digits[3:7]}-{digits[7:]}"
    elif re.fullmatch(r"0(10|2\d)\d{8}", digits):
        number = f"{digits[:3]}-{digits[3:]}"
    elif re.fullmatch(r"0[3-9]\d{9,10}", digits):
        number = f"{digits[:4]}-{digits[4:]}"
    elif re.fullmatch(r"[48]00\d{7}", digits):
        number = f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"
    else:
        raise FieldError(problem(field, "not_a_phone", text))
    return f"{number}转{extension}" if extension.isdecimal() else number, []


def _uscc(field: Field, raw: Any, text: str, today: date) -> tuple[Any, list[Problem]]:
    number = text.replace(" ", "").replace("-", "").upper()
    try:
        uscc.validate(number)
    except InvalidChecksum:
        return number, [problem(field, "bad_check_digit", number)]
    except ValidationError as exc:
        raise FieldError(problem(field, "not_uscc", text)) from exc
    return number, []


def _lines(field: Field, raw: Any, text: str, today: date) -> tuple[Any, list[Problem]]:
    numbers: list[str] = []
    for part in re.split(r"[,、;\s]+(?!至|到|~)", re.sub(r"\s*(至|到|~|—)\s*", "至", text)):
        first, _, last = part.partition("至")
        first = first.strip()
        if (
            last
            and last.strip().isdecimal()
            and len(last.strip()) <= 4
            and first[-len(last.strip()) :].isdecimal()
        ):
            width = len(last.strip())
            start, end = int(first[-width:]), int(last)
            if start <= end <= start + 480:
                numbers += [f"{first[:-width]}{n:0{width}d}" for n in range(start, end + 1)]
                continue
        if first:
            numbers.append(part)
    return numbers[:480], []


_PARSERS: dict[str, Callable[[Field, Any, str, date], tuple[Any, list[Problem]]]] = {
    "text": _text,
    "choice": _choice,
    "flag": _flag,
    "int": _int,
    "money": _money,
    "date": _date,
    "phone": _phone,
    "uscc": _uscc,
    "lines": _lines,
}
