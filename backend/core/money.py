"""Money is integer fen; yuan exist only as text at the edges."""

import re
import unicodedata

from backend.core.errors import DomainError

LARGEST_FEN = 10**12
_AMOUNT = re.compile(r"(?P<sign>-?)(?P<yuan>[0-9]{1,15})(?:\.(?P<fen>[0-9]{1,2})0*|\.)?")


class BadAmount(DomainError):
    """A text that is no amount of money."""

    code = "bad_amount"
    zh = "「{value}」不是金额，请写成 12.50 这样"
    en = "“{value}” is not an amount; write it like 12.50"


def fen_from_yuan(text: str) -> int:
    """Fen from a decimal text in yuan ("2,680.00" → 268000). Raises BadAmount, also for parts of a fen."""
    plain = unicodedata.normalize("NFKC", text).strip().removesuffix("元").lstrip("¥").strip()
    plain = plain.replace(",", "").replace("\u2212", "-")
    found = _AMOUNT.fullmatch(plain)
    if found is None:
        raise BadAmount(value=text[:40])
    fen = int(found["yuan"]) * 100 + int((found["fen"] or "").ljust(2, "0"))
    if fen > LARGEST_FEN:
        raise BadAmount(value=text[:40])
    return -fen if found["sign"] else fen


def yuan_from_fen(fen: int) -> str:
    """A decimal text in yuan with two places, as JSON carries it (268000 → "2680.00")."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def yuan_display(fen: int) -> str:
    """Yuan for people: thousands separated, a true minus sign (268000 → "2,680.00")."""
    sign = "−" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"
