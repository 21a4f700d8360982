"""When something happened on a phone whose clock may be wrong. Pure functions.

The server's clock is the only clock. A phone gives the reading of its own at the press of the button and at the
sending; the server knows when it received them. What counts is the server's moment less the time that passed on the
phone, so that a clock that is a day off does no harm.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

OLDEST = timedelta(days=14)
CLOCK_IS_OFF_S = 120


@dataclass(frozen=True)
class Happened:
    """The moment that counts, and by how many seconds the phone's clock was behind (negative: ahead)."""

    at: datetime
    clock_off_s: int
    clock_was_set: bool


def happened(
    *, phone_at: datetime, sent_at: datetime, received_at: datetime, known_off_s: int | None
) -> Happened:
    """The server's moment of a press at ``phone_at``.

    ``sent_at`` is the phone's clock at the sending, ``known_off_s`` what the phone knew at the press of its own
    clock's deviation (server less phone). Where the two deviations differ the clock was set in between and the
    one known at the press counts. Never later than ``received_at`` nor older than OLDEST.
    """
    off = received_at - sent_at
    known = off if known_off_s is None else timedelta(seconds=known_off_s)
    at = min(received_at, max(phone_at + known, received_at - OLDEST))
    return Happened(
        at=at,
        clock_off_s=round(off.total_seconds()),
        clock_was_set=abs((off - known).total_seconds()) > CLOCK_IS_OFF_S,
    )
