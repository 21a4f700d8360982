"""Paging by key: a page holds rows and the cursor of the next one."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute

from backend.core.errors import DomainError
from backend.core.uow import UnitOfWork

T = TypeVar("T")
DEFAULT_SIZE = 50
LARGEST = 200
LARGEST_KEY = 2**63


class BadCursor(DomainError):
    """A cursor that this program did not make."""

    code = "bad_cursor"
    zh = "翻页标记不对，请从第一页重新看起"
    en = "The paging cursor is not valid; start again from the first page"


@dataclass(frozen=True)
class Page(Generic[T]):
    """Rows of one page; ``next_cursor`` is None on the last."""

    rows: Sequence[T]
    next_cursor: str | None


def encode(key: Any) -> str:
    """A cursor from a row's sort key (JSON values)."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def decode(cursor: str) -> Any:
    """The sort key in a cursor. Raises BadCursor."""
    try:
        return json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError) as exc:
        raise BadCursor() from exc


def page_by_id(
    uow: UnitOfWork,
    query: Select[Any],
    column: InstrumentedAttribute[int],
    to_row: Callable[[Any], T],
    *,
    cursor: str | None = None,
    size: int = DEFAULT_SIZE,
    newest_first: bool = True,
) -> Page[T]:
    """One page of ORM entities in the order of an integer key column, each turned into a frozen row."""
    if cursor:
        key = decode(cursor)
        if not _is_key(key):
            raise BadCursor()
        query = query.where(column < key if newest_first else column > key)
    size = max(1, min(size, LARGEST))
    query = query.order_by(column.desc() if newest_first else column.asc()).limit(size + 1)
    entities = uow.session.execute(query).unique().scalars().all()
    more = len(entities) > size
    entities = entities[:size]
    next_cursor = encode(getattr(entities[-1], column.key)) if more else None
    return Page([to_row(entity) for entity in entities], next_cursor)


def _is_key(value: Any) -> bool:
    """True for what an integer key column may hold."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST_KEY
