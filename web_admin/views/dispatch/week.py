"""The week: days across, engineers down."""

from datetime import timedelta
from typing import Any

from flask import render_template, request

from backend.dispatch import lookback, weeks
from backend.http.access import requires
from backend.http.context import current_actor, lang, transactions
from web_admin.frame import gettext
from web_admin.views.appointments import day_of
from web_admin.views.dispatch import blueprint
from web_admin.views.dispatch.page import script_words
from web_admin.views.dispatch.state import ABSENCES


@blueprint.get("/week")
@requires("dispatch.read")
def week() -> Any:
    """How full the days are, what waits, and each visit to be moved to another day."""
    first = lookback.monday(day_of(request.args.get("day", "")))
    with transactions().read(current_actor()) as uow:
        found = weeks.view(uow, first)
    return render_template(
        "dispatch/week.html",
        week=found,
        before=first - timedelta(days=7),
        after=first + timedelta(days=7),
        last=first + timedelta(days=6),
        full=weeks.FULL,
        absences={kind: words[lang() == "en"] for kind, words in ABSENCES.items()},
        words={word: gettext(word) for word in script_words()} if lang() == "en" else {},
    )
