"""The phone page's files: served without a log-in, no inline script, every word in English too."""

import re
from pathlib import Path

import mobile_api
from tests.mobile_api.conftest import World

APP = Path(mobile_api.__file__).parent / "app"


def test_page_and_its_parts_are_public(world: World) -> None:
    """The shell and every module are served to anybody, and nothing outside of the folder is."""
    client = world.app.test_client()
    shell = client.get("/m")
    assert shell.status_code == 200
    assert re.findall(rb"<script(?![^>]*src=)", shell.data) == []
    for path in sorted(APP.iterdir()):
        answer = client.get(f"/m/{path.name}")
        assert answer.status_code == 200, path.name
        if path.suffix == ".js":
            assert answer.content_type.startswith("text/javascript"), path.name
    assert client.get("/m/../__init__.py").status_code == 404
    assert client.get("/m/none.js").status_code == 404


def test_every_import_of_the_page_exists() -> None:
    """Modules name only files and exports that are there."""
    for path in APP.glob("*.js"):
        for names, target in re.findall(r'import \{([^}]+)\} from "\./(\w+\.js)"', path.read_text()):
            if target == "dexie.js":  # fetched by `make setup`
                continue
            source = (APP / target).read_text()
            for name in (part.split(" as ")[0].strip() for part in names.split(",")):
                assert re.search(rf"export (async )?(function|const|let|class) (\{{ )?{name}\b", source), (
                    path,
                    name,
                )


def test_every_word_of_the_page_is_there_in_english() -> None:
    """Each text that is translated has English words."""
    english = set(re.findall(r'"((?:[^"\\]|\\.)*)": "', (APP / "words_en.js").read_text()))
    used = {
        text
        for path in APP.glob("*.js")
        for text in re.findall(r'\bt\("((?:[^"\\]|\\.)*)"', path.read_text())
    }
    assert len(used) > 100
    assert used - english == set()
