"""Reads that only the board needs: whether a day has changed, who would be told, places for what has none."""

from dataclasses import dataclass, field, replace
from datetime import date

from sqlalchemy import func, select

from backend.core.uow import UnitOfWork
from backend.dispatch import changes, giving_way, laying, sentences
from backend.dispatch.days import TOLD
from backend.dispatch.giving_way import Way
from backend.dispatch.models import PlanChange
from backend.dispatch.rows import DayView
from backend.dispatch.sentences import Sentence
from backend.dispatch.sheet import Sheet
from backend.orders import queries as orders
from backend.orders.queries import ServiceOrderRow
from backend.staff import queries as staff
from backend.visits.queries import VisitRow
from optimizer.explain import reasons
from optimizer.insertion import insertions


@dataclass
class News:
    """What publishing would tell one engineer; times are seconds since midnight."""

    engineer_id: int
    name: str
    added: list[tuple[str, int]] = field(default_factory=list)
    moved: list[tuple[str, int, int]] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ToCall:
    """A customer who must agree before publishing: the plan has another time than was agreed."""

    order_id: int
    customer: str
    contact: str
    phone: str
    window_from_s: int
    window_to_s: int
    start_s: int


@dataclass(frozen=True)
class Announcement:
    """Whom publishing would tell what."""

    news: tuple[News, ...]
    calls: tuple[ToCall, ...]
    differences: int


@dataclass(frozen=True)
class Place:
    """Where an order without a place would fit best, or why it does not fit; money in fen."""

    order_id: int
    fit: int
    engineer_id: int | None
    engineer_name: str
    start_s: int | None
    extra_fen: int | None
    reasons: tuple[Sentence, ...]
    ways: tuple[Way, ...] = ()


def can_undo(uow: UnitOfWork, on: date) -> tuple[bool, bool]:
    """Whether this person has a change to take back, and one to make again."""
    own = select(func.max(PlanChange.id)).where(
        PlanChange.on == on, PlanChange.person_id == uow.actor.person_id, PlanChange.kind != changes.TO_DAY
    )
    last = uow.session.scalar(own.where(PlanChange.undone_at.is_(None)))
    undone = uow.session.scalar(own.where(PlanChange.undone_at.is_not(None)))
    return last is not None, undone is not None and undone > (last or 0)


def announcement(uow: UnitOfWork, shown: Sheet, view: DayView) -> Announcement:
    """What publishing the working plan would tell, engineer by engineer, and whom to call before.

    Publishing tells what she has set; that visits run late by now and push others is not hers to publish.
    """
    wished = shown.wished()
    living = [visit for visit in shown.facts.visits.values() if visit.outcome is None]
    overruled = changes.overruled(uow, view.on)
    names = {engineer.engineer_id: engineer.name for engineer in view.engineers}
    told = _told(view, wished, living, names | staff.engineer_names(uow))
    calls = tuple(
        ToCall(
            stop.order_id,
            stop.customer,
            stop.contact_name,
            stop.contact_phone,
            stop.window_from_s,
            stop.window_to_s,
            wished.get(stop.order_id, stop.start_s),
        )
        for engineer in view.engineers
        for stop in engineer.stops
        if stop.order_id in overruled
        and stop.window_from_s is not None
        and stop.window_to_s is not None
        and not stop.window_from_s <= wished.get(stop.order_id, stop.start_s) <= stop.window_to_s
    )
    differences = sum(len(one.added) + len(one.moved) + len(one.removed) for one in told.values())
    return Announcement(tuple(told[key] for key in sorted(told)), calls, differences)


def _told(
    view: DayView, wished: dict[int, int], living: list[VisitRow], names: dict[int, str]
) -> dict[int, News]:
    told: dict[int, News] = {}

    def news(engineer_id: int) -> News:
        return told.setdefault(engineer_id, News(engineer_id, names.get(engineer_id, "")))

    known = {visit.order_id: visit for visit in living}
    for engineer in view.engineers:
        for stop in engineer.stops:
            visit = known.pop(stop.order_id, None)
            if stop.status not in ("planned", *TOLD):
                continue
            if engineer.absence is not None or stop.over:
                continue
            start_s = wished.get(stop.order_id, visit.start_s if visit is not None else stop.start_s)
            if visit is None:
                if stop.status == "planned":
                    news(engineer.engineer_id).added.append((stop.customer, start_s))
            elif visit.engineer_id != engineer.engineer_id:
                news(engineer.engineer_id).added.append((stop.customer, start_s))
                news(visit.engineer_id).removed.append(stop.customer)
            elif visit.start_s != start_s:
                news(engineer.engineer_id).moved.append((stop.customer, visit.start_s, start_s))
    for visit in known.values():
        if visit.order.status in TOLD:
            news(visit.engineer_id).removed.append(visit.order.short_name)
    return told


def places(shown: Sheet, order_ids: list[int]) -> list[Place]:
    """For each order of the day without a place: its cheapest one, or the reasons against every engineer."""
    for order_id in order_ids:
        task = shown.task(order_id)
        if task is not None and order_id not in shown.looked:
            shown.looked[order_id] = _place(shown, order_id, task)
    return [shown.looked[order_id] for order_id in order_ids if order_id in shown.looked]


def _place(shown: Sheet, order_id: int, task: int) -> Place:
    routes = shown.routes()
    offers = insertions(shown.instance, routes, shown.instance.problem.tasks[task])
    best = offers[0] if offers else None
    why = () if best else tuple(map(sentences.of_reason, reasons(shown.instance, routes, task)))
    return Place(
        order_id=order_id,
        fit=len({offer.engineer for offer in offers}),
        engineer_id=int(best.engineer) if best else None,
        engineer_name=shown.facts.team[int(best.engineer)].name if best else "",
        start_s=best.start_s if best else None,
        extra_fen=best.extra_fen if best else None,
        reasons=why,
        ways=() if best else giving_way.ways(shown, order_id),
    )


def alternatives(shown: Sheet, order_id: int, limit: int = 3) -> list[Place]:
    """The cheapest places of an order with other engineers, as things stand; prices against where it is now."""
    task = shown.task(order_id)
    if task is None or task in shown.instance.frozen:
        return []
    shown = replace(shown, instance=laying.freed(shown.instance, task))
    without = shown.without(task)
    present = shown.cost_fen
    bare = without.cost_fen
    here = shown.where(task)
    own = shown.instance.problem.tasks[task]
    routes = without.routes()
    absence = shown.instance.absence(shown.instance.jobs[task])
    gain = bare - absence - present if here is not None else -absence
    offers = [o for o in insertions(shown.instance, routes, own) if o.engineer != _engineer_of(shown, here)]
    return [
        Place(
            order_id=order_id,
            fit=len(offers),
            engineer_id=int(offer.engineer),
            engineer_name=shown.facts.team[int(offer.engineer)].name,
            start_s=offer.start_s,
            extra_fen=offer.extra_fen + gain if here is not None else offer.extra_fen,
            reasons=(),
        )
        for offer in offers[:limit]
    ]


def _engineer_of(shown: Sheet, worker: int | None) -> str:
    return shown.instance.problem.engineers[worker].id if worker is not None else ""


def urgent_without_window(uow: UnitOfWork) -> list[ServiceOrderRow]:
    """Urgent orders that nobody has appointed yet."""
    return [row for row in orders.with_status(uow, ("approved",)) if row.urgent]
