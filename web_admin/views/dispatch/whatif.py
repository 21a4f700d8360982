"""What if: assumptions about a day are tried, thrown away or taken over; and what holds for one day only."""

from dataclasses import asdict
from typing import Any

from flask import jsonify

from backend.core.errors import Invalid
from backend.dispatch import proposals, terms, whatif
from backend.dispatch.terms import Terms
from backend.http.access import requires
from backend.http.context import current_actor, lang, transactions
from web_admin.views.appointments import day_of
from web_admin.views.dispatch import blueprint, state
from web_admin.views.dispatch.asked import body, text, whole

MOST = 40


def assumed_of(given: dict[str, Any]) -> dict[int, Terms]:
    """The assumptions of a request. Raises Invalid."""
    rows = given.get("assumed")
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST or not all(isinstance(r, dict) for r in rows):
        expected = {"zh": f"1 到 {MOST} 个假设", "en": f"1 to {MOST} assumptions"}
        raise Invalid(field={"zh": "假设", "en": "The assumptions"}, value="", expected=expected)
    kinds = [text(row, "kind", 20) for row in rows]
    for kind in kinds:
        if kind not in whatif.KINDS:
            expected = {"zh": "、".join(whatif.KINDS), "en": ", ".join(whatif.KINDS)}
            raise Invalid(field={"zh": "假设", "en": "The assumption"}, value=kind, expected=expected)
    return whatif.people((kind, whole(row, "engineer")) for kind, row in zip(kinds, rows, strict=True))


@blueprint.post("/what-if")
@requires("dispatch.read")
def what_if() -> Any:
    """The day as it would be; nothing is kept."""
    given = body()
    with transactions().read(current_actor()) as uow:
        found = whatif.imagine(uow, on=day_of(text(given, "day", 10)), assumed=assumed_of(given))
        days = [state.engineer(one) for one in proposals.days_of(found.sheet, found.sums.people)]
    moves = [
        asdict(move) | {"sentence": move.sentence.text(lang()), "why": move.why.text(lang())}
        for move in found.moves
    ]
    return jsonify(asdict(found.sums) | {"days": days, "moves": moves})


@blueprint.post("/what-if/take")
@requires("dispatch.manage")
def take_over() -> Any:
    """Let it be so."""
    given = body()
    with transactions().begin(current_actor()) as uow:
        change = whatif.take_over(uow, on=day_of(text(given, "day", 10)), assumed=assumed_of(given))
        return jsonify(change=change.id, orders=change.order_ids)


@blueprint.post("/terms")
@requires("dispatch.manage")
def usual() -> Any:
    """An engineer's day is as usual again."""
    given = body()
    with transactions().begin(current_actor()) as uow:
        terms.allow(uow, on=day_of(text(given, "day", 10)), engineer_id=whole(given, "engineer"))
    return jsonify(usual=True)
