"""What a field is, and what a problem with a value says."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backend.core.fields.messages import SENTENCES


@dataclass(frozen=True)
class Choice:
    """A value of a choice field with its words."""

    code: str
    zh: str
    en: str
    aliases: tuple[str, ...] = ()

    def label(self, lang: str) -> str:
        """The choice's words in "zh" or "en"."""
        return self.en if lang == "en" else self.zh


@dataclass(frozen=True)
class Field:
    """One field.

    ``kind``: text (names and words as they were written), code (numbers and models: full-width forms made
    plain), choice, int, money (fen), date, flag, phone, uscc, lines. ``low`` and ``high`` bound an int,
    ``longest`` is in characters, ``aliases`` are other headers that people give the column.
    """

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

    def help(self, lang: str) -> str:
        """What to write into it, in "zh" or "en"; empty where the name says it."""
        return self.help_en if lang == "en" else self.help_zh


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


def problem(field: Field, code: str, value: str, **params: Any) -> Problem:
    """A problem of a field, with its label for the sentence."""
    return Problem(field.code, code, value, {"zh": field.zh, "en": field.en, **params}, column=field.zh)


# Full-width letters and digits are a slip of the keyboard; full-width brackets belong to a company's name.
_PLAIN = {c: c - 0xFEE0 for r in ((0xFF10, 0xFF1A), (0xFF21, 0xFF3B), (0xFF41, 0xFF5B)) for c in range(*r)}
_WIDE = re.compile("[０-９Ａ-Ｚａ-ｚ]")


def tidy(raw: Any) -> str:
    """A cell's text as it was written, without what nobody sees: control and format characters, extra space."""
    if raw is None:
        return ""
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    if isinstance(raw, datetime):
        return raw.date().isoformat()
    text = str(raw)
    if not text.isprintable():
        text = "".join(c for c in text if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    if _WIDE.search(text):
        text = text.translate(_PLAIN)
    return re.sub(r"\s+", " ", text).strip()


def clean(raw: Any) -> str:
    """A cell's text with full-width forms made plain as well, white space at the ends removed, 123.0 as 123."""
    text = tidy(raw)
    return text if text.isascii() else tidy(unicodedata.normalize("NFKC", text))
