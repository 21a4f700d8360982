"""How install orders come in: from a workbook, a form or the API, all through the same checks.

Reading and checking need no lock (`read_workbook`, `check_values`); storing is one action (`store`).
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select, tuple_

from backend.core.clock import local_date
from backend.core.counters import next_number
from backend.core.errors import DomainError
from backend.core.uow import UnitOfWork
from backend.customers import queries as customers
from backend.customers.policy import name_key
from backend.orders import policy
from backend.orders.models import ImportBatch, InstallOrder, ServiceOrder
from backend.orders.states import SERVICE_ORDER
from backend.orders.workbook.reader import SheetRow, parse_row, read_install_orders
from backend.staff.policy import require
from backend.stock import queries as stock
from backend.travel.geocoding import Geocoder, GeocodeResult, GeocoderUnavailable

Finding = dict[str, Any]
"""field, code, level ("error" bars the approval, "question" wants a look), zh, en, and data for the answers."""


class RowRefused(DomainError):
    """A form or API order has wrong fields; ``errors`` lists them."""

    code = "row_refused"
    zh = "{problems}"
    en = "{problems}"

    @property
    def errors(self) -> list[dict[str, Any]]:
        """One entry for each wrong field."""
        return list(self.fields["errors"])


class NumberUsed(DomainError):
    """The division used that number before."""

    code = "number_used"
    kind = "conflict"
    zh = "{division}的单号 {number} 已经交过了，没有再存一遍"
    en = "{division} has submitted the number {number} before; it was not stored again"


@dataclass(frozen=True)
class CheckedRow:
    """One good row with what the checks found."""

    values: dict[str, Any]
    raw: dict[str, str]
    findings: list[Finding]
    place: dict[str, Any] | None
    row_number: int | None = None


@dataclass(frozen=True)
class Sheet:
    """A workbook that was read: its good rows, the errors of its bad ones, and remarks on the whole file."""

    filename: str
    sha256: str
    rows: list[CheckedRow]
    errors: list[dict[str, Any]]
    notes: list[dict[str, str]] = field(default_factory=list)

    @property
    def rejected(self) -> int:
        """How many rows have errors."""
        return len({error["row"] for error in self.errors})


@dataclass(frozen=True)
class ImportReport:
    """What became of an upload. ``errors`` entries: row, column, value, code, zh, en.

    The first error of each row has the texts of the whole row as ``raw``, to write it out for correcting.
    """

    batch_id: int
    accepted: int
    duplicates: int
    rejected: int
    errors: list[dict[str, Any]]
    notes: list[dict[str, str]]

    def to_data(self, lang: str = "zh") -> dict[str, Any]:
        """As the command line and the API print it."""
        keys = ("row", "column", "value", "code")
        errors = [{**{key: error[key] for key in keys}, "message": error[lang]} for error in self.errors]
        return {
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "rejected": self.rejected,
            "errors": errors,
        }


def read_workbook(uow: UnitOfWork, *, data: bytes, filename: str, geocoder: Geocoder) -> Sheet:
    """Read and check an uploaded workbook. Raises WorkbookRefused with a sentence where it cannot be read."""
    today = local_date(uow.now)
    result = read_install_orders(data, today=today, known_models=stock.models(uow))
    errors = [error for row in result.rows for error in errors_of(row)]
    good = [row for row in result.rows if not row.errors]
    places = _locate((row.values["address"] for row in good), geocoder)
    alike = _alike(uow, [row.values for row in good])
    rows = [
        CheckedRow(
            row.values,
            dict(row.raw),
            [_finding(warning) for warning in row.warnings]
            + _address_findings(places[row.values["address"]])
            + _customer_findings(row.values, alike),
            _place(places[row.values["address"]]),
            row.row_number,
        )
        for row in good
    ]
    notes = [{"zh": note.message("zh"), "en": note.message("en")} for note in result.file_warnings]
    return Sheet(filename, hashlib.sha256(data).hexdigest(), rows, errors, notes)


def check_values(uow: UnitOfWork, *, raw: Mapping[str, str], geocoder: Geocoder) -> CheckedRow:
    """Check one order from a form or the API, texts by field code. Raises RowRefused naming each wrong field."""
    row = parse_row(raw, today=local_date(uow.now), known_models=stock.models(uow))
    return check_parsed(uow, row, geocoder)


def check_parsed(uow: UnitOfWork, row: SheetRow, geocoder: Geocoder) -> CheckedRow:
    """The checks beyond single fields for one row that was parsed. Raises RowRefused where it has errors."""
    if row.errors:
        errors = [_both(error) for error in row.errors]
        problems = {lang: "；".join(error[lang] for error in errors) for lang in ("zh", "en")}
        raise RowRefused(problems=problems, errors=errors)
    result = _locate([row.values["address"]], geocoder)[row.values["address"]]
    alike = _alike(uow, [row.values])
    findings = [_finding(warning) for warning in row.warnings]
    findings += _address_findings(result) + _customer_findings(row.values, alike)
    return CheckedRow(row.values, dict(row.raw), findings, _place(result))


def store(uow: UnitOfWork, sheet: Sheet) -> ImportReport:
    """Keep the good rows of a sheet; a number that the division used before is counted as a duplicate.

    A row whose order was returned replaces it and is submitted again. The same file twice adds nothing.
    """
    require(uow.actor, "orders.submit")
    uow.lock("install_orders")  # of two uploads at once the second sees what the first has kept
    known = _known(uow, [(row.values["division"], row.values["division_number"]) for row in sheet.rows])
    accepted = duplicates = 0
    batch = ImportBatch(
        filename=sheet.filename[:200],
        sha256=sheet.sha256,
        at=uow.now,
        person_id=uow.actor.person_id,
        accepted=0,
        duplicates=0,
        rejected=sheet.rejected,
        errors=sheet.errors,
    )
    uow.session.add(batch)
    uow.flush()
    for row in sheet.rows:
        existing = known.get((row.values["division"], row.values["division_number"]))
        if existing is None:
            _add(uow, row, batch.id)
            accepted += 1
        elif existing.order.status == "returned":
            _replace(uow, existing, row, batch.id)
            accepted += 1
        else:
            duplicates += 1
    batch.accepted, batch.duplicates = accepted, duplicates
    summary = {
        "file": sheet.filename,
        "accepted": accepted,
        "duplicates": duplicates,
        "rejected": sheet.rejected,
    }
    uow.audit("import_batch", batch.id, "imported", after=summary)
    uow.emit("install_orders_imported", batch_id=batch.id, accepted=accepted)
    uow.flush()
    return ImportReport(batch.id, accepted, duplicates, sheet.rejected, sheet.errors, sheet.notes)


def add_install_order(uow: UnitOfWork, row: CheckedRow) -> int:
    """Keep one checked order from a form or the API; returns its id. Raises NumberUsed."""
    require(uow.actor, "orders.submit")
    uow.lock("install_orders")
    key = (row.values["division"], row.values["division_number"])
    existing = _known(uow, [key]).get(key)
    if existing is None:
        return _add(uow, row, None)
    if existing.order.status == "returned":
        return _replace(uow, existing, row, None)
    raise NumberUsed(division=key[0], number=key[1])


def _known(uow: UnitOfWork, keys: list[tuple[str, str]]) -> dict[tuple[str, str], InstallOrder]:
    found: dict[tuple[str, str], InstallOrder] = {}
    pair = tuple_(InstallOrder.division, InstallOrder.division_number)
    for start in range(0, len(keys), 400):
        query = select(InstallOrder).where(pair.in_(keys[start : start + 400]))
        for install in uow.session.scalars(query).unique():
            found[(install.division, install.division_number)] = install
    return found


def _add(uow: UnitOfWork, row: CheckedRow, batch_id: int | None) -> int:
    today = local_date(uow.now)
    order = ServiceOrder(
        number=next_number(uow, policy.PREFIXES["install"], today),
        kind="install",
        status="submitted",
        created_at=uow.now,
        created_by=uow.actor.person_id,
        **_order_values(uow, row, today),
    )
    order.install = InstallOrder(batch_id=batch_id, **_install_values(row))
    uow.session.add(order)
    uow.flush()
    uow.audit("service_order", order.id, "submit", after={"number": order.number, "kind": "install"})
    uow.emit("order_submitted", order_id=order.id, kind="install", status="submitted")
    return order.id


def _replace(uow: UnitOfWork, install: InstallOrder, row: CheckedRow, batch_id: int | None) -> int:
    order = install.order
    before = order.status
    order.status = SERVICE_ORDER.target(before, "resubmit", uow.actor)
    for name, value in _order_values(uow, row, local_date(uow.now)).items():
        setattr(order, name, value)
    for name, value in _install_values(row).items():
        setattr(install, name, value)
    install.answers, install.batch_id = {}, batch_id
    order.reasons, order.note = [], ""
    uow.audit(
        "service_order", order.id, "resubmit", before={"status": before}, after={"status": order.status}
    )
    uow.emit("order_submitted", order_id=order.id, kind="install", status=order.status)
    uow.flush()
    return order.id


def _order_values(uow: UnitOfWork, row: CheckedRow, today: date) -> dict[str, Any]:
    values = row.values
    urgent = bool(values.get("urgent"))
    return {
        "urgent": urgent,
        "contact_name": values["contact_name"],
        "contact_phone": values["contact_phone"],
        "problem": values.get("remarks") or "",
        "skills": policy.skills_for("install", values["access_mode"]),
        "duration_s": policy.install_duration_s(values["line_count"], values["access_mode"]),
        "due_on": policy.due_date("install", urgent, today, values.get("requested_on")),
        "updated_at": uow.now,
    }


def _install_values(row: CheckedRow) -> dict[str, Any]:
    values, place = row.values, row.place or {}
    return {
        "division": values["division"],
        "division_number": values["division_number"],
        "customer_name": values["customer_name"],
        "name_key": name_key(values["customer_name"]),
        "tax_number": values["tax_number"],
        "contact_name": values["contact_name"],
        "contact_phone": values["contact_phone"],
        "address": values["address"],
        "lat": place.get("lat"),
        "lon": place.get("lon"),
        "district": place.get("district"),
        "position_source": "geocoder" if place else None,
        "access_mode": values["access_mode"],
        "line_count": values["line_count"],
        "line_numbers": list(values.get("line_numbers") or ()),
        "device_model": values["device_model"],
        "pbx_model": values.get("pbx_model") or "",
        "requested_on": values.get("requested_on"),
        "requested_window": values.get("requested_window") or "any",
        "price_fen": values["price_fen"],
        "invoice_type": values.get("invoice_type") or "normal",
        "bank_account": values.get("bank_account") or "",
        "remarks": values.get("remarks") or "",
        "raw": row.raw,
        "findings": row.findings,
        "row_number": row.row_number,
    }


def _locate(addresses: Iterable[str], geocoder: Geocoder) -> dict[str, GeocodeResult]:
    found: dict[str, GeocodeResult] = {}
    for address in addresses:
        if address not in found:
            try:
                found[address] = geocoder.geocode(address)
            except GeocoderUnavailable:
                found[address] = GeocodeResult("not_found", (), "unknown")
    return found


def _place(result: GeocodeResult) -> dict[str, Any] | None:
    return result.place.to_data() if result.place else None


def _address_findings(result: GeocodeResult) -> list[Finding]:
    if result.status == "found":
        return []
    return [
        {
            "field": "address",
            "code": f"address_{result.status}",
            "level": "error",
            "zh": result.sentence("zh") + "，请在地图上放图钉",
            "en": result.sentence("en") + "; set a pin on the map",
            "places": [place.to_data() for place in result.places],
        }
    ]


def _alike(uow: UnitOfWork, rows: list[dict[str, Any]]) -> dict[str, list[customers.CustomerRow]]:
    names = {name_key(values["customer_name"]) for values in rows}
    numbers = {values["tax_number"] for values in rows if values.get("tax_number")}
    return customers.by_name_keys_and_tax_numbers(uow, names, numbers)


def _customer_findings(
    values: dict[str, Any], alike: dict[str, list[customers.CustomerRow]]
) -> list[Finding]:
    found = {row.id: row for row in alike.get(values["tax_number"], ())}
    found |= {row.id: row for row in alike.get(name_key(values["customer_name"]), ())}
    exact = [
        row
        for row in found.values()
        if (row.name, row.tax_number) == (values["customer_name"], values["tax_number"])
    ]
    others = [row for row in found.values() if row not in exact]
    if exact or not others:
        return []
    first = others[0]
    same_tax = first.tax_number == values["tax_number"]
    return [
        {
            "field": "customer_name",
            "code": "similar_customer",
            "level": "question",
            "zh": f"像老客户「{first.name}」，" + ("税号一样" if same_tax else "名字几乎一样"),
            "en": f"Like the customer “{first.name}”, "
            + ("same tax number" if same_tax else "nearly the same name"),
            "customers": [
                {"id": row.id, "name": row.name, "tax_number": row.tax_number} for row in others[:3]
            ],
        }
    ]


def errors_of(row: SheetRow) -> list[dict[str, Any]]:
    """The errors of a row in both languages; the first has the texts of the whole row as ``raw``."""
    errors = [_both(error) for error in row.errors]
    return [{**errors[0], "raw": dict(row.raw)}, *errors[1:]] if errors else []


def _both(error: Any) -> dict[str, Any]:
    return {
        "row": error.row,
        "column": error.column,
        "value": error.value,
        "code": error.code,
        "zh": error.message("zh"),
        "en": error.message("en"),
    }


def _finding(warning: Any) -> Finding:
    return {
        "field": warning.field,
        "code": warning.code,
        "level": "question",
        "zh": warning.message("zh"),
        "en": warning.message("en"),
    }
