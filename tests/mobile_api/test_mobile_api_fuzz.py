"""schemathesis against the OpenAPI document for each role: whatever fits the document gets an answer that fits it too."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from backend.core.uow import UnitOfWork
from backend.staff import actions as staff
from backend.staff import queries as staff_queries
from tests.mobile_api.conftest import World

LOGINS = {
    "engineer": "eng0",
    "technical_assistant": "zhaomin",
    "sales": "sales1",
    "admin": "admin1",
}
OTHERS = (
    "technical_supervisor",
    "manager",
    "finance",
    "stock_assistant",
    "rep_care",
    "rep_onboarding",
    "desk_supervisor",
)
EXAMPLES = 6
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
NOT_ASKED = {("DELETE", "/api/v1/auth/tokens/current"), ("POST", "/api/v1/auth/tokens")}
"""They end or make log-ins, which other tests look at."""


@pytest.mark.slow
@pytest.mark.parametrize("role", [*LOGINS, *OTHERS])
def test_each_role_gets_what_the_document_says(world: World, role: str) -> None:
    login = LOGINS.get(role) or _added(world, role)
    headers = world.login(login).headers | {"Accept-Encoding": "identity"}
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", world.app)
    asked = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if (operation.method.upper(), operation.full_path) in NOT_ASKED:
            continue

        @seed(7)
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            response = case.call(headers=headers)
            case.validate_response(response, checks=[not_a_server_error])
            if response.status_code < 400:
                case.validate_response(response, checks=[response_schema_conformance])
            else:
                kinds = response.headers.get("content-type", [""])
                assert kinds == ["application/problem+json"], (kinds, response.text)
                assert case.method == "HEAD" or response.json()["detail"]

        ask()
        asked += 1
    assert asked > 40


def _added(world: World, role: str) -> str:
    def add(uow: UnitOfWork) -> None:
        if staff_queries.by_login(uow, role) is None:
            staff.add_person(uow, login=role, name=role[:20], password="Paidan-2026-xx", roles=[role])

    world.do(add)
    return role
