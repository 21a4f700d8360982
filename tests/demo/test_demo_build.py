"""The demo's data: made once, plausible, never from the future, thrown away only where it is a demo."""

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from backend.core.db import make_engine
from backend.demo import build, today
from backend.demo.people import ACCOUNTS, PASSWORD
from backend.staff import auth
from backend.staff.roles import ROLES

COMMAND = [sys.executable, "-m", "backend.cli.main", "demo", "--once", "--json"]


def run(folder: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PAIDAN_")}
    return subprocess.run(
        [*COMMAND, *more],
        env=kept | {"PAIDAN_DATA_DIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A demo with a short history, and its summary."""
    from backend.core import settings

    folder = tmp_path_factory.mktemp("demo") / "var"
    patch = pytest.MonkeyPatch()
    patch.setattr(build, "HISTORY_DAYS", 9)
    patch.setattr(today, "PLAN_SECONDS", 2.0)
    summary = build.ensure(settings.load({"PAIDAN_DATA_DIR": str(folder)}), tell=lambda zh, en: None)
    patch.undo()
    return folder, summary


def ask(folder: Path, question: str) -> list[Any]:
    engine = make_engine(f"sqlite:///{folder / 'paidan.db'}")
    try:
        with engine.execution_options(read_only=True).connect() as connection:
            return list(connection.execute(text(question)))
    finally:
        engine.dispose()


def number(folder: Path, question: str) -> int:
    return int(ask(folder, question)[0][0])


def test_summary_and_accounts(demo: tuple[Path, dict[str, Any]]) -> None:
    folder, summary = demo
    assert summary["people"] == len(ACCOUNTS) + 30 and summary["engineers"] == 30
    assert {account[0] for account in summary["accounts"]} == set(ROLES)
    report, plan = summary["import"], summary["plan"]
    assert report["accepted"] + report["rejected"] == today.SAMPLE_ROWS and report["rejected"] > 0
    assert plan["violations"] == [] and plan["served"] > plan["unserved"]
    assert (folder / today.SAMPLE).exists()
    hashes = ask(folder, "SELECT password_hash FROM people")
    assert auth._hasher.verify(hashes[0][0], PASSWORD)
    assert sum(summary["orders"].values()) == number(folder, "SELECT count(*) FROM service_orders")


def test_nothing_lies_in_the_future_and_steps_are_in_order(demo: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = demo
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
    for table, column in (
        ("audit_entries", "at"),
        ("service_orders", "updated_at"),
        ("visits", "finished_at"),
        ("cards", "submitted_at"),
        ("inbox_items", "created_at"),
        ("outbox_messages", "delivered_at"),
    ):
        assert number(folder, f"SELECT count(*) FROM {table} WHERE {column} > '{now}'") == 0, table
    wrong = (
        "SELECT count(*) FROM visits WHERE accepted_at > set_out_at OR set_out_at > signed_in_at"
        " OR signed_in_at >= finished_at OR published_at > accepted_at"
    )
    assert number(folder, wrong) == 0
    backwards = (
        "SELECT count(*) FROM audit_entries a JOIN audit_entries b ON b.id = a.id + 1 WHERE b.at < a.at"
    )
    assert number(folder, backwards) == 0


def test_no_engineer_is_in_two_places(demo: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = demo
    both = (
        "SELECT count(*) FROM visits a JOIN visits b ON a.engineer_id = b.engineer_id AND a.id < b.id"
        " WHERE a.signed_in_at < b.finished_at AND b.signed_in_at < a.finished_at"
    )
    assert number(folder, both) == 0


def test_every_part_of_the_department_has_something_to_look_at(demo: tuple[Path, dict[str, Any]]) -> None:
    folder, summary = demo
    assert summary["orders"]["closed"] > 30 and summary["orders"]["submitted"] >= today.IN_REVIEW
    assert number(folder, "SELECT count(*) FROM serials WHERE status = 'installed'") > 10
    assert number(folder, "SELECT count(*) FROM serials WHERE status = 'in_stock'") > 100
    assert number(folder, "SELECT count(*) FROM claims WHERE status = 'checked'") > 10
    assert number(folder, "SELECT count(*) FROM invoice_requests WHERE status = 'delivered'") > 10
    assert number(folder, "SELECT count(*) FROM inbox_items WHERE read_at IS NULL") > 0
    assert number(folder, "SELECT count(*) FROM outbox_messages WHERE delivered_at IS NULL") == 0
    # Whoever logs in as the engineer has done something and, on a day on which he works, has something to do.
    own = "FROM visits v JOIN people p ON p.id = v.engineer_id WHERE p.login = 'engineer'"
    assert number(folder, f"SELECT count(*) {own} AND v.outcome = 'done'") > 0
    last = date.fromisoformat(ask(folder, 'SELECT max("on") FROM visits')[0][0])
    assert last.weekday() > 4 or number(folder, f"SELECT count(*) {own} AND v.\"on\" = '{last}'") > 0
    # A closed order was settled by the rules, not written down: it has every move in the trail.
    moves = (
        "SELECT min(n) FROM (SELECT count(DISTINCT e.action) n FROM service_orders o JOIN audit_entries e"
        " ON e.entity = 'service_order' AND e.entity_id = CAST(o.id AS TEXT) WHERE o.status = 'closed' GROUP BY o.id)"
    )
    assert number(folder, moves) >= 11


def test_the_second_time_continues_and_reset_needs_a_demo(
    demo: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    folder, summary = demo
    orders = number(folder, "SELECT count(*) FROM service_orders")
    again = run(folder)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["orders"] == summary["orders"]
    assert number(folder, "SELECT count(*) FROM service_orders") == orders

    precious = tmp_path / "letters"
    precious.mkdir()
    (precious / "letter.txt").write_text("dear")
    refused = run(precious, "--reset")
    assert refused.returncode == 1 and str(precious) in refused.stderr and refused.stdout == ""
    assert [path.name for path in precious.iterdir()] == ["letter.txt"]
