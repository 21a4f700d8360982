"""What an engineer reads before he goes, without a signal: the route, what helped elsewhere, the standard's steps."""

import uuid

from playwright.sync_api import BrowserContext, Page, expect

from backend.core import lists
from backend.core.uow import SYSTEM, UnitOfWork
from backend.customers import actions as customers
from backend.orders.models import ServiceOrder
from backend.staff import queries as staff
from backend.visits import actions as visits
from backend.visits import queries
from backend.visits.models import Visit
from tests.mobile_api.conftest import World
from tests.mobile_api.test_mobile_api_browser import add_install, log_in, press_next
from tests.mobile_api.test_mobile_api_offline import TAKEN_OVER
from tests.mobile_api.test_mobile_api_phone import CARD
from tests.support.office import PNG

STEPS = (("check_goods", "当面核对设备", "Check the device"), ("calls", "逐线试拨", "Test calls"))


def solved(world: World) -> None:
    """The other engineer's repair at another place with the same PBX, passed by the desk."""
    visit_id = world.visits[3]

    def known(uow: UnitOfWork) -> None:
        for one in world.visits:
            order = uow.session.get_one(ServiceOrder, uow.session.get_one(Visit, one).service_order_id)
            order.kind = "repair"
            assert order.site_id is not None
            customers.save_profile(uow, site_id=order.site_id, data={"pbx_model": "NEC SV8100"})
        lists.seed(uow, "steps_install", STEPS)

    world.do(known)
    with world.transactions.read(SYSTEM) as uow:
        engineer = staff.actor(uow, world.department.engineers[1], "phone")
    for step in (visits.accept, visits.set_out, visits.sign_in, visits.finish):
        with world.transactions.begin(engineer) as uow:
            step(uow, visit_id=visit_id)
    data = {**CARD, "repair_words": "长途忙音", "repair_measures": "出局号改成 0"}
    with world.transactions.begin(engineer) as uow:
        card = visits.submit_card(
            uow, visit_id=visit_id, uuid=str(uuid.uuid4()), data=data, signature_png=PNG
        )
    world.do(lambda uow: visits.pass_card(uow, card_id=card.id))


def read_offline(page: Page, phone: BrowserContext, visit_id: int) -> None:
    """The page is opened anew without a signal, at a visit."""
    page.evaluate(TAKEN_OVER)
    phone.set_offline(True)
    page.goto(f"/m#visit/{visit_id}")
    page.reload()


def test_read_in_the_basement(world: World, phone: BrowserContext) -> None:
    solved(world)
    page = phone.new_page()
    log_in(page)
    expect(page.locator("#connection")).to_contain_text("已同步")
    read_offline(page, phone, world.visits[1])
    expect(page.get_by_role("heading", name="这天的路线")).to_contain_text("第 2 站，共 3 站")
    expect(page.locator(".map-stop")).to_have_count(3)
    expect(page.locator(".map-stop.is-here text")).to_have_text("2")
    expect(page.locator(".route-map .map-ring").first).to_be_attached()
    expect(page.locator(".solved-by")).to_have_text("出局号改成 0")
    expect(page.get_by_text("拨不出去：长途忙音")).to_be_visible()


def test_the_steps_of_the_standard_on_the_card(world: World, phone: BrowserContext) -> None:
    solved(world)
    visit_id = add_install(world)
    page = phone.new_page()
    log_in(page)
    expect(page.locator("#connection")).to_contain_text("已同步")
    read_offline(page, phone, visit_id)
    expect(page.locator(".standard li")).to_have_text(["当面核对设备", "逐线试拨"])
    page.goto("/m#today")
    for step in ("接单", "出发", "签到"):
        press_next(page, step)
    page.locator("#next").filter(has_text="记下").click()
    press_next(page, "完成")
    page.get_by_label("工况").fill("供电正常")
    page.get_by_label("设备序列号").fill("DL4-2607-0718")
    press_next(page, "下一步：步骤")
    page.locator("#f-step-check_goods").get_by_role("button", name="没做").click()
    page.get_by_role("button", name="其余的都做了").click()
    expect(page.get_by_role("heading", name="按标准做的步骤")).to_contain_text("做了 1/2")
    press_next(page, "下一步：测线")
    script = (
        "async (id) => (await import('/m/draft.js')).open((await import('/m/day.js')).find(id)).data.steps"
    )
    kept = page.evaluate(script, visit_id)
    assert kept == {"check_goods": "not", "calls": "done"}
    phone.set_offline(False)
    with world.transactions.read(SYSTEM) as uow:
        assert queries.card_of_visit(uow, visit_id) is None
