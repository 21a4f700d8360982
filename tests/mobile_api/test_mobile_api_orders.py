"""Orders, plans and the rules of the API: versions, strict arguments, paging, log-in, the document."""

import io
import uuid
from typing import Any

import pytest
import schemathesis

from backend.core.uow import SYSTEM
from backend.stock import actions as stock
from tests.mobile_api.conftest import Caller, World

ORDER = {
    "division_number": "HB-1",
    "division": "华北事业部",
    "customer_name": "北京云帆新能源科技有限公司",
    "tax_number": "91110105MA01ABCD2X",
    "contact_name": "赵文博",
    "contact_phone": "13800005562",
    "address": "朝阳区望京SOHO 3号楼1205",
    "access_mode": "direct",
    "line_count": 4,
    "device_model": "DL4-C",
    "price": "2680.00",
    "urgent": False,
}


MODELS = (("DL4-C", "四线拨号器", 4, 268000), ("DL8-C", "八线拨号器", 8, 468000))


@pytest.fixture
def with_models(world: World) -> World:
    """The dialer models are known."""
    for code, name, lines, price in MODELS:
        world.do(
            lambda uow, c=code, n=name, k=lines, p=price: stock.add_item(
                uow, code=c, name=n, kind="dialer", lines=k, price_fen=p
            )
        )
    return world


def test_document_is_valid_and_lists_every_route(world: World) -> None:
    """Every route under /api/v1 but the document's own is in a valid OpenAPI document."""
    document = world.app.test_client().get("/api/v1/openapi.json").json
    schemathesis.openapi.from_dict(document).validate()
    described = {
        (path, method.upper())
        for path, operations in document["paths"].items()
        for method in operations
        if method != "parameters"
    }
    routes = {
        (_braces(rule.rule), method)
        for rule in world.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD" if "GET" in (rule.methods or ()) else ""}
        if rule.rule.startswith("/api/v1/") and rule.endpoint not in ("api_document", "api_docs")
    }
    assert described == routes
    page = world.app.test_client().get("/api/v1/docs")
    assert page.status_code == 200
    assert b"<script>" not in page.data


def _braces(rule: str) -> str:
    import re

    return re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", r"{\1}", rule)


def test_install_order_by_json(with_models: World) -> None:
    """One order is checked like a workbook's row, kept, found again, and refused a second time."""
    sales = with_models.login("sales1")
    made = sales("POST", "/install-orders", json=ORDER)
    assert made.status_code == 201, made.json
    assert (made.json["status"], made.json["price"]) == ("submitted", "2680.00")
    found = sales("GET", made.headers["Location"].removeprefix("/api/v1"))
    assert (found.json, found.headers["ETag"]) == (made.json, made.headers["ETag"])
    assert [row["id"] for row in sales("GET", "/install-orders").json["items"]] == [made.json["id"]]
    assert sales("POST", "/install-orders", json=ORDER).status_code == 409
    wrong = sales("POST", "/install-orders", json={**ORDER, "tax_number": "123", "contact_phone": "x"})
    assert wrong.status_code == 422
    assert {error["code"] for error in wrong.json["errors"]} >= {"not_uscc", "not_a_phone"}
    assert sales("POST", "/install-orders", json={**ORDER, "colour": "red"}).status_code == 422


def test_returning_needs_the_version_that_was_read(with_models: World) -> None:
    """428 without If-Match, 412 with an old or strange one, 200 with the right one; only the assistant may."""
    sales, assistant = with_models.login("sales1"), with_models.assistant()
    order = sales("POST", "/install-orders", json=ORDER)
    path, body = f"/install-orders/{order.json['id']}/return", {"reasons": ["price"], "note": "价格不对"}
    etag = order.headers["ETag"]
    assert assistant("POST", path, json=body).status_code == 428
    for stale in ('"999"', '"abc"', "*"):
        assert assistant("POST", path, json=body, headers={"If-Match": stale}).status_code == 412
    assert sales("POST", path, json=body, headers={"If-Match": etag}).status_code == 403
    done = assistant("POST", path, json=body, headers={"If-Match": etag})
    assert (done.status_code, done.json["status"]) == (200, "returned")
    assert done.headers["ETag"] != etag
    assert assistant("POST", path, json=body, headers={"If-Match": etag}).status_code == 412


def test_service_order_by_client_key_and_its_moves(world: World) -> None:
    """The same client key gives the same order; hold and resume follow the versions."""
    assistant = world.assistant()
    known = assistant("GET", f"/service-orders/{world.department.orders[0]}").json
    body = {
        "kind": "repair",
        "customer_id": known["customer_id"],
        "site_id": known["site_id"],
        "contact_name": "李工",
        "contact_phone": "13800000000",
        "problem": "打不出长途",
        "client_key": str(uuid.uuid4()),
    }
    first = assistant("POST", "/service-orders", json=body)
    again = assistant("POST", "/service-orders", json=body)
    assert first.status_code == again.status_code == 201
    assert first.json == again.json
    path, headers = f"/service-orders/{first.json['id']}", {"If-Match": first.headers["ETag"]}
    approved = assistant("POST", f"{path}/approve", headers=headers)
    held = assistant(
        "POST", f"{path}/hold", json={"note": "等客户"}, headers={"If-Match": approved.headers["ETag"]}
    )
    assert held.json["status"] == "on_hold"
    assert assistant("POST", f"{path}/resume", json={}, headers=headers).status_code == 412
    resumed = assistant("POST", f"{path}/resume", json={}, headers={"If-Match": held.headers["ETag"]})
    assert resumed.json["status"] == "approved"
    no_reason = assistant("POST", f"{path}/cancel", json={}, headers={"If-Match": resumed.headers["ETag"]})
    assert no_reason.status_code == 422
    elsewhere = assistant(
        "POST", "/service-orders", json={**body, "site_id": 999, "client_key": str(uuid.uuid4())}
    )
    assert elsewhere.status_code == 404


def test_lists_are_paged_by_cursor(world: World) -> None:
    """Each order comes once; sizes and cursors that make no sense are refused."""
    assistant = world.assistant()
    seen: list[int] = []
    cursor = ""
    while True:
        page = assistant("GET", f"/service-orders?size=3{cursor}").json
        seen += [row["id"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == sorted(world.department.orders, reverse=True)
    for bad in ("size=0", "size=1000", "cursor=%21", "cursor=WzFd"):
        assert assistant("GET", f"/service-orders?{bad}").status_code == 422, bad


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/service-orders?colour=red", None),
        ("GET", "/me?x=1", None),
        ("GET", "/mobile/day?day=2026-11-24", None),
        ("POST", "/mobile/visits/1/accept", {"lat": 1}),
        ("POST", "/mobile/visits/1/sign-in", {"latitude": 1}),
        ("POST", "/mobile/inbox/read", {"all": True}),
        ("PUT", "/me", {"lang": "zh", "name": "x"}),
    ],
)
def test_unknown_arguments_are_refused(world: World, method: str, path: str, body: Any) -> None:
    """Queries and bodies alike; the answer names the argument."""
    caller = world.assistant() if path.startswith("/service") else world.engineer(0)
    answer = caller(method, path, json=body) if body is not None else caller(method, path)
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert answer.json["errors"]


def test_numbers_beyond_every_id_are_not_found(world: World) -> None:
    """An id that no database could hold is a refusal, not a failure."""
    phone, huge = world.engineer(0), 10**24
    assert phone("GET", f"/mobile/visits/{huge}").status_code == 404
    assert phone("POST", "/mobile/inbox/read", json={"ids": [huge]}).status_code == 422
    assert world.assistant()("GET", f"/service-orders/{huge}").status_code == 404


def test_not_an_excel_file_gets_a_sentence(world: World) -> None:
    """The upload answers with problem+json, and needs the file."""
    sales = world.login("sales1")
    answer = sales("POST", "/imports/install-orders", data={"file": (io.BytesIO(b"hello"), "a.xlsx")})
    assert 400 <= answer.status_code < 500
    assert answer.json["detail"]
    assert sales("POST", "/imports/install-orders", data={}).status_code == 422


def test_plan_is_a_job_that_can_be_watched(world: World) -> None:
    """202 with the job; asked twice it is the same job; only the assistant may ask."""
    assistant = world.assistant()
    body = {"on": "2026-11-24", "seconds": 1, "seed": 7}
    answer = assistant("POST", "/plans", json=body)
    assert (answer.status_code, answer.json["status"]) == (202, "queued")
    path = answer.headers["Location"].removeprefix("/api/v1")
    assert assistant("GET", path).json["id"] == answer.json["id"]
    assert assistant("POST", "/plans", json=body).json["id"] == answer.json["id"]
    assert world.engineer(0)("POST", "/plans", json=body).status_code == 403
    schedule = assistant("GET", "/schedules/2026-11-24").json
    assert (schedule["plan_id"], len(schedule["engineers"])) == (None, 5)
    assert assistant("GET", "/schedules/tomorrow").status_code == 422
    assert assistant("POST", "/schedules/2026-11-24/publish").status_code == 409


def test_tokens_end_and_wrong_passwords_are_limited(world: World) -> None:
    """A token that was ended is worth nothing; too many wrong passwords are 429."""
    client = world.app.test_client()
    body = {"login": "eng0", "password": "Paidan-2026-e0", "device": "x"}
    made = client.post("/api/v1/auth/tokens", json=body)
    assert made.status_code == 201
    phone = Caller(client, {"Authorization": f"Bearer {made.json['token']}"})
    assert phone("GET", "/me").json["roles"] == ["engineer"]
    assert phone("DELETE", "/auth/tokens/current").status_code == 204
    assert phone("GET", "/me").status_code == 401
    body = {"login": "eng1", "password": "wrong", "device": "x"}
    answers = [client.post("/api/v1/auth/tokens", json=body).status_code for _ in range(9)]
    assert answers == [401] * 8 + [429]


def test_a_browser_session_needs_its_csrf_token(world: World) -> None:
    """The cookie works for reads; a write without the header is refused."""
    from backend.staff import auth

    token = world.do(lambda uow: auth.open_session(uow, world.department.engineers[0], user_agent="", ip=""))
    client = world.app.test_client()
    client.set_cookie("paidan_session", token)
    assert client.get("/api/v1/me").status_code == 200
    path = f"/api/v1/mobile/visits/{world.visits[0]}/accept"
    assert client.post(path).status_code == 403
    page = client.get("/inbox")
    csrf = (
        page.get_data(as_text=True).split('"X-CSRF-Token": "')[1].split('"')[0]
        if page.status_code == 200
        else None
    )
    assert csrf is not None
    assert client.post(path, headers={"X-CSRF-Token": csrf}).status_code == 200
    with world.transactions.read(SYSTEM) as uow:
        from backend.visits import queries as visits

        assert visits.get(uow, world.visits[0]).accepted_at is not None
