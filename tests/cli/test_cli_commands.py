"""What `paidan` prints and how it ends."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from backend.appointments import actions as appointments
from backend.core.clock import local_date
from backend.core.settings import TABLE
from backend.core.uow import SYSTEM, Transactions
from backend.orders import actions as orders
from backend.orders import queries
from backend.orders.workbook.sample import write_sample
from backend.stock import queries as stock
from backend.visits import queries as visits

Paidan = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[2]
PLACES = ("朝阳区国贸大厦", "海淀区中关村", "西城区金融街")


def refused(result: Any, *words: str) -> None:
    """Exit 1, nothing on standard output, one sentence on standard error."""
    assert result.returncode == 1, result.stdout + result.stderr
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr


def test_settings_table_of_the_docs_is_the_one_in_the_code() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    rows = re.findall(r"^\| `(PAIDAN_\w+)` \| (.+?) \| (.+?) \|$", text, re.M)
    assert rows == [(s.name, f"`{s.default}`" if s.default else "(empty)", s.meaning) for s in TABLE]


def test_wrong_use_ends_with_2(paidan: Paidan) -> None:
    for args in (["nonsense"], ["plan", "2026-13-01"], ["import", "install-orders", "/no/such/file.xlsx"]):
        result = paidan(*args)
        assert result.returncode == 2
        assert "Traceback" not in result.stderr


def test_refusals_are_one_sentence_in_the_chosen_language(paidan: Paidan, filled: Transactions) -> None:
    refused(paidan("plan", "2020-01-01"), "2020-01-01 已经过去了")
    refused(paidan("--lang", "en", "plan", "2020-01-01"), "2020-01-01 is over")
    refused(paidan("publish", "tomorrow"), "还没有排程")
    refused(paidan("orders", "show", "AZ-1"), "AZ-1")
    refused(paidan("user", "disable", "nobody"), "nobody")
    refused(
        paidan("user", "add", "a", "--name", "甲", "--role", "king", "--password", "long-enough-1"), "king"
    )
    refused(paidan("check", PAIDAN_PORT="many"), "PAIDAN_PORT", "many")
    refused(paidan("check", PAIDAN_PROT="8000"), "PAIDAN_PROT")


def test_a_database_that_was_never_made_is_said_so(paidan: Paidan, tmp_path: Path) -> None:
    elsewhere = str(tmp_path / "empty")
    refused(paidan("orders", "list", PAIDAN_DATA_DIR=elsewhere), "paidan migrate")
    assert not Path(elsewhere).exists()
    found = paidan("--lang", "en", "check", "--json", PAIDAN_DATA_DIR=elsewhere)
    assert found.returncode == 1
    parts = {row["part"]: row for row in json.loads(found.stdout)}
    assert not parts["database"]["ok"] and "paidan migrate" in parts["database"]["en"]
    assert paidan("migrate", PAIDAN_DATA_DIR=elsewhere).returncode == 0
    assert paidan("check", PAIDAN_DATA_DIR=elsewhere).returncode == 0


def test_users_are_added_listed_and_disabled(paidan: Paidan) -> None:
    added = paidan("user", "add", "zhao", "--name", "赵敏", "--role", "sales", "--password", "long-enough-1")
    assert added.returncode == 0 and "zhao" in added.stdout
    refused(
        paidan("user", "add", "zhao", "--name", "赵", "--role", "sales", "--password", "long-enough-1"),
        "zhao",
    )
    assert paidan("user", "disable", "zhao").returncode == 0
    listed = json.loads(paidan("user", "list", "--json").stdout)
    assert [row["login"] for row in listed] == ["zhao"]
    assert listed[0]["roles"] == ["sales"] and listed[0]["disabled_at"]
    assert "password" not in listed[0] and "password_hash" not in listed[0]


def test_a_workbook_is_imported_and_the_same_file_twice_adds_nothing(
    paidan: Paidan, filled: Transactions, tmp_path: Path
) -> None:
    book = tmp_path / "orders.xlsx"
    with filled.read(SYSTEM) as uow:
        models, today = stock.models(uow), local_date(uow.now)
    mistakes = write_sample(str(book), today=today, rows=24, seed=3, places=PLACES, models=models)
    first = paidan("import", "install-orders", str(book), "--json")
    assert first.returncode == 0, first.stderr
    report = json.loads(first.stdout)
    assert set(report) == {"accepted", "duplicates", "rejected", "errors"}
    assert set(report["errors"][0]) == {"row", "column", "value", "code", "message"}
    assert report["rejected"] == len({error["row"] for error in report["errors"]}) > 0
    assert {error["row"] for error in report["errors"]} <= set(mistakes)
    assert report["accepted"] + report["rejected"] == 24
    again = json.loads(paidan("import", "install-orders", str(book), "--json").stdout)
    assert (again["accepted"], again["duplicates"]) == (0, report["accepted"])
    listed = json.loads(paidan("orders", "list", "--status", "submitted", "--json").stdout)
    assert len(listed) == report["accepted"]
    shown = json.loads(paidan("orders", "show", listed[0]["number"], "--json").stdout)
    assert shown == listed[0]


def test_template_can_be_opened_and_names_the_models(
    paidan: Paidan, filled: Transactions, tmp_path: Path
) -> None:
    out = tmp_path / "template.xlsx"
    assert paidan("template", "install-orders", str(out)).returncode == 0
    sheet = openpyxl.load_workbook(out).worksheets[0]
    heads = [str(cell.value) for cell in sheet[1]]
    assert any("税号" in head for head in heads) and any("型号" in head for head in heads)
    lists = [str(rule.formula1) for rule in sheet.data_validations.dataValidation]
    assert any("DL4-C" in formula for formula in lists)
    refused(paidan("template", "install-orders", str(tmp_path / "no" / "folder.xlsx")))


def test_what_is_no_workbook_is_refused(paidan: Paidan, tmp_path: Path) -> None:
    file = tmp_path / "orders.xlsx"
    file.write_text("not a workbook")
    refused(paidan("import", "install-orders", str(file), "--json"))


@pytest.mark.slow
def test_a_day_is_planned_and_published_without_a_worker(paidan: Paidan, filled: Transactions) -> None:
    on = local_date(filled.clock.now()) + timedelta(days=1)
    with filled.begin(SYSTEM) as uow:
        numbers = _appointed(uow, on)
    planned = paidan("plan", "tomorrow", "--seconds", "1", "--seed", "3", "--json")
    assert planned.returncode == 0, planned.stderr
    plan = json.loads(planned.stdout)
    assert set(plan) == {"plan_id", "date", "served", "unserved", "cost_fen", "violations"}
    assert plan["date"] == on.isoformat() and plan["violations"] == []
    assert plan["served"] == 3
    assert [row["order"] for row in plan["unserved"]] == [numbers["nobody can"]]
    assert all(isinstance(reason, str) for reason in plan["unserved"][0]["reasons"])
    published = paidan("publish", on.isoformat(), "--json")
    assert published.returncode == 0, published.stderr
    assert json.loads(published.stdout)["visits"] == 3
    with filled.read(SYSTEM) as uow:
        assert len(visits.day(uow, on)) == 3
        assert len(queries.with_status(uow, ["published"])) == 3


def _appointed(uow: Any, on: Any) -> dict[str, str]:
    """Three repairs that can be done and one that lies outside every shift."""
    from backend.customers import actions as customers

    numbers = {}
    for index, (name, window) in enumerate(
        [("a", (9, 12)), ("b", (10, 12)), ("c", (14, 16)), ("nobody can", (21, 22))]
    ):
        customer = customers.ensure_customer(uow, name=f"北京第{index}公司", tax_number=None, division=None)
        site = customers.ensure_site(
            uow,
            customer_id=customer,
            address=f"朝阳区 {index} 号",
            district="朝阳区",
            lat=39.93 + index / 100,
            lon=116.44,
            position_source="pin",
        )
        row = orders.create_service_order(
            uow,
            kind="repair",
            customer_id=customer,
            site_id=site,
            contact_name="王",
            contact_phone="138-0000-1234",
            problem="打不了长途",
        )
        orders.approve(uow, order_id=row.id)
        appointments.appoint(
            uow, order_id=row.id, on=on, from_s=window[0] * 3600, to_s=window[1] * 3600, agreed_with="王"
        )
        numbers[name] = row.number
    return numbers
