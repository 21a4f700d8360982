"""Install orders, their upload, and service orders."""

from typing import Any

from flask import request
from flask_smorest.fields import Upload
from marshmallow import Schema, validate
from marshmallow import fields as f

from backend.core.errors import NotFound
from backend.core.uow import UnitOfWork
from backend.customers import queries as customers
from backend.http.access import requires
from backend.http.context import application, current_actor, lang, transactions
from backend.orders import actions, intake, queries
from backend.orders.fields import INSTALL_ORDER_FIELDS
from backend.orders.states import KINDS, STATES
from backend.staff import queries as staff
from mobile_api.frame import IF_MATCH, Blueprint, set_version, wanted_version
from mobile_api.schemas import InstallOrderSchema, OrderSchema, PageQuery, Strict, id_field, page_of

blueprint = Blueprint("orders", "Install orders and service orders")


class OrderFilter(PageQuery):
    """Which orders."""

    status = f.String(load_default=None, validate=validate.OneOf(STATES))
    text = f.String(load_default="", metadata={"description": "part of number, customer, telephone, address"})


class ServiceOrderFilter(OrderFilter):
    """Which service orders."""

    kind = f.String(load_default=None, validate=validate.OneOf(KINDS))


_TYPES = {"int": f.Integer, "flag": f.Boolean}
_NAMES = {"price_fen": "price"}

NewInstallOrder = type(
    "NewInstallOrder",
    (Strict,),
    {
        _NAMES.get(field.code, field.code): _TYPES.get(field.kind, f.String)(
            metadata={
                "description": f"{field.zh} {field.en}" + (", required" if field.required else ""),
                **({"enum": [choice.code for choice in field.choices]} if field.kind == "choice" else {}),
            }
        )
        for field in INSTALL_ORDER_FIELDS
    },
)


class ReturnBody(Strict):
    """Why an order goes back."""

    reasons = f.List(f.String(), load_default=[])
    note = f.String(load_default="", validate=validate.Length(max=400))


class NoteBody(Strict):
    """A word about a move."""

    note = f.String(load_default="", validate=validate.Length(max=400))


class NewServiceOrder(Strict):
    """A repair or a maintenance. The same ``client_key`` gives the first order again."""

    kind = f.String(required=True, validate=validate.OneOf(("repair", "maintenance")))
    customer_id = id_field(required=True)
    site_id = id_field(required=True)
    contact_name = f.String(required=True, validate=validate.Length(1, 40))
    contact_phone = f.String(required=True, validate=validate.Length(1, 40))
    problem = f.String(required=True, validate=validate.Length(1, 400))
    urgent = f.Boolean(load_default=False)
    due_on = f.Date(load_default=None)
    client_key = f.UUID(required=True)


class Workbook(Strict):
    """The upload of install orders."""

    file = Upload(required=True)


class ImportErrorSchema(Schema):
    """What is wrong in one cell."""

    row = f.Integer(allow_none=True)
    column = f.String()
    value = f.String()
    code = f.String()
    message = f.String()


class ImportReportSchema(Schema):
    """What became of an upload."""

    accepted = f.Integer()
    duplicates = f.Integer()
    rejected = f.Integer()
    errors = f.List(f.Nested(ImportErrorSchema))


@blueprint.route("/install-orders", methods=["GET"])
@requires("orders.submit")
@blueprint.arguments(OrderFilter, location="query")
@blueprint.response(200, page_of(OrderSchema))
def install_orders(given: dict[str, Any]) -> Any:
    """Install orders, newest first; a division's sales sees its own."""
    return _listing(given, ["install"])


@blueprint.route("/install-orders", methods=["POST"], endpoint="add_install_order")
@requires("orders.submit")
@blueprint.arguments(NewInstallOrder)
@blueprint.response(201, InstallOrderSchema)
def add_install_order(given: dict[str, Any]) -> Any:
    """Submit one install order, through the same checks as a workbook's row."""
    raw = {code: _text(given.get(_NAMES.get(code, code))) for code in (x.code for x in INSTALL_ORDER_FIELDS)}
    texts = {code: text for code, text in raw.items() if text}
    with transactions().read(current_actor()) as uow:
        row = intake.check_values(uow, raw=texts, geocoder=application().geocoder)
    with transactions().begin(current_actor()) as uow:
        order_id = intake.add_install_order(uow, row)
        install = queries.install_details(uow, order_id)
    headers = {**set_version(install.version), "Location": f"/api/v1/install-orders/{order_id}"}
    return install, 201, headers


@blueprint.route("/install-orders/<int:order_id>", methods=["GET"])
@requires("orders.submit")
@blueprint.response(200, InstallOrderSchema)
def install_order(order_id: int) -> Any:
    """One install order with the findings of its checks."""
    with transactions().read(current_actor()) as uow:
        install = queries.install_details(uow, order_id)
        _check_division(uow, install.division)
    return install, 200, set_version(install.version)


@blueprint.route("/install-orders/<int:order_id>/approve", methods=["POST"])
@requires("orders.review")
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.response(200, OrderSchema)
def approve(order_id: int) -> Any:
    """Approve a submitted order; 409 names what bars it."""
    version = wanted_version()
    with transactions().begin(current_actor()) as uow:
        queries.install_details(uow, order_id)
        order = actions.approve(uow, order_id=order_id, version=version)
    return order, 200, set_version(order.version)


@blueprint.route("/install-orders/<int:order_id>/return", methods=["POST"])
@requires("orders.review")
@blueprint.arguments(ReturnBody)
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.response(200, OrderSchema)
def return_order(given: dict[str, Any], order_id: int) -> Any:
    """Send a submitted order back with reasons."""
    version = wanted_version()
    with transactions().begin(current_actor()) as uow:
        queries.install_details(uow, order_id)
        order = actions.return_to_sales(
            uow, order_id=order_id, reasons=given["reasons"], note=given["note"], version=version
        )
    return order, 200, set_version(order.version)


@blueprint.route("/imports/install-orders", methods=["POST"])
@requires("orders.submit")
@blueprint.arguments(Workbook, location="files")
@blueprint.response(200, ImportReportSchema)
def import_install_orders(_given: dict[str, Any]) -> Any:
    """Upload a workbook: good rows are kept, the errors of the others named by row and column."""
    file = request.files["file"]
    data = file.read()
    with transactions().read(current_actor()) as uow:
        sheet = intake.read_workbook(
            uow, data=data, filename=file.filename or "orders.xlsx", geocoder=application().geocoder
        )
    with transactions().begin(current_actor()) as uow:
        return intake.store(uow, sheet).to_data(lang())


@blueprint.route("/service-orders", methods=["GET"])
@requires("orders.read")
@blueprint.arguments(ServiceOrderFilter, location="query")
@blueprint.response(200, page_of(OrderSchema))
def service_orders(given: dict[str, Any]) -> Any:
    """Service orders of all kinds, newest first."""
    return _listing(given, [given["kind"]] if given["kind"] else None)


@blueprint.route("/service-orders", methods=["POST"], endpoint="add_service_order")
@requires("orders.create")
@blueprint.arguments(NewServiceOrder)
@blueprint.response(201, OrderSchema)
def add_service_order(given: dict[str, Any]) -> Any:
    """Submit a repair or a maintenance."""
    values = {**given, "client_key": str(given["client_key"])}
    with transactions().begin(current_actor()) as uow:
        site = customers.sites_by_ids(uow, [given["site_id"]]).get(given["site_id"])
        if site is None or site.customer_id != given["customer_id"]:
            raise NotFound(what={"zh": "这个客户的这个地址", "en": "That site of that customer"})
        profile = customers.profile(uow, given["site_id"])
        order = actions.create_service_order(uow, access_mode=profile.get("access_mode"), **values)
    headers = {**set_version(order.version), "Location": f"/api/v1/service-orders/{order.id}"}
    return order, 201, headers


@blueprint.route("/service-orders/<int:order_id>", methods=["GET"])
@requires("orders.read")
@blueprint.response(200, OrderSchema)
def service_order(order_id: int) -> Any:
    """One service order."""
    with transactions().read(current_actor()) as uow:
        order = queries.get(uow, order_id)
        _check_division(uow, order.division)
    return order, 200, set_version(order.version)


@blueprint.route("/service-orders/<int:order_id>/approve", methods=["POST"], endpoint="approve_service_order")
@requires("orders.review")
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.response(200, OrderSchema)
def approve_service_order(order_id: int) -> Any:
    """Approve a submitted repair or maintenance."""
    version = wanted_version()
    with transactions().begin(current_actor()) as uow:
        order = actions.approve(uow, order_id=order_id, version=version)
    return order, 200, set_version(order.version)


@blueprint.route("/service-orders/<int:order_id>/<any(cancel, hold, resume):move>", methods=["POST"])
@requires("orders.manage")
@blueprint.arguments(NoteBody)
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.response(200, OrderSchema)
def move_order(given: dict[str, str], order_id: int, move: str) -> Any:
    """Cancel, put on hold or resume; cancelling wants a note."""
    version = wanted_version()
    with transactions().begin(current_actor()) as uow:
        if move == "cancel":
            order = actions.cancel(uow, order_id=order_id, note=given["note"], version=version)
        else:
            order = actions.move(uow, order_id, move, note=given["note"], version=version)
    return order, 200, set_version(order.version)


def _listing(given: dict[str, Any], kinds: list[str] | None) -> Any:
    with transactions().read(current_actor()) as uow:
        return queries.listing(
            uow,
            statuses=[given["status"]] if given["status"] else None,
            kinds=kinds,
            text=given["text"],
            division=_own_division(uow),
            cursor=given["cursor"],
            size=given["size"],
        )


def _own_division(uow: UnitOfWork) -> str | None:
    """The division whose orders a sales person sees; None for those who see all."""
    actor = current_actor()
    if actor.roles != {"sales"} or actor.person_id is None:
        return None
    return staff.person(uow, actor.person_id).division or "—"


def _check_division(uow: UnitOfWork, division: str | None) -> None:
    own = _own_division(uow)
    if own is not None and division != own:
        raise NotFound(what={"zh": "这张单", "en": "That order"})


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value).strip()
