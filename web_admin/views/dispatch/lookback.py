"""回顾: a week's promises and what became of them."""

from datetime import timedelta
from typing import Any

from flask import render_template, request

from backend.dispatch import lookback
from backend.http.access import requires
from backend.http.context import current_actor, transactions
from web_admin.frame import today
from web_admin.views.appointments import day_of
from web_admin.views.dispatch import blueprint


@blueprint.get("/look-back")
@requires("dispatch.read")
def look_back() -> Any:
    """One week by day, engineer and customer; last week unless a ``day`` of another is given."""
    given = request.args.get("day", "")
    first = lookback.monday(day_of(given) if given else today() - timedelta(days=7))
    with transactions().read(current_actor()) as uow:
        week = lookback.week(uow, first)
    return render_template(
        "dispatch/look_back.html",
        week=week,
        before=first - timedelta(days=7),
        after=first + timedelta(days=7),
        last=first + timedelta(days=6),
    )
