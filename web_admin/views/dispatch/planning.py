"""Asking for a plan, following it, publishing a day."""

from dataclasses import asdict
from typing import Any

from flask import jsonify, request

from backend.core import jobs
from backend.dispatch import actions, board, proposals, trying
from backend.dispatch import queries as dispatch
from backend.dispatch.sheet import Sheet
from backend.http.access import requires
from backend.http.context import application, current_actor, lang, transactions
from web_admin.frame import gettext
from web_admin.views.appointments import day_of
from web_admin.views.dispatch import blueprint, state
from web_admin.views.dispatch.asked import body, numbers, text, whole


@blueprint.post("/plan")
@requires("dispatch.manage")
def plan() -> Any:
    """Ask for a plan; the page follows the job."""
    on = day_of(text(body(), "day", 10))
    with transactions().begin(current_actor()) as uow:
        job_id = actions.request_plan(uow, on=on, seconds=application().settings.plan_seconds, propose=True)
    return jsonify(job=job_id), 202


@blueprint.get("/jobs/<int:job_id>.json")
@requires("dispatch.read")
def progress(job_id: int) -> Any:
    """How far a planning is, and how it ended."""
    with transactions().read(current_actor()) as uow:
        job = jobs.get(uow, job_id)
    error = job.error.get(lang(), job.error.get("zh", "")) if job.error else ""
    return jsonify(status=job.status, open=job.open, progress=job.progress, result=job.result, error=error)


@blueprint.post("/jobs/<int:job_id>/cancel")
@requires("dispatch.manage")
def cancel(job_id: int) -> Any:
    """Stop a planning; the plan in force stays."""
    with transactions().begin(current_actor()) as uow:
        actions.cancel_plan(uow, job_id=job_id)
    return jsonify(cancelled=True)


@blueprint.get("/proposal.json")
@requires("dispatch.read")
def proposal() -> Any:
    """The proposal that waits for an answer: its moves in sentences, each with what it is worth."""
    with transactions().read(current_actor()) as uow:
        found = proposals.current(uow, day_of(request.args.get("day", "")))
    moves = [
        asdict(move) | {"sentence": move.sentence.text(lang()), "why": move.why.text(lang())}
        for move in found.moves
    ]
    return jsonify(plan_id=found.plan_id, moves=moves, all=_selection(found.all, found.sheet))


@blueprint.post("/proposal/selection")
@requires("dispatch.read")
def selection() -> Any:
    """What taking some of the moves comes to; what belongs together is taken or left together."""
    given = body()
    with transactions().read(current_actor()) as uow:
        chosen, after = proposals.select(
            uow,
            day_of(text(given, "day", 10)),
            plan_id=whole(given, "plan_id"),
            taken=numbers(given, "taken"),
            toggled=whole(given, "toggled") if given.get("toggled") is not None else None,
        )
    return jsonify(_selection(chosen, after))


def _selection(chosen: proposals.Selection, after: Sheet) -> dict[str, Any]:
    """A selection with the days that it changes, as the board draws them."""
    days = [state.engineer(one) for one in proposals.days_of(after, chosen.people)]
    return asdict(chosen) | {"days": days}


@blueprint.post("/proposal/take")
@requires("dispatch.manage")
def take() -> Any:
    """Put the selected moves into the working plan."""
    given = body()
    with transactions().begin(current_actor()) as uow:
        change = proposals.take(
            uow,
            on=day_of(text(given, "day", 10)),
            plan_id=whole(given, "plan_id"),
            taken=numbers(given, "taken"),
        )
        return jsonify(change=change.id, orders=change.order_ids)


@blueprint.post("/proposal/leave")
@requires("dispatch.manage")
def leave() -> Any:
    """Leave the working plan as it is."""
    with transactions().begin(current_actor()) as uow:
        proposals.dismiss(uow, on=day_of(text(body(), "day", 10)))
    return jsonify(left=True)


@blueprint.get("/announcement.json/<day>")
@requires("dispatch.read")
def announcement(day: str) -> Any:
    """Whom publishing would tell what, and whom to call before."""
    on = day_of(day)
    with transactions().read(current_actor()) as uow:
        shown = trying.read(uow, on)
        found = board.announcement(uow, shown, dispatch.view_of(uow, shown))
    return jsonify(asdict(found))


@blueprint.post("/publish")
@requires("dispatch.manage")
def publish() -> Any:
    """Publish the working plan; those whose day changed are told."""
    on = day_of(text(body(), "day", 10))
    with transactions().begin(current_actor()) as uow:
        result = actions.publish(uow, on=on)
    said = gettext("已发布 %(visits)s 单，通知了 %(people)s 位工程师")
    said = said % {"visits": result.visits, "people": len(result.changed)}
    if result.left_out:
        said += gettext("；%(n)s 单没有发布，因为刚改过") % {"n": len(result.left_out)}
    return jsonify(sentence=said, visits=result.visits, people=[one.engineer_id for one in result.changed])
