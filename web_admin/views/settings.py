"""设置: the lists and numbers that the department edits."""

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request

from backend.core import lists as entries
from backend.core import numbers
from backend.core.clock import local_date
from backend.http.access import requires
from backend.http.context import application, current_actor, transactions
from web_admin import lists
from web_admin.frame import gettext, say

blueprint = Blueprint("settings", __name__, url_prefix="/settings")


@blueprint.get("")
@requires("settings.manage")
def index() -> Any:
    """The first list."""
    return redirect(f"/settings/lists/{next(iter(entries.LISTS))}")


@blueprint.get("/lists/<list_code>")
@requires("settings.manage")
def show(list_code: str) -> Any:
    """One list beside the names of the others."""
    with transactions().read(current_actor()) as uow:
        rows = entries.entries(uow, list_code)
        now = local_date(application().clock.now())
    return render_template(
        "settings/lists.html",
        every=entries.LISTS,
        groups=numbers.GROUPS,
        chosen=list_code,
        list_code=list_code,
        rows=rows,
        now=now,
    )


@blueprint.get("/numbers/<group>")
@requires("settings.manage")
def show_numbers(group: str) -> Any:
    """Numbers that are saved together, each with what it is for and how it comes."""
    with transactions().read(current_actor()) as uow:
        values = numbers.values(uow, group)
    return render_template(
        "settings/numbers.html",
        every=entries.LISTS,
        groups=numbers.GROUPS,
        chosen=group,
        group=group,
        values=values,
    )


@blueprint.post("/numbers/<group>")
@requires("settings.manage")
def save_numbers(group: str) -> Any:
    """Other numbers; ``seen_`` says what each was when the page was made."""
    form = request.form
    seen = {name.removeprefix("seen_"): value for name, value in form.items() if name.startswith("seen_")}
    with transactions().begin(current_actor()) as uow:
        changed = numbers.save(uow, group, given=form, seen=seen)
    say(gettext("改了 %(n)s 个数") % {"n": changed} if changed else gettext("没有要改的"))
    return Response(status=204, headers={"HX-Redirect": f"/settings/numbers/{group}"})


@blueprint.post("/lists/<list_code>")
@requires("settings.manage")
def add(list_code: str) -> Any:
    """A new entry at the end of a list."""
    form = request.form
    with transactions().begin(current_actor()) as uow:
        entry = entries.add(
            uow,
            list_code=list_code,
            code=form.get("code", ""),
            zh=form.get("zh", ""),
            en=form.get("en", ""),
            valid_from=lists.day_of(form.get("valid_from", "")),
        )
    say(gettext("已加上「%(name)s」") % {"name": entry.zh})
    return Response(status=204, headers={"HX-Redirect": f"/settings/lists/{list_code}"})


@blueprint.post("/entries/<int:entry_id>")
@requires("settings.manage")
def change(entry_id: int) -> Any:
    """Other words, or other days on which it can be chosen."""
    form = request.form
    with transactions().begin(current_actor()) as uow:
        entry = entries.change(
            uow,
            entry_id=entry_id,
            zh=form.get("zh", ""),
            en=form.get("en", ""),
            valid_from=lists.day_of(form.get("valid_from", "")),
            valid_to=lists.day_of(form.get("valid_to", "")),
        )
    say(gettext("已保存"))
    return Response(status=204, headers={"HX-Redirect": f"/settings/lists/{entry.list_code}"})


@blueprint.post("/entries/<int:entry_id>/<any(up, down):way>")
@requires("settings.manage")
def move(entry_id: int, way: str) -> Any:
    """One place up or down."""
    with transactions().begin(current_actor()) as uow:
        seen_at = request.form.get("at", type=int)
        entries.move(uow, entry_id=entry_id, by=-1 if way == "up" else 1, seen_at=seen_at)
    return Response(status=204, headers={"HX-Refresh": "true"})
