"""One company is one customer: by its tax number, whoever approves and however often."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core import audit
from backend.core.errors import Invalid
from backend.core.states import WrongState
from backend.customers import actions, queries
from backend.customers.policy import name_key, short_name
from backend.orders import actions as orders
from backend.orders import intake
from backend.orders import queries as order_queries
from tests.support.office import Office, call

DESK = "technical_assistant"
TAX = "91110105MA01234567"


@pytest.mark.parametrize(
    ("name", "other", "same"),
    [
        ("北京云帆新能源科技有限公司", "云帆新能源有限公司", True),
        ("北京星野电子（集团）有限公司", "北京星野电子(集团)有限责任公司", True),
        ("ＡＢＣ科技有限公司", "abc 有限公司", True),
        ("北京云帆新能源有限公司", "北京云帆新材料有限公司", False),
        ("北京科技有限公司", "北京有限公司", False),
    ],
)
def test_near_same_names(name: str, other: str, same: bool) -> None:
    assert (name_key(name) == name_key(other)) is same


@given(st.text(max_size=40))
def test_a_name_key_is_stable_and_never_empty_for_a_name(name: str) -> None:
    assert name_key(name) == name_key(f" {name} ")
    assert bool(name_key(name)) == bool(name.strip())
    assert len(short_name(name)) <= 16


def test_two_orders_of_a_company_make_one_customer_and_one_site(office: Office) -> None:
    same = {"tax_number": TAX, "customer_name": "北京云帆新能源科技有限公司"}
    same |= {"address": "朝阳区望京SOHO塔1 1201室", "line_numbers": "010-55556601、010-55556602"}
    first = office.install(**same)
    again = office.install(**same | {"customer_name": "云帆新能源有限公司"})
    rows = [office.see(lambda uow, o=order_id: order_queries.get(uow, o)) for order_id in (first, again)]
    assert rows[0].customer_id == rows[1].customer_id and rows[0].site_id == rows[1].site_id
    with pytest.raises(WrongState):
        office.do(DESK, lambda uow: orders.approve(uow, order_id=first))
    found = office.see(lambda uow: queries.listing(uow, text="云帆").rows)
    assert [row.tax_number for row in found] == [TAX]
    (site,) = office.see(lambda uow: queries.sites(uow, found[0].id))
    numbers = list(site.lines)
    assert len(set(numbers)) == len(numbers)


def test_the_same_new_company_approved_by_two_at_once(office: Office) -> None:
    same = {"tax_number": TAX, "customer_name": "北京云帆新能源科技有限公司"}
    first, second = office.submitted(**same), office.submitted(**same)
    results = office.overlap(
        (DESK, lambda uow: orders.approve(uow, order_id=first)),
        (DESK, lambda uow: orders.approve(uow, order_id=second)),
    )
    assert [row.status for row in results] == ["approved", "approved"]
    assert len(office.see(lambda uow: queries.listing(uow, text=TAX).rows)) == 1


def test_a_near_same_name_is_a_question_and_the_answer_counts(office: Office) -> None:
    first = office.install(customer_name="北京云帆新能源科技有限公司", tax_number=TAX)
    customer_id = office.see(lambda uow: order_queries.get(uow, first)).customer_id
    other_tax = "91110108MA07654321"
    ids = [office.submitted(customer_name="云帆新能源有限公司", tax_number=other_tax) for _ in range(2)]
    for order_id, answer in zip(ids, (f"same:{customer_id}", "two_customers"), strict=True):
        details = office.see(lambda uow, o=order_id: order_queries.install_details(uow, o))
        (finding,) = [f for f in details.findings if f["code"] == "similar_customer"]
        assert finding["level"] == "question" and finding["customers"][0]["id"] == customer_id

        def settle(uow: Any, o: int = order_id, said: str = answer) -> None:
            orders.answer_finding(uow, order_id=o, code="similar_customer", answer=said)
            orders.approve(uow, order_id=o)

        office.do(DESK, settle)
    taken = [office.see(lambda uow, o=o: order_queries.get(uow, o)).customer_id for o in ids]
    assert taken[0] == customer_id and taken[1] != customer_id


def test_an_answer_that_names_no_customer_of_the_question_is_refused(office: Office) -> None:
    office.install(customer_name="北京云帆新能源科技有限公司", tax_number=TAX)
    office.install(customer_name="北京别的电子有限公司", tax_number="91110108MA0000000X")
    order_id = office.submitted(customer_name="云帆新能源有限公司", tax_number="91110108MA07654321")
    for answer in ("same:", "same:abc", "same:2", "same:99999999", "same:-1", "same:" + "9" * 40):
        with pytest.raises(Invalid) as refusal:
            office.do(
                DESK,
                lambda uow, said=answer: orders.answer_finding(
                    uow, order_id=order_id, code="similar_customer", answer=said
                ),
            )
        assert refusal.value.sentence("zh")
    assert office.see(lambda uow: order_queries.install_details(uow, order_id)).answers == {}


def test_a_profile_keeps_what_it_knows(office: Office) -> None:
    order_id = office.repair()
    site_id = office.see(lambda uow: order_queries.get(uow, order_id)).site_id

    def save(**data: Any) -> Any:
        return call(actions.save_profile, site_id=site_id, data=data)

    office.do("system", save(access_mode="direct", pbx_model="松下"))
    for empty in (None, "", [], {}):
        office.do("system", save(pbx_model=empty))
    office.do("system", save(access_mode="e1"))
    assert office.see(lambda uow: queries.profile(uow, site_id)) == {"access_mode": "e1", "pbx_model": "松下"}
    rows = office.see(lambda uow: audit.trail(uow, entity="site_profile", entity_id=site_id).rows)
    assert next((r.action, r.before, r.after) for r in rows) == (
        "changed", {"access_mode": "direct"}, {"access_mode": "e1"}
    )  # fmt: skip
    assert len(rows) == 2, "what changes nothing writes nothing"


def test_the_same_upload_twice_at_once_keeps_each_order_once(office: Office) -> None:
    rows = [office.row() for _ in range(4)]
    sheet = intake.Sheet("a.xlsx", "0" * 64, rows, [])
    store = call(intake.store, sheet)
    results = office.overlap(("sales", store), (DESK, store))
    assert sorted((report.accepted, report.duplicates) for report in results) == [(0, 4), (4, 0)]
    third = office.do("sales", store)
    assert (third.accepted, third.duplicates) == (0, 4)
    one = office.row()
    add = call(intake.add_install_order, one)
    results = office.overlap(("sales", add), (DESK, add))
    assert isinstance(results[0], int) and isinstance(results[1], intake.NumberUsed)
    assert len(office.see(lambda uow: order_queries.review_queue(uow).rows)) == 5
