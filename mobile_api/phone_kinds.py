"""What a phone's outbox may carry: for each kind its body and the action that takes it."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marshmallow import Schema, validate
from marshmallow import fields as f

from backend.billing import actions as billing
from backend.core.errors import Invalid
from backend.core.uow import UnitOfWork
from backend.expenses import actions as expenses
from backend.notifications import actions as notifications
from backend.notifications import policy, preferences
from backend.notifications.policy import DAY_S, PERSONAL, TOPICS
from backend.staff import account
from backend.visits import actions as visits
from backend.visits import device_reports, summaries, threads
from backend.visits.summaries import PERIODS
from mobile_api.schemas import SECONDS, PhoneClock, Strict, Yuan, id_field

PNG = "data:image/png;base64,"
Body = dict[str, Any]


class Nothing(Strict):
    """The press of the button says it all."""


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


class CardContent(Strict):
    """A feedback card: the fields that GET /mobile/forms names, under the card's own UUID."""

    uuid = f.UUID(required=True)
    data = f.Dict(keys=f.String(), required=True)
    signature = f.String(load_default=None, metadata={"description": "PNG as a data URL"}, allow_none=True)


class ReportContent(Strict):
    """A device quality report: the fields ``device`` of GET /mobile/forms, under the report's own UUID."""

    uuid = f.UUID(required=True)
    data = f.Dict(keys=f.String(), required=True)


class Escalation(Strict):
    """What he cannot solve, what he tried, what he needs; ``on_site``: he stays and waits for an answer."""

    uuid = f.UUID(required=True)
    subject = f.String(required=True, validate=validate.Length(1, 2000))
    tried = f.String(required=True, validate=validate.Length(1, 2000))
    needed = f.String(load_default="", validate=validate.Length(max=2000))
    need_by = PhoneClock(
        load_default=None, allow_none=True, metadata={"description": "an answer is needed by then"}
    )
    on_site = f.Boolean(load_default=True)
    hard = f.Boolean(load_default=False)


class Question(Strict):
    """A question to colleagues."""

    uuid = f.UUID(required=True)
    subject = f.String(required=True, validate=validate.Length(1, 2000))


class Word(Strict):
    """An answer in a thread, or its solution."""

    uuid = f.UUID(required=True)
    thread_id = id_field(required=True)
    text = f.String(required=True, validate=validate.Length(1, 2000))


class Solution(Word):
    """How it was solved; ``hard`` puts it into the summary."""

    hard = f.Boolean(load_default=None, allow_none=True)


class Summary(Strict):
    """A summary of hard problems: a lesson for each collected one by its ``ref``, and a word of his own."""

    period = f.String(required=True, validate=validate.OneOf(PERIODS))
    starts_on = f.Date(required=True)
    text = f.String(load_default="", validate=validate.Length(max=2000))
    lessons = f.Dict(keys=f.String(), values=f.String(validate=validate.Length(max=2000)), load_default=dict)


class Delivery(Strict):
    """Who signed for the invoice."""

    invoice_id = id_field(required=True)
    received_by = f.String(required=True, validate=validate.Length(1, 40))


class BroughtBack(Strict):
    """Why the invoice was brought back."""

    invoice_id = id_field(required=True)
    note = f.String(required=True, validate=validate.Length(1, 200))


class TripAmount(Strict):
    """What a trip cost, where it differs from the proposal."""

    id = id_field(required=True)
    claimed = Yuan(required=True)
    note = f.String(load_default="", validate=validate.Length(max=200))


class ClaimBody(Strict):
    """The claim to submit and the trips that differ."""

    claim_id = id_field(required=True)
    trips = f.List(f.Nested(TripAmount), load_default=[])


class ReadBody(Strict):
    """Which messages were read; all where it is left out."""

    ids = f.List(id_field(), load_default=None)


class QuietSchema(Strict):
    """Quiet hours; ``to_s`` before ``from_s`` means the next morning."""

    on = f.Boolean(required=True)
    from_s = f.Integer(required=True, validate=validate.Range(0, DAY_S - 1), metadata=SECONDS)
    to_s = f.Integer(required=True, validate=validate.Range(0, DAY_S - 1), metadata=SECONDS)


class NewsWrite(Strict):
    """What is to hold from now on; topics that are left out stay as they are."""

    choices = f.Dict(
        keys=f.String(validate=validate.OneOf(list(TOPICS))),
        values=f.List(f.String(validate=validate.OneOf(list(PERSONAL))), validate=validate.Length(max=4)),
        load_default=dict,
    )
    quiet = f.Nested(QuietSchema, required=True)
    mobile = f.String(validate=validate.Length(max=30), metadata={"description": "empty: no text messages"})


@dataclass(frozen=True)
class Press:
    """A press of a button on the phone: at which visit, when, with what."""

    visit_id: int
    at: datetime
    body: Body


@dataclass(frozen=True)
class Kind:
    """How the body of a kind of item looks and what is done with it."""

    schema: type[Schema]
    act: Callable[[UnitOfWork, Press], Any]
    of_visit: bool = True


def submit_claim(uow: UnitOfWork, body: Body) -> Any:
    """Submit a day's claim with the amounts that differ."""
    trips = body["trips"]
    return expenses.submit_claim(
        uow,
        claim_id=body["claim_id"],
        amounts={trip["id"]: trip["claimed"] for trip in trips},
        notes={trip["id"]: trip["note"] for trip in trips},
    )


def change_news(uow: UnitOfWork, body: Body) -> None:
    """Choose channels, quiet hours and, where it is named, the number for text messages."""
    preferences.change(uow, choices=body["choices"], quiet=policy.Quiet(**body["quiet"]))
    if "mobile" in body:
        account.change_mobile(uow, number=body["mobile"])


def signature(data_url: str | None) -> bytes | None:
    """The picture in a data URL. Raises Invalid for anything but a PNG."""
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


def _card(uow: UnitOfWork, press: Press) -> Any:
    body = press.body
    return visits.submit_card(
        uow,
        visit_id=press.visit_id,
        uuid=str(body["uuid"]),
        data=body["data"],
        signature_png=signature(body["signature"]),
    )


KINDS: dict[str, Kind] = {
    "accept": Kind(Nothing, lambda uow, p: visits.accept(uow, visit_id=p.visit_id, at=p.at)),
    "set_out": Kind(Nothing, lambda uow, p: visits.set_out(uow, visit_id=p.visit_id, at=p.at)),
    "sign_in": Kind(SignIn, lambda uow, p: visits.sign_in(uow, visit_id=p.visit_id, at=p.at, **p.body)),
    "finish": Kind(Position, lambda uow, p: visits.finish(uow, visit_id=p.visit_id, at=p.at, **p.body)),
    "waiting": Kind(Nothing, lambda uow, p: visits.wait_for_customer(uow, visit_id=p.visit_id, at=p.at)),
    "fail": Kind(
        Failure,
        lambda uow, p: visits.fail(
            uow, visit_id=p.visit_id, reason_code=p.body["reason"], note=p.body["note"]
        ),
    ),
    "special_cause": Kind(Cause, lambda uow, p: visits.ask_special_cause(uow, visit_id=p.visit_id, **p.body)),
    "card": Kind(CardContent, _card),
    "device_report": Kind(
        ReportContent,
        lambda uow, p: device_reports.report(
            uow, visit_id=p.visit_id, uuid=str(p.body["uuid"]), data=p.body["data"], at=p.at
        ),
    ),
    "escalate": Kind(
        Escalation,
        lambda uow, p: threads.escalate(
            uow, visit_id=p.visit_id, at=p.at, **{**p.body, "uuid": str(p.body["uuid"])}
        ),
    ),
    "question": Kind(
        Question,
        lambda uow, p: threads.ask(uow, uuid=str(p.body["uuid"]), subject=p.body["subject"], at=p.at),
        of_visit=False,
    ),
    "answer": Kind(
        Word,
        lambda uow, p: threads.answer(uow, at=p.at, **{**p.body, "uuid": str(p.body["uuid"])}),
        of_visit=False,
    ),
    "solved": Kind(
        Solution,
        lambda uow, p: threads.solve(uow, at=p.at, **{**p.body, "uuid": str(p.body["uuid"])}),
        of_visit=False,
    ),
    "summary": Kind(Summary, lambda uow, p: summaries.submit(uow, **p.body), of_visit=False),
    "invoice_deliver": Kind(Delivery, lambda uow, p: billing.deliver(uow, **p.body)),
    "invoice_bring_back": Kind(BroughtBack, lambda uow, p: billing.bring_back(uow, **p.body)),
    "claim": Kind(ClaimBody, lambda uow, p: submit_claim(uow, p.body), of_visit=False),
    "news": Kind(NewsWrite, lambda uow, p: change_news(uow, p.body), of_visit=False),
    "read": Kind(
        ReadBody, lambda uow, p: notifications.mark_read(uow, item_ids=p.body["ids"]), of_visit=False
    ),
}
