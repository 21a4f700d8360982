"""Publishing a day: the working plan becomes visits, and the engineers whose day changed are told."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from backend.appointments import queries as appointments
from backend.appointments.queries import AppointmentRow
from backend.core.uow import UnitOfWork
from backend.dispatch.changes import overruled
from backend.dispatch.models import DayPlan, ScheduleDay
from backend.dispatch.policy import BrokenPlan, NoPlan
from backend.dispatch.store import plan_of, schedule_day
from backend.orders import actions as order_actions
from backend.orders import queries as orders
from backend.orders.queries import ServiceOrderRow
from backend.staff.policy import require
from backend.visits import actions as visit_actions
from backend.visits import queries as visits
from backend.visits.queries import VisitRow
from optimizer.plan import Stop

TOLD = ("published", "accepted")


@dataclass
class Change:
    """What changes for one engineer: order numbers that are new to him, at another time, or gone."""

    engineer_id: int
    added: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)

    def to_data(self) -> dict[str, Any]:
        """As the fact carries it."""
        return {
            "engineer_id": self.engineer_id,
            "added": self.added,
            "moved": self.moved,
            "removed": self.removed,
        }


@dataclass(frozen=True)
class LeftOut:
    """A visit of the plan that was not published, and why."""

    order_id: int
    number: str
    zh: str
    en: str


@dataclass(frozen=True)
class PublishResult:
    """What publishing did; ``changed`` is empty where it changed nothing."""

    on: date
    plan_id: int
    visits: int
    changed: tuple[Change, ...]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True)
class _Planned:
    engineer_id: int
    sequence: int
    stop: Stop


def publish(uow: UnitOfWork, *, on: date, only: frozenset[int] | None = None) -> PublishResult:
    """Publish the working plan of a day, or of ``only`` some of its orders; doing it twice changes nothing.

    An order that was cancelled, put on hold or appointed anew since the plan was made is left out, which the
    result says. Raises NoPlan, BrokenPlan.
    """
    require(uow.actor, "dispatch.manage")
    day = schedule_day(uow, on)
    stored = uow.session.get(DayPlan, day.working_plan_id) if day.working_plan_id is not None else None
    if stored is None:
        raise NoPlan(on=on.isoformat())
    if stored.violations:
        raise BrokenPlan(count=len(stored.violations))
    return _Publishing(uow, on, stored, only).run(day)


def take_back(uow: UnitOfWork, *, order_id: int, reason: str) -> None:
    """Take a published or accepted order back from its engineer, who is told; then it can be appointed anew.

    Raises WrongState where the visit is under way or there is none.
    """
    require(uow.actor, "dispatch.manage")
    visit = visits.living_for_orders(uow, [order_id]).get(order_id)
    order = order_actions.move(uow, order_id, "withdraw", note=reason)
    if visit is not None and visit.outcome is None:
        visit_actions.withdraw(uow, visit_id=visit.id, reason=reason)
        uow.emit(
            "visit_taken_back",
            order_id=order_id,
            number=order.number,
            visit_id=visit.id,
            engineer_id=visit.engineer_id,
            on=visit.on.isoformat(),
        )


class _Publishing:
    def __init__(
        self, uow: UnitOfWork, on: date, stored: DayPlan, only: frozenset[int] | None = None
    ) -> None:
        self.uow, self.on, self.stored, self.only = uow, on, stored, only
        plan = plan_of(stored)
        self.planned = {
            int(stop.task): _Planned(int(route.engineer), n, stop)
            for route in plan.routes
            for n, stop in enumerate(route.stops, start=1)
            if only is None or int(stop.task) in only
        }
        self.living = {
            visit.order_id: visit
            for visit in visits.day(uow, on)
            if visit.outcome is None and (only is None or visit.order_id in only)
        }
        ids = {*self.planned, *self.living}
        self.orders = orders.by_ids(uow, ids)
        self.windows = appointments.current(uow, ids)
        self.overruled = overruled(uow, on)
        self.changes: dict[int, Change] = {}
        self.left_out: list[LeftOut] = []

    def run(self, day: ScheduleDay) -> PublishResult:
        kept = 0
        for order_id, planned in self.planned.items():
            if self.place(self.orders[order_id], planned):
                kept += 1
        for order_id, visit in self.living.items():
            order = self.orders[order_id]
            if order_id not in self.planned and order.status in TOLD:
                self.withdraw(order, visit)
        changed = tuple(self.changes[engineer_id] for engineer_id in sorted(self.changes))
        result = PublishResult(self.on, self.stored.id, kept, changed, tuple(self.left_out))
        if day.published_plan_id != self.stored.id or changed:
            self.note(day, result)
        return result

    def place(self, order: ServiceOrderRow, planned: _Planned) -> bool:
        visit, window = self.living.get(order.id), self.windows.get(order.id)
        if order.status not in ("planned", *TOLD):
            if order.status in ("appointed", "approved", "on_hold", "cancelled"):
                self.leave_out(order, order.status)
            return False
        if window is None or window.on != self.on:
            self.leave_out(order, "appointed")
            return False
        if visit is not None and order.status in TOLD and _same(visit, planned):
            return True
        inside = window.from_s <= planned.stop.start_s <= window.to_s
        if not inside and order.status != "accepted" and order.id not in self.overruled:
            self.leave_out(order, "appointed")
            return False
        if visit is not None and visit.accepted_at is not None:
            # He has said yes to another time or it is another's now: take it back before it is given anew.
            self.take_back(order, visit)
            order_actions.move(self.uow, order.id, "plan")
        elif visit is None and order.status in TOLD:
            self.leave_out(order, order.status)
            return False
        self.assign(order, planned, window)
        if orders.get(self.uow, order.id).status == "planned":
            order_actions.move(self.uow, order.id, "publish")
        self.tell(order, visit, planned)
        return True

    def assign(self, order: ServiceOrderRow, planned: _Planned, window: AppointmentRow) -> None:
        stop = planned.stop
        visit_actions.assign(
            self.uow,
            order_id=order.id,
            engineer_id=planned.engineer_id,
            on=self.on,
            sequence=planned.sequence,
            window_from_s=window.from_s,
            window_to_s=window.to_s,
            arrive_s=stop.arrive_s,
            start_s=stop.start_s,
            end_s=stop.end_s,
            mode=stop.mode,
            travel_s=stop.travel_s,
            travel_m=stop.travel_m,
            travel_fen=stop.travel_fen,
        )

    def tell(self, order: ServiceOrderRow, visit: VisitRow | None, planned: _Planned) -> None:
        if visit is None or visit.engineer_id != planned.engineer_id:
            self.change(planned.engineer_id).added.append(order.number)
            if visit is not None:
                self.change(visit.engineer_id).removed.append(order.number)
        elif visit.start_s != planned.stop.start_s:
            self.change(planned.engineer_id).moved.append(order.number)

    def withdraw(self, order: ServiceOrderRow, visit: VisitRow) -> None:
        self.take_back(order, visit)
        self.change(visit.engineer_id).removed.append(order.number)

    def take_back(self, order: ServiceOrderRow, visit: VisitRow) -> None:
        visit_actions.withdraw(self.uow, visit_id=visit.id, reason="replanned")
        if orders.get(self.uow, order.id).status in TOLD:
            order_actions.move(self.uow, order.id, "withdraw")

    def change(self, engineer_id: int) -> Change:
        return self.changes.setdefault(engineer_id, Change(engineer_id))

    def leave_out(self, order: ServiceOrderRow, why: str) -> None:
        zh, en = _WHY.get(why, _WHY["appointed"])
        self.left_out.append(LeftOut(order.id, order.number, f"{order.number} {zh}", f"{order.number} {en}"))

    def note(self, day: ScheduleDay, result: PublishResult) -> None:
        before = {"plan_id": day.published_plan_id}
        if self.only is None:
            day.published_plan_id = self.stored.id
        day.published_at, day.published_by = self.uow.now, self.uow.actor.person_id
        changed = [change.to_data() for change in result.changed]
        after = {"plan_id": self.stored.id, "visits": result.visits, "changed": changed}
        self.uow.audit("schedule_day", self.on.isoformat(), "published", before=before, after=after)
        if changed:
            self.uow.emit(
                "schedule_published", on=self.on.isoformat(), plan_id=self.stored.id, changed=changed
            )


_WHY = {
    "appointed": ("排程以后改了预约，没有发布", "was appointed anew after the plan was made and is left out"),
    "approved": ("没有预约了，没有发布", "has no window any more and is left out"),
    "on_hold": ("已暂缓，没有发布", "is on hold and is left out"),
    "cancelled": ("已取消，没有发布", "is cancelled and is left out"),
}


def _same(visit: VisitRow, planned: _Planned) -> bool:
    """True where nothing is to be told; an accepted visit is kept while engineer and start hold."""
    stop = planned.stop
    if visit.engineer_id != planned.engineer_id or visit.start_s != stop.start_s:
        return False
    if visit.accepted_at is not None:
        return True
    return (
        visit.sequence == planned.sequence
        and (visit.arrive_s, visit.end_s) == (stop.arrive_s, stop.end_s)
        and (visit.mode, visit.travel_s, visit.travel_m) == (stop.mode, stop.travel_s, stop.travel_m)
    )
