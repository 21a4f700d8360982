"""What changed for an engineer since his phone asked last."""

import gzip
import hashlib
from datetime import timedelta
from typing import Any

from flask import Response, jsonify, request
from marshmallow import Schema
from marshmallow import fields as f

from backend.core import paging
from backend.core.clock import local_date
from backend.core.paging import BadCursor
from backend.core.uow import UnitOfWork
from backend.expenses import queries as expenses
from backend.http.access import requires
from backend.http.context import application, current_actor, transactions
from backend.notifications import queries as inbox
from backend.visits import queries, summaries, thread_queries
from backend.visits.figures import figures
from backend.visits.similar import similar
from mobile_api.frame import Blueprint
from mobile_api.phone_schemas import (
    ClaimSchema,
    FormsSchema,
    HistorySchema,
    MessageSchema,
    SheetSchema,
    SolvedSchema,
    ThreadSchema,
    VisitSchema,
)
from mobile_api.schemas import Moment, Strict
from mobile_api.visit_shape import form_fields, full

blueprint = Blueprint("sync", "Delta sync of an engineer's week", "/mobile/sync")
DAYS_BACK, DAYS_AHEAD = 1, 7
MOST_MESSAGES, MOST_CLAIMS = 50, 14
THREADS_BACK = timedelta(days=30)
WORTH_GZIP_BYTES = 1400


_ends = Schema.from_dict({"now": Moment(), "today": f.Date()})()


class SyncQuery(Strict):
    """Where the phone stands."""

    cursor = f.String(load_default=None, metadata={"description": "of the answer before; without it, all"})


class ShareSchema(Schema):
    """How many of how many, beside the target."""

    code = f.String(metadata={"description": "cards_on_time, install, repair, maintenance, satisfaction"})
    part = f.Integer()
    whole = f.Integer()
    target_percent = f.Integer()


class FiguresSchema(Schema):
    """The engineer's own figures of this month."""

    done = f.Integer()
    failed = f.Integer()
    on_site_s = f.Integer(metadata={"description": "seconds from signing in to the finish"})
    on_the_way_s = f.Integer(metadata={"description": "seconds from setting out to signing in"})
    shares = f.List(f.Nested(ShareSchema))


class KnownVisit(VisitSchema):
    """A visit with what was done at its place before, and what helped elsewhere."""

    history = f.List(f.Nested(HistorySchema))
    similar = f.List(
        f.Nested(SolvedSchema), metadata={"description": "the most alike first, of visits that are not over"}
    )


class SyncSchema(Schema):
    """What is new. A part that did not change is left out; ``cursor`` too where nothing did."""

    now = Moment(metadata={"description": "the server's time"})
    today = f.Date(metadata={"description": "Beijing's day"})
    cursor = f.String(metadata={"description": "send it the next time"})
    whole = f.Boolean(metadata={"description": "true where the phone should forget what it knew before"})
    visits = f.List(f.Nested(KnownVisit), metadata={"description": "new and changed ones"})
    gone = f.List(f.Integer(), metadata={"description": "ids of visits that are not the engineer's any more"})
    messages = f.List(f.Nested(MessageSchema), metadata={"description": "new ones, oldest first"})
    unread = f.Integer()
    claims = f.List(f.Nested(ClaimSchema))
    forms = f.Nested(FormsSchema)
    figures = f.Nested(FiguresSchema)
    threads = f.List(f.Nested(ThreadSchema), metadata={"description": "own ones and open questions"})
    summaries = f.List(f.Nested(SheetSchema), metadata={"description": "this and the last week and month"})


_visit, _history, _forms = VisitSchema(), HistorySchema(many=True), FormsSchema()
_solved = SolvedSchema(many=True)
_claims, _message, _figures = ClaimSchema(many=True), MessageSchema(), FiguresSchema()
_threads, _sheets = ThreadSchema(many=True), SheetSchema(many=True)


@blueprint.route("", methods=["GET"])
@requires("visits.own")
@blueprint.arguments(SyncQuery, location="query")
@blueprint.response(200, SyncSchema)
def sync(given: dict[str, Any]) -> Any:
    """Yesterday to seven days ahead, older visits whose card is due, messages, claims and forms, as far as new."""
    known, whole = _known(given["cursor"])
    with transactions().read(current_actor()) as uow:
        changes = _changes(uow, known, whole)
    # The parts have their form already: their fingerprints were made of it.
    return _packed(jsonify(changes | _ends.dump(changes)))


def _changes(uow: UnitOfWork, known: dict[str, Any], whole: bool) -> dict[str, Any]:
    me, today = current_actor().person_id or 0, local_date(uow.now)
    rows = queries.own_days(
        uow, me, first=today - timedelta(days=DAYS_BACK), last=today + timedelta(days=DAYS_AHEAD)
    )
    shown = {row.id for row in rows}
    rows += [row for row in queries.open_cards(uow, me) if row.id not in shown and row.on <= today]
    # Fingerprints are of the rows: only what goes out is put into its form, which takes longer than reading it.
    found = {row.id: one for row, one in zip(rows, full(uow, rows), strict=True)}
    marks = {str(id_): _mark(one) for id_, one in found.items()}
    answer: dict[str, Any] = {"whole": True} if whole else {}
    fresh = [row for row in rows if known["v"].get(str(row.id)) != marks[str(row.id)]]
    if fresh or whole:
        answer["visits"] = _with_history(uow, fresh, found)
    gone = [int(id_) for id_ in known["v"] if id_ not in marks]
    if gone:
        answer["gone"] = gone
    state: dict[str, Any] = {"v": marks, "u": inbox.unread_count(uow, me)}
    messages = inbox.newer(uow, me, after_id=known["m"], size=MOST_MESSAGES)
    state["m"] = messages[-1].id if messages else known["m"]
    if messages:
        answer["messages"] = _message.dump(messages, many=True)
    if state["u"] != known["u"]:
        answer["unread"] = state["u"]
    claims = expenses.claims(uow, engineer_id=me, size=MOST_CLAIMS).rows
    own = figures(uow, me, first=today.replace(day=1), last=today)
    for name, part, shape, content in (
        ("c", "claims", _claims, claims),
        ("f", "forms", _forms, form_fields(uow, sign_codes=application().sms is not None)),
        ("g", "figures", _figures, own),
        ("t", "threads", _threads, thread_queries.concerning(uow, me, since=uow.now - THREADS_BACK)),
        ("s", "summaries", _sheets, summaries.sheets(uow, me)),
    ):
        state[name] = _mark(content)
        if state[name] != known[name]:
            answer[part] = shape.dump(content)
    if state != known:
        answer["cursor"] = paging.encode(state)
    return answer | {"now": uow.now, "today": today}


def _with_history(uow: UnitOfWork, rows: list[Any], found: dict[int, Any]) -> list[Any]:
    past = queries.histories(uow, (row.order.site_id for row in rows))
    solved = similar(uow, [row for row in rows if row.finished_at is None and row.outcome is None])
    return [
        _visit.dump(found[row.id])
        | {
            "history": _history.dump(
                [one for one in past.get(row.order.site_id or 0, ()) if one.id != row.id]
            ),
            "similar": _solved.dump(solved.get(row.id, ())),
        }
        for row in rows
    ]


def _known(cursor: str | None) -> tuple[dict[str, Any], bool]:
    """What the phone knows by its cursor; nothing where there is none or it is not one of ours."""
    nothing: dict[str, Any] = {
        "v": {},
        "m": 0,
        "u": None,
        "c": None,
        "f": None,
        "g": None,
        "t": None,
        "s": None,
    }
    try:
        found = paging.decode(cursor) if cursor else None
    except BadCursor:
        found = None
    if not isinstance(found, dict) or found.keys() != nothing.keys() or not isinstance(found["v"], dict):
        return nothing, True
    if not isinstance(found["m"], int) or not all(key.isdecimal() for key in found["v"]):
        return nothing, True
    return found, False


def _mark(content: Any) -> str:
    """A short fingerprint: equal contents have equal ones, others differ with near certainty (2⁻³²)."""
    return hashlib.blake2b(repr(content).encode(), digest_size=4).hexdigest()


def _packed(response: Response) -> Response:
    """Gzip a long answer: phones pay by the byte."""
    data = response.get_data()
    if len(data) > WORTH_GZIP_BYTES and "gzip" in request.headers.get("Accept-Encoding", ""):
        response.set_data(gzip.compress(data, 6))
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"
    return response
