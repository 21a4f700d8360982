"""Words for the audit trail: entities, what was done, and what changed."""

from typing import Any

from backend.billing.states import INVOICE
from backend.billing.states import STATES as INVOICE_STATES
from backend.core.states import Label
from backend.expenses.states import CLAIM
from backend.expenses.states import STATES as CLAIM_STATES
from backend.http.context import lang
from backend.orders.states import SERVICE_ORDER, STATES
from web_admin.frame import joined

ENTITIES = {
    "service_order": Label("工单", "Order"),
    "visit": Label("上门", "Visit"),
    "card": Label("反馈卡", "Card"),
    "invoice": Label("发票", "Invoice"),
    "claim": Label("交通费", "Claim"),
    "schedule_day": Label("日程", "Schedule"),
    "person": Label("人员", "Person"),
    "login": Label("登录", "Log-in"),
    "list": Label("导出", "Export"),
    "list_entry": Label("设置", "Setting"),
    "number": Label("设置", "Setting"),
    "engineer": Label("工程师", "Engineer"),
    "customer": Label("客户", "Customer"),
    "site": Label("地点", "Site"),
    "site_profile": Label("客户档案", "Site profile"),
    "import_batch": Label("导入", "Import"),
    "plate_limit": Label("限行", "Plate limit"),
    "item": Label("型号", "Model"),
    "serial": Label("序列号", "Serial"),
    "thread": Label("问答", "Question"),
    "summary": Label("疑难问题总结", "Summary of hard problems"),
    "vehicle": Label("车辆", "Vehicle"),
    "delivery": Label("通知", "Notification"),
    "learned_rule": Label("学到的规则", "Learned rule"),
}
MACHINES = {"service_order": SERVICE_ORDER, "invoice": INVOICE, "claim": CLAIM}
STATUSES = {"service_order": STATES, "invoice": INVOICE_STATES, "claim": CLAIM_STATES}
ACTIONS = {
    "absence_added": Label("记下不在", "Absence added"),
    "absence_ended": Label("回来了", "Back"),
    "added": Label("新建", "Added"),
    "assigned": Label("派给工程师", "Assigned"),
    "cause_asked": Label("申请特殊因素", "Special cause asked for"),
    "cause_granted": Label("准了特殊因素", "Special cause granted"),
    "waiting": Label("在等客户", "Waiting for the customer"),
    "answer": Label("回答", "Answered"),
    "passed_on": Label("转系统部", "Passed on to the systems department"),
    "solved": Label("解决", "Solved"),
    "sent_again": Label("再发一次", "Sent again"),
    "phone_lost": Label("手机报丢失", "Phone reported lost"),
    "phone_found": Label("手机找到了", "Phone found"),
    "phone_locked": Label("丢失的手机锁上了", "Lost phone locked"),
    "photo_arrived": Label("传来照片", "Photo arrived"),
    "photo_unusable": Label("照片不能用", "Photo unusable"),
    "photo_forgotten": Label("照片一直没传完，不等了", "Upload never ended, forgotten"),
    "sign_code_sent": Label("发签收码", "Sign code sent"),
    "sign_code_undelivered": Label("签收码没发出去", "Sign code not delivered"),
    "sign_code_wrong": Label("签收码不对", "Sign code wrong"),
    "sign_code_confirmed": Label("客户用签收码确认", "Customer confirmed by code"),
    "device_reported": Label("报了拨号器质量", "Device quality reported"),
    "evidence_kept": Label("改派后手机发来的内容", "Kept what came after it was reassigned"),
    "evidence_adopted": Label("采用了改派后的内容", "Adopted what came after it was reassigned"),
    "evidence_decided": Label("处理了改派后的内容", "Decided about what came after it was reassigned"),
    "cause_refused": Label("没准特殊因素", "Special cause refused"),
    "change_redone": Label("重做一处改动", "Change made again"),
    "change_undone": Label("撤销一处改动", "Change undone"),
    "changed": Label("修改", "Changed"),
    "device_registered": Label("登记手机", "Phone registered"),
    "device_revoked": Label("停用手机", "Phone revoked"),
    "disabled": Label("停用账号", "Disabled"),
    "enabled": Label("启用账号", "Enabled"),
    "exported": Label("导出 Excel", "Exported to Excel"),
    "failed": Label("没做成", "Failed"),
    "finding_answered": Label("回答问题", "Question answered"),
    "given": Label("交出", "Given"),
    "hand_move": Label("手动改排", "Moved by hand"),
    "hand_pin": Label("固定", "Pinned by hand"),
    "hand_proposal": Label("采用建议", "Proposal taken"),
    "hand_take_out": Label("拿出日程", "Taken out by hand"),
    "hand_unpin": Label("取消固定", "Unpinned by hand"),
    "hand_to_day": Label("换一天", "Moved to another day"),
    "hand_what_if": Label("照假设的改排", "Planned as tried"),
    "day_terms_set": Label("改了这一天的条件", "Terms of the day changed"),
    "change_explained": Label("说明改动原因", "Change explained"),
    "rule_accepted": Label("采用规则", "Rule accepted"),
    "rule_declined": Label("不用这条规则", "Rule declined"),
    "rule_ended": Label("停用规则", "Rule ended"),
    "hand_resize": Label("改用时", "Length changed by hand"),
    "copy_kept": Label("留下一份假设", "Copy kept"),
    "copy_dropped": Label("扔掉一份假设", "Copy thrown away"),
    "customer_told": Label("打过电话告诉客户", "Customer told on the telephone"),
    "customer_not_told": Label("其实还没打", "Not called after all"),
    "hand_urgent": Label("插入加急", "Urgent order placed"),
    "imported": Label("导入", "Imported"),
    "installed": Label("装上", "Installed"),
    "issued": Label("领出", "Issued"),
    "logged_in": Label("登录", "Logged in"),
    "logged_out": Label("退出登录", "Logged out"),
    "logged_out_everywhere": Label("退出所有登录", "Logged out everywhere"),
    "login_failed": Label("登录失败", "Log-in failed"),
    "moved": Label("改位置或时间", "Moved"),
    "numbered": Label("记下号码", "Numbered"),
    "opened": Label("开始", "Opened"),
    "passed": Label("通过", "Passed"),
    "password_set": Label("换密码", "Password set"),
    "mobile_set": Label("改收短信的手机号", "Mobile number for text messages set"),
    "pinned": Label("固定", "Pinned"),
    "plan_confirmed": Label("客户确认安装方案", "Install plan confirmed"),
    "plan_made": Label("做安装方案", "Install plan made"),
    "plan_sent": Label("发出安装方案", "Install plan sent"),
    "plan_requested": Label("要求排程", "Plan asked for"),
    "planned": Label("排程", "Planned"),
    "position_set": Label("定位置", "Position set"),
    "prepared": Label("准备", "Prepared"),
    "proposal_left": Label("没用建议", "Proposal left"),
    "proposed": Label("给出建议", "Proposed"),
    "published": Label("发布", "Published"),
    "returned": Label("退回", "Returned"),
    "back_in_use": Label("再用", "Back in use"),
    "out_of_use": Label("停用", "Out of use"),
    "removed": Label("去掉", "Removed"),
    "saved": Label("保存", "Saved"),
    "shifts_set": Label("改班次", "Shifts set"),
    "skills_set": Label("改技能", "Skills set"),
    "standby_ended": Label("不值班了", "Standby ended"),
    "standby_set": Label("值班", "Standby"),
    "roles_set": Label("改角色", "Roles set"),
    "submitted": Label("提交", "Submitted"),
    "taken_back": Label("收回", "Taken back"),
    "taken_in": Label("入库", "Taken in"),
    "unpinned": Label("取消固定", "Unpinned"),
    "called": Label("打电话没约成", "Called, no window"),
    "forgotten": Label("不用准备了", "Forgotten"),
    "hold_agreed": Label("占的时段约好了", "Held window agreed"),
    "hold_expired": Label("占的时段到点放开", "Hold expired"),
    "hold_released": Label("放开占的时段", "Hold released"),
    "hold_replaced": Label("换一个时段占", "Hold replaced"),
    "message_sent": Label("短信发了", "Message sent"),
    "message_written": Label("写好短信", "Message written"),
    "window_agreed": Label("约好时间", "Window agreed"),
    "window_held": Label("占住时段", "Window held"),
    "window_insisted": Label("没人有空，坚持约", "Window without room"),
    "withdrawn": Label("撤回", "Withdrawn"),
}
VALUES = {
    "address": Label("地址", "Address"),
    "amount_fen": Label("金额（分）", "Amount (fen)"),
    "answer": Label("回答", "Answer"),
    "call_back_at": Label("再打", "Call again"),
    "channel": Label("渠道", "Channel"),
    "code": Label("代码", "Code"),
    "division": Label("事业部", "Division"),
    "district": Label("地区", "District"),
    "duplicates": Label("重复", "Duplicates"),
    "accepted": Label("收下", "Accepted"),
    "rejected": Label("没收下", "Rejected"),
    "en": Label("英文", "English"),
    "engineer_id": Label("工程师编号", "Engineer"),
    "how": Label("方式", "How"),
    "file": Label("文件", "File"),
    "from": Label("从", "From"),
    "from_s": Label("从（秒）", "From (s)"),
    "kind": Label("种类", "Kind"),
    "lat": Label("纬度", "Latitude"),
    "late": Label("晚交", "Late"),
    "login": Label("用户名", "User name"),
    "lon": Label("经度", "Longitude"),
    "mode": Label("怎么去", "Travel"),
    "name": Label("名字", "Name"),
    "need_by": Label("要在什么时候前答复", "Answer needed by"),
    "note": Label("说明", "Note"),
    "number": Label("号码", "Number"),
    "on": Label("日期", "Day"),
    "outcome": Label("结果", "Outcome"),
    "order_id": Label("工单编号", "Order"),
    "order_ids": Label("工单编号", "Orders"),
    "person_id": Label("人员编号", "Person"),
    "plate": Label("车牌", "Plate"),
    "position": Label("顺序", "Order in the list"),
    "reason": Label("原因", "Reason"),
    "reasons": Label("原因", "Reasons"),
    "roles": Label("角色", "Roles"),
    "rows": Label("行数", "Rows"),
    "digits": Label("尾号", "Digits"),
    "shifts": Label("班次", "Shifts"),
    "skills": Label("技能", "Skills"),
    "text": Label("说明", "Words"),
    "to": Label("到", "To"),
    "to_s": Label("到（秒）", "To (s)"),
    "urgent": Label("加急", "Urgent"),
    "valid_from": Label("从哪天起", "Valid from"),
    "valid_to": Label("到哪天止", "Valid to"),
    "value": Label("数值", "Value"),
    "visit_id": Label("上门编号", "Visit"),
    "zh": Label("中文", "Chinese"),
}
YES_NO = {True: Label("是", "yes"), False: Label("否", "no")}
LONGEST = 120


def action_word(entity: str, action: str) -> str:
    """What was done, in words: from the entity's transition table, else from the list above."""
    machine = MACHINES.get(entity)
    labels = {move.name: move.label for move in machine.moves} if machine else {}
    label = labels.get(action) or ACTIONS.get(action)
    return label.text(lang()) if label else action.replace("_", " ")


def changes(entity: str, values: dict[str, Any] | None) -> str:
    """The recorded values on one line; a status is named by its word, long values are cut."""
    parts = []
    for key, value in (values or {}).items():
        states = STATUSES.get(entity, {})
        if key == "status" and value in states:
            parts.append(states[value].text(lang()))
        elif value is not None and value != "":
            text = joined(str(one) for one in value) if isinstance(value, list) else str(value)
            if isinstance(value, bool):
                text = YES_NO[value].text(lang())
            parts.append(f"{VALUES[key].text(lang()) if key in VALUES else key}: {text}")
    line = "; ".join(parts)
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
