"""Shapes of the JSON that goes in and out. What a schema does not name is refused."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, validate
from marshmallow import fields as f

from backend.core.clock import SHANGHAI
from backend.core.money import BadAmount, fen_from_yuan, yuan_from_fen
from backend.core.paging import DEFAULT_SIZE, LARGEST

SECONDS = {"description": "seconds since Beijing's midnight"}


class Moment(f.AwareDateTime):
    """An aware moment, written with Beijing's offset."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else value.astimezone(SHANGHAI).isoformat(timespec="seconds")


class PhoneClock(f.AwareDateTime):
    """The reading of a phone's clock, however wrong, but of a year that a clock can show."""

    def __init__(self, **options: Any) -> None:
        years = validate.Range(datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
        super().__init__(validate=years, **options)


class Yuan(f.String):
    """Integer fen inside, a decimal text in yuan outside."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else yuan_from_fen(value)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return fen_from_yuan(text)
        except BadAmount as exc:
            raise ValidationError(exc.sentence("en")) from exc


def id_field(**options: Any) -> f.Integer:
    """An id that comes in: no number that a database could not hold."""
    return f.Integer(validate=validate.Range(0, 2**31 - 1), **options)


class Strict(Schema):
    """The base of everything that comes in."""

    class Meta:
        """Unknown fields are refused."""

        unknown = RAISE


class PageQuery(Strict):
    """Where a page begins and how long it is."""

    cursor = f.String(load_default=None, metadata={"description": "next_cursor of the page before"})
    size = f.Integer(load_default=DEFAULT_SIZE, validate=validate.Range(1, LARGEST))


@cache
def page_of(schema: type[Schema]) -> type[Schema]:
    """The schema of a page: items and the cursor of the next page."""
    name = schema.__name__.removesuffix("Schema") + "Page"
    made = {
        "items": f.List(f.Nested(schema), attribute="rows"),
        "next_cursor": f.String(allow_none=True),
    }
    return type(name, (Schema,), made)


class OrderSchema(Schema):
    """A service order."""

    id = f.Integer()
    number = f.String()
    kind = f.String(metadata={"description": "install, repair or maintenance"})
    status = f.String()
    urgent = f.Boolean()
    customer_id = f.Integer(allow_none=True)
    site_id = f.Integer(allow_none=True)
    customer_name = f.String()
    short_name = f.String()
    contact_name = f.String()
    contact_phone = f.String()
    address = f.String()
    district = f.String(allow_none=True)
    lat = f.Float(allow_none=True, metadata={"description": "WGS-84"})
    lon = f.Float(allow_none=True, metadata={"description": "WGS-84"})
    access_notes = f.String()
    problem = f.String()
    skills = f.List(f.String())
    duration_s = f.Integer(metadata={"description": "seconds on site"})
    due_on = f.Date(allow_none=True)
    division = f.String(allow_none=True)
    device_model = f.String(allow_none=True)
    line_count = f.Integer(allow_none=True)
    access_mode = f.String(allow_none=True)
    pbx_model = f.String(allow_none=True)
    price = Yuan(attribute="price_fen", allow_none=True)
    reasons = f.List(f.String())
    note = f.String()
    created_at = Moment()
    updated_at = Moment()
    version = f.Integer()


class InstallOrderSchema(Schema):
    """An install order as the division sent it, with what the checks found."""

    id = f.Integer(attribute="order_id")
    number = f.String()
    status = f.String()
    version = f.Integer()
    division = f.String()
    division_number = f.String()
    customer_name = f.String()
    tax_number = f.String()
    contact_name = f.String()
    contact_phone = f.String()
    address = f.String()
    lat = f.Float(allow_none=True)
    lon = f.Float(allow_none=True)
    district = f.String(allow_none=True)
    access_mode = f.String()
    line_count = f.Integer()
    line_numbers = f.List(f.String())
    device_model = f.String()
    pbx_model = f.String()
    requested_on = f.Date(allow_none=True)
    requested_window = f.String()
    price = Yuan(attribute="price_fen")
    invoice_type = f.String()
    bank_account = f.String()
    remarks = f.String()
    urgent = f.Boolean()
    findings = f.List(f.Dict(), metadata={"description": "level error bars the approval"})
    answers = f.Dict()
    created_at = Moment()
    reasons = f.List(f.String())
    note = f.String()
