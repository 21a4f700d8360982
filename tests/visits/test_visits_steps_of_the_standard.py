"""The standard's checklist on the card: results that are known, nothing else; seen at the card desk."""

from typing import Any
from uuid import uuid4

import pytest

from backend.visits import actions as visits
from backend.visits.fields import CardWrong
from tests.support.office import CARD, PNG, Office, call


def submit(office: Office, **card: Any) -> Any:
    visit_id = office.visit(office.repair())
    office.step(visit_id, "accept", "set_out", "sign_in", "finish")
    return office.do(
        "engineer",
        call(
            visits.submit_card, visit_id=visit_id, uuid=str(uuid4()), data={**CARD, **card}, signature_png=PNG
        ),
    )


def test_kept_as_said(office: Office) -> None:
    said = {"measure": "done", "clean": "not", "power": "none"}
    row = submit(office, steps=said, gifts="台历 2 本", device_out="DL4-OLD-1")
    assert (row.data["steps"], row.data["gifts"], row.data["device_out"]) == (said, "台历 2 本", "DL4-OLD-1")
    assert "steps" not in submit(office).data


@pytest.mark.parametrize(
    "steps",
    [
        {"measure": "maybe"},
        {"measure": ["done"]},
        {"": "done"},
        ["measure"],
        {f"s{n}": "done" for n in range(99)},
    ],
)
def test_anything_else_is_refused(office: Office, steps: Any) -> None:
    with pytest.raises(CardWrong, match="steps"):
        submit(office, steps=steps)
