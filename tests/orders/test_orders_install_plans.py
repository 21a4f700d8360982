"""Install plans: made, sent, confirmed, replaced; what they say, and the PDF."""

import re
import zlib

import pytest

from backend.adapters import install_plan_pdf
from backend.core.clock import FixedClock
from backend.core.errors import Invalid, Missing, NotAllowed, NotFound
from backend.notifications import customer_messages
from backend.notifications import queries as inbox
from backend.orders import install_plan, install_plans, queries
from backend.orders.install_plans import NotForPlan, NotSent, PlanReplaced
from backend.staff.roles import ROLES
from tests.support.office import Office, call

DESK = "technical_assistant"


def test_made_sent_confirmed_and_replaced(office: Office, clock: FixedClock) -> None:
    order_id = office.install(line_count="6", device_model="DL4-C", access_mode="集团电话外线侧")
    for login in set(ROLES) - {DESK}:
        with pytest.raises(NotAllowed):
            office.do(login, call(install_plans.make, order_id=order_id))
    plan = office.do(DESK, call(install_plans.make, order_id=order_id, window="11月26日 9:00–11:00 开始"))
    assert (plan.number, plan.data["devices"], plan.data["line_count"]) == (1, 2, 6)
    same = office.do(DESK, call(install_plans.make, order_id=order_id, window="11月26日 9:00–11:00 开始"))
    assert same.id == plan.id, "what says the same is not made twice"
    with pytest.raises(NotSent):
        office.do(DESK, call(install_plans.confirm, plan_id=plan.id, by_name="李工", how="phone"))
    with pytest.raises(NotFound):
        office.see(lambda uow: install_plans.by_token(uow, plan.token))
    for wrong, refusal in (({"how": "dove", "to": "x"}, Invalid), ({"how": "email", "to": " "}, Missing)):
        with pytest.raises(refusal):
            office.do(DESK, call(install_plans.send, plan_id=plan.id, **wrong))
    sending = {"plan_id": plan.id, "how": "message", "to": "13800000000", "link": "http://x/plan/t"}
    first = office.do(DESK, call(install_plans.send, **sending))
    clock.advance(minutes=5)
    assert office.do(DESK, call(install_plans.send, **sending)).sent_at == first.sent_at
    office.relay()
    (message,) = office.see(lambda uow: customer_messages.to_send(uow))
    assert "http://x/plan/t" in message.text and message.kind == "install_plan_sent"
    done = office.do("system", call(install_plans.confirm_by_token, token=plan.token, by_name="李工"))
    again = office.do(DESK, call(install_plans.confirm, plan_id=plan.id, by_name="王工", how="phone"))
    assert (done.confirmed_by, again.confirmed_by, again.confirmed_how) == ("李工", "李工", "page")
    office.relay()
    told = office.see(lambda uow: inbox.inbox(uow, office.ids[DESK]).rows)
    assert [row.kind for row in told] == ["install_plan_confirmed"]
    newer = office.do(DESK, call(install_plans.make, order_id=order_id, note="请走北门"))
    assert (newer.number, newer.sent_at, newer.data["note"]) == (2, None, "请走北门")
    for act in (
        call(install_plans.send, plan_id=plan.id, how="email", to="a@b.cn"),
        call(install_plans.confirm, plan_id=plan.id, by_name="李工", how="phone"),
        call(install_plans.confirm_by_token, token=plan.token, by_name="李工"),
    ):
        with pytest.raises(PlanReplaced) as refused:
            office.do(DESK, act)
    assert "第 2 版" in refused.value.sentence("zh")
    assert [row.number for row in office.see(lambda uow: install_plans.of_order(uow, order_id))] == [2, 1]


def test_only_an_approved_install_gets_one(office: Office) -> None:
    for order_id in (office.repair(), office.submitted()):
        with pytest.raises(NotForPlan):
            office.do(DESK, call(install_plans.make, order_id=order_id))
    with pytest.raises(NotFound):
        office.do(DESK, call(install_plans.make, order_id=9999))


@pytest.mark.parametrize("mode", ["direct", "pbx_trunk", "pbx_extension", "e1"])
def test_what_it_says_adds_up_and_the_pdf_holds_it(office: Office, mode: str) -> None:
    order_id = office.install()
    install = office.see(lambda uow: queries.install_details(uow, order_id))
    object.__setattr__(install, "access_mode", mode)
    data = install_plan.content(
        install, duration_s=5400, profile={"conditions": "UPS 供电"}, model_lines=None, window="", note=""
    )
    assert data["minutes"] == sum(step["minutes"] for step in data["steps"]) == 90
    assert data["devices"] is None and data["conditions"] == "UPS 供电"
    pdf = install_plan_pdf.write(data, number=3, made_at=install.created_at, confirmed="李工确认")
    assert pdf.startswith(b"%PDF-") and len(pdf) < 200_000, "only the letters that it uses are in it"
    streams = [
        zlib.decompress(one) for one in re.findall(rb"stream\n(.*?)\nendstream", pdf, re.S) if one[:1] == b"x"
    ]
    assert any(b"Tj" in one or b"TJ" in one for one in streams)
