"""What an engineer's phone reads and sends: his day, the steps of a visit, the feedback card."""

from datetime import date
from typing import Any
from uuid import UUID

from marshmallow import fields as f
from marshmallow import validate

from backend.core.clock import local_date
from backend.core.errors import NotFound
from backend.core.uow import UnitOfWork
from backend.http.access import requires
from backend.http.context import application, current_actor, current_identity, transactions
from backend.staff import actions as staff
from backend.visits import actions, queries
from backend.visits.queries import CardRow, VisitRow
from mobile_api.frame import Blueprint
from mobile_api.phone_kinds import Cause, Failure, Position, SignIn, signature
from mobile_api.phone_schemas import CardSchema, DaySchema, FormsSchema, HistorySchema, VisitSchema
from mobile_api.schemas import Strict, id_field
from mobile_api.visit_shape import form_fields, full

blueprint = Blueprint("phone", "The engineer's day, visits and cards", "/mobile")


class DayQuery(Strict):
    """Which day; today where it is left out."""

    on = f.Date(load_default=None)


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
        found = full(uow, [*rows, *older])
    return {"on": on, "now": uow.now, "visits": found[: len(rows)], "open_cards": found[len(rows) :]}


@blueprint.route("/visits/<int:visit_id>", methods=["GET"])
@requires("visits.own")
@blueprint.response(200, VisitSchema)
def visit(visit_id: int) -> Any:
    """One own visit."""
    with transactions().read(current_actor()) as uow:
        return full(uow, [_own(uow, visit_id)])[0]


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
        actions.accept(uow, visit_id=visit_id)
        return full(uow, [queries.get(uow, visit_id)])[0]


@blueprint.route("/visits/<int:visit_id>/set-out", methods=["POST"])
@requires("visits.own")
@blueprint.response(200, VisitSchema)
def set_out(visit_id: int) -> Any:
    """On the way. Safe to repeat."""
    with transactions().begin(current_actor()) as uow:
        actions.set_out(uow, visit_id=visit_id)
        return full(uow, [queries.get(uow, visit_id)])[0]


@blueprint.route("/visits/<int:visit_id>/sign-in", methods=["POST"])
@requires("visits.own")
@blueprint.arguments(SignIn)
@blueprint.response(200, VisitSchema)
def sign_in(given: dict[str, Any], visit_id: int) -> Any:
    """Arrived; a position that is missing or far away never blocks. Safe to repeat."""
    with transactions().begin(current_actor()) as uow:
        actions.sign_in(uow, visit_id=visit_id, **given)
        return full(uow, [queries.get(uow, visit_id)])[0]


@blueprint.route("/visits/<int:visit_id>/finish", methods=["POST"])
@requires("visits.own")
@blueprint.arguments(Position)
@blueprint.response(200, VisitSchema)
def finish(given: dict[str, Any], visit_id: int) -> Any:
    """The work on site is over. Safe to repeat."""
    with transactions().begin(current_actor()) as uow:
        actions.finish(uow, visit_id=visit_id, **given)
        return full(uow, [queries.get(uow, visit_id)])[0]


@blueprint.route("/visits/<int:visit_id>/fail", methods=["POST"])
@requires("visits.own")
@blueprint.arguments(Failure)
@blueprint.response(200, VisitSchema)
def fail(given: dict[str, str], visit_id: int) -> Any:
    """Nothing came of it; the order will be appointed anew. Safe to repeat."""
    with transactions().begin(current_actor()) as uow:
        row = actions.fail(uow, visit_id=visit_id, reason_code=given["reason"], note=given["note"])
        return full(uow, [row])[0]


@blueprint.route("/visits/<int:visit_id>/special-cause", methods=["POST"])
@requires("visits.own")
@blueprint.arguments(Cause)
@blueprint.response(200, VisitSchema)
def special_cause(given: dict[str, str], visit_id: int) -> Any:
    """Ask for more time for the card (特殊因素). Safe to repeat."""
    with transactions().begin(current_actor()) as uow:
        return full(uow, [actions.ask_special_cause(uow, visit_id=visit_id, **given)])[0]


@blueprint.route("/cards/<uuid:uuid>", methods=["PUT"])
@requires("visits.own")
@blueprint.arguments(CardBody)
@blueprint.response(200, CardSchema)
def put_card(given: dict[str, Any], uuid: UUID) -> Any:
    """Hand in a card under the phone's own UUID; sent twice it is one card with the same answer."""
    png = signature(given["signature"])
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
        return form_fields(uow, sign_codes=application().sms is not None)


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
