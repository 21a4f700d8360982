"""When two customers look like one."""

import unicodedata

_COMMON = (
    "有限责任公司",
    "股份有限公司",
    "有限公司",
    "集团",
    "公司",
    "北京市",
    "北京",
    "科技",
    "（",
    "）",
    "(",
    ")",
)


def name_key(name: str) -> str:
    """A company's name without the words that most companies share, for near matches.

    "北京云帆新能源科技有限公司" and "云帆新能源有限公司" give the same key.
    """
    text = "".join(unicodedata.normalize("NFKC", name).split()).lower()
    for word in _COMMON:
        text = text.replace(word, "")
    return text or name.strip().lower()


def short_name(name: str) -> str:
    """The name as people at the telephone say it."""
    text = name.strip()
    for word in ("有限责任公司", "股份有限公司", "有限公司"):
        text = text.removesuffix(word)
    return (text.removeprefix("北京市").removeprefix("北京") or text)[:16]
