"""Reads of items and serials."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select

from backend.core.paging import Page, chosen, page_by_id
from backend.core.uow import UnitOfWork
from backend.stock.models import Item, Serial


@dataclass(frozen=True)
class ItemRow:
    """A dialer model or a gift; list price in fen."""

    id: int
    code: str
    name: str
    kind: str
    lines: int | None
    price_fen: int
    in_stock: int = 0


@dataclass(frozen=True)
class SerialRow:
    """One dialer and where it is."""

    id: int
    serial: str
    model: str
    status: str
    service_order_id: int | None
    person_id: int | None


def models(uow: UnitOfWork) -> dict[str, ItemRow]:
    """The dialer models that can be ordered, by code."""
    query = select(Item).where(Item.kind == "dialer", Item.active.is_(True)).order_by(Item.code)
    return {item.code: _item(item, 0) for item in uow.session.scalars(query)}


def items(uow: UnitOfWork) -> list[ItemRow]:
    """All items with the number in stock."""
    counts = select(Serial.item_id, func.count().label("n")).where(Serial.status == "in_stock")
    counted = counts.group_by(Serial.item_id).subquery()
    query = select(Item, counted.c.n).outerjoin(counted, counted.c.item_id == Item.id).order_by(Item.code)
    return [_item(item, n or 0) for item, n in uow.session.execute(query)]


def serials(
    uow: UnitOfWork,
    *,
    status: str = "",
    model: str = "",
    text: str = "",
    sort: str = "",
    cursor: str | None = None,
    size: int = 50,
) -> Page[SerialRow]:
    """Dialers, newest first or by one of `SORTS`; by status, model and a part of the serial."""
    query = select(Serial)
    if status:
        query = query.where(Serial.status == status)
    if text:
        query = query.where(Serial.serial.contains(text, autoescape=True))
    if model:
        query = query.where(Serial.item_id.in_(select(Item.id).where(Item.code == model)))
    codes = {item.id: item.code for item in uow.session.scalars(select(Item))}
    by = chosen(SORTS, sort)
    return page_by_id(uow, query, Serial.id, lambda s: _serial(s, codes), cursor=cursor, size=size, sort=by)


SORTS = {"serial": Serial.serial, "status": Serial.status}
"""What dialers can be sorted by."""


def serials_at(uow: UnitOfWork, site_ids: Collection[int]) -> dict[int, list[SerialRow]]:
    """The dialers that stand at some sites, by site."""
    query = select(Serial, Item.code).join(Item).where(Serial.site_id.in_(site_ids)).order_by(Serial.id)
    found: dict[int, list[SerialRow]] = {}
    for serial, code in uow.session.execute(query) if site_ids else ():
        found.setdefault(serial.site_id or 0, []).append(_serial(serial, {serial.item_id: code}))
    return found


def serials_for_order(uow: UnitOfWork, order_id: int) -> list[SerialRow]:
    """The dialers that were given out or installed for a service order."""
    query = (
        select(Serial, Item.code).join(Item).where(Serial.service_order_id == order_id).order_by(Serial.id)
    )
    return [_serial(serial, {serial.item_id: code}) for serial, code in uow.session.execute(query)]


def serials_for_orders(uow: UnitOfWork, order_ids: Collection[int]) -> dict[int, list[SerialRow]]:
    """The dialers given out or installed for several service orders, by order, in one query."""
    query = select(Serial, Item.code).join(Item).where(Serial.service_order_id.in_(order_ids))
    found: dict[int, list[SerialRow]] = {}
    for serial, code in uow.session.execute(query.order_by(Serial.id)) if order_ids else ():
        row = _serial(serial, {serial.item_id: code})
        found.setdefault(row.service_order_id or 0, []).append(row)
    return found


def _item(item: Item, in_stock: int) -> ItemRow:
    return ItemRow(item.id, item.code, item.name, item.kind, item.lines, item.price_fen, in_stock)


def _serial(serial: Serial, codes: dict[int, str]) -> SerialRow:
    return SerialRow(
        serial.id,
        serial.serial,
        codes[serial.item_id],
        serial.status,
        serial.service_order_id,
        serial.person_id,
    )
