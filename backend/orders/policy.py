"""What an order asks of the schedule, and what still bars its approval. Pure functions."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

PREFIXES = {"install": "AZ", "repair": "WX", "maintenance": "WH"}
ACCESS_SKILLS = {"pbx_trunk": "pbx", "pbx_extension": "pbx", "e1": "e1"}
MINUTE = 60


def install_duration_s(line_count: int, access_mode: str) -> int:
    """Seconds that an install takes: 45 minutes and 7 for each line up to 15, half an hour more for an E1."""
    extra = 30 if access_mode == "e1" else 0
    return (45 + 7 * min(line_count, 15) + extra) * MINUTE


def duration_s(kind: str) -> int:
    """Seconds that a repair or a maintenance takes before anyone knows better."""
    return {"install": 75, "repair": 60, "maintenance": 40}[kind] * MINUTE


def skills_for(kind: str, access_mode: str | None) -> list[str]:
    """The skills that the engineer needs."""
    special = ACCESS_SKILLS.get(access_mode or "")
    return [kind] if special is None else [kind, special]


def due_date(kind: str, urgent: bool, today: date, requested_on: date | None) -> date:
    """By when the visit should be: as asked; else urgent today, repair tomorrow, install in 5, maintenance in 10 days."""
    if requested_on is not None:
        return requested_on
    return today + timedelta(days=0 if urgent else {"repair": 1, "install": 5, "maintenance": 10}[kind])


def open_errors(findings: list[dict[str, Any]], answers: dict[str, Any]) -> list[dict[str, Any]]:
    """The findings that still bar an approval: errors that nobody has answered."""
    return [f for f in findings if f["level"] == "error" and f["code"] not in answers]


def free_of_questions(
    findings: Sequence[dict[str, Any]], answers: Mapping[str, Any], lat: float | None
) -> bool:
    """True where nothing of the checks wants a look and the address has its place on the map."""
    return lat is not None and all(f["code"] in answers for f in findings)
