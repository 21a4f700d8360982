"""Cards that are due: the engineer is reminded at 18 and 22 hours, the desk hears of those past their time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from backend.core.uow import UnitOfWork
from backend.visits import policy
from backend.visits.models import Visit
from backend.visits.queries import no_card

LOOK_BACK = timedelta(days=3)
"""Older ones are in the lists; a system that was away for long does not send a flood of old news."""


@dataclass(frozen=True)
class DueCard:
    """A card that is not in and has passed a mark. ``key`` is the same for a mark of a due time, whoever asks."""

    visit_id: int
    order_id: int
    engineer_id: int
    due_at: datetime
    mark: policy.Mark

    @property
    def key(self) -> str:
        """A granted cause moves the due time, and the marks count anew."""
        return f"card-due:{self.visit_id}:{self.mark}:{int(self.due_at.timestamp())}"


def due_cards(uow: UnitOfWork) -> list[DueCard]:
    """Every card to remind of now, with the last mark that it has passed."""
    soon = uow.now + timedelta(hours=policy.CARD_HOURS - policy.FIRST_MARK_HOURS)
    query = select(Visit).where(
        Visit.accepted_at.is_not(None),
        Visit.card_due_at <= soon,
        Visit.card_due_at > uow.now - LOOK_BACK,
        no_card(),
    )
    found = []
    for visit in uow.session.scalars(query.order_by(Visit.id)):
        if visit.card_due_at is None:
            continue
        due_at = policy.due_with_cause(visit.card_due_at, visit.cause_until)
        mark = policy.reached_mark(due_at, uow.now)
        if mark is not None:
            found.append(DueCard(visit.id, visit.service_order_id, visit.engineer_id, due_at, mark))
    return found
