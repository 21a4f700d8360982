"""One sentence for several people, by fact and role."""

from collections.abc import Iterable
from typing import Any

from backend.core.outbox import Fact
from backend.core.uow import UnitOfWork
from backend.notifications import actions as notifications
from backend.staff import queries as staff

CARD_DESK = "technical_assistant"


def tell(
    uow: UnitOfWork,
    fact: Fact,
    people: Iterable[int],
    kind: str,
    *,
    zh: str,
    en: str,
    data: dict[str, Any],
    key: str | None = None,
) -> None:
    """Tell each of the people once, and the desk's groups where such news goes there.

    ``key`` stands for the fact where several facts are one piece of news.
    """
    for person_id in sorted(set(people)):
        notifications.tell(
            uow, person_id=person_id, fact_key=key or fact.key, kind=kind, zh=zh, en=en, data=data
        )
    notifications.tell_groups(uow, fact_key=key or fact.key, kind=kind, zh=zh, data=data)


def with_roles(uow: UnitOfWork, *roles: str) -> set[int]:
    """The people who hold any of the roles."""
    return {person.id for role in roles for person in staff.people_with_role(uow, role)}
