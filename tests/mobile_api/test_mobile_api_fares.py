"""The week's fares in two touches, and a receipt beside one of them."""

from pathlib import Path

from playwright.sync_api import BrowserContext, expect

from backend.core.uow import SYSTEM, UnitOfWork
from backend.expenses import actions as expenses
from backend.expenses import queries as claims
from backend.staff import queries as staff
from backend.visits import actions as visits
from backend.visits import photos
from tests.mobile_api.conftest import World
from tests.mobile_api.test_mobile_api_camera import shoot
from tests.mobile_api.test_mobile_api_offline import ready
from tests.mobile_api.test_mobile_api_photos import work
from tests.support.serving import wait_until


def travelled(world: World) -> list[int]:
    """Engineer 0 has been at two customers yesterday; the claim's ids."""
    with world.transactions.read(SYSTEM) as uow:
        actor = staff.actor(uow, world.department.engineers[0], "phone")
    for visit_id in world.visits[:2]:
        with world.transactions.begin(actor) as uow:
            for step in (visits.accept, visits.set_out, visits.sign_in, visits.finish):
                step(uow, visit_id=visit_id)
        world.do(lambda uow, visit_id=visit_id: expenses.record_trip(uow, visit_id=visit_id))
    world.clock.advance(days=1)

    def ids(uow: UnitOfWork) -> list[int]:
        return [row.id for row in claims.claims(uow, engineer_id=world.department.engineers[0]).rows]

    return list(world.do(ids))


def statuses(world: World) -> list[str]:
    """How the engineer's claims stand."""
    with world.transactions.read(SYSTEM) as uow:
        return [row.status for row in claims.claims(uow, engineer_id=world.department.engineers[0]).rows]


def test_two_touches(world: World, phone: BrowserContext) -> None:
    travelled(world)
    page = phone.new_page()
    ready(page)
    page.get_by_role("button", name="我的").click()
    page.locator("#week-claims").click()
    expect(page.locator("#week-claims")).to_have_count(0)
    wait_until(lambda: statuses(world) == ["submitted"], 10, "the claim did not arrive")


def test_a_receipt_beside_its_trip(world: World, phone: BrowserContext, tmp_path: Path) -> None:
    (claim_id,) = travelled(world)
    page = phone.new_page()
    ready(page)
    page.goto(f"/m#claim/{claim_id}")
    shoot(page, tmp_path, "receipt")
    expect(page.get_by_text("已送达")).to_be_visible()
    work(world)
    with world.transactions.read(SYSTEM) as uow:
        found = photos.of_visits(uow, world.visits, purpose="receipt")
    assert [one.status for rows in found.values() for one in rows] == ["ready"]
