"""One's own account and what the administrator changes: password, log-ins, roles; the help page."""

import re

import pytest
from flask import Flask

from backend.bootstrap import Application
from backend.core.uow import SYSTEM
from backend.staff import account, auth
from backend.staff import queries as staff
from backend.staff.roles import ROLES
from tests.support.department import PASSWORD, Browser
from web_admin.views.account import browser_name
from web_admin.views.help import DAYS

NEW = "another-horse-battery"


def person_id(application: Application, login: str) -> int:
    with application.transactions.read(SYSTEM) as uow:
        found = staff.by_login(uow, login)
    assert found is not None
    return found.id


def test_a_new_password_logs_out_everywhere_else(app: Flask, application: Application) -> None:
    here, there = Browser(app, "finance"), Browser(app, "finance")
    own = person_id(application, "finance")
    with application.transactions.begin(SYSTEM) as uow:
        token = auth.open_device(uow, own, name="vivo")
    wrong = here.send("/account/password", data={"present": "guess-guess", "new": NEW})
    assert wrong.status_code == 422 and "现在的密码不对" in wrong.text
    short = here.send("/account/password", data={"present": PASSWORD, "new": "short"})
    assert short.status_code == 422
    same = here.send("/account/password", data={"present": PASSWORD, "new": PASSWORD})
    assert same.status_code == 422 and there.get("/account").status_code == 200
    assert here.send("/account/password", data={"present": PASSWORD, "new": NEW}).status_code == 204
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 302
    with application.transactions.read(SYSTEM) as uow:
        assert auth.identify_device(uow, token) is None


def test_guessing_the_present_password_is_slowed_down_as_logging_in_is(app: Flask) -> None:
    browser = Browser(app, "finance")
    form = {"present": "guess-guess", "new": NEW}
    codes = [browser.send("/account/password", data=form).status_code for _ in range(auth.MOST_PER_LOGIN + 1)]
    assert codes == [422] * auth.MOST_PER_LOGIN + [429]


def test_own_log_ins_are_listed_and_ended_and_nobody_elses(app: Flask, application: Application) -> None:
    here, there = Browser(app, "finance"), Browser(app, "finance")
    page = here.get("/account").text
    ends = re.findall(r'hx-post="(/account/sessions/\d+/end)"', page)
    assert len(ends) == 1, "the browser in use offers no such button for itself"
    assert Browser(app, "sales").send(ends[0]).status_code == 404
    assert there.get("/account").status_code == 200
    assert here.send(ends[0]).status_code == 204 and here.send(ends[0]).status_code == 204
    assert there.get("/account").status_code == 302
    with application.transactions.read(SYSTEM) as uow:
        assert len(account.sessions(uow, person_id(application, "finance"))) == 1


def test_roles_change_at_once_and_one_administrator_stays(app: Flask, application: Application) -> None:
    admin, other = Browser(app, "admin"), Browser(app, "finance")
    finance, own = person_id(application, "finance"), person_id(application, "admin")
    assert other.get("/stock").status_code == 403
    form = {"roles": ["finance", "stock_assistant"]}
    assert admin.send(f"/people/{finance}/roles", data=form).status_code == 204
    assert other.get("/stock").status_code == 200
    assert admin.send(f"/people/{finance}/roles", data={"roles": []}).status_code == 422
    assert admin.send(f"/people/{finance}/roles", data={"roles": ["king"]}).status_code == 422
    refused = admin.send(f"/people/{own}/roles", data={"roles": ["finance"]})
    assert refused.status_code == 409 and "不能去掉自己的" in refused.text
    trail = admin.get(f"/audit?entity=person&id={finance}").text
    assert "改角色" in trail
    assert admin.send(f"/people/{finance}/log_out").status_code == 204
    assert other.get("/stock").status_code == 302


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0", "Edge · Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0", "Firefox · Linux"),
        ("Mozilla/5.0 (Linux; Android 9) AppleWebKit/537.36 Chrome/90.0 Mobile Safari/537.36", "Chrome · Android"),
        ("Werkzeug/3.1", "Werkzeug/3.1"),
    ],
)  # fmt: skip
def test_browsers_have_the_names_that_people_know(agent: str, name: str) -> None:
    assert browser_name(agent) == name


def test_help_begins_with_ones_own_day_and_its_links_open(app: Flask) -> None:
    assert DAYS.keys() == ROLES.keys()
    for role in ROLES:
        browser = Browser(app, role)
        page = browser.get("/help").text
        links = re.findall(r'<a class="link push" href="([^"]+)"', page)
        assert len(links) == len(DAYS[role])
        assert {browser.get(link).status_code for link in links} <= {200, 302}
