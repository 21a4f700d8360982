"""What happens to the invoice of an install, and closing an order, which waits for it."""

import re
import unicodedata
from datetime import date

from sqlalchemy import select

from backend.billing.models import InvoiceRequest
from backend.billing.queries import InvoiceRow, get, settled
from backend.billing.states import INVOICE
from backend.core.errors import DomainError, Invalid, Missing, NotAllowed, NotFound
from backend.core.uow import UnitOfWork
from backend.orders import actions as orders
from backend.orders import queries as order_queries
from backend.orders.queries import ServiceOrderRow
from backend.staff.policy import require
from backend.visits import queries as visits


class InvoiceOpen(DomainError):
    """The order's invoice is neither delivered nor brought back."""

    code = "invoice_open"
    kind = "conflict"
    zh = "还不能结单：发票还没有签收，也没有带回"
    en = "It cannot be closed yet: the invoice is neither delivered nor brought back"


class NumberMissing(DomainError):
    """An invoice without a number cannot leave the house."""

    code = "invoice_number_missing"
    kind = "conflict"
    zh = "请先填发票号码，再交给工程师"
    en = "Fill in the invoice number before it is handed over"


class NobodyGoes(DomainError):
    """No engineer is published for the order yet."""

    code = "nobody_goes"
    kind = "conflict"
    zh = "这一单还没有发布给工程师，发布后再交发票"
    en = "The order is not published to an engineer yet; hand the invoice over afterwards"


def prepare(uow: UnitOfWork, *, order_id: int) -> int | None:
    """Prepare the invoice of an install from its order; None for other kinds. Safe to repeat."""
    order = order_queries.get(uow, order_id)
    if order.kind != "install":
        return None
    query = select(InvoiceRequest.id).where(InvoiceRequest.service_order_id == order_id)
    existing = uow.session.scalar(query)
    if existing is not None:
        return existing
    install = order_queries.install_details(uow, order_id)
    invoice = InvoiceRequest(
        service_order_id=order_id,
        status="prepared",
        title=install.customer_name,
        tax_number=install.tax_number,
        invoice_type=install.invoice_type,
        bank_account=install.bank_account,
        amount_fen=install.price_fen,
        prepared_at=uow.now,
        prepared_by=uow.actor.person_id,
        received_by="",
        return_note="",
        created_at=uow.now,
    )
    uow.session.add(invoice)
    uow.flush()
    uow.audit(
        "invoice", invoice.id, "prepared", after={"order_id": order_id, "amount_fen": install.price_fen}
    )
    return invoice.id


def forget(uow: UnitOfWork, *, order_id: int) -> None:
    """The order's approval was taken back: an invoice that is only prepared, without a number, goes. Safe to repeat."""
    query = select(InvoiceRequest).where(
        InvoiceRequest.service_order_id == order_id,
        InvoiceRequest.status == "prepared",
        InvoiceRequest.invoice_number.is_(None),
    )
    for invoice in uow.session.scalars(query):
        uow.audit("invoice", invoice.id, "forgotten", before={"order_id": order_id})
        uow.session.delete(invoice)
    uow.flush()


def set_number(uow: UnitOfWork, *, invoice_id: int, number: str) -> InvoiceRow:
    """Note the number of the printed invoice: 8 to 20 digits."""
    require(uow.actor, "invoices.manage")
    number = unicodedata.normalize("NFKC", number).strip()
    if not re.fullmatch(r"[0-9]{8,20}", number):
        raise Invalid(
            field={"zh": "发票号码", "en": "Invoice number"},
            value=number[:40],
            expected={"zh": "要写 8 到 20 位数字", "en": "8 to 20 digits"},
        )
    invoice = _invoice(uow, invoice_id)
    if invoice.invoice_number != number:
        before = {"number": invoice.invoice_number}
        invoice.invoice_number = number
        uow.audit("invoice", invoice.id, "numbered", before=before, after={"number": number})
        uow.flush()
    return get(uow, invoice_id)


def hand_over(uow: UnitOfWork, *, invoice_id: int, engineer_id: int | None = None) -> InvoiceRow:
    """Give the invoice to the engineer who goes (or the one named)."""
    require(uow.actor, "invoices.manage")
    invoice = _invoice(uow, invoice_id)
    if engineer_id is None:
        visit = visits.living_for_orders(uow, [invoice.service_order_id]).get(invoice.service_order_id)
        if visit is None:
            raise NobodyGoes()
        engineer_id = visit.engineer_id
    if invoice.status == "handed" and invoice.engineer_id == engineer_id:
        return get(uow, invoice_id)
    if not invoice.invoice_number:
        raise NumberMissing()
    _move(uow, invoice, "hand_over")
    invoice.engineer_id, invoice.handed_at = engineer_id, uow.now
    uow.flush()
    return get(uow, invoice_id)


def ready_to_hand_over(uow: UnitOfWork, *, on: date) -> list[int]:
    """Ids of the invoices with a number that wait here for a published visit of that day, oldest first."""
    order_ids = [visit.order_id for visit in visits.day(uow, on) if visit.outcome is None]
    query = select(InvoiceRequest.id).where(
        InvoiceRequest.service_order_id.in_(order_ids),
        InvoiceRequest.status.in_(("prepared", "brought_back")),
        InvoiceRequest.invoice_number.is_not(None),
    )
    return list(uow.session.scalars(query.order_by(InvoiceRequest.id)))


def deliver(uow: UnitOfWork, *, invoice_id: int, received_by: str) -> InvoiceRow:
    """The customer has it; who signed for it is kept. Safe to repeat."""
    invoice = _held(uow, invoice_id)
    if invoice.status == "delivered":
        return get(uow, invoice_id)
    if not received_by.strip():
        raise Missing(field={"zh": "发票签收人", "en": "who signed for the invoice"})
    _move(uow, invoice, "deliver")
    invoice.received_by, invoice.delivered_at = received_by.strip()[:40], uow.now
    uow.flush()
    return get(uow, invoice_id)


def bring_back(uow: UnitOfWork, *, invoice_id: int, note: str) -> InvoiceRow:
    """The engineer brought it back; the reason is kept. Safe to repeat."""
    invoice = _held(uow, invoice_id)
    if invoice.status == "brought_back":
        return get(uow, invoice_id)
    if not note.strip():
        raise Missing(field={"zh": "带回的原因", "en": "why it was brought back"})
    _move(uow, invoice, "bring_back")
    invoice.return_note, invoice.returned_at = note.strip()[:200], uow.now
    uow.flush()
    return get(uow, invoice_id)


def close_order(uow: UnitOfWork, *, order_id: int) -> ServiceOrderRow:
    """Close an order whose card is passed. Raises InvoiceOpen; safe to repeat."""
    order = order_queries.get(uow, order_id)
    if order.status == "closed":
        return order
    if not settled(uow, order_id):
        raise InvoiceOpen()
    return orders.move(uow, order_id, "close")


def _invoice(uow: UnitOfWork, invoice_id: int) -> InvoiceRequest:
    invoice = uow.session.get(InvoiceRequest, invoice_id)
    if invoice is None:
        raise NotFound(what={"zh": "这张发票", "en": "That invoice"})
    return invoice


def _held(uow: UnitOfWork, invoice_id: int) -> InvoiceRequest:
    """An invoice that the acting person may settle: the assistant any, an engineer the one that he has."""
    invoice = _invoice(uow, invoice_id)
    actor = uow.actor
    if not actor.has_any(frozenset({"technical_assistant"})) and invoice.engineer_id != actor.person_id:
        if "engineer" in actor.roles:
            raise NotFound(what={"zh": "这张发票", "en": "That invoice"})
        raise NotAllowed()
    return invoice


def _move(uow: UnitOfWork, invoice: InvoiceRequest, name: str) -> None:
    before = invoice.status
    invoice.status = INVOICE.target(before, name, uow.actor)
    uow.audit("invoice", invoice.id, name, before={"status": before}, after={"status": invoice.status})
