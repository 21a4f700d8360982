"""Escalations, questions and summaries on a phone-sized Chromium: written without a signal, answered, solved."""

from uuid import uuid4

from playwright.sync_api import BrowserContext, expect

from backend.core.uow import SYSTEM
from backend.orders import queries as orders
from backend.staff import queries as staff
from backend.visits import queries, thread_queries, threads
from tests.mobile_api.conftest import World
from tests.mobile_api.test_mobile_api_browser import add_install, on_disk, press_next
from tests.mobile_api.test_mobile_api_offline import ready, written
from tests.support.serving import wait_until


def only(world: World) -> thread_queries.ThreadRow:
    """The one thread that there is."""
    with world.transactions.read(SYSTEM) as uow:
        (row,) = thread_queries.listing(uow, show="all").rows
    return row


def answer(world: World, thread_id: int, text: str) -> None:
    """The assistant's colleague, the supervisor, answers; the department has none, so a second engineer does."""
    with world.transactions.read(SYSTEM) as uow:
        actor = staff.actor(uow, world.department.engineers[1], "web")
    with world.transactions.begin(actor) as uow:
        threads.answer(uow, thread_id=thread_id, uuid=str(uuid4()), text=text)


def test_escalated_in_the_basement_and_left(world: World, phone: BrowserContext) -> None:
    visit_id = add_install(world)
    page = phone.new_page()
    ready(page)
    press_next(page, "接单")
    phone.set_offline(True)
    press_next(page, "出发")
    page.get_by_text("解决不了？上报技术支持组").click()
    expect(page.locator("#next")).to_contain_text("还差：是什么问题")
    page.get_by_label("是什么问题").fill("分机侧拨不出长途")
    on_disk(page)
    page.reload()
    expect(page.get_by_label("是什么问题")).to_have_value("分机侧拨不出长途")
    page.get_by_label("试过什么").fill("换线、重置")
    page.get_by_role("button", name="今天做不了，先离开").click()
    press_next(page, "上报")
    expect(page.locator(".content")).to_contain_text("已上报，等技术支持组")
    expect(page.locator(".content")).to_contain_text("已存到手机")
    phone.set_offline(False)
    expect(page.locator("#connection")).to_contain_text("已同步")
    assert written(world) == [("accept", "done"), ("set_out", "done"), ("escalate", "done")]
    row = only(world)
    assert (row.subject, row.tried, row.on_site, row.visit_id) == (
        "分机侧拨不出长途",
        "换线、重置",
        False,
        visit_id,
    )
    with world.transactions.read(SYSTEM) as uow:
        assert queries.get(uow, visit_id).outcome == "failed"
        assert orders.get(uow, row.order_id or 0).status == "escalated"


def test_a_question_its_answer_and_the_end(world: World, phone: BrowserContext) -> None:
    page = phone.new_page()
    ready(page)
    page.goto("/m#threads")
    press_next(page, "提一个问题")
    page.get_by_label("您的问题").fill("DL4 怎么恢复出厂")
    press_next(page, "发出去")
    expect(page.get_by_text("DL4 怎么恢复出厂")).to_be_visible()
    wait_until(lambda: written(world), 10, "the question did not arrive")
    answer(world, only(world).id, "按住复位十秒")
    page.reload()
    page.goto("/m#threads")
    page.get_by_role("button", name="DL4 怎么恢复出厂").click()
    expect(page.get_by_text("按住复位十秒")).to_be_visible()
    page.get_by_label("再说一句，或写下解决办法").fill("复位十秒，灯灭再松手")
    press_next(page, "解决了")
    wait_until(lambda: only(world).status == "solved", 10, "the solution did not arrive")
    assert only(world).solution == "复位十秒，灯灭再松手"


def test_the_summary_in_two_touches(world: World, phone: BrowserContext) -> None:
    page = phone.new_page()
    ready(page)
    page.goto("/m#mine")
    page.get_by_text("这一周").first.click()
    page.get_by_label("再说两句").fill("这周顺利")
    press_next(page, "没有疑难问题，交")
    wait_until(lambda: written(world) == [("summary", "done")], 10, "the summary did not arrive")
    expect(page.get_by_text("已交").first).to_be_visible()


def test_an_answer_is_needed_within_two_hours(world: World, phone: BrowserContext) -> None:
    visit_id = add_install(world)
    page = phone.new_page()
    ready(page)
    press_next(page, "接单")
    expect(page.locator("#next")).to_contain_text("出发")
    page.goto(f"/m#escalate/{visit_id}")
    page.get_by_label("是什么问题").fill("分机侧拨不出长途")
    page.get_by_label("试过什么").fill("换线、重置")
    page.get_by_role("button", name="自己选时间").click()
    expect(page.locator("#next")).to_contain_text("还差：什么时候前要答复")
    page.get_by_label("什么时候前，北京时间").fill("2020-01-01T10:00")
    expect(page.locator("#next")).to_contain_text("还差：什么时候前要答复")
    page.get_by_role("button", name="两小时内").click()
    press_next(page, "上报")
    wait_until(lambda: ("escalate", "done") in written(world), 15, "the escalation did not arrive")
    row = only(world)
    assert row.need_by is not None
    assert abs((row.need_by - row.opened_at).total_seconds() - 7200) < 120
    page.goto("/m#threads")
    page.get_by_role("button", name="分机侧拨不出长途").click()
    expect(page.locator("[data-need=due]")).to_contain_text("前要答复")
