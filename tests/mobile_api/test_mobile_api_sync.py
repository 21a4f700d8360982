"""The delta sync: everything once, then only what changed."""

import gzip
import json
import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

from backend.core.uow import SYSTEM, UnitOfWork
from backend.notifications import actions as notifications
from backend.orders import actions as orders
from backend.visits import actions as visits
from backend.visits.models import Card, Thread, Visit
from backend.visits.similar import MOST_READ
from tests.mobile_api.conftest import HOUR, TODAY, Caller, World
from tests.mobile_api.test_mobile_api_phone import put, walk

EASY = {"now", "today"}
CHARACTERS = [chr(code) for code in range(0x4E00, 0x4E00 + 800)]


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


def fill_week(world: World, kind: str, problems: Sequence[str]) -> None:
    """Eight visits a day for a week at one customer's place, one for each of the problems."""
    with world.transactions.read(SYSTEM) as uow:
        template = orders.queries.get(uow, world.department.orders[0])

    def fill(uow: UnitOfWork) -> None:
        for n, problem in enumerate(problems):
            order = orders.create_service_order(
                uow,
                kind=kind,
                customer_id=template.customer_id,
                site_id=template.site_id,
                contact_name="王经理",
                contact_phone="13800000000",
                problem=problem,
            )
            visits.assign(
                uow,
                order_id=order.id,
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


def packed(phone: Caller) -> tuple[int, dict[str, Any]]:
    """The first sync as a phone gets it: its bytes on the line, and what is in it."""
    answer = phone("GET", "/mobile/sync", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    return len(answer.data), json.loads(gzip.decompress(answer.data))


def test_a_full_week_is_small(world: World) -> None:
    """Eight visits a day for a week: at most 200 kB gzipped, and it is gzipped."""
    fill_week(world, "maintenance", ["季度保养：检查供电、接地、线路、设备指示灯，试拨四路"] * 56)
    size, told = packed(world.engineer(0))
    assert len(told["visits"]) == 59
    assert size < 200_000


def test_a_full_week_with_a_filled_archive_is_small(world: World) -> None:
    """As many solved problems as are looked through, long and all different, three of them with each repair."""
    chance, phone = random.Random(6), world.engineer(0)

    def sentence(length: int) -> str:
        return "".join(chance.choice(CHARACTERS) for _ in range(length))

    def archive(uow: UnitOfWork) -> list[str]:
        template = orders.queries.get(uow, world.department.orders[0])
        words = []
        for n in range(MOST_READ):
            order = orders.create_service_order(
                uow, kind="repair", customer_id=template.customer_id, site_id=template.site_id, contact_name="王经理",
                contact_phone="13800000000", problem="旧的故障",
            )  # fmt: skip
            visit = Visit(
                service_order_id=order.id, engineer_id=world.department.engineers[1], on=TODAY - timedelta(days=n % 300 + 2),
                sequence=1, window_from_s=0, window_to_s=HOUR, arrive_s=0, start_s=0, end_s=HOUR, mode="metro",
                travel_s=0, travel_m=0, travel_fen=0, outcome="done", published_at=uow.now, accepted_at=uow.now,
            )  # fmt: skip
            uow.session.add(visit)
            uow.flush()
            words.append(sentence(200))
            data = {
                "repair_symptom": "noise", "repair_cause": "line", "repair_words": words[-1],
                "repair_measures": sentence(200),
            }  # fmt: skip
            uow.session.add(
                Card(
                    uuid=str(uuid4()), visit_id=visit.id, status="passed", data=data, submitted_at=uow.now,
                    first_submitted_at=uow.now, late=False, return_reason="",
                )
            )  # fmt: skip
            uow.session.add(
                Thread(
                    uuid=str(uuid4()), kind="question", person_id=world.department.engineers[1], subject=sentence(200),
                    status="solved", solution=sentence(200), opened_at=uow.now, touched_at=uow.now - timedelta(days=60),
                    solved_at=uow.now,
                )
            )  # fmt: skip
        return words

    words = world.do(archive)
    fill_week(world, "repair", [words[5 * n][:60] for n in range(56)])
    size, told = packed(phone)
    alike = [visit["similar"] for visit in told["visits"] if visit["id"] not in world.visits]
    assert len(alike) == 56 and all(alike), "each has something like it"
    assert size < 200_000
    still = phone("GET", f"/mobile/sync?cursor={told['cursor']}")
    assert set(still.json) == EASY
    assert len(still.data) < 1000
