"""Device quality reports (R20): written on the phone, read by the technical supervisor and the stock assistant."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from backend.core.clock import local_date
from backend.core.errors import NotAllowed, NotFound
from backend.core.paging import Page, page_by_id
from backend.core.uow import Duplicate, UnitOfWork
from backend.staff.policy import require
from backend.visits.fields import check_report
from backend.visits.models import DeviceReport, Visit


@dataclass(frozen=True)
class DeviceReportRow:
    """A report; ``data`` holds the fields of `backend.visits.fields.DEVICE_FIELDS`."""

    id: int
    uuid: str
    visit_id: int
    person_id: int
    serial: str
    data: dict[str, Any]
    reported_at: datetime


def report(
    uow: UnitOfWork, *, visit_id: int, uuid: str, data: dict[str, Any], at: datetime | None = None
) -> DeviceReportRow:
    """Say what is wrong with a dialer that was met at an own visit, also one that was given away since.

    The phone's ``uuid`` makes sending twice one report. Raises ReportWrong, NotFound.
    """
    if "engineer" not in uow.actor.roles:
        raise NotAllowed()
    visit = uow.session.get(Visit, visit_id)
    if visit is None or visit.engineer_id != uow.actor.person_id:
        raise NotFound(what={"zh": "这次上门", "en": "That visit"})
    same = uow.session.scalars(select(DeviceReport).where(DeviceReport.uuid == uuid)).one_or_none()
    if same is not None:
        if same.person_id != uow.actor.person_id:
            raise Duplicate()
        return _row(same)
    values = check_report(data, today=local_date(uow.now))
    found = DeviceReport(
        uuid=uuid,
        visit_id=visit_id,
        person_id=uow.actor.person_id,
        serial=values["serial"],
        data=values,
        reported_at=min(at or uow.now, uow.now),
    )
    uow.session.add(found)
    uow.flush()
    uow.audit("visit", visit_id, "device_reported", after={"serial": found.serial})
    uow.emit("device_reported", report_id=found.id)
    return _row(found)


def get(uow: UnitOfWork, report_id: int) -> DeviceReportRow:
    """One report. Raises NotFound."""
    found = uow.session.get(DeviceReport, report_id)
    if found is None:
        raise NotFound(what={"zh": "这份质量信息", "en": "That report"})
    return _row(found)


def listing(uow: UnitOfWork, *, serial: str = "", cursor: str | None = None, size: int = 50) -> Page[Any]:
    """Reports, newest first, of one dialer or of all."""
    require(uow.actor, "stock.read")
    query = select(DeviceReport)
    if serial:
        query = query.where(DeviceReport.serial == serial)
    return page_by_id(uow, query, DeviceReport.id, _row, cursor=cursor, size=size)


def _row(found: DeviceReport) -> DeviceReportRow:
    return DeviceReportRow(
        found.id,
        found.uuid,
        found.visit_id,
        found.person_id,
        found.serial,
        dict(found.data),
        found.reported_at,
    )
