"""Numbers that people read: AZ-20261124-007."""

from datetime import date

from sqlalchemy import text

from backend.core.uow import UnitOfWork

# Both databases know this form; the first number of a day is as safe from a second writer as the others.
_NEXT = text(
    "INSERT INTO counters (series, last) VALUES (:series, 1) "
    "ON CONFLICT (series) DO UPDATE SET last = counters.last + 1 RETURNING last"
)


def next_number(uow: UnitOfWork, prefix: str, day: date) -> str:
    """The next number of the series ``prefix-YYYYMMDD``; two writers at once get two numbers."""
    series = f"{prefix}-{day:%Y%m%d}"
    last = uow.session.execute(_NEXT, {"series": series}).scalar_one()
    return f"{series}-{last:03d}"
