"""The Flask application without its pages: identity, permissions, errors, headers, logs."""

import hashlib
import time
from pathlib import Path
from typing import Any

import structlog
from flask import Flask, Response, g, request

from backend.bootstrap import Application
from backend.core.i18n import translations
from backend.http import access, errors, health, login
from backend.http.context import lang

YEAR_S = 365 * 86_400
LARGEST_UPLOAD = 11 * 1024 * 1024
CSP = (
    "default-src 'self'; img-src 'self' data: blob: {tiles}; style-src 'self' 'unsafe-inline'; "
    "object-src 'none'; base-uri 'self'; frame-ancestors 'none'; form-action 'self'"
)
log = structlog.get_logger("paidan.request")


def make_flask(application: Application, *, template_folder: str, static_folder: str) -> Flask:
    """A Flask application with the house's rules installed; `finish` closes it after the pages are added."""
    app = Flask(
        "paidan", template_folder=template_folder, static_folder=static_folder, static_url_path="/static"
    )
    app.extensions["paidan"] = application
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_UPLOAD
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: translations(lang()).gettext(text),
        lambda one, many, n: translations(lang()).ngettext(one, many, n),
        newstyle=True,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    tiles = application.settings.tiles_url.split("{")[0].rstrip("/") if application.settings.tiles_url else ""
    policy = app.config["CSP"] = CSP.format(tiles=tiles)

    @app.before_request
    def _start() -> None:
        g.started = time.perf_counter()

    login.install(app)
    access.install(app)
    errors.install(app)
    app.register_blueprint(health.blueprint)
    app.view_functions["static"] = access.public(app.view_functions["static"])
    _keep_for_good(app, Path(static_folder))

    @app.after_request
    def _headers(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
            log.info(
                "request",
                method=request.method,
                path=request.path,
                status=response.status_code,
                ms=round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
            )
        return response

    return app


def _keep_for_good(app: Flask, folder: Path) -> None:
    """Files under an address that names this very set of them: browsers keep these and never ask again."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    known = [(str(one.relative_to(folder)), one.stat().st_size, one.stat().st_mtime_ns) for one in files]
    version = hashlib.sha256(repr(known).encode()).hexdigest()[:12]

    @access.public
    def static_for_good(version: str, filename: str) -> Response:
        return app.send_static_file(filename)

    @app.after_request
    def _kept(response: Response) -> Response:
        if request.view_args and request.view_args.get("version") == version and response.status_code == 200:
            response.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable"
        return response

    app.add_url_rule("/static/v/<version>/<path:filename>", view_func=static_for_good)
    app.jinja_env.globals["asset"] = lambda path: f"/static/v/{version}/{path}"


def finish(app: Flask) -> Flask:
    """Check that every route is marked with a permission; the application is complete."""
    access.check_marks(app)
    return app


def render_context(app: Flask, **values: Any) -> None:
    """Give every template some values or functions."""
    app.context_processor(lambda: values)
