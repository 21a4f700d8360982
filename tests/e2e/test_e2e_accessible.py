"""The assistant's pages by the rules of WCAG 2.1 A and AA that a machine can check, in light and dark (axe-core)."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from backend.core.uow import SYSTEM
from backend.orders import queries as orders
from tests.e2e.test_e2e_board import Board, big_day, board, enter

__all__ = ["big_day", "board"]
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async () => {
  const levels = { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] };
  const found = await axe.run(document, { runOnly: levels, resultTypes: ["violations"] });
  return found.violations.map((one) => [one.id, one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160))]);
}"""


def broken(page: Page) -> list[Any]:
    """Which rules the page breaks, and where."""
    assert AXE.exists(), "axe-core is missing: run make setup"
    page.evaluate(AXE.read_text("utf-8"))
    found: list[Any] = page.evaluate(RUN)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_board_in_its_states(chromium: Browser, board: Board, scheme: Any) -> None:
    context = chromium.new_context(
        viewport={"width": 1440, "height": 900},
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        color_scheme=scheme,
    )
    page = context.new_page()
    enter(page, board)
    expect(page.locator("#unplanned .place .price").first).to_contain_text("元")
    assert broken(page) == []
    page.keyboard.press("j")
    page.keyboard.press("d")
    expect(page.locator("#day-table tbody tr").first).to_be_visible()
    assert broken(page) == []
    page.keyboard.press("d")
    page.locator(".exception", has_text="加急").click()
    expect(page.locator("[data-spot]").first).to_be_visible()
    assert broken(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("h")
    page.locator("#what-if form button").click()
    expect(page.locator("#what-if .money")).to_be_visible()
    assert broken(page) == []
    page.locator("#what-if-keep").click()
    expect(page.locator("#compare .money")).to_be_visible()
    assert broken(page) == []
    context.close()


def test_the_pages_before_the_board(page: Page, board: Board) -> None:
    with board.transactions.read(SYSTEM) as uow:
        order_id = orders.with_status(uow, ["approved"])[0].id
    enter(page, board)
    for path in (
        "/dispatch/week",
        "/dispatch/look-back",
        f"/appointments?order={order_id}",
        "/engineers",
        "/vehicles",
        "/install-orders",
        "/orders",
    ):
        page.goto(board.address + path)
        page.wait_for_load_state("networkidle")
        assert (path, broken(page)) == (path, [])
