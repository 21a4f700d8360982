"""The WSGI application: the web pages, the JSON API and the phone page, wired to one set of parts."""

import gc
import threading

import structlog
from flask import Flask

import mobile_api
import web_admin
from backend.bootstrap import Application, build
from backend.core import logs, settings
from backend.dispatch import offers, trying
from backend.http.app import finish, make_flask
from backend.http.gate import Gate


def create_app(application: Application | None = None) -> Flask:
    """The Flask application over the given parts, or over those that the environment describes."""
    if application is None:
        loaded = settings.load()
        logs.configure(loaded.log_level)
        application = build(loaded)
    app = make_flask(
        application,
        template_folder=str(web_admin.FOLDER / "templates"),
        static_folder=str(web_admin.FOLDER / "static"),
    )
    web_admin.register(app)
    mobile_api.register(app)
    finish(app)
    app.wsgi_app = Gate(app.wsgi_app, application.settings.web_threads)  # type: ignore[method-assign]
    return app


def settle() -> None:
    """Take what is loaded by now out of the collector's rounds.

    A full round over the program and its libraries takes 0.15 s, in the middle of somebody's request.
    """
    gc.collect()
    gc.freeze()


def warm(application: Application) -> None:
    """Look at today's board and at the windows of the next days once, beside the first requests."""
    for look in (trying.warm, offers.warm):
        try:
            look(application.transactions)
        except Exception:  # the database may be away or empty: the first reader finds out
            structlog.get_logger("paidan.warm").info("not_warmed", exc_info=True)


def __getattr__(name: str) -> Flask:
    """``wsgi:app`` for WSGI servers, made when it is first asked for."""
    if name == "app":
        globals()["app"] = create_app()
        settle()
        parts = globals()["app"].extensions["paidan"]
        threading.Thread(target=warm, args=(parts,), name="warm", daemon=True).start()
        return globals()["app"]
    raise AttributeError(name)
