"""A sheet's engineers, visits and left-out orders as rows for pages."""

from collections.abc import Iterable, Iterator, Sequence

from backend.dispatch import broken, prices, sentences
from backend.dispatch.policy import clock
from backend.dispatch.problem import ENDED, UNDER_WAY, pin_start
from backend.dispatch.rows import EngineerView, StopView, UnservedView
from backend.dispatch.sentences import Sentence
from backend.dispatch.sheet import Sheet
from backend.staff.queries import EngineerDay
from optimizer.plan import Stop, Unserved

WAITING = ("appointed", "planned")
TOLD = ("published", "accepted")


def engineer(shown: Sheet, person_id: int) -> EngineerView:
    """The day of an engineer who works."""
    found = shown.facts.team[person_id]
    worker = shown.instance.worker_number[str(person_id)]
    laid = shown.laid.get(worker)
    route = laid.route if laid is not None else None
    said = broken.sentences(shown, worker)
    by_order: dict[str, list[Sentence]] = {}
    for violation, sentence in said:
        by_order.setdefault(violation.task or "", []).append(sentence)
    over = _over(shown, found, route.stops if route is not None else ())
    by_order |= {task: [sentence] for task, sentence in over.items()}
    return EngineerView(
        engineer_id=person_id,
        code=found.code,
        name=found.name,
        mode=prices.travel_mode(found.mode),
        plate=found.plate,
        home_lat=found.home_lat,
        home_lon=found.home_lon,
        shift_start_s=found.shift_start_s,
        shift_end_s=found.shift_end_s,
        stops=tuple(
            stop(shown, one, n, tuple(by_order.get(one.task, ())), over=one.task in over)
            for n, one in enumerate(route.stops if route is not None else (), start=1)
        ),
        lunch_from_s=route.lunch.start_s if route is not None and route.lunch is not None else None,
        lunch_to_s=route.lunch.end_s if route is not None and route.lunch is not None else None,
        leave_s=route.start_s if route is not None else None,
        home_s=route.home_s if route is not None else None,
        home_travel_s=route.home_travel_s if route is not None else 0,
        broken=tuple(by_order.get("", ())),
        barred=found.barred,
        standby=found.standby,
    )


def _over(shown: Sheet, who: EngineerDay, stops: Iterable[Stop]) -> dict[str, Sentence]:
    """Visits that nobody can begin in their window any more, nor before his shift ends: the day is over for them."""
    now_s = shown.instance.problem.now_s
    found: dict[str, Sentence] = {}
    for one in stops:
        order_id = int(one.task)
        task, window = shown.task(order_id), shown.facts.windows.get(order_id)
        if now_s is None or window is None or task is None or task in shown.instance.frozen:
            continue
        if window.to_s < now_s and one.start_s >= who.shift_end_s:
            found[one.task] = sentences.over(
                clock(window.from_s), clock(window.to_s), who.name, clock(who.shift_end_s)
            )
    return found


def absent(shown: Sheet, person_id: int, name: str, kind: str) -> EngineerView:
    """Someone who is away; visits that he still holds wait to be given to others."""
    rows = sorted([*_begun(shown, person_id), *shown.lost.get(person_id, ())], key=lambda one: one.start_s)
    stops = tuple(stop(shown, one, n) for n, one in enumerate(rows, start=1))
    first = stops[0] if stops else None
    return EngineerView(
        engineer_id=person_id,
        code="",
        name=name,
        mode=first.mode if first is not None else prices.PUBLIC_MODE,
        plate=None,
        home_lat=(first.lat or 0.0) if first is not None else 0.0,
        home_lon=(first.lon or 0.0) if first is not None else 0.0,
        shift_start_s=0,
        shift_end_s=0,
        stops=stops,
        lunch_from_s=None,
        lunch_to_s=None,
        leave_s=first.leave_s if first is not None else None,
        home_s=stops[-1].end_s if stops else None,
        home_travel_s=0,
        absence=kind,
    )


def _begun(shown: Sheet, person_id: int) -> list[Stop]:
    """What someone who left in the middle of the day has done or begun, as it was planned."""
    return [
        Stop(str(v.order_id), v.arrive_s, v.start_s, v.end_s, v.travel_s, v.travel_m, v.mode, v.travel_fen)
        for v in shown.facts.visits.values()
        if v.engineer_id == person_id and v.order.status in (*UNDER_WAY, *ENDED)
    ]


def stop(
    shown: Sheet, one: Stop, sequence: int, said: tuple[Sentence, ...] = (), *, over: bool = False
) -> StopView:
    """One visit with its order, window and trip."""
    order = shown.facts.orders[int(one.task)]
    window, pin = shown.facts.windows.get(order.id), shown.facts.pins.get(order.id)
    task = shown.task(order.id)
    return StopView(
        order_id=order.id,
        number=order.number,
        customer=order.short_name,
        address=order.address,
        district=order.district,
        lat=order.lat,
        lon=order.lon,
        kind=order.kind,
        urgent=order.urgent,
        status=order.status,
        sequence=sequence,
        window_from_s=window.from_s if window is not None else None,
        window_to_s=window.to_s if window is not None else None,
        leave_s=one.arrive_s - one.travel_s,
        arrive_s=one.arrive_s,
        start_s=one.start_s,
        end_s=one.end_s,
        mode=one.mode,
        travel_s=one.travel_s,
        travel_m=one.travel_m,
        travel_fen=one.travel_fen,
        pinned_engineer=pin is not None and pin.engineer_id is not None,
        pinned_start=window is not None and pin_start(pin, window) is not None,
        contact_name=order.contact_name,
        contact_phone=order.contact_phone,
        problem=order.problem,
        movable=task is not None and task not in shown.instance.frozen,
        late=shown.risks.get(one.task, 0.0),
        broken=said,
        over=over,
    )


def unserved(shown: Sheet, planned: Sequence[Unserved] | None) -> Iterator[UnservedView]:
    """The day's orders without a place, urgent ones first, with the reasons that the plan gave."""
    reasons: dict[int, tuple[Sentence, ...]] = {}
    for left in planned or ():
        reasons[int(left.task)] = tuple(sentences.of_reason(reason) for reason in left.reasons)
    held = {int(one.task) for laid in shown.laid.values() for one in laid.route.stops}
    held |= {int(one.task) for stops in shown.lost.values() for one in stops}
    for order in sorted(shown.facts.orders.values(), key=lambda row: (not row.urgent, row.id)):
        window = shown.facts.windows.get(order.id)
        if order.status not in (*WAITING, *TOLD) or window is None or order.id in held:
            continue
        late = sentences.OVERTAKEN if planned is not None else sentences.NOT_PLANNED
        why = reasons.get(order.id, (late,) if order.status in WAITING else ())
        pin = shown.facts.pins.get(order.id)
        if pin is not None and pin.engineer_id is not None and pin.engineer_id not in shown.facts.team:
            why = (sentences.ABSENT,)
        yield UnservedView(
            order_id=order.id,
            number=order.number,
            customer=order.short_name,
            address=order.address,
            district=order.district,
            lat=order.lat,
            lon=order.lon,
            kind=order.kind,
            urgent=order.urgent,
            status=order.status,
            window_from_s=window.from_s,
            window_to_s=window.to_s,
            reasons=why,
            due_on=order.due_on,
            contact_name=order.contact_name,
            contact_phone=order.contact_phone,
            problem=order.problem,
        )
