"""Device quality reports for those who look after devices."""

from typing import Any

from marshmallow import Schema, validate
from marshmallow import fields as f

from backend.http.access import requires
from backend.http.context import current_actor, transactions
from backend.visits import device_reports
from mobile_api.frame import Blueprint
from mobile_api.schemas import Moment, PageQuery, page_of

blueprint = Blueprint("device_reports", "Device quality reports", "/device-reports")


class ReportFilter(PageQuery):
    """Which reports."""

    serial: Any = f.String(load_default="", validate=validate.Length(max=40))


class DeviceReportSchema(Schema):
    """What an engineer says of a dialer."""

    id = f.Integer()
    uuid = f.UUID()
    visit_id = f.Integer()
    person_id = f.Integer(metadata={"description": "the engineer"})
    serial = f.String()
    data = f.Dict()
    reported_at = Moment()


@blueprint.route("", methods=["GET"])
@requires("stock.read")
@blueprint.arguments(ReportFilter, location="query")
@blueprint.response(200, page_of(DeviceReportSchema))
def reports(given: dict[str, Any]) -> Any:
    """Reports, newest first."""
    with transactions().read(current_actor()) as uow:
        return device_reports.listing(uow, serial=given["serial"], cursor=given["cursor"], size=given["size"])
