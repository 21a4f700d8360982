"""Plans, their jobs, and the schedule of a day."""

from datetime import date
from typing import Any

from marshmallow import Schema, validate
from marshmallow import fields as f

from backend.core import jobs
from backend.core.errors import Invalid
from backend.dispatch import actions, queries
from backend.http.access import requires
from backend.http.context import current_actor, transactions
from mobile_api.frame import Blueprint
from mobile_api.schemas import SECONDS, Moment, Strict, Yuan

blueprint = Blueprint("planning", "Plans, jobs and schedules")


class NewPlan(Strict):
    """Which day to plan, for how long, with which seed."""

    on = f.Date(required=True)
    seconds = f.Float(load_default=actions.DEFAULT_SECONDS, validate=validate.Range(0.5, 120))
    seed = f.Integer(load_default=1, validate=validate.Range(0, 2**31 - 1))


class JobSchema(Schema):
    """Background work and how far it is."""

    id = f.Integer()
    kind = f.String()
    status = f.String(metadata={"description": "queued, running, done, failed or cancelled"})
    progress = f.Dict(allow_none=True)
    result = f.Dict(allow_none=True)
    error = f.Dict(allow_none=True)
    created_at = Moment()
    started_at = Moment(allow_none=True)
    ended_at = Moment(allow_none=True)


class SentenceSchema(Schema):
    """A reason in words."""

    zh = f.String()
    en = f.String()


class StopSchema(Schema):
    """One visit of the plan."""

    order_id = f.Integer()
    number = f.String()
    customer = f.String()
    address = f.String()
    lat = f.Float(allow_none=True)
    lon = f.Float(allow_none=True)
    kind = f.String()
    urgent = f.Boolean()
    status = f.String()
    sequence = f.Integer()
    window_from_s = f.Integer(allow_none=True, metadata=SECONDS)
    window_to_s = f.Integer(allow_none=True, metadata=SECONDS)
    leave_s = f.Integer(metadata=SECONDS)
    arrive_s = f.Integer(metadata=SECONDS)
    start_s = f.Integer(metadata=SECONDS)
    end_s = f.Integer(metadata=SECONDS)
    mode = f.String()
    travel_s = f.Integer()
    travel_m = f.Integer()
    travel = Yuan(attribute="travel_fen")
    pinned = f.Boolean()


class EngineerDaySchema(Schema):
    """One engineer's day."""

    engineer_id = f.Integer()
    code = f.String()
    name = f.String()
    mode = f.String()
    shift_start_s = f.Integer(metadata=SECONDS)
    shift_end_s = f.Integer(metadata=SECONDS)
    stops = f.List(f.Nested(StopSchema))
    home_s = f.Integer(allow_none=True, metadata=SECONDS)


class UnservedSchema(Schema):
    """An order that has no place in the plan, and why."""

    order_id = f.Integer()
    number = f.String()
    customer = f.String()
    kind = f.String()
    urgent = f.Boolean()
    status = f.String()
    window_from_s = f.Integer(allow_none=True, metadata=SECONDS)
    window_to_s = f.Integer(allow_none=True, metadata=SECONDS)
    reasons = f.List(f.Nested(SentenceSchema))


class ScheduleSchema(Schema):
    """The working plan of a day."""

    on = f.Date()
    plan_id = f.Integer(allow_none=True)
    planned_at = Moment(allow_none=True)
    published_plan_id = f.Integer(allow_none=True)
    published_at = Moment(allow_none=True)
    is_published = f.Boolean()
    job_id = f.Integer(allow_none=True)
    engineers = f.List(f.Nested(EngineerDaySchema))
    unserved = f.List(f.Nested(UnservedSchema))


class ChangeSchema(Schema):
    """What changed for one engineer, by order number."""

    engineer_id = f.Integer()
    added = f.List(f.String())
    moved = f.List(f.String())
    removed = f.List(f.String())


class PublishSchema(Schema):
    """What publishing did."""

    on = f.Date()
    plan_id = f.Integer()
    visits = f.Integer()
    changed = f.List(f.Nested(ChangeSchema))
    left_out = f.List(f.Nested(SentenceSchema))


@blueprint.route("/plans", methods=["POST"])
@requires("dispatch.manage")
@blueprint.arguments(NewPlan)
@blueprint.response(202, JobSchema)
def plan(given: dict[str, Any]) -> Any:
    """Ask for a plan of a day; the job tells how far it is."""
    with transactions().begin(current_actor()) as uow:
        job_id = actions.request_plan(uow, **given)
        row = jobs.get(uow, job_id)
    return row, 202, {"Location": f"/api/v1/jobs/{job_id}"}


@blueprint.route("/jobs/<int:job_id>", methods=["GET"])
@requires("dispatch.read")
@blueprint.response(200, JobSchema)
def job(job_id: int) -> Any:
    """How far a job is."""
    with transactions().read(current_actor()) as uow:
        return jobs.get(uow, job_id)


@blueprint.route("/schedules/<on>", methods=["GET"])
@requires("dispatch.read")
@blueprint.response(200, ScheduleSchema)
def schedule(on: str) -> Any:
    """The working plan of a day, by engineer."""
    with transactions().read(current_actor()) as uow:
        return queries.day_view(uow, _day(on))


@blueprint.route("/schedules/<on>/publish", methods=["POST"])
@requires("dispatch.manage")
@blueprint.response(200, PublishSchema)
def publish(on: str) -> Any:
    """Publish the working plan; doing it twice changes nothing."""
    with transactions().begin(current_actor()) as uow:
        return actions.publish(uow, on=_day(on))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as exc:
        expected = {"zh": "请写成 2026-11-26", "en": "write it like 2026-11-26"}
        raise Invalid(field={"zh": "日期", "en": "Date"}, value=text, expected=expected) from exc
