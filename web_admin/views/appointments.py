"""预约: whom to call, which windows to offer, what was agreed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Blueprint, Response, render_template, request

from backend.appointments import calls, holds, policy
from backend.appointments import queries as appointments
from backend.appointments.calls import OUTCOMES, Turn
from backend.appointments.queries import AppointmentRow
from backend.core import paging
from backend.core.clock import at_local, local_date
from backend.core.errors import Invalid
from backend.core.paging import Page
from backend.core.uow import UnitOfWork
from backend.dispatch import booking, offers
from backend.dispatch.grading import Said
from backend.dispatch.rows import WindowOffer
from backend.http.access import requires
from backend.http.context import application, current_actor, lang, transactions
from backend.notifications import customer_messages
from backend.orders import install_plans
from backend.orders import queries as orders
from backend.orders.queries import ServiceOrderRow
from backend.orders.states import KINDS
from backend.staff import queries as staff
from web_admin import lists
from web_admin.frame import clock_time, gettext, moment, say, short_day, today

blueprint = Blueprint("appointments", __name__, url_prefix="/appointments")
SHOWN = {"": ("approved",), "agreed": ("appointed", "planned")}
PAGE_ROWS = 50
ORDER_COLUMNS = (
    lists.Column("单号", lambda row: row.order.number),
    lists.Column("种类", lambda row: KINDS[row.order.kind].text(lang())),
    lists.Column("客户", lambda row: row.order.customer_name),
    lists.Column("地区", lambda row: row.order.district),
    lists.Column("地址", lambda row: row.order.address),
    lists.Column("联系人", lambda row: row.order.contact_name),
    lists.Column("电话", lambda row: row.order.contact_phone),
    lists.Column("到期", lambda row: row.order.due_on, "day"),
)
CALL_COLUMNS = (*ORDER_COLUMNS, lists.Column("为什么先打", lambda row: why_words(row)))
AGREED_COLUMNS = (
    *ORDER_COLUMNS,
    lists.Column("约定日期", lambda row: row.window.on if row.window else None, "day"),
    lists.Column("约定", lambda row: span(row.window) if row.window else ""),
    lists.Column("和谁约的", lambda row: row.window.agreed_with if row.window else ""),
)


def seconds(text: str) -> int:
    """Seconds since midnight of a time such as 14:30. Raises Invalid."""
    hours, _, minutes = text.partition(":")
    if not hours.isdecimal() or not minutes.isdecimal() or int(hours) > 23 or int(minutes) > 59:
        raise Invalid(
            field={"zh": "时间", "en": "Time"},
            value=text,
            expected={"zh": "请写成 14:30", "en": "write it like 14:30"},
        )
    return int(hours) * 3600 + int(minutes) * 60


def day_of(text: str) -> date:
    """A day such as 2026-11-24; today where there is none. Raises Invalid."""
    try:
        return date.fromisoformat(text) if text else today()
    except ValueError as exc:
        raise Invalid(
            field={"zh": "日期", "en": "Date"},
            value=text,
            expected={"zh": "请写成 2026-11-26", "en": "write it like 2026-11-26"},
        ) from exc


def window_of(text: str) -> tuple[date, int, int]:
    """A suggested window as its button sends it: day, from and to in seconds. Raises Invalid."""
    parts = text.split("|")
    if len(parts) != 3 or not all(part.isdecimal() and len(part) < 7 for part in parts[1:]):
        raise Invalid(
            field={"zh": "时段", "en": "Window"},
            value=text,
            expected={"zh": "请从列出的时段里选", "en": "choose one of the windows"},
        )
    return day_of(parts[0]), int(parts[1]), int(parts[2])


@dataclass(frozen=True)
class Agreed:
    """An order with the window that is agreed, as a line of the exported list."""

    order: ServiceOrderRow
    window: AppointmentRow | None


def to_call(
    uow: UnitOfWork,
    *,
    text: str,
    cursor: str | None,
    kind: str = "",
    district: str = "",
    size: int | None = None,
) -> Page[Turn]:
    """Orders without a window in the order in which to call (`calls.calling_order`). Raises BadCursor."""
    found = orders.with_status(uow, SHOWN[""])
    if kind:
        found = [row for row in found if row.kind == kind]
    if district:
        found = [row for row in found if row.district == district]
    if text:
        wanted = text.casefold()
        found = [
            row
            for row in found
            if any(
                wanted in (part or "").casefold()
                for part in (row.number, row.customer_name, row.contact_name, row.contact_phone, row.address)
            )
        ]
    turns = calls.calling_order(uow, found)
    start = paging.decode(cursor) if cursor else 0
    if not isinstance(start, int) or start < 0:
        raise paging.BadCursor()
    end = start + (size or PAGE_ROWS)
    return Page(
        turns[start:end],
        paging.encode(end) if end < len(turns) else None,
        paging.encode(max(0, start - (size or PAGE_ROWS))) if start else None,
    )


@dataclass(frozen=True)
class Proposal:
    """What the form for another time begins with; times are seconds since midnight."""

    on: date
    from_s: int
    to_s: int


def proposal(now: datetime, offers: Sequence[WindowOffer], agreed: AppointmentRow | None) -> Proposal:
    """The window in force; where there is none or it is over, the first that fits, else the next working day."""
    if agreed is not None and not policy.is_over(now, agreed.on, agreed.to_s):
        return Proposal(agreed.on, agreed.from_s, agreed.to_s)
    first = next((offer for offer in offers if offer.fits), None)
    if first is not None:
        return Proposal(first.on, first.from_s, first.to_s)
    return Proposal(policy.next_working_day(local_date(now)), 13 * 3600, 15 * 3600)


def said_words(said: Said) -> str:
    """What speaks for a window or against it."""
    words = {
        "late": gettext("晚 %(n)s 天"),
        "wished": gettext("客户想要的半天"),
        "near": gettext("附近 %(n)s 单"),
        "on_way": gettext("顺路，多走 %(n)s 分"),
        "crowded": gettext("人快满了"),
        "quiet": gettext("人空"),
        "nobody": gettext("会做的 %(n)s 位都没空"),
        "no_skill": gettext("没有会做的人上班"),
    }
    return words[said.code] % {"n": said.n}


def why_words(turn: Turn) -> str:
    """Why an order stands where it stands in the calling order."""
    if turn.not_before is not None:
        today_n = sum(local_date(call.at) == today() for call in turn.calls)
        words = gettext("%(at)s 以后再打") % {"at": moment(turn.not_before)}
        return words + (gettext("，今天打过 %(n)s 次") % {"n": today_n} if today_n else "")
    if turn.why == "due":
        return gettext("今天到期") if turn.n == 0 else gettext("下个工作日到期")
    words_of = {
        "asked": gettext("客户让这时候打"),
        "urgent": gettext("加急"),
        "overdue": gettext("过期 %(n)s 天"),
        "near": gettext("附近约好 %(n)s 单，能凑一趟"),
        "plain": "",
    }
    return words_of[turn.why] % {"n": turn.n} if turn.why != "plain" else ""


def spoken_window(on: date, from_s: int, to_s: int) -> str:
    """A window as it is said on the telephone: 明天 9:00 到 11:00."""
    return gettext("%(day)s %(from)s 到 %(to)s") % {
        "day": short_day(on),
        "from": clock_time(from_s),
        "to": clock_time(to_s),
    }


def span(window: AppointmentRow) -> str:
    """The times of a window: 9:00–11:00."""
    return f"{clock_time(window.from_s)}–{clock_time(window.to_s)}"


def best_two(offers: Sequence[WindowOffer]) -> list[WindowOffer]:
    """The windows to name first: the best, and the best of another day or half-day."""
    fitting = sorted((one for one in offers if one.fits), key=lambda one: one.score_fen)
    if not fitting:
        return []
    first = fitting[0]
    other = [
        one for one in fitting if one.on != first.on or one.to_s <= first.from_s or one.from_s >= first.to_s
    ]
    return [first, *other[:1]]


@blueprint.get("")
@requires("appointments.manage")
def listing() -> Any:
    """Orders to call about, and beside them what is needed for the one that is chosen."""
    show, text = request.args.get("show", ""), request.args.get("text", "").strip()
    chosen_id = request.args.get("order", type=int)
    kind, district, cursor = lists.given("kind"), lists.given("district"), request.args.get("cursor")
    turns: dict[int, Turn] = {}

    def agreed_of(uow: UnitOfWork, cursor: str | None, size: int) -> Page[ServiceOrderRow]:
        kinds = [kind] if kind else None
        return orders.listing(
            uow,
            statuses=SHOWN["agreed"],
            kinds=kinds,
            district=district,
            text=text,
            cursor=cursor,
            size=size,
        )

    def page_of(uow: UnitOfWork, *, cursor: str | None, size: int) -> Page[Any]:
        if show != "agreed":
            return to_call(uow, text=text, cursor=cursor, kind=kind, district=district, size=size)
        found = agreed_of(uow, cursor, size)
        windows = appointments.current(uow, [row.id for row in found.rows])
        return found.holding([Agreed(row, windows.get(row.id)) for row in found.rows])

    if lists.exporting():
        name, columns = ("已约好", AGREED_COLUMNS) if show == "agreed" else ("要打电话", CALL_COLUMNS)
        return lists.export(name, columns, page_of)
    with transactions().read(current_actor()) as uow:
        page: Page[ServiceOrderRow]
        if show == "agreed":
            page = agreed_of(uow, cursor, PAGE_ROWS)
        else:
            found = to_call(uow, text=text, cursor=cursor, kind=kind, district=district)
            turns = {turn.order.id: turn for turn in found.rows}
            page = found.holding([turn.order for turn in found.rows])
        districts = orders.districts(uow)
        counts = orders.counts(uow)
        messages = customer_messages.to_send(uow) if show == "messages" else []
        unsent = customer_messages.to_send_count(uow)
        chosen = orders.get(uow, chosen_id) if chosen_id else (page.rows[0] if page.rows else None)
        ids = [row.id for row in page.rows] + ([chosen.id] if chosen else [])
        agreed = appointments.current(uow, ids)
        held = holds.of_orders(uow, ids)
        made = calls.of_orders(uow, [chosen])[chosen.id] if chosen else []
        names = staff.names(uow) if made else {}
        plans = install_plans.of_order(uow, chosen.id) if chosen and chosen.kind == "install" else []
        message = customer_messages.newest(uow, [chosen.id]).get(chosen.id) if chosen else None
    now = application().clock.now()
    window = agreed.get(chosen.id) if chosen else None
    return render_template(
        "appointments/list.html",
        page=page,
        turns=turns,
        why_words=why_words,
        districts=districts,
        kinds=KINDS,
        window=window,
        over=window is not None and policy.is_over(now, window.on, window.to_s),
        proposal=proposal(now, [], window),
        counts=counts,
        agreed=agreed,
        held=held,
        chosen=chosen,
        made=made,
        names=names,
        outcomes=OUTCOMES,
        message=message,
        plan=plans[0] if plans else None,
        messages=messages,
        unsent=unsent,
        text=text,
        show=show,
    )


def offers_of(uow: UnitOfWork, order_id: int) -> str:
    """The windows for one order, what is held for it, and what to say."""
    order = orders.get(uow, order_id)
    found = offers.suggest_windows(uow, order_id)
    return render_template(
        "appointments/_offers.html",
        order=order,
        offers=found,
        first=best_two(found),
        held=holds.of_orders(uow, [order_id]).get(order_id),
        stamp=stamp_of(uow),
        said_words=said_words,
        spoken_window=spoken_window,
        kind_word=KINDS[order.kind].text(lang()).lower(),
    )


def stamp_of(uow: UnitOfWork) -> str:
    """Changes whenever somebody holds, gives up or agrees a window."""
    return "-".join(str(part) for part in (*holds.newest(uow), appointments.newest(uow)))


@blueprint.get("/<int:order_id>/offers")
@requires("appointments.manage")
def offered(order_id: int) -> Any:
    """The windows for an order; 204 where nothing changed since ``stamp``."""
    with transactions().read(current_actor()) as uow:
        if request.args.get("stamp") == stamp_of(uow):
            return Response(status=204)
        return offers_of(uow, order_id)


@blueprint.post("/<int:order_id>/hold")
@requires("appointments.manage")
def hold(order_id: int) -> Any:
    """Hold a window while the customer makes up his mind; others see it at once."""
    on, from_s, to_s = asked_window()
    insist = bool(request.form.get("insist"))
    with transactions().begin(current_actor()) as uow:
        held = booking.hold(uow, order_id=order_id, on=on, from_s=from_s, to_s=to_s, insist=insist)
        order = orders.get(uow, order_id)
    return render_template("appointments/_held.html", order=order, held=held, spoken_window=spoken_window)


@blueprint.post("/<int:order_id>/release")
@requires("appointments.manage")
def release(order_id: int) -> Any:
    """Give up what is held for an order."""
    with transactions().begin(current_actor()) as uow:
        holds.release(uow, order_id=order_id)
    with transactions().read(current_actor()) as uow:
        return offers_of(uow, order_id)


@blueprint.post("/<int:order_id>/calls")
@requires("appointments.manage")
def called(order_id: int) -> Any:
    """Write down a call that brought no window, and go on to the next one."""
    form = request.form
    again = None
    if form.get("outcome") == "call_back":
        again = at_local(day_of(form.get("back_on", "")), seconds(form.get("back_at", "")))
    with transactions().begin(current_actor()) as uow:
        calls.record(
            uow,
            order_id=order_id,
            outcome=form.get("outcome", ""),
            call_back_at=again,
            note=form.get("note", ""),
            client_key=form.get("client_key") or None,
        )
        holds.release(uow, order_id=order_id)
        name = orders.get(uow, order_id).short_name
    say(gettext("已记下 %(name)s：%(how)s") % {"name": name, "how": OUTCOMES[form["outcome"]].text(lang())})
    return Response(status=204, headers={"HX-Redirect": "/appointments"})


@blueprint.post("/messages/<int:message_id>/sent")
@requires("appointments.manage")
def message_sent(message_id: int) -> Any:
    """The text message was sent by hand."""
    with transactions().begin(current_actor()) as uow:
        customer_messages.mark_sent(uow, message_id=message_id)
    say(gettext("已记下：短信发了"))
    return Response(
        status=204, headers={"HX-Redirect": request.form.get("back") or "/appointments?show=messages"}
    )


def asked_window() -> tuple[date, int, int]:
    """The window of a form: of an offer's button, or of the fields. Raises Invalid."""
    form = request.form
    if form.get("window"):
        return window_of(form["window"])
    return day_of(form.get("on", "")), seconds(form.get("from", "")), seconds(form.get("to", ""))


@blueprint.post("/<int:order_id>")
@requires("appointments.manage")
def appoint(order_id: int) -> Any:
    """Keep the window that the customer agreed to, and go on to the next call."""
    form = request.form
    on, from_s, to_s = asked_window()
    with transactions().begin(current_actor()) as uow:
        booking.agree(
            uow,
            order_id=order_id,
            on=on,
            from_s=from_s,
            to_s=to_s,
            agreed_with=form.get("agreed_with", ""),
            note=form.get("note", ""),
            insist=bool(form.get("insist")),
        )
        name = orders.get(uow, order_id).short_name
    say(gettext("已约好 %(name)s，%(day)s") % {"name": name, "day": spoken_window(on, from_s, to_s)})
    return Response(status=204, headers={"HX-Redirect": "/appointments"})
