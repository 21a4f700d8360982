"""Photos on a phone-sized Chromium: taken without a signal, sent after the data, gone on with where they stopped."""

from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Route, expect

from backend.core.uow import SYSTEM
from backend.visits import photos
from tests.mobile_api.conftest import Server, World
from tests.mobile_api.test_mobile_api_browser import add_install, press_next
from tests.mobile_api.test_mobile_api_offline import ready, to_the_card
from tests.mobile_api.test_mobile_api_photos import work
from tests.support.pictures import photo

PIECES = "**/mobile/photos/*"


def shoot(page: Page, folder: Path, purpose: str = "card", *, seed: int = 1, size: int = 640) -> None:
    """Press the button and let the camera give a photo."""
    path = folder / f"{seed}.jpg"
    path.write_bytes(photo(size, size * 3 // 4, seed=seed, at=(39.91, 116.46)))
    strip = page.locator(f'.photo-strip[data-purpose="{purpose}"]').first
    before = strip.locator("figure").count()
    strip.locator("input").set_input_files(path)
    expect(strip.locator("figure")).to_have_count(before + 1)


def kept(world: World, visit_id: int) -> list[photos.PhotoRow]:
    """The photos that the server has of a visit."""
    with world.transactions.read(SYSTEM) as uow:
        return photos.of_visits(uow, [visit_id]).get(visit_id, [])


def test_taken_in_the_basement_and_sent_after_the_data(
    world: World,
    phone: BrowserContext,
    tmp_path: Path,
) -> None:
    """The tab is closed in between; the steps arrive first, then each photo once."""
    visit_id = add_install(world)
    page = phone.new_page()
    ready(page)
    phone.set_offline(True)
    to_the_card(page)
    for seed in (1, 2):
        shoot(page, tmp_path, seed=seed)
    expect(page.locator("#connection")).to_contain_text("离线 · 6 条待发")
    page.close()
    page = phone.new_page()
    page.goto(f"/m#card/{visit_id}")
    expect(page.locator(".photo-strip figure")).to_have_count(2)
    page.goto("/m#outbox")
    expect(page.get_by_text("2 张照片")).to_be_visible()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url.split("/api/v1")[-1].split("/")[2]))
    phone.set_offline(False)
    page.locator("#connection").click()
    expect(page.locator("#connection")).to_contain_text("已同步")
    work(world)
    assert [one.status for one in kept(world, visit_id)] == ["ready", "ready"]
    assert kept(world, visit_id)[0].lat is not None
    writes = [one for one in sent if one in ("outbox", "photos")]
    assert writes.index("photos") > writes.index("outbox")
    page.goto(f"/m#card/{visit_id}")
    expect(page.get_by_text("已送达")).to_have_count(2)


def test_the_server_is_gone_in_the_middle_of_a_photo(
    world: World,
    server: Server,
    phone: BrowserContext,
    tmp_path: Path,
) -> None:
    """The piece was kept and the answer lost: it goes on from there, and no byte is there twice."""
    visit_id = add_install(world)
    page = phone.new_page()
    ready(page)
    to_the_card(page)
    expect(page.locator("#connection")).to_contain_text("已同步")
    lost: list[int] = []

    def lose_the_answer(route: Route) -> None:
        if route.request.method != "PATCH":
            return route.continue_()
        lost.append(route.fetch().status)
        server.stop()
        return route.abort()

    phone.route(PIECES, lose_the_answer, times=2)
    shoot(page, tmp_path, size=2400)
    expect(page.locator("#connection")).to_contain_text("离线 · 1 条待发")
    assert lost == [204]
    (half,) = kept(world, visit_id)
    present = world.app.extensions["paidan"].photos.offset(half.uuid)
    assert 0 < present < half.size_bytes
    phone.unroute(PIECES)
    server.start()
    expect(page.locator("#connection")).to_contain_text("已同步", timeout=20_000)
    work(world)
    assert [one.status for one in kept(world, visit_id)] == ["ready"]


def test_nobody_there_with_a_photo(world: World, phone: BrowserContext, tmp_path: Path) -> None:
    """The photo belongs to the failed visit, and the assistant's page of it shows it."""
    visit_id = add_install(world)
    page = phone.new_page()
    ready(page)
    press_next(page, "接单")
    press_next(page, "出发")
    page.get_by_role("button", name="没有人").click()
    shoot(page, tmp_path, "failed")
    press_next(page, "报告没做成")
    expect(page.get_by_text("没做成，已退回重新预约")).to_be_visible()
    expect(page.locator("#connection")).to_contain_text("已同步")
    work(world)
    (one,) = kept(world, visit_id)
    assert (one.purpose, one.status) == ("failed", "ready")
    answer = world.assistant()("GET", f"/photos/{one.uuid}")
    assert answer.mimetype == "image/jpeg"


def test_taken_away_before_it_is_sent(world: World, phone: BrowserContext, tmp_path: Path) -> None:
    """A photo that he does not want never leaves the phone."""
    visit_id = add_install(world)
    page = phone.new_page()
    ready(page)
    phone.set_offline(True)
    to_the_card(page)
    shoot(page, tmp_path)
    page.get_by_role("button", name="去掉这张照片").click()
    expect(page.locator(".photo-strip figure")).to_have_count(0)
    phone.set_offline(False)
    expect(page.locator("#connection")).to_contain_text("已同步")
    assert kept(world, visit_id) == []


def test_a_file_that_is_no_photo(world: World, phone: BrowserContext, tmp_path: Path) -> None:
    """It is said at once, and nothing is kept."""
    add_install(world)
    page = phone.new_page()
    ready(page)
    to_the_card(page)
    (tmp_path / "x.jpg").write_bytes(b"no photo")
    page.locator(".photo-strip input").set_input_files(tmp_path / "x.jpg")
    expect(page.get_by_text("不是能用的照片")).to_be_visible()
    (tmp_path / "IMG_1.HEIC").write_bytes(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic")
    page.locator(".photo-strip input").set_input_files(tmp_path / "IMG_1.HEIC")
    expect(page.get_by_role("alert")).to_contain_text("请在相机设置里选 JPEG")
    assert page.locator(".photo-strip figure").count() == 0


def test_too_many_pixels_are_made_fewer_on_the_phone(
    world: World,
    phone: BrowserContext,
    tmp_path: Path,
) -> None:
    """A 16-megapixel camera: what is sent fits."""
    visit_id = add_install(world)
    page = phone.new_page()
    ready(page)
    to_the_card(page)
    shoot(page, tmp_path, size=4640)
    expect(page.get_by_text("已送达")).to_be_visible(timeout=20_000)
    work(world)
    assert [one.status for one in kept(world, visit_id)] == ["ready"]
