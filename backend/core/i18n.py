"""Chinese first, English by a switch. Message ids are the Chinese sentences; `locale/en/*.po` translate them."""

import gettext
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = ("zh", "en")
LOCALE_DIR = Path(__file__).parent.parent / "locale"


@cache
def translations(lang: str) -> gettext.NullTranslations:
    """The catalogue of a language, merged from all its .po files; Chinese is the source and has none."""
    files = sorted((LOCALE_DIR / lang).glob("*.po"))
    if not files:
        return gettext.NullTranslations()
    merged = Catalog(locale=lang)
    for path in files:
        with path.open("rb") as stream:
            for message in read_po(stream, locale=lang):
                if message.id and message.string:
                    merged.add(message.id, message.string, context=message.context)
    compiled = BytesIO()
    write_mo(compiled, merged)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
