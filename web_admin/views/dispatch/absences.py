"""An engineer who cannot come: said on the board, which shows at once what it breaks."""

from datetime import timedelta
from typing import Any

from flask import jsonify

from backend.core.errors import Invalid
from backend.http.access import requires
from backend.http.context import current_actor, transactions
from backend.staff import actions as staff
from web_admin.views.appointments import day_of
from web_admin.views.dispatch import blueprint
from web_admin.views.dispatch.asked import body, text, whole

KINDS = ("ill", "leave", "training")
LONGEST_DAYS = 60


@blueprint.post("/absences")
@requires("dispatch.manage")
def add() -> Any:
    """He is away for some days from this one on."""
    given = body()
    on, kind, days = (
        day_of(text(given, "day", 10)),
        text(given, "kind", 20),
        whole(given, "days", LONGEST_DAYS),
    )
    if kind not in KINDS or days < 1:
        expected = {"zh": "、".join(KINDS), "en": ", ".join(KINDS)}
        raise Invalid(field={"zh": "请假种类", "en": "The kind"}, value=kind, expected=expected)
    with transactions().begin(current_actor()) as uow:
        last_on = on + timedelta(days=days - 1)
        staff.add_absence(uow, person_id=whole(given, "engineer"), first_on=on, last_on=last_on, kind=kind)
    return jsonify(away=True)


@blueprint.post("/absences/end")
@requires("dispatch.manage")
def end() -> Any:
    """He is back from this day on."""
    given = body()
    with transactions().begin(current_actor()) as uow:
        staff.end_absence(uow, person_id=whole(given, "engineer"), on=day_of(text(given, "day", 10)))
    return jsonify(away=False)
