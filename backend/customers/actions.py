"""Changes to customers, sites, contacts, lines and site profiles."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from backend.core.errors import NotFound
from backend.core.uow import UnitOfWork
from backend.customers.models import Contact, Customer, Line, Site, SiteProfile
from backend.customers.policy import name_key, short_name


def ensure_customer(
    uow: UnitOfWork,
    *,
    name: str,
    tax_number: str | None,
    division: str | None,
    customer_id: int | None = None,
) -> int:
    """The customer of that tax number (or the one named by ``customer_id``), made if new; returns the id."""
    customer = uow.session.get(Customer, customer_id) if customer_id else None
    if customer is None and tax_number:
        uow.lock(f"tax_number:{tax_number}")
        query = select(Customer).where(Customer.tax_number == tax_number).order_by(Customer.id)
        customer = uow.session.scalars(query.limit(1)).one_or_none()
    if customer is None:
        customer = Customer(
            name=name,
            name_key=name_key(name),
            short_name=short_name(name),
            tax_number=tax_number,
            division=division,
            created_at=uow.now,
        )
        uow.session.add(customer)
        uow.flush()
        uow.audit("customer", customer.id, "added", after={"name": name, "tax_number": tax_number})
    return customer.id


def ensure_site(
    uow: UnitOfWork,
    *,
    customer_id: int,
    address: str,
    district: str | None,
    lat: float | None,
    lon: float | None,
    position_source: str | None,
) -> int:
    """The customer's site at that address, made if new; a known position is kept up to date."""
    query = select(Site).where(Site.customer_id == customer_id, Site.address == address)
    site = uow.session.scalars(query).one_or_none()
    if site is None:
        site = Site(
            customer_id=customer_id,
            address=address,
            district=district,
            lat=lat,
            lon=lon,
            position_source=position_source,
            access_notes="",
        )
        uow.session.add(site)
        uow.flush()
        uow.audit("site", site.id, "added", after={"address": address, "customer_id": customer_id})
    elif lat is not None and (site.lat, site.lon) != (lat, lon):
        before = {"lat": site.lat, "lon": site.lon}
        site.lat, site.lon, site.district, site.position_source = lat, lon, district, position_source
        uow.audit("site", site.id, "moved", before=before, after={"lat": lat, "lon": lon})
    return site.id


def ensure_contact(uow: UnitOfWork, *, site_id: int, name: str, phone: str) -> None:
    """The contact with that telephone at the site, made if new."""
    query = select(Contact).where(Contact.site_id == site_id, Contact.phone == phone)
    if uow.session.scalars(query).one_or_none() is None:
        uow.session.add(Contact(site_id=site_id, name=name, phone=phone, title=""))
        uow.flush()


def ensure_lines(uow: UnitOfWork, *, site_id: int, numbers: Iterable[str], access_mode: str) -> None:
    """The lines with those numbers at the site, made where new."""
    known = set(uow.session.scalars(select(Line.number).where(Line.site_id == site_id)))
    for number in numbers:
        if number not in known:
            known.add(number)
            uow.session.add(Line(site_id=site_id, number=number, access_mode=access_mode))
    uow.flush()


def save_profile(uow: UnitOfWork, *, site_id: int, data: dict[str, Any]) -> None:
    """Merge new technical facts into a site's profile; a value that is None or empty leaves the old one."""
    if uow.session.get(Site, site_id) is None:
        raise NotFound(what={"zh": "这个地址", "en": "That site"})
    profile = uow.session.get(SiteProfile, site_id)
    fresh = {key: value for key, value in data.items() if value not in (None, "", [], {})}
    if profile is None:
        uow.session.add(SiteProfile(site_id=site_id, data=fresh, updated_at=uow.now))
        uow.audit("site_profile", site_id, "added", after=fresh)
        return
    changed = {key: value for key, value in fresh.items() if profile.data.get(key) != value}
    if changed:
        before = {key: profile.data.get(key) for key in changed}
        profile.data = {**profile.data, **changed}
        profile.updated_at = uow.now
        uow.audit("site_profile", site_id, "changed", before=before, after=changed)
