"""The delta sync: everything once, then only what changed."""

import gzip
import json
from datetime import timedelta
from typing import Any

from backend.core.uow import SYSTEM, UnitOfWork
from backend.notifications import actions as notifications
from backend.orders import actions as orders
from backend.visits import actions as visits
from tests.mobile_api.conftest import HOUR, TODAY, Caller, World
from tests.mobile_api.test_mobile_api_phone import put, walk

EASY = {"now", "today"}


def sync(phone: Caller, cursor: str | None = None) -> dict[str, Any]:
    """One answer."""
    answer = phone("GET", "/mobile/sync" + (f"?cursor={cursor}" if cursor else ""))
    assert answer.status_code == 200, answer.json
    return dict(answer.json)


def test_first_all_then_nothing_then_only_what_changed(world: World) -> None:
    """Own visits of the week once; silence is small; one step sends one visit."""
    phone = world.engineer(0)
    first = sync(phone)
    assert [visit["id"] for visit in first["visits"]] == world.visits[:3]
    assert first["whole"] is True
    assert first["forms"]["card"]
    still = phone("GET", f"/mobile/sync?cursor={first['cursor']}")
    assert set(still.json) == EASY
    assert len(still.data) < 1000
    phone("POST", f"/mobile/visits/{world.visits[1]}/accept")
    delta = sync(phone, first["cursor"])
    assert set(delta) == EASY | {"cursor", "visits"}
    assert [visit["id"] for visit in delta["visits"]] == [world.visits[1]]
    assert set(sync(phone, delta["cursor"])) == EASY


def test_gone_visits_and_new_messages(world: World) -> None:
    """A visit that was taken away is named; a message comes once."""
    phone = world.engineer(0)
    cursor = sync(phone)["cursor"]

    def change(uow: UnitOfWork) -> None:
        visits.withdraw(uow, visit_id=world.visits[2], reason="moved")
        notifications.tell(
            uow, person_id=world.department.engineers[0], fact_key="k", kind="t", zh="变了", en="changed"
        )

    world.do(change)
    delta = sync(phone, cursor)
    assert (delta["gone"], delta["unread"]) == ([world.visits[2]], 1)
    assert [message["zh"] for message in delta["messages"]] == ["变了"]
    assert set(sync(phone, delta["cursor"])) == EASY


def test_a_strange_cursor_means_all(world: World) -> None:
    """A cursor that is not ours, or of an older program, is answered with everything."""
    phone = world.engineer(0)
    for cursor in ("xxx", "e30", "W10", "eyJ2IjoxfQ"):
        assert sync(phone, cursor)["whole"] is True


def test_nobody_elses(world: World) -> None:
    """A colleague's week is not in it; who is no engineer is refused."""
    assert [v["id"] for v in sync(world.engineer(1))["visits"]] == [world.visits[3]]
    assert world.assistant()("GET", "/mobile/sync").status_code == 403


def test_history_of_the_place_and_an_older_card_that_is_due(world: World) -> None:
    """A visit two days ago whose card is not in stays on the phone; what was done before is told."""
    phone = world.engineer(0)
    walk(phone, world.visits[0])
    world.clock.advance(days=3)
    late = sync(phone)["visits"]
    assert [visit["id"] for visit in late] == [world.visits[0]]
    assert late[0]["history"] == []
    put(phone, "11111111-1111-4111-8111-111111111111", world.visits[0])
    assert sync(phone)["visits"] == []


def test_a_full_week_is_small(world: World) -> None:
    """Eight visits a day for a week: at most 200 kB gzipped, and it is gzipped."""
    phone, one = world.engineer(0), world.department.orders[0]
    with world.transactions.read(SYSTEM) as uow:
        template = orders.queries.get(uow, one)

    def fill(uow: UnitOfWork) -> None:
        for n in range(56):
            order = orders.create_service_order(
                uow,
                kind="maintenance",
                customer_id=template.customer_id,
                site_id=template.site_id,
                contact_name="王经理",
                contact_phone="13800000000",
                problem="季度保养：检查供电、接地、线路、设备指示灯，试拨四路",
            )
            visits.assign(
                uow,
                order_id=getattr(order, "id", order),
                engineer_id=world.department.engineers[0],
                on=TODAY + timedelta(days=n // 8),
                sequence=n % 8 + 1,
                window_from_s=9 * HOUR,
                window_to_s=18 * HOUR,
                arrive_s=9 * HOUR,
                start_s=9 * HOUR,
                end_s=10 * HOUR,
                mode="metro",
                travel_s=1680,
                travel_m=7400,
                travel_fen=400,
            )

    world.do(fill)
    answer = phone("GET", "/mobile/sync", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(answer.data))["visits"]) == 59
    assert len(answer.data) < 200_000
