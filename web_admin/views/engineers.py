"""工程师日历: shifts, leave, standby by week or month, skills; an absence shows what it breaks before it is saved."""

from calendar import monthrange
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, render_template, request

from backend.core.errors import Invalid
from backend.dispatch import missing
from backend.dispatch.sentences import SKILLS
from backend.http.access import requires
from backend.http.context import current_actor, lang, transactions
from backend.staff import actions, rota
from backend.staff.rota import LEVELS
from web_admin import lists
from web_admin.frame import gettext, say, short_day, today
from web_admin.views.appointments import day_of, seconds
from web_admin.views.dispatch.absences import KINDS, LONGEST_DAYS
from web_admin.views.dispatch.state import ABSENCES
from web_admin.views.vehicles import monday_of

blueprint = Blueprint("engineers", __name__, url_prefix="/engineers")


def absence_words() -> dict[str, str]:
    """The kinds of an absence in the language of the page."""
    return {code: ABSENCES[code][1 if lang() == "en" else 0] for code in KINDS}


def skill_words() -> dict[str, str]:
    """The skills in the language of the page."""
    return {code: words[1 if lang() == "en" else 0] for code, words in SKILLS.items()}


@blueprint.get("")
@requires("engineers.read")
def calendar() -> Any:
    """Who works when, over a week or a month; beside it the one that is chosen."""
    on, span = day_of(request.args.get("day", "")), request.args.get("span", "week")
    if span == "month":
        first = on.replace(day=1)
        days = [first + timedelta(days=n) for n in range(monthrange(on.year, on.month)[1])]
    else:
        first = monday_of(on)
        days = [first + timedelta(days=n) for n in range(7)]
    person_id = lists.number("person")
    with transactions().read(current_actor()) as uow:
        rows = rota.rota(uow, days)
        away = rota.absences(uow, today(), today() + timedelta(days=366))
    chosen = next((row for row in rows if row.person_id == person_id), None)
    there = {
        on: sum(row.days[on].shift is not None and not row.days[on].absence for row in rows) for on in days
    }
    return render_template(
        "engineers/calendar.html",
        on=on,
        span=span,
        days=days,
        rows=rows,
        there=there,
        chosen=chosen,
        away=[one for one in away if chosen is not None and one.person_id == chosen.person_id],
        absences=absence_words(),
        skills=skill_words(),
        levels=LEVELS,
        before=first - timedelta(days=1),
        after=days[-1] + timedelta(days=1),
    )


def asked_days() -> tuple[date, date, str]:
    """First and last day and kind of an absence as the form sends them. Raises Invalid."""
    values = request.values
    first, last, kind = (
        day_of(values.get("first_on", "")),
        day_of(values.get("last_on", "")),
        values.get("kind", ""),
    )
    if kind not in KINDS or not 0 <= (last - first).days < LONGEST_DAYS:
        raise Invalid(
            field={"zh": "请假", "en": "The absence"},
            value=f"{first}–{last}",
            expected={
                "zh": f"结束不早于开始，最多 {LONGEST_DAYS} 天",
                "en": f"the end not before the beginning, {LONGEST_DAYS} days at most",
            },
        )
    return first, last, kind


def back(person_id: int) -> Response:
    """The calendar again, with the person still chosen."""
    day, span = request.form.get("day", str(today())), request.form.get("span", "week")
    target = f"/engineers?day={day_of(day)}&span={'month' if span == 'month' else 'week'}&person={person_id}"
    return Response(status=204, headers={"HX-Redirect": target})


@blueprint.get("/<int:person_id>/breaks")
@requires("engineers.read")
def preview(person_id: int) -> Any:
    """What an absence would break."""
    first, last, _kind = asked_days()
    with transactions().read(current_actor()) as uow:
        found = missing.breaks(uow, person_id=person_id, first_on=first, last_on=last)
    return render_template("engineers/_breaks.html", found=found, skills=skill_words())


@blueprint.post("/<int:person_id>/absences")
@requires("dispatch.manage")
def add_absence(person_id: int) -> Any:
    """He is away on those days."""
    first, last, kind = asked_days()
    with transactions().begin(current_actor()) as uow:
        actions.add_absence(
            uow,
            person_id=person_id,
            first_on=first,
            last_on=last,
            kind=kind,
            note=request.form.get("note", "")[:200],
        )
    say(gettext("已记下：%(first)s 到 %(last)s 不在") % {"first": short_day(first), "last": short_day(last)})
    return back(person_id)


@blueprint.post("/<int:person_id>/absences/end")
@requires("dispatch.manage")
def end_absence(person_id: int) -> Any:
    """He is back from that day on."""
    with transactions().begin(current_actor()) as uow:
        actions.end_absence(uow, person_id=person_id, on=day_of(request.form.get("back_on", "")))
    say(gettext("已保存"))
    return back(person_id)


@blueprint.post("/<int:person_id>/standby")
@requires("engineers.manage")
def standby(person_id: int) -> Any:
    """He can be called on that day, or not."""
    with transactions().begin(current_actor()) as uow:
        rota.set_standby(
            uow,
            person_id=person_id,
            on=day_of(request.form.get("on", "")),
            standby=request.form.get("standby") == "1",
        )
    return back(person_id)


@blueprint.post("/<int:person_id>/shifts")
@requires("engineers.manage")
def shifts(person_id: int) -> Any:
    """The weekly hours; a weekday left empty is free."""
    form = request.form
    given = {
        weekday: (seconds(form[f"from{weekday}"]), seconds(form[f"to{weekday}"]))
        for weekday in range(7)
        if form.get(f"from{weekday}") and form.get(f"to{weekday}")
    }
    with transactions().begin(current_actor()) as uow:
        rota.set_shifts(uow, person_id=person_id, shifts=given)
    say(gettext("已保存"))
    return back(person_id)


@blueprint.post("/<int:person_id>/skills")
@requires("engineers.manage")
def skills(person_id: int) -> Any:
    """The skills with their levels."""
    given = {code: level for code in SKILLS if (level := request.form.get(code, type=int))}
    with transactions().begin(current_actor()) as uow:
        rota.set_skills(uow, person_id=person_id, skills=given)
    say(gettext("已保存"))
    return back(person_id)
