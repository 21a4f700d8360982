"""What a phone gets of a visit and of the forms, gathered in few queries."""

from typing import Any

from backend.billing import queries as billing
from backend.core import lists
from backend.core.fields import Field
from backend.core.uow import UnitOfWork
from backend.customers import queries as customers
from backend.stock import queries as stock
from backend.visits import queries
from backend.visits.fields import (
    CARD_FIELDS,
    DEVICE_FIELDS,
    GOOD_LIMITS,
    LINE_FIELDS,
    REPAIR_FIELDS,
    STEP_RESULTS,
    WRITTEN_HERE,
)
from backend.visits.queries import VisitRow

LISTS = (
    "failed_visit_reasons",
    "special_causes",
    "gift_kinds",
    "steps_install",
    "steps_repair",
    "steps_maintenance",
)


def full(uow: UnitOfWork, rows: list[VisitRow]) -> list[dict[str, Any]]:
    """Visits with invoice, profile, dialers and the card."""
    order_ids = [row.order_id for row in rows]
    invoices = billing.for_orders(uow, order_ids)
    serials = stock.serials_for_orders(uow, order_ids)
    profiles = customers.profiles(uow, (row.order.site_id for row in rows))
    cards = queries.cards_of_visits(uow, (row.id for row in rows if row.card_id is not None))
    return [
        {
            "visit": row,
            "order": row.order,
            "invoice": invoices.get(row.order_id),
            "serials": [serial.serial for serial in serials.get(row.order_id, ())],
            "profile": profiles.get(row.order.site_id or 0, {}),
            "card": cards.get(row.id),
        }
        for row in rows
    ]


def form_fields(uow: UnitOfWork, *, sign_codes: bool) -> dict[str, Any]:
    """The card's fields and the lists to choose from, in both languages; whether codes to sign with can be sent."""
    return {
        "sign_codes": sign_codes,
        "card": [_field(field) for field in CARD_FIELDS if field.code not in WRITTEN_HERE],
        "device": [_field(field) for field in DEVICE_FIELDS],
        "repair": [_field(field) for field in REPAIR_FIELDS],
        "line": [_field(field) | _good(field) for field in LINE_FIELDS],
        "step_results": STEP_RESULTS,
        **lists.choices_of(uow, LISTS),
    }


def _good(field: Field) -> dict[str, float | None]:
    low, high = GOOD_LIMITS.get(field.code, (None, None))
    return {"good_low": low, "good_high": high}


def _field(field: Field) -> dict[str, Any]:
    return {
        "code": field.code,
        "label": {"zh": field.zh, "en": field.en},
        "kind": field.kind,
        "required": field.required,
        "choices": field.choices,
        "longest": field.longest,
        "unit": field.unit,
        "low": field.low,
        "high": field.high,
        "help": {"zh": field.help_zh, "en": field.help_en},
    }
