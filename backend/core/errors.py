"""Refusals. Each is one class: a code, a kind that the edges map to a status, a sentence in two languages."""

from typing import Any, ClassVar, Literal

Kind = Literal[
    "invalid",
    "not_found",
    "not_allowed",
    "conflict",
    "stale",
    "throttled",
    "unavailable",
    "login",
    "too_large",
    "locked",
    "damaged",
]


class DomainError(Exception):
    """A refusal with a clear sentence. Fields given to it fill the sentence and go out with the answer."""

    code: ClassVar[str] = "refused"
    kind: ClassVar[Kind] = "invalid"
    zh: ClassVar[str] = "这一步不能做"
    en: ClassVar[str] = "This cannot be done"

    def __init__(self, **fields: Any) -> None:
        super().__init__(self.code)
        self.fields = fields

    def sentence(self, lang: str = "zh") -> str:
        """What is wrong and what to do, in Chinese ("zh") or English ("en")."""
        template = self.en if lang == "en" else self.zh
        values = {
            key: value.get(lang, next(iter(value.values()))) if isinstance(value, dict) else value
            for key, value in self.fields.items()
        }
        return template.format(**values)

    def __str__(self) -> str:
        return self.sentence("en")


class NotFound(DomainError):
    """Nothing with that identifier, or nothing this person may see."""

    code = "not_found"
    kind = "not_found"
    zh = "没有找到{what}，可能已被删除或您无权查看"
    en = "{what} was not found; it may be gone, or you may not see it"


class NotAllowed(DomainError):
    """The person lacks the role for it."""

    code = "not_allowed"
    kind = "not_allowed"
    zh = "您的角色不能做这一步，需要的话请找系统管理员"
    en = "Your role may not do this; ask the administrator if you need it"


class Stale(DomainError):
    """Someone else changed the record first."""

    code = "stale"
    kind = "stale"
    zh = "别人刚刚改过这条记录，您的改动没有保存。请看看最新的内容再改"
    en = "Someone else has just changed this record; yours was not saved. Look at the newest state and try again"


class Missing(DomainError):
    """A required input is empty."""

    code = "missing"
    zh = "请填写{field}"
    en = "Please fill in {field}"


class Invalid(DomainError):
    """An input does not have the expected form."""

    code = "invalid"
    zh = "{field}「{value}」不对：{expected}"
    en = "{field} “{value}” is not right: {expected}"
