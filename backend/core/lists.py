"""Lists that the department edits: reasons and causes, with words in both languages."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select

from backend.core.clock import local_date
from backend.core.ledger import ListEntry
from backend.core.uow import UnitOfWork


@dataclass(frozen=True)
class Choice:
    """One entry of a list."""

    code: str
    zh: str
    en: str

    def text(self, lang: str) -> str:
        """The words in "zh" or "en"."""
        return self.en if lang == "en" else self.zh


def choices(uow: UnitOfWork, list_code: str) -> list[Choice]:
    """The entries of a list that are valid today, in their order."""
    today = local_date(uow.now)
    query = (
        select(ListEntry)
        .where(
            ListEntry.list_code == list_code,
            or_(ListEntry.valid_from.is_(None), ListEntry.valid_from <= today),
            or_(ListEntry.valid_to.is_(None), ListEntry.valid_to >= today),
        )
        .order_by(ListEntry.position, ListEntry.id)
    )
    return [Choice(entry.code, entry.zh, entry.en) for entry in uow.session.scalars(query)]


def seed(uow: UnitOfWork, list_code: str, entries: Sequence[tuple[str, str, str]]) -> None:
    """Add the entries (code, Chinese, English) that a list lacks, in this order. Safe to repeat."""
    known = set(uow.session.scalars(select(ListEntry.code).where(ListEntry.list_code == list_code)))
    for position, (code, zh, en) in enumerate(entries):
        if code not in known:
            uow.session.add(ListEntry(list_code=list_code, code=code, zh=zh, en=en, position=position))
    uow.flush()
