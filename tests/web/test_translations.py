"""Every Chinese sentence of the pages has an English one."""

from pathlib import Path
from typing import Any

from babel.messages.extract import extract_from_dir

from backend.core.i18n import translations

ROOT = Path(__file__).parents[2]
# The first words of a list's column and the third of a work area are shown in the language of the page too.
KEYWORDS: Any = {"_": None, "gettext": None, "Column": (1,), "Area": (3,), "Step": (1,)}


def test_every_sentence_of_the_pages_is_translated() -> None:
    methods = [("**.html", "jinja2.ext:babel_extract"), ("**.py", "python")]
    options = {"**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}}
    found = {
        message
        for folder in ("web_admin", "mobile_api")
        for _, _, message, _, _ in extract_from_dir(
            str(ROOT / folder), method_map=methods, options_map=options, keywords=KEYWORDS
        )
        if isinstance(message, str)
    }
    assert len(found) > 200
    english = translations("en")
    assert sorted(message for message in found if english.gettext(message) == message) == []
