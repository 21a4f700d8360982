"""What an engineer's phone reads and sends: his day, the steps of a visit, the feedback card."""

import base64
import binascii
from datetime import date
from typing import Any
from uuid import UUID

from marshmallow import fields as f
from marshmallow import validate

from backend.billing import queries as billing
from backend.core import lists
from backend.core.clock import local_date
from backend.core.errors import Invalid, NotFound
from backend.core.fields import Field
from backend.core.uow import UnitOfWork
from backend.customers import queries as customers
from backend.http.access import requires
from backend.http.context import current_actor, current_identity, transactions
from backend.staff import actions as staff
from backend.stock import queries as stock
from backend.visits import actions, queries
from backend.visits.fields import CARD_FIELDS, LINE_FIELDS
from backend.visits.queries import CardRow, VisitRow
from mobile_api.frame import Blueprint
from mobile_api.phone_schemas import CardSchema, DaySchema, FormsSchema, HistorySchema, VisitSchema
from mobile_api.schemas import Strict, id_field

blueprint = Blueprint("phone", "The engineer's day, visits and cards", "/mobile")
PNG = "data:image/png;base64,"


class DayQuery(Strict):
    """Which day; today where it is left out."""

    on = f.Date(load_default=None)


class Position(Strict):
    """Where the phone is, if it tells (WGS-84)."""

    lat = f.Float(load_default=None, validate=validate.Range(-90, 90))
    lon = f.Float(load_default=None, validate=validate.Range(-180, 180))


class SignIn(Position):
    """Where the phone is and how exactly, and a word about it."""

    accuracy_m = f.Float(load_default=None, validate=validate.Range(min=0))
    note = f.String(load_default="", validate=validate.Length(max=200))


class Failure(Strict):
    """Why nothing came of the visit; a code of the list failed_visit_reasons."""

    reason = f.String(required=True)
    note = f.String(load_default="", validate=validate.Length(max=400))


class Cause(Strict):
    """Why the card cannot come within 24 hours; a code of the list special_causes."""

    code = f.String(required=True, validate=validate.Length(1, 40))
    text = f.String(required=True, validate=validate.Length(1, 400))


class CardBody(Strict):
    """A feedback card: the fields that GET /mobile/forms names."""

    visit_id = id_field(required=True)
    data = f.Dict(keys=f.String(), required=True)
    signature = f.String(load_default=None, metadata={"description": "PNG as a data URL"})


class Device(Strict):
    """Under which token the push service knows the phone."""

    fcm_token = f.String(required=True, validate=validate.Length(1, 4000))


@blueprint.route("/day", methods=["GET"])
@requires("visits.own")
@blueprint.arguments(DayQuery, location="query")
@blueprint.response(200, DaySchema)
def day(given: dict[str, Any]) -> Any:
    """Own visits of a day in sequence with everything that is needed, and the older ones whose card is due."""
    with transactions().read(current_actor()) as uow:
        on: date = given["on"] or local_date(uow.now)
        rows = queries.day(uow, on, _me())
        shown = {row.id for row in rows}
        older = [row for row in queries.open_cards(uow, _me()) if row.id not in shown and row.on <= on]
        full = _full(uow, [*rows, *older])
    return {"on": on, "now": uow.now, "visits": full[: len(rows)], "open_cards": full[len(rows) :]}


@blueprint.route("/visits/<int:visit_id>", methods=["GET"])
@requires("visits.own")
@blueprint.response(200, VisitSchema)
def visit(visit_id: int) -> Any:
    """One own visit."""
    with transactions().read(current_actor()) as uow:
        return _full(uow, [_own(uow, visit_id)])[0]


@blueprint.route("/visits/<int:visit_id>/history", methods=["GET"])
@requires("visits.own")
@blueprint.response(200, HistorySchema(many=True))
def history(visit_id: int) -> Any:
    """What was done at the place of an own visit before, newest first."""
    with transactions().read(current_actor()) as uow:
        row = _own(uow, visit_id)
        found = queries.history(uow, row.order.site_id) if row.order.site_id is not None else []
        return [past for past in found if past.id != visit_id]


@blueprint.route("/visits/<int:visit_id>/accept", methods=["POST"])
@requires("visits.own")
@blueprint.response(200, VisitSchema)
def accept(visit_id: int) -> Any:
    """Take the order; the 24 hours of its card begin. Safe to repeat."""
    with transactions().begin(current_actor()) as uow:
        return _full(uow, [actions.accept(uow, visit_id=visit_id)])[0]


@blueprint.route("/visits/<int:visit_id>/set-out", methods=["POST"])
@requires("visits.own")
@blueprint.response(200, VisitSchema)
def set_out(visit_id: int) -> Any:
    """On the way. Safe to repeat."""
    with transactions().begin(current_actor()) as uow:
        return _full(uow, [actions.set_out(uow, visit_id=visit_id)])[0]


@blueprint.route("/visits/<int:visit_id>/sign-in", methods=["POST"])
@requires("visits.own")
@blueprint.arguments(SignIn)
@blueprint.response(200, VisitSchema)
def sign_in(given: dict[str, Any], visit_id: int) -> Any:
    """Arrived; a position that is missing or far away never blocks. Safe to repeat."""
    with transactions().begin(current_actor()) as uow:
        return _full(uow, [actions.sign_in(uow, visit_id=visit_id, **given)])[0]


@blueprint.route("/visits/<int:visit_id>/finish", methods=["POST"])
@requires("visits.own")
@blueprint.arguments(Position)
@blueprint.response(200, VisitSchema)
def finish(given: dict[str, Any], visit_id: int) -> Any:
    """The work on site is over. Safe to repeat."""
    with transactions().begin(current_actor()) as uow:
        return _full(uow, [actions.finish(uow, visit_id=visit_id, **given)])[0]


@blueprint.route("/visits/<int:visit_id>/fail", methods=["POST"])
@requires("visits.own")
@blueprint.arguments(Failure)
@blueprint.response(200, VisitSchema)
def fail(given: dict[str, str], visit_id: int) -> Any:
    """Nothing came of it; the order will be appointed anew. Safe to repeat."""
    with transactions().begin(current_actor()) as uow:
        row = actions.fail(uow, visit_id=visit_id, reason_code=given["reason"], note=given["note"])
        return _full(uow, [row])[0]


@blueprint.route("/visits/<int:visit_id>/special-cause", methods=["POST"])
@requires("visits.own")
@blueprint.arguments(Cause)
@blueprint.response(200, VisitSchema)
def special_cause(given: dict[str, str], visit_id: int) -> Any:
    """Ask for more time for the card (特殊因素). Safe to repeat."""
    with transactions().begin(current_actor()) as uow:
        return _full(uow, [actions.ask_special_cause(uow, visit_id=visit_id, **given)])[0]


@blueprint.route("/cards/<uuid:uuid>", methods=["PUT"])
@requires("visits.own")
@blueprint.arguments(CardBody)
@blueprint.response(200, CardSchema)
def put_card(given: dict[str, Any], uuid: UUID) -> Any:
    """Hand in a card under the phone's own UUID; sent twice it is one card with the same answer."""
    png = _signature(given["signature"])
    with transactions().begin(current_actor()) as uow:
        passed = _passed_before(uow, given["visit_id"], str(uuid))
        return passed or actions.submit_card(
            uow, visit_id=given["visit_id"], uuid=str(uuid), data=given["data"], signature_png=png
        )


@blueprint.route("/forms", methods=["GET"])
@requires("visits.own")
@blueprint.response(200, FormsSchema)
def forms() -> Any:
    """The card's fields and the lists to choose from, in both languages."""
    with transactions().read(current_actor()) as uow:
        found = {name: lists.choices(uow, name) for name in ("failed_visit_reasons", "special_causes")}
    return {
        "card": [_field(field) for field in CARD_FIELDS],
        "line": [_field(field) for field in LINE_FIELDS],
        **found,
    }


@blueprint.route("/device", methods=["PUT"])
@requires("self")
@blueprint.arguments(Device)
@blueprint.response(204)
def device(given: dict[str, str]) -> None:
    """Tell where pushes for this phone go; a browser session has no phone."""
    identity = current_identity()
    device_id = identity.device_id if identity is not None else None
    if device_id is None:
        raise NotFound(what={"zh": "这部手机", "en": "That phone"})
    with transactions().begin(current_actor()) as uow:
        staff.set_fcm_token(uow, device_id=device_id, fcm_token=given["fcm_token"])


def _me() -> int:
    return current_actor().person_id or 0


def _own(uow: UnitOfWork, visit_id: int) -> VisitRow:
    row = queries.get(uow, visit_id)
    if row.engineer_id != _me():
        raise NotFound(what={"zh": "这次上门", "en": "That visit"})
    return row


def _passed_before(uow: UnitOfWork, visit_id: int, uuid: str) -> CardRow | None:
    """The card that was passed before the phone heard that it had arrived."""
    _own(uow, visit_id)
    card = queries.card_of_visit(uow, visit_id)
    return card if card is not None and card.uuid == uuid and card.status == "passed" else None


def _full(uow: UnitOfWork, rows: list[VisitRow]) -> list[dict[str, Any]]:
    """Visits with invoice, profile, dialers and a card that came back, in few queries."""
    order_ids = [row.order_id for row in rows]
    invoices = billing.for_orders(uow, order_ids)
    serials = stock.serials_for_orders(uow, order_ids)
    profiles = customers.profiles(uow, (row.order.site_id for row in rows))
    return [
        {
            "visit": row,
            "order": row.order,
            "invoice": invoices.get(row.order_id),
            "serials": [serial.serial for serial in serials.get(row.order_id, ())],
            "profile": profiles.get(row.order.site_id or 0, {}),
            "card": queries.card_of_visit(uow, row.id) if row.card_id is not None else None,
        }
        for row in rows
    ]


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


def _signature(data_url: str | None) -> bytes | None:
    if not data_url:
        return None
    try:
        if not data_url.startswith(PNG):
            raise ValueError("not a PNG data URL")
        return base64.b64decode(data_url.removeprefix(PNG), validate=True)
    except (ValueError, binascii.Error) as exc:
        expected = {"zh": "要是 PNG 图片", "en": "a PNG picture as a data URL"}
        raise Invalid(
            field={"zh": "签名", "en": "Signature"}, value=data_url[:30], expected=expected
        ) from exc
