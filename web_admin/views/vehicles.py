"""车辆: who has which on which day, plate limits beside it; bicycles and travel cards as well."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, render_template, request

from backend.core.errors import Missing
from backend.http.access import requires
from backend.http.context import current_actor, transactions
from backend.staff import actions, fleet, plates
from backend.staff import queries as staff
from backend.staff.fleet import KINDS
from backend.visits import queries as visits
from web_admin import lists
from web_admin.frame import gettext, say, short_day, today
from web_admin.views.appointments import day_of, seconds

blueprint = Blueprint("vehicles", __name__, url_prefix="/vehicles")
WEEK = 7


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


@blueprint.get("")
@requires("dispatch.read")
def week() -> Any:
    """Vehicles by day of a week; beside them who could get the one that is chosen."""
    on = day_of(request.args.get("day", ""))
    first = monday_of(on)
    days = [first + timedelta(days=n) for n in range(WEEK)]
    vehicle_id = lists.number("vehicle")
    with transactions().read(current_actor()) as uow:
        rows = fleet.fleet(uow, days)
        retired = [row for row in fleet.fleet(uow, [], retired=True) if not row.active]
        limits = plates.limits(uow)
        chosen = next((row for row in rows if row.id == vehicle_id), None)
        team = staff.engineers_on(uow, on) if chosen is not None else []
        holders = {row.given[on][0]: row for row in rows if on in row.given}
        loads: dict[int, int] = {}
        for visit in visits.day(uow, on) if chosen is not None else []:
            loads[visit.engineer_id] = loads.get(visit.engineer_id, 0) + (visit.outcome != "withdrawn")
    return render_template(
        "vehicles/week.html",
        on=on,
        days=days,
        rows=rows,
        retired=retired,
        kinds=KINDS,
        chosen=chosen,
        team=sorted(team, key=lambda one: (one.person_id in holders, -loads.get(one.person_id, 0), one.code)),
        holders=holders,
        loads=loads,
        limited=lambda row, day: plates.limited(limits, row.plate, day) if row.kind == "car" else None,
        limits=limits,
        coming=plates.following(limits[0]) if limits else None,
        before=first - timedelta(days=WEEK),
        after=first + timedelta(days=WEEK),
    )


def back(on: date, vehicle_id: int | None = None) -> Response:
    """The week again, with the vehicle still chosen."""
    chosen = f"&vehicle={vehicle_id}" if vehicle_id is not None else ""
    return Response(status=204, headers={"HX-Redirect": f"/vehicles?day={on}{chosen}"})


@blueprint.post("/<int:vehicle_id>/give")
@requires("dispatch.manage")
def give(vehicle_id: int) -> Any:
    """Give it to an engineer for the day, or up to the end of the week."""
    form = request.form
    on, person_id = day_of(form.get("day", "")), form.get("person", type=int)
    if person_id is None or not 0 < person_id < 2**63:
        raise Missing(field={"zh": "给谁", "en": "who gets it"})
    count = max(1, 5 - on.weekday()) if form.get("week") else 1
    days = [on + timedelta(days=n) for n in range(count)]
    with transactions().begin(current_actor()) as uow:
        fleet.give(uow, vehicle_id=vehicle_id, person_id=person_id, days=days)
        name = staff.person(uow, person_id).name
    words = short_day(on) if count == 1 else f"{short_day(on)} – {short_day(days[-1])}"
    say(gettext("给%(name)s了，%(days)s") % {"name": name, "days": words})
    return back(on)


@blueprint.post("/<int:vehicle_id>/take-back")
@requires("dispatch.manage")
def take_back(vehicle_id: int) -> Any:
    """Nobody has it on that day any more."""
    on = day_of(request.form.get("day", ""))
    with transactions().begin(current_actor()) as uow:
        actions.take_back_vehicle(uow, vehicle_id=vehicle_id, on=on)
    return back(on, vehicle_id)


@blueprint.post("")
@requires("dispatch.manage")
def add() -> Any:
    """A new vehicle, bicycle or travel card."""
    form = request.form
    with transactions().begin(current_actor()) as uow:
        fleet.add(uow, plate=form.get("plate", ""), name=form.get("name", ""), kind=form.get("kind", ""))
    say(gettext("已加上「%(name)s」") % {"name": form.get("plate", "").strip()})
    return back(today())


@blueprint.post("/<int:vehicle_id>/<any(retire, restore):step>")
@requires("dispatch.manage")
def change(vehicle_id: int, step: str) -> Any:
    """Put it out of use, or back."""
    with transactions().begin(current_actor()) as uow:
        fleet.set_active(uow, vehicle_id=vehicle_id, active=step == "restore")
    say(gettext("已保存"))
    return back(today())


@blueprint.post("/limits")
@requires("dispatch.manage")
def save_limit() -> Any:
    """One period of the plate limits as announced."""
    form = request.form
    first, last = lists.day_of(form.get("first_on", "")), lists.day_of(form.get("last_on", ""))
    if first is None or last is None:
        raise Missing(field={"zh": "从哪天到哪天", "en": "the first and the last day"})
    with transactions().begin(current_actor()) as uow:
        plates.save(
            uow,
            first_on=first,
            last_on=last,
            digits=form.getlist("digits"),
            from_s=seconds(form.get("from", "07:00")),
            to_s=seconds(form.get("to", "20:00")),
        )
    say(gettext("已保存"))
    return back(max(first, today()))


@blueprint.post("/limits/<int:limit_id>/remove")
@requires("dispatch.manage")
def remove_limit(limit_id: int) -> Any:
    """A period that was announced otherwise."""
    with transactions().begin(current_actor()) as uow:
        plates.remove(uow, limit_id=limit_id)
    return back(today())
