"""An urgent order: three places to choose from, one click that places it and tells whom it concerns."""

from dataclasses import asdict
from typing import Any

from flask import jsonify, request

from backend.dispatch import urgent
from backend.http.access import requires
from backend.http.context import current_actor, transactions
from backend.orders import queries as orders
from web_admin.views.appointments import day_of
from web_admin.views.dispatch import blueprint
from web_admin.views.dispatch.asked import LARGEST_S, body, text, whole


@blueprint.get("/urgent/<int:order_id>.json")
@requires("dispatch.read")
def spots(order_id: int) -> Any:
    """The least disturbing places of the day."""
    on = day_of(request.args.get("day", ""))
    with transactions().read(current_actor()) as uow:
        order = orders.get(uow, order_id)
        found = urgent.spots(uow, on=on, order_id=order_id)
    return jsonify(
        customer=order.short_name,
        contact=order.contact_name,
        phone=order.contact_phone,
        problem=order.problem,
        spots=[asdict(spot) | {"window": spot.window} for spot in found],
    )


@blueprint.post("/urgent")
@requires("dispatch.manage")
def place() -> Any:
    """Place it, and tell those whose day changes."""
    given = body()
    with transactions().begin(current_actor()) as uow:
        result = urgent.place(
            uow,
            on=day_of(text(given, "day", 10)),
            order_id=whole(given, "order"),
            engineer_id=whole(given, "engineer"),
            start_s=whole(given, "start_s", LARGEST_S),
        )
    return jsonify(people=[one.engineer_id for one in result.changed], visits=result.visits)
