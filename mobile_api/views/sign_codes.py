"""The customer signs with a code that his own telephone gets; only with a signal, the glass is there without."""

from typing import Any

from marshmallow import Schema, validate
from marshmallow import fields as f

from backend.adapters.ways import Message
from backend.core.errors import DomainError
from backend.http.access import requires
from backend.http.context import application, current_actor, transactions
from backend.visits import sign_codes
from backend.visits.sign_codes import Confirmed, Sending
from mobile_api.frame import Blueprint
from mobile_api.schemas import Moment, Strict

blueprint = Blueprint("sign_codes", "Signing by a code", "/mobile/visits")


class NoGateway(DomainError):
    """Nobody sends text messages here, or the gateway does not take this one."""

    code = "no_gateway"
    kind = "unavailable"
    zh = "短信现在发不出去，请客户在屏幕上签字"
    en = "Text messages cannot be sent now; ask the customer to sign on the screen"


class CodeBody(Strict):
    """What the customer read out."""

    code = f.String(required=True, validate=validate.Length(1, 20))


class CodeSchema(Schema):
    """Where the code went, and how long it is good, or when it was confirmed."""

    sent_to = f.String(metadata={"description": "the contact's number with four digits hidden"})
    expires_at = Moment(allow_none=True)
    confirmed_at = Moment(allow_none=True)


@blueprint.route("/<int:visit_id>/sign-code", methods=["POST"])
@requires("visits.own")
@blueprint.response(200, CodeSchema)
def send(visit_id: int) -> Any:
    """Send a code of six digits to the contact's mobile phone. One that was confirmed before is told again."""
    sms = application().sms
    with transactions().begin(current_actor()) as uow:
        made = sign_codes.make(uow, visit_id=visit_id)
        if sms is None:  # nothing is kept of it
            raise NoGateway()
    if isinstance(made, Confirmed):
        return _confirmed(made)
    # Outside of the transaction: nobody's write waits for the gateway. The code is in this message and nowhere else.
    result = sms.send(Message(made.key, {"phone": made.phone}, made.text, {}, urgent=True))
    if result.outcome != "sent":
        with transactions().begin(current_actor()) as uow:
            sign_codes.note_undelivered(uow, visit_id=visit_id, detail=result.detail)
        raise NoGateway()
    return _sent(made)


@blueprint.route("/<int:visit_id>/sign-code/confirm", methods=["POST"])
@requires("visits.own")
@blueprint.arguments(CodeBody)
@blueprint.response(200, CodeSchema)
def confirm(given: dict[str, str], visit_id: int) -> Any:
    """The code that the customer told. Five tries, ten minutes; safe to repeat once it was right."""
    with transactions().begin(current_actor()) as uow:
        answer = sign_codes.confirm(uow, visit_id=visit_id, code=given["code"])
    if isinstance(answer, DomainError):
        raise answer
    return _confirmed(answer)


def _sent(made: Sending) -> dict[str, Any]:
    return {"sent_to": made.sent_to, "expires_at": made.expires_at, "confirmed_at": None}


def _confirmed(known: Confirmed) -> dict[str, Any]:
    return {"sent_to": known.sent_to, "expires_at": None, "confirmed_at": known.at}
