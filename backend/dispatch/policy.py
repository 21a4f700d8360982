"""Refusals of planning and publishing, and small pure rules."""

from datetime import date

from backend.core.errors import DomainError


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
