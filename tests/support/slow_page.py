"""A slow phone or desk for every browser test: what a test does not wait for shows itself.

``PAIDAN_TEST_SLOW_PAGE=4 make test PYTEST_ARGS=tests/mobile_api`` gives each page a quarter of its processor.
"""

import os

from playwright.sync_api import BrowserContext, Page


def install() -> None:
    """Slow down the pages that are opened from now on by the factor that the environment asks for, if it does."""
    rate = float(os.environ.get("PAIDAN_TEST_SLOW_PAGE", 1))
    if rate == 1:
        return
    usual = BrowserContext.new_page

    def new_page(context: BrowserContext) -> Page:
        page = usual(context)
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": rate})
        return page

    BrowserContext.new_page = new_page  # type: ignore[method-assign]
