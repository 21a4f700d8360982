"""What was learned: suggested rules to accept or not, rules in force, how long visits take; why a move was made."""

from dataclasses import asdict
from typing import Any

from flask import jsonify

from backend.core.errors import Invalid
from backend.dispatch import changes, learning
from backend.dispatch.learning import About
from backend.http.access import requires
from backend.http.context import current_actor, lang, transactions
from web_admin.views.dispatch import blueprint
from web_admin.views.dispatch.asked import body, text, whole


@blueprint.get("/learned.json")
@requires("dispatch.read")
def learned() -> Any:
    """Suggestions without an answer, rules in force, and times on site with the number of cases."""
    with transactions().read(current_actor()) as uow:
        suggested, rules, lengths = learning.suggestions(uow), learning.rules(uow), learning.lengths(uow)
    return jsonify(
        suggested=[{"about": asdict(one.about), "sentence": one.sentence.text(lang())} for one in suggested],
        rules=[{"id": one.id, "sentence": one.sentence.text(lang())} for one in rules],
        lengths=[
            {
                "by": one.by,
                "name": one.name,
                "cases": one.cases,
                "took_s": one.took_s,
                "planned_s": one.planned_s,
            }
            for one in lengths
        ],
    )


@blueprint.post("/learned")
@requires("dispatch.manage")
def decide_rule() -> Any:
    """Her word on a suggestion."""
    given = body()
    accept = given.get("accept")
    if not isinstance(accept, bool):
        expected = {"zh": "true 或 false", "en": "true or false"}
        raise Invalid(field="accept", value=str(accept)[:40], expected=expected)
    about = given.get("about")
    if not isinstance(about, dict):
        expected = {"zh": "应是 JSON 对象", "en": "a JSON object"}
        raise Invalid(field="about", value=str(about)[:40], expected=expected)
    with transactions().begin(current_actor()) as uow:
        learning.decide(
            uow,
            about=About(
                kind=text(about, "kind", 20),
                customer_id=whole(about, "customer_id") if about.get("customer_id") is not None else None,
                building=text(about, "building", 200),
                order_kind=text(about, "order_kind", 20),
                engineer_id=whole(about, "engineer_id") if about.get("engineer_id") is not None else None,
            ),
            accept=accept,
        )
    return jsonify(accepted=accept)


@blueprint.post("/learned/end")
@requires("dispatch.manage")
def end_rule() -> Any:
    """A rule holds no longer."""
    with transactions().begin(current_actor()) as uow:
        learning.end(uow, rule_id=whole(body(), "rule"))
    return jsonify(ended=True)


@blueprint.post("/changes/<int:change_id>/reason")
@requires("dispatch.manage")
def say_why(change_id: int) -> Any:
    """Why she made a change, from the short list or in words."""
    given = body()
    with transactions().begin(current_actor()) as uow:
        changes.say_why(
            uow, change_id=change_id, reason_code=text(given, "reason_code", 40), reason=text(given, "reason")
        )
    return jsonify(kept=True)
