"""调度: plan a day, change it, see it by engineer and on the map, publish it."""

from flask import Blueprint

blueprint = Blueprint("dispatch", __name__, url_prefix="/dispatch")

from web_admin.views.dispatch import (  # noqa: E402, F401
    absences,
    calls,
    changing,
    compare,
    learned,
    live,
    lookback,
    otherday,
    page,
    planning,
    urgent,
    week,
    whatif,
)
