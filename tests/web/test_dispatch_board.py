"""The board over HTTP: its state, planning with progress, whom publishing tells, changes by hand, refusals."""

import json
from datetime import date, datetime, timedelta
from typing import Any

from flask import Flask

from backend.appointments import actions as appointments
from backend.bootstrap import Application
from backend.core.clock import SHANGHAI
from backend.core.i18n import translations
from backend.core.uow import SYSTEM
from backend.serve import inline
from tests.dispatch.department import add_order
from tests.support.department import Browser
from web_admin.views.dispatch.live import watch
from web_admin.views.dispatch.page import script_words

HOUR = 3600


def tomorrow() -> date:
    return datetime.now(SHANGHAI).date() + timedelta(days=1)


def appointed(application: Application, count: int, first: int = 0) -> list[int]:
    with application.transactions.begin(SYSTEM) as uow:
        ids = [add_order(uow, n) for n in range(first, first + count)]
        for order_id in ids:
            appointments.appoint(uow, order_id=order_id, on=tomorrow(), from_s=9 * HOUR, to_s=17 * HOUR)
    return ids


def ask(browser: Browser, path: str, **body: Any) -> Any:
    """What the board's script sends and gets."""
    headers = browser.headers | {"Accept": "application/json"}
    del headers["HX-Request"]
    body = {"day": str(tomorrow())} | body
    return browser.client.post(f"/dispatch{path}", json=body, headers=headers)


def seen(browser: Browser, path: str = "/day.json") -> Any:
    answer = browser.client.get(f"/dispatch{path}?day={tomorrow()}", headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    return answer.json


def plan(browser: Browser, application: Application) -> Any:
    job = ask(browser, "/plan").json["job"]
    assert seen(browser)["job"] == job
    assert seen(browser, f"/jobs/{job}.json")["open"] is True
    assert inline.finish_job(application.transactions, job).status == "done"
    assert seen(browser, f"/jobs/{job}.json")["open"] is False
    return seen(browser)


def visits(state: Any) -> dict[int, Any]:
    return {visit["id"]: visit | {"engineer": e["id"]} for e in state["engineers"] for visit in e["visits"]}


def test_page_and_empty_day(app: Flask) -> None:
    browser = Browser(app, "technical_assistant")
    page = browser.get(f"/dispatch?day={tomorrow()}").text
    assert 'href="/appointments"' in page and "这一天还没有约好的单子" in page and 'id="publish"' in page
    state = seen(browser)
    assert state["plan_id"] is None and state["unplanned"] == [] and len(state["engineers"]) == 5


def test_every_sentence_of_the_scripts_is_translated(app: Flask) -> None:
    words = script_words()
    english = translations("en")
    assert len(words) > 100
    assert sorted(word for word in words if english.gettext(word) == word) == []
    browser = Browser(app, "technical_assistant")
    browser.send("/language", data={"lang": "en", "next": "/dispatch"})
    page = browser.get(f"/dispatch?day={tomorrow()}").text
    table = page.split('id="board-words">')[1].split("</script>")[0]
    assert json.loads(table)["放进去"] == "Put in"


def test_publishing_tells_those_whose_day_changed_and_nobody_else(
    app: Flask, application: Application
) -> None:
    appointed(application, 3)
    browser = Browser(app, "technical_assistant")
    state = plan(browser, application)
    told = seen(browser, f"/announcement.json/{tomorrow()}")
    assert state["differences"] == 3 and sum(len(one["added"]) for one in told["news"]) == 3
    assert {one["engineer_id"] for one in told["news"]} == {one["engineer"] for one in visits(state).values()}
    answer = ask(browser, "/publish").json
    assert set(answer["people"]) == {one["engineer_id"] for one in told["news"]}
    assert seen(browser)["differences"] == 0

    (order_id, *_) = visits(state)
    assert ask(browser, "/take-out", order=order_id, seen=state["revision"]).status_code == 200
    told = seen(browser, f"/announcement.json/{tomorrow()}")
    assert [(one["engineer_id"], len(one["removed"])) for one in told["news"]] == [
        (visits(state)[order_id]["engineer"], 1)
    ]
    assert ask(browser, "/publish").json["people"] == [visits(state)[order_id]["engineer"]]
    assert ask(browser, "/publish").json["people"] == []


def test_unchanged_day_is_not_sent_again_and_the_stamp_follows_changes(
    app: Flask, application: Application
) -> None:
    (order_id, *_) = appointed(application, 2)
    browser = Browser(app, "technical_assistant")
    plan(browser, application)
    path = f"/dispatch/day.json?day={tomorrow()}"
    first = browser.client.get(path)
    tag = first.headers["ETag"]
    assert browser.client.get(path, headers={"If-None-Match": tag}).status_code == 304
    stamp = seen(browser, "/stamp.json")["stamp"]
    assert stamp == first.json["stamp"] == seen(browser, "/stamp.json")["stamp"]
    ask(browser, "/take-out", order=order_id, seen=first.json["revision"])
    assert seen(browser, "/stamp.json")["stamp"] != stamp
    assert browser.client.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_stream_tells_a_change_and_gives_its_place_back(app: Flask, application: Application) -> None:
    (order_id, *_) = appointed(application, 1)
    browser = Browser(app, "technical_assistant")
    state = plan(browser, application)
    with browser.client.get(f"/dispatch/live?day={tomorrow()}&stamp={state['stamp']}") as answer:
        rows = answer.iter_encoded()
        assert next(rows) == b"retry: 1000\n\n"
        ask(browser, "/take-out", order=order_id, seen=state["revision"])
        told = next(rows).decode()
    assert told == f"event: changed\ndata: {seen(browser)['stamp']}\n\n"
    most = application.settings.web_streams
    with app.app_context():
        place = watch()
    assert [place.enter(tomorrow()) for _ in range(most)] == [True] * most
    assert browser.client.get(f"/dispatch/live?day={tomorrow()}").status_code == 503
    for _ in range(most):
        place.leave(tomorrow())


def test_a_broken_rule_is_named_before_and_after_the_drop(app: Flask, application: Application) -> None:
    (order_id, *_) = appointed(application, 2)
    browser = Browser(app, "technical_assistant")
    state = plan(browser, application)
    engineer = visits(state)[order_id]["engineer"]
    late = {"order": order_id, "engineer": engineer, "start_s": 18 * HOUR}
    looked = ask(browser, "/preview", **late).json
    assert any("会晚" in sentence for sentence in looked["broken"])
    refused = ask(browser, "/moves", **late, seen=state["revision"])
    assert refused.status_code == 409 and refused.json["title"] == "rule_broken"
    assert [one["message"] for one in refused.json["errors"]] == looked["broken"]
    choices = seen(browser, "/reasons.json")
    done = ask(browser, "/moves", **late, seen=state["revision"], reason_code=choices[0]["code"])
    assert done.status_code == 200 and visits(seen(browser))[order_id]["slack_s"] < 0
    calls = seen(browser, f"/announcement.json/{tomorrow()}")["calls"]
    assert [one["order_id"] for one in calls] == [order_id]
    assert ask(browser, "/undo").json["orders"] == [order_id]
    assert visits(seen(browser)) == visits(state)
    assert ask(browser, "/undo").json["title"] == "nothing_to_undo"


def test_places_and_alternatives_have_a_price(app: Flask, application: Application) -> None:
    (order_id, *_) = appointed(application, 3)
    browser = Browser(app, "technical_assistant")
    state = plan(browser, application)
    other = seen(browser, f"/orders/{order_id}/others.json")
    assert other and all(one["engineer_id"] != visits(state)[order_id]["engineer"] for one in other)
    cheapest = other[0]
    looked = ask(
        browser, "/preview", order=order_id, engineer=cheapest["engineer_id"], start_s=cheapest["start_s"]
    )
    assert looked.json["extra_fen"] == cheapest["extra_fen"]
    ask(browser, "/take-out", order=order_id, seen=state["revision"])
    (place,) = seen(browser, "/places.json")
    assert place["order_id"] == order_id and place["fit"] == 5 and place["extra_fen"] > 0


def test_nonsense_is_refused_with_a_sentence(app: Flask, application: Application) -> None:
    (order_id, *_) = appointed(application, 1)
    browser = Browser(app, "technical_assistant")
    plan(browser, application)
    for body in (
        {"order": "x", "engineer": 1, "start_s": 1},
        {"order": order_id, "engineer": -1, "start_s": 1},
        {"order": order_id, "engineer": 1, "start_s": 10**9},
        {"order": order_id, "engineer": 1, "start_s": 36000, "day": "nonsense"},
        {"order": order_id, "engineer": True, "start_s": 36000},
        {"order": order_id, "engineer": 1, "start_s": 36000, "reason": "长" * 500},
    ):
        for path in ("/preview", "/moves"):
            if path == "/preview" and "reason" in body:
                continue
            answer = ask(browser, path, **body)
            assert answer.status_code == 422 and answer.json["detail"], body
    assert ask(browser, "/moves", order=999_999, engineer=1, start_s=36000).status_code == 409
    assert ask(browser, "/moves", order=order_id, engineer=999_999, start_s=36000).status_code == 409


def test_who_may_not_plan_sees_no_buttons(app: Flask, application: Application) -> None:
    appointed(application, 1)
    plan(Browser(app, "technical_assistant"), application)
    manager = Browser(app, "manager")
    page = manager.get(f"/dispatch?day={tomorrow()}").text
    assert 'id="publish"' not in page and 'data-manage="no"' in page
    assert len(visits(seen(manager))) == 1
    assert ask(manager, "/undo").status_code == 403


def test_trying_resizing_another_day_and_looking_back(app: Flask, application: Application) -> None:
    browser = Browser(app, "technical_assistant")
    appointed(application, 4)
    state = plan(browser, application)
    order_id, visit = next(iter(visits(state).items()))
    tried = ask(browser, "/what-if", assumed=[{"kind": "ill", "engineer": visit["engineer"]}]).json
    assert tried["terms_now"]["hours"] and visit["engineer"] in tried["people"]
    assert visits(seen(browser))[order_id]["engineer"] == visit["engineer"]
    length = visit["end_s"] - visit["start_s"]
    assert (
        ask(browser, "/resize", order=order_id, duration_s=length + 600, reason="线路多").status_code == 200
    )
    longer = visits(seen(browser))[order_id]
    assert longer["end_s"] - longer["start_s"] == length + 600
    offered = browser.client.get(
        f"/dispatch/orders/{order_id}/windows.json", headers={"Accept": "application/json"}
    ).json
    assert offered["phone"] and {"on", "day", "from_s", "to_s", "fits"} <= offered["windows"][0].keys()
    assert all(one["grade"] in ("good", "fair", "dear", "none") for one in offered["windows"])
    assert any(one["grade"] == "good" for one in offered["windows"] if one["fits"])
    later = tomorrow() + timedelta(days=7)
    gone = ask(browser, "/to-day", order=order_id, to=str(later), from_s=9 * HOUR, to_s=11 * HOUR)
    assert gone.status_code == 200 and order_id not in visits(seen(browser))
    assert seen(browser, "/learned.json") == {"suggested": [], "rules": [], "lengths": []}
    assert "这一周没有发布过日程" in browser.get("/dispatch/look-back").text


def test_what_cannot_be_tried_is_refused_with_a_sentence(app: Flask, application: Application) -> None:
    browser = Browser(app, "technical_assistant")
    appointed(application, 1)
    engineer = seen(browser)["engineers"][0]["id"]
    for path, body in (
        ("/what-if", {"assumed": []}),
        ("/what-if", {"assumed": "ill"}),
        ("/what-if", {"assumed": [{"kind": "bored", "engineer": engineer}]}),
        ("/what-if", {"assumed": [{"kind": "ill", "engineer": -1}]}),
        ("/resize", {"order": 1, "duration_s": -5}),
        ("/to-day", {"order": 1, "to": "soon", "from_s": 0, "to_s": 1}),
        ("/learned", {"about": {"kind": "duration", "customer_id": 1}, "accept": "yes"}),
        ("/learned", {"about": "duration", "accept": True}),
        ("/calls/1", {"called": "yes"}),
        ("/what-if/keep", {"assumed": []}),
    ):
        answer = ask(browser, path, **body)
        assert answer.status_code in (400, 422), (path, body, answer.text)
        assert answer.json["detail"]
    assert ask(browser, "/what-if", assumed=[{"kind": "ill", "engineer": engineer}]).status_code == 409
    assert (
        ask(browser, "/learned", about={"kind": "duration", "customer_id": 1}, accept=True).status_code == 404
    )
    assert ask(browser, "/changes/99/reason", reason_code="x").status_code == 404
    assert ask(browser, "/calls/99", called=True).status_code == 404
    path = f"/dispatch/compare.json?day={tomorrow()}&left=working&right=99"
    assert browser.client.get(path, headers={"Accept": "application/json"}).status_code == 404


def test_two_plans_side_by_side_and_a_copy_thrown_away(app: Flask, application: Application) -> None:
    browser = Browser(app, "technical_assistant")
    appointed(application, 4)
    state = plan(browser, application)
    visit = next(iter(visits(state).values()))
    kept = ask(browser, "/what-if/keep", assumed=[{"kind": "ill", "engineer": visit["engineer"]}]).json[
        "plan"
    ]
    same = ask(browser, "/what-if/keep", assumed=[{"kind": "ill", "engineer": visit["engineer"]}]).json[
        "plan"
    ]
    assert kept == same
    plans = seen(browser, "/plans.json")
    assert [one["key"] for one in plans] == ["working", kept]
    assert plans[1]["assumed"] == [{"kind": "ill", "engineer": visit["engineer"]}]
    path = f"/dispatch/compare.json?day={tomorrow()}&left=working&right={kept}"
    found = browser.client.get(path, headers={"Accept": "application/json"}).json
    assert [one["id"] for one in found["gone"]] == [visit["engineer"]]
    moved = {one["order_id"] for one in found["moves"]}
    assert moved >= {key for key, one in visits(state).items() if one["engineer"] == visit["engineer"]}
    assert {one["order"] for one in found["before"]} <= moved and found["terms_now"] != found["terms_then"]
    assert ask(browser, f"/copies/{kept}/drop").status_code == 200
    assert ask(browser, f"/copies/{kept}/drop").status_code == 200
    assert [one["key"] for one in seen(browser, "/plans.json")] == ["working"]
    assert ask(browser, f"/copies/{state['plan_id']}/drop").status_code == 404
