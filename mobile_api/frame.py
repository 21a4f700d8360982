"""What every resource of the API shares: the OpenAPI document, strict arguments, versions as ETags."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, current_app, jsonify, render_template, request
from flask_smorest import Api as SmorestApi
from flask_smorest import Blueprint as SmorestBlueprint
from flask_smorest import abort
from marshmallow import RAISE, Schema
from marshmallow import fields as f
from webargs.flaskparser import FlaskParser

from backend.core.errors import NotFound, Stale
from backend.http.access import public

View = TypeVar("View", bound=Callable[..., Any])
PREFIX = "/api/v1"
LARGEST_ID = 2**31 - 1
DESCRIPTION = """
The programs' side of paidan. Log in with `POST /auth/tokens` and send the token as `Authorization: Bearer …`;
the browser's session cookie works too, then each write carries the `X-CSRF-Token` header.

- Errors are `application/problem+json`; `detail` is a sentence for people, `title` a code for programs.
- Lists are paged: `size` (at most 200) and the `next_cursor` of the page before as `cursor`.
- A single order carries its version as `ETag`; a write to it needs `If-Match` (428 without, 412 when someone
  else was first).
- Money is a decimal text in yuan, times carry their offset, positions are WGS-84, `…_s` are seconds since
  Beijing's midnight.
- Unknown arguments are refused with 422.
"""


class ProblemSchema(Schema):
    """problem+json (RFC 9457)."""

    type = f.String()
    title = f.String(metadata={"description": "code of the refusal"})
    status = f.Integer()
    detail = f.String(metadata={"description": "what is wrong and what to do, in the person's language"})
    errors = f.Raw(metadata={"description": "the single fields, where some are wrong"})


class Api(SmorestApi):
    """flask-smorest with the house's own answers to errors (`backend.http.errors`)."""

    ERROR_SCHEMA = ProblemSchema

    def _register_error_handlers(self) -> None:
        """The handlers of `backend.http.errors` are there already."""


class StrictParser(FlaskParser):
    """Refuses what a schema does not name, in queries as in bodies."""

    DEFAULT_UNKNOWN_BY_LOCATION = {  # noqa: RUF012
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": RAISE,
        "files": RAISE,
    }


class Blueprint(SmorestBlueprint):
    """A group of resources under /api/v1 that refuses arguments which its view does not take."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, name: str, description: str, url_prefix: str = "") -> None:
        super().__init__(f"api_{name}", __name__, url_prefix=PREFIX + url_prefix, description=description)
        self.before_request(_refuse_strays)


def make_api(app: Flask) -> Api:
    """The API with its document at /api/v1/openapi.json and a page to read it at /api/v1/docs."""
    app.config.update(
        API_TITLE="paidan",
        API_VERSION="v1",
        OPENAPI_VERSION="3.0.3",
    )
    schemes = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": "paidan_session"},
    }
    spec = {"info": {"description": DESCRIPTION}, "security": [{"bearer": []}, {"session": []}]}
    api = Api(app, spec_kwargs=spec)
    for name, scheme in schemes.items():
        api.spec.components.security_scheme(name, scheme)
    app.add_url_rule(f"{PREFIX}/openapi.json", "api_document", public(lambda: jsonify(api.spec.to_dict())))
    app.add_url_rule(f"{PREFIX}/docs", "api_docs", public(_docs))
    return api


def set_version(response_version: int) -> dict[str, str]:
    """The headers that tell a record's version."""
    return {"ETag": f'"{response_version}"'}


def wanted_version() -> int:
    """The version in If-Match, which the domain compares. 428 without one; Stale where it is none of ours."""
    if "If-Match" not in request.headers:
        abort(428)
    tag = re.fullmatch(r'"([0-9]{1,9})"', request.headers["If-Match"].strip())
    if tag is None:
        raise Stale()
    return int(tag[1])


IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "schema": {"type": "string"},
    "description": "the ETag that the record was read with",
}


def takes_bytes(view: View) -> View:
    """Mark a view that reads the body of its request itself."""
    view.takes_bytes = True  # type: ignore[attr-defined]
    return view


def _refuse_strays() -> None:
    """422 for query arguments and bodies that the view does not take at all; 404 for numbers that no id has."""
    if any(isinstance(value, int) and value > LARGEST_ID for value in (request.view_args or {}).values()):
        raise NotFound(what={"zh": "这个编号", "en": "That number"})
    view = current_app.view_functions.get(request.endpoint or "")
    taken = getattr(view, "_apidoc", {}).get("arguments", {}).get("parameters", [])
    locations = {parameter["in"] for parameter in taken}
    messages: dict[str, Any] = {}
    if request.args and "query" not in locations:
        messages["query"] = {name: ["Unknown field."] for name in request.args}
    if getattr(view, "takes_bytes", False):
        pass
    elif not locations & {"json", "files", "form"} and request.get_data(cache=True) not in (b"", b"{}"):
        messages["json"] = {"_schema": ["No body is expected."]}
    if messages:
        abort(422, messages=messages)


def _docs() -> Response:
    """The page to read the OpenAPI document."""
    page = render_template("api_docs.html", document=f"{PREFIX}/openapi.json")
    return Response(page, mimetype="text/html")
