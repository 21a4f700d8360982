"""调度: plan a day, see it by engineer and on the map, publish it."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request

from backend.core import jobs
from backend.dispatch import actions
from backend.dispatch import queries as dispatch
from backend.dispatch.queries import DayView
from backend.http.access import requires
from backend.http.context import application, current_actor, lang, transactions
from backend.staff import queries as staff
from backend.visits import queries as visits
from backend.visits.queries import VisitRow
from web_admin.frame import gettext, say
from web_admin.views.appointments import day_of, seconds

blueprint = Blueprint("dispatch", __name__, url_prefix="/dispatch")
FIRST_S, LAST_S = 8 * 3600, 19 * 3600


def percent(at_s: float) -> float:
    """Where a time lies on the board's axis, in percent."""
    return round((min(max(at_s, FIRST_S), LAST_S) - FIRST_S) / (LAST_S - FIRST_S) * 100, 3)


def people_told(view: DayView, living: list[VisitRow]) -> set[int]:
    """Ids of the engineers whose day changes if the working plan is published: new, moved or lost visits."""
    if view.plan_id is None:
        return set()
    known = {visit.order_id: visit for visit in living if visit.outcome is None}
    told: set[int] = set()
    for engineer in view.engineers:
        for stop in engineer.stops:
            visit = known.pop(stop.order_id, None)
            if stop.status not in ("planned", "published", "accepted"):
                continue
            if visit is None and stop.status == "planned":
                told.add(engineer.engineer_id)
            elif visit is not None and visit.engineer_id != engineer.engineer_id:
                told |= {engineer.engineer_id, visit.engineer_id}
            elif visit is not None and visit.start_s != stop.start_s:
                told.add(engineer.engineer_id)
    gone = {visit.engineer_id for visit in known.values() if visit.order.status in ("published", "accepted")}
    return told | gone


@blueprint.get("")
@requires("dispatch.read")
def board() -> Any:
    """The day by engineer, what could not be placed and why, the map."""
    on = day_of(request.args.get("day", ""))
    chosen_id = request.args.get("order", type=int)
    with transactions().read(current_actor()) as uow:
        view = dispatch.day_view(uow, on)
        job = jobs.get(uow, view.job_id) if view.job_id else None
        names = staff.engineer_names(uow)
        told = people_told(view, visits.day(uow, on))
    stops = {stop.order_id: (engineer, stop) for engineer in view.engineers for stop in engineer.stops}
    lost = {row.order_id: row for row in view.unserved}
    settings = application().settings
    return render_template(
        "dispatch/board.html",
        on=on,
        view=view,
        job=job,
        names=names,
        told=told,
        chosen=stops.get(chosen_id or 0),
        chosen_lost=lost.get(chosen_id or 0),
        before=on - timedelta(days=1),
        after=on + timedelta(days=1),
        percent=percent,
        hours=range(FIRST_S // 3600, LAST_S // 3600 + 1),
        tiles=settings.tiles_url,
        tiles_datum=settings.tiles_datum,
    )


@blueprint.get("/routes.json")
@requires("dispatch.read")
def routes() -> Any:
    """The routes of a day for the map."""
    with transactions().read(current_actor()) as uow:
        view = dispatch.day_view(uow, day_of(request.args.get("day", "")))
    engineers = [
        {
            "id": engineer.engineer_id,
            "name": engineer.name,
            "home": [engineer.home_lat, engineer.home_lon],
            "stops": [[stop.lat, stop.lon, stop.customer] for stop in engineer.stops if stop.lat is not None],
        }
        for engineer in view.engineers
        if engineer.stops
    ]
    unserved = [[row.lat, row.lon, row.customer] for row in view.unserved if row.lat is not None]
    return jsonify(engineers=engineers, unserved=unserved)


@blueprint.post("/plan")
@requires("dispatch.manage")
def plan() -> Any:
    """Ask for a plan; the page shows how far it is."""
    on = day_of(request.form.get("day", ""))
    with transactions().begin(current_actor()) as uow:
        actions.request_plan(uow, on=on, seconds=application().settings.plan_seconds)
    return redirect(f"/dispatch?day={on}", 303)


@blueprint.get("/jobs/<int:job_id>")
@requires("dispatch.read")
def progress(job_id: int) -> Any:
    """How far a planning is; when it ends, the page is loaded anew."""
    with transactions().read(current_actor()) as uow:
        job = jobs.get(uow, job_id)
    if job.open:
        return render_template(
            "dispatch/_progress.html", job=job, seconds=application().settings.plan_seconds
        )
    if job.error:
        say(job.error.get(lang(), job.error.get("zh", "")))
    return Response(status=204, headers={"HX-Refresh": "true"})


@blueprint.post("/jobs/<int:job_id>/cancel")
@requires("dispatch.manage")
def cancel(job_id: int) -> Any:
    """Stop a planning; the plan in force stays."""
    with transactions().begin(current_actor()) as uow:
        actions.cancel_plan(uow, job_id=job_id)
    return Response(status=204)


@blueprint.post("/publish")
@requires("dispatch.manage")
def publish() -> Any:
    """Publish the working plan; those whose day changed are told."""
    on = day_of(request.form.get("day", ""))
    with transactions().begin(current_actor()) as uow:
        result = actions.publish(uow, on=on)
    text = gettext("已发布 %(visits)s 单，通知了 %(people)s 位工程师")
    text = text % {"visits": result.visits, "people": len(result.changed)}
    if result.left_out:
        text += gettext("；%(n)s 单没有发布，因为刚改过") % {"n": len(result.left_out)}
    say(text)
    return redirect(f"/dispatch?day={on}", 303)


@blueprint.post("/pin/<int:order_id>")
@requires("dispatch.manage")
def pin(order_id: int) -> Any:
    """Her word: this engineer, this start, or neither."""
    engineer_id = request.form.get("engineer_id", type=int)
    start = request.form.get("start", "").strip()
    with transactions().begin(current_actor()) as uow:
        if engineer_id or start:
            start_s = seconds(start) if start else None
            actions.pin(uow, order_id=order_id, engineer_id=engineer_id, start_s=start_s)
        else:
            actions.unpin(uow, order_id=order_id)
    say(gettext("已记下，再排一遍就生效"))
    return Response(
        status=204, headers={"HX-Redirect": f"/dispatch?day={request.form.get('day', '')}&order={order_id}"}
    )
