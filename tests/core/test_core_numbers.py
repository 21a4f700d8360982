"""Numbers of the settings page: how they come, what is kept, what is refused, who changed what."""

import pytest

from backend.core import audit, numbers
from backend.core.errors import NotFound, Stale
from backend.core.uow import SYSTEM, Transactions


def _seen(transactions: Transactions) -> dict[str, str]:
    with transactions.read(SYSTEM) as uow:
        return {name: str(value) for name, value in numbers.values(uow, "windows").items()}


def test_a_number_comes_with_a_default_and_a_change_is_kept_with_its_trail(
    transactions: Transactions,
) -> None:
    seen = _seen(transactions)
    assert seen == {name: str(value) for name, value in numbers.defaults("windows").items()}
    with transactions.begin(SYSTEM) as uow:
        assert numbers.save(uow, "windows", given=seen | {"good": "8"}, seen=seen) == 1
        assert numbers.save(uow, "windows", given={"good": "8"}, seen={"good": "8"}) == 0
    with transactions.read(SYSTEM) as uow:
        assert numbers.values(uow, "windows")["good"] == 8
        (entry,) = audit.trail(uow, entity="number", entity_id="windows.good").rows
        assert (entry.before, entry.after) == ({"value": 5}, {"value": 8})


@pytest.mark.parametrize("text", ["", "-1", "1.5", "ten", "10001", "9" * 40])
def test_what_makes_no_sense_is_refused_with_its_bounds(transactions: Transactions, text: str) -> None:
    with transactions.begin(SYSTEM) as uow, pytest.raises(numbers.OutOfBounds):
        numbers.save(uow, "windows", given={"good": text}, seen={"good": "5"})


def test_good_is_never_dearer_than_fair_and_a_lost_race_is_told(transactions: Transactions) -> None:
    seen = _seen(transactions)
    with transactions.begin(SYSTEM) as uow:
        with pytest.raises(numbers.WrongOrder):
            numbers.save(uow, "windows", given=seen | {"good": "31"}, seen=seen)
        numbers.save(uow, "windows", given={"fair": "40"}, seen=seen)
        with pytest.raises(Stale):
            numbers.save(uow, "windows", given={"fair": "50"}, seen=seen)
        numbers.save(
            uow, "windows", given=seen | {"good": "6"}, seen=seen
        )  # what was not touched stays theirs
        assert numbers.values(uow, "windows")["fair"] == 40
        with pytest.raises(NotFound):
            numbers.values(uow, "nothing")
