"""How the board's requests are read: JSON objects with whole numbers and texts."""

from typing import Any

from flask import request

from backend.core.errors import Invalid

LARGEST_ID = 2**63 - 1
LARGEST_S = 2 * 86_400


def body() -> dict[str, Any]:
    """The JSON object of the request. Raises Invalid."""
    given = request.get_json(silent=True)
    if not isinstance(given, dict):
        expected = {"zh": "应是 JSON 对象", "en": "a JSON object"}
        raise Invalid(field={"zh": "请求", "en": "The request"}, value="", expected=expected)
    return given


def whole(given: dict[str, Any], name: str, high: int = LARGEST_ID) -> int:
    """A whole number of the request, from 0 on. Raises Invalid."""
    value = given.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= high:
        expected = {"zh": f"应是 0 到 {high} 的整数", "en": f"a whole number from 0 to {high}"}
        raise Invalid(field=name, value=str(value)[:40], expected=expected)
    return value


def text(given: dict[str, Any], name: str, longest: int = 400) -> str:
    """A text of the request, empty where it is not given. Raises Invalid."""
    value = given.get(name, "")
    if not isinstance(value, str) or len(value) > longest:
        expected = {"zh": f"最多 {longest} 个字", "en": f"at most {longest} characters"}
        raise Invalid(field=name, value=str(value)[:40], expected=expected)
    return value


def numbers(given: dict[str, Any], name: str, most: int = 5000) -> list[int]:
    """A list of ids of the request. Raises Invalid."""
    value = given.get(name)
    if not isinstance(value, list) or len(value) > most:
        expected = {"zh": f"应是最多 {most} 个编号的列表", "en": f"a list of at most {most} ids"}
        raise Invalid(field=name, value=str(value)[:40], expected=expected)
    return [whole({name: one}, name) for one in value]
