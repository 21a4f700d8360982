"""今天 for those who lead, 人员, 记录, 库存, and everybody's 消息."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request

from backend.core import audit
from backend.core.clock import at_local
from backend.core.paging import DEFAULT_SIZE, Page
from backend.core.uow import UnitOfWork
from backend.http.access import requires
from backend.http.context import current_actor, lang, transactions
from backend.notifications import actions as notification_actions
from backend.notifications import queries as notifications
from backend.orders.states import KINDS, STATES
from backend.staff import actions as staff_actions
from backend.staff import queries as staff
from backend.staff.policy import may
from backend.staff.roles import ROLES
from backend.stock import queries as stock
from backend.visits import queries as visits
from backend.visits.queries import VisitRow
from web_admin import lists
from web_admin.frame import clock_time, gettext, joined, say
from web_admin.trail_words import ENTITIES, action_word, changes
from web_admin.views.appointments import day_of

PEOPLE_COLUMNS = (
    lists.Column("姓名", lambda row: row.name),
    lists.Column("用户名", lambda row: row.login),
    lists.Column("角色", lambda row: joined(ROLES[role].text(lang()) for role in row.roles)),
    lists.Column("事业部", lambda row: row.division),
    lists.Column("状态", lambda row: gettext("已停用") if row.disabled_at else gettext("在用")),
)
TRAIL_COLUMNS = (
    lists.Column("时间", lambda row: row.at, "moment"),
    lists.Column("谁", lambda row: row.actor),
    lists.Column(
        "对什么", lambda row: f"{ENTITIES[row.entity].text(lang()) if row.entity in ENTITIES else row.entity}"
    ),
    lists.Column("编号", lambda row: row.entity_id),
    lists.Column("做了", lambda row: action_word(row.entity, row.action)),
    lists.Column("从", lambda row: changes(row.entity, row.before)),
    lists.Column("到", lambda row: changes(row.entity, row.after)),
)
SERIAL_STATES = {
    "in_stock": "在库",
    "issued": "工程师已领",
    "installed": "已装",
    "returned": "已退",
    "damaged": "损坏",
}
STOCK_COLUMNS = (
    lists.Column("序列号", lambda row: row.serial),
    lists.Column("型号", lambda row: row.model),
    lists.Column("状态", lambda row: gettext(SERIAL_STATES[row.status])),
)
DAY_COLUMNS = (
    lists.Column("单号", lambda row: row.order.number),
    lists.Column("种类", lambda row: KINDS[row.order.kind].text(lang())),
    lists.Column("客户", lambda row: row.order.customer_name),
    lists.Column("地址", lambda row: row.order.address),
    lists.Column("工程师", lambda row: row.engineer_name),
    lists.Column("日期", lambda row: row.on, "day"),
    lists.Column("约定", lambda row: f"{clock_time(row.window_from_s)}–{clock_time(row.window_to_s)}"),
    lists.Column("签到", lambda row: row.signed_in_at, "moment"),
    lists.Column("完成", lambda row: row.finished_at, "moment"),
    lists.Column("状态", lambda row: STATES[row.order.status].text(lang())),
)
blueprint = Blueprint("office", __name__)


@dataclass(frozen=True)
class EngineerLine:
    """One engineer's day in numbers; ``missing`` counts all his cards that are past due."""

    engineer_id: int
    name: str
    visits: int
    done: int
    late: int
    missing: int


def by_engineer(groups: dict[str, tuple[VisitRow, ...]]) -> list[EngineerLine]:
    """The groups of the day counted by engineer, those with trouble first."""

    def count(name: str) -> dict[int, int]:
        ids = [row.engineer_id for row in groups[name]]
        return {engineer_id: ids.count(engineer_id) for engineer_id in ids}

    names = {row.engineer_id: row.engineer_name for rows in groups.values() for row in rows}
    every, done, late, missing = count("all"), count("done"), count("late"), count("cards_missing")
    lines = [
        EngineerLine(who, name, every.get(who, 0), done.get(who, 0), late.get(who, 0), missing.get(who, 0))
        for who, name in names.items()
    ]
    return sorted(lines, key=lambda line: (-line.late - line.missing, line.engineer_id))


def unique(rows: Sequence[VisitRow]) -> list[VisitRow]:
    """The visits in their order, each once."""
    return list({row.id: row for row in rows}.values())


@blueprint.get("/day")
@requires("day.read")
def day() -> Any:
    """The supervisor's day: done, running, late, cards due, cards missing."""
    on = day_of(request.args.get("day", ""))
    with transactions().read(current_actor()) as uow:
        summary = visits.day_summary(uow, on)
        news = notifications.day_news(uow, on)
    groups = {
        "late": summary.late,
        "cards_missing": summary.cards_missing,
        "running": summary.running,
        "cards_due": summary.cards_due,
        "done": summary.done,
        "failed": summary.failed,
        "all": summary.visits,
    }
    show = request.args.get("show", "")
    engineer_id = request.args.get("engineer", type=int)
    if show in groups:
        rows = list(groups[show])
    elif engineer_id:
        rows = unique((*summary.visits, *summary.cards_missing))
    else:
        rows = unique((*summary.late, *summary.cards_missing))
    if engineer_id:
        rows = [row for row in rows if row.engineer_id == engineer_id]
    if lists.exporting():
        return lists.export("今天", DAY_COLUMNS, lambda uow, *, cursor, size: Page(rows, None, None))
    return render_template(
        "office/day.html",
        on=on,
        groups=groups,
        rows=rows,
        show=show,
        engineers=by_engineer(groups),
        engineer_id=engineer_id,
        news=news,
        before=on - timedelta(days=1),
        after=on + timedelta(days=1),
    )


@blueprint.get("/people")
@requires("people.manage")
def people() -> Any:
    """Accounts."""
    text, role = lists.given("text"), lists.given("role")

    def page_of(uow: UnitOfWork, *, cursor: str | None, size: int) -> Page[staff.PersonRow]:
        return staff.people(uow, text=text, role=role, sort=lists.given("sort"), cursor=cursor, size=size)

    if lists.exporting():
        return lists.export("人员", PEOPLE_COLUMNS, page_of)
    with transactions().read(current_actor()) as uow:
        page = page_of(uow, cursor=lists.cursor(), size=DEFAULT_SIZE)
    return render_template("office/people.html", page=page, text=text, role=role, roles=ROLES)


@blueprint.post("/people")
@requires("people.manage")
def add_person() -> Any:
    """A new account."""
    form = request.form
    with transactions().begin(current_actor()) as uow:
        staff_actions.add_person(
            uow,
            login=form.get("login", ""),
            name=form.get("name", ""),
            password=form.get("password", ""),
            roles=form.getlist("roles"),
            division=form.get("division") or None,
        )
    say(gettext("已建账号"))
    return Response(status=204, headers={"HX-Redirect": "/people"})


@blueprint.post("/people/<int:person_id>/<any(disable, enable, password, roles, log_out):step>")
@requires("people.manage")
def change_person(person_id: int, step: str) -> Any:
    """Close or open an account, give a new password or other roles, end all its log-ins."""
    with transactions().begin(current_actor()) as uow:
        if step == "password":
            staff_actions.set_password(uow, person_id=person_id, password=request.form.get("password", ""))
        elif step == "roles":
            roles, division = request.form.getlist("roles"), request.form.get("division", "").strip()
            staff_actions.set_roles(uow, person_id=person_id, roles=roles, division=division)
        elif step == "log_out":
            staff_actions.end_log_ins(uow, person_id=person_id)
        else:
            staff_actions.set_disabled(uow, person_id=person_id, disabled=step == "disable")
    say(gettext("已保存"))
    return Response(status=204, headers={"HX-Redirect": "/people"})


@blueprint.get("/audit")
@requires("audit.read")
def trail() -> Any:
    """Who did what, when."""
    entity, entity_id = request.args.get("entity", "").strip(), request.args.get("id", "").strip()
    first, last = lists.day("from"), lists.day("to")

    def page_of(uow: UnitOfWork, *, cursor: str | None, size: int) -> Page[audit.AuditRow]:
        return audit.trail(
            uow,
            entity=entity or None,
            entity_id=entity_id or None,
            person_id=lists.number("person"),
            at_from=at_local(first, 0) if first else None,
            at_before=at_local(last + timedelta(days=1), 0) if last else None,
            cursor=cursor,
            size=size,
        )

    if lists.exporting():
        return lists.export("记录", TRAIL_COLUMNS, page_of)
    with transactions().read(current_actor()) as uow:
        page = page_of(uow, cursor=lists.cursor(), size=DEFAULT_SIZE)
        names = staff.names(uow)
    return render_template(
        "office/audit.html",
        page=page,
        entity=entity,
        entity_id=entity_id,
        entities=ENTITIES,
        names=names,
        action_word=action_word,
        changes=changes,
    )


@blueprint.get("/stock")
@requires("stock.read")
def stock_page() -> Any:
    """Models with what is left, dialers by serial."""
    text = lists.given("text")

    def page_of(uow: UnitOfWork, *, cursor: str | None, size: int) -> Page[stock.SerialRow]:
        return stock.serials(
            uow,
            status=lists.given("status"),
            model=lists.given("model"),
            text=text,
            sort=lists.given("sort"),
            cursor=cursor,
            size=size,
        )

    if lists.exporting():
        return lists.export("库存", STOCK_COLUMNS, page_of)
    with transactions().read(current_actor()) as uow:
        items = stock.items(uow)
        page = page_of(uow, cursor=lists.cursor(), size=DEFAULT_SIZE)
        names = staff.engineer_names(uow)
    return render_template("office/stock.html", items=items, page=page, text=text, names=names)


def target(data: dict[str, Any]) -> str | None:
    """The page that a message is about, if the reader may open it."""
    roles = current_actor().roles
    if data.get("card_id") and may(roles, "cards.read"):
        return f"/cards/of/{data['card_id']}"
    if data.get("thread_id") and may(roles, "questions.ask"):
        return f"/threads/{data['thread_id']}"
    if data.get("summary_id") and may(roles, "escalations.read"):
        return "/threads/summaries"
    if data.get("order_id") and may(roles, "orders.read"):
        return f"/orders/{data['order_id']}"
    if data.get("on") and may(roles, "dispatch.read"):
        return f"/dispatch?day={data['on']}"
    return "/m" if may(roles, "visits.own") else None


@blueprint.get("/inbox")
@requires("self")
def inbox() -> Any:
    """Own messages."""
    person_id = current_actor().person_id or 0
    with transactions().read(current_actor()) as uow:
        page = notifications.inbox(
            uow,
            person_id,
            unread_only=request.args.get("show") == "unread",
            cursor=request.args.get("cursor"),
        )
    return render_template("office/inbox.html", page=page, target=target)


@blueprint.post("/inbox/read")
@requires("self")
def read_all() -> Any:
    """Mark all own messages as read."""
    with transactions().begin(current_actor()) as uow:
        notification_actions.mark_read(uow)
    return redirect("/inbox", 303)
