"""What an engineer's phone does: his day, the steps, the card that is one however often it is sent."""

import base64
import uuid
from datetime import timedelta
from typing import Any

from backend.core.uow import SYSTEM
from backend.expenses import actions as expenses
from backend.notifications import actions as notifications
from backend.visits import actions as visits
from backend.visits import queries as visit_queries
from tests.mobile_api.conftest import Caller, World

PNG = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 40).decode()
CARD = {
    "result": "done",
    "access_mode": "direct",
    "conditions": "供电正常，有接地",
    "trained": "no",
    "repair_symptom": "no_dial",
    "repair_cause": "line",
    "repair_measures": "换水晶头",
    "repair_solved": "site",
    "lines": [{"number": "010-55556601", "voltage_before": "48.6", "voltage_after": "48.2"}],
}


def walk(phone: Caller, visit_id: int) -> None:
    """Accept, set out, sign in, finish."""
    for step, body in (("accept", None), ("set-out", None), ("sign-in", {}), ("finish", {})):
        answer = (
            phone("POST", f"/mobile/visits/{visit_id}/{step}", json=body)
            if body is not None
            else phone("POST", f"/mobile/visits/{visit_id}/{step}")
        )
        assert answer.status_code == 200, answer.json


def put(phone: Caller, card: str, visit_id: int, **changes: Any) -> Any:
    """Send a card."""
    body = {"visit_id": visit_id, "data": {**CARD, **changes}, "signature": PNG}
    return phone("PUT", f"/mobile/cards/{card}", json=body)


def test_day_has_own_visits_in_sequence_with_everything(world: World) -> None:
    """Order, contact, place, window and profile come in one answer; nobody else's visits do."""
    day = world.engineer(0)("GET", "/mobile/day?on=2026-11-24").json
    assert [visit["id"] for visit in day["visits"]] == world.visits[:3]
    first = day["visits"][0]
    assert first["order"]["contact_phone"] == "13800000000"
    assert first["order"]["lat"] == 39.913
    assert (first["window_from_s"], first["profile"], first["invoice"]) == (9 * 3600, {}, None)
    assert day["now"] == "2026-11-24T09:00:00+08:00"


def test_steps_start_the_24_hours_and_repeat_safely(world: World) -> None:
    """Each step may be sent twice; the first moment stays."""
    phone = world.engineer(0)
    path = f"/mobile/visits/{world.visits[0]}/accept"
    first = phone("POST", path).json
    world.clock.advance(minutes=10)
    again = phone("POST", path).json
    assert first["accepted_at"] == again["accepted_at"]
    assert first["card_due_at"] == "2026-11-25T09:00:00+08:00"
    assert first["order"]["status"] == "accepted"
    early = phone("POST", f"/mobile/visits/{world.visits[0]}/finish", json={})
    assert early.status_code == 409


def test_sign_in_keeps_a_position_and_works_without(world: World) -> None:
    """A phone that tells no position is not blocked; half a position is refused."""
    phone = world.engineer(0)
    for visit_id, body in (
        (world.visits[0], {"lat": 39.9, "lon": 116.4, "accuracy_m": 12.0}),
        (world.visits[1], {}),
    ):
        phone("POST", f"/mobile/visits/{visit_id}/accept")
        phone("POST", f"/mobile/visits/{visit_id}/set-out")
        assert phone("POST", f"/mobile/visits/{visit_id}/sign-in", json={"lat": 39.9}).status_code == 422
        assert phone("POST", f"/mobile/visits/{visit_id}/sign-in", json=body).status_code == 200
    with world.transactions.read(SYSTEM) as uow:
        assert visit_queries.get(uow, world.visits[0]).sign_in_lat == 39.9
        assert visit_queries.get(uow, world.visits[1]).sign_in_lat is None


def test_card_sent_twice_is_one_card_with_the_same_answer(world: World) -> None:
    """The phone's UUID decides; another UUID for the same visit is refused."""
    phone, card = world.engineer(0), str(uuid.uuid4())
    walk(phone, world.visits[0])
    first = put(phone, card, world.visits[0])
    world.clock.advance(hours=1)
    again = put(phone, card, world.visits[0], remarks="sent later")
    assert first.status_code == again.status_code == 200
    assert first.json == again.json
    assert first.json["signed"] is True
    assert put(phone, str(uuid.uuid4()), world.visits[0]).status_code == 409
    with world.transactions.read(SYSTEM) as uow:
        assert len(visit_queries.card_desk(uow, show="all").rows) == 1


def test_card_resent_after_it_was_passed_gives_that_card(world: World) -> None:
    """A lost answer and a quick check do not turn into a refusal on the phone."""
    phone, card = world.engineer(0), str(uuid.uuid4())
    walk(phone, world.visits[0])
    first = put(phone, card, world.visits[0]).json
    world.do(lambda uow: visits.pass_card(uow, card_id=first["id"]))
    again = put(phone, card, world.visits[0])
    assert (again.status_code, again.json["status"], again.json["id"]) == (200, "passed", first["id"])


def test_card_names_every_missing_field(world: World) -> None:
    """One answer says all that is missing, by field."""
    phone = world.engineer(0)
    walk(phone, world.visits[0])
    body = {"visit_id": world.visits[0], "data": {"result": "partly", "nonsense": 1}}
    answer = phone("PUT", f"/mobile/cards/{uuid.uuid4()}", json=body)
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    fields = {error["field"] for error in answer.json["errors"]}
    assert {"left_to_do", "conditions", "signature", "nonsense"} <= fields
    assert all(error["message"] for error in answer.json["errors"])


def test_signature_must_be_a_png(world: World) -> None:
    """Other pictures and broken base64 are refused with 422."""
    phone = world.engineer(0)
    walk(phone, world.visits[0])
    for signature in (
        "data:image/svg+xml;base64,AAAA",
        "data:image/png;base64,@@",
        "data:image/png;base64,AAAA",
    ):
        body = {"visit_id": world.visits[0], "data": CARD, "signature": signature}
        assert phone("PUT", f"/mobile/cards/{uuid.uuid4()}", json=body).status_code == 422


def test_foreign_visits_are_not_found_and_other_roles_refused(world: World) -> None:
    """An engineer sees 404 for a colleague's visit; who is no engineer gets 403."""
    phone, foreign = world.engineer(0), world.visits[3]
    assert phone("GET", f"/mobile/visits/{foreign}").status_code == 404
    assert phone("GET", f"/mobile/visits/{foreign}/history").status_code == 404
    assert phone("POST", f"/mobile/visits/{foreign}/accept").status_code == 404
    assert put(phone, str(uuid.uuid4()), foreign).status_code == 404
    for caller in (world.assistant(), world.login("admin1")):
        assert caller("POST", f"/mobile/visits/{foreign}/accept").status_code == 403
    world.do(lambda uow: visit_queries.get(uow, foreign))
    with world.transactions.read(SYSTEM) as uow:
        assert visit_queries.get(uow, foreign).accepted_at is None


def test_failed_visit_wants_a_reason_of_the_list(world: World) -> None:
    """A code that is not in the list is refused, one of the list sends the order back."""
    phone, path = world.engineer(0), f"/mobile/visits/{world.visits[0]}"
    phone("POST", f"{path}/accept")
    assert phone("POST", f"{path}/fail", json={"reason": "bad weather"}).status_code == 422
    done = phone("POST", f"{path}/fail", json={"reason": "nobody", "note": "敲门没人"})
    assert (done.status_code, done.json["outcome"]) == (200, "failed")
    assert done.json["order"]["status"] == "approved"


def test_returned_card_comes_back_with_the_reason_and_is_replaced(world: World) -> None:
    """The day shows what is wrong; the same UUID carries the corrected card."""
    phone, card = world.engineer(0), str(uuid.uuid4())
    walk(phone, world.visits[0])
    first = put(phone, card, world.visits[0]).json
    world.do(lambda uow: visits.return_card(uow, card_id=first["id"], reason="线 2 没有量"))
    world.clock.advance(days=1)
    day = phone("GET", "/mobile/day").json
    assert day["open_cards"][0]["card"]["return_reason"] == "线 2 没有量"
    assert day["open_cards"][0]["card"]["data"]["result"] == "done"
    assert put(phone, card, world.visits[0], remarks="补上了").json["status"] == "submitted"


def test_special_cause_is_asked_once(world: World) -> None:
    """The cause is on the visit; sending it twice changes nothing."""
    phone, path = world.engineer(0), f"/mobile/visits/{world.visits[0]}"
    phone("POST", f"{path}/accept")
    body = {"code": "no_signal", "text": "地下二层"}
    first = phone("POST", f"{path}/special-cause", json=body).json
    world.clock.advance(minutes=5)
    assert phone("POST", f"{path}/special-cause", json=body).json == first
    assert first["cause_text"] == "地下二层"


def test_claim_is_submitted_with_own_amounts(world: World) -> None:
    """Trips propose what they should cost; amounts are decimal texts; a colleague's claim is not found."""
    phone = world.engineer(0)
    walk(phone, world.visits[0])
    world.do(lambda uow: expenses.record_trip(uow, visit_id=world.visits[0]))
    page = phone("GET", "/mobile/claims").json
    claim = page["items"][0]
    assert (claim["expected"], claim["status"], page["next_cursor"]) == ("4.00", "open", None)
    body = {
        "claim_id": claim["id"],
        "trips": [{"id": claim["trips"][0]["id"], "claimed": "12.50", "note": "打车"}],
    }
    assert world.engineer(1)("POST", "/mobile/claims", json=body).status_code == 404
    assert phone("POST", "/mobile/claims", json=body).json["claimed"] == "12.50"
    body["trips"][0]["claimed"] = "12.505"
    assert phone("POST", "/mobile/claims", json=body).status_code == 422


def test_inbox_pages_and_is_read(world: World) -> None:
    """Newest first, by cursor, in both languages; reading marks own messages only."""
    for n in range(3):
        for engineer in world.department.engineers[:2]:
            world.do(
                lambda uow, n=n, e=engineer: notifications.tell(
                    uow, person_id=e, fact_key=f"k{n}", kind="test", zh=f"消息{n}", en=f"message {n}"
                )
            )
    phone = world.engineer(0)
    first = phone("GET", "/mobile/inbox?size=2").json
    second = phone("GET", f"/mobile/inbox?size=2&cursor={first['next_cursor']}").json
    assert [item["zh"] for item in first["items"] + second["items"]] == ["消息2", "消息1", "消息0"]
    assert second["next_cursor"] is None
    assert phone("POST", "/mobile/inbox/read", json={}).json == {"read": 3}
    assert phone("GET", "/mobile/inbox?unread=true").json["items"] == []
    assert len(world.engineer(1)("GET", "/mobile/inbox?unread=true").json["items"]) == 3


def test_old_cards_show_how_late_they_are(world: World) -> None:
    """The countdown goes fine, soon, urgent, late."""
    phone = world.engineer(0)
    phone("POST", f"/mobile/visits/{world.visits[0]}/accept")
    seen = []
    for hours in (1, 17, 5, 2):
        world.clock.at += timedelta(hours=hours)
        seen.append(phone("GET", f"/mobile/visits/{world.visits[0]}").json["countdown"])
    assert seen == ["fine", "soon", "urgent", "late"]


def test_push_token_of_this_phone(world: World) -> None:
    """A phone tells its push token; a second log-in of the same phone takes it over."""
    one, two = world.engineer(0), world.engineer(0)
    for phone in (one, two):
        assert phone("PUT", "/mobile/device", json={"fcm_token": "token-1"}).status_code == 204
    from backend.staff import queries as staff

    with world.transactions.read(SYSTEM) as uow:
        tokens = [device.fcm_token for device in staff.active_devices(uow, world.department.engineers[0])]
    assert tokens == [None, "token-1"]
