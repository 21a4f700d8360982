"""Install plans: made from order and profile, sent to the customer, confirmed; one that was sent is never edited."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from backend.core.errors import DomainError, Invalid, Missing, NotFound
from backend.core.states import Label
from backend.core.uow import UnitOfWork
from backend.customers import queries as customers
from backend.orders import install_plan, queries
from backend.orders.models import InstallPlan
from backend.staff.policy import require
from backend.stock import queries as stock

WAYS = {
    "message": Label("短信", "Text message"),
    "wechat": Label("微信", "WeChat"),
    "email": Label("邮件", "E-mail"),
    "fax": Label("传真", "Fax"),
    "paper": Label("当面给", "On paper"),
}
"""How a plan reaches the customer."""

CONFIRMED_HOW = {
    "page": Label("自己在网页上确认", "On the page"),
    "phone": Label("电话里确认", "By telephone"),
    "wechat": Label("微信回复", "By WeChat"),
    "signed": Label("签字", "Signed"),
}
"""How a customer can confirm."""

OPEN = ("approved", "appointed", "planned", "published", "accepted", "en_route", "on_site", "on_hold")


class NotForPlan(DomainError):
    """Only an approved install that is not done has an install plan."""

    code = "not_for_plan"
    kind = "conflict"
    zh = "只有批准了、还没做完的安装单才做安装方案"
    en = "Only an approved install that is not done yet gets an install plan"


class PlanReplaced(DomainError):
    """A newer plan stands in its place."""

    code = "plan_replaced"
    kind = "conflict"
    zh = "这份方案已经有新的了，请看第 {number} 版"
    en = "A newer plan has taken its place; see number {number}"


class NotSent(DomainError):
    """A customer confirms what he has got."""

    code = "plan_not_sent"
    kind = "conflict"
    zh = "这份方案还没有发给客户，先发再确认"
    en = "This plan was not sent to the customer yet; send it first"


@dataclass(frozen=True)
class InstallPlanRow:
    """One plan and how far it is; ``data`` is what it says."""

    id: int
    order_id: int
    number: int
    token: str
    data: dict[str, Any]
    made_at: datetime
    made_by: int | None
    sent_at: datetime | None
    sent_how: str
    sent_to: str
    confirmed_at: datetime | None
    confirmed_by: str
    confirmed_how: str
    recorded_by: int | None
    replaced_at: datetime | None
    version: int


def make(uow: UnitOfWork, *, order_id: int, window: str = "", note: str = "") -> InstallPlanRow:
    """Make the plan of an order from its newest records; one that says the same already is given instead.

    ``window`` is the agreed time in words. Raises NotForPlan, NotFound.
    """
    require(uow.actor, "plans.manage")
    uow.lock(f"install-plan:{order_id}")
    order = queries.get(uow, order_id)
    if order.kind != "install" or order.status not in OPEN:
        raise NotForPlan()
    install = queries.install_details(uow, order_id)
    model = stock.models(uow).get(install.device_model)
    data = install_plan.content(
        install,
        duration_s=order.duration_s,
        profile=customers.profile(uow, order.site_id) if order.site_id is not None else {},
        model_lines=model.lines if model is not None else None,
        window=window,
        note=note[:1000],
    )
    present = _present(uow, order_id)
    if present is not None and present.data == data:
        return _row(present)
    if present is not None:
        present.replaced_at = uow.now
    made = InstallPlan(
        service_order_id=order_id,
        number=present.number + 1 if present is not None else 1,
        token=secrets.token_urlsafe(32),
        data=data,
        made_at=uow.now,
        made_by=uow.actor.person_id,
        sent_how="",
        sent_to="",
        confirmed_by="",
        confirmed_how="",
    )
    uow.session.add(made)
    uow.flush()
    uow.audit("service_order", order_id, "plan_made", after={"number": made.number})
    return _row(made)


def send(uow: UnitOfWork, *, plan_id: int, how: str, to: str, link: str = "") -> InstallPlanRow:
    """Write down that a plan goes to the customer; by ``message`` its ``link`` is sent to his telephone.

    Sending by the same way to the same once more changes nothing. Raises PlanReplaced, Invalid, Missing, NotFound.
    """
    require(uow.actor, "plans.manage")
    plan = _get(uow, plan_id)
    _check_present(uow, plan)
    _check_choice(how, WAYS)
    to = to.strip()[:80]
    if not to:
        raise Missing(field={"zh": "发给谁", "en": "to whom it goes"})
    if (plan.sent_how, plan.sent_to) == (how, to):
        return _row(plan)
    plan.sent_at, plan.sent_by, plan.sent_how, plan.sent_to = uow.now, uow.actor.person_id, how, to
    uow.flush()
    after = {"number": plan.number, "how": how, "to": to}
    uow.audit("service_order", plan.service_order_id, "plan_sent", after=after)
    uow.emit("install_plan_sent", plan_id=plan.id, order_id=plan.service_order_id, how=how, to=to, link=link)
    return _row(plan)


def confirm(uow: UnitOfWork, *, plan_id: int, by_name: str, how: str) -> InstallPlanRow:
    """The customer agreed, as the assistant heard or saw it. The first confirmation stays. Safe to repeat.

    Raises PlanReplaced, NotSent, Missing, Invalid, NotFound.
    """
    require(uow.actor, "plans.manage")
    _check_choice(how, CONFIRMED_HOW)
    return _confirm(uow, _get(uow, plan_id), by_name, how)


def confirm_by_token(uow: UnitOfWork, *, token: str, by_name: str) -> InstallPlanRow:
    """The customer agrees on the page that only he knows. The first confirmation stays. Safe to repeat.

    Raises PlanReplaced, Missing, NotFound.
    """
    return _confirm(uow, _by_token(uow, token), by_name, "page")


def get(uow: UnitOfWork, plan_id: int) -> InstallPlanRow:
    """One plan. Raises NotFound."""
    return _row(_get(uow, plan_id))


def by_token(uow: UnitOfWork, token: str) -> InstallPlanRow:
    """The plan of a customer's link. Raises NotFound."""
    return _row(_by_token(uow, token))


def of_order(uow: UnitOfWork, order_id: int) -> list[InstallPlanRow]:
    """Every plan of an order, the newest first."""
    query = select(InstallPlan).where(InstallPlan.service_order_id == order_id)
    return [_row(plan) for plan in uow.session.scalars(query.order_by(InstallPlan.number.desc()))]


def _confirm(uow: UnitOfWork, plan: InstallPlan, by_name: str, how: str) -> InstallPlanRow:
    _check_present(uow, plan)
    if plan.sent_at is None:
        raise NotSent()
    if plan.confirmed_at is not None:
        return _row(plan)
    name = by_name.strip()[:40]
    if not name:
        raise Missing(field={"zh": "谁确认的", "en": "who confirms"})
    plan.confirmed_at, plan.confirmed_by, plan.confirmed_how = uow.now, name, how
    plan.recorded_by = uow.actor.person_id
    uow.flush()
    after = {"number": plan.number, "name": name, "how": how}
    uow.audit("service_order", plan.service_order_id, "plan_confirmed", after=after)
    uow.emit("install_plan_confirmed", plan_id=plan.id, order_id=plan.service_order_id, who=name, how=how)
    return _row(plan)


def _check_present(uow: UnitOfWork, plan: InstallPlan) -> None:
    if plan.replaced_at is not None:
        present = _present(uow, plan.service_order_id)
        raise PlanReplaced(number=present.number if present is not None else plan.number)


def _check_choice(code: str, choices: dict[str, Label]) -> None:
    if code not in choices:
        raise Invalid(
            field={"zh": "方式", "en": "The way"},
            value=code[:20],
            expected={"zh": "请从列出的里选", "en": "choose one of those shown"},
        )


def _present(uow: UnitOfWork, order_id: int) -> InstallPlan | None:
    query = select(InstallPlan).where(
        InstallPlan.service_order_id == order_id, InstallPlan.replaced_at.is_(None)
    )
    return uow.session.scalars(query.with_for_update()).one_or_none()


def _get(uow: UnitOfWork, plan_id: int) -> InstallPlan:
    plan = uow.session.get(InstallPlan, plan_id, with_for_update=True)
    if plan is None:
        raise NotFound(what=_WHAT)
    return plan


def _by_token(uow: UnitOfWork, token: str) -> InstallPlan:
    plan = uow.session.scalars(select(InstallPlan).where(InstallPlan.token == token)).one_or_none()
    if plan is None or plan.sent_at is None:
        raise NotFound(what=_WHAT)
    return plan


_WHAT = {"zh": "这份安装方案", "en": "That install plan"}


def _row(plan: InstallPlan) -> InstallPlanRow:
    return InstallPlanRow(
        plan.id,
        plan.service_order_id,
        plan.number,
        plan.token,
        dict(plan.data),
        plan.made_at,
        plan.made_by,
        plan.sent_at,
        plan.sent_how,
        plan.sent_to,
        plan.confirmed_at,
        plan.confirmed_by,
        plan.confirmed_how,
        plan.recorded_by,
        plan.replaced_at,
        plan.version,
    )
