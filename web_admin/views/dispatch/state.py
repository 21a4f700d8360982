"""The state of a day as the board's script gets it: plain JSON, in the person's language."""

from dataclasses import asdict
from datetime import date
from typing import Any

from backend.core.clock import local_date, seconds_of_day
from backend.core.uow import UnitOfWork
from backend.dispatch import board, looks, terms, trying
from backend.dispatch import queries as dispatch
from backend.dispatch.rows import DayView, EngineerView, StopView, UnservedView
from backend.http.context import lang
from backend.orders.queries import ServiceOrderRow
from backend.orders.states import STATES
from web_admin.frame import short_day, today
from web_admin.views.dispatch import exceptions

ABSENCES = {
    "leave": ("请假", "on leave"),
    "ill": ("生病", "ill"),
    "training": ("培训", "at a training"),
}


_kept: looks.Kept[dict[str, Any]] = looks.Kept(8)


def of_day(uow: UnitOfWork, on: date) -> dict[str, Any]:
    """Everything that the board draws."""
    undo, redo = board.can_undo(uow, on)
    return _for_everybody(uow, on) | {"undo": undo, "redo": redo}


def _for_everybody(uow: UnitOfWork, on: date) -> dict[str, Any]:
    """The state of the day but for what is one's own; worked out once for all who look at it."""
    key = (*looks.key(uow, on), looks.newest(uow), lang(), today())
    found = _kept.get(key)
    if found is None:
        found = _drawn(uow, on)
        _kept.put(key, found)
    return found


def _drawn(uow: UnitOfWork, on: date) -> dict[str, Any]:
    shown = trying.read(uow, on)
    view = dispatch.view_of(uow, shown)
    told = board.announcement(uow, shown, view)
    urgent = board.urgent_without_window(uow)
    return {
        "day": view.on.isoformat(),
        "now_s": seconds_of_day(uow.now, view.on) if local_date(uow.now) == view.on else None,
        "stamp": looks.stamp(uow, on),
        "revision": view.revision,
        "plan_id": view.plan_id,
        "published": view.published_at is not None,
        "proposal": view.proposed_plan_id,
        "job": view.job_id,
        "differences": told.differences,
        "people": len(told.news),
        "figures": _figures(view),
        "engineers": [engineer(one) for one in view.engineers],
        "unplanned": [*map(_urgent, urgent), *map(_unplanned, view.unserved)],
        "terms": {
            str(k): {"no_car": t.no_car, "extra_s": t.extra_s} for k, t in terms.on_day(uow, on).items()
        },
        "exceptions": exceptions.of_day(uow, shown, view, urgent),
    }


def _figures(view: DayView) -> dict[str, int] | None:
    found = view.figures
    if found is None:
        return None
    return {
        "engineers": found.engineers,
        "orders": found.orders,
        "travel_s": found.travel_s,
        "cost_fen": found.cost_fen,
    } | {f"term_{name}": fen for name, fen in found.terms.items()}


def engineer(found: EngineerView) -> dict[str, Any]:
    """One engineer's day."""
    words = ABSENCES.get(found.absence or "", ("不在", "away"))
    return {
        "id": found.engineer_id,
        "name": found.name,
        "mode": found.mode,
        "plate": found.plate or "",
        "barred": found.barred,
        "standby": found.standby,
        "home": [found.home_lat, found.home_lon],
        "shift": [found.shift_start_s, found.shift_end_s],
        "lunch": [found.lunch_from_s, found.lunch_to_s] if found.lunch_from_s is not None else None,
        "home_s": found.home_s,
        "away": words[lang() == "en"] if found.absence is not None else None,
        "broken": [one.text(lang()) for one in found.broken],
        "visits": [_visit(stop) for stop in found.stops],
    }


def _visit(stop: StopView) -> dict[str, Any]:
    names = (
        "number",
        "customer",
        "address",
        "district",
        "lat",
        "lon",
        "kind",
        "urgent",
        "status",
        "sequence",
    )
    more = ("arrive_s", "start_s", "end_s", "mode", "travel_s", "travel_fen", "contact_name", "contact_phone")
    last = ("problem", "movable", "slack_s", "late", "pinned_engineer", "pinned_start", "over")
    return (
        {"id": stop.order_id}
        | {name: getattr(stop, name) for name in names + more + last}
        | {
            "window": [stop.window_from_s, stop.window_to_s] if stop.window_from_s is not None else None,
            "word": STATES[stop.status].text(lang()),
            "broken": [one.text(lang()) for one in stop.broken],
        }
    )


def _unplanned(row: UnservedView) -> dict[str, Any]:
    names = ("number", "customer", "address", "district", "lat", "lon", "kind", "urgent", "status")
    return (
        {"id": row.order_id}
        | {name: getattr(row, name) for name in names}
        | {
            "window": [row.window_from_s, row.window_to_s] if row.window_from_s is not None else None,
            "due": _due(row.due_on),
            "due_on": row.due_on.isoformat() if row.due_on else "",
            "contact_name": row.contact_name,
            "contact_phone": row.contact_phone,
            "problem": row.problem,
            "reasons": [one.text(lang()) for one in row.reasons],
        }
    )


def _urgent(row: ServiceOrderRow) -> dict[str, Any]:
    """An urgent order that nobody has appointed: it is placed and appointed in one step."""
    names = ("number", "address", "district", "lat", "lon", "kind", "urgent", "status")
    return (
        {"id": row.id}
        | {name: getattr(row, name) for name in names}
        | {
            "customer": row.short_name,
            "window": None,
            "due": _due(row.due_on),
            "due_on": row.due_on.isoformat() if row.due_on else "",
            "contact_name": row.contact_name,
            "contact_phone": row.contact_phone,
            "problem": row.problem,
            "reasons": [],
        }
    )


def _due(due_on: date | None) -> str:
    return short_day(due_on) if due_on is not None else ""


def place(found: board.Place) -> dict[str, Any]:
    """A possible place of an order, or what would have to give way."""
    ways = [
        asdict(way)
        | {"sentence": way.sentence.text(lang()), "script": way.script.text(lang()) if way.script else None}
        for way in found.ways
    ]
    return asdict(found) | {"reasons": [one.text(lang()) for one in found.reasons], "ways": ways}
