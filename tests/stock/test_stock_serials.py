"""Dialers by serial: counts agree with what happened to each, one serial is in one place."""

from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.core import audit
from backend.core.uow import SYSTEM, Duplicate, Transactions
from backend.orders import queries as orders
from backend.stock import actions, queries
from backend.visits import actions as visits
from backend.visits import queries as visit_queries
from tests.dispatch.department import make
from tests.support.office import ROUND, Office

DESK = "technical_assistant"
MODELS = ("A", "B")


def test_counts_agree_with_any_story(transactions: Transactions) -> None:
    """Taken in, given out, put in at random: a small book-keeper beside the stock always has the same counts."""
    department = make(transactions, orders_on_day=6)
    with transactions.begin(SYSTEM) as uow:
        items = {
            code: actions.add_item(uow, code=code, name=code, kind="dialer", lines=2, price_fen=100)
            for code in MODELS
        }
    step = st.one_of(
        st.tuples(st.just("in"), st.sampled_from(MODELS), st.integers(1, 3)),
        st.tuples(st.just("issue"), st.sampled_from(MODELS), st.integers(0, 5)),
        st.tuples(st.just("install"), st.integers(0, 40), st.integers(0, 5)),
    )
    made = [0]

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(step, min_size=5, max_size=20))
    def any_story(steps: list[Any]) -> None:
        # Each story is taken back at its end, so that the next one begins with an empty store.
        with pytest.raises(RuntimeError, match="the end"), transactions.begin(SYSTEM) as uow:
            book: dict[str, tuple[str, str, int | None]] = {}  # serial → model, status, order
            for what, first, second in steps:
                if what == "in":
                    made[0] += 1
                    serials = [f"{first}-{made[0]}-{n}" for n in range(second)]
                    actions.take_in(uow, item_id=items[first], serials=serials)
                    book |= dict.fromkeys(serials, (first, "in_stock", None))
                elif what == "issue":
                    order_id = department.orders[second]
                    mine = [s for s, (_, _, order) in book.items() if order == order_id]
                    free = [s for s, (model, at, _) in book.items() if (model, at) == (first, "in_stock")]
                    give = partial(
                        actions.issue, uow, order_id=order_id, model=first, person_id=department.engineers[0]
                    )
                    if mine:
                        assert give() in mine, "an order gets its dialer once"
                    elif free:
                        serial = give()
                        assert serial in free
                        book[serial] = (first, "issued", order_id)
                    else:
                        with pytest.raises(actions.NoneInStock):
                            give()
                elif first < len(book):
                    serial = list(book)[first]
                    model, at, order = book[serial]
                    order_id = department.orders[second]
                    site_id = orders.get(uow, order_id).site_id
                    put = partial(
                        actions.install_serial, uow, serial=serial, site_id=site_id, order_id=order_id
                    )
                    if at == "installed" and order != order_id:
                        with pytest.raises(actions.SerialElsewhere):
                            put()
                    else:
                        put()
                        book[serial] = (model, "installed", order_id)
                uow.flush()
                for item in queries.items(uow):
                    free = [s for s, (m, at, _) in book.items() if (m, at) == (item.code, "in_stock")]
                    assert item.in_stock == len(free)
            rows = queries.serials(uow, size=200).rows
            assert {r.serial: (r.model, r.status, r.service_order_id) for r in rows} == book
            for status in ("in_stock", "issued", "installed"):
                shown = {row.serial for row in queries.serials(uow, status=status, size=200).rows}
                assert shown == {serial for serial, (_, at, _) in book.items() if at == status}
            raise RuntimeError("the end")

    any_story()


def test_a_serial_exists_once_and_comes_in_once(office: Office) -> None:
    (item, *_) = office.see(queries.items)
    with pytest.raises(Duplicate):
        office.do(
            "system", lambda uow: actions.take_in(uow, item_id=item.id, serials=["NEW-1", f"{item.code}-000"])
        )
    with pytest.raises(Duplicate):
        office.do("system", lambda uow: actions.take_in(uow, item_id=item.id, serials=["NEW-1", "NEW-1"]))
    assert office.see(lambda uow: queries.serials(uow, text="NEW").rows) == []
    assert office.see(queries.items)[0].in_stock == item.in_stock


def test_two_give_out_at_once(office: Office) -> None:
    """For one order both get the same dialer; for two orders two; of a last one the second is told."""
    first, second = office.repair(), office.repair()
    engineer = office.ids["engineer"]

    def issue(order_id: int, model: str = "DL4-C") -> Any:
        return lambda uow: actions.issue(uow, order_id=order_id, model=model, person_id=engineer)

    same = office.overlap((DESK, issue(first)), (DESK, issue(first)))
    assert same[0] == same[1]
    assert len(office.see(lambda uow: queries.serials_for_order(uow, first))) == 1
    last = office.do("system", lambda uow: actions.add_item(
        uow, code="LAST", name="最后", kind="dialer", lines=2, price_fen=1))  # fmt: skip
    office.do("system", lambda uow: actions.take_in(uow, item_id=last, serials=["LAST-1"]))
    third = office.repair()
    results = office.overlap((DESK, issue(second, "LAST")), (DESK, issue(third, "LAST")))
    assert results[0] == "LAST-1" and isinstance(results[1], actions.NoneInStock)
    trail = office.see(lambda uow: audit.trail(uow, entity="serial", entity_id="LAST-1").rows)
    assert [row.action for row in trail] == ["issued"]


def test_a_card_puts_its_dialer_in_and_nobody_elses(office: Office) -> None:
    cards = []
    for _ in range(2):
        visit_id = office.visit(office.repair())
        office.step(visit_id, *ROUND)
        cards.append(office.card(visit_id, uuid=f"c{visit_id}", device_serial="DL8-C-003"))
    for _ in range(2):
        office.do(DESK, lambda uow: visits.pass_card(uow, card_id=cards[0].id))
    (serial,) = office.see(lambda uow: queries.serials(uow, text="DL8-C-003").rows)
    assert serial.status == "installed"
    with pytest.raises(actions.SerialElsewhere) as refusal:
        office.do(DESK, lambda uow: visits.pass_card(uow, card_id=cards[1].id))
    assert "DL8-C-003" in refusal.value.sentence("zh")
    assert office.see(lambda uow: visit_queries.card(
        uow, cards[1].id).status) == "submitted"  # fmt: skip
