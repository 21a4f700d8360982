"""The WSGI application: the web pages, the JSON API and the phone page, wired to one set of parts."""

from flask import Flask

import mobile_api
import web_admin
from backend.bootstrap import Application, build
from backend.core import logs, settings
from backend.http.app import finish, make_flask


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
    return finish(app)


def __getattr__(name: str) -> Flask:
    """``wsgi:app`` for WSGI servers, made when it is first asked for."""
    if name == "app":
        globals()["app"] = create_app()
        return globals()["app"]
    raise AttributeError(name)
