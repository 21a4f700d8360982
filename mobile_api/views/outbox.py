"""One call for all that waits on a phone: each item gets an answer of its own.

What can be done whole is done in one transaction; where an item is refused, each gets its own.
"""

from typing import Any

from marshmallow import Schema, ValidationError, validate
from marshmallow import fields as f

from backend.core.errors import DomainError
from backend.core.uow import Duplicate, UnitOfWork
from backend.http.access import requires
from backend.http.context import current_actor, current_identity, lang, transactions
from backend.visits import phone_writes
from backend.visits.actions import VisitGone
from backend.visits.moments import Happened, happened
from mobile_api.frame import Blueprint
from mobile_api.phone_kinds import KINDS, Kind, Press
from mobile_api.schemas import Moment, PhoneClock, Strict, id_field

blueprint = Blueprint("outbox", "The phone's outbox", "/mobile/outbox")
MOST_ITEMS = 50
DAY_S = 86_400


class Item(Strict):
    """One write of the phone. Items of the same visit are taken in the order of the list."""

    uuid = f.UUID(required=True, metadata={"description": "made by the phone; sent twice it is kept once"})
    kind = f.String(required=True, validate=validate.OneOf(list(KINDS)))
    visit_id = id_field(load_default=None, allow_none=True)
    phone_at = PhoneClock(required=True, metadata={"description": "the phone's clock at the press"})
    clock_off_s = f.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(-400 * DAY_S, 400 * DAY_S),
        metadata={"description": "server less phone, as the phone knew it at the press"},
    )
    body = f.Dict(keys=f.String(), load_default=dict)


class Batch(Strict):
    """What waits on the phone, oldest first."""

    sent_at = PhoneClock(required=True, metadata={"description": "the phone's clock at the sending"})
    items = f.List(f.Nested(Item), required=True, validate=validate.Length(1, MOST_ITEMS))


class Answer(Schema):
    """How one item ended."""

    uuid = f.UUID()
    status = f.String(
        metadata={
            "description": "done; refused (see code, detail, wrong_fields); kept (the visit was given to someone else, the "
            "content is with the assistant); waiting (an earlier item of the visit was refused)"
        }
    )
    happened_at = Moment(allow_none=True, metadata={"description": "the server's moment of the press"})
    code = f.String()
    detail = f.String(metadata={"description": "what is wrong and what to do"})
    wrong_fields = f.List(f.String())


class Answers(Schema):
    """One answer for each item, in their order."""

    now = Moment(metadata={"description": "the server's time"})
    items = f.List(f.Nested(Answer))


@blueprint.route("", methods=["POST"])
@requires("visits.own")
@blueprint.arguments(Batch)
@blueprint.response(200, Answers)
def send(given: dict[str, Any]) -> Any:
    """Take a batch. Safe to repeat: an item that was taken before gets its answer again."""
    received_at = transactions().clock.now()
    pairs = [
        (
            item,
            happened(
                phone_at=item["phone_at"],
                sent_at=given["sent_at"],
                received_at=received_at,
                known_off_s=item["clock_off_s"],
            ),
        )
        for item in given["items"]
    ]
    return {"now": received_at, "items": _together(pairs) or _one_by_one(pairs)}


def _together(pairs: list[tuple[dict[str, Any], Happened]]) -> list[dict[str, Any]] | None:
    """All of them in one transaction, which waits for the disk once; None where one cannot be done: nothing was."""
    try:
        with transactions().begin(current_actor()) as uow:
            return [_done(uow, item, at) for item, at in pairs]
    except (DomainError, ValidationError):
        return None


def _one_by_one(pairs: list[tuple[dict[str, Any], Happened]]) -> list[dict[str, Any]]:
    """Each in a transaction of its own; those of a visit wait behind one that is refused."""
    stuck: set[int] = set()
    answers = []
    for item, at in pairs:
        if item["visit_id"] in stuck:
            answers.append({"uuid": item["uuid"], "status": "waiting", "happened_at": at.at})
            continue
        answer = _take(item, at)
        if answer["status"] == "refused" and item["visit_id"] is not None:
            stuck.add(item["visit_id"])
        answers.append(answer)
    return answers


def _done(uow: UnitOfWork, item: dict[str, Any], at: Happened) -> dict[str, Any]:
    """Do it and write it down, unless that was done before."""
    kind = KINDS[item["kind"]]
    before = phone_writes.find(uow, str(item["uuid"]))
    if before is None or before.status == "refused":
        kind.act(uow, _press(kind, item, at))
        before = phone_writes.record(uow, **_facts(item, at))
    return _answer(item, before.status, before.happened_at, before.code)


def _take(item: dict[str, Any], at: Happened) -> dict[str, Any]:
    """Do it and write it down in one transaction; a refusal is written down in the next."""
    try:
        with transactions().begin(current_actor()) as uow:
            return _done(uow, item, at)
    except Duplicate:
        return _after_a_race(item)
    except VisitGone:
        return _write_down(item, at, Kept(), "kept")
    except ValidationError as error:
        return _write_down(item, at, BadItem(errors=_fields(error)), "refused")
    except DomainError as refusal:
        if refusal.kind in ("throttled", "unavailable"):
            raise
        return _write_down(item, at, refusal, "refused")


class Kept(DomainError):
    """What is said of an item that was kept as evidence."""

    code = "visit_gone"
    zh = "这一单已经改派或结束。您填的内容已原样交给技术助理，由她决定怎么用"
    en = "This visit was reassigned or ended. What you wrote is with the technical assistant, who decides"


class BadItem(DomainError):
    """An item of the outbox that does not have the form of its kind."""

    code = "bad_item"
    zh = "手机发来的内容不完整，请打开这一条看看再发"
    en = "What the phone sent is not complete; open the item and send it again"


def _press(kind: Kind, item: dict[str, Any], at: Happened) -> Press:
    if kind.of_visit == (item["visit_id"] is None):
        raise BadItem(errors=[{"field": "visit_id", "zh": "", "en": ""}])
    return Press(item["visit_id"] or 0, at.at, kind.schema().load(item["body"]))


def _write_down(item: dict[str, Any], at: Happened, refusal: DomainError, status: str) -> dict[str, Any]:
    """Keep why an item was not done, and its content where it is evidence."""
    body = item["body"] if status == "kept" else None
    with transactions().begin(current_actor()) as uow:
        row = phone_writes.record(uow, **_facts(item, at), status=status, code=refusal.code, body=body)
    answer = _answer(item, row.status, row.happened_at, refusal.code)
    fields = [error["field"] for error in refusal.fields.get("errors", [])]
    return answer | {"detail": refusal.sentence(lang()), "wrong_fields": fields}


def _after_a_race(item: dict[str, Any]) -> dict[str, Any]:
    """The same item came twice at once and the other was first; or the UUID is someone else's."""
    try:
        with transactions().read(current_actor()) as uow:
            row = phone_writes.find(uow, str(item["uuid"]))
    except Duplicate as taken:
        row, refusal = None, taken
    else:
        refusal = Duplicate()
    if row is not None and row.status != "refused":
        return _answer(item, row.status, row.happened_at, row.code)
    return _answer(item, "refused", None, refusal.code) | {
        "detail": refusal.sentence(lang()),
        "wrong_fields": [],
    }


def _facts(item: dict[str, Any], at: Happened) -> dict[str, Any]:
    identity = current_identity()
    return {
        "uuid": str(item["uuid"]),
        "kind": item["kind"],
        "visit_id": item["visit_id"],
        "device_id": identity.device_id if identity is not None else None,
        "phone_at": item["phone_at"],
        "happened": at,
    }


def _answer(item: dict[str, Any], status: str, at: Any, code: str) -> dict[str, Any]:
    known = "kept" if status in ("used", "set_aside") else status
    detail = Kept().sentence(lang()) if known == "kept" else ""
    return {"uuid": item["uuid"], "status": known, "happened_at": at, "code": code, "detail": detail}


def _fields(error: ValidationError) -> list[dict[str, str]]:
    names = error.messages if isinstance(error.messages, dict) else {}
    return [{"field": str(name), "zh": "", "en": ""} for name in names]
