"""What the dataclasses say of themselves, as JSON Schema files and as tables for the docs.

`python -m optimizer.describe docs/optimizer.md` writes the schema files of the package and the tables
between the `<!-- fields: Name -->` and `<!-- end -->` marks of the document anew.
"""

from __future__ import annotations

import dataclasses
import json
import re
import sys
import types
import typing
from pathlib import Path
from typing import Any

from optimizer import codec, model, plan

HERE = Path(__file__).parent / "schema"


def _text(cls: type, title: str) -> str:
    return json.dumps(codec.schema(cls, title), ensure_ascii=False, indent=1) + "\n"


SCHEMAS = {
    "problem": lambda: _text(model.Problem, "A day of field service to be planned"),
    "plan": lambda: _text(plan.Plan, "A plan of a day of field service"),
}


def _type(hint: Any) -> str:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return " or ".join("null" if arg is type(None) else _type(arg) for arg in args)
    if origin is tuple:
        if args[-1] is Ellipsis:
            return f"list of {_type(args[0])}"
        return "[" + ", ".join(_type(arg) for arg in args) + "]"
    if origin is dict:
        return f"object of {_type(args[1])}"
    if hint is Any:
        return "anything"
    names: dict[Any, str] = {int: "integer", float: "number", str: "text", bool: "boolean"}
    return names.get(hint) or hint.__name__


def table(cls: type) -> str:
    """A Markdown table of every field: type, unit, default, meaning."""
    rows = ["| field | type | unit | default | meaning |", "|---|---|---|---|---|"]
    for field in dataclasses.fields(typing.cast("type[Any]", cls)):
        default = "required" if field.init else "worked out"
        if field.default_factory is not dataclasses.MISSING:
            default = "see below" if field.name == "prices" else _json(codec.encode(field.default_factory()))
        elif field.default is not dataclasses.MISSING:
            default = _json(codec.encode(field.default))
        meta = field.metadata
        cells = [f"`{field.name}`", _type(codec.hints(cls)[field.name]), meta["unit"], default, meta["doc"]]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


def _json(value: Any) -> str:
    return f"`{json.dumps(value)}`"


def with_tables(text: str) -> str:
    """A document with its tables written anew."""

    def replace(found: re.Match[str]) -> str:
        cls = getattr(model, found[1], None) or getattr(plan, found[1])
        return f"<!-- fields: {found[1]} -->\n{table(cls)}<!-- end -->"

    return re.sub(r"<!-- fields: (\w+) -->\n.*?<!-- end -->", replace, text, flags=re.DOTALL)


def main(paths: list[str]) -> None:
    """Write the schema files and the tables of the named documents."""
    for name, text in SCHEMAS.items():
        (HERE / f"{name}.schema.json").write_text(text(), encoding="utf-8")
    for path in map(Path, paths):
        path.write_text(with_tables(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
