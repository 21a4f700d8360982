"""The card desk shows the standard's steps with their results, in the department's words."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

from flask import Flask

from backend.bootstrap import Application
from backend.core import lists
from backend.core.clock import local_date
from backend.core.uow import SYSTEM
from backend.staff import queries as staff
from backend.visits import actions as visits
from backend.visits import queries
from tests.dispatch.department import add_order
from tests.support.department import Browser
from tests.support.office import CARD, PNG
from tests.web.test_records import publish


def card_of(application: Application, **data: Any) -> tuple[int, str]:
    """A card that the first engineer handed in: its visit, and the kind of the order."""
    with application.transactions.begin(SYSTEM) as uow:
        visit_id = publish(uow, add_order(uow, 1), local_date(uow.now))
        actor = staff.actor(uow, min(staff.engineer_names(uow)), "phone")
    with application.transactions.begin(actor) as uow:
        visits.accept(uow, visit_id=visit_id)
        visits.set_out(uow, visit_id=visit_id)
        visits.sign_in(uow, visit_id=visit_id)
        visits.finish(uow, visit_id=visit_id)
        visits.submit_card(
            uow, visit_id=visit_id, uuid=str(uuid4()), data={**CARD, **data}, signature_png=PNG
        )
    with application.transactions.read(SYSTEM) as uow:
        return visit_id, queries.get(uow, visit_id).order.kind


def block(browser: Browser, visit_id: int) -> list[tuple[str, str]]:
    """The steps with their results as the page shows them; empty without the block."""
    page = browser.get(f"/cards/{visit_id}").text
    found = re.search(r"<div class=\"block\" data-steps>(.*?)</dl></div>", page, re.S)
    return re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", found[1]) if found else []


def test_steps_in_words_and_in_the_order_of_the_card(app: Flask, application: Application) -> None:
    visit_id, kind = card_of(application, steps={"measure": "done", "calls": "not", "ask": "none"})
    browser = Browser(app, "technical_assistant")
    with application.transactions.read(SYSTEM) as uow:
        words = lists.words(uow, f"steps_{kind}")
    said = block(browser, visit_id)
    named = [words[code].zh if code in words else code for code in ("measure", "calls", "ask")]
    assert [step for step, _ in said] == named
    assert len({result for _, result in said}) == 3 and not {"done", "not", "none"} & {r for _, r in said}
    browser.send("/language", data={"lang": "en", "next": "/cards"})
    english = [words[code].en if code in words else code for code in ("measure", "calls", "ask")]
    assert [step for step, _ in block(browser, visit_id)] == english


def test_a_step_that_was_ended_keeps_its_words(app: Flask, application: Application) -> None:
    visit_id, kind = card_of(application, steps={"measure": "done", "never_known": "done"})
    with application.transactions.begin(SYSTEM) as uow:
        known = {entry.code: entry for entry in lists.entries(uow, f"steps_{kind}")}
        entry = known.get("measure") or lists.add(
            uow, list_code=f"steps_{kind}", code="measure", zh="逐线测量", en="Measure each line"
        )
        lists.change(
            uow, entry_id=entry.id, zh=entry.zh, en=entry.en, valid_to=local_date(uow.now) - timedelta(days=1)
        )
    assert [step for step, _ in block(Browser(app, "technical_supervisor"), visit_id)] == [
        "逐线测量",
        "never_known",
    ]


def test_without_steps_there_is_no_block_and_who_may_not_sees_none(
    app: Flask, application: Application
) -> None:
    visit_id, _ = card_of(application)
    assert block(Browser(app, "technical_assistant"), visit_id) == []
    assert "data-steps" not in Browser(app, "technical_assistant").get(f"/cards/{visit_id}").text
    assert Browser(app, "sales").get(f"/cards/{visit_id}").status_code == 403
