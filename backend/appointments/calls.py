"""Calls that brought no window, and the order in which customers are called: whom first so that the days fill best."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import cos, radians

from sqlalchemy import select

from backend.appointments.models import Appointment, CallAttempt
from backend.appointments.policy import next_working_day
from backend.core.clock import at_local, local_date
from backend.core.errors import DomainError, Invalid, Missing
from backend.core.states import Label
from backend.core.uow import UnitOfWork
from backend.orders import queries as orders
from backend.orders.queries import ServiceOrderRow
from backend.staff.policy import require

OUTCOMES = {
    "not_answered": Label("没人接", "No answer"),
    "busy": Label("占线", "Busy"),
    "call_back": Label("约好再打", "Call back later"),
    "wrong_number": Label("号码不对", "Wrong number"),
    "refused": Label("暂时不装", "Not now"),
}
"""How a call can end without a window."""

PAUSE_S = {"not_answered": 2 * 3600, "busy": 15 * 60, "wrong_number": 24 * 3600, "refused": 3 * 86400}
"""So long a customer is left alone after a call, unless he named a time himself."""
MOST_A_DAY = 3
"""So often one customer is called on one day, whoever calls and for whichever of his orders."""
MORNING_S, EVENING_S = 9 * 3600, 18 * 3600
NEAR_KM = 3.0
KM_PER_DEGREE = 111.2


class BadCallBack(DomainError):
    """The moment to call again is past, or weeks away."""

    code = "bad_call_back"
    zh = "再打电话的时间要在以后，三十天以内"
    en = "The time to call again lies ahead, within thirty days"


@dataclass(frozen=True)
class CallRow:
    """One call that brought no window."""

    id: int
    order_id: int
    customer_id: int | None
    at: datetime
    person_id: int | None
    outcome: str
    call_back_at: datetime | None
    note: str


@dataclass(frozen=True)
class Turn:
    """An order in the calling order. ``why`` is a code with a number ``n``; before ``not_before`` nobody calls.

    ``calls`` are the customer's calls, newest first.
    """

    order: ServiceOrderRow
    why: str
    n: int
    not_before: datetime | None
    calls: tuple[CallRow, ...]


def record(
    uow: UnitOfWork,
    *,
    order_id: int,
    outcome: str,
    call_back_at: datetime | None = None,
    note: str = "",
    client_key: str | None = None,
) -> int:
    """Write down a call that brought no window; returns its id. The same ``client_key`` gives the first one.

    ``call_back`` needs the moment that the customer named. Raises Missing, Invalid, BadCallBack, NotFound.
    """
    require(uow.actor, "appointments.manage")
    if client_key:
        same = uow.session.scalar(select(CallAttempt.id).where(CallAttempt.client_key == client_key))
        if same is not None:
            return same
    if outcome not in OUTCOMES:
        raise Invalid(
            field={"zh": "电话结果", "en": "How the call ended"},
            value=outcome[:20],
            expected={"zh": "请从列出的里选", "en": "choose one of those shown"},
        )
    if outcome == "call_back" and call_back_at is None:
        raise Missing(field={"zh": "什么时候再打", "en": "when to call again"})
    if call_back_at is not None and not uow.now < call_back_at < uow.now + timedelta(days=30):
        raise BadCallBack()
    order = orders.get(uow, order_id)
    made = CallAttempt(
        service_order_id=order_id,
        customer_id=order.customer_id,
        at=uow.now,
        person_id=uow.actor.person_id,
        outcome=outcome,
        call_back_at=call_back_at,
        note=note.strip()[:400],
        client_key=client_key,
    )
    uow.session.add(made)
    uow.flush()
    after = {"outcome": outcome, "text": made.note}
    if call_back_at is not None:
        after["call_back_at"] = call_back_at.isoformat()
    uow.audit("service_order", order_id, "called", after=after)
    return made.id


def of_orders(uow: UnitOfWork, found: Iterable[ServiceOrderRow]) -> dict[int, list[CallRow]]:
    """Calls of thirty days to the customers of those orders, newest first, by order id.

    A call about another order of the same customer counts: it is he who is disturbed.
    """
    wanted = list(found)
    customers = {order.customer_id for order in wanted if order.customer_id is not None}
    query = select(CallAttempt).where(
        CallAttempt.at > uow.now - timedelta(days=30),
        CallAttempt.customer_id.in_(customers)
        | CallAttempt.service_order_id.in_([order.id for order in wanted if order.customer_id is None]),
    )
    rows = [_row(one) for one in uow.session.scalars(query.order_by(CallAttempt.id.desc()))]
    return {
        order.id: [
            row
            for row in rows
            if row.order_id == order.id
            or (order.customer_id is not None and row.customer_id == order.customer_id)
        ]
        for order in wanted
    }


def not_before(now: datetime, calls: Sequence[CallRow]) -> datetime | None:
    """Until when a customer is left alone; None where he can be called now. ``calls`` are newest first.

    A time that he named himself counts before the limits. Three calls on a day are enough.
    """
    if not calls:
        return None
    last = calls[0]
    if last.call_back_at is not None:
        return last.call_back_at if last.call_back_at > now else None
    today = local_date(now)
    rest_until = last.at + timedelta(seconds=PAUSE_S.get(last.outcome, 0))
    if sum(local_date(call.at) == today for call in calls) >= MOST_A_DAY:
        rest_until = max(rest_until, at_local(next_working_day(today), MORNING_S))
    return _in_hours(rest_until) if rest_until > now else None


def _in_hours(at: datetime) -> datetime:
    """The moment, or the next morning of a working day where nobody is to be called then."""
    day = local_date(at)
    if at < at_local(day, MORNING_S):
        return at_local(day, MORNING_S)
    return at if at <= at_local(day, EVENING_S) else at_local(next_working_day(day), MORNING_S)


def calling_order(uow: UnitOfWork, found: Sequence[ServiceOrderRow]) -> list[Turn]:
    """The orders in the order in which to call; those whose customers rest come last, the soonest first.

    First who asked to be called by now; then urgent ones; then what is over its day or due by the next
    working day; then what lies near visits that are agreed for the next three working days, where it would
    make a full tour; then by due day.
    """
    made = of_orders(uow, found)
    near = _near(found, _agreed_places(uow))
    tomorrow = next_working_day(local_date(uow.now))
    keyed = []
    for order in found:
        calls = tuple(made[order.id])
        rest = not_before(uow.now, calls)
        rank, why, n = _reason(order, calls, rest, near.get(order.id, 0), local_date(uow.now), tomorrow)
        key = (
            rest is not None,
            rest or uow.now,
            rank,
            -n if why in ("near", "overdue") else 0,
            order.due_on or date.max,
            order.id,
        )
        keyed.append((key, Turn(order, why, n, rest, calls)))
    return [turn for _, turn in sorted(keyed, key=lambda pair: pair[0])]


def _reason(
    order: ServiceOrderRow,
    calls: Sequence[CallRow],
    rest: datetime | None,
    near: int,
    today: date,
    tomorrow: date,
) -> tuple[int, str, int]:
    if rest is None and calls and calls[0].call_back_at is not None:
        return 0, "asked", 0
    if order.urgent:
        return 1, "urgent", 0
    if order.due_on is not None and order.due_on < today:
        return 2, "overdue", (today - order.due_on).days
    if order.due_on is not None and order.due_on <= tomorrow:
        return 3, "due", (order.due_on - today).days
    if near:
        return 4, "near", near
    return 5, "plain", 0


def _agreed_places(uow: UnitOfWork) -> list[tuple[float, float]]:
    days, day = [], local_date(uow.now)
    for _ in range(3):
        day = next_working_day(day)
        days.append(day)
    query = select(Appointment.service_order_id).where(
        Appointment.on.in_(days), Appointment.ended_at.is_(None)
    )
    rows = orders.places(uow, uow.session.scalars(query))
    return list(rows.values())


def _near(found: Sequence[ServiceOrderRow], places: Sequence[tuple[float, float]]) -> Mapping[int, int]:
    """How many of the places lie within three kilometres of each order, as the crow flies."""
    counts = {}
    for order in found:
        if order.lat is None or order.lon is None:
            continue
        # Beijing is small: a degree of longitude is as long everywhere.
        wide = KM_PER_DEGREE * cos(radians(order.lat))
        counts[order.id] = sum(
            ((lat - order.lat) * KM_PER_DEGREE) ** 2 + ((lon - order.lon) * wide) ** 2 <= NEAR_KM**2
            for lat, lon in places
        )
    return counts


def _row(one: CallAttempt) -> CallRow:
    return CallRow(
        one.id,
        one.service_order_id,
        one.customer_id,
        one.at,
        one.person_id,
        one.outcome,
        one.call_back_at,
        one.note,
    )
