"""An engineer's own figures, counted by hand beside the code: shares, targets, hours, and a card that never came."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from backend.core.clock import FixedClock
from backend.orders.models import ServiceOrder
from backend.visits import actions as visits
from backend.visits.figures import Figures, figures
from backend.visits.models import Visit
from tests.support.office import CARD, DAY, PNG, REPAIRED, Office, call


def visit(office: Office, clock: FixedClock, kind: str, **card: Any) -> int:
    """A visit of that kind: half an hour on the way, an hour on site; its card's id, or 0 without one."""
    order_id = office.repair()

    def of_kind(uow: Any) -> None:
        uow.session.get_one(ServiceOrder, order_id).kind = kind

    office.do("system", of_kind)
    visit_id = office.visit(order_id)
    office.step(visit_id, "accept", "set_out")
    clock.advance(minutes=30)
    office.step(visit_id, "sign_in")
    clock.advance(hours=1)
    office.step(visit_id, "finish")
    if not card:
        return 0
    data = {**CARD, **REPAIRED, "device_serial": f"DL4-{visit_id}", **card}
    row = office.do(
        "engineer",
        call(visits.submit_card, visit_id=visit_id, uuid=str(uuid4()), data=data, signature_png=PNG),
    )
    return int(row.id)


def own(office: Office) -> Figures:
    """The month as he sees it."""
    found: Figures = office.see(
        lambda uow: figures(
            uow, office.ids["engineer"], first=DAY.replace(day=1), last=DAY + timedelta(days=5)
        )
    )
    return found


def test_counted_by_hand(office: Office, clock: FixedClock) -> None:
    passed = visit(office, clock, "repair", mark_whole="5")
    returned = visit(office, clock, "repair", mark_whole="3")
    visit(office, clock, "maintenance", mark_whole="4")
    visit(office, clock, "maintenance")
    failed = office.visit(office.repair())
    office.step(failed, "accept")
    office.do("engineer", call(visits.fail, visit_id=failed, reason_code="nobody"))
    office.do("technical_assistant", call(visits.pass_card, card_id=passed))
    office.do("technical_assistant", call(visits.return_card, card_id=returned, reason="缺数据"))
    shares = {one.code: (one.part, one.whole, one.target_percent) for one in own(office).shares}
    assert shares == {
        "cards_on_time": (3, 3, 100),
        "install": (0, 0, 90),
        "repair": (1, 2, 95),
        "maintenance": (0, 0, 99),
        "satisfaction": (2, 3, 99),
    }
    found = own(office)
    assert (found.done, found.failed) == (4, 1)
    assert (found.on_the_way_s, found.on_site_s) == (4 * 1800, 4 * 3600)
    clock.advance(hours=25)
    late = {one.code: (one.part, one.whole) for one in own(office).shares}
    assert late["cards_on_time"] == (3, 4), "the card that never came counts"


def test_a_granted_cause_keeps_it_in_time(office: Office, clock: FixedClock) -> None:
    visit(office, clock, "maintenance")
    (visit_id,) = office.see(lambda uow: [row.id for row in uow.session.query(Visit).all()])
    clock.advance(hours=20)
    office.do("engineer", call(visits.ask_special_cause, visit_id=visit_id, code="no_signal", text="没信号"))
    office.do(
        "technical_assistant", call(visits.decide_special_cause, visit_id=visit_id, granted=True, hours=24)
    )
    clock.advance(hours=10)
    assert own(office).shares[0].whole == 0, "not due yet"
    clock.advance(hours=24)
    assert (own(office).shares[0].part, own(office).shares[0].whole) == (0, 1)
