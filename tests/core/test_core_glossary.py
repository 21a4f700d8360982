"""The glossary has a line for every role, state, move and table, and names nothing that does not exist."""

import importlib
import re
from pathlib import Path

from backend.billing.states import INVOICE
from backend.core.schema import Base
from backend.core.states import Machine
from backend.expenses.states import CLAIM
from backend.orders.states import SERVICE_ORDER
from backend.staff.roles import ROLES

TEXT = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text()


def test_every_role_state_and_move_has_its_line_in_the_words_of_the_screens() -> None:
    machines: dict[str, Machine] = {"": SERVICE_ORDER, "invoice ": INVOICE, "claim ": CLAIM}
    lines = {(label.zh, label.en, f"role `{code}`") for code, label in ROLES.items()}
    for prefix, machine in machines.items():
        lines |= {(label.zh, label.en, f"{prefix}state `{code}`") for code, label in machine.states.items()}
        lines |= {(m.label.zh, m.label.en, f"{prefix}move `{m.name}`") for m in machine.moves}
    missing = [line for line in sorted(lines) if f"| {' | '.join(line)} |" not in TEXT]
    assert missing == []


def test_every_table_has_its_line_and_every_named_thing_exists() -> None:
    named = set(re.findall(r"`([a-z]+)\.([A-Z]\w+)`", TEXT))
    tables = {(m.class_.__module__.split(".")[1], m.class_.__name__) for m in Base.registry.mappers}
    assert tables - named == set() and named - tables == set()
    for path in re.findall(r"`([a-z]+(?:\.[a-z_]+)+\.\w+)`", TEXT):
        module, _, name = path.rpartition(".")
        assert hasattr(importlib.import_module(f"backend.{module}"), name), path
