"""预约: whom to call, which windows to offer, what was agreed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Blueprint, Response, render_template, request

from backend.appointments import actions, policy
from backend.appointments import queries as appointments
from backend.appointments.queries import AppointmentRow
from backend.core import paging
from backend.core.clock import local_date
from backend.core.errors import Invalid
from backend.core.paging import Page
from backend.core.uow import UnitOfWork
from backend.dispatch import queries as dispatch
from backend.dispatch.rows import WindowOffer
from backend.http.access import requires
from backend.http.context import application, current_actor, transactions
from backend.orders import queries as orders
from backend.orders.queries import ServiceOrderRow
from backend.orders.states import KINDS
from web_admin import lists
from web_admin.frame import gettext, say, short_day, today

blueprint = Blueprint("appointments", __name__, url_prefix="/appointments")
SHOWN = {"": ("approved",), "agreed": ("appointed", "planned")}
PAGE_ROWS = 50


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


def to_call(
    uow: UnitOfWork, *, text: str, cursor: str | None, kind: str = "", district: str = ""
) -> Page[ServiceOrderRow]:
    """Orders without a window, the oldest due day first; at one day urgent ones first. Raises BadCursor."""
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
    found.sort(key=lambda row: (row.due_on or date.max, not row.urgent, row.id))
    start = paging.decode(cursor) if cursor else 0
    if not isinstance(start, int) or start < 0:
        raise paging.BadCursor()
    end = start + PAGE_ROWS
    return Page(
        found[start:end],
        paging.encode(end) if end < len(found) else None,
        paging.encode(max(0, start - PAGE_ROWS)) if start else None,
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


@blueprint.get("")
@requires("appointments.manage")
def listing() -> Any:
    """Orders to call about, and beside them the windows for the one that is chosen."""
    show, text = request.args.get("show", ""), request.args.get("text", "").strip()
    chosen_id = request.args.get("order", type=int)
    with transactions().read(current_actor()) as uow:
        cursor = request.args.get("cursor")
        kind, district = lists.given("kind"), lists.given("district")
        page = (
            orders.listing(
                uow,
                statuses=SHOWN["agreed"],
                kinds=[kind] if kind else None,
                district=district,
                text=text,
                cursor=cursor,
            )
            if show == "agreed"
            else to_call(uow, text=text, cursor=cursor, kind=kind, district=district)
        )
        districts = orders.districts(uow)
        counts = orders.counts(uow)
        chosen = orders.get(uow, chosen_id) if chosen_id else (page.rows[0] if page.rows else None)
        agreed = appointments.current(uow, [row.id for row in page.rows] + ([chosen.id] if chosen else []))
        offers = dispatch.suggest_windows(uow, chosen.id) if chosen and chosen.lat is not None else []
    now = application().clock.now()
    window = agreed.get(chosen.id) if chosen else None
    return render_template(
        "appointments/list.html",
        page=page,
        districts=districts,
        kinds=KINDS,
        window=window,
        over=window is not None and policy.is_over(now, window.on, window.to_s),
        proposal=proposal(now, offers, window),
        counts=counts,
        agreed=agreed,
        chosen=chosen,
        offers=offers,
        text=text,
        show=show,
    )


@blueprint.post("/<int:order_id>")
@requires("appointments.manage")
def appoint(order_id: int) -> Any:
    """Keep the window that the customer agreed to, and go on to the next call."""
    form = request.form
    if form.get("window"):
        window = window_of(form["window"])
    else:
        window = (day_of(form.get("on", "")), seconds(form.get("from", "")), seconds(form.get("to", "")))
    with transactions().begin(current_actor()) as uow:
        actions.appoint(
            uow,
            order_id=order_id,
            on=window[0],
            from_s=window[1],
            to_s=window[2],
            agreed_with=form.get("agreed_with", ""),
            note=form.get("note", ""),
        )
        name = orders.get(uow, order_id).short_name
    say(gettext("已约好 %(name)s，%(day)s") % {"name": name, "day": short_day(window[0])})
    return Response(status=204, headers={"HX-Redirect": "/appointments"})
