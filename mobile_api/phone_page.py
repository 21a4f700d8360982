"""/m: the engineers' page. A shell and ES modules, all public; what they show comes from the API."""

import hashlib
import json
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, current_app, send_from_directory

from backend.http.access import public

FOLDER = Path(__file__).parent / "app"
WORKER = "sw.js"
# Parts of the page that the browser pages have too.
SHARED = ("vendor/dexie/dexie.js", "favicon.svg")
NOT_OF_THE_SHELL = ("docs.js", WORKER, "index.html")
blueprint = Blueprint("phone_page", __name__, template_folder="templates")


@blueprint.get("/m")
@public
def shell() -> Response:
    """The page itself."""
    return _file("index.html")


@blueprint.get("/m/sw.js")
@public
def worker() -> Response:
    """The service worker, told which files the page is made of and in which version."""
    version, urls = shell_files(current_app.static_folder or "")
    lines = (
        f"const VERSION = {json.dumps(version)};",
        f"const FILES = {json.dumps(urls)};",
        (FOLDER / WORKER).read_text(),
    )
    response = Response("\n".join(lines), mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Service-Worker-Allowed"] = "/m"
    return response


@blueprint.get("/m/<path:name>")
@public
def part(name: str) -> Response:
    """A script, style or picture of the page."""
    return _file(name)


@cache
def shell_files(static_folder: str) -> tuple[str, list[str]]:
    """A version made of the contents of all files that the page needs without a signal, and their URLs."""
    own = sorted(path for path in FOLDER.iterdir() if path.name not in NOT_OF_THE_SHELL)
    shared = [Path(static_folder) / name for name in SHARED]
    digest = hashlib.blake2b(digest_size=8)
    for path in (FOLDER / "index.html", FOLDER / WORKER, *own, *shared):
        digest.update(path.read_bytes())
    urls = ["/m", *(f"/m/{path.name}" for path in own), *(f"/static/{name}" for name in SHARED)]
    return digest.hexdigest(), urls


def _file(name: str) -> Response:
    response = send_from_directory(FOLDER, name)
    # Asked for again each time, answered with 304 while it is the same: no old script after an update.
    response.headers["Cache-Control"] = "no-cache"
    return response
