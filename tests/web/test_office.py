"""The supervisor's day, people, the trail, the inbox, and the countdown of the card desk."""

import re
from datetime import timedelta
from pathlib import Path

from flask import Flask

from backend.bootstrap import Application
from backend.core.clock import local_date
from backend.core.uow import SYSTEM
from backend.notifications import actions as notifications
from backend.orders import actions as orders
from backend.staff import queries as staff
from backend.visits import actions as visits
from backend.visits import queries
from tests.dispatch.department import add_order
from tests.support.department import Browser
from tests.web.test_records import publish
from web_admin.frame import today
from web_admin.trail_words import ACTIONS, MACHINES, action_word, changes
from web_admin.views.cards import left
from web_admin.views.office import by_engineer

HOUR = 3600


def test_time_left_and_time_past(app: Flask, application: Application) -> None:
    with app.test_request_context():
        now = application.clock.now()
        assert left(now + timedelta(hours=3, minutes=20, seconds=5)) == "还剩 3 小时 20 分"
        assert left(now - timedelta(minutes=40, seconds=5)) == "超 40 分"


def test_the_day_counts_by_engineer_and_each_number_opens_its_records(
    app: Flask, application: Application
) -> None:
    with app.app_context():
        on = today()
    transactions = application.transactions
    with transactions.begin(SYSTEM) as uow:
        names = staff.engineer_names(uow)
        late_one, other = sorted(names)[:2]
        for n, (engineer_id, to_s) in enumerate(((late_one, 0), (other, 86399))):
            order_id = add_order(uow, n)
            for move in ("appoint", "plan", "publish"):
                orders.move(uow, order_id, move)
            visits.assign(
                uow, order_id=order_id, engineer_id=engineer_id, on=on, sequence=1, window_from_s=0,
                window_to_s=to_s, arrive_s=0, start_s=0, end_s=HOUR, mode="metro", travel_s=600,
                travel_m=3000, travel_fen=300,
            )  # fmt: skip
    with transactions.read(SYSTEM) as uow:
        found = queries.day_summary(uow, on)
    groups = {"all": found.visits, "done": found.done, "late": found.late, "cards_missing": ()}
    lines = {line.engineer_id: line for line in by_engineer(groups)}
    assert lines[other].late == 0 and lines[other].visits == 1
    assert lines[late_one].late == len(found.late)
    browser = Browser(app, "technical_supervisor")
    page = browser.get(f"/day?day={on}").text
    assert f"/day?day={on}&engineer={other}" in page
    rows = browser.get(f"/day?day={on}&show=all&engineer={other}").text
    assert rows.count('<td class="nowrap">') == 1 and names[other] in rows


def test_a_person_gets_a_new_password_and_a_filter_by_role(app: Flask, application: Application) -> None:
    admin = Browser(app, "admin")
    page = admin.get("/people?role=finance").text
    (person_id,) = set(re.findall(r"/people/(\d+)/password", page))
    assert f"/people/{person_id}/disable" in page
    answer = admin.send(f"/people/{person_id}/password", data={"password": "short"})
    assert answer.status_code == 422
    answer = admin.send(f"/people/{person_id}/password", data={"password": "another-horse-battery"})
    assert answer.status_code == 204
    trail = admin.get(f"/audit?entity=person&id={person_id}").text
    assert "换密码" in trail and "password_set" not in trail


def test_every_audited_action_has_a_word(app: Flask) -> None:
    root = Path(__file__).parents[2] / "backend"
    text = "\n".join(path.read_text() for path in root.rglob("*.py"))
    found = set(re.findall(r'uow\.audit\(\s*"\w+",\s*[^,]+,\s*"(\w+)"', text))
    known = {move.name for machine in MACHINES.values() for move in machine.moves}
    assert len(found) > 15 and found - set(ACTIONS) - known == set()
    with app.test_request_context():
        assert action_word("service_order", "approve") == "批准"
        assert changes("service_order", {"status": "approved", "note": ""}) == "待预约"


def test_a_message_opens_what_it_is_about(app: Flask, application: Application) -> None:
    with application.transactions.begin(SYSTEM) as uow:
        order_id = add_order(uow, 1)
        for login in ("technical_assistant", "finance"):
            person = staff.people_with_role(uow, login)[0]
            notifications.tell(
                uow, person_id=person.id, fact_key="t:1", kind="note", zh="看一下", en="Look",
                data={"order_id": order_id},
            )  # fmt: skip
    assistant = Browser(app, "technical_assistant")
    assert f'href="/orders/{order_id}"' in assistant.get("/inbox?show=unread").text
    assistant.send("/inbox/read")
    assert "看一下" not in assistant.get("/inbox?show=unread").text
    assert "看一下" in assistant.get("/inbox").text
    page = Browser(app, "finance").get("/inbox").text
    assert "看一下" in page and f"/orders/{order_id}" not in page


def test_the_day_says_who_has_seen_that_it_changed(app: Flask, application: Application) -> None:
    with application.transactions.begin(SYSTEM) as uow:
        on = local_date(uow.now)
        visit_id = publish(uow, add_order(uow, 1), on)
        engineer_id = queries.get(uow, visit_id).engineer_id
        data = {"on": on.isoformat(), "added": ["x"], "moved": [], "removed": []}
        item_id = notifications.tell(
            uow,
            person_id=engineer_id,
            fact_key="f",
            kind="schedule_changed",
            zh="变",
            en="changed",
            data=data,
        )
        actor = staff.actor(uow, engineer_id, "phone")
    lead = Browser(app, "technical_supervisor")
    assert 'data-news="unseen"' in lead.get("/day").text
    with application.transactions.begin(actor) as uow:
        notifications.mark_read(uow, item_ids=[item_id or 0])
    page = lead.get("/day").text
    assert 'data-news="seen"' in page and 'data-news="unseen"' not in page
