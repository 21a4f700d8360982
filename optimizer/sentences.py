"""Plain English for the command line; the data that it is made from is for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from optimizer.compare import Difference
from optimizer.explain import Placement
from optimizer.insertion import best_insertions
from optimizer.model import Problem, Task, Window
from optimizer.plan import Plan
from optimizer.relaxations import Relaxation, Step

HALF_DAY_S = 4 * 3600
# An offer's grade by what it costs beyond the cheapest: up to so many fen.
GRADES = ((500, "good"), (3000, "fair"))


def clock(at_s: int | None) -> str:
    """Seconds since midnight as a time of day."""
    return "–" if at_s is None else f"{at_s // 3600:02d}:{at_s % 3600 // 60:02d}"


def minutes(seconds: int) -> str:
    """A length of time in whole minutes."""
    return f"{round(seconds / 60)} min"


def yuan(fen: int) -> str:
    """Money with its sign where it is a gain."""
    return f"{fen / 100:,.2f} yuan"


def _step(step: Step, engineer: str) -> str:
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
        "visit_moves": f"if {step.task} moves to another day",
    }
    return words[step.kind]


def relaxation(way: Relaxation) -> str:
    """One line: what gives way, where the task then is, and the price."""
    steps = " and ".join(_step(step, way.engineer) for step in way.steps)
    return f"{steps}: {way.engineer} at {clock(way.start_s)}, {yuan(way.price_fen)} (saves {yuan(way.saves_fen)})"


def placement(why: Placement) -> Iterator[str]:
    """Why a task is with its engineer, the next best, and what bars the rest."""
    yield f"{why.engineer} at {clock(why.start_s)}: adds {yuan(why.extra_fen)}"
    for other in why.others:
        more = yuan(other.extra_fen - why.extra_fen)
        yield f"  {other.engineer} at {clock(other.start_s)} would cost {more} more"
    for reason in why.barred:
        yield f"  {reason.count} × {reason.code}: {', '.join(reason.detail['engineers'])}"


def offers(problem: Problem, plan: Plan, task: Task, windows: Sequence[Window]) -> list[dict[str, Any]]:
    """The best place in each window with its grade, in order of time.

    Without `windows`: the task's own, or the half days of the shifts.
    """
    spans = list(windows) or list(task.windows) or _half_days(problem)
    best: dict[Window | None, Any] = {}
    for place in best_insertions(problem, plan, task, spans):
        best.setdefault(place.window, place)
    lowest = min((place.extra_fen for place in best.values()), default=0)
    return [
        {
            "window": list(place.window or ()),
            "engineer": place.engineer,
            "start_s": place.start_s,
            "extra_fen": place.extra_fen,
            "extra_travel_s": place.extra_travel_s,
            "grade": next((name for most, name in GRADES if place.extra_fen - lowest <= most), "dear"),
        }
        for place in sorted(best.values(), key=lambda place: place.window or (0, 0))
    ]


def _half_days(problem: Problem) -> list[Window]:
    first = min((e.shift_start_s for e in problem.engineers), default=0)
    last = max((e.shift_end_s for e in problem.engineers), default=0)
    return [(at, min(at + HALF_DAY_S, last)) for at in range(first, last, HALF_DAY_S)]


def offer(found: dict[str, Any]) -> str:
    """One line of an offer."""
    from_s, to_s = found["window"]
    return (
        f"{clock(from_s)}-{clock(to_s)}  {found['grade']:4}  {yuan(found['extra_fen'])}, "
        f"{minutes(found['extra_travel_s'])} more on the way, {found['engineer']} at {clock(found['start_s'])}"
    )


def difference(found: Difference) -> Iterator[str]:
    """What happened to each visit, each engineer and the sum."""
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
