"""What may be done to an order. Every change of status goes through `move`."""

import contextlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from backend.core import audit
from backend.core.clock import local_date
from backend.core.counters import next_number
from backend.core.errors import DomainError, Invalid, Missing, NotAllowed, NotFound, Stale
from backend.core.uow import UnitOfWork
from backend.customers import actions as customers
from backend.orders import policy, queries
from backend.orders.models import InstallOrder, ServiceOrder
from backend.orders.queries import ServiceOrderRow
from backend.orders.states import KINDS, SERVICE_ORDER
from backend.staff.policy import require


class ReviewOpen(DomainError):
    """An install order still has errors; it cannot be approved."""

    code = "review_open"
    kind = "conflict"
    zh = "还不能批准：{problems}"
    en = "It cannot be approved yet: {problems}"


class ReviewOver(DomainError):
    """The checks of an order belong to its review."""

    code = "review_over"
    kind = "conflict"
    zh = "这张安装单不在审核中，图钉和核对结果不能再改。地址不对请先退回"
    en = "This install order is not under review; its pin and answers stay. Return it if the address is wrong"


class NoPosition(DomainError):
    """Nobody knows where the address is."""

    code = "no_position"
    kind = "conflict"
    zh = "还不能批准：地址没有在地图上定位，请在地图上放一个图钉"
    en = "It cannot be approved yet: the address has no place on the map; set a pin"


class UnknownKind(DomainError):
    """Only repairs and maintenance are created directly."""

    code = "unknown_kind"
    zh = "工单种类「{kind}」不能这样建，请选维修或维护"
    en = "Orders of the kind “{kind}” are not created this way; choose repair or maintenance"


def move(
    uow: UnitOfWork,
    order_id: int,
    name: str,
    *,
    note: str = "",
    reasons: Sequence[str] = (),
    version: int | None = None,
) -> ServiceOrderRow:
    """Make one move of the transition table; returns the order as it is then. Raises what `advance` raises."""
    advance(uow, order_id, name, note=note, reasons=reasons, version=version)
    return queries.get(uow, order_id)


def advance(
    uow: UnitOfWork,
    order_id: int,
    name: str,
    *,
    note: str = "",
    reasons: Sequence[str] = (),
    version: int | None = None,
) -> None:
    """Make one move of the transition table, without reading the order back, which takes most of the time.

    Raises WrongState, NotAllowed, NotFound, Stale.
    """
    order = _order(uow, order_id, version)
    before = order.status
    order.status = SERVICE_ORDER.target(before, name, uow.actor)
    order.updated_at = uow.now
    if name == "close":
        order.closed_at = uow.now
    if note or name in ("return", "cancel", "hold", "fail", "escalate", "approve", "resubmit"):
        order.note, order.reasons = note, list(reasons)
    after: dict[str, Any] = {"status": order.status}
    if note or reasons:
        after |= {"note": note, "reasons": list(reasons)}
    uow.audit("service_order", order.id, name, before={"status": before}, after=after)
    uow.emit(f"order_{_PAST[name]}", order_id=order.id, kind=order.kind, status=order.status)
    uow.flush()


_PAST = {
    "submit": "submitted",
    "return": "returned",
    "resubmit": "submitted",
    "approve": "approved",
    "unapprove": "unapproved",
    "appoint": "appointed",
    "plan": "planned",
    "unplan": "unplanned",
    "publish": "published",
    "withdraw": "withdrawn",
    "accept": "accepted",
    "set_out": "set_out",
    "sign_in": "signed_in",
    "finish": "finished",
    "submit_card": "card_submitted",
    "return_card": "card_returned",
    "pass_card": "card_passed",
    "close": "closed",
    "fail": "failed",
    "hold": "held",
    "resume": "resumed",
    "escalate": "escalated",
    "cancel": "cancelled",
}


def create_service_order(
    uow: UnitOfWork,
    *,
    kind: str,
    customer_id: int,
    site_id: int,
    contact_name: str,
    contact_phone: str,
    problem: str,
    urgent: bool = False,
    due_on: date | None = None,
    duration_s: int | None = None,
    access_mode: str | None = None,
    client_key: str | None = None,
) -> ServiceOrderRow:
    """A new repair or maintenance, submitted. The same ``client_key`` gives the first one again."""
    require(uow.actor, "orders.create")
    if kind not in KINDS or kind == "install":
        raise UnknownKind(kind=kind)
    if client_key:
        same = (
            uow.session.scalars(select(ServiceOrder).where(ServiceOrder.client_key == client_key))
            .unique()
            .first()
        )
        if same is not None:
            return queries.get(uow, same.id)
    if not problem.strip():
        raise Missing(field={"zh": "故障或要做的事", "en": "what is wrong or to be done"})
    if not contact_phone.strip():
        raise Missing(field={"zh": "联系电话", "en": "the contact's telephone"})
    today = local_date(uow.now)
    order = ServiceOrder(
        number=next_number(uow, policy.PREFIXES[kind], today),
        kind=kind,
        status="submitted",
        urgent=urgent,
        customer_id=customer_id,
        site_id=site_id,
        contact_name=contact_name,
        contact_phone=contact_phone,
        problem=problem.strip(),
        skills=policy.skills_for(kind, access_mode),
        duration_s=duration_s or policy.duration_s(kind),
        due_on=policy.due_date(kind, urgent, today, due_on),
        client_key=client_key,
        created_at=uow.now,
        created_by=uow.actor.person_id,
        updated_at=uow.now,
    )
    uow.session.add(order)
    uow.flush()
    uow.audit(
        "service_order", order.id, "submit", after={"number": order.number, "kind": kind, "urgent": urgent}
    )
    uow.emit("order_submitted", order_id=order.id, kind=kind, status="submitted")
    return queries.get(uow, order.id)


def set_duration(uow: UnitOfWork, *, order_id: int, duration_s: int) -> None:
    """How long the service is planned to take, in seconds. Raises NotFound, NotAllowed."""
    require(uow.actor, "orders.review")
    order = _order(uow, order_id, None)
    before, order.duration_s = order.duration_s, duration_s
    order.updated_at = uow.now
    uow.flush()
    uow.audit(
        "service_order", order_id, "changed", before={"duration_s": before}, after={"duration_s": duration_s}
    )


def approve(uow: UnitOfWork, *, order_id: int, version: int | None = None) -> ServiceOrderRow:
    """Approve a submitted order; an install gets its customer, site, contact, lines and profile.

    Raises ReviewOpen or NoPosition where the checks are not answered.
    """
    order = _order(uow, order_id, version)
    install = order.install
    if install is not None and order.status == "submitted":
        still_open = policy.open_errors(install.findings, install.answers)
        if still_open:
            raise ReviewOpen(problems={lang: "；".join(f[lang] for f in still_open) for lang in ("zh", "en")})
        if install.lat is None or install.lon is None:
            raise NoPosition()
        _settle_install(uow, order, install)
    return move(uow, order_id, "approve")


def approve_free_of_questions(uow: UnitOfWork, versions: Mapping[int, int]) -> list[ServiceOrderRow]:
    """Approve those of the install orders, by id with the version that was seen, that need no look.

    One that changed, was decided or has an open question is left as it is. Safe to repeat.
    """
    require(uow.actor, "orders.review")
    approved = []
    for order_id, version in sorted(versions.items()):
        order = uow.session.get(ServiceOrder, order_id)
        if order is None or order.install is None or order.status != "submitted" or order.version != version:
            continue
        install = order.install
        if policy.free_of_questions(install.findings, install.answers, install.lat):
            approved.append(approve(uow, order_id=order_id))
    return approved


def take_decision_back(uow: UnitOfWork, *, order_id: int, version: int | None = None) -> ServiceOrderRow:
    """Undo an approval or a return right after it: the order is under review again.

    An install shows the sheet's own words again; the customer that its approval made stays, and the next
    approval finds it. Raises Stale where anything was done with the order since, WrongState where it has
    gone on.
    """
    order = _order(uow, order_id, version)
    newest = audit.trail(uow, entity="service_order", entity_id=order_id, size=1).rows
    if not newest or newest[0].action not in ("approve", "return"):
        raise Stale()
    if order.status == "returned":
        return move(uow, order_id, "resubmit", version=version)
    row = move(uow, order_id, "unapprove", version=version)
    if order.install is not None:
        order.customer_id = order.site_id = None
        uow.flush()
        row = queries.get(uow, order_id)
    return row


def take_approvals_back(uow: UnitOfWork, versions: Mapping[int, int]) -> list[ServiceOrderRow]:
    """Undo the approval of many, by id with the version that it left; one that has gone on since stays as it is."""
    require(uow.actor, "orders.review")
    back = []
    for order_id, version in sorted(versions.items()):
        order = uow.session.get(ServiceOrder, order_id)
        if order is not None and order.status == "approved" and order.version == version:
            with contextlib.suppress(Stale):
                back.append(take_decision_back(uow, order_id=order_id, version=version))
    return back


def return_to_sales(
    uow: UnitOfWork, *, order_id: int, reasons: Sequence[str], note: str, version: int | None = None
) -> ServiceOrderRow:
    """Send a submitted order back with reasons from the list and in words. Raises Missing without any."""
    if not reasons and not note.strip():
        raise Missing(field={"zh": "退回的原因", "en": "the reason for returning it"})
    return move(uow, order_id, "return", note=note.strip(), reasons=reasons, version=version)


def cancel(uow: UnitOfWork, *, order_id: int, note: str, version: int | None = None) -> ServiceOrderRow:
    """Cancel with a reason; a division's sales cancels its own orders only."""
    if not note.strip():
        raise Missing(field={"zh": "取消的原因", "en": "the reason for cancelling it"})
    order = _order(uow, order_id, version)
    if not uow.actor.has_any(frozenset({"technical_assistant"})) and order.created_by != uow.actor.person_id:
        raise NotAllowed()
    return move(uow, order_id, "cancel", note=note.strip())


def set_position(uow: UnitOfWork, *, order_id: int, lat: float, lon: float, district: str | None) -> None:
    """Put the pin of a submitted install order (WGS-84); this answers an address that was not found.

    Raises NotFound, ReviewOver.
    """
    order, install = _under_review(uow, order_id)
    before = {"lat": install.lat, "lon": install.lon}
    install.lat, install.lon, install.position_source = lat, lon, "pin"
    install.district = district or install.district
    answered = {f["code"]: "pin" for f in install.findings if f["field"] == "address"}
    install.answers = {**install.answers, **answered}
    order.updated_at = uow.now
    uow.audit("service_order", order.id, "position_set", before=before, after={"lat": lat, "lon": lon})


def answer_finding(uow: UnitOfWork, *, order_id: int, code: str, answer: str) -> None:
    """Note how a question of the checks was settled, such as "same_customer" or "two_customers".

    Raises NotFound, ReviewOver, Invalid.
    """
    order, install = _under_review(uow, order_id)
    if not any(f["code"] == code for f in install.findings):
        raise NotFound(what={"zh": "这个核对问题", "en": "That finding"})
    if answer.startswith("same:"):
        _check_named(install, code, answer)
    install.answers = {**install.answers, code: answer}
    order.updated_at = uow.now
    uow.audit("service_order", order.id, "finding_answered", after={"code": code, "answer": answer})


def _check_named(install: InstallOrder, code: str, answer: str) -> None:
    """The answer "same:17" names one of the customers that the question shows."""
    shown = [c for f in install.findings if f["code"] == code for c in f.get("customers", ())]
    if answer not in {f"same:{customer['id']}" for customer in shown}:
        raise Invalid(
            field={"zh": "哪一家老客户", "en": "Which customer"},
            value=answer[:40],
            expected={"zh": "请从列出的里选一家", "en": "choose one of those shown"},
        )


def _settle_install(uow: UnitOfWork, order: ServiceOrder, install: InstallOrder) -> None:
    merged = install.answers.get("similar_customer", "")
    customer_id = int(merged.removeprefix("same:")) if merged.startswith("same:") else None
    order.customer_id = customers.ensure_customer(
        uow,
        name=install.customer_name,
        tax_number=install.tax_number or None,
        division=install.division,
        customer_id=customer_id,
    )
    order.site_id = customers.ensure_site(
        uow,
        customer_id=order.customer_id,
        address=install.address,
        district=install.district,
        lat=install.lat,
        lon=install.lon,
        position_source=install.position_source,
    )
    customers.ensure_contact(
        uow, site_id=order.site_id, name=install.contact_name, phone=install.contact_phone
    )
    customers.ensure_lines(
        uow, site_id=order.site_id, numbers=install.line_numbers, access_mode=install.access_mode
    )
    facts = {
        "access_mode": install.access_mode,
        "pbx_model": install.pbx_model,
        "device_model": install.device_model,
        "line_count": install.line_count,
    }
    customers.save_profile(uow, site_id=order.site_id, data=facts)


def _under_review(uow: UnitOfWork, order_id: int) -> tuple[ServiceOrder, InstallOrder]:
    require(uow.actor, "orders.review")
    order = _order(uow, order_id, None)
    if order.install is None:
        raise NotFound(what={"zh": "这张安装单", "en": "That install order"})
    if order.status not in ("submitted", "returned"):
        raise ReviewOver()
    return order, order.install


def _order(uow: UnitOfWork, order_id: int, version: int | None) -> ServiceOrder:
    order = uow.session.get(ServiceOrder, order_id)
    if order is None:
        raise NotFound(what={"zh": "这张技术服务单", "en": "That service order"})
    if version is not None and version != order.version:
        raise Stale()
    return order
