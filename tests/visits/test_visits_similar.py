"""Similar problems that were solved before: the same PBX first, then words that are alike; only what was passed."""

from typing import Any
from uuid import uuid4

from backend.customers import actions as customers
from backend.orders import queries as orders
from backend.orders.models import ServiceOrder
from backend.visits import actions as visits
from backend.visits import queries, threads
from backend.visits.similar import similar
from tests.support.office import CARD, PNG, REPAIRED, Office, call


def repair(office: Office, *, pbx: str, problem: str) -> int:
    """A repair at a site whose PBX is known; its visit."""
    order_id = office.repair()

    def known(uow: Any) -> None:
        order = uow.session.get_one(ServiceOrder, order_id)
        order.kind, order.problem = "repair", problem
        assert order.site_id is not None
        customers.save_profile(
            uow, site_id=order.site_id, data={"pbx_model": pbx, "access_mode": "pbx_trunk"}
        )

    office.do("system", known)
    return office.visit(order_id)


def solve(office: Office, visit_id: int, *, passed: bool = True, **card: Any) -> int:
    """Its card, passed by the desk; the card's id."""
    office.step(visit_id, "accept", "set_out", "sign_in", "finish")
    row = office.do(
        "engineer",
        call(
            visits.submit_card,
            visit_id=visit_id,
            uuid=str(uuid4()),
            data={**CARD, **REPAIRED, **card},
            signature_png=PNG,
        ),
    )
    if passed:
        office.do("technical_assistant", call(visits.pass_card, card_id=row.id))
    return int(row.id)


def found(office: Office, visit_id: int) -> list[str]:
    """What is named for a visit, best first."""
    rows = [office.see(lambda uow: queries.get(uow, visit_id))]
    return [one.ref for one in office.see(lambda uow: similar(uow, rows))[visit_id]]


def test_the_same_pbx_comes_first_and_then_the_words(office: Office) -> None:
    noise = solve(
        office, repair(office, pbx="NEC SV8100", problem="x"), repair_symptom="noise", repair_words="通话有沙沙的杂音",
        repair_measures="重做接地，杂音消失", device_serial="", access_mode="pbx_trunk",
    )  # fmt: skip
    busy = solve(
        office, repair(office, pbx="NEC SV8100", problem="x"), repair_symptom="no_long",
        repair_words="长途一直忙音", repair_measures="出局号改成 0", device_serial="", access_mode="pbx_trunk",
    )  # fmt: skip
    elsewhere = solve(
        office, repair(office, pbx="国威 WS824", problem="x"), repair_symptom="drops", repair_words="说到一半断线",
        repair_measures="换电源", device_serial="", access_mode="direct",
    )  # fmt: skip
    unchecked = solve(
        office, repair(office, pbx="NEC SV8100", problem="x"), passed=False, repair_words="通话有沙沙的杂音",
        device_serial="", access_mode="pbx_trunk",
    )  # fmt: skip
    wanted = repair(office, pbx="NEC SV8100", problem="客户说通话有杂音，沙沙响")
    refs = found(office, wanted)
    assert refs == [f"card-{noise}", f"card-{busy}"]
    assert f"card-{unchecked}" not in refs, "what nobody has checked is no advice"
    assert f"card-{elsewhere}" not in refs
    one = office.see(lambda uow: similar(uow, [queries.get(uow, wanted)]))[wanted][0]
    assert (one.symptom, one.measures, one.pbx_model) == ("noise", "重做接地，杂音消失", "NEC SV8100")


def test_a_solved_thread_is_found_and_an_open_one_is_not(office: Office) -> None:
    asked = office.do("engineer", call(threads.ask, uuid=str(uuid4()), subject="断电以后直通打不出去怎么办"))
    wanted = repair(office, pbx="", problem="断电直通打不出去")
    assert found(office, wanted) == []
    office.do(
        "technical_supervisor",
        call(threads.solve, thread_id=asked.id, uuid=str(uuid4()), text="查旁路继电器，先换保险"),
    )
    assert found(office, wanted) == [f"thread-{asked.id}"]
    assert found(office, repair(office, pbx="", problem="登记新分机")) == []


def test_its_own_card_is_not_advice(office: Office) -> None:
    visit_id = repair(office, pbx="NEC SV8100", problem="杂音")
    solve(office, visit_id, repair_words="杂音", device_serial="")
    assert found(office, visit_id) == []
    order = office.see(lambda uow: orders.get(uow, queries.get(uow, visit_id).order_id))
    assert order.kind == "repair"
