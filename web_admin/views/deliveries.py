"""没送到的通知: what no push service, gateway or robot took, why, and one more try by hand."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, render_template

from backend.core.clock import at_local
from backend.core.paging import DEFAULT_SIZE, Page
from backend.core.uow import UnitOfWork
from backend.http.access import requires
from backend.http.context import current_actor, lang, transactions
from backend.notifications import failures
from backend.notifications.failures import CHANNELS, HINTS, REASONS, FailedRow
from web_admin import lists
from web_admin.frame import gettext, say
from web_admin.views.account import browser_name

COLUMNS = (
    lists.Column("什么时候", lambda row: row.created_at, "moment"),
    lists.Column("渠道", lambda row: CHANNELS[row.channel].text(lang())),
    lists.Column("给谁", lambda row: row.who),
    lists.Column("说什么", lambda row: row.text),
    lists.Column("为什么没送到", lambda row: REASONS[row.outcome].text(lang())),
    lists.Column("对方的原话", lambda row: row.detail),
    lists.Column("试了几次", lambda row: row.tries, "count"),
)
blueprint = Blueprint("deliveries", __name__, url_prefix="/phones/undelivered")


@blueprint.get("")
@requires("deliveries.manage")
def listing() -> Any:
    """Failed deliveries by channel, reason and day."""
    first, last = lists.day("from"), lists.day("to")

    def page_of(uow: UnitOfWork, *, cursor: str | None, size: int) -> Page[FailedRow]:
        return failures.listing(
            uow,
            channel=lists.given("channel"),
            outcome=lists.given("reason"),
            first=at_local(first, 0) if first else None,
            before=at_local(last + timedelta(days=1), 0) if last else None,
            cursor=cursor,
            size=size,
        )

    if lists.exporting():
        return lists.export("没送到的通知", COLUMNS, page_of)
    with transactions().read(current_actor()) as uow:
        page = page_of(uow, cursor=lists.cursor(), size=DEFAULT_SIZE)
    return render_template(
        "office/undelivered.html",
        page=page,
        channels=CHANNELS,
        reasons=lists.language_of(REASONS),
        hints=lists.language_of(HINTS),
        filtered=any(lists.given(name) for name in ("channel", "reason", "from", "to")),
        now=transactions().clock.now(),
        browser_name=browser_name,
    )


@blueprint.post("/<int:delivery_id>/again")
@requires("deliveries.manage")
def again(delivery_id: int) -> Any:
    """One more try. Safe to repeat."""
    with transactions().begin(current_actor()) as uow:
        fresh = failures.send_again(uow, delivery_id=delivery_id)
    say(gettext("马上再发一次；还发不出去会再回到这里") if fresh else gettext("这一条已经在发了"))
    return Response(status=204, headers={"HX-Redirect": "/phones/undelivered"})
