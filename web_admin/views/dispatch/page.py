"""The board's page, and the state of its day."""

import re
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from flask import jsonify, make_response, render_template, request

from backend.dispatch import board, trying
from backend.dispatch import queries as dispatch
from backend.http.access import requires
from backend.http.context import application, current_actor, lang, transactions
from backend.staff import queries as staff
from web_admin.frame import gettext
from web_admin.views.appointments import day_of
from web_admin.views.dispatch import blueprint, state

SCRIPTS = Path(__file__).parents[2] / "static" / "js" / "board"


@blueprint.get("")
@requires("dispatch.read")
def show() -> Any:
    """The day by engineer, what has no place and why, the map; the script fills it."""
    on = day_of(request.args.get("day", ""))
    settings = application().settings
    with transactions().read(current_actor()) as uow:
        found = state.of_day(uow, on)
    return render_template(
        "dispatch/board.html",
        on=on,
        before=on - timedelta(days=1),
        after=on + timedelta(days=1),
        day_state=found,
        scripts=first_scripts(),
        words={word: gettext(word) for word in script_words()} if lang() == "en" else {},
        tiles=settings.tiles_url,
        tiles_datum=settings.tiles_datum,
        plan_seconds=settings.plan_seconds,
    )


@blueprint.get("/day.json")
@requires("dispatch.read")
def day() -> Any:
    """Everything that the board draws; unchanged since the page's own state: 304."""
    on = day_of(request.args.get("day", ""))
    with transactions().read(current_actor()) as uow:
        found = state.of_day(uow, on)
    answer = make_response(jsonify(found))
    answer.add_etag()
    answer.make_conditional(request)
    return answer


@blueprint.get("/places.json")
@requires("dispatch.read")
def places() -> Any:
    """For each order without a place: how many engineers fit, the best place and its price, or why not."""
    on = day_of(request.args.get("day", ""))
    with transactions().read(current_actor()) as uow:
        shown = trying.read(uow, on)
        waiting = [row.order_id for row in dispatch.view_of(uow, shown).unserved]
        found = [state.place(one) for one in board.places(shown, waiting)]
    return jsonify(found)


@blueprint.get("/orders/<int:order_id>/others.json")
@requires("dispatch.read")
def others(order_id: int) -> Any:
    """The cheapest places of an order with other engineers."""
    on = day_of(request.args.get("day", ""))
    with transactions().read(current_actor()) as uow:
        found = [state.place(one) for one in board.alternatives(trying.read(uow, on), order_id)]
    return jsonify(found)


@blueprint.get("/people.json")
@requires("dispatch.read")
def people() -> Any:
    """Names of all engineers."""
    with transactions().read(current_actor()) as uow:
        return jsonify(staff.engineer_names(uow))


@cache
def first_scripts() -> tuple[str, ...]:
    """The scripts that the board's own imports, and so on: what the page asks for before any of them has run."""
    found: set[str] = set()
    waiting = [SCRIPTS.with_suffix(".js")]
    while waiting:
        text = waiting.pop().read_text("utf-8")
        names = set(re.findall(r'^import .*"\./(?:board/)?(\w+\.js)";$', text, re.MULTILINE)) - found
        found |= names
        waiting += [SCRIPTS / name for name in names]
    return tuple(sorted(found))


@cache
def script_words() -> tuple[str, ...]:
    """The sentences of the board's scripts, as they stand in t("…")."""
    found = {
        word
        for path in sorted(SCRIPTS.glob("*.js"))
        for word in re.findall(r'\bt\(\s*"([^"]+)"', path.read_text("utf-8"))
    }
    return tuple(sorted(found))
