"""Pages for the browser: one module of views per work area."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from flask import Flask

from web_admin import frame, lists, views

FOLDER = Path(__file__).parent


def register(app: Flask) -> None:
    """Add every module of views (each has a ``blueprint``) and the frame around them."""
    frame.install(app)
    app.jinja_env.globals["ranges"] = lists.ranges
    for module in iter_modules(views.__path__):
        app.register_blueprint(import_module(f"{views.__name__}.{module.name}").blueprint)
