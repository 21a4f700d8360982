"""Paging by key: a page holds rows and the cursor of the next one."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, and_, func, literal, or_
from sqlalchemy.orm import InstrumentedAttribute

from backend.core.clock import require_aware
from backend.core.errors import DomainError
from backend.core.uow import UnitOfWork

T = TypeVar("T")
U = TypeVar("U")
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
    """Rows of one page; ``next_cursor`` is None on the last, ``previous_cursor`` on the first."""

    rows: Sequence[T]
    next_cursor: str | None
    previous_cursor: str | None = None

    def holding(self, rows: Sequence[U]) -> "Page[U]":
        """The same place in the list with other rows, such as joined ones."""
        return Page(rows, self.next_cursor, self.previous_cursor)


@dataclass(frozen=True)
class Sort:
    """What a list is sorted by: an expression that is never null, and the direction."""

    by: Any
    descending: bool = False


def filled(column: Any, instead: Any) -> Any:
    """The column with a value in the place of nulls, so that rows without one have their place in a sort."""
    return func.coalesce(column, literal(instead, type_=column.type))


def chosen(sorts: Mapping[str, Any], wanted: str) -> Sort | None:
    """The sort that a name such as ``due`` or ``-due`` (descending) asks for; None for an unknown name."""
    by = sorts.get(wanted.removeprefix("-"))
    return None if by is None else Sort(by, wanted.startswith("-"))


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
    sort: Sort | None = None,
) -> Page[T]:
    """One page of ORM entities in the order of an integer key column, each turned into a frozen row.

    With ``sort`` the rows are in its order, and the key parts those that are equal in it. A cursor leads on
    from the last row of its page, or back from the first; rows that come or go meanwhile shift nothing.
    """
    descending = sort.descending if sort else newest_first
    back, after = _place(cursor, sort)
    forward_is_less = descending != back
    if after is not None:
        value, key = after
        beyond = column < key if forward_is_less else column > key
        if sort is not None:
            further = sort.by < value if forward_is_less else sort.by > value
            beyond = or_(further, and_(sort.by == value, beyond))
        query = query.where(beyond)
    order: list[Any] = [column] if sort is None else [sort.by, column]
    query = query.order_by(*(one.desc() if forward_is_less else one.asc() for one in order))
    size = max(1, min(size, LARGEST))
    wanted = query if sort is None else query.add_columns(sort.by.label("sorted_by"))
    found = [tuple(row) for row in uow.session.execute(wanted.limit(size + 1)).unique()]
    more, found = len(found) > size, found[:size]
    if back:
        found.reverse()
    has_next, has_previous = (bool(found), more) if back else (more, cursor is not None and bool(found))

    def cursor_at(row: tuple[Any, ...], mark: str) -> str:
        return encode([mark, _as_json(row[1]) if sort else None, getattr(row[0], column.key)])

    return Page(
        [to_row(row[0]) for row in found],
        cursor_at(found[-1], ">") if has_next else None,
        cursor_at(found[0], "<") if has_previous else None,
    )


def _place(cursor: str | None, sort: Sort | None) -> tuple[bool, tuple[Any, int] | None]:
    """Whether a cursor leads back, and the value and key that it stands at. Raises BadCursor."""
    if not cursor:
        return False, None
    try:
        mark, value, key = decode(cursor)
        value = _from_json(value)
        if mark not in ("<", ">") or type(key) is not int or not 0 <= key < LARGEST_KEY:
            raise BadCursor()
        if (value is not None) != (sort is not None) or (
            sort and type(value) is not sort.by.type.python_type
        ):
            raise BadCursor()
        return mark == "<", (value, key)
    except (TypeError, ValueError) as exc:
        raise BadCursor() from exc


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return ["t", value.isoformat()]
    return ["d", value.isoformat()] if isinstance(value, date) else ["", value]


def _from_json(value: Any) -> Any:
    if value is None:
        return None
    kind, plain = value
    if kind == "t":
        return require_aware(datetime.fromisoformat(plain))
    return date.fromisoformat(plain) if kind == "d" else plain
