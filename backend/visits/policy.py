"""When a card is due and how it stands. Pure functions."""

import math
from datetime import datetime, timedelta
from typing import Literal

CARD_HOURS = 24
FIRST_MARK_HOURS = 18
SECOND_MARK_HOURS = 22
FAR_FROM_SITE_M = 500
EARTH_RADIUS_M = 6_371_000

Countdown = Literal["none", "fine", "soon", "urgent", "late"]


def card_due_at(accepted_at: datetime) -> datetime:
    """A card is due 24 hours after its order was accepted (R15)."""
    return accepted_at + timedelta(hours=CARD_HOURS)


def due_with_cause(due_at: datetime, cause_until: datetime | None) -> datetime:
    """The moment that counts: a special cause that was granted moves it."""
    return max(due_at, cause_until) if cause_until is not None else due_at


def countdown(due_at: datetime | None, now: datetime) -> Countdown:
    """How a card that is not in stands: fine, soon (from 18 h), urgent (from 22 h), late."""
    if due_at is None:
        return "none"
    left_h = (due_at - now).total_seconds() / 3600
    if left_h < 0:
        return "late"
    if left_h <= CARD_HOURS - SECOND_MARK_HOURS:
        return "urgent"
    return "soon" if left_h <= CARD_HOURS - FIRST_MARK_HOURS else "fine"


Mark = Literal["first", "second", "overdue"]


def reached_mark(due_at: datetime, now: datetime) -> Mark | None:
    """The last mark that a card which is not in has passed: 18 hours, 22 hours, or its due time."""
    words: dict[Countdown, Mark] = {"soon": "first", "urgent": "second", "late": "overdue"}
    return words.get(countdown(due_at, now))


def distance_m(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Metres between two WGS-84 positions along a great circle (haversine formula)."""
    a, b = math.radians(lat), math.radians(other_lat)
    half = math.sin((b - a) / 2) ** 2
    half += math.cos(a) * math.cos(b) * math.sin(math.radians(other_lon - lon) / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(half)))
