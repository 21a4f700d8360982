"""签收码: six digits to the contact's own telephone, few tries, ten minutes; confirmed it signs the card."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from backend.core.clock import FixedClock
from backend.core.errors import DomainError, NotAllowed, NotFound
from backend.core.ledger import AuditEntry
from backend.orders.models import ServiceOrder
from backend.visits import actions as visits
from backend.visits import queries, sign_codes
from backend.visits.fields import CardWrong
from backend.visits.models import SignCode
from backend.visits.sign_codes import CardIsIn, CodeOver, CodeTooSoon, CodeWrong, Confirmed, NoMobile, Sending
from tests.support.office import CARD, Office, call


def finished(office: Office, phone: str = "138 0000-1234") -> int:
    """A visit whose work is over, with the contact's number."""
    order_id = office.repair()

    def known(uow: Any) -> None:
        uow.session.get_one(ServiceOrder, order_id).contact_phone = phone

    office.do("system", known)
    visit_id = office.visit(order_id)
    office.step(visit_id, "accept", "set_out", "sign_in", "finish")
    return visit_id


def sent(office: Office, visit_id: int) -> tuple[Sending, str]:
    """A new code and its digits, as the message has them."""
    made = office.do("engineer", call(sign_codes.make, visit_id=visit_id))
    found = re.search(r"签收码 (\d{6}) ", made.text)
    assert isinstance(made, Sending) and found is not None
    return made, found[1]


def told(office: Office, visit_id: int, code: str) -> Any:
    """What the engineer hears when he types it."""
    return office.do("engineer", call(sign_codes.confirm, visit_id=visit_id, code=code))


def other(code: str) -> str:
    """Another code."""
    return f"{(int(code) + 1) % 10**6:06d}"


def submit(office: Office, visit_id: int) -> Any:
    """The card without a signature on the glass."""
    return office.do(
        "engineer",
        call(visits.submit_card, visit_id=visit_id, uuid=str(uuid4()), data={**CARD, "sign_code": "000000"}),
    )


def test_a_code_signs_the_card_and_everything_is_in_the_trail(office: Office) -> None:
    visit_id = finished(office)
    with pytest.raises(CardWrong, match="confirmed by a code"):
        submit(office, visit_id)
    made, code = sent(office, visit_id)
    assert (made.phone, made.sent_to) == ("13800001234", "138****1234")
    assert isinstance(told(office, visit_id, other(code)), CodeWrong)
    with pytest.raises(CardWrong):
        submit(office, visit_id)
    confirmed = told(office, visit_id, f" {code} ")
    assert isinstance(confirmed, Confirmed)
    assert told(office, visit_id, "anything") == confirmed, "once it was right it stays so"
    assert office.do("engineer", call(sign_codes.make, visit_id=visit_id)) == confirmed, "no second message"
    card = submit(office, visit_id)
    assert card.data["sign_code"] == confirmed.words == "138****1234 2026-11-24 09:00"
    with pytest.raises(CardIsIn):
        office.do("engineer", call(sign_codes.make, visit_id=visit_id))
    trail = office.see(
        lambda uow: [
            (one.action, one.after)
            for one in uow.session.scalars(
                select(AuditEntry).where(AuditEntry.action.like("sign_code%")).order_by(AuditEntry.id)
            )
        ]
    )
    assert [action for action, _ in trail] == ["sign_code_sent", "sign_code_wrong", "sign_code_confirmed"]
    kept = office.see(lambda uow: uow.session.execute(select(SignCode.salt, SignCode.code_hash)).one())
    assert code not in f"{trail}{kept}", "the code itself is nowhere"


def test_few_tries_and_ten_minutes(office: Office, clock: FixedClock) -> None:
    visit_id = finished(office)
    _, code = sent(office, visit_id)
    answers = [told(office, visit_id, other(code)) for _ in range(sign_codes.MOST_TRIES)]
    assert [type(one) for one in answers] == [CodeWrong] * 4 + [CodeOver]
    assert answers[0].fields["left"] == 4
    assert isinstance(told(office, visit_id, code), CodeOver), "the right one comes too late"
    clock.advance(minutes=1)
    _, second = sent(office, visit_id)
    clock.advance(minutes=10)
    assert isinstance(told(office, visit_id, second), CodeOver)
    assert office.see(lambda uow: sign_codes.confirmed(uow, visit_id)) is None


def test_a_new_code_ends_the_old_one_and_not_too_many_are_sent(office: Office, clock: FixedClock) -> None:
    visit_id = finished(office)
    _, first = sent(office, visit_id)
    with pytest.raises(CodeTooSoon):
        sent(office, visit_id)
    clock.advance(minutes=1)
    _, second = sent(office, visit_id)
    if first != second:
        assert isinstance(told(office, visit_id, first), CodeWrong)
    for _ in range(sign_codes.MOST_A_DAY - 2):
        clock.advance(minutes=1)
        sent(office, visit_id)
    clock.advance(hours=1)
    with pytest.raises(CodeTooSoon):
        sent(office, visit_id)
    clock.advance(hours=23)
    assert sent(office, visit_id)


def test_a_message_that_did_not_go_out_ends_its_code_and_another_may_go(office: Office) -> None:
    visit_id = finished(office)
    _, code = sent(office, visit_id)
    office.do("engineer", call(sign_codes.note_undelivered, visit_id=visit_id, detail="HTTP 503"))
    assert isinstance(told(office, visit_id, code), CodeOver)
    assert sent(office, visit_id)


@pytest.mark.parametrize(("who", "refusal"), [("technical_assistant", NotAllowed), ("engineer2", NotFound)])
def test_only_his_own_visit(office: Office, who: str, refusal: type[DomainError]) -> None:
    visit_id = finished(office)
    for act in (
        call(sign_codes.make, visit_id=visit_id),
        call(sign_codes.confirm, visit_id=visit_id, code="1"),
    ):
        with pytest.raises(refusal):
            office.do(who, act)


def test_not_before_he_is_there_and_not_to_a_landline(office: Office) -> None:
    visit_id = office.visit(office.repair())
    office.step(visit_id, "accept", "set_out")
    with pytest.raises(NotFound):
        office.do("engineer", call(sign_codes.make, visit_id=visit_id))
    landline = finished(office, "010-8460 1234")
    with pytest.raises(NoMobile):
        office.do("engineer", call(sign_codes.make, visit_id=landline))


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("138-0000-1234", "13800001234"),
        ("+86 138 0000 1234", "13800001234"),
        ("0086-19912345678", "19912345678"),
        ("12800001234", None),
        ("010-84601234", None),
        ("138-0000-1234转8", None),
        ("", None),
    ],
)
def test_mobile_numbers(text: str, digits: str | None) -> None:
    assert sign_codes.mobile(text) == digits


def test_a_card_of_a_day_before_is_not_touched(office: Office, clock: FixedClock) -> None:
    """Signed on the glass as always: no code is written on it."""
    visit_id = finished(office)
    clock.advance(minutes=5)
    card = office.card(visit_id, uuid=str(uuid4()))
    assert "sign_code" not in card.data
    assert office.see(lambda uow: queries.card(uow, card.id)).signed
    assert timedelta(minutes=10) == sign_codes.LIVES
