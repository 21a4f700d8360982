"""The frame around every page: work areas, dates as people say them, words of statuses."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Flask, flash, get_flashed_messages, request, url_for

from backend.core import settings
from backend.core.clock import SHANGHAI, local_date
from backend.core.i18n import translations
from backend.core.money import yuan_display
from backend.http.context import application, current_actor, lang, transactions
from backend.http.login import csrf_token
from backend.notifications import queries as notifications
from backend.orders.states import KINDS, STATES
from backend.staff.policy import may
from backend.staff.roles import ROLES
from backend.visits.photos import PURPOSES

WEEKDAYS = {
    "zh": ["周一", "周二", "周三", "周四", "周五", "周六", "周日"],
    "en": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
}


@dataclass(frozen=True)
class Area:
    """A work area of the rail; shown to those who hold its permission."""

    href: str
    icon: str
    zh: str
    permission: str
    last: bool = False


AREAS = (
    Area("/day", "day", "今天", "day.read"),
    Area("/install-orders", "sheet", "安装单", "orders.submit"),
    Area("/orders", "wrench", "工单", "orders.read"),
    Area("/appointments", "call", "预约", "appointments.manage"),
    Area("/dispatch", "board", "调度", "dispatch.read"),
    Area("/engineers", "calendar", "班次", "engineers.read"),
    Area("/vehicles", "car", "车辆", "dispatch.read"),
    Area("/cards", "card", "反馈卡", "cards.read"),
    Area("/invoices", "invoice", "发票", "invoices.read"),
    Area("/claims", "fare", "交通费", "claims.read"),
    Area("/threads", "question", "问答", "questions.ask"),
    Area("/customers", "customer", "客户", "customers.read"),
    Area("/stock", "stock", "库存", "stock.read"),
    Area("/phones", "phone", "手机", "phones.manage"),
    Area("/settings", "gear", "设置", "settings.manage", last=True),
    Area("/people", "people", "人员", "people.manage"),
    Area("/audit", "trail", "记录", "audit.read"),
)


@dataclass(frozen=True)
class Look:
    """How a status looks: an icon and a tone beside its word."""

    icon: str
    tone: str = ""


LOOKS = {
    "draft": Look("dashed"),
    "submitted": Look("clock", "warn"),
    "returned": Look("undo", "danger"),
    "approved": Look("call", "warn"),
    "appointed": Look("clock"),
    "planned": Look("dashed"),
    "published": Look("ring"),
    "accepted": Look("dot"),
    "en_route": Look("go", "accent"),
    "on_site": Look("target", "accent"),
    "done": Look("card", "warn"),
    "card_submitted": Look("card", "warn"),
    "card_passed": Look("tick", "ok"),
    "closed": Look("tick", "ok"),
    "cancelled": Look("alert"),
    "on_hold": Look("clock", "warn"),
    "escalated": Look("alert", "danger"),
}


def gettext(text: str) -> str:
    """The text in the language of the request."""
    return translations(lang()).gettext(text)


def joined(names: Iterable[str]) -> str:
    """Several names as one text."""
    return (", " if lang() == "en" else "、").join(names)


def say(text: str, *, undo: str = "") -> None:
    """Show a sentence on the next page, such as what was just done; ``undo`` is the address that takes it back."""
    flash(text, undo or "message")


def say_done(text: str, *, left: int, undo: str = "") -> None:
    """Show what was done to many, and how many were left because they had changed; ``undo`` takes it back."""
    say(text + (gettext("；%(n)s 张刚有变化，没有动") % {"n": left} if left else ""), undo=undo)


def today() -> date:
    """The calendar day in Beijing."""
    return local_date(application().clock.now())


def day_name(day: date) -> str:
    """今天 · 11 月 24 日 周二 / Today · Tue 24 Nov."""
    near = {0: "今天", 1: "明天", -1: "昨天"}.get((day - today()).days)
    weekday = WEEKDAYS[lang()][day.weekday()]
    text = f"{weekday} {day:%d %b}" if lang() == "en" else f"{day.month} 月 {day.day} 日 {weekday}"
    return f"{gettext(near)} · {text}" if near else text


def short_day(day: date) -> str:
    """今天, 明天, 周三 11-26."""
    near = {0: "今天", 1: "明天", -1: "昨天"}.get((day - today()).days)
    return gettext(near) if near else f"{WEEKDAYS[lang()][day.weekday()]} {day:%m-%d}"


def moment(at: datetime) -> str:
    """A moment as people say it: 今天 14:00, 周三 11-26 09:30."""
    local = at.astimezone(SHANGHAI)
    return f"{short_day(local.date())} {local:%H:%M}"


def full_moment(at: datetime) -> str:
    """The whole date, for the hover."""
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"


def clock_time(seconds: int) -> str:
    """Seconds since midnight as 9:05."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}"


def minutes(seconds: float) -> str:
    """Seconds as whole minutes or hours and minutes, with units."""
    whole = round(seconds / 60)
    hour, minute = (" h ", " min") if lang() == "en" else (" 小时 ", " 分")
    if whole < 60:
        return f"{whole}{minute}"
    return f"{whole // 60}{hour}{whole % 60}{minute}" if whole % 60 else f"{whole // 60}{hour}".rstrip()


def url_with(**changes: Any) -> str:
    """This page's address with some query arguments changed; None removes one."""
    arguments = {**(request.view_args or {}), **request.args.to_dict(), **changes}
    return url_for(
        request.endpoint or "", **{key: value for key, value in arguments.items() if value is not None}
    )


def install(app: Flask) -> None:
    """Give templates their filters and what the frame shows."""
    app.secret_key = settings.secret(application_of(app).settings)
    app.jinja_env.filters.update(
        day_name=day_name,
        short_day=short_day,
        moment=moment,
        full_moment=full_moment,
        clock=clock_time,
        minutes=minutes,
        yuan=yuan_display,
        zip_same=lambda values: [(value, value) for value in values],
    )
    app.jinja_env.globals.update(
        csrf_token=csrf_token,
        url_with=url_with,
        said=lambda: get_flashed_messages(with_categories=True),
        status_name=lambda code: STATES[code].text(lang()),
        status_look=lambda code: LOOKS[code],
        kind_name=lambda code: KINDS[code].text(lang()),
        photo_words=lambda purpose: PURPOSES[purpose].text(lang()),
    )
    app.context_processor(_frame)


def application_of(app: Flask) -> Any:
    """The parts behind a Flask application, outside of a request."""
    return app.extensions["paidan"]


def _frame() -> dict[str, Any]:
    actor = current_actor()
    areas = [
        {
            "href": area.href,
            "icon": area.icon,
            "label": gettext(area.zh),
            "here": request.path == area.href or request.path.startswith(area.href + "/"),
            "last": area.last,
        }
        for area in AREAS
        if may(actor.roles, area.permission)
    ]
    unread = 0
    if actor.person_id is not None and not request.headers.get("HX-Request"):
        with transactions().read(actor) as uow:
            unread = notifications.unread_count(uow, actor.person_id)
    return {
        "lang": lang(),
        "actor": actor,
        "areas": areas,
        "today": today(),
        "unread": unread,
        "role_names": joined(ROLES[role].text(lang()) for role in sorted(actor.roles)[:2] if role in ROLES),
        "may": lambda permission: may(actor.roles, permission),
    }
