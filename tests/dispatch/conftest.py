"""The small department on a fresh database of each kind."""

import pytest

from backend.core.uow import Transactions
from tests.dispatch.department import Department, make


@pytest.fixture
def department(transactions: Transactions) -> Department:
    """Five engineers and twelve orders with windows."""
    return make(transactions)
