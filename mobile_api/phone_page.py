"""/m: the engineers' page. A shell and ES modules, all public; what they show comes from the API."""

import gzip
import hashlib
import json
import mimetypes
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, request

from backend.core.errors import NotFound
from backend.http.access import public
from mobile_api.views.news import live_url

FOLDER = Path(__file__).parent / "app"
WORKER = "sw.js"
SHELL = "index.html"
# Parts of the page that the browser pages have too, under the names that they have here.
SHARED = {"dexie.js": "vendor/dexie/dexie.js", "favicon.svg": "favicon.svg"} | {
    f"{name}.geojson": f"map/beijing-{name}.geojson" for name in ("districts", "metro", "rings", "water")
}
# What the log-in page is made of; the rest follows when it stands. English words come where they are wanted.
FIRST = ("boot.js", "screen_login.js", "api.js", "i18n.js", "outbox.js", "seal.js", "store.js", "ui.js")
ENGLISH = "words_en.js"
NOT_OF_THE_SHELL = ("docs.js", WORKER, SHELL)
mimetypes.add_type("application/manifest+json", ".webmanifest")
mimetypes.add_type("application/geo+json", ".geojson")
blueprint = Blueprint("phone_page", __name__, template_folder="templates")


@blueprint.get("/m")
@public
def shell() -> Response:
    """The page itself, which names its modules so that a slow line fetches them at once: first those of the log-in."""
    _, urls = shell_files(current_app.static_folder or "")
    modules = [url for url in urls if url.endswith(".js") and url != f"/m/{ENGLISH}"]
    first = [url for url in modules if url.removeprefix("/m/") in FIRST]
    links = "\n".join(f'<link rel="modulepreload" href="{url}">' for url in first)
    page = (FOLDER / SHELL).read_text().replace("<!-- modules -->", links)
    rest = " ".join(url for url in modules if url not in first)
    response = _answer(page.replace("<!-- rest -->", rest).encode(), "text/html")
    streams = urlsplit(live_url() or "")
    if streams.netloc:  # another port is another origin
        policy = current_app.config["CSP"]
        response.headers["Content-Security-Policy"] = f"{policy}; connect-src 'self' http://{streams.netloc}"
    return response


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
    response = _answer("\n".join(lines).encode(), "text/javascript")
    response.headers["Service-Worker-Allowed"] = "/m"
    return response


@blueprint.get("/m/<name>")
@public
def part(name: str) -> Response:
    """A script, style or picture of the page."""
    path = _parts(current_app.static_folder or "").get(name)
    if path is None:
        raise NotFound(what={"zh": "这个文件", "en": "That file"})
    return _answer(path.read_bytes(), mimetypes.guess_type(name)[0] or "application/octet-stream")


@cache
def shell_files(static_folder: str) -> tuple[str, list[str]]:
    """A version made of the contents of all files that the page needs without a signal, and their URLs."""
    parts = _parts(static_folder)
    digest = hashlib.blake2b((FOLDER / SHELL).read_bytes() + (FOLDER / WORKER).read_bytes(), digest_size=8)
    wanted = sorted(parts.keys() - set(NOT_OF_THE_SHELL))
    for name in wanted:
        digest.update(name.encode() + parts[name].read_bytes())
    return digest.hexdigest(), ["/m", *(f"/m/{name}" for name in wanted)]


@cache
def _parts(static_folder: str) -> dict[str, Path]:
    own = {path.name: path for path in FOLDER.iterdir() if path.is_file()}
    return own | {name: Path(static_folder) / path for name, path in SHARED.items()}


def _answer(content: bytes, mimetype: str) -> Response:
    response = Response(content, mimetype=mimetype)
    # Asked for again each time, answered with 304 while it is the same: no old script after an update.
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Vary"] = "Accept-Encoding"
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response.set_data(_gzipped(content))
        response.headers["Content-Encoding"] = "gzip"
    response.set_etag(hashlib.blake2b(content, digest_size=8).hexdigest())
    response.make_conditional(request)
    return response


@cache
def _gzipped(content: bytes) -> bytes:
    return gzip.compress(content, 9)
