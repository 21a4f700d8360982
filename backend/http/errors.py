"""Refusals as HTTP: one table from kind to status, problem+json for programs, a sentence for people."""

from typing import Any

import structlog
from flask import Flask, Response, g, jsonify, redirect, render_template, request
from werkzeug.exceptions import HTTPException

from backend.core.errors import DomainError
from backend.http.access import LoginNeeded
from backend.http.context import lang

STATUS = {
    "invalid": 422,
    "not_found": 404,
    "not_allowed": 403,
    "conflict": 409,
    "stale": 412,
    "throttled": 429,
    "unavailable": 503,
    "login": 401,
    "too_large": 413,
    "locked": 423,
    "damaged": 460,  # "Checksum Mismatch" of the tus protocol
}

_HTTP_SENTENCES = {
    400: ("请求的内容看不懂，请检查后再试", "The request could not be understood; check it and try again"),
    404: (
        "没有这个页面，请检查地址，或从左边的菜单进入",
        "There is no such page; check the address or use the menu",
    ),
    405: ("这个地址不支持这样操作", "This address does not support that method"),
    412: (
        "别人刚刚改过这条记录，请看看最新的内容再改",
        "Someone else has changed this record; look at the newest state",
    ),
    413: ("文件太大了，最多 10 MB", "The file is too large; 10 MB at most"),
    415: ("不支持这种内容格式，请用 JSON", "This content type is not supported; use JSON"),
    422: ("有几项填得不对，请按提示修改", "Some fields are not right; see the list"),
    428: ("请先读取最新的记录（带上 If-Match）再改", "Read the newest record first and send If-Match"),
    500: (
        "系统出了点问题，已记录下来。请再试一次，还不行请把编号 {id} 告诉管理员",
        "Something went wrong and was logged. Try again; if it stays, tell the administrator the number {id}",
    ),
}
log = structlog.get_logger("paidan.http")


def install(app: Flask) -> None:
    """Answer every error with a clear sentence; no traceback reaches a user."""
    app.register_error_handler(DomainError, _domain_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def is_api() -> bool:
    """True for the JSON API, and where the script of a page asks for JSON."""
    return request.path.startswith("/api/") or request.headers.get("Accept", "").startswith(
        "application/json"
    )


def _domain_error(error: DomainError) -> Any:
    status = STATUS[error.kind]
    if isinstance(error, LoginNeeded) and not is_api():
        target = "/login" if request.path == "/" else f"/login?next={request.full_path.rstrip('?')}"
        if request.headers.get("HX-Request"):
            return Response(status=204, headers={"HX-Redirect": target})
        return redirect(target)
    return _answer(status, error.code, error.sentence(lang()), _single_errors(error))


def _single_errors(error: DomainError) -> dict[str, Any]:
    """The wrong fields that a refusal names, each with its sentence as ``message``."""
    if "errors" not in error.fields:
        return {}
    named = [
        {key: value for key, value in one.items() if key not in ("zh", "en")} | {"message": one[lang()]}
        for one in error.fields["errors"]
    ]
    return {"errors": named}


def _http_error(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:
        return error
    zh, en = _HTTP_SENTENCES.get(
        error.code, (error.description or error.name, error.description or error.name)
    )
    details = getattr(error, "data", None) or {}
    extra = {"errors": details["messages"]} if "messages" in details else {}
    sentence = (en if lang() == "en" else zh).format(id=g.get("request_id", ""))
    return _answer(error.code, error.name.lower().replace(" ", "_"), sentence, extra)


def _unexpected(error: Exception) -> Any:
    log.error("unexpected_error", path=request.path, error=type(error).__name__, exc_info=error)
    zh, en = _HTTP_SENTENCES[500]
    return _answer(
        500, "internal_error", (en if lang() == "en" else zh).format(id=g.get("request_id", "")), {}
    )


def _answer(status: int, code: str, sentence: str, extra: dict[str, Any]) -> Any:
    if is_api():
        response = jsonify(
            {"type": "about:blank", "title": code, "status": status, "detail": sentence, **extra}
        )
        response.headers["Content-Type"] = "application/problem+json"
        response.status_code = status
        return response
    if request.headers.get("HX-Request"):
        html = render_template("_problem.html", sentence=sentence)
        return Response(html, status=status, headers={"HX-Retarget": "#problem", "HX-Reswap": "innerHTML"})
    return render_template("error.html", sentence=sentence, status=status), status
