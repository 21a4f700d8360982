"""The days of the telephone are made ready when the web process starts, and a failure keeps nothing from starting."""

from unittest.mock import patch

import wsgi
from backend.bootstrap import Application
from backend.core.uow import SYSTEM
from backend.dispatch import offers, trying
from tests.dispatch.department import add_order


def test_the_first_call_finds_its_days_ready(application: Application) -> None:
    with application.transactions.begin(SYSTEM) as uow:
        order_id = add_order(uow, 1)
    wsgi.warm(application)
    broken = patch.object(offers, "OfferBook", side_effect=AssertionError("a day was not ready"))
    with application.transactions.read(SYSTEM) as uow, broken:
        assert offers.suggest_windows(uow, order_id)


def test_a_look_that_fails_keeps_the_others_and_the_start(application: Application) -> None:
    looked = []
    with (
        patch.object(trying, "warm", side_effect=OSError("the disk is away")),
        patch.object(offers, "warm", side_effect=looked.append),
    ):
        wsgi.warm(application)
    assert looked == [application.transactions]
