"""Time: aware UTC everywhere inside, Beijing's wall clock at the edges."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Tells the present moment as an aware UTC datetime."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC)


@dataclass
class FixedClock:
    """A clock that stands still until it is moved: for tests and for making the demo's history."""

    at: datetime = field(default_factory=lambda: datetime(2026, 11, 24, 1, 0, tzinfo=UTC))

    def now(self) -> datetime:
        """The moment that was set last."""
        return require_aware(self.at)

    def advance(self, **delta: float) -> None:
        """Move forward by ``timedelta(**delta)``."""
        self.at += timedelta(**delta)


def require_aware(moment: datetime) -> datetime:
    """The same moment in UTC; a naive datetime is refused with ``ValueError``."""
    if moment.tzinfo is None:
        raise ValueError("a datetime without a time zone is refused")
    return moment.astimezone(UTC)


def local_date(moment: datetime) -> date:
    """The calendar day in Beijing at that moment."""
    return moment.astimezone(SHANGHAI).date()


def at_local(day: date, seconds: int) -> datetime:
    """The UTC moment that lies ``seconds`` after Beijing's midnight of ``day``."""
    midnight = datetime.combine(day, time(), tzinfo=SHANGHAI)
    return (midnight + timedelta(seconds=seconds)).astimezone(UTC)


def seconds_of_day(moment: datetime, day: date) -> int:
    """Seconds from Beijing's midnight of ``day`` to the moment (may be negative or beyond 86,400)."""
    return int((moment - at_local(day, 0)).total_seconds())
