"""Changes to items and serials; full stock keeping with movements comes with its own issue."""

from sqlalchemy import select

from backend.core.errors import DomainError
from backend.core.uow import UnitOfWork
from backend.stock.models import Item, Serial


class NoneInStock(DomainError):
    """No dialer of that model is left."""

    code = "none_in_stock"
    kind = "conflict"
    zh = "{model} 没有库存了，请找物控助理"
    en = "No {model} is left in stock; ask the materials assistant"


class SerialElsewhere(DomainError):
    """The serial is known at another customer's."""

    code = "serial_elsewhere"
    kind = "conflict"
    zh = "序列号 {serial} 在系统里装在别的客户那里，请再看一次标签"
    en = "Serial {serial} is installed at another customer's; look at the label again"


def add_item(uow: UnitOfWork, *, code: str, name: str, kind: str, lines: int | None, price_fen: int) -> int:
    """A new dialer model or gift; returns its id."""
    item = Item(code=code, name=name, kind=kind, lines=lines, price_fen=price_fen)
    uow.session.add(item)
    uow.flush()
    uow.audit("item", item.id, "added", after={"code": code, "price_fen": price_fen})
    return item.id


def take_in(uow: UnitOfWork, *, item_id: int, serials: list[str]) -> None:
    """Put new dialers into stock."""
    uow.session.add_all([Serial(item_id=item_id, serial=serial, status="in_stock") for serial in serials])
    uow.flush()
    uow.audit("item", item_id, "taken_in", after={"count": len(serials)})


def issue(uow: UnitOfWork, *, order_id: int, model: str, person_id: int) -> str:
    """Give the engineer a dialer for an order; returns its serial. Repeating gives the same one."""
    uow.lock(f"serials_of_order:{order_id}")
    given = uow.session.scalars(
        select(Serial).where(Serial.service_order_id == order_id).order_by(Serial.id)
    ).first()
    if given is None:
        query = select(Serial).join(Item).where(Item.code == model, Serial.status == "in_stock")
        given = uow.session.scalars(
            query.order_by(Serial.id).limit(1).with_for_update(skip_locked=True)
        ).first()
        if given is None:
            raise NoneInStock(model=model)
        given.status, given.service_order_id = "issued", order_id
    if given.person_id != person_id:
        given.person_id = person_id
        uow.audit("serial", given.serial, "issued", after={"order_id": order_id, "person_id": person_id})
    return given.serial


def install_serial(uow: UnitOfWork, *, serial: str, site_id: int | None, order_id: int) -> None:
    """A dialer was put in at a customer's. A serial that stock does not know is left to the card's check."""
    found = uow.session.scalars(select(Serial).where(Serial.serial == serial)).one_or_none()
    if found is None:
        return
    if found.status == "installed" and found.service_order_id != order_id and found.site_id != site_id:
        raise SerialElsewhere(serial=serial)
    if found.status != "installed":
        found.status, found.service_order_id, found.site_id = "installed", order_id, site_id
        uow.audit("serial", serial, "installed", after={"order_id": order_id, "site_id": site_id})
