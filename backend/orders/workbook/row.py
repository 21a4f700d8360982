"""Checks one install order, whether it came in a sheet's row, a form or by the API."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from typing import Any, Protocol

from backend.core.fields import FieldError, Problem, parse, problem, tidy
from backend.core.money import yuan_display
from backend.orders.fields import BY_CODE, INSTALL_ORDER_FIELDS


class Model(Protocol):
    """What the checks need of a dialer model."""

    @property
    def price_fen(self) -> int:
        """The list price; 0 where there is none."""
        ...


@dataclass
class SheetRow:
    """One order: values by field code, its own texts by column, errors that refuse it, warnings."""

    row_number: int
    values: dict[str, Any] = field(default_factory=dict)
    raw: dict[str, str] = field(default_factory=dict)
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


def parse_row(
    raw: Mapping[str, Any], *, today: date, known_models: Mapping[str, Model], number: int = 0
) -> SheetRow:
    """Check one order given as texts by field code; ``number`` is the row of its sheet, 0 without one."""
    row = SheetRow(number)
    for item in INSTALL_ORDER_FIELDS:
        cell = raw.get(item.code)
        row.raw[item.zh] = tidy(cell)
        try:
            value, warnings = parse(item, cell, today=today)
        except FieldError as error:
            row.errors.append(error.problem)
            continue
        row.values[item.code] = value
        row.warnings += warnings
    _check_model(row, known_models)
    _check_lines(row)
    if number:
        row.errors = [replace(error, row=number) for error in row.errors]
        row.warnings = [replace(warning, row=number) for warning in row.warnings]
    return row


def _check_model(row: SheetRow, known_models: Mapping[str, Model]) -> None:
    """The model must be in the list; its price should be the list's."""
    written = row.values.get("device_model")
    if written is None:
        return
    by_upper = {code.upper(): code for code in known_models}
    model = written if written in known_models else by_upper.get(written.upper())
    if model is None:
        near = get_close_matches(re.sub(r"\s", "", written.upper()), list(by_upper), 1, 0.5)
        hint = (
            {"zh": f"，最像 {by_upper[near[0]]}", "en": f"; the nearest is {by_upper[near[0]]}"}
            if near
            else ""
        )
        row.errors.append(problem(BY_CODE["device_model"], "unknown_model", written, hint=hint))
        return
    row.values["device_model"] = model
    price, listed = row.values.get("price_fen"), known_models[model].price_fen
    if price is not None and listed and price != listed:
        item = BY_CODE["price_fen"]
        row.warnings.append(problem(item, "price_differs", row.raw[item.zh], list=yuan_display(listed)))


def _check_lines(row: SheetRow) -> None:
    numbers, lines = row.values.get("line_numbers"), row.values.get("line_count")
    if numbers and lines and len(numbers) != lines:
        item = BY_CODE["line_numbers"]
        row.warnings.append(problem(item, "line_mismatch", row.raw[item.zh], count=len(numbers), lines=lines))
