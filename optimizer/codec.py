"""Strict JSON in and out for frozen dataclasses, driven by their type hints and field metadata.

One source for three things: reading (unknown fields, wrong types and values out of range are refused with the
field's path), writing, and the JSON Schema. The dataclasses describe themselves with `described()`.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from optimizer.errors import ProblemError

T = TypeVar("T")
_MISSING = dataclasses.MISSING


def described(
    doc: str,
    *,
    unit: str = "",
    default: Any = _MISSING,
    factory: Callable[[], Any] | None = None,
    low: float | None = None,
    high: float | None = None,
) -> Any:
    """A dataclass field with its meaning, unit and inclusive range (of the value or of each number in it)."""
    metadata = {"doc": doc, "unit": unit, "low": low, "high": high}
    if factory is not None:
        return dataclasses.field(default_factory=factory, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


@functools.cache
def hints(cls: Any) -> dict[str, Any]:
    """The resolved type hints of a dataclass."""
    return typing.get_type_hints(cls)


def parse(text: str | bytes) -> Any:
    """JSON text to plain values; a duplicate key, NaN or broken text is a `ProblemError`."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in items:
            if key in found:
                raise ProblemError(key, "this key stands twice in one object")
            found[key] = value
        return found

    def constant(name: str) -> Any:
        raise ProblemError("", f"{name} is not a number in JSON")

    try:
        return json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
    except RecursionError:
        raise ProblemError("", "nested too deeply") from None
    except UnicodeDecodeError:
        raise ProblemError("", "not UTF-8 text") from None
    except ValueError as error:
        raise ProblemError("", f"not JSON: {error}") from None


def derived(doc: str, *, unit: str = "", low: float | None = None) -> Any:
    """A dataclass field that follows from others: written, and passed over when it is read."""
    return dataclasses.field(init=False, metadata={"doc": doc, "unit": unit, "low": low, "high": None})


def decode(cls: type[T], value: Any, path: str = "") -> T:
    """Plain values to a dataclass; raises `ProblemError` with the path of the first wrong field."""
    if not isinstance(value, Mapping):
        raise ProblemError(path, f"should be an object, is {_kind(value)}")
    fields = {field.name: field for field in dataclasses.fields(cast("type[Any]", cls))}
    for key in value:
        if key not in fields:
            raise ProblemError(_join(path, str(key)), f"unknown field; known here: {', '.join(fields)}")
    known = hints(cast("Any", cls))
    found: dict[str, Any] = {}
    for name, field in fields.items():
        where = _join(path, name)
        if name not in value:
            if field.init and field.default is _MISSING and field.default_factory is _MISSING:
                raise ProblemError(where, "is missing")
            continue
        read = _value(known[name], value[name], where, field.metadata)
        if field.init:
            found[name] = read
    return cls(**found)


def encode(value: Any) -> Any:
    """A dataclass to plain values, every field written, in the order of the class."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    if isinstance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    return value


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    names = {bool: "true or false", int: "a whole number", float: "a number", str: "text", list: "a list"}
    return names.get(type(value), "an object")


def _value(hint: Any, value: Any, path: str, meta: Mapping[str, Any]) -> Any:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return value
    if origin in (types.UnionType, typing.Union):
        if value is None:
            return None
        inner = [arg for arg in args if arg is not type(None)]
        return _value(inner[0], value, path, meta)
    if dataclasses.is_dataclass(hint):
        return decode(cast("type[Any]", hint), value, path)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise ProblemError(path, f"should be a list, is {_kind(value)}")
        if args[-1] is not Ellipsis:
            if len(value) != len(args):
                raise ProblemError(path, f"should hold {len(args)} values, holds {len(value)}")
            pairs = zip(args, value, strict=True)
            return tuple(_value(arg, item, f"{path}[{n}]", meta) for n, (arg, item) in enumerate(pairs))
        return tuple(_value(args[0], item, f"{path}[{n}]", meta) for n, item in enumerate(value))
    if origin is dict:
        if not isinstance(value, Mapping):
            raise ProblemError(path, f"should be an object, is {_kind(value)}")
        return {str(key): _value(args[1], item, _join(path, str(key)), meta) for key, item in value.items()}
    return _plain(hint, value, path, meta)


def _plain(hint: Any, value: Any, path: str, meta: Mapping[str, Any]) -> Any:
    if hint is float and type(value) is int and abs(value) < 2**53:
        value = float(value)
    if type(value) is not hint:
        names = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}
        raise ProblemError(path, f"should be {names[hint]}, is {_kind(value)}")
    if hint in (int, float):
        if hint is float and not math.isfinite(value):
            raise ProblemError(path, "should be a finite number")
        low, high = meta.get("low"), meta.get("high")
        if low is not None and value < low:
            raise ProblemError(path, f"should be at least {low}, is {value}")
        if high is not None and value > high:
            raise ProblemError(path, f"should be at most {high}, is {value}")
    return value


def schema(cls: type, title: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a dataclass and of all that it holds."""
    definitions: dict[str, Any] = {}
    top = _schema_of(cls, {}, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **top,
        "$defs": dict(sorted(definitions.items())),
    }


def _schema_of(hint: Any, meta: Mapping[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return {}
    if origin in (types.UnionType, typing.Union):
        inner = [arg for arg in args if arg is not type(None)]
        return {"anyOf": [_schema_of(inner[0], meta, definitions), {"type": "null"}]}
    if dataclasses.is_dataclass(hint):
        name = cast("type[Any]", hint).__name__
        if name not in definitions:
            definitions[name] = {}
            definitions[name] = _object_schema(cast("type[Any]", hint), definitions)
        return {"$ref": f"#/$defs/{name}"}
    if origin is tuple:
        if args[-1] is not Ellipsis:
            items = [_schema_of(arg, meta, definitions) for arg in args]
            return {"type": "array", "prefixItems": items, "minItems": len(args), "maxItems": len(args)}
        return {"type": "array", "items": _schema_of(args[0], meta, definitions)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema_of(args[1], meta, definitions)}
    found: dict[str, Any] = {
        "type": {int: "integer", float: "number", str: "string", bool: "boolean"}[hint],
    }
    if hint in (int, float):
        if meta.get("low") is not None:
            found["minimum"] = meta["low"]
        if meta.get("high") is not None:
            found["maximum"] = meta["high"]
    return found


def _object_schema(cls: type, definitions: dict[str, Any]) -> dict[str, Any]:
    properties, required = {}, []
    for field in dataclasses.fields(cast("type[Any]", cls)):
        found = _schema_of(hints(cls)[field.name], field.metadata, definitions)
        unit = field.metadata.get("unit")
        doc = field.metadata.get("doc", "")
        found = {**found, "description": f"{doc} [{unit}]" if unit else doc}
        if not field.init:
            pass
        elif field.default is _MISSING and field.default_factory is _MISSING:
            required.append(field.name)
        else:
            default = field.default_factory() if field.default_factory is not _MISSING else field.default
            found["default"] = encode(default)
        properties[field.name] = found
    return {
        "type": "object",
        "description": (cls.__doc__ or "").strip().splitlines()[0],
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
