"""Reading the audit trail; writing is `UnitOfWork.audit`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select

from backend.core.ledger import AuditEntry
from backend.core.paging import Page, page_by_id
from backend.core.uow import UnitOfWork


@dataclass(frozen=True)
class AuditRow:
    """One entry of the trail."""

    id: int
    at: datetime
    actor: str
    via: str
    entity: str
    entity_id: str
    action: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def trail(
    uow: UnitOfWork,
    *,
    entity: str | None = None,
    entity_id: int | str | None = None,
    person_id: int | None = None,
    at_from: datetime | None = None,
    at_before: datetime | None = None,
    cursor: str | None = None,
    size: int = 50,
) -> Page[AuditRow]:
    """The newest entries first, of one record or of all, by one person, from a moment and before another."""
    query = select(AuditEntry)
    if entity is not None:
        query = query.where(AuditEntry.entity == entity)
    if entity_id is not None:
        query = query.where(AuditEntry.entity_id == str(entity_id))
    if person_id is not None:
        query = query.where(AuditEntry.person_id == person_id)
    if at_from is not None:
        query = query.where(AuditEntry.at >= at_from)
    if at_before is not None:
        query = query.where(AuditEntry.at < at_before)
    return page_by_id(uow, query, AuditEntry.id, _row, cursor=cursor, size=size)


def story(uow: UnitOfWork, records: Iterable[tuple[str, int]], *, most: int = 200) -> list[AuditRow]:
    """What happened to several records that belong together (entity and id), newest first."""
    wanted = {(entity, str(entity_id)) for entity, entity_id in records}
    if not wanted:
        return []
    query = select(AuditEntry).where(
        or_(*(and_(AuditEntry.entity == entity, AuditEntry.entity_id == key) for entity, key in wanted))
    )
    return [_row(entry) for entry in uow.session.scalars(query.order_by(AuditEntry.id.desc()).limit(most))]


def _row(entry: AuditEntry) -> AuditRow:
    return AuditRow(
        entry.id,
        entry.at,
        entry.actor,
        entry.via,
        entry.entity,
        entry.entity_id,
        entry.action,
        entry.before,
        entry.after,
    )
