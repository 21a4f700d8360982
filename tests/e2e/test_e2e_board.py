"""The dispatch board in Chromium on a day of 30 engineers and over 200 visits at 10:42 in the morning."""

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect
from werkzeug.serving import make_server

import wsgi
from backend.appointments import queries as appointments
from backend.bootstrap import Application, build
from backend.core import migrate, settings
from backend.core.audit import trail
from backend.core.clock import FixedClock, at_local
from backend.core.db import make_engine
from backend.core.ledger import Job
from backend.core.uow import SYSTEM, Transactions
from backend.dispatch import comparing, queries
from backend.dispatch.rows import DayView, StopView
from backend.orders.models import ServiceOrder
from backend.serve import inline
from backend.staff import actions as staff_actions
from backend.staff import queries as staff
from backend.visits import actions as visit_actions
from backend.visits import queries as visits
from backend.visits.models import Visit
from tests.dispatch import bigday
from tests.dispatch.bigday import DAY, MORNING, PASSWORD


@dataclass(frozen=True)
class Board:
    """A running paidan over its own copy of the day."""

    address: str
    application: Application

    @property
    def transactions(self) -> Transactions:
        return self.application.transactions

    @property
    def clock(self) -> FixedClock:
        assert isinstance(self.application.clock, FixedClock)
        return self.application.clock

    def view(self) -> DayView:
        with self.transactions.read(SYSTEM) as uow:
            return queries.day_view(uow, DAY)

    def stop(self, order_id: int) -> tuple[int, StopView]:
        return next(
            (e.engineer_id, s) for e in self.view().engineers for s in e.stops if s.order_id == order_id
        )


@pytest.fixture(scope="module")
def big_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The day, made once."""
    path = tmp_path_factory.mktemp("bigday") / "day.db"
    migrate.upgrade(f"sqlite:///{path}")
    clock = FixedClock()
    engine = make_engine(f"sqlite:///{path}")
    bigday.make(Transactions(engine, clock), clock)
    engine.dispose()
    return path


@pytest.fixture
def board(big_day: Path, tmp_path: Path) -> Iterator[Board]:
    shutil.copy(big_day, tmp_path / "day.db")
    loaded = settings.load(
        {"PAIDAN_DATA_DIR": str(tmp_path), "PAIDAN_DATABASE_URL": f"sqlite:///{tmp_path / 'day.db'}"}
    )
    application = build(loaded, clock=FixedClock(MORNING))
    server = make_server("127.0.0.1", 0, wsgi.create_app(application), threaded=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Board(f"http://127.0.0.1:{server.server_port}", application)
    server.shutdown()
    thread.join()
    server.socket.close()  # open streams end with their daemon threads
    application.engine.dispose()


def enter(page: Page, board: Board, login: str = "zhaomin", whole: bool = True) -> None:
    """Log in and open the board; ``whole`` waits for the parts that load after the paint."""
    page.goto(board.address + "/login")
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.click("button.primary")
    page.wait_for_url(lambda url: "/login" not in url)
    page.goto(board.address + "/dispatch")
    if whole:
        # The page and the server share the machine with other tests: the first look may take a while.
        expect(page.locator("#board")).not_to_have_attribute("aria-busy", "true", timeout=60_000)


def bar(page: Page, order_id: int) -> Locator:
    return page.locator(f'#gantt [data-order="{order_id}"]')


def pick_up(page: Page, order_id: int) -> tuple[float, float]:
    """Press the mouse on a bar and begin to drag; answers where it was pressed."""
    bar(page, order_id).scroll_into_view_if_needed()
    box = bar(page, order_id).bounding_box()
    assert box is not None
    x, y = box["x"] + 20, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 6, y, steps=3)
    return x, y


def settle(page: Page, act: Callable[[], None]) -> None:
    """Do what saves a move; where it breaks a rule, give the first reason."""
    with page.expect_response("**/moves") as answer:
        act()
    if answer.value.status == 409:
        page.locator("dialog.sheet[open] .chip").first.click()
        with page.expect_response("**/moves"):
            page.locator("dialog.sheet[open] .primary").click()
    expect(page.locator("dialog.sheet[open]")).to_have_count(0)


def loose(view: DayView, skip: int = 0) -> StopView:
    """A visit that is still only published, the last one of somebody's day."""
    rows = [e.stops[-1] for e in view.engineers[:6] if e.stops and e.stops[-1].status == "published"]
    return rows[skip]


def test_first_view_and_the_same_day_as_a_table(page: Page, board: Board) -> None:
    page.set_viewport_size({"width": 1366, "height": 768})
    enter(page, board)
    view = board.view()
    count = sum(len(engineer.stops) for engineer in view.engineers)
    assert count >= 200
    expect(page.locator(".gantt-bar")).to_have_count(count)
    expect(page.locator(".who")).to_have_count(30)
    expect(page.locator("#unplanned li")).to_have_count(len(view.unserved) + 1)
    expect(page.locator(".exception", has_text="加急")).to_have_count(1)
    expect(page.locator("#unplanned .place .price").first).to_contain_text("元")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1366
    page.keyboard.press("d")
    expect(page.locator("#day-table tbody tr")).to_have_count(count)
    page.locator(".chip", has_text="有问题").click()
    expect(page.locator("#day-table tbody tr")).not_to_have_count(count)
    assert page.locator("#map .map-dot").count() < count


def test_bars_out_of_sight_are_not_painted_but_have_their_names(page: Page, board: Board) -> None:
    enter(page, board)
    last = board.view().engineers[-1]
    far = bar(page, last.stops[0].order_id)
    expect(far).to_have_attribute("data-far", "")
    expect(far).to_have_attribute("aria-label", re.compile(f"{last.name}.*{last.stops[0].customer}"))
    page.locator(f'.who[data-engineer="{last.engineer_id}"]').scroll_into_view_if_needed()
    expect(far).not_to_have_attribute("data-far", "")
    expect(far.locator(".bar")).to_be_visible()


def test_drag_to_a_colleague_says_what_it_does_and_can_be_undone(page: Page, board: Board) -> None:
    enter(page, board)
    before = {e.engineer_id: e for e in board.view().engineers}
    stop = loose(board.view())
    engineer_id, _ = board.stop(stop.order_id)
    other = next(e for e in before.values() if e.engineer_id > engineer_id)
    x, _ = pick_up(page, stop.order_id)
    row = page.locator(f'.who[data-engineer="{other.engineer_id}"]').bounding_box()
    assert row is not None
    page.mouse.move(x + 8, row["y"] + row["height"] / 2, steps=6)
    expect(page.locator(".drag-tip")).to_contain_text(other.name)
    settle(page, page.mouse.up)
    expect(page.locator("#said")).to_contain_text(f"给 {other.name}")
    assert board.stop(stop.order_id)[0] == other.engineer_id
    page.locator("#said button", has_text="撤销").click()
    expect(page.locator("#said")).to_contain_text("已撤销")
    assert board.stop(stop.order_id)[0] == engineer_id


def test_a_conflict_turns_red_with_the_rule_and_gives_way_to_a_reason(page: Page, board: Board) -> None:
    enter(page, board)
    stop = loose(board.view())
    x, y = pick_up(page, stop.order_id)
    page.mouse.move(x - 180, y, steps=6)  # three hours too early for the customer
    expect(page.locator("#gantt.conflict")).to_have_count(1)
    expect(page.locator(".drag-tip.danger")).to_contain_text("太早")
    page.mouse.up()
    dialog = page.locator("dialog.sheet[open]")
    expect(dialog.locator(".broken li").first).to_contain_text("太早")
    expect(dialog.locator(".primary")).to_be_disabled()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert board.stop(stop.order_id)[1].start_s == stop.start_s
    pick_up(page, stop.order_id)
    page.mouse.move(x - 180, y, steps=6)
    page.mouse.up()
    expect(dialog).to_have_count(1)
    page.keyboard.press("1")
    with page.expect_response("**/moves"):
        page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(bar(page, stop.order_id).locator(".bar.late")).to_have_count(1)
    assert board.stop(stop.order_id)[1].broken
    page.keyboard.press("b")
    expect(page.locator("dialog.sheet[open]")).to_contain_text("先给客户打电话")


def test_keyboard_only(page: Page, board: Board) -> None:
    enter(page, board)
    page.keyboard.press("j")
    expect(page.locator(".gantt-bar[aria-current=true]")).to_have_count(1)
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    order_id = int(page.locator(".gantt-bar[aria-current=true]").get_attribute("data-order") or 0)
    engineer_id, stop = board.stop(order_id)
    page.keyboard.press("m")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#move-note")).to_contain_text("搬动")
    settle(page, lambda: page.keyboard.press("Enter"))
    expect(page.locator("#said")).to_contain_text(stop.customer)
    assert board.stop(order_id) != (engineer_id, stop)
    page.keyboard.press("f")
    expect(bar(page, order_id).locator(".pin")).to_have_count(1)
    page.keyboard.press("x")
    expect(page.locator(f'#unplanned li[data-order="{order_id}"]')).to_have_count(1)
    for _ in range(3):
        with page.expect_response("**/undo"):
            page.keyboard.press("u")
    expect(bar(page, order_id)).to_have_count(1)
    assert board.stop(order_id)[1].start_s == stop.start_s
    with page.expect_response("**/redo"):
        page.keyboard.press("Shift+U")
    page.keyboard.press("?")
    expect(page.locator("dialog.sheet[open] .board-keys")).to_contain_text("撤销我的上一步")
    page.keyboard.press("Escape")
    page.keyboard.press("l")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#unplanned li:focus")).to_have_count(1)


def test_from_the_list_onto_the_board_and_publish(page: Page, board: Board) -> None:
    enter(page, board)
    item = page.locator("#unplanned li:has([data-place])").first
    order_id = int(item.get_attribute("data-order") or 0)
    with page.expect_response("**/moves"):
        item.locator("button").click()
    expect(bar(page, order_id).locator(".bar.draft")).to_have_count(1)
    expect(page.locator("#publish")).to_have_text(re.compile("发布 [1-9] 处…"))
    second = page.locator("#unplanned li:has([data-place])").first
    expect(second).to_be_visible()
    page.wait_for_timeout(300)
    box = second.bounding_box()
    assert box is not None
    other_id = int(second.get_attribute("data-order") or 0)
    page.mouse.move(box["x"] + 60, box["y"] + 14)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 14, steps=3)
    target = page.locator(".gantt-bar:has(.bar.published)").first.bounding_box()
    assert target is not None
    page.mouse.move(target["x"] + 200, target["y"] + 20, steps=5)
    expect(page.locator(".drag-tip")).to_be_visible()
    settle(page, page.mouse.up)
    expect(bar(page, other_id)).to_have_count(1)
    page.locator("#publish").click()
    expect(page.locator("dialog.sheet[open]")).to_contain_text("新增")
    page.locator("dialog.sheet[open] .primary").click()
    expect(page.locator("#said")).to_contain_text(re.compile("已发布 .* 单，通知了 [1-9] 位工程师"))
    expect(page.locator("#publish")).to_have_text("已发布")


def test_two_people_and_a_phone_see_each_other(page: Page, board: Board, chromium: Browser) -> None:
    enter(page, board)
    stop, contested = loose(board.view(), 0), loose(board.view(), 1)
    context = chromium.new_context(locale="zh-CN", timezone_id="Asia/Shanghai")
    other = context.new_page()
    enter(other, board, "sunli")
    other.locator(f'#gantt [data-order="{stop.order_id}"]').click()
    expect(page.locator("#others")).to_have_text("孙丽在看")
    expect(bar(page, stop.order_id)).to_have_attribute("data-beside", "孙丽")
    other.keyboard.press("x")
    expect(bar(page, stop.order_id)).to_have_count(0)
    expect(page.locator(f'#unplanned li[data-order="{stop.order_id}"]')).to_have_count(1)
    # A page that has not heard of it yet: the second writer is told by name, and nothing is lost.
    page.route("**/dispatch/day.json*", lambda route: route.abort())
    other.locator(f'#gantt [data-order="{contested.order_id}"]').click()
    with other.expect_response("**/take-out"):
        other.keyboard.press("x")
    bar(page, contested.order_id).click()
    page.keyboard.press("f")
    expect(page.locator("#said")).to_contain_text(f"孙丽刚刚改过{contested.customer}")
    page.unroute("**/dispatch/day.json*")
    # The phone of an engineer who sets out moves his bar on both boards.
    with board.transactions.read(SYSTEM) as uow:
        row = next(
            row for row in visits.day(uow, DAY) if row.order.status == "accepted" and row.sequence == 3
        )
        engineer = staff.actor(uow, row.engineer_id, "phone")
    with board.transactions.begin(engineer) as uow:
        visit_actions.set_out(uow, visit_id=row.id)
    for one in (page, other):
        expect(bar(one, row.order_id).locator(".bar.running")).to_have_count(1)
    context.close()


def test_lost_connection_in_the_middle_of_a_drag_loses_nothing(page: Page, board: Board) -> None:
    enter(page, board)
    stop = loose(board.view())
    x, y = pick_up(page, stop.order_id)
    page.mouse.move(x + 20, y, steps=3)
    page.context.set_offline(True)
    page.mouse.move(x + 40, y, steps=3)
    page.mouse.up()
    expect(page.locator("#said")).to_contain_text("刚才这一步没有存上")
    assert board.stop(stop.order_id)[1].start_s == stop.start_s
    page.context.set_offline(False)
    settle(page, page.locator("#said button", has_text="再试").click)
    expect(page.locator("#said")).to_contain_text(stop.customer)
    assert board.stop(stop.order_id)[1].start_s > stop.start_s


def test_somebody_ill_propose_pick_publish(page: Page, board: Board) -> None:
    with board.transactions.begin(SYSTEM) as uow:
        ill = staff.engineers_on(uow, DAY)[2]
        staff_actions.add_absence(uow, person_id=ill.person_id, first_on=DAY, last_on=DAY, kind="ill")
    enter(page, board)
    expect(page.locator(".who", has_text=ill.name)).to_contain_text("单等着")
    page.locator(".exception", has_text=f"{ill.name}不在").click()
    expect(page.locator("#progress")).to_be_visible()
    with board.transactions.read(SYSTEM) as uow:
        job_id = queries.running_job(uow, DAY)
    assert job_id is not None
    with board.transactions.begin(SYSTEM) as uow:
        uow.session.get_one(Job, job_id).args = {"on": str(DAY), "seconds": 1.0, "seed": 1, "propose": True}
    inline.finish_job(board.transactions, job_id)
    expect(page.locator("#proposal")).to_be_visible()
    boxes = page.locator("#proposal [data-move]")
    count = boxes.count()
    assert count > 3
    expect(page.locator("#take")).to_have_text(f"应用所选 {count} 处")
    expect(page.locator(".gantt-bar.moved .move-number:visible").first).to_be_visible()
    order_id = int(boxes.first.get_attribute("data-move") or 0)
    boxes.first.uncheck()
    expect(page.locator("#take")).not_to_have_text(f"应用所选 {count} 处")
    page.locator("#take").click()
    expect(page.locator("#proposal")).to_be_hidden()
    view = board.view()
    assert order_id not in {s.order_id for e in view.engineers if e.absence is None for s in e.stops}
    assert not any(engineer.broken for engineer in view.engineers)
    page.locator("#publish").click()
    page.locator("dialog.sheet[open] .primary").click()
    expect(page.locator("#said")).to_contain_text("已发布")


def test_urgent_order_is_placed_with_one_click(page: Page, board: Board) -> None:
    enter(page, board)
    page.locator(".exception", has_text="加急").click()
    spots = page.locator("dialog.sheet[open] .spot")
    expect(spots).to_have_count(3)
    expect(spots.first).to_contain_text("最早")
    with page.expect_response("**/dispatch/urgent"):
        page.locator("[data-spot]").first.click()
    expect(page.locator("#said")).to_contain_text("已通知")
    calls = page.locator("dialog.sheet[open] .call-list li")
    expect(calls.first).to_contain_text("到您那里")
    page.locator("dialog.sheet[open] .primary").click()
    page.reload()  # the list stays, also for tomorrow morning's question who was called
    page.locator(".exception", has_text="家客户还没打电话").click()
    expect(calls.first).to_be_visible()
    for at in range(calls.count()):
        with page.expect_response("**/dispatch/calls/*"):
            calls.nth(at).locator(".check").check()
    expect(calls.first).to_contain_text("赵敏 10:42 打过")
    expect(calls.first.locator(".script")).to_be_hidden()
    page.locator("dialog.sheet[open] .primary").click()
    expect(page.locator(".exception", has_text="家客户还没打电话")).to_have_count(0)
    page.locator(".gantt-bar:has(.danger)").click()
    expect(page.locator(".gantt-bar[aria-current=true] .bar.published")).to_have_count(1)
    expect(page.locator(".exception", has_text="加急")).to_have_count(0)
    order_id = int(page.locator(".gantt-bar[aria-current=true]").get_attribute("data-order") or 0)
    with board.transactions.read(SYSTEM) as uow:
        visit = visits.living_for_orders(uow, [order_id])[order_id]
    assert visit.order.urgent and visit.start_s == board.stop(order_id)[1].start_s


def test_engineer_falls_ill_and_comes_back(page: Page, board: Board) -> None:
    enter(page, board)
    page.keyboard.press("j")
    page.keyboard.press("i")
    dialog = page.locator("dialog.sheet[open]")
    name = dialog.locator("h2").inner_text()
    dialog.locator("[data-kind=ill]").click()
    expect(page.locator("#said")).to_contain_text(f"{name} 来不了")
    expect(page.locator(".exception", has_text=f"{name}不在")).to_have_count(1)
    expect(page.locator(".ec-bg-event.away")).to_have_count(1)
    page.keyboard.press("i")
    page.locator("dialog.sheet[open] [data-back]").click()
    expect(page.locator(".exception", has_text=f"{name}不在")).to_have_count(0)
    assert all(engineer.absence is None for engineer in board.view().engineers)


@pytest.mark.parametrize(
    ("key", "shown"), [("w", "dialog.sheet[open] [data-window]"), ("h", "#what-if-engineer")]
)
def test_a_key_pressed_before_its_part_is_there_is_answered_then(
    page: Page, board: Board, key: str, shown: str
) -> None:
    held: list[Route] = []
    page.route("**/js/board/otherday.js", lambda route: held.append(route))
    with page.expect_request("**/js/board/otherday.js"):
        enter(page, board, whole=False)
    expect(page.locator(".gantt-bar").first).to_be_visible()
    page.keyboard.press("j")
    expect(page.locator(".gantt-bar[aria-current=true]")).to_have_count(1)
    for _ in range(5):  # the last visit of the day can still be moved
        page.keyboard.press("ArrowRight")
    page.keyboard.press(key)
    expect(page.locator(shown).locator("visible=true")).to_have_count(0)
    held[0].continue_()
    expect(page.locator(shown).locator("visible=true").first).to_be_visible()
    expect(page.locator(".leaflet-pane").first).to_be_attached()  # the map is the last to come


def test_after_hours_the_day_is_over_and_customers_get_another_day(page: Page, board: Board) -> None:
    board.clock.at = at_local(DAY, 20 * 3600 + 300)
    page.set_viewport_size({"width": 1366, "height": 768})
    enter(page, board)
    over = [stop for engineer in board.view().engineers for stop in engineer.stops if stop.over]
    assert over
    expect(page.locator(".exception", has_text=f"{len(over)} 单今天来不及了")).to_have_count(1)
    expect(page.locator(".exception", has_text="要晚")).to_have_count(0)
    expect(page.locator("#draft-note")).to_have_text("和已发布的一样")
    page.locator(".exception", has_text="来不及").click()
    first = page.locator("[data-over]").first
    order_id = int(first.get_attribute("data-over") or 0)
    first.click()
    expect(page.locator("dialog.sheet[open] .script")).to_contain_text("今天工程师赶不过来了")
    with page.expect_response("**/to-day"):
        page.locator("[data-window]").first.click()
    expect(page.locator("#said")).to_contain_text("改到 明天")
    expect(page.locator("dialog.sheet[open] h2")).to_have_text(f"今天来不及的 {len(over) - 1} 单")
    page.keyboard.press("Escape")
    with board.transactions.read(SYSTEM) as uow:
        window = appointments.current(uow, [order_id])[order_id]
        assert window.on > DAY
        assert visits.living_for_orders(uow, [order_id]) == {}


def test_a_small_screen_shows_visit_and_map_in_turn(page: Page, board: Board) -> None:
    page.set_viewport_size({"width": 1366, "height": 768})
    enter(page, board)
    page.keyboard.press("j")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#edit-time")).to_be_in_viewport()
    expect(page.locator("#map")).to_be_hidden()
    page.keyboard.press("g")
    expect(page.locator("#map .map-stop span").first).to_be_visible()
    expect(page.locator("#side-facts")).to_be_hidden()
    page.set_viewport_size({"width": 1024, "height": 768})  # a tablet: the list takes turns as well
    expect(page.locator("#unplanned")).to_be_hidden()
    page.keyboard.press("l")
    expect(page.locator("#unplanned li:focus")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1024


def test_what_if_is_tried_thrown_away_and_taken_over(page: Page, board: Board) -> None:
    enter(page, board)
    before = {s.order_id: e.engineer_id for e in board.view().engineers for s in e.stops}
    ill = board.view().engineers[0]
    page.keyboard.press("j")
    page.keyboard.press("i")
    page.locator("dialog.sheet[open] [data-try=ill]").click()
    expect(page.locator("#what-if .money tfoot td").last).to_have_text(re.compile("[+−]?[0-9,]+"))
    expect(page.locator("#what-if .moves")).to_contain_text(f"由{ill.name}换给")
    expect(page.locator(".ec-bg-event.away")).to_have_count(1)
    page.locator("#what-if-away").click()
    expect(page.locator("#what-if")).to_be_hidden()
    expect(page.locator(".ec-bg-event.away")).to_have_count(0)
    assert {s.order_id: e.engineer_id for e in board.view().engineers for s in e.stops} == before
    page.keyboard.press("h")
    page.locator("#what-if-kind").select_option("ill")
    page.locator("#what-if-engineer").select_option(str(ill.engineer_id))
    page.locator("#what-if form button").click()
    expect(page.locator("#what-if .moves")).to_contain_text(f"由{ill.name}换给")
    promised = page.locator("#what-if .money tfoot td").nth(1).inner_text()
    page.locator("#what-if-take").click()
    expect(page.locator("#said")).to_contain_text("照假设的排好了")
    expect(page.locator("#figures")).to_contain_text(promised)
    view = board.view()
    assert next(e for e in view.engineers if e.engineer_id == ill.engineer_id).absence == "ill"
    given = [
        s.order_id
        for e in view.engineers
        for s in e.stops
        if before.get(s.order_id) not in (None, e.engineer_id)
    ]
    assert given and all(before[order_id] == ill.engineer_id for order_id in given)
    assert not any(e.broken or s.broken for e in view.engineers for s in e.stops)


def test_what_can_be_undone_stays_said(page: Page, board: Board) -> None:
    """Also where it was said within seconds of opening the page."""
    enter(page, board)
    bar(page, loose(board.view()).order_id).click()
    with page.expect_response("**/take-out"):
        page.keyboard.press("x")
    expect(page.locator("#said")).to_contain_text("撤销")
    page.wait_for_timeout(6500)  # as long as a page's own messages stay
    expect(page.locator("#said")).to_contain_text("撤销")


def test_two_plans_side_by_side_and_a_copy_kept_and_thrown_away(page: Page, board: Board) -> None:
    enter(page, board)
    page.keyboard.press("c")
    expect(page.locator("#said")).to_contain_text("只有一份排法")
    stop = loose(board.view())
    bar(page, stop.order_id).click()
    with page.expect_response("**/take-out"):
        page.keyboard.press("x")
    page.keyboard.press("c")
    expect(page.locator("#compare [data-side=left]")).to_have_value("working")
    expect(page.locator("#compare [data-side=right]")).to_have_value("published")
    expect(page.locator("#compare .moves")).to_contain_text(f"{stop.customer}排给")
    expect(page.locator("#compare h3")).to_contain_text("第二份多做 1 单")
    expect(bar(page, stop.order_id).locator(".move-number")).to_have_text("1")
    page.locator("#compare [aria-label='对调']").click()
    expect(page.locator("#compare .moves")).to_contain_text(f"{stop.customer}拿出来")
    expect(page.locator(".ec-bg-event.ghost")).to_contain_text(stop.customer)
    page.locator("#compare-close").click()
    expect(page.locator(".ec-bg-event.ghost")).to_have_count(0)
    ill = board.view().engineers[0]
    page.keyboard.press("h")
    page.locator("#what-if-kind").select_option("ill")
    page.locator("#what-if-engineer").select_option(str(ill.engineer_id))
    page.locator("#what-if form button").click()
    expect(page.locator("#what-if .moves")).to_contain_text(f"由{ill.name}换给")
    page.locator("#what-if-keep").click()
    expect(page.locator("#compare [data-side=right] option:checked")).to_have_text(f"假设：{ill.name}病了")
    expect(page.locator("#compare .moves")).to_contain_text(f"由{ill.name}换给")
    expect(page.locator(".ec-bg-event.away")).to_have_count(1)
    assert next(e for e in board.view().engineers if e.engineer_id == ill.engineer_id).absence is None
    page.locator("#compare-try").click()
    expect(page.locator("#what-if .chip")).to_contain_text(f"{ill.name}病了")
    page.locator("#what-if-take").click()
    expect(page.locator("#said")).to_contain_text("照假设的排好了")
    page.locator("#said button", has_text="撤销").click()
    expect(page.locator("#said")).to_contain_text("已撤销")
    assert next(e for e in board.view().engineers if e.engineer_id == ill.engineer_id).absence is None
    page.keyboard.press("c")
    page.locator("#compare [data-side=right]").select_option(label=f"假设：{ill.name}病了")
    page.locator("#compare-drop").click()
    expect(page.locator("#said")).to_contain_text("扔掉了")
    with board.transactions.read(SYSTEM) as uow:
        assert [one.key for one in comparing.choices(uow, DAY)] == ["working", "published"]


def test_a_tablet_and_a_wide_screen(page: Page, board: Board) -> None:
    for width, height in ((820, 1180), (1366, 768), (2560, 1440)):
        page.set_viewport_size({"width": width, "height": height})
        enter(page, board) if page.url == "about:blank" else page.reload()
        expect(page.locator(".gantt-bar").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.keyboard.press("h")
        page.locator("#what-if form button").click()
        expect(page.locator("#what-if-take")).to_be_in_viewport()
        expect(page.locator("#what-if-keep")).to_be_in_viewport()
        page.locator("#what-if-away").click()


def test_why_is_kept_and_what_repeats_becomes_a_rule(page: Page, board: Board) -> None:
    with board.transactions.begin(
        SYSTEM
    ) as uow:  # three finished visits of one customer took 21 minutes longer
        rows = visits.day(uow, DAY)
        waiting = next(row for row in rows if row.order.status == "published")
        for row in [row for row in rows if row.outcome == "done"][:3]:
            uow.session.get_one(ServiceOrder, row.order_id).customer_id = waiting.order.customer_id
            visit = uow.session.get_one(Visit, row.id)
            assert visit.signed_in_at is not None
            visit.finished_at = visit.signed_in_at + timedelta(seconds=row.order.duration_s + 1260)
    enter(page, board)
    bar(page, waiting.order_id).click()
    page.locator("[data-choice='1']").click()
    page.locator("#said button", has_text="说说为什么").click()
    expect(page.locator("dialog.sheet[open] .chip")).not_to_have_count(0)
    page.keyboard.press("2")
    with page.expect_response("**/reason"):
        page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("记下了")
    before = board.stop(waiting.order_id)[1]
    page.locator("#learned", has_text="学到 1 条").click()
    expect(page.locator(".learned-row")).to_contain_text("多用 20 分钟（3 次上门的中位数）")
    page.locator("[data-accept]").click()
    expect(page.locator("dialog.sheet[open] [data-end]")).to_have_count(1)
    page.keyboard.press("Escape")
    after = board.stop(waiting.order_id)[1]
    assert (after.end_s - after.start_s) - (before.end_s - before.start_s) == 1200
    with board.transactions.read(SYSTEM) as uow:
        reasons = [
            entry.after
            for entry in trail(uow, entity="schedule_day").rows
            if entry.action == "change_explained"
        ]
    assert len(reasons) == 1


def test_a_bar_is_pulled_longer_and_shortened_by_key(page: Page, board: Board) -> None:
    enter(page, board)
    stop = loose(board.view())
    bar(page, stop.order_id).scroll_into_view_if_needed()
    bar(page, stop.order_id).hover()
    box = bar(page, stop.order_id).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] - 4, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] + 30, box["y"] + box["height"] / 2, steps=5)
    expect(page.locator(".drag-tip")).to_contain_text("用时")
    with page.expect_response("**/resize") as answer:
        page.mouse.up()
    if answer.value.status == 409:
        page.locator("dialog.sheet[open] .chip").first.click()
        with page.expect_response("**/resize"):
            page.locator("dialog.sheet[open] .primary").click()
    expect(page.locator("#said")).to_contain_text("用时")
    longer = board.stop(stop.order_id)[1]
    assert longer.end_s - longer.start_s > stop.end_s - stop.start_s
    bar(page, stop.order_id).click()
    with page.expect_response("**/resize"):
        page.keyboard.press("[")
    shorter = board.stop(stop.order_id)[1]
    assert (longer.end_s - longer.start_s) - (shorter.end_s - shorter.start_s) == 300
    for _ in range(2):
        with page.expect_response("**/undo"):
            page.keyboard.press("u")
    assert board.stop(stop.order_id)[1].end_s - stop.start_s == stop.end_s - stop.start_s


def test_the_week_shows_the_load_and_moves_a_visit_to_another_day(page: Page, board: Board) -> None:
    enter(page, board)
    page.goto(board.address + "/dispatch/week")
    view = board.view()
    first, count = view.engineers[0], sum(len(engineer.stops) for engineer in view.engineers)
    expect(page.locator(".week thead .now")).to_contain_text(f"{count} 单")
    row = page.locator("tr[data-row]", has_text=first.name).first
    expect(row.locator(f'[data-on="{DAY}"] .load')).to_contain_text(f"{len(first.stops)} 单")
    lost = view.unserved[0]
    there = str(DAY + timedelta(days=1))
    page.locator(f'.week-visit[data-order="{lost.order_id}"]').drag_to(row.locator(f'[data-on="{there}"]'))
    expect(page.locator("dialog.sheet[open] .windows tr").first).to_contain_text("明天")
    expect(page.locator("dialog.sheet[open] .windows tr", has_text="周四")).to_have_count(0)
    with page.expect_response("**/to-day"):
        page.locator("[data-window]").first.click()
    expect(page.locator(f'.waiting [data-on="{there}"] .week-visit')).to_have_attribute(
        "data-order", str(lost.order_id)
    )
    expect(page.locator("#board")).not_to_have_attribute("aria-busy", "true")
    # By keys: to a cell, to its first visit that can still be moved, another day.
    for key in ("ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    expect(page.locator(f'.waiting [data-on="{DAY}"]')).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("w")
    expect(page.locator("dialog.sheet[open] .windows tr")).not_to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("dialog.sheet[open]")).to_have_count(0)
    page.locator(f'.week-visit[data-order="{first.stops[-1].order_id}"]').click()
    expect(page.locator(".gantt-bar[aria-current=true]")).to_have_attribute(
        "data-order", str(first.stops[-1].order_id)
    )
