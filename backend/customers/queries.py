"""Reads of customers, sites and profiles."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Select, or_, select

from backend.core.errors import NotFound
from backend.core.paging import Page, chosen, page_by_id
from backend.core.uow import UnitOfWork
from backend.customers.models import Contact, Customer, Line, Site, SiteProfile
from backend.customers.policy import name_key


@dataclass(frozen=True)
class CustomerRow:
    """A company."""

    id: int
    name: str
    short_name: str
    tax_number: str | None
    division: str | None


@dataclass(frozen=True)
class SiteRow:
    """A place of a customer; position WGS-84 or None."""

    id: int
    customer_id: int
    address: str
    district: str | None
    lat: float | None
    lon: float | None
    position_source: str | None
    access_notes: str


@dataclass(frozen=True)
class SiteDetail:
    """A site with its contacts, lines and profile."""

    site: SiteRow
    contacts: tuple[tuple[str, str], ...]
    lines: tuple[str, ...]
    profile: dict[str, Any]


def listing(
    uow: UnitOfWork,
    *,
    text: str = "",
    district: str = "",
    sort: str = "",
    cursor: str | None = None,
    size: int = 50,
) -> Page[CustomerRow]:
    """Customers, newest first or by one of `SORTS`; by a part of name or tax number, by a site's district."""
    query = select(Customer)
    if district:
        query = query.where(Customer.id.in_(select(Site.customer_id).where(Site.district == district)))
    if text:
        query = query.where(Customer.id.in_(ids_matching(text)))
    by = chosen(SORTS, sort)
    return page_by_id(uow, query, Customer.id, _customer, cursor=cursor, size=size, sort=by)


SORTS = {"name": Customer.name}
"""What customers can be sorted by."""


def site_ids_in(district: str) -> Select[int]:
    """A select of the ids of a district's sites, to build into other queries."""
    return select(Site.id).where(Site.district == district)


def positions(uow: UnitOfWork, ids: Iterable[int]) -> dict[int, tuple[float, float]]:
    """Positions (lat, lon in WGS-84) of those sites that have one."""
    query = select(Site.id, Site.lat, Site.lon).where(Site.id.in_(set(ids)), Site.lat.is_not(None))
    return {row.id: (row.lat, row.lon) for row in uow.session.execute(query)}


def addresses(uow: UnitOfWork, ids: Iterable[int]) -> dict[int, str]:
    """Addresses of those sites."""
    query = select(Site.id, Site.address).where(Site.id.in_(set(ids)))
    return {row.id: row.address for row in uow.session.execute(query)}


def districts(uow: UnitOfWork) -> list[str]:
    """The districts that sites lie in."""
    query = select(Site.district).where(Site.district.is_not(None)).distinct().order_by(Site.district)
    return [name for name in uow.session.scalars(query) if name]


def get(uow: UnitOfWork, customer_id: int) -> CustomerRow:
    """One customer. Raises NotFound."""
    customer = uow.session.get(Customer, customer_id)
    if customer is None:
        raise NotFound(what={"zh": "这个客户", "en": "That customer"})
    return _customer(customer)


def ids_matching(text: str) -> Select[int]:
    """A select of the ids of customers whose name or tax number holds the text, to build into other queries."""
    return select(Customer.id).where(
        or_(
            Customer.name.contains(text, autoescape=True), Customer.tax_number.contains(text, autoescape=True)
        )
    )


def by_ids(uow: UnitOfWork, ids: Iterable[int | None]) -> dict[int, CustomerRow]:
    """Customers by id, in one query; in none where this unit of work knows the only one."""
    wanted = {value for value in ids if value is not None}
    if len(wanted) == 1:
        known = uow.session.get(Customer, *wanted)
        return {known.id: _customer(known)} if known is not None else {}
    query = select(*(getattr(Customer, field.name) for field in fields(CustomerRow))).where(
        Customer.id.in_(wanted)
    )
    return {row.id: CustomerRow(*row) for row in uow.session.execute(query)} if wanted else {}


def sites_by_ids(uow: UnitOfWork, ids: Iterable[int | None]) -> dict[int, SiteRow]:
    """Sites by id, in one query; in none where this unit of work knows the only one."""
    wanted = {value for value in ids if value is not None}
    if len(wanted) == 1:
        known = uow.session.get(Site, *wanted)
        return {known.id: _site(known)} if known is not None else {}
    query = select(*(getattr(Site, field.name) for field in fields(SiteRow))).where(Site.id.in_(wanted))
    return {row.id: SiteRow(*row) for row in uow.session.execute(query)} if wanted else {}


def similar(uow: UnitOfWork, *, name: str, tax_number: str | None, limit: int = 5) -> list[CustomerRow]:
    """Customers with the same tax number or nearly the same name."""
    same = Customer.name_key == name_key(name)
    query = select(Customer).where(or_(same, Customer.tax_number == tax_number) if tax_number else same)
    return [_customer(customer) for customer in uow.session.scalars(query.order_by(Customer.id).limit(limit))]


def by_name_keys_and_tax_numbers(
    uow: UnitOfWork, names: set[str], tax_numbers: set[str]
) -> dict[str, list[CustomerRow]]:
    """Customers by name key and by tax number, for many orders at once."""
    found: dict[str, list[CustomerRow]] = {}
    for column, values in ((Customer.name_key, sorted(names)), (Customer.tax_number, sorted(tax_numbers))):
        for start in range(0, len(values), 500):
            query = select(Customer).where(column.in_(values[start : start + 500])).order_by(Customer.id)
            for customer in uow.session.scalars(query):
                found.setdefault(str(getattr(customer, column.key)), []).append(_customer(customer))
    return found


def sites(uow: UnitOfWork, customer_id: int) -> list[SiteDetail]:
    """All sites of a customer with contacts, lines and profiles, in four queries."""
    found = uow.session.scalars(select(Site).where(Site.customer_id == customer_id).order_by(Site.id)).all()
    ids = [site.id for site in found]
    contacts: dict[int, list[tuple[str, str]]] = {}
    for contact in uow.session.scalars(select(Contact).where(Contact.site_id.in_(ids)).order_by(Contact.id)):
        contacts.setdefault(contact.site_id, []).append((contact.name, contact.phone))
    lines: dict[int, list[str]] = {}
    for line in uow.session.scalars(select(Line).where(Line.site_id.in_(ids)).order_by(Line.number)):
        lines.setdefault(line.site_id, []).append(line.number)
    profiles = {
        p.site_id: p.data
        for p in uow.session.scalars(select(SiteProfile).where(SiteProfile.site_id.in_(ids)))
    }
    return [
        SiteDetail(
            _site(site),
            tuple(contacts.get(site.id, ())),
            tuple(lines.get(site.id, ())),
            profiles.get(site.id, {}),
        )
        for site in found
    ]


def profile(uow: UnitOfWork, site_id: int) -> dict[str, Any]:
    """The technical facts of a site; empty where nothing is known."""
    found = uow.session.get(SiteProfile, site_id)
    return dict(found.data) if found else {}


def profiles(uow: UnitOfWork, site_ids: Iterable[int | None]) -> dict[int, dict[str, Any]]:
    """The technical facts of several sites by site, in one query; sites without any are left out."""
    wanted = {value for value in site_ids if value is not None}
    query = select(SiteProfile).where(SiteProfile.site_id.in_(wanted))
    return {found.site_id: dict(found.data) for found in uow.session.scalars(query)} if wanted else {}


def _customer(customer: Customer) -> CustomerRow:
    return CustomerRow(
        customer.id, customer.name, customer.short_name, customer.tax_number, customer.division
    )


def _site(site: Site) -> SiteRow:
    return SiteRow(
        site.id,
        site.customer_id,
        site.address,
        site.district,
        site.lat,
        site.lon,
        site.position_source,
        site.access_notes,
    )
