"""Default deny: every view names its permission, or the application does not start."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request

from backend.core.errors import DomainError, NotAllowed
from backend.http.context import current_identity
from backend.staff.policy import PERMISSIONS, may

View = TypeVar("View", bound=Callable[..., Any])
PUBLIC = "public"


class LoginNeeded(DomainError):
    """Nobody is logged in."""

    code = "login_needed"
    kind = "login"
    zh = "请先登录"
    en = "Please log in first"


def requires(permission: str) -> Callable[[View], View]:
    """Mark a view with the permission of `backend.staff.policy.PERMISSIONS` that it needs."""
    if permission != PUBLIC and permission not in PERMISSIONS:
        raise ValueError(f"the permission {permission!r} is not in the table")

    def mark(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return mark


public = requires(PUBLIC)
"""Mark a view that everybody may see: log-in, health, static files."""


def permission_of(app: Flask, endpoint: str, method: str) -> str | None:
    """The permission that a route was marked with, or None."""
    view = app.view_functions[endpoint]
    view_class = getattr(view, "view_class", None)
    handler = getattr(view_class, method.lower(), None) if view_class else view
    if handler is None and method == "HEAD":
        handler = getattr(view_class, "get", None)
    return getattr(handler, "permission", None)


def install(app: Flask) -> None:
    """Check each request against its route's mark."""
    app.before_request(_check)


def check_marks(app: Flask) -> None:
    """Raises ``RuntimeError`` where a route lacks a mark; called once when the application is made."""
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
            if permission_of(app, rule.endpoint, method) is None:
                raise RuntimeError(f"{method} {rule.rule} names no permission")


def _check() -> None:
    if request.endpoint is None or request.method == "OPTIONS":
        return
    permission = permission_of(current_app, request.endpoint, request.method)
    if permission == PUBLIC:
        return
    identity = current_identity()
    if identity is None:
        raise LoginNeeded()
    if permission is None or not may(identity.actor.roles, permission):
        raise NotAllowed()
