"""Passwords, sessions, phones, throttling, permissions and vehicles."""

from datetime import date, timedelta
from typing import Any

import pytest

from backend.core import audit
from backend.core.errors import Invalid, Missing, NotAllowed, NotFound
from backend.core.uow import ANONYMOUS, SYSTEM, Actor, Duplicate
from backend.staff import actions, auth, policy, queries
from backend.staff.models import Person
from backend.staff.roles import ROLES
from tests.support.department import PASSWORD
from tests.support.office import Office, call

TRY = "no-such-password"


def log_in(office: Office, login: str, password: str = PASSWORD, ip: str = "10.0.0.1") -> Any:
    with office.transactions.read(ANONYMOUS) as uow:
        claim = auth.claim(uow, login=login, ip=ip)
    claim = auth.verify(claim, password)
    with office.transactions.begin(ANONYMOUS) as uow:
        return auth.admit(uow, claim)


def open_both(office: Office, login: str) -> tuple[str, str]:
    person_id = log_in(office, login, ip="10.0.0.2")
    assert person_id == office.ids[login]
    with office.transactions.begin(ANONYMOUS) as uow:
        session = auth.open_session(uow, person_id, user_agent="Firefox", ip="10.0.0.2")
        return session, auth.open_device(uow, person_id, name="Redmi", fcm_token=f"fcm-{login}")


def living(office: Office, tokens: tuple[str, str]) -> tuple[bool, bool]:
    session = office.see(lambda uow: auth.identify_session(uow, tokens[0]))
    device = office.see(lambda uow: auth.identify_device(uow, tokens[1]))
    return session is not None, device is not None


def test_guessing_is_slowed_down_for_the_name_and_for_the_place(office: Office, clock: Any) -> None:
    assert log_in(office, " Sales ") is not None
    for _ in range(auth.MOST_PER_LOGIN - 1):
        assert log_in(office, "sales", TRY) is None
    assert log_in(office, "sales") is not None, "the right one in time, and the count begins anew"
    for _ in range(auth.MOST_PER_LOGIN):
        assert log_in(office, "SALES", TRY) is None
    with pytest.raises(auth.TooManyAttempts):
        log_in(office, "sales", ip="10.9.9.9")
    assert log_in(office, "finance") is not None, "others are not shut out"
    clock.advance(minutes=14, seconds=59)
    with pytest.raises(auth.TooManyAttempts):
        log_in(office, "sales")
    clock.advance(seconds=2)
    assert log_in(office, "sales") is not None
    failed = office.see(lambda uow: audit.trail(uow, entity="login").rows)
    assert len(failed) == 2 * auth.MOST_PER_LOGIN - 1 and TRY not in str(failed)


def test_one_place_may_not_try_many_names(office: Office, monkeypatch: Any) -> None:
    monkeypatch.setattr(auth, "MOST_PER_IP", 5)
    for n in range(5):
        assert log_in(office, f"nobody{n}", TRY, ip="10.6.6.6") is None
    with pytest.raises(auth.TooManyAttempts):
        log_in(office, "finance", ip="10.6.6.6")
    assert log_in(office, "finance", ip="10.6.6.7") is not None


def test_guesses_at_once_are_counted_all(office: Office) -> None:
    for _ in range(auth.MOST_PER_LOGIN - 1):
        log_in(office, "manager", TRY)

    claim = auth.verify(office.see(lambda uow: auth.claim(uow, login="manager", ip="10.0.0.3")), TRY)

    def guess(uow: Any) -> Any:
        return auth.admit(uow, claim)

    first, second = office.overlap(("sales", guess), ("finance", guess))
    assert first is None and isinstance(second, auth.TooManyAttempts)


def test_a_password_that_changed_while_it_was_checked_and_an_old_hash(office: Office) -> None:
    claim = office.see(lambda uow: auth.claim(uow, login="sales", ip="10.0.0.4"))
    verified = auth.verify(claim, PASSWORD)
    assert verified.good
    office.do(
        "admin", lambda uow: actions.set_password(uow, person_id=office.ids["sales"], password=PASSWORD + "!")
    )
    with office.transactions.begin(ANONYMOUS) as uow:
        assert auth.admit(uow, verified) is None

    slower = auth.PasswordHasher(time_cost=3, memory_cost=64, parallelism=2).hash(PASSWORD)
    with office.transactions.begin(SYSTEM) as uow:
        uow.session.get_one(Person, office.ids["finance"]).password_hash = slower
    assert log_in(office, "finance") is not None
    with office.transactions.begin(SYSTEM) as uow:
        renewed = uow.session.get_one(Person, office.ids["finance"]).password_hash
    assert renewed != slower and not auth._hasher.check_needs_rehash(renewed)
    assert log_in(office, "finance") is not None


def test_what_ends_a_log_in(office: Office, clock: Any) -> None:
    kept, mine = open_both(office, "finance"), open_both(office, "engineer")
    assert living(office, mine) == (True, True)
    assert office.see(lambda uow: auth.identify_session(uow, mine[1])) is None, "one kind is not the other"
    assert office.see(lambda uow: auth.identify_device(uow, mine[0])) is None
    session = office.see(lambda uow: auth.identify_session(uow, mine[0]))
    assert session.actor.roles == {"engineer"} and session.actor.via == "web"
    for _ in range(2):
        office.do("engineer", lambda uow: auth.end_session(uow, session.session_id))
    assert living(office, mine) == (False, True)
    device = office.see(lambda uow: auth.identify_device(uow, mine[1]))
    with pytest.raises(NotFound):
        office.do(
            "finance", lambda uow: actions.set_fcm_token(uow, device_id=device.device_id, fcm_token="x")
        )
    for _ in range(2):
        office.do("engineer", lambda uow: auth.revoke_device(uow, device.device_id))
    assert living(office, mine) == (False, False)
    assert office.see(lambda uow: queries.active_devices(uow, office.ids["engineer"])) == []

    for act in (
        lambda uow: actions.set_password(uow, person_id=office.ids["engineer"], password=PASSWORD + "!"),
        lambda uow: actions.set_disabled(uow, person_id=office.ids["engineer"], disabled=True),
    ):
        mine = open_both_by_force(office, "engineer")
        assert living(office, mine) == (True, True)
        office.do("admin", act)
        assert living(office, mine) == (False, False)
    office.do(
        "admin", lambda uow: actions.set_disabled(uow, person_id=office.ids["engineer"], disabled=False)
    )
    assert living(office, mine) == (False, False), "what ended stays ended"
    assert log_in(office, "engineer") is None and log_in(office, "engineer", PASSWORD + "!") is not None
    assert living(office, kept) == (True, True), "others' log-ins are their own"
    clock.advance(days=auth.SESSION_DAYS)
    assert living(office, kept) == (False, True), "a browser's log-in runs out"


def open_both_by_force(office: Office, login: str) -> tuple[str, str]:
    """Log-ins of a person whose password may have changed."""
    with office.transactions.begin(SYSTEM) as uow:
        person_id = office.ids[login]
        return (
            auth.open_session(uow, person_id, user_agent="", ip=""),
            auth.open_device(uow, person_id, name="Redmi"),
        )


def test_accounts(office: Office) -> None:
    def add(login: str, **changed: Any) -> Any:
        values = {"name": "某人", "password": PASSWORD, "roles": ["sales"]} | changed
        return office.do("admin", lambda uow: actions.add_person(uow, login=login, **values))

    with pytest.raises(actions.LoginTaken):
        add(" SALES ")
    for refusal, changed in (
        (Missing, {"name": " "}), (Missing, {"roles": []}), (Invalid, {"roles": ["king"]}),
        (auth.WeakPassword, {"password": "1234567"}),
    ):  # fmt: skip
        with pytest.raises(refusal):
            add("newone", **changed)
    with pytest.raises(Missing):
        add("  ")
    with pytest.raises(actions.OwnAccount):
        office.do(
            "admin", lambda uow: actions.set_disabled(uow, person_id=office.ids["admin"], disabled=True)
        )
    for login in set(ROLES) - {"admin"}:
        with pytest.raises(NotAllowed):
            office.do(login, lambda uow: actions.set_disabled(uow, person_id=1, disabled=True))
    new = call(actions.add_person, login="twin", name="双", password=PASSWORD, roles=["sales"])
    results = office.overlap(("admin", new), ("admin", new))
    assert isinstance(results[0], int) and isinstance(results[1], (actions.LoginTaken, Duplicate))


def test_permissions_are_held_by_name_or_not_at_all() -> None:
    for permission in ("", "no.such", "orders", "orders.*", "people.manage "):
        assert not any(policy.may(frozenset({role}), permission) for role in ROLES)
    for permission, roles in policy.PERMISSIONS.items():
        assert roles <= set(ROLES), permission
        for role in ROLES:
            actor = Actor(1, "x", frozenset({role}))
            if role in roles:
                policy.require(actor, permission)
            else:
                with pytest.raises(NotAllowed):
                    policy.require(actor, permission)
        with pytest.raises(NotAllowed):
            policy.require(ANONYMOUS, permission)
        with pytest.raises(NotAllowed):
            policy.require(Actor(1, "nobody", frozenset()), permission)
        policy.require(SYSTEM, permission)
    two = Actor(1, "x", frozenset({"finance", "admin"}))
    policy.require(two, "people.manage")
    policy.require(two, "invoices.read")
    assert policy.PERMISSIONS["people.manage"] == {"admin"}, (
        "rights over people are the administrator's alone"
    )


DAY = date(2026, 11, 25)
DESK = "technical_assistant"


def test_a_vehicle_is_one_persons_for_a_day(office: Office) -> None:
    def vehicle(plate: str) -> int:
        added: int = office.do(
            DESK, lambda uow: actions.add_vehicle(uow, plate=plate, name="五菱", kind="car")
        )
        return added

    def give(vehicle_id: int, login: str, on: date = DAY) -> Any:
        person_id = office.ids[login]
        return lambda uow: actions.give_vehicle(uow, vehicle_id=vehicle_id, person_id=person_id, on=on)

    first, second, third = vehicle("京A00001"), vehicle("京A00002"), vehicle("京A00003")
    for _ in range(2):
        office.do(DESK, give(first, "engineer"))
    with pytest.raises(actions.VehicleTaken) as taken:
        office.do(DESK, give(first, "engineer2"))
    assert "京A00001" in taken.value.sentence("zh") and "工程师1" not in taken.value.sentence("zh")[:3]
    with pytest.raises(actions.HasVehicle):
        office.do(DESK, give(second, "engineer"))
    office.do(DESK, give(first, "engineer2", DAY + timedelta(days=1)))
    with pytest.raises(NotAllowed):
        office.do("engineer", give(second, "engineer2"))
    for vehicle_id, login in ((999, "engineer2"), (second, "sales")):
        with pytest.raises(NotFound):
            office.do(DESK, give(vehicle_id, login))
    modes = {e.person_id: (e.mode, e.plate) for e in office.see(lambda uow: queries.engineers_on(uow, DAY))}
    assert modes[office.ids["engineer"]] == ("car", "京A00001")
    assert modes[office.ids["engineer2"]] == ("metro", None)
    for _ in range(2):
        office.do(DESK, lambda uow: actions.take_back_vehicle(uow, vehicle_id=first, on=DAY))
    office.do(DESK, give(second, "engineer"))

    results = office.overlap((DESK, give(third, "engineer2")), (DESK, give(third, "engineer3")))
    assert results[0] is None and isinstance(results[1], actions.VehicleTaken)
    held = office.see(lambda uow: {v.id: v.person_id for v in queries.vehicles(uow, DAY)})
    assert held == {first: None, second: office.ids["engineer"], third: office.ids["engineer2"]}
    results = office.overlap((DESK, give(first, "engineer4")), (DESK, give(vehicle("京A00004"), "engineer4")))
    assert results[0] is None and isinstance(results[1], actions.HasVehicle)


def test_who_is_away_does_not_work(office: Office) -> None:
    person_id = office.ids["engineer"]

    def works(on: date) -> bool:
        return person_id in [e.person_id for e in office.see(lambda uow: queries.engineers_on(uow, on))]

    absent = {"person_id": person_id, "first_on": DAY, "last_on": DAY + timedelta(days=1), "kind": "sick"}
    office.do(DESK, lambda uow: actions.add_absence(uow, **absent))
    assert [works(DAY + timedelta(days=n)) for n in (-1, 0, 1, 2)] == [True, False, False, True]
    with pytest.raises(Invalid):
        office.do(
            DESK, lambda uow: actions.add_absence(uow, **{**absent, "last_on": DAY - timedelta(days=1)})
        )
    office.do("admin", lambda uow: actions.set_disabled(uow, person_id=person_id, disabled=True))
    assert not works(DAY + timedelta(days=2))
