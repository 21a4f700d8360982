"""Refusals of planning and publishing, and small pure rules."""

from datetime import date

from backend.core.errors import DomainError

OVERRULING = (
    ("customer_agreed", "客户已经答应", "The customer has agreed"),
    ("customer_prefers", "客户点名要他", "The customer asks for him"),
    ("nearer", "他离得近", "He is nearer"),
    ("knows_site", "他熟悉现场", "He knows the place"),
    ("shorter", "实际用不了这么久", "It will not take that long"),
    ("overtime_agreed", "工程师同意加班", "The engineer agrees to stay longer"),
)
"""Reasons for overruling a rule, where the department has no list of its own."""


class PastDay(DomainError):
    """A day that is over is not planned any more."""

    code = "past_day"
    kind = "conflict"
    zh = "{on} 已经过去了，不能再排程"
    en = "{on} is over; it cannot be planned any more"


class NoPlan(DomainError):
    """There is no working plan to publish."""

    code = "no_plan"
    kind = "conflict"
    zh = "{on} 还没有排程，先点「排程」"
    en = "{on} has no plan yet; make one first"


class BrokenPlan(DomainError):
    """The checker found broken rules in the plan."""

    code = "broken_plan"
    kind = "conflict"
    zh = "这份排程没有通过检查（{count} 处），不能发布，请重新排程"
    en = "This plan did not pass the check ({count} broken rules) and cannot be published; plan again"


class EmptyPin(DomainError):
    """A pin names an engineer, a start, or both."""

    code = "empty_pin"
    zh = "请选工程师或时间，至少一样"
    en = "Choose an engineer or a time, at least one of them"


class PinOutside(DomainError):
    """A start outside the window that was agreed with the customer."""

    code = "pin_outside"
    kind = "conflict"
    zh = "客户约的是 {window}，{start} 不在里面。要改时间请先和客户重新预约"
    en = "The customer agreed to {window}; {start} is outside. Agree on a new window first"


class NotPlannable(DomainError):
    """A pin for an order that is not to be planned."""

    code = "not_plannable"
    kind = "conflict"
    zh = "这张技术服务单现在不能指定工程师或时间"
    en = "An engineer or a time cannot be set for this order now"


def check_day(on: date, today: date) -> None:
    """Raises PastDay for a day before today."""
    if on < today:
        raise PastDay(on=on.isoformat())


def clock(at_s: int) -> str:
    """Seconds since midnight as people read them: 9:05."""
    return f"{at_s // 3600}:{at_s % 3600 // 60:02d}"


class VisitRuns(DomainError):
    """A visit under way or done cannot be planned any more."""

    code = "visit_runs"
    kind = "conflict"
    zh = "{customer}已经{state}，不能再改日程"
    en = "{customer} is “{state}” already; its plan cannot be changed"


class NotOnThisDay(DomainError):
    """The order has no window on the day, or is not to be planned."""

    code = "not_on_this_day"
    kind = "conflict"
    zh = "这一单现在不在这一天的日程里，可能刚改了预约或取消了。板上已换成最新的"
    en = "This order is not part of the day now; it may just have been appointed anew or cancelled"


class NotAtWork(DomainError):
    """The engineer does not work on the day."""

    code = "not_at_work"
    kind = "conflict"
    zh = "{name}这一天不上班，换一位"
    en = "{name} does not work that day; choose another"


class RuleBroken(DomainError):
    """A change that breaks rules needs her reason; it is her decision."""

    code = "rule_broken"
    kind = "conflict"
    zh = "{sentences}。要这样排，请写明原因"
    en = "{sentences}. Give a reason to plan it all the same"


class Overtaken(DomainError):
    """Somebody else changed the same visit after the page was drawn."""

    code = "overtaken"
    kind = "stale"
    zh = "{name}刚刚改过{customer}，您的这一步没有保存。板上已是最新的，需要的话再拖一次"
    en = "{name} has just changed {customer}; your step was not saved. The board shows the newest state"


class NothingToUndo(DomainError):
    """The person has no change left to take back, or to make again."""

    code = "nothing_to_undo"
    kind = "conflict"
    zh = "没有可以{what}的改动"
    en = "There is nothing to {what}"


class NoProposal(DomainError):
    """The proposal was answered already, or a newer one has come."""

    code = "no_proposal"
    kind = "conflict"
    zh = "这份建议已经用过或收起来了，需要的话再排一遍"
    en = "This proposal was answered already; plan again if you need one"
