"""The life of a service order, in one table (domain page, section 3)."""

from backend.core.states import Label, Machine, Move

KINDS = {
    "install": Label("安装", "Install"),
    "repair": Label("维修", "Repair"),
    "maintenance": Label("维护", "Maintenance"),
}

STATES = {
    "draft": Label("草稿", "Draft"),
    "submitted": Label("待审核", "Submitted"),
    "returned": Label("已退回", "Returned"),
    "approved": Label("待预约", "Approved"),
    "appointed": Label("已预约", "Appointed"),
    "planned": Label("已排", "Planned"),
    "published": Label("已发布", "Published"),
    "accepted": Label("已接单", "Accepted"),
    "en_route": Label("在路上", "On the way"),
    "on_site": Label("在现场", "On site"),
    "done": Label("已完成，待交卡", "Done, card due"),
    "card_submitted": Label("卡待核对", "Card to check"),
    "card_passed": Label("卡已通过", "Card passed"),
    "closed": Label("已结单", "Closed"),
    "cancelled": Label("已取消", "Cancelled"),
    "on_hold": Label("暂缓", "On hold"),
    "escalated": Label("已上报", "Escalated"),
}

_SALES = frozenset({"sales", "technical_assistant"})
_INTAKE = frozenset({"sales", "technical_assistant", "desk_supervisor", "rep_care", "rep_onboarding"})
_ASSISTANT = frozenset({"technical_assistant"})
_ENGINEER = frozenset({"engineer"})
_QUALITY = frozenset({"technical_assistant", "technical_supervisor"})

SERVICE_ORDER = Machine(
    Label("这张技术服务单", "This service order"),
    STATES,
    [
        Move("submit", ("draft",), "submitted", _INTAKE, Label("提交", "Submit")),
        Move("return", ("submitted",), "returned", _ASSISTANT, Label("退回", "Return")),
        Move("resubmit", ("returned",), "submitted", _SALES, Label("重新提交", "Submit again")),
        Move("approve", ("submitted",), "approved", _ASSISTANT, Label("批准", "Approve")),
        Move("unapprove", ("approved",), "submitted", _ASSISTANT, Label("撤回批准", "Take approval back")),
        Move(
            "appoint", ("approved", "appointed", "planned"), "appointed", _ASSISTANT, Label("预约", "Appoint")
        ),
        Move("plan", ("appointed", "planned"), "planned", _ASSISTANT, Label("排程", "Plan")),
        Move("unplan", ("planned",), "appointed", _ASSISTANT, Label("取消排程", "Unplan")),
        Move("publish", ("planned",), "published", _ASSISTANT, Label("发布", "Publish")),
        Move("withdraw", ("published", "accepted"), "appointed", _ASSISTANT, Label("撤回", "Withdraw")),
        Move("accept", ("published",), "accepted", _ENGINEER, Label("接单", "Accept")),
        Move("set_out", ("accepted",), "en_route", _ENGINEER, Label("出发", "Set out")),
        Move("sign_in", ("en_route",), "on_site", _ENGINEER, Label("签到", "Sign in")),
        Move("finish", ("on_site",), "done", _ENGINEER, Label("完成", "Finish")),
        Move("submit_card", ("done",), "card_submitted", _ENGINEER, Label("交反馈卡", "Submit card")),
        Move("return_card", ("card_submitted",), "done", _QUALITY, Label("退回反馈卡", "Return card")),
        Move("pass_card", ("card_submitted",), "card_passed", _QUALITY, Label("通过反馈卡", "Pass card")),
        Move("close", ("card_passed",), "closed", _ASSISTANT, Label("结单", "Close")),
        Move(
            "fail",
            ("accepted", "en_route", "on_site"),
            "approved",
            _ENGINEER,
            Label("没做成", "Report failed visit"),
        ),
        Move(
            "hold",
            ("approved", "appointed", "planned", "published", "accepted"),
            "on_hold",
            _ASSISTANT,
            Label("暂缓", "Put on hold"),
        ),
        Move("resume", ("on_hold", "escalated"), "approved", _QUALITY, Label("恢复", "Resume")),
        Move(
            "escalate",
            ("accepted", "en_route", "on_site"),
            "escalated",
            _ENGINEER,
            Label("上报", "Escalate"),
        ),
        Move("cancel", ("draft", "submitted", "returned"), "cancelled", _SALES, Label("取消", "Cancel")),
        Move(
            "cancel",
            (
                "approved",
                "appointed",
                "planned",
                "published",
                "accepted",
                "en_route",
                "on_site",
                "on_hold",
                "escalated",
            ),
            "cancelled",
            _ASSISTANT,
            Label("取消", "Cancel"),
        ),
    ],
)
