"""Numbers that people read: AZ-20261124-007."""

from datetime import date

from sqlalchemy import update

from backend.core.ledger import Counter
from backend.core.uow import UnitOfWork


def next_number(uow: UnitOfWork, prefix: str, day: date) -> str:
    """The next number of the series ``prefix-YYYYMMDD``; two writers at once get two numbers."""
    series = f"{prefix}-{day:%Y%m%d}"
    bump = (
        update(Counter).where(Counter.series == series).values(last=Counter.last + 1).returning(Counter.last)
    )
    last = uow.session.execute(bump).scalar_one_or_none()
    if last is None:
        uow.session.add(Counter(series=series, last=1))
        uow.flush()
        last = 1
    return f"{series}-{last:03d}"
