"""Finds the header row of a sheet of install orders, whatever the order and the exact names of its columns."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from backend.core.fields import Field, clean
from backend.orders.fields import INSTALL_ORDER_FIELDS
from backend.orders.workbook.guard import WorkbookRefused
from backend.orders.workbook.xlsx import MOST_COLUMNS, Merge, Row

HEADER_WITHIN = 10
FEWEST_NAMES = 4
# Columns that people add for themselves, or that the report of errors added.
IGNORED = frozenset({"序号", "问题", "problems", "no"})


@dataclass
class Header:
    """A header row: fields by column (0 is A), and names that no field has."""

    row: int
    columns: dict[int, Field]
    unknown: list[str] = field(default_factory=list)

    def missing(self) -> list[Field]:
        """The required fields that have no column."""
        return [item for item in INSTALL_ORDER_FIELDS if item.required and item not in self.columns.values()]

    def is_merged(self, merges: list[Merge]) -> bool:
        """True where a cell of the row is merged with another one."""
        return any(m.top <= self.row <= m.bottom and (m.top, m.left) != (m.bottom, m.right) for m in merges)


def find_header(row: Row) -> Header | None:
    """The header, if the row is one. Raises WorkbookRefused where two columns have the same name."""
    header = Header(row.number, {})
    ranks: dict[str, int] = {}
    for column, cell in sorted(row.values.items()):
        name = clean(cell)
        item, rank = _names().get(_key(name), (None, 0))
        if item is None:
            if name and _key(name) not in IGNORED:
                header.unknown.append(name[:40])
        elif item.code not in ranks:
            header.columns[column], ranks[item.code] = item, rank
        elif ranks[item.code] == rank == 0:
            raise WorkbookRefused("double_column", column=name)
        else:
            # 联系电话 beside 电话: the field's own name wins, then the first; the other is named as not read.
            old = next(at for at, known in header.columns.items() if known is item)
            if rank < ranks[item.code]:
                header.unknown.append(clean(row.values[old])[:40])
                del header.columns[old]
                header.columns[column], ranks[item.code] = item, rank
            else:
                header.unknown.append(name[:40])
    return header if len(header.columns) >= FEWEST_NAMES else None


def is_too_wide(row: Row) -> bool:
    """True where a header goes on to the last column that is read."""
    return len(row.values) >= MOST_COLUMNS


@lru_cache(maxsize=1)
def _names() -> dict[str, tuple[Field, int]]:
    """Fields by every name they go by; rank 0 is the field's own name."""
    found: dict[str, tuple[Field, int]] = {}
    for item in INSTALL_ORDER_FIELDS:
        for rank, name in enumerate((item.zh, item.en, *item.aliases)):
            found.setdefault(_key(name), (item, 0 if rank < 2 else 1))
    return found


def _key(name: str) -> str:
    """A header without marks, notes in brackets, spaces and line breaks."""
    return re.sub(r"\([^)]*\)|\[[^]]*\]|【[^】]*】|必填|[\s*:_/.、-]", "", clean(name)).lower()
