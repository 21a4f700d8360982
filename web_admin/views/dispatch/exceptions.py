"""What needs her hand first, worst first; each names what cures it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from backend.billing import queries as billing
from backend.core.uow import UnitOfWork
from backend.dispatch import call_list
from backend.dispatch.rows import DayView, StopView
from backend.dispatch.sheet import Sheet
from backend.orders.queries import ServiceOrderRow
from backend.stock import queries as stock
from backend.visits import queries as visits
from web_admin.frame import gettext, today

LIKELY = 0.2
MOST_NAMED = 2
MOST_CARDS = 50


def of_day(
    uow: UnitOfWork, shown: Sheet, view: DayView, urgent: list[ServiceOrderRow]
) -> list[dict[str, Any]]:
    """The strip above the board: tone, icon, sentence, and ``act`` with its target."""
    if view.on < today():
        return []
    return [
        *_urgent(view, urgent),
        *_away(view),
        *_late(view),
        *_calls(uow, view),
        *_cards(uow, shown),
        *_tomorrow(uow, view),
    ]


def _one(tone: str, icon: str, sentence: str, act: str, target: Any = None) -> dict[str, Any]:
    return {"tone": tone, "icon": icon, "text": sentence, "act": act, "target": target}


def _urgent(view: DayView, urgent: list[ServiceOrderRow]) -> Iterator[dict[str, Any]]:
    for row in urgent:
        sentence = gettext("加急：%(customer)s还没排") % {"customer": row.short_name}
        yield _one("danger", "alert", sentence, "urgent", row.id)
    for lost in view.unserved:
        if lost.urgent:
            sentence = gettext("加急：%(customer)s还没排") % {"customer": lost.customer}
            yield _one("danger", "alert", sentence, "unplanned", lost.order_id)


def _away(view: DayView) -> Iterator[dict[str, Any]]:
    away = [
        (one, sum(stop.movable for stop in one.stops)) for one in view.engineers if one.absence is not None
    ]
    away = [(one, waiting) for one, waiting in away if waiting]
    for one, waiting in away[:MOST_NAMED]:
        sentence = gettext("%(name)s不在，%(n)s 单要换人") % {"name": one.name, "n": waiting}
        yield _one("danger", "alert", sentence, "repair", one.engineer_id)
    if len(away) > MOST_NAMED:
        rest = away[MOST_NAMED:]
        values = {"people": len(rest), "n": sum(waiting for _, waiting in rest)}
        yield _one("danger", "alert", gettext("还有 %(people)s 人不在，%(n)s 单要换人") % values, "repair")


def _late(view: DayView) -> Iterator[dict[str, Any]]:
    stops = [stop for engineer in view.engineers if engineer.absence is None for stop in engineer.stops]
    over = [stop.order_id for stop in stops if stop.over]
    if over:
        sentence = gettext("%(n)s 单今天来不及了，要另约") % {"n": len(over)}
        yield _one("danger", "clock", sentence, "over", over)
    stops = [stop for stop in stops if not stop.over]
    late = sorted((stop for stop in stops if (stop.slack_s or 0) < 0), key=lambda stop: stop.slack_s or 0)
    for stop in late[:MOST_NAMED]:
        values = {"customer": stop.customer, "n": -(-_late_s(stop) // 60)}
        yield _one("danger", "alert", gettext("%(customer)s要晚 %(n)s 分钟") % values, "visit", stop.order_id)
    if len(late) > MOST_NAMED:
        more = {"n": len(late) - MOST_NAMED}
        yield _one(
            "danger", "alert", gettext("还有 %(n)s 单会迟到") % more, "visit", late[MOST_NAMED].order_id
        )
    close = [stop for stop in stops if (stop.slack_s or 0) >= 0 and stop.movable and stop.late >= LIKELY]
    if close:
        sentence = gettext("%(n)s 单可能迟到") % {"n": len(close)}
        yield _one("warn", "clock", sentence, "risk", [stop.order_id for stop in close])


def _calls(uow: UnitOfWork, view: DayView) -> Iterator[dict[str, Any]]:
    every, called = call_list.counts(uow, view.on)
    if called < every:
        sentence = gettext("%(n)s 家客户还没打电话") % {"n": every - called}
        yield _one("warn", "call", sentence, "calls")


def _late_s(stop: StopView) -> int:
    return -(stop.slack_s or 0)


def _cards(uow: UnitOfWork, shown: Sheet) -> Iterator[dict[str, Any]]:
    if shown.facts.on != today():
        return
    missing = len(visits.card_desk(uow, show="late", size=MOST_CARDS).rows)
    if missing:
        sentence = gettext("%(n)s 张反馈卡过了 24 小时") % {
            "n": missing if missing < MOST_CARDS else f"{missing}+"
        }
        yield _one("danger", "card", sentence, "open", "/cards?show=late")
    due = [row for row in shown.facts.visits.values() if row.card_missing and row.countdown == "urgent"]
    if due:
        sentence = gettext("%(n)s 张反馈卡 2 小时内到点") % {"n": len(due)}
        yield _one("warn", "card", sentence, "open", "/cards?show=waiting")


def _tomorrow(uow: UnitOfWork, view: DayView) -> Iterator[dict[str, Any]]:
    """Installs of the next day whose invoice or dialer the engineer does not have yet."""
    if view.on not in (today(), today() + timedelta(days=1)):
        return
    rows = visits.day(uow, today() + timedelta(days=1))
    installs = [row.order_id for row in rows if row.order.kind == "install" and row.outcome is None]
    if not installs:
        return
    invoices = billing.for_orders(uow, installs)
    waiting = [row for row in invoices.values() if row.status in ("prepared", "brought_back")]
    if waiting:
        sentence = gettext("明天 %(n)s 张发票还没领") % {"n": len(waiting)}
        yield _one("", "invoice", sentence, "open", "/invoices?status=prepared")
    given = stock.serials_for_orders(uow, installs)
    lacking = [order_id for order_id in installs if not given.get(order_id)]
    if lacking:
        sentence = gettext("明天 %(n)s 台拨号器还没领") % {"n": len(lacking)}
        yield _one("", "stock", sentence, "open", "/stock")
