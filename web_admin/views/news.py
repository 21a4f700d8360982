"""通知: which news reaches one where, and quiet hours."""

import re
from typing import Any

from flask import Blueprint, Response, render_template, request

from backend.core.errors import DomainError
from backend.http.access import requires
from backend.http.context import application, current_actor, transactions
from backend.notifications import policy, preferences
from backend.staff import account
from backend.staff import queries as staff
from web_admin.frame import gettext, say

blueprint = Blueprint("news", __name__, url_prefix="/account/news")


class BadTime(DomainError):
    """A time of day that is none."""

    code = "bad_time"
    zh = "时间要写成 21:00 这样"
    en = "A time is written like 21:00"


@blueprint.get("")
@requires("self")
def page() -> Any:
    """The one page of preferences."""
    actor = current_actor()
    person_id = actor.person_id or 0
    settings = application().settings
    with transactions().read(actor) as uow:
        lines = preferences.lines(uow, person_id, actor.roles)
        quiet = preferences.of(uow, person_id).quiet
        person = staff.person(uow, person_id)
        phones = account.phones(uow, person_id)
        pushed = [phone.id for phone in phones if preferences.subscription(uow, phone.id)]
    robots = {"wecom": bool(settings.wecom_robot_url), "dingtalk": bool(settings.dingtalk_robot_url)}
    return render_template(
        "office/news.html",
        lines=lines,
        quiet=quiet,
        person=person,
        phones=phones,
        pushed=pushed,
        personal=policy.PERSONAL,
        sms=bool(settings.sms_url),
        robots=robots,
        groups=[topic for topic in policy.TOPICS.values() if topic.group],
        usual=policy.Quiet(),
    )


@blueprint.post("")
@requires("self")
def save() -> Any:
    """What is to hold from now on."""
    form, actor = request.form, current_actor()
    quiet = policy.Quiet("quiet" in form, _seconds(form.get("from", "")), _seconds(form.get("to", "")))
    with transactions().begin(actor) as uow:
        lines = preferences.lines(uow, actor.person_id or 0, actor.roles)
        choices = {
            line.topic.code: [name for name in line.channels if f"{line.topic.code}.{name}" in form]
            for line in lines
        }
        preferences.change(uow, choices=choices, quiet=quiet)
        if "mobile" in form:
            account.change_mobile(uow, number=form["mobile"])
    say(gettext("已保存"))
    return Response(status=204, headers={"HX-Redirect": "/account/news"})


def _seconds(text: str) -> int:
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text.strip())
    if found is None:
        raise BadTime()
    return int(found[1]) * 3600 + int(found[2]) * 60
