"""Reads of service orders and install orders as frozen rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from backend.core.db import columns
from backend.core.errors import NotFound
from backend.core.paging import Page, chosen, filled, page_by_id
from backend.core.uow import UnitOfWork
from backend.customers import queries as customers
from backend.customers.policy import short_name
from backend.orders.models import ImportBatch, InstallOrder, ServiceOrder


@dataclass(frozen=True)
class ServiceOrderRow:
    """A service order with its customer and place; an install that is not approved shows the sheet's words."""

    id: int
    number: str
    kind: str
    status: str
    urgent: bool
    customer_id: int | None
    site_id: int | None
    customer_name: str
    short_name: str
    contact_name: str
    contact_phone: str
    address: str
    district: str | None
    lat: float | None
    lon: float | None
    access_notes: str
    problem: str
    skills: tuple[str, ...]
    duration_s: int
    due_on: date | None
    division: str | None
    device_model: str | None
    line_count: int | None
    access_mode: str | None
    pbx_model: str | None
    price_fen: int | None
    reasons: tuple[str, ...]
    note: str
    created_at: datetime
    created_by: int | None
    updated_at: datetime
    version: int
    requested_window: str = "any"


@dataclass(frozen=True)
class InstallRow:
    """An install order as the division sent it, with the findings of the checks."""

    order_id: int
    number: str
    status: str
    version: int
    division: str
    division_number: str
    customer_name: str
    tax_number: str
    contact_name: str
    contact_phone: str
    address: str
    lat: float | None
    lon: float | None
    district: str | None
    access_mode: str
    line_count: int
    line_numbers: tuple[str, ...]
    device_model: str
    pbx_model: str
    requested_on: date | None
    requested_window: str
    price_fen: int
    invoice_type: str
    bank_account: str
    remarks: str
    urgent: bool
    raw: dict[str, str]
    findings: tuple[dict[str, Any], ...]
    answers: dict[str, Any]
    filename: str | None
    row_number: int | None
    created_at: datetime
    reasons: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class BatchRow:
    """One uploaded workbook."""

    id: int
    filename: str
    at: datetime
    person_id: int | None
    accepted: int
    duplicates: int
    rejected: int
    errors: tuple[dict[str, Any], ...]


def listing(
    uow: UnitOfWork,
    *,
    statuses: Sequence[str] | None = None,
    kinds: Sequence[str] | None = None,
    text: str = "",
    division: str | None = None,
    customer_id: int | None = None,
    urgent: bool | None = None,
    district: str = "",
    due_from: date | None = None,
    due_to: date | None = None,
    sort: str = "",
    cursor: str | None = None,
    size: int = 50,
) -> Page[ServiceOrderRow]:
    """Orders, newest first or by one of `SORTS`. ``text`` is sought in numbers, names, telephones, addresses.

    ``due_from`` and ``due_to`` are days, both included.
    """
    query = _filtered(statuses, kinds, text, division)
    if customer_id is not None:
        query = query.where(ServiceOrder.customer_id == customer_id)
    if urgent is not None:
        query = query.where(ServiceOrder.urgent.is_(urgent))
    if district:
        here = customers.site_ids_in(district)
        query = query.where(
            or_(
                ServiceOrder.site_id.in_(here),
                and_(ServiceOrder.site_id.is_(None), InstallOrder.district == district),
            )
        )
    if due_from is not None:
        query = query.where(ServiceOrder.due_on >= due_from)
    if due_to is not None:
        query = query.where(ServiceOrder.due_on <= due_to)
    by = chosen(SORTS, sort)
    page = page_by_id(uow, query, ServiceOrder.id, lambda order: order, cursor=cursor, size=size, sort=by)
    return page.holding(_rows(uow, page.rows))


SORTS = {
    "number": ServiceOrder.number,
    "due": filled(ServiceOrder.due_on, date.max),
    "status": ServiceOrder.status,
    "price": filled(InstallOrder.price_fen, 0),
    "lines": filled(InstallOrder.line_count, 0),
    "model": filled(InstallOrder.device_model, ""),
}
"""What orders can be sorted by; an order without the value stands where the last day, 0 or nothing would."""


def districts(uow: UnitOfWork) -> list[str]:
    """The districts that orders lie in, by name."""
    query = select(InstallOrder.district).where(InstallOrder.district.is_not(None)).distinct()
    return sorted({*uow.session.scalars(query), *customers.districts(uow)})


def counts(
    uow: UnitOfWork, *, division: str | None = None, kinds: Sequence[str] | None = None
) -> dict[str, int]:
    """How many orders are in each status; statuses without any are left out."""
    query = select(ServiceOrder.status, func.count().label("n")).group_by(ServiceOrder.status)
    if kinds:
        query = query.where(ServiceOrder.kind.in_(kinds))
    if division is not None:
        query = query.join(InstallOrder).where(InstallOrder.division == division)
    return {row.status: row.n for row in uow.session.execute(query)}


def with_status(uow: UnitOfWork, statuses: Sequence[str]) -> list[ServiceOrderRow]:
    """All orders in those statuses, oldest first."""
    query = select(ServiceOrder).where(ServiceOrder.status.in_(statuses)).order_by(ServiceOrder.id)
    return _rows(uow, uow.session.scalars(query).unique().all())


def get(uow: UnitOfWork, order_id: int) -> ServiceOrderRow:
    """One order. Raises NotFound."""
    order = uow.session.get(ServiceOrder, order_id)
    if order is None:
        raise NotFound(what={"zh": "这张技术服务单", "en": "That service order"})
    return _rows(uow, [order])[0]


def by_number(uow: UnitOfWork, number: str) -> ServiceOrderRow:
    """One order by the number that people read. Raises NotFound."""
    query = select(ServiceOrder).where(ServiceOrder.number == number)
    order = uow.session.scalars(query).unique().one_or_none()
    if order is None:
        raise NotFound(what={"zh": f"单号 {number}", "en": f"Order {number}"})
    return _rows(uow, [order])[0]


def by_ids(uow: UnitOfWork, ids: Iterable[int]) -> dict[int, ServiceOrderRow]:
    """Orders by id, in three queries however many they are."""
    wanted = set(ids)
    if not wanted:
        return {}
    if len(wanted) == 1:  # an order that this unit of work has seen needs no query
        order = uow.session.get(ServiceOrder, *wanted)
        return {order.id: _rows(uow, [order])[0]} if order is not None else {}
    query = select(*_COLUMNS).outerjoin(InstallOrder).where(ServiceOrder.id.in_(wanted))
    return {row.id: row for row in _plain_rows(uow, uow.session.execute(query).all())}


@dataclass(frozen=True)
class OrderFacts:
    """What statistics need to know of an order."""

    id: int
    customer_id: int | None
    kind: str
    duration_s: int
    site_id: int | None


def plain_facts(uow: UnitOfWork, ids: Iterable[int]) -> dict[int, OrderFacts]:
    """Customer, kind, planned length and site of many orders by id."""
    wanted, found = sorted(set(ids)), {}
    columns = (
        ServiceOrder.id,
        ServiceOrder.customer_id,
        ServiceOrder.kind,
        ServiceOrder.duration_s,
        ServiceOrder.site_id,
    )
    for start in range(0, len(wanted), 500):
        query = select(*columns).where(ServiceOrder.id.in_(wanted[start : start + 500]))
        found.update({row.id: OrderFacts(*row) for row in uow.session.execute(query)})
    return found


def places(uow: UnitOfWork, ids: Iterable[int]) -> dict[int, tuple[float, float]]:
    """Where those orders are (lat, lon in WGS-84), those that have a place."""
    query = select(ServiceOrder.id, ServiceOrder.site_id).where(ServiceOrder.id.in_(list(ids)))
    sites = {row.id: row.site_id for row in uow.session.execute(query) if row.site_id is not None}
    found = customers.positions(uow, sites.values())
    return {order_id: found[site_id] for order_id, site_id in sites.items() if site_id in found}


def versions(uow: UnitOfWork, ids: Iterable[int]) -> int:
    """A number that grows whenever one of those orders changes."""
    query = select(func.sum(ServiceOrder.version)).where(ServiceOrder.id.in_(list(ids)))
    return int(uow.session.scalar(query) or 0)


def at_site(uow: UnitOfWork, site_id: int) -> list[ServiceOrderRow]:
    """All orders of a site, newest first."""
    query = select(ServiceOrder).where(ServiceOrder.site_id == site_id).order_by(ServiceOrder.id.desc())
    return _rows(uow, uow.session.scalars(query).unique().all())


def ids_at_sites(uow: UnitOfWork, site_ids: Iterable[int | None]) -> dict[int, int]:
    """The site of each order that belongs to one of the sites."""
    wanted = {site_id for site_id in site_ids if site_id is not None}
    if not wanted:
        return {}
    query = select(ServiceOrder.id, ServiceOrder.site_id).where(ServiceOrder.site_id.in_(wanted))
    return {order_id: site_id for order_id, site_id in uow.session.execute(query) if site_id is not None}


def ids_of_kind(kind: str) -> Select[int]:
    """A select of the ids of orders of a kind, to build into other queries."""
    return select(ServiceOrder.id).where(ServiceOrder.kind == kind)


def ids_matching(text: str) -> Select[int]:
    """A select of the ids of orders whose number or customer holds the text, to build into other queries."""
    return select(ServiceOrder.id).where(
        or_(
            ServiceOrder.number.contains(text, autoescape=True),
            ServiceOrder.customer_id.in_(customers.ids_matching(text)),
        )
    )


def install_details(uow: UnitOfWork, order_id: int) -> InstallRow:
    """The install order behind a service order. Raises NotFound for other kinds."""
    install = uow.session.get(InstallOrder, order_id)
    if install is None:
        raise NotFound(what={"zh": "这张安装单", "en": "That install order"})
    batch = uow.session.get(ImportBatch, install.batch_id) if install.batch_id else None
    return _install(install, batch.filename if batch else None)


def review_queue(
    uow: UnitOfWork, *, text: str = "", cursor: str | None = None, size: int = 50
) -> Page[InstallRow]:
    """Submitted install orders, oldest first."""
    query = select(InstallOrder).join(ServiceOrder).where(ServiceOrder.status == "submitted")
    if text:
        query = query.where(
            or_(
                InstallOrder.customer_name.contains(text, autoescape=True),
                InstallOrder.division_number.contains(text, autoescape=True),
                ServiceOrder.number.contains(text, autoescape=True),
            )
        )
    return page_by_id(
        uow,
        query,
        InstallOrder.service_order_id,
        lambda install: _install(install, None),
        cursor=cursor,
        size=size,
        newest_first=False,
    )


def alike(uow: UnitOfWork, install: InstallRow, *, limit: int = 5) -> list[InstallRow]:
    """Other install orders of the same tax number, telephone or address."""
    query = (
        select(InstallOrder)
        .where(
            InstallOrder.service_order_id != install.order_id,
            or_(
                InstallOrder.tax_number == install.tax_number,
                InstallOrder.contact_phone == install.contact_phone,
                InstallOrder.address == install.address,
            ),
        )
        .order_by(InstallOrder.service_order_id.desc())
        .limit(limit)
    )
    return [_install(found, None) for found in uow.session.scalars(query).unique()]


def batches(uow: UnitOfWork, *, person_id: int | None = None, cursor: str | None = None) -> Page[BatchRow]:
    """Uploaded workbooks, newest first; of one person or of all."""
    query = select(ImportBatch)
    if person_id is not None:
        query = query.where(ImportBatch.person_id == person_id)
    return page_by_id(uow, query, ImportBatch.id, _batch, cursor=cursor, size=20)


def batch(uow: UnitOfWork, batch_id: int) -> BatchRow:
    """One uploaded workbook. Raises NotFound."""
    found = uow.session.get(ImportBatch, batch_id)
    if found is None:
        raise NotFound(what={"zh": "这次上传", "en": "That upload"})
    return _batch(found)


def _filtered(
    statuses: Sequence[str] | None, kinds: Sequence[str] | None, text: str, division: str | None
) -> Select[ServiceOrder]:
    query = select(ServiceOrder).outerjoin(InstallOrder)
    if statuses:
        query = query.where(ServiceOrder.status.in_(statuses))
    if kinds:
        query = query.where(ServiceOrder.kind.in_(kinds))
    if division is not None:
        query = query.where(InstallOrder.division == division)
    if text:
        query = query.where(
            or_(
                ServiceOrder.number.contains(text, autoescape=True),
                ServiceOrder.contact_phone.contains(text, autoescape=True),
                InstallOrder.customer_name.contains(text, autoescape=True),
                InstallOrder.division_number.contains(text, autoescape=True),
                InstallOrder.address.contains(text, autoescape=True),
                ServiceOrder.customer_id.in_(customers.ids_matching(text)),
            )
        )
    return query


# Plain columns where orders come by the hundred: making objects of them would take most of the time.
_OF_INSTALL = ("customer_name", "address", "district", "lat", "lon", "division", "requested_window")
_OF_DEVICE = ("device_model", "line_count", "access_mode", "pbx_model", "price_fen")
_COLUMNS = (
    *columns(ServiceOrder, "client_key", "closed_at"),
    InstallOrder.service_order_id.label("install_id"),
    *(getattr(InstallOrder, name) for name in (*_OF_INSTALL, *_OF_DEVICE)),
)


def _plain_rows(uow: UnitOfWork, found: Sequence[Any]) -> list[ServiceOrderRow]:
    return _joined(uow, found, [row if row.install_id is not None else None for row in found])


def _rows(uow: UnitOfWork, orders: Sequence[ServiceOrder]) -> list[ServiceOrderRow]:
    return _joined(uow, orders, [order.install for order in orders])


def _joined(uow: UnitOfWork, orders: Sequence[Any], installs: Sequence[Any]) -> list[ServiceOrderRow]:
    companies = customers.by_ids(uow, (order.customer_id for order in orders))
    places = customers.sites_by_ids(uow, (order.site_id for order in orders))
    return [
        _row(order, install, companies.get(order.customer_id or 0), places.get(order.site_id or 0))
        for order, install in zip(orders, installs, strict=True)
    ]


def _row(
    order: Any, install: Any, customer: customers.CustomerRow | None, site: customers.SiteRow | None
) -> ServiceOrderRow:
    name = customer.name if customer else install.customer_name if install else ""
    place: Any = site or install
    return ServiceOrderRow(
        id=order.id,
        number=order.number,
        kind=order.kind,
        status=order.status,
        urgent=order.urgent,
        customer_id=order.customer_id,
        site_id=order.site_id,
        customer_name=name,
        short_name=customer.short_name if customer else short_name(name),
        contact_name=order.contact_name,
        contact_phone=order.contact_phone,
        address=place.address if place else "",
        district=place.district if place else None,
        lat=place.lat if place else None,
        lon=place.lon if place else None,
        access_notes=site.access_notes if site else "",
        problem=order.problem,
        skills=tuple(order.skills),
        duration_s=order.duration_s,
        due_on=order.due_on,
        division=install.division if install else customer.division if customer else None,
        device_model=install.device_model if install else None,
        line_count=install.line_count if install else None,
        access_mode=install.access_mode if install else None,
        pbx_model=install.pbx_model if install else None,
        price_fen=install.price_fen if install else None,
        reasons=tuple(order.reasons),
        note=order.note,
        created_at=order.created_at,
        created_by=order.created_by,
        updated_at=order.updated_at,
        version=order.version,
        requested_window=install.requested_window if install else "any",
    )


def _install(install: InstallOrder, filename: str | None) -> InstallRow:
    order = install.order
    return InstallRow(
        order_id=order.id,
        number=order.number,
        status=order.status,
        version=order.version,
        division=install.division,
        division_number=install.division_number,
        customer_name=install.customer_name,
        tax_number=install.tax_number,
        contact_name=install.contact_name,
        contact_phone=install.contact_phone,
        address=install.address,
        lat=install.lat,
        lon=install.lon,
        district=install.district,
        access_mode=install.access_mode,
        line_count=install.line_count,
        line_numbers=tuple(install.line_numbers),
        device_model=install.device_model,
        pbx_model=install.pbx_model,
        requested_on=install.requested_on,
        requested_window=install.requested_window,
        price_fen=install.price_fen,
        invoice_type=install.invoice_type,
        bank_account=install.bank_account,
        remarks=install.remarks,
        urgent=order.urgent,
        raw=dict(install.raw),
        findings=tuple(install.findings),
        answers=dict(install.answers),
        filename=filename,
        row_number=install.row_number,
        created_at=order.created_at,
        reasons=tuple(order.reasons),
        note=order.note,
    )


def _batch(found: ImportBatch) -> BatchRow:
    return BatchRow(
        found.id,
        found.filename,
        found.at,
        found.person_id,
        found.accepted,
        found.duplicates,
        found.rejected,
        tuple(found.errors),
    )
