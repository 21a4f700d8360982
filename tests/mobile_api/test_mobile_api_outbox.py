"""The phone's outbox at the server: each item once, in order, with the right moment whatever the phone's clock says."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from backend.core.outbox import deliver_pending
from backend.core.uow import SYSTEM
from backend.jobs.consumers import Consumers
from backend.notifications import queries as inbox
from backend.staff import actions as staff
from backend.visits import actions as visits
from backend.visits import phone_writes
from backend.visits import queries as visit_queries
from backend.visits.models import PhoneWrite
from tests.mobile_api.conftest import Caller, World
from tests.mobile_api.test_mobile_api_phone import CARD, PNG
from web_admin.views.cards import content


class NoJobs:
    """A queue that gets nothing here."""

    def enqueue(self, job_id: int) -> None:
        """Never called."""
        raise AssertionError(job_id)


MINUTE = timedelta(minutes=1)


def item(kind: str, at: datetime, visit_id: int | None = None, **body: Any) -> dict[str, Any]:
    """One item as a phone makes it."""
    return {
        "uuid": str(uuid.uuid4()),
        "kind": kind,
        "visit_id": visit_id,
        "phone_at": at.isoformat(),
        "body": body,
    }


def card(at: datetime, visit_id: int, **changes: Any) -> dict[str, Any]:
    """A whole card."""
    return item("card", at, visit_id, uuid=str(uuid.uuid4()), data={**CARD, **changes}, signature=PNG)


def send(phone: Caller, items: list[dict[str, Any]], sent_at: datetime) -> list[dict[str, Any]]:
    """Send a batch; the answers."""
    answer = phone("POST", "/mobile/outbox", json={"sent_at": sent_at.isoformat(), "items": items})
    assert answer.status_code == 200, answer.json
    return list(answer.json["items"])


def whole_visit(start: datetime, visit_id: int) -> list[dict[str, Any]]:
    """Accept, set out, sign in, finish and the card, a quarter of an hour apart."""
    steps = [
        item(kind, start + n * 15 * MINUTE, visit_id)
        for n, kind in enumerate(("accept", "set_out", "sign_in"))
    ]
    return [
        *steps,
        item("finish", start + 60 * MINUTE, visit_id, lat=39.9, lon=116.4),
        card(start + 70 * MINUTE, visit_id),
    ]


def test_a_day_in_the_basement_arrives_with_its_own_moments(world: World) -> None:
    """Pressed offline and sent hours later: the stamps are the moments of the presses."""
    phone, visit_id, start = world.engineer(0), world.visits[0], world.clock.now()
    items = whole_visit(start, visit_id)
    world.clock.advance(hours=5)
    answers = send(phone, items, world.clock.now())
    assert [answer["status"] for answer in answers] == ["done"] * 5
    with world.transactions.read(SYSTEM) as uow:
        visit = visit_queries.get(uow, visit_id)
    assert (visit.accepted_at, visit.set_out_at) == (start, start + 15 * MINUTE)
    assert visit.finished_at == start + 60 * MINUTE
    assert visit.card_due_at == start + timedelta(hours=24)
    assert visit.card_submitted_at == start + timedelta(hours=5)


def test_a_clock_that_is_a_day_off_does_no_harm_and_is_shown(world: World) -> None:
    """The server's moment less the time that passed on the phone; the desk sees by how much the phone errs."""
    phone, visit_id, start = world.engineer(0), world.visits[0], world.clock.now()
    wrong = timedelta(days=1, minutes=3)
    items = whole_visit(start + wrong, visit_id)
    world.clock.advance(hours=2)
    send(phone, items, world.clock.now() + wrong)
    with world.transactions.read(SYSTEM) as uow:
        assert visit_queries.get(uow, visit_id).accepted_at == start
        clock = phone_writes.clocks(uow, [visit_id])[visit_id]
    assert (clock.seconds, clock.was_set) == (-int(wrong.total_seconds()), False)


def test_a_clock_set_between_press_and_sending(world: World) -> None:
    """What the phone knew of its clock at the press counts, and that it was set is shown."""
    phone, visit_id, start = world.engineer(0), world.visits[0], world.clock.now()
    items = whole_visit(start + timedelta(days=1), visit_id)
    for one in items:
        one["clock_off_s"] = -86_400
    world.clock.advance(hours=2)
    send(phone, items, world.clock.now())
    with world.transactions.read(SYSTEM) as uow:
        assert visit_queries.get(uow, visit_id).accepted_at == start
        assert phone_writes.clocks(uow, [visit_id]) == {}
        row = uow.session.query(PhoneWrite).first()
        assert row is not None
        assert (row.clock_off_s, row.clock_was_set) == (0, True)


def test_sent_twice_and_halves_of_it_again(world: World) -> None:
    """A lost answer: the same batch again, in any cut, changes nothing and gets the same answers."""
    phone, visit_id, now = world.engineer(0), world.visits[0], world.clock.now()
    items = whole_visit(now, visit_id)
    first = send(phone, items, now)
    world.clock.advance(minutes=9)
    for part in (items, items[:2], items[3:]):
        again = send(phone, part, world.clock.now())
        expected = {one["uuid"]: one for one in first}
        assert again == [expected[one["uuid"]] for one in again]
    with world.transactions.read(SYSTEM) as uow:
        assert uow.session.query(PhoneWrite).count() == 5


def test_what_is_refused_holds_back_its_own_visit_only(world: World) -> None:
    """The later items of the visit wait, other visits go on; mended, everything arrives."""
    phone, now = world.engineer(0), world.clock.now()
    one, other = world.visits[:2]
    steps = whole_visit(now, one)
    bad = card(now, one, result="partly")
    items = [
        *steps[:4],
        bad,
        item("special_cause", now, one, code="other", text="后补"),
        item("accept", now, other),
    ]
    answers = send(phone, items, now)
    assert [answer["status"] for answer in answers] == ["done"] * 4 + ["refused", "waiting", "done"]
    assert "还要做什么" in answers[4]["detail"]
    assert "left_to_do" in answers[4]["wrong_fields"]
    mended = card(now, one, result="partly", left_to_do="换线")
    assert [a["status"] for a in send(phone, [mended, items[5]], now)] == ["done", "done"]


def test_a_reassigned_visit_keeps_the_card_as_evidence(world: World) -> None:
    """Everything of it is kept with its content; the assistant is told once and decides."""
    phone, visit_id, now = world.engineer(0), world.visits[0], world.clock.now()
    world.do(lambda uow: visits.withdraw(uow, visit_id=visit_id, reason="moved"))
    answers = send(phone, whole_visit(now, visit_id), now)
    assert {answer["status"] for answer in answers} == {"kept"}
    assert "技术助理" in answers[0]["detail"]
    with world.transactions.read(SYSTEM) as uow:
        kept = phone_writes.evidence(uow, visit_id=visit_id)
        assert kept[-1].body is not None
        assert kept[-1].body["data"]["conditions"] == CARD["conditions"]
        assert visit_queries.card_of_visit(uow, visit_id) is None
    deliver_pending(world.transactions, Consumers(world.transactions, NoJobs()).deliver)
    assistant = world.department.assistant.person_id or 0
    with world.transactions.read(SYSTEM) as uow:
        assert [m.kind for m in inbox.inbox(uow, assistant).rows] == ["evidence_kept"]
    world.do(lambda uow: phone_writes.decide(uow, visit_id=visit_id, note="照李强的卡补了一张"))
    assert send(phone, whole_visit(now, visit_id)[:1], now)[0]["status"] == "kept"


def test_strangers_and_nonsense_are_refused_one_by_one(world: World) -> None:
    """Another's visit, another's UUID, a body that does not fit: each is refused alone, nothing is done."""
    phone, now = world.engineer(0), world.clock.now()
    mine = item("accept", now, world.visits[0])
    items = [
        item("accept", now, world.visits[3]),
        item("fail", now, world.visits[1], nonsense=1),
        item("accept", now),
        mine,
    ]
    answers = send(phone, items, now)
    assert [answer["status"] for answer in answers] == ["refused", "refused", "refused", "done"]
    assert [answer["code"] for answer in answers[:3]] == ["not_found", "bad_item", "bad_item"]
    assert send(world.engineer(1), [mine], now)[0]["code"] == "duplicate"
    whole = {"sent_at": now.isoformat(), "items": [{**mine, "kind": "sudo"}]}
    assert phone("POST", "/mobile/outbox", json=whole).status_code == 422
    assert world.assistant()("POST", "/mobile/outbox", json=whole).status_code == 403


def test_two_phones_of_one_engineer(world: World) -> None:
    """The second phone's steps change nothing; its card is refused, since one is there."""
    one, two, visit_id, now = world.engineer(0), world.engineer(0), world.visits[0], world.clock.now()
    send(one, whole_visit(now, visit_id), now)
    answers = send(two, whole_visit(now, visit_id), now)
    assert [answer["status"] for answer in answers] == ["done"] * 4 + ["refused"]
    assert answers[4]["code"] == "other_card"


def test_the_desk_reads_evidence_in_words(world: World) -> None:
    """Labels and words instead of codes; what was kept unchecked cannot break the page."""
    phone, visit_id, now = world.engineer(0), world.visits[0], world.clock.now()
    world.do(lambda uow: visits.withdraw(uow, visit_id=visit_id, reason="moved"))
    strange = card(now, visit_id, result="done", lines=[1, {"number": "2", "noise_after": "x"}], trained=True)
    odd = card(now, visit_id, lines="none", result=["done"])
    send(phone, [*whole_visit(now, visit_id), strange, odd], now)
    with world.transactions.read(SYSTEM) as uow:
        rows = phone_writes.evidence(uow, visit_id=visit_id)
    with world.app.test_request_context("/"):
        said = [content(row, "repair", {}) for row in rows]
    assert ("接入方式", "直线") in said[4]
    assert ("线 010-55556601", "空闲电压 48.6 → 48.2 V") in said[4]
    assert ("位置", "39.9, 116.4") in said[3]
    assert ("线 2", "噪声 — → x mV") in said[5]
    assert said[6]


def test_a_device_report_is_one_and_is_told(world: World) -> None:
    """Sent twice under two items it is one report; the stock side reads it, an engineer does not."""
    phone, visit_id, now = world.engineer(0), world.visits[0], world.clock.now()
    data = {"serial": "DL4-0001", "fault": "指示灯不亮", "severity": "broken", "returned": "yes"}
    body = {"uuid": str(uuid.uuid4()), "data": data}
    items = [item("device_report", now, visit_id, **body) for _ in range(2)]
    assert [answer["status"] for answer in send(phone, items, now)] == ["done", "done"]
    bad = item("device_report", now, visit_id, uuid=str(uuid.uuid4()), data={"serial": "X", "colour": "red"})
    answer = send(phone, [bad], now)[0]
    assert (answer["status"], answer["code"]) == ("refused", "report_wrong")
    assert {"fault", "severity", "returned", "colour"} <= set(answer["wrong_fields"])
    page = world.assistant()("GET", "/device-reports?serial=DL4-0001").json
    assert [one["data"]["returned"] for one in page["items"]] == [True]
    assert phone("GET", "/device-reports").status_code == 403
    foreign = item("device_report", now, world.visits[3], uuid=str(uuid.uuid4()), data=data)
    assert send(phone, [foreign], now)[0]["code"] == "not_found"
    supervisor = world.do(
        lambda uow: staff.add_person(
            uow, login="sup", name="主管", password="Paidan-2026-su", roles=["technical_supervisor"]
        )
    )
    deliver_pending(world.transactions, Consumers(world.transactions, NoJobs()).deliver)
    with world.transactions.read(SYSTEM) as uow:
        told = inbox.inbox(uow, supervisor).rows
    assert ["已带回库房" in message.zh for message in told] == [True]


def test_a_clock_of_1970_is_taken_and_one_of_no_year_is_refused(world: World) -> None:
    """A phone whose battery was empty begins at the beginning of its time."""
    phone, start = world.engineer(0), datetime(1970, 1, 1, 1, tzinfo=UTC)
    (answer,) = send(phone, [item("accept", start, world.visits[0])], start + MINUTE)
    assert answer["status"] == "done"
    wild = {"sent_at": "0071-10-07T02:58:21Z", "items": [item("accept", start, world.visits[0])]}
    refused = phone("POST", "/mobile/outbox", json=wild)
    assert refused.status_code == 422 and "sent_at" in str(refused.json["errors"])
