"""Reads of invoice requests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from backend.billing.models import InvoiceRequest
from backend.core.errors import NotFound
from backend.core.paging import Page, chosen, page_by_id
from backend.core.uow import UnitOfWork
from backend.orders import queries as orders
from backend.staff import queries as staff


@dataclass(frozen=True)
class InvoiceRow:
    """The invoice of an install order; amount in fen."""

    id: int
    order_id: int
    order_number: str
    order_status: str
    status: str
    title: str
    tax_number: str
    invoice_type: str
    bank_account: str
    amount_fen: int
    invoice_number: str | None
    engineer_id: int | None
    engineer_name: str | None
    handed_at: datetime | None
    delivered_at: datetime | None
    received_by: str
    returned_at: datetime | None
    return_note: str
    created_at: datetime
    version: int


def listing(
    uow: UnitOfWork,
    *,
    status: str = "",
    engineer_id: int | None = None,
    text: str = "",
    sort: str = "",
    cursor: str | None = None,
    size: int = 50,
) -> Page[InvoiceRow]:
    """Invoices, newest first or by one of `SORTS`; by status, engineer, a part of title, number or order."""
    query = select(InvoiceRequest)
    if status:
        query = query.where(InvoiceRequest.status == status)
    if engineer_id is not None:
        query = query.where(InvoiceRequest.engineer_id == engineer_id)
    if text:
        query = query.where(
            or_(
                InvoiceRequest.title.contains(text, autoescape=True),
                InvoiceRequest.invoice_number.contains(text, autoescape=True),
                InvoiceRequest.service_order_id.in_(orders.ids_matching(text)),
            )
        )
    by = chosen(SORTS, sort)
    page = page_by_id(
        uow, query, InvoiceRequest.id, lambda invoice: invoice, cursor=cursor, size=size, sort=by
    )
    return page.holding(_rows(uow, page.rows))


SORTS = {"title": InvoiceRequest.title, "amount": InvoiceRequest.amount_fen}
"""What invoices can be sorted by."""


def counts(uow: UnitOfWork) -> dict[str, int]:
    """How many invoices are in each status."""
    query = select(InvoiceRequest.status, func.count().label("n")).group_by(InvoiceRequest.status)
    return {row.status: row.n for row in uow.session.execute(query)}


def get(uow: UnitOfWork, invoice_id: int) -> InvoiceRow:
    """One invoice. Raises NotFound."""
    invoice = uow.session.get(InvoiceRequest, invoice_id)
    if invoice is None:
        raise NotFound(what={"zh": "这张发票", "en": "That invoice"})
    return _rows(uow, [invoice])[0]


def for_order(uow: UnitOfWork, order_id: int) -> InvoiceRow | None:
    """The invoice of an order, or None."""
    return for_orders(uow, [order_id]).get(order_id)


def for_orders(uow: UnitOfWork, order_ids: Sequence[int]) -> dict[int, InvoiceRow]:
    """The invoices of several orders, by order."""
    query = select(InvoiceRequest).where(InvoiceRequest.service_order_id.in_(order_ids))
    return {row.order_id: row for row in _rows(uow, uow.session.scalars(query).all())} if order_ids else {}


def settled(uow: UnitOfWork, order_id: int) -> bool:
    """True where the order needs no invoice any more: delivered, brought back, or no install."""
    invoice = for_order(uow, order_id)
    if invoice is None:
        return orders.get(uow, order_id).kind != "install"
    return invoice.status in ("delivered", "brought_back")


def _rows(uow: UnitOfWork, invoices: Sequence[InvoiceRequest]) -> list[InvoiceRow]:
    found = orders.by_ids(uow, (invoice.service_order_id for invoice in invoices))
    names = staff.engineer_names(uow) if invoices else {}
    return [
        InvoiceRow(
            id=invoice.id,
            order_id=invoice.service_order_id,
            order_number=found[invoice.service_order_id].number,
            order_status=found[invoice.service_order_id].status,
            status=invoice.status,
            title=invoice.title,
            tax_number=invoice.tax_number,
            invoice_type=invoice.invoice_type,
            bank_account=invoice.bank_account,
            amount_fen=invoice.amount_fen,
            invoice_number=invoice.invoice_number,
            engineer_id=invoice.engineer_id,
            engineer_name=names.get(invoice.engineer_id) if invoice.engineer_id else None,
            handed_at=invoice.handed_at,
            delivered_at=invoice.delivered_at,
            received_by=invoice.received_by,
            returned_at=invoice.returned_at,
            return_note=invoice.return_note,
            created_at=invoice.created_at,
            version=invoice.version,
        )
        for invoice in invoices
    ]
