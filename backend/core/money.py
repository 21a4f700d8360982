"""Money is integer fen; yuan exist only as text at the edges."""

from decimal import Decimal, InvalidOperation

from backend.core.errors import DomainError


class BadAmount(DomainError):
    """A text that is no amount of money."""

    code = "bad_amount"
    zh = "「{value}」不是金额，请写成 12.50 这样"
    en = "“{value}” is not an amount; write it like 12.50"


def fen_from_yuan(text: str) -> int:
    """Fen from a decimal text in yuan ("2,680.00" → 268000). Raises BadAmount, also for parts of a fen."""
    cleaned = text.strip().replace(",", "").replace("，", "").removesuffix("元").removeprefix("¥").strip()
    try:
        fen = Decimal(cleaned) * 100
        if not fen.is_finite() or fen != fen.to_integral_value() or abs(fen) > 10**12:
            raise BadAmount(value=text)
        return int(fen)
    except InvalidOperation as exc:
        raise BadAmount(value=text) from exc


def yuan_from_fen(fen: int) -> str:
    """A decimal text in yuan with two places, as JSON carries it (268000 → "2680.00")."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def yuan_display(fen: int) -> str:
    """Yuan for people: thousands separated, a true minus sign (268000 → "2,680.00")."""
    sign = "−" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"
