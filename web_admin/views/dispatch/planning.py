"""Asking for a plan, following it, publishing a day."""

from dataclasses import asdict
from typing import Any

from flask import jsonify

from backend.core import jobs
from backend.dispatch import actions, board
from backend.dispatch import queries as dispatch
from backend.http.access import requires
from backend.http.context import application, current_actor, lang, transactions
from web_admin.frame import gettext
from web_admin.views.appointments import day_of
from web_admin.views.dispatch import blueprint
from web_admin.views.dispatch.asked import body, text


@blueprint.post("/plan")
@requires("dispatch.manage")
def plan() -> Any:
    """Ask for a plan; the page follows the job."""
    on = day_of(text(body(), "day", 10))
    with transactions().begin(current_actor()) as uow:
        job_id = actions.request_plan(uow, on=on, seconds=application().settings.plan_seconds)
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


@blueprint.get("/announcement.json/<day>")
@requires("dispatch.read")
def announcement(day: str) -> Any:
    """Whom publishing would tell what, and whom to call before."""
    on = day_of(day)
    with transactions().read(current_actor()) as uow:
        found = board.announcement(uow, dispatch.day_view(uow, on))
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
