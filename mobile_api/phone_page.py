"""/m: the engineers' page. A shell and ES modules, all public; what they show comes from the API."""

from pathlib import Path

from flask import Blueprint, Response, send_from_directory

from backend.http.access import public

FOLDER = Path(__file__).parent / "app"
blueprint = Blueprint("phone_page", __name__, template_folder="templates")


@blueprint.get("/m")
@public
def shell() -> Response:
    """The page itself."""
    return _file("index.html")


@blueprint.get("/m/<path:name>")
@public
def part(name: str) -> Response:
    """A script, style or picture of the page."""
    return _file(name)


def _file(name: str) -> Response:
    response = send_from_directory(FOLDER, name)
    # Asked for again each time, answered with 304 while it is the same: no old script after an update.
    response.headers["Cache-Control"] = "no-cache"
    return response
