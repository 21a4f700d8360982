"""Acting on many at once, and taking back what was just done."""

import re
from datetime import timedelta
from io import BytesIO
from pathlib import Path

from flask import Flask

from backend.appointments import actions as appointments
from backend.bootstrap import Application
from backend.core.clock import local_date
from backend.core.uow import SYSTEM, Actor
from backend.expenses import actions as expenses
from backend.expenses import queries as claims
from backend.orders import actions as orders
from backend.orders import queries
from backend.orders.workbook.sample import write_sample
from backend.staff import queries as staff
from backend.stock import queries as stock
from backend.visits import actions as visits
from tests.dispatch.department import add_order
from tests.support.department import Browser

HOUR = 3600


def upload(app: Flask, application: Application, folder: Path) -> None:
    with application.transactions.read(SYSTEM) as uow:
        models = stock.models(uow)
    path, today = folder / "a.xlsx", local_date(application.clock.now())
    write_sample(str(path), today=today, rows=48, seed=3, places=["朝阳区望京SOHO"], models=models)
    form = {"file": (BytesIO(path.read_bytes()), path.name)}
    assert Browser(app, "sales").send("/install-orders/upload", data=form).status_code == 204


def seen_on(page: str) -> list[str]:
    return re.findall(r'name="seen" value="(\d+:\d+)"', page)


def test_what_is_free_of_questions_is_approved_together(
    app: Flask, application: Application, tmp_path: Path
) -> None:
    upload(app, application, tmp_path)
    assistant = Browser(app, "technical_assistant")
    page = assistant.get("/install-orders").text
    seen = seen_on(page)
    assert len(seen) > 2 and f"批准没问题的 {len(seen)} 张" in page
    with application.transactions.read(SYSTEM) as uow:
        waiting = queries.review_queue(uow).rows
    open_ones = [row for row in waiting if f"{row.order_id}:{row.version}" not in seen]
    assert open_ones, "the sample has an order that wants a look"
    stale = int(seen[0].partition(":")[0])
    with application.transactions.begin(SYSTEM) as uow:
        orders.set_position(uow, order_id=stale, lat=39.9, lon=116.4, district=None)
    form = {"seen": [*seen, f"{open_ones[0].order_id}:{open_ones[0].version}", "999999:1", "x:y"]}
    assert assistant.send("/install-orders/approve-all", data=form).status_code == 204
    text = assistant.get("/install-orders").text
    assert f"已批准 {len(seen) - 1} 张没问题的" in text and "没有动" in text
    with application.transactions.read(SYSTEM) as uow:
        left = {row.order_id for row in queries.review_queue(uow).rows}
    assert left == {row.order_id for row in open_ones} | {stale}
    assert Browser(app, "sales").send("/install-orders/approve-all", data=form).status_code == 403
    # Taken back at once: all but the one that was appointed in between.
    undo = re.search(r'hx-post="(/install-orders/take-back-all\?seen=[0-9:,]+)"', text)
    assert undo is not None
    gone_on = int(undo[1].partition("seen=")[2].split(":")[0])
    on = local_date(application.clock.now()) + timedelta(days=1)
    with application.transactions.begin(SYSTEM) as uow:
        appointments.appoint(uow, order_id=gone_on, on=on, from_s=9 * HOUR, to_s=11 * HOUR)
    assert Browser(app, "sales").send(undo[1]).status_code == 403
    assert assistant.send(undo[1]).status_code == 204
    text = assistant.get("/install-orders").text
    assert f"{len(seen) - 2} 张又在审核了" in text and "1 张刚有变化，没有动" in text
    with application.transactions.read(SYSTEM) as uow:
        assert queries.get(uow, gone_on).status == "appointed"
        assert {row.order_id for row in queries.review_queue(uow).rows} | {gone_on} == {
            int(one.partition(":")[0]) for one in seen
        } | left
    assert seen_on(Browser(app, "sales").get("/install-orders").text) == []


def test_a_return_is_taken_back_once(app: Flask, application: Application, tmp_path: Path) -> None:
    upload(app, application, tmp_path)
    assistant = Browser(app, "technical_assistant")
    with application.transactions.read(SYSTEM) as uow:
        order_id = queries.review_queue(uow).rows[0].order_id
    assert assistant.send(f"/install-orders/{order_id}/return", data={"note": "电话不对"}).status_code == 204
    page = assistant.get("/install-orders").text
    undo = re.search(r'hx-post="(/install-orders/\d+/take-back\?version=\d+)"', page)
    assert undo is not None and "撤销" in page
    assert assistant.send(undo[1]).status_code == 204
    with application.transactions.read(SYSTEM) as uow:
        order = queries.get(uow, order_id)
    assert order.status == "submitted" and order.note == "" and order.reasons == ()
    assert assistant.send(undo[1]).status_code in (409, 412)


def test_holding_is_undone_only_where_resuming_leads_back(app: Flask, application: Application) -> None:
    with application.transactions.begin(SYSTEM) as uow:
        approved, appointed = add_order(uow, 1), add_order(uow, 2)
        orders.move(uow, appointed, "appoint")
    assistant = Browser(app, "technical_assistant")
    for order_id, offered in ((approved, True), (appointed, False)):
        assert assistant.send(f"/orders/{order_id}/hold", data={"note": "等料"}).status_code == 204
        undo = re.search(r'hx-post="([^"]+version=\d+)"', assistant.get(f"/orders/{order_id}").text)
        assert (undo is not None) is offered
        if undo:
            assert assistant.send(undo[1]).status_code == 204
    with application.transactions.read(SYSTEM) as uow:
        assert queries.get(uow, approved).status == "approved"
        assert queries.get(uow, appointed).status == "on_hold"


def trip(application: Application, n: int, engineer_id: int, fen: int | None) -> int:
    """A submitted claim of one trip, claimed as expected or with another sum; its id."""
    transactions = application.transactions
    on = local_date(application.clock.now())
    with transactions.begin(SYSTEM) as uow:
        order_id = add_order(uow, n)
        for move in ("appoint", "plan", "publish"):
            orders.move(uow, order_id, move)
        visit = visits.assign(
            uow, order_id=order_id, engineer_id=engineer_id, on=on, sequence=1, window_from_s=0,
            window_to_s=86399, arrive_s=0, start_s=0, end_s=HOUR, mode="metro", travel_s=600,
            travel_m=3000, travel_fen=300,
        )  # fmt: skip
        visit_id = visit if isinstance(visit, int) else visit.id
    engineer = Actor(engineer_id, "工程师", frozenset({"engineer"}), "phone")
    for step in (visits.accept, visits.set_out):
        with transactions.begin(engineer) as uow:
            step(uow, visit_id=visit_id)
    with transactions.begin(SYSTEM) as uow:
        expenses.record_trip(uow, visit_id=visit_id)
    with transactions.begin(engineer) as uow:
        (claim,) = claims.claims(uow, engineer_id=engineer_id).rows
        own = claim.trips[0].id
        amounts = {own: fen} if fen is not None else None
        expenses.submit_claim(uow, claim_id=claim.id, amounts=amounts, notes={own: "打车"} if fen else None)
    return claim.id


def test_claims_without_deviation_are_agreed_to_together(app: Flask, application: Application) -> None:
    with application.transactions.read(SYSTEM) as uow:
        first, second = sorted(staff.engineer_names(uow))[:2]
    plain, more = trip(application, 1, first, None), trip(application, 2, second, 900)
    assistant = Browser(app, "technical_assistant")
    page = assistant.get("/claims?status=submitted").text
    assert "核对没有出入的 1 张" in page
    (seen,) = seen_on(page)
    assert seen.startswith(f"{plain}:")
    form = {"seen": [seen, f"{more}:1", f"{more}:2", f"{more}:3"]}
    for _ in range(2):
        assert assistant.send("/claims/check-all", data=form).status_code == 204
    with application.transactions.read(SYSTEM) as uow:
        assert claims.claim(uow, plain).status == "checked"
        assert claims.claim(uow, more).status == "submitted"
    assert seen_on(Browser(app, "finance").get("/claims").text) == []
