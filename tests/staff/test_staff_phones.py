"""Lost phones on both databases: the same phone has the same key, a lost one gets nothing, a found one goes on."""

from uuid import uuid4

import pytest

from backend.core.errors import NotAllowed, NotFound
from backend.staff import auth, phones
from tests.support.office import Office, call


def log_in(office: Office, who: str, phone_uuid: str | None) -> phones.Opened:
    opened: phones.Opened = office.do(
        "system", call(phones.log_in, office.ids[who], name="Android", phone_uuid=phone_uuid)
    )
    return opened


def test_the_key_belongs_to_a_person_on_a_phone(office: Office) -> None:
    one, other = str(uuid4()), str(uuid4())
    first = log_in(office, "engineer", one)
    assert log_in(office, "engineer", one).storage_key == first.storage_key
    others = {
        log_in(office, "engineer", other).storage_key,
        log_in(office, "engineer2", one).storage_key,
        log_in(office, "engineer", None).storage_key,
    }
    assert len(others) == 3 and first.storage_key not in others


def test_lost_and_found(office: Office) -> None:
    phone_uuid = str(uuid4())
    old, token = (log_in(office, "engineer", phone_uuid) for _ in range(2))
    other = log_in(office, "engineer", str(uuid4()))
    mine = [
        one
        for one in office.do("technical_assistant", phones.listing)
        if one.person_id == office.ids["engineer"]
    ]
    row = min(mine, key=lambda one: one.id)
    for _ in range(2):
        office.do("technical_assistant", call(phones.report_lost, device_id=row.id))
    for opened in (old, token):
        assert office.see(lambda uow, o=opened: auth.identify_device(uow, o.token)) is None
    assert office.see(lambda uow: auth.identify_device(uow, other.token)) is not None
    with pytest.raises(phones.PhoneLost):
        log_in(office, "engineer", phone_uuid)
    found = office.see(lambda uow: phones.lost_id(uow, token.token))
    assert found == (row.id, False)
    office.do("system", call(phones.note_locked, device_id=row.id))
    assert office.see(lambda uow: phones.lost_id(uow, token.token)) == (row.id, True)
    shown = office.do("technical_assistant", phones.listing)[0]
    assert shown.lost_at is not None and shown.locked_at is not None
    office.do("technical_assistant", call(phones.report_found, device_id=row.id))
    assert log_in(office, "engineer", phone_uuid).storage_key == token.storage_key
    assert office.see(lambda uow: auth.identify_device(uow, token.token)) is None, "the old token stays dead"


@pytest.mark.parametrize("who", ["engineer", "manager", "rep_care", "finance"])
def test_who_looks_after_phones(office: Office, who: str) -> None:
    log_in(office, "engineer", str(uuid4()))
    with pytest.raises(NotAllowed):
        office.do(who, phones.listing)
    with pytest.raises(NotAllowed):
        office.do(who, call(phones.report_lost, device_id=1))
    with pytest.raises(NotFound):
        office.do("admin", call(phones.report_lost, device_id=999))
