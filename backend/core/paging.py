"""Paging by key: a page holds rows and the cursor of the next one."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, and_, or_
from sqlalchemy.orm import InstrumentedAttribute

from backend.core.errors import DomainError
from backend.core.uow import UnitOfWork

T = TypeVar("T")
DEFAULT_SIZE = 50
LARGEST = 200


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
    except ValueError as exc:
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
        if not isinstance(key, int):
            raise BadCursor()
        query = query.where(column < key if newest_first else column > key)
    size = max(1, min(size, LARGEST))
    query = query.order_by(column.desc() if newest_first else column.asc()).limit(size + 1)
    entities = uow.session.execute(query).unique().scalars().all()
    more = len(entities) > size
    entities = entities[:size]
    next_cursor = encode(getattr(entities[-1], column.key)) if more else None
    return Page([to_row(entity) for entity in entities], next_cursor)


def page_by_keys(
    uow: UnitOfWork,
    query: Select[Any],
    columns: tuple[InstrumentedAttribute[Any], InstrumentedAttribute[int]],
    to_row: Callable[[Any], T],
    *,
    cursor: str | None = None,
    size: int = DEFAULT_SIZE,
    to_json: Callable[[Any], Any] = lambda value: value,
    from_json: Callable[[Any], Any] = lambda value: value,
) -> Page[T]:
    """Like `page_by_id`, ascending by a first column and then by the integer key; the first must not be null."""
    first, key = columns
    if cursor:
        try:
            at, last = decode(cursor)
            at = from_json(at)
        except (TypeError, ValueError) as exc:
            raise BadCursor() from exc
        query = query.where(or_(first > at, and_(first == at, key > last)))
    size = max(1, min(size, LARGEST))
    entities = uow.session.execute(query.order_by(first, key).limit(size + 1)).unique().scalars().all()
    more = len(entities) > size
    entities = entities[:size]
    tail = entities[-1] if more else None
    next_cursor = (
        encode([to_json(getattr(tail, first.key)), getattr(tail, key.key)]) if tail is not None else None
    )
    return Page([to_row(entity) for entity in entities], next_cursor)
