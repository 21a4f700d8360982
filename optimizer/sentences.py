"""Plain English for the command line; the data that it is made from is for programs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from optimizer.compare import Difference
from optimizer.explain import Placement
from optimizer.formats.reading import Reading
from optimizer.model import Problem, Task, Window
from optimizer.offers import Offer
from optimizer.relaxations import Relaxation, Step
from optimizer.units import OURS, Units
from optimizer.urgent import UrgentPlace

HALF_DAY_S = 4 * 3600


def _step(step: Step, engineer: str, units: Units) -> str:
    minutes = units.span
    words = {
        "start_later": f"start {minutes(step.amount_s)} later",
        "start_earlier": f"start {minutes(step.amount_s)} earlier",
        "overtime": f"with {minutes(step.amount_s)} of overtime by {engineer}",
        "shift_earlier": f"{engineer} begins {minutes(step.amount_s)} earlier",
        "lunch_moved": f"the break of {engineer} {minutes(step.amount_s)} outside its window",
        "shorter": f"the service {minutes(step.amount_s)} shorter",
        "without_skill": f"without {', '.join(step.skills)}",
        "allow_engineer": f"if {engineer} may do it",
        "more_visits": f"one visit more for {engineer}",
        "costs_more": "it fits, but costs more than leaving it out",
        "more_load": f"with {step.load} more than {engineer} can take",
        "visit_moves": f"if {step.task} moves to {step.day or 'another day'}",
    }
    return words[step.kind]


def relaxation(way: Relaxation, units: Units = OURS) -> str:
    """One line: what gives way, where the task then is, and the price."""
    steps = " and ".join(_step(step, way.engineer, units) for step in way.steps)
    price, saved = units.money(way.price_fen), units.money(way.saves_fen)
    return f"{steps}: {way.engineer} at {units.clock(way.start_s)}, {price} (saves {saved})"


def placement(why: Placement, units: Units = OURS) -> Iterator[str]:
    """Why a task is with its engineer, the next best, and what bars the rest."""
    yield f"{why.engineer} at {units.clock(why.start_s)}: adds {units.money(why.extra_fen)}"
    for other in why.others:
        more = units.money(other.extra_fen - why.extra_fen)
        yield f"  {other.engineer} at {units.clock(other.start_s)} would cost {more} more"
    for reason in why.barred:
        yield f"  {reason.count} × {reason.code}: {', '.join(reason.detail['engineers'])}"


def usual_windows(problem: Problem, task: Task) -> tuple[Window, ...]:
    """What to ask about where nobody says: the task's own windows, or the half days of the shifts."""
    first = min((e.shift_start_s for e in problem.engineers), default=0)
    last = max((e.shift_end_s for e in problem.engineers), default=0)
    return task.windows or tuple((at, min(at + HALF_DAY_S, last)) for at in range(first, last, HALF_DAY_S))


def offer(found: Offer, units: Units = OURS) -> str:
    """One line of an offer."""
    from_s, to_s = found.window or (found.start_s, found.latest_start_s)
    others = f", moves {', '.join(shift.task for shift in found.moves)}" if found.moves else ""
    return (
        f"{found.day}  {units.clock(from_s)}-{units.clock(to_s)}  {found.grade:4}  "
        f"{units.money(found.extra_fen)}, {units.span(found.extra_travel_s)} more on the way, "
        f"{found.engineer} at {units.clock(found.start_s)}{others}"
    )


def offer_data(found: Offer, units: Units = OURS) -> dict[str, Any]:
    """An offer as plain values in the file's units."""
    data = dataclasses.asdict(found)
    data["window"] = [units.at(at) for at in found.window or ()]
    for name in ("start_s", "latest_start_s"):
        data[name] = units.at(data[name])
    data["extra_travel_s"] = units.length(found.extra_travel_s)
    if units.fen_per_cost is not None:
        data["extra_cost"] = found.extra_fen / units.fen_per_cost
    for move in data["moves"]:
        for name in ("start_before_s", "start_after_s"):
            move[name] = units.at(move[name])
    return data


def urgent(place: UrgentPlace, units: Units = OURS) -> Iterator[str]:
    """A place for an urgent task: with whom, when, its price, and who gives way or begins at another time."""
    yield f"{place.engineer} at {units.clock(place.start_s)}: {units.money(place.extra_fen)}"
    for change in (*place.moved, *place.shifted):
        before = f"{change.engineer_before} {units.clock(change.start_before_s)}"
        after = (
            "another day"
            if change.engineer_after is None
            else f"{change.engineer_after} {units.clock(change.start_after_s)}"
        )
        yield f"  {change.task} {change.kind}: {before} -> {after}"
    for name, fen in place.terms.items():
        yield f"  {name}: {'+' if fen > 0 else ''}{units.money(fen)}"


def urgent_data(place: UrgentPlace, reading: Reading) -> dict[str, Any]:
    """The same as plain values, with the plan in the file's terms."""
    units = Units.of(reading)
    data = {name: getattr(place, name) for name in ("engineer", "extra_fen", "terms")}
    for kind in ("moved", "shifted"):
        data[kind] = [dataclasses.asdict(change) for change in getattr(place, kind)]
        for change in data[kind]:
            for name in ("start_before_s", "start_after_s"):
                change[name] = None if change[name] is None else units.at(change[name])
    return {**data, "start_s": units.at(place.start_s), "plan": reading.write(place.plan)}


def difference(found: Difference, units: Units = OURS) -> Iterator[str]:
    """What happened to each visit, each engineer and the sum."""
    clock, minutes, yuan = units.clock, units.span, units.money
    for change in found.changes:
        before = f"{change.engineer_before} {clock(change.start_before_s)}"
        after = f"{change.engineer_after} {clock(change.start_after_s)}"
        if change.kind == "shifted":
            later = "later" if change.shift_s > 0 else "earlier"
            yield f"{change.task} shifted: {before} -> {after} ({minutes(abs(change.shift_s))} {later})"
        elif change.kind == "moved":
            yield f"{change.task} moved: {before} -> {after}"
        else:
            yield f"{change.task} {change.kind}: {after if change.kind == 'added' else before}"
    for day in found.engineers:
        yield (
            f"{day.engineer}: {day.visits_before} -> {day.visits_after} visits, home "
            f"{clock(day.home_before_s)} -> {clock(day.home_after_s)}, on the way "
            f"{minutes(day.travel_before_s)} -> {minutes(day.travel_after_s)}"
        )
    for name, (old, new) in found.terms.items():
        yield f"{name}: {yuan(old)} -> {yuan(new)}"
    yield f"sum: {yuan(found.cost_before_fen)} -> {yuan(found.cost_after_fen)}; {found.unchanged} visits as before"
