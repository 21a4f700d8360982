"""Every route × every role, compared with the permission table; log-in, CSRF, throttling, sessions."""

import re

from flask import Flask

from backend.bootstrap import Application
from backend.core.uow import SYSTEM
from backend.http.access import PUBLIC, permission_of
from backend.staff import actions as staff
from backend.staff.auth import MOST_PER_LOGIN
from backend.staff.policy import PERMISSIONS
from backend.staff.queries import by_login
from backend.staff.roles import ROLES
from tests.support.department import PASSWORD, Browser

# They would end the session that the walk uses.
SKIP = {("POST", "/logout"), ("DELETE", "/api/v1/auth/tokens/current")}


def routes(app: Flask) -> list[tuple[str, str, str]]:
    found = []
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            permission = permission_of(app, rule.endpoint, method)
            assert permission is not None, rule
            path = re.sub(r"<(?:[^<>]*\()([^,)]+)[^<>]*>", r"\1", rule.rule)  # any(a, b) → a
            path = re.sub(r"<int:[^>]+>", "999999", path)
            path = re.sub(r"<date:[^>]+>|<[a-z_]*(?:date|day|on)>", "2026-11-24", path)
            path = re.sub(r"<path:[^>]+>", "nothing.txt", path)
            path = re.sub(r"<uuid:[^>]+>", "3b241101-e2bb-4255-8caf-4136c566a962", path)
            found.append((method, re.sub(r"<[^>]+>", "nothing", path), permission))
    return found


def test_every_route_and_every_role_as_the_table_says(app: Flask) -> None:
    browsers = {role: Browser(app, role) for role in ROLES}
    nobody = app.test_client()
    wrong = []
    checked = 0
    for method, path, permission in routes(app):
        if (method, path) in SKIP or path.startswith("/static/"):
            continue
        if permission != PUBLIC:
            status = nobody.open(path, method=method, headers={"Accept": "application/json"}).status_code
            if status not in (302, 401, 403):
                wrong.append((method, path, "nobody", status))
        for role, browser in browsers.items():
            answer = browser.get(path) if method == "GET" else browser.send(path, method)
            allowed = permission == PUBLIC or role in PERMISSIONS[permission]
            refused = answer.status_code in (401, 403)
            if (permission != PUBLIC and refused == allowed) or (
                answer.status_code >= 500 and path != "/readyz"
            ):
                wrong.append((method, path, role, answer.status_code))
            checked += 1
    assert wrong == []
    assert checked > 400


def test_a_form_without_the_token_is_refused(app: Flask) -> None:
    browser = Browser(app, "technical_assistant")
    assert browser.client.post("/inbox/read").status_code == 403
    assert browser.client.post("/inbox/read", data={"csrf_token": "0" * 64}).status_code == 403
    assert browser.send("/inbox/read").status_code == 303


def test_guessing_passwords_is_slowed_down(app: Flask) -> None:
    client = app.test_client()
    token = re.search(r'name="csrf_token" value="([0-9a-f]+)"', client.get("/login").text)
    assert token is not None
    form = {"login": "admin", "csrf_token": token[1], "next": "/"}
    statuses = [
        client.post("/login", data={**form, "password": f"guess-{n}"}).status_code
        for n in range(MOST_PER_LOGIN + 2)
    ]
    assert statuses == [401] * MOST_PER_LOGIN + [429] * 2
    assert client.post("/login", data={**form, "password": PASSWORD}).status_code == 429


def test_a_disabled_person_is_out_at_once(app: Flask, application: Application) -> None:
    browser = Browser(app, "finance")
    assert browser.get("/claims").status_code == 200
    with application.transactions.begin(SYSTEM) as uow:
        person = by_login(uow, "finance")
        assert person is not None
        staff.set_disabled(uow, person_id=person.id, disabled=True)
    assert browser.get("/claims").status_code == 302


def test_log_in_goes_on_to_own_pages_only(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/login?next=//evil.example/x").text
    assert 'name="next" value="/"' in page


def test_english_is_a_switch_and_stays(app: Flask) -> None:
    browser = Browser(app, "technical_assistant")
    assert "还没有客户" in browser.get("/customers").text
    browser.send("/language", data={"lang": "en", "next": "/customers"})
    page = browser.get("/customers").text
    assert "No customers yet" in page and "还没有客户" not in page


def test_headers_keep_strangers_out(app: Flask) -> None:
    answer = app.test_client().get("/login")
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "HttpOnly" in answer.headers["Set-Cookie"]
