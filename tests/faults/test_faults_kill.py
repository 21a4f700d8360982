"""kill -9 of the web process and of the worker in the middle of the work: nothing lost, doubled or stuck.

The moments are states that are waited for, or parts of a measured duration, a few of them by a fixed seed.
"""

import base64
import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests

from backend.core import outbox
from backend.core.clock import local_date
from backend.demo.cards import PNG
from backend.demo.people import MODELS
from backend.orders.workbook.sample import sample_rows
from backend.orders.workbook.template import write_template
from backend.stock.queries import ItemRow
from tests.faults.conftest import ORDERS, Served
from tests.support.serving import parts_of, wait_until

ROWS = 200
SIGNATURE = "data:image/png;base64," + base64.b64encode(PNG).decode()
pytestmark = pytest.mark.slow


def workbook(served: Served, path: Path, prefix: str) -> Path:
    """Good rows whose numbers begin with ``prefix``."""
    rows, _ = sample_rows(
        today=local_date(served.transactions.clock.now()),
        rows=ROWS,
        seed=3,
        places=["朝阳区望京SOHO", "海淀区中关村", "西城区金融街"],
        models={code: ItemRow(0, code, name, "dialer", lines, price) for code, name, lines, price in MODELS},
        mistakes=False,
    )
    for n, row in enumerate(rows):
        row["division_number"] = f"{prefix}-{n:04d}"
    write_template(str(path), models=[model[0] for model in MODELS], divisions=["华北事业部"], rows=rows)
    return path


class Sent(threading.Thread):
    """A request on its way, whose answer may never come."""

    def __init__(self, send: Callable[[], requests.Response]) -> None:
        super().__init__(daemon=True)
        self.send, self.answer, self.took_s = send, None, 0.0
        self.start()

    def run(self) -> None:
        began = time.monotonic()
        try:
            self.answer: requests.Response | None = self.send()
        except requests.RequestException:
            self.answer = None
        self.took_s = time.monotonic() - began


def settle(served: Served) -> None:
    """Wait until every fact is handed on."""
    wait_until(
        lambda: outbox.pending_count(served.transactions) == 0,
        30,
        lambda: served.serving.log("worker")[-2000:],
    )


def upload(served: Served, token: str, path: Path, *, insist: bool = False) -> requests.Response:
    ask = served.serving.insist if insist else served.serving.ask
    files = {"file": (path.name, path.read_bytes())}
    return ask("POST", "/imports/install-orders", token, files=files)


def test_worker_killed_during_a_plan_and_web_during_imports(served: Served, tmp_path: Path) -> None:
    """The plan waits for its dead worker's lease to run out; meanwhile the web process dies again and again."""
    with interrupted_plan(served):
        interrupted_imports(served, tmp_path)


@contextlib.contextmanager
def interrupted_plan(served: Served) -> Iterator[None]:
    token = served.log_in("technical_assistant")
    on = served.take_day()
    job = served.serving.ask("POST", "/plans", token, json={"on": str(on), "seconds": 2}).json()

    def state() -> dict[str, Any]:
        found: dict[str, Any] = served.serving.insist("GET", f"/jobs/{job['id']}", token).json()
        return found

    def solvers() -> list[str]:
        return [line for line in parts_of(served.serving.folder).values() if "optimizer.child" in line]

    wait_until(solvers, 20, lambda: f"the plan does not begin: {state()}")
    killed = served.serving.kill("worker")
    wait_until(lambda: killed not in parts_of(served.serving.folder), 5, "the worker lives")
    wait_until(lambda: not solvers(), 2, "a solver outlives its worker")
    yield
    wait_until(lambda: state()["status"] in ("done", "failed"), 40, lambda: f"the plan is stuck: {state()}")
    assert state()["status"] == "done", state()
    assert state()["result"]["served"] == ORDERS
    settle(served)
    assert served.number("SELECT fence FROM jobs WHERE id = :id", id=job["id"]) == 2
    assert served.number("SELECT count(*) FROM day_plans WHERE job_id = :id", id=job["id"]) == 1
    assert served.trail(on, "planned") == 1


def interrupted_imports(served: Served, tmp_path: Path) -> None:
    token = served.log_in("sales")
    stored = "SELECT count(*) FROM install_orders WHERE division_number LIKE :prefix"
    first = Sent(lambda: upload(served, token, workbook(served, tmp_path / "first.xlsx", "A"), insist=True))
    first.join()
    assert first.answer is not None and first.answer.json()["accepted"] == ROWS, first.answer
    interrupted, usual_s = 0, first.took_s
    for n, part in enumerate((0.3, 0.75, 0.95, served.chance.uniform(0.4, 0.9))):
        path = workbook(served, tmp_path / f"{n}.xlsx", f"K{n}")
        sent = Sent(lambda path=path: upload(served, token, path))
        time.sleep(part * usual_s)
        served.serving.kill("web")
        sent.join()
        if sent.answer is None:
            interrupted += 1
        else:  # over before the kill: the first one was slow, so the next moments come sooner
            usual_s = min(usual_s, sent.took_s)
        report = upload(served, token, path, insist=True).json()
        before = ROWS - report["accepted"]
        assert before in (0, ROWS), f"part of a file was kept: {report}"
        assert (report["duplicates"], report["rejected"]) == (before, 0)
        assert served.number(stored, prefix=f"K{n}-%") == ROWS
    assert interrupted > 0, "no kill met an import"
    for what in (
        "SELECT count(DISTINCT number) FROM service_orders WHERE kind = 'install'",
        "SELECT count(*) FROM outbox_messages m JOIN service_orders o ON m.name = 'order_submitted'"
        f" AND {served.field('m.payload', 'order_id')} = CAST(o.id AS TEXT) WHERE o.kind = 'install'",
        "SELECT count(*) FROM audit_entries a JOIN install_orders i ON a.entity_id = CAST(i.service_order_id AS TEXT)"
        " WHERE a.entity = 'service_order' AND a.action = 'submit'",
    ):
        assert served.number(what) == served.number("SELECT count(*) FROM install_orders"), what


def check_published(served: Served, on: date) -> None:
    """Each order exactly one visit, each engineer exactly one message, one line in the trail."""
    day = served.visits_of(on)
    assert len(day) == len({order_id for order_id, _ in day}) == ORDERS
    assert served.trail(on, "published") == 1
    settle(served)
    told = served.told(on)
    assert sorted(told) == sorted({engineer_id for _, engineer_id in day})


@pytest.mark.parametrize("part", ["web", "worker", "both"])
def test_killed_during_a_publish(served: Served, part: str) -> None:
    token = served.log_in("technical_assistant")
    on = served.planned_day()
    settle(served)
    publish = f"/schedules/{on}/publish"
    sent = Sent(lambda: served.serving.ask("POST", publish, token))
    if part == "web":
        time.sleep(served.chance.uniform(0.02, 0.12))
    else:  # the facts are there and are being handed on
        wait_until(lambda: outbox.pending_count(served.transactions) > 0, 20, "nothing is published")
        served.serving.kill("worker")
    if part != "worker":
        served.serving.kill("web")
    sent.join()
    assert served.serving.insist("POST", publish, token).status_code == 200
    check_published(served, on)


def test_web_killed_while_phones_send(served: Served) -> None:
    """Four engineers work through their day; each repeats what was not answered, as the outbox does."""
    token = served.log_in("technical_assistant")
    on = served.planned_day()
    assert served.serving.insist("POST", f"/schedules/{on}/publish", token).status_code == 200
    logins = ["engineer", "engineer2", "engineer3", "engineer4", "engineer5"]
    tokens = {login: served.log_in(login) for login in logins}
    wrong: list[str] = []

    def work(login: str) -> None:
        day = served.serving.insist("GET", f"/mobile/day?on={on}", tokens[login]).json()
        for visit in day["visits"]:
            for step in ("accept", "set-out", "sign-in", "finish"):
                path = f"/mobile/visits/{visit['id']}/{step}"
                answer = served.serving.insist("POST", path, tokens[login], json={})
                if answer.status_code != 200:
                    wrong.append(f"{path}: {answer.text}")
            data = {"result": "done", "access_mode": "direct", "device_model": "DL4-C", "trained": True}
            data |= {"device_serial": f"X-{visit['id']}", "conditions": "供电正常", "trained_whom": "李工"}
            data |= {"repair_symptom": "noise", "repair_cause": "line", "repair_measures": "重做接头"}
            data |= {"repair_solved": "site"}
            card = {"visit_id": visit["id"], "data": data, "signature": SIGNATURE}
            path = f"/mobile/cards/{uuid.uuid5(uuid.NAMESPACE_OID, str(visit['id']))}"
            answer = served.serving.insist("PUT", path, tokens[login], json=card)
            if answer.status_code != 200:
                wrong.append(f"{path}: {answer.text}")

    threads = [threading.Thread(target=work, args=(login,), daemon=True) for login in logins]
    for thread in threads:
        thread.start()
    time.sleep(0.25)
    served.serving.kill("web")
    for thread in threads:
        thread.join(40)
    assert wrong == []
    done = (
        "SELECT count(*) FROM cards c JOIN visits v ON c.visit_id = v.id JOIN service_orders o"
        " ON o.id = v.service_order_id WHERE o.status = 'card_submitted'"
    )
    assert served.number(done) == served.number("SELECT count(*) FROM cards") == len(served.visits_of(on))
    settle(served)
    told = "SELECT count(*) FROM inbox_items WHERE kind = 'card_submitted'"
    assert served.number(told) == served.number("SELECT count(*) FROM cards")
