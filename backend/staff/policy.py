"""Who may do what. Default deny: a permission that is not in this table is held by nobody."""

from backend.core.errors import NotAllowed
from backend.core.uow import Actor
from backend.staff.roles import ROLES

_DESK = {"desk_supervisor", "rep_care", "rep_onboarding"}
_LEADS = {"manager", "desk_supervisor", "technical_supervisor"}

PERMISSIONS: dict[str, frozenset[str]] = {
    name: frozenset(roles)
    for name, roles in {
        "orders.read": {"technical_assistant", "sales", "manager", "technical_supervisor", *_DESK},
        "orders.submit": {"technical_assistant", "sales"},
        "orders.create": {"technical_assistant", "technical_supervisor", *_DESK},
        "orders.review": {"technical_assistant"},
        "orders.manage": {"technical_assistant"},
        "plans.read": {"technical_assistant", "technical_supervisor", "manager", *_DESK},
        "plans.manage": {"technical_assistant"},
        "appointments.manage": {"technical_assistant"},
        "dispatch.read": {"technical_assistant", *_LEADS},
        "dispatch.manage": {"technical_assistant"},
        "engineers.read": {"technical_assistant", *_LEADS},
        "engineers.manage": {"technical_assistant", "technical_supervisor"},
        "visits.own": {"engineer"},
        "cards.read": {"technical_assistant", "technical_supervisor", "manager"},
        "cards.check": {"technical_assistant", "technical_supervisor"},
        "escalations.read": {"technical_supervisor", "technical_assistant", "manager"},
        "escalations.answer": {"technical_supervisor"},
        "questions.ask": set(ROLES) - {"finance", "admin"},
        "questions.answer": {"engineer", "technical_supervisor"},
        "day.read": {"technical_assistant", *_LEADS},
        "invoices.read": {"technical_assistant", "finance", "manager"},
        "invoices.manage": {"technical_assistant"},
        "claims.read": {"technical_assistant", "finance", "manager"},
        "claims.own": {"engineer"},
        "claims.check": {"technical_assistant"},
        "customers.read": {"technical_assistant", "technical_supervisor", "manager", *_DESK},
        "stock.read": {"stock_assistant", "technical_assistant", "technical_supervisor", "desk_supervisor"},
        "lists.export": {
            "technical_assistant",
            "stock_assistant",
            "sales",
            "finance",
            "admin",
            *_LEADS,
        },
        "settings.manage": {
            "technical_assistant",
            "manager",
            "desk_supervisor",
            "technical_supervisor",
            "admin",
        },
        "people.manage": {"admin"},
        "phones.manage": {"technical_assistant", "technical_supervisor", "admin"},
        "deliveries.manage": {"technical_assistant", "admin"},
        "audit.read": {"admin", "manager"},
        "self": set(ROLES),
    }.items()
}


def may(roles: frozenset[str], permission: str) -> bool:
    """True where one of the roles holds the permission."""
    return bool(PERMISSIONS.get(permission, frozenset()) & roles)


def require(actor: Actor, permission: str) -> None:
    """Raises NotAllowed unless the actor is the system or holds the permission."""
    if not actor.is_system and not may(actor.roles, permission):
        raise NotAllowed()
