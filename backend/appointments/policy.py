"""Which windows can be agreed. Pure functions."""

from datetime import date, datetime, timedelta

import chinese_calendar

from backend.core.clock import at_local
from backend.core.errors import DomainError

EARLIEST_S = 7 * 3600
LATEST_S = 22 * 3600


class BadWindow(DomainError):
    """The window's end is not after its beginning, or it lies in the night."""

    code = "bad_window"
    zh = "时间段不对：要在 7:00 到 22:00 之间，结束不能早于开始"
    en = "That window cannot be: it lies between 7:00 and 22:00 and does not end before it begins"


class WindowPast(DomainError):
    """The window is over already."""

    code = "window_past"
    kind = "conflict"
    zh = "这个时间段已经过去了，请另选一个"
    en = "That window is past; choose another one"


def check_window(now: datetime, on: date, from_s: int, to_s: int) -> None:
    """Raises BadWindow or WindowPast where the window cannot be agreed at the moment ``now``."""
    if not EARLIEST_S <= from_s <= to_s <= LATEST_S:
        raise BadWindow()
    if at_local(on, to_s) <= now:
        raise WindowPast()


def is_over(now: datetime, on: date, to_s: int) -> bool:
    """True where the window ended before now."""
    return at_local(on, to_s) <= now


def next_working_day(day: date) -> date:
    """The first working day after a day by China's calendar; Monday to Friday where it is not out yet."""
    following = day + timedelta(days=1)
    while not _works(following):
        following += timedelta(days=1)
    return following


def _works(day: date) -> bool:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:  # the calendar of that year has not been published
        return day.weekday() < 5
