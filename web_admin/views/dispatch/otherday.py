"""Another day for a visit: the windows that would suit, and one step that appoints, tells and places."""

from typing import Any

from flask import jsonify, request

from backend.dispatch import moving, offers
from backend.http.access import requires
from backend.http.context import current_actor, transactions
from backend.orders import queries as orders
from web_admin.frame import short_day
from web_admin.views.appointments import day_of, said_words
from web_admin.views.dispatch import blueprint
from web_admin.views.dispatch.asked import LARGEST_S, body, text, whole


@blueprint.get("/orders/<int:order_id>/windows.json")
@requires("dispatch.read")
def windows(order_id: int) -> Any:
    """Windows of the next working days, or of one ``day``, with their price; whom to call about it."""
    with transactions().read(current_actor()) as uow:
        order = orders.get(uow, order_id)
        only = day_of(request.args["only"]) if request.args.get("only") else None
        found = offers.suggest_windows(uow, order_id, only=only)
    return jsonify(
        customer=order.short_name,
        contact=order.contact_name,
        phone=order.contact_phone,
        windows=[
            {
                "on": offer.on.isoformat(),
                "day": short_day(offer.on),
                "from_s": offer.from_s,
                "to_s": offer.to_s,
                "cost_fen": offer.cost_fen,
                "engineer": offer.engineer_name,
                "fits": offer.fits,
                "grade": offer.grade,
                "said": [said_words(one) for one in offer.said[:2]],
                "held_by": list(offer.held_by),
            }
            for offer in found
        ],
    )


@blueprint.post("/to-day")
@requires("dispatch.manage")
def to_day() -> Any:
    """Appoint anew for another window; everybody concerned is told."""
    given = body()
    with transactions().begin(current_actor()) as uow:
        moved = moving.to_day(
            uow,
            on=day_of(text(given, "day", 10)),
            order_id=whole(given, "order"),
            to=day_of(text(given, "to", 10)),
            from_s=whole(given, "from_s", LARGEST_S),
            to_s=whole(given, "to_s", LARGEST_S),
            agreed_with=text(given, "agreed_with", 40),
            seen=whole(given, "seen") if given.get("seen") is not None else None,
        )
    return jsonify(day=short_day(moved.on), engineer=moved.engineer_name, start_s=moved.start_s)
