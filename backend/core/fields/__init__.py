"""A field of a record in one place: label, type, unit, limits. Forms, API, print, Excel and checks read it."""

from backend.core.fields.base import Choice, Field, FieldError, Problem, clean, problem, tidy
from backend.core.fields.messages import SENTENCES
from backend.core.fields.values import format_value, parse

__all__ = [
    "SENTENCES",
    "Choice",
    "Field",
    "FieldError",
    "Problem",
    "clean",
    "format_value",
    "parse",
    "problem",
    "tidy",
]
