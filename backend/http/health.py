"""/healthz: the process answers. /readyz: database and queue answer too."""

from typing import Any

from flask import Blueprint, jsonify
from sqlalchemy import text

from backend.core.migrate import is_current
from backend.http.access import public
from backend.http.context import application

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
def healthz() -> Any:
    """The process is alive."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@public
def readyz() -> Any:
    """Database reachable and migrated, queue reachable; 503 names what is missing."""
    app = application()
    problems = []
    try:
        with app.engine.execution_options(read_only=True).connect() as connection:
            connection.execute(text("SELECT 1"))
        if not is_current(app.engine):
            problems.append("database: not migrated")
    except Exception as exc:
        problems.append(f"database: {type(exc).__name__}")
    if not app.queue.reachable():
        problems.append("queue: not reachable")
    return jsonify(status="ok" if not problems else "not ready", problems=problems), 503 if problems else 200
