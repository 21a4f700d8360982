"""帮助: the day of each role in steps, and the keys."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request

from backend.http.access import requires
from backend.http.context import current_actor
from backend.staff.policy import may
from backend.staff.roles import ROLES

blueprint = Blueprint("help", __name__, url_prefix="/help")


@dataclass(frozen=True)
class Step:
    """One step of a day: what to do, where, and the permission that the page there needs."""

    zh: str
    href: str
    permission: str


REVIEW = Step(
    "审核安装单：没问题的一起批准，有错的放图钉或退回给事业部。", "/install-orders", "orders.review"
)
CALL = Step("给客户打电话，从给出的时段里选一个约好。", "/appointments", "appointments.manage")
ROTA = Step("看谁哪天在、哪辆车给谁；请假先看会影响什么。", "/engineers", "engineers.read")
PLAN = Step("排当天和明天的日程，看清谁去哪里、什么排不进，再发布。", "/dispatch", "dispatch.manage")
CHECK = Step("核对交来的反馈卡：对的通过，不对的写明原因退回；24 小时从接单算起。", "/cards", "cards.check")
INVOICE = Step("上门前把发票号码记好，交给工程师；客户签收或带回后记下。", "/invoices", "invoices.manage")
CLAIM = Step("核对交通费：没有出入的一起核对，多报的退回。", "/claims", "claims.check")
DAY = Step("看今天：谁迟到、谁在现场、哪些卡超时；数字点开就是单子。", "/day", "day.read")
SEARCH = Step("客户打来电话，用最上面的搜索找到单子，看走到哪一步。", "/orders", "orders.read")
ANSWER = Step("工程师上报的问题先答：人在现场等；自己解决不了的转系统部。", "/threads", "escalations.answer")
REPAIR = Step("客户报修，新建维修或维护，写清故障，技术助理会约时间。", "/orders/new", "orders.create")

NEWS = Step("选什么事要推送或发短信，晚上几点以后不打扰；紧急的事照样提醒。", "/account/news", "self")

DAYS: dict[str, tuple[Step, ...]] = {
    "technical_assistant": (REVIEW, CALL, ROTA, PLAN, DAY, CHECK, INVOICE, CLAIM, NEWS),
    "engineer": (
        Step("打开手机页面，看今天的单子，一单一单接单；点开看路线、步骤、类似问题怎么解决的。", "/m", "visits.own"),
        Step("出发、签到、完成，按下面那个大按钮就行；没有信号也能按，有信号会自动发出。", "/m", "visits.own"),
        Step("接单后 24 小时内交反馈卡，客户在屏幕上签字，或者用短信签收码；交不了就申请特殊因素，写明原因。", "/m", "visits.own"),
        Step("一天结束，看看路费对不对，提交交通费。", "/m", "visits.own"),
        Step("在「我的 › 通知」里打开推送，选什么事会响、什么时候不响。", "/m", "visits.own"),
    ),
    "technical_supervisor": (DAY, ROTA, ANSWER, CHECK, SEARCH, NEWS),
    "desk_supervisor": (DAY, SEARCH, REPAIR, NEWS),
    "rep_care": (SEARCH, REPAIR),
    "rep_onboarding": (SEARCH, REPAIR),
    "manager": (DAY, SEARCH),
    "sales": (
        Step("下载模板，把安装单填在 Excel 里；或者填一张表单。", "/install-orders", "orders.submit"),
        Step("上传 Excel，看哪几行没收下；下载这几行，改好再传一次。", "/install-orders", "orders.submit"),
        Step("退回的单子在「已退回」里，按原因改好再交。", "/install-orders?status=returned", "orders.submit"),
    ),
    "stock_assistant": (Step("看各型号在库多少，哪些序列号在谁手里。", "/stock", "stock.read"),),
    "finance": (
        Step("看已核对的交通费，导出成 Excel。", "/claims?status=checked", "claims.read"),
        Step("看发票开到哪一步，导出成 Excel。", "/invoices", "invoices.read"),
    ),
    "admin": (
        Step("加人、改角色、换密码；手机丢了就退出那个人的登录。", "/people", "people.manage"),
        Step("查记录：谁在什么时候改了什么。", "/audit", "audit.read"),
        Step("改设置里的原因列表；用过的不删，填结束日期。", "/settings", "settings.manage"),
    ),
}  # fmt: skip


@blueprint.get("")
@requires("self")
def page() -> Any:
    """The reader's own day first; the days of the others by a click."""
    own = sorted(current_actor().roles & DAYS.keys())
    asked = request.args.get("role", "")
    shown = [asked] if asked in DAYS else own
    return render_template(
        "office/help.html",
        days={role: DAYS[role] for role in shown},
        roles=ROLES,
        every=DAYS,
        asked=asked,
        reachable=lambda step: may(current_actor().roles, step.permission),
    )
