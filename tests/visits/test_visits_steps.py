"""What an engineer does with a visit: in order, repeatable, his own only, and over when it is over."""

from typing import Any

import pytest

from backend.core import audit, lists
from backend.core.errors import Invalid, NotAllowed, NotFound
from backend.core.states import WrongState
from backend.orders import actions as orders
from backend.orders import queries as order_queries
from backend.visits import actions, queries
from tests.support.office import ROUND, Office

STAMPS = {
    "accept": "accepted_at",
    "set_out": "set_out_at",
    "sign_in": "signed_in_at",
    "finish": "finished_at",
}
STATES = {"accept": "accepted", "set_out": "en_route", "sign_in": "on_site", "finish": "done"}


def order_of(office: Office, order_id: int) -> order_queries.ServiceOrderRow:
    row: order_queries.ServiceOrderRow = office.see(lambda uow: order_queries.get(uow, order_id))
    return row


def trail(office: Office, order_id: int) -> list[str]:
    rows = office.see(lambda uow: audit.trail(uow, entity="service_order", entity_id=order_id).rows)
    return [row.action for row in reversed(rows)]


def test_each_step_in_its_turn_and_twice_is_once(office: Office, clock: Any) -> None:
    order_id = office.repair()
    visit_id = office.visit(order_id)
    moments = []
    for n, step in enumerate(ROUND):
        for later in ROUND[n + 1 :]:
            with pytest.raises(WrongState):
                office.step(visit_id, later)
        clock.advance(minutes=10)
        row = office.step(visit_id, step)
        moments.append(getattr(row, STAMPS[step]))
        assert moments[-1] == clock.now() and order_of(office, order_id).status == STATES[step]
        clock.advance(minutes=10)
        for earlier in ROUND[: n + 1]:  # a phone sends again what it got no answer to
            row = office.step(visit_id, earlier)
        assert [getattr(row, STAMPS[done]) for done in ROUND[: n + 1]] == moments
    assert trail(office, order_id)[-4:] == list(ROUND), "one audit row for each"
    assert row.outcome == "done"
    with pytest.raises(WrongState):
        office.do("engineer", lambda uow: actions.fail(uow, visit_id=visit_id, reason_code="nobody"))


def test_nobody_else_takes_a_step(office: Office) -> None:
    visit_id = office.visit(office.repair())
    for step in ROUND:
        with pytest.raises(NotFound):
            office.step(visit_id, step, by="engineer2")
        for login in ("technical_assistant", "manager", "sales"):
            with pytest.raises(NotAllowed):
                office.step(visit_id, step, by=login)
        office.step(visit_id, step)
    with pytest.raises(NotFound):
        office.card(visit_id, by="engineer2")
    with pytest.raises(NotAllowed):
        office.card(visit_id, by="technical_assistant")
    with pytest.raises(NotFound):
        office.step(visit_id + 999, "accept")


@pytest.mark.parametrize("before", [1, 2, 3])
def test_a_failed_visit_gives_the_order_back_and_a_new_one_is_anothers(office: Office, before: int) -> None:
    """The old phone's late steps must not move an order that is on another engineer's way by now."""
    order_id = office.repair()
    old = office.visit(order_id)
    office.step(old, *ROUND[:before])
    reason = office.see(lambda uow: lists.choices(uow, "failed_visit_reasons"))[0].code
    with pytest.raises(Invalid):
        office.do("engineer", lambda uow: actions.fail(uow, visit_id=old, reason_code="no_such_reason"))
    for _ in range(2):
        office.do("engineer", lambda uow: actions.fail(uow, visit_id=old, reason_code=reason, note="没人"))
    order = order_of(office, order_id)
    assert (order.status, order.reasons, order.note) == ("approved", (reason,), "没人")
    assert trail(office, order_id).count("fail") == 1
    new = office.visit(order_id, "engineer2")
    assert new != old
    for step in ROUND:
        office.step(new, step, by="engineer2")
        for late in ROUND[before:]:
            with pytest.raises(actions.VisitGone):
                office.step(old, late)
        for repeated in ROUND[:before]:
            assert office.step(old, repeated).outcome == "failed"
        assert order_of(office, order_id).status == STATES[step]
    with pytest.raises(actions.VisitGone):
        office.card(old)
    living = office.see(lambda uow: queries.living_for_orders(uow, [order_id]))
    assert living[order_id].id == new and living[order_id].engineer_id == office.ids["engineer2"]


def test_a_withdrawn_visit_refuses_with_words(office: Office) -> None:
    order_id = office.repair()
    visit_id = office.visit(order_id)
    office.step(visit_id, "accept")
    office.do("technical_assistant", lambda uow: orders.cancel(uow, order_id=order_id, note="客户退单"))
    with pytest.raises(WrongState):
        office.step(visit_id, "set_out")
    office.relay()
    for step in (*ROUND, "fail"):
        with pytest.raises(actions.VisitGone) as refusal:
            office.do(
                "engineer",
                lambda uow, step=step: getattr(actions, step)(
                    uow, visit_id=visit_id, **({"reason_code": "x"} if step == "fail" else {})
                ),
            )
        assert "技术助理" in refusal.value.sentence("zh")
    with pytest.raises(actions.VisitGone):
        office.card(visit_id)
    assert office.see(lambda uow: queries.day(uow, queries.get(uow, visit_id).on)) == []


def test_a_position_is_whole_or_none(office: Office) -> None:
    visit_id = office.visit(office.repair())
    office.step(visit_id, "accept", "set_out")
    for place in ({"lat": 39.9}, {"lon": 116.4}, {"lat": 91.0, "lon": 0.0}, {"lat": 0.0, "lon": 181.0},
                  {"lat": float("nan"), "lon": 0.0}):  # fmt: skip
        with pytest.raises(Invalid):
            office.do("engineer", lambda uow, p=place: actions.sign_in(uow, visit_id=visit_id, **p))
    office.do("engineer", lambda uow: actions.sign_in(uow, visit_id=visit_id, lat=31.2, lon=121.5, note="远"))
    row = office.see(lambda uow: queries.get(uow, visit_id))
    assert (row.sign_in_lat, row.sign_in_lon, row.sign_in_note) == (31.2, 121.5, "远"), (
        "far away never blocks"
    )
