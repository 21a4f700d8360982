"""Changes of the working plan by hand, and what a change would do while it is still being dragged."""

from typing import Any

from flask import jsonify

from backend.core import lists
from backend.dispatch import changes, trying
from backend.dispatch.policy import OVERRULING
from backend.http.access import requires
from backend.http.context import current_actor, lang, transactions
from web_admin.views.appointments import day_of
from web_admin.views.dispatch import blueprint
from web_admin.views.dispatch.asked import LARGEST_S, body, text, whole


@blueprint.post("/preview")
@requires("dispatch.read")
def preview() -> Any:
    """What giving an order to an engineer at about a time would do: his day, both sums, broken rules."""
    given = body()
    with transactions().read(current_actor()) as uow:
        found = trying.preview(
            uow,
            on=day_of(text(given, "day", 10)),
            order_id=whole(given, "order"),
            engineer_id=whole(given, "engineer"),
            start_s=whole(given, "start_s", LARGEST_S),
        )
    return jsonify(
        start_s=found.start_s,
        end_s=found.end_s,
        travel_s=found.travel_s,
        extra_fen=found.extra_fen,
        shifted=[{"id": one.order_id, "by_s": one.by_s, "customer": one.customer} for one in found.shifted],
        broken=[one.text(lang()) for one in found.broken],
    )


@blueprint.post("/moves")
@requires("dispatch.manage")
def move() -> Any:
    """Give an order to an engineer at about a time."""
    given = body()
    with transactions().begin(current_actor()) as uow:
        done = changes.move(
            uow,
            on=day_of(text(given, "day", 10)),
            order_id=whole(given, "order"),
            engineer_id=whole(given, "engineer"),
            start_s=whole(given, "start_s", LARGEST_S),
            seen=whole(given, "seen") if given.get("seen") is not None else None,
            reason_code=text(given, "reason_code", 40),
            reason=text(given, "reason"),
        )
    return jsonify(revision=done.revision, change=done.change_id)


@blueprint.post("/resize")
@requires("dispatch.manage")
def resize() -> Any:
    """Plan another length for a visit."""
    given = body()
    with transactions().begin(current_actor()) as uow:
        done = changes.resize(
            uow,
            on=day_of(text(given, "day", 10)),
            order_id=whole(given, "order"),
            duration_s=whole(given, "duration_s", LARGEST_S),
            seen=whole(given, "seen") if given.get("seen") is not None else None,
            reason_code=text(given, "reason_code", 40),
            reason=text(given, "reason"),
        )
    return jsonify(revision=done.revision, change=done.change_id)


@blueprint.post("/take-out")
@requires("dispatch.manage")
def take_out() -> Any:
    """Take an order out of the working plan."""
    given = body()
    with transactions().begin(current_actor()) as uow:
        done = changes.take_out(
            uow, on=day_of(text(given, "day", 10)), order_id=whole(given, "order"), seen=whole(given, "seen")
        )
    return jsonify(revision=done.revision, change=done.change_id)


@blueprint.post("/pins")
@requires("dispatch.manage")
def hold() -> Any:
    """Hold an order with its engineer, at its time, or both; neither sets it free."""
    given = body()
    with transactions().begin(current_actor()) as uow:
        done = changes.pin(
            uow,
            on=day_of(text(given, "day", 10)),
            order_id=whole(given, "order"),
            engineer=given.get("engineer") is True,
            time=given.get("time") is True,
            seen=whole(given, "seen"),
        )
    return jsonify(revision=done.revision, change=done.change_id)


@blueprint.post("/undo")
@requires("dispatch.manage")
def undo() -> Any:
    """Take back one's own newest change."""
    with transactions().begin(current_actor()) as uow:
        change = changes.undo(uow, on=day_of(text(body(), "day", 10)))
        return jsonify(kind=change.kind, orders=change.order_ids)


@blueprint.post("/redo")
@requires("dispatch.manage")
def redo() -> Any:
    """Make again what one took back last."""
    with transactions().begin(current_actor()) as uow:
        change = changes.redo(uow, on=day_of(text(body(), "day", 10)))
        return jsonify(kind=change.kind, orders=change.order_ids)


@blueprint.get("/reasons.json")
@requires("dispatch.read")
def reasons() -> Any:
    """The short list of reasons for overruling a rule; the department may have its own."""
    with transactions().read(current_actor()) as uow:
        own = lists.choices(uow, "override_reasons")
    rows = [(one.code, one.text(lang())) for one in own] or [
        (code, en if lang() == "en" else zh) for code, zh, en in OVERRULING
    ]
    return jsonify([{"code": code, "text": word} for code, word in rows])
