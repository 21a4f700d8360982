"""Two plans of a day side by side, and copies from *what if* that are kept for it."""

from dataclasses import asdict
from typing import Any

from flask import jsonify, request

from backend.core.clock import local_date
from backend.dispatch import comparing, proposals, trying, whatif
from backend.dispatch.comparing import Choice, Comparison
from backend.dispatch.sheet import Sheet
from backend.dispatch.terms import Terms
from backend.http.access import requires
from backend.http.context import current_actor, lang, transactions
from backend.staff import queries as staff
from web_admin.frame import gettext, short_day
from web_admin.views.appointments import day_of
from web_admin.views.dispatch import blueprint, state
from web_admin.views.dispatch.asked import body, text
from web_admin.views.dispatch.whatif import assumed_of

HOUR = 3600


@blueprint.get("/plans.json")
@requires("dispatch.read")
def plans() -> Any:
    """The plans of a day that can be compared."""
    on = day_of(request.args.get("day", ""))
    with transactions().read(current_actor()) as uow:
        return jsonify([_choice(one) for one in comparing.choices(uow, on)])


@blueprint.get("/compare.json")
@requires("dispatch.read")
def compare() -> Any:
    """Two of them: sums, what differs in sentences, the days of the second and where the first has its visits."""
    on = day_of(request.args.get("day", ""))
    left, right = request.args.get("left", "")[:20], request.args.get("right", "")[:20]
    with transactions().read(current_actor()) as uow:
        found = comparing.compare(uow, on=on, left=left, right=right)
        now = trying.read(uow, on)
        people = {*comparing.differing_people(found.right_sheet, now)} | set(found.sums.people)
        days = [state.engineer(one) for one in proposals.days_of(found.right_sheet, sorted(people))]
        names = staff.engineer_names(uow)
    gone = set(now.facts.team) - set(found.right_sheet.facts.team)
    moves = [
        asdict(move) | {"sentence": move.sentence.text(lang()), "why": move.why.text(lang())}
        for move in found.moves
    ]
    return jsonify(
        asdict(found.sums)
        | {
            "left": _choice(found.left),
            "right": _choice(found.right),
            "broken": found.broken,
            "moves": moves,
            "days": days,
            "gone": [
                {"id": one, "name": names.get(one, ""), "why": gettext("假设病了")} for one in sorted(gone)
            ],
            "before": _before(found, found.left_sheet),
        }
    )


@blueprint.post("/what-if/keep")
@requires("dispatch.manage")
def keep() -> Any:
    """Keep the day as it was tried, to compare it."""
    given = body()
    with transactions().begin(current_actor()) as uow:
        plan_id = whatif.keep(uow, on=day_of(text(given, "day", 10)), assumed=assumed_of(given))
    return jsonify(plan=str(plan_id))


@blueprint.post("/copies/<int:plan_id>/drop")
@requires("dispatch.manage")
def drop(plan_id: int) -> Any:
    """Throw a copy away."""
    with transactions().begin(current_actor()) as uow:
        comparing.drop(uow, plan_id=plan_id)
    return jsonify(dropped=True)


def _choice(one: Choice) -> dict[str, Any]:
    return {
        "key": one.key,
        "name": one.name.text(lang()),
        "made": short_day(local_date(one.made_at)),
        "assumed": [
            {"kind": kind, "engineer": person_id}
            for person_id, own in one.assumed.items()
            for kind in _kinds(own)
        ],
    }


def _kinds(own: Terms) -> list[str]:
    return ["ill"] * own.away + ["no_car"] * own.no_car + ["longer"] * (own.extra_s // HOUR)


def _before(found: Comparison, left: Sheet) -> list[dict[str, Any]]:
    placed = left.placements()
    rows = []
    for move in found.moves:
        task = left.task(move.order_id)
        if move.order_id in placed and task is not None:
            engineer_id, start_s = placed[move.order_id]
            end_s = start_s + left.instance.problem.tasks[task].duration_s
            customer = left.facts.orders[move.order_id].short_name
            rows.append(
                {
                    "order": move.order_id,
                    "engineer": engineer_id,
                    "start_s": start_s,
                    "end_s": end_s,
                    "customer": customer,
                    "number": move.number,
                }
            )
    return rows
