"""Orders without a place: the best one with its price, or why not and what could give way."""

from backend.core.uow import SYSTEM, Transactions
from backend.dispatch import board, changes, sheet
from backend.dispatch.giving_way import ASKS_CUSTOMER
from backend.staff import actions as staff
from tests.dispatch.department import DAY, Department
from tests.dispatch.test_dispatch_changes import seen
from tests.dispatch.test_dispatch_planning import plan_day


def test_place_is_what_it_says(transactions: Transactions, department: Department) -> None:
    plan_day(transactions)
    order_id = department.orders[6]
    with transactions.begin(department.assistant) as uow:
        changes.take_out(uow, on=DAY, order_id=order_id)
    with transactions.read(SYSTEM) as uow:
        now = sheet.load(uow, DAY)
        (place,) = board.places(now, [order_id])
    assert place.engineer_id is not None and place.start_s is not None and place.extra_fen is not None
    before = seen(transactions).figures
    with transactions.begin(department.assistant) as uow:
        changes.move(uow, on=DAY, order_id=order_id, engineer_id=place.engineer_id, start_s=place.start_s)
    after = seen(transactions).figures
    assert before is not None and after is not None
    undone = before.terms["undone"] - after.terms["undone"]
    assert after.cost_fen == before.cost_fen + place.extra_fen - undone


def test_where_nothing_fits_the_ways_out_hold(transactions: Transactions, department: Department) -> None:
    with transactions.begin(department.assistant) as uow:
        for engineer_id in department.engineers[1:]:
            staff.add_absence(uow, person_id=engineer_id, first_on=DAY, last_on=DAY, kind="ill")
    plan_day(transactions)
    waiting = [row.order_id for row in seen(transactions).unserved]
    with transactions.read(SYSTEM) as uow:
        now = sheet.load(uow, DAY)
        stuck = [place for place in board.places(now, waiting) if place.engineer_id is None]
    assert stuck and all(place.reasons for place in stuck)
    ways = [(place.order_id, way) for place in stuck for way in place.ways]
    assert ways
    for order_id, way in ways:
        task, worker = now.task(order_id), now.worker(way.engineer_id)
        assert task is not None and worker is not None
        assert (
            way.sentence.zh
            and way.sentence.en
            and (way.script is not None) == (way.sentence.code in ASKS_CUSTOMER)
        )
        after = now.with_task(task, worker, way.start_s)
        assert after.placements()[order_id] == (way.engineer_id, way.start_s)
        others = {i: place for i, place in now.placements().items() if i != order_id}
        assert {i: place[0] for i, place in after.placements().items() if i != order_id} == {
            i: place[0] for i, place in others.items()
        }


def test_chances_are_between_never_and_always_and_follow_the_slack(
    transactions: Transactions, department: Department
) -> None:
    plan_day(transactions)
    stops = [stop for engineer in seen(transactions).engineers for stop in engineer.stops]
    assert all(0 <= stop.late <= 1 for stop in stops)
    order_id = department.orders[0]
    with transactions.begin(department.assistant) as uow:
        changes.move(
            uow,
            on=DAY,
            order_id=order_id,
            engineer_id=department.engineers[0],
            start_s=11 * 3600,
            reason_code="x",
        )
    (late,) = [s for e in seen(transactions).engineers for s in e.stops if s.order_id == order_id]
    assert late.late > 0.3
