"""The life of an invoice that goes with an install."""

from backend.core.states import Label, Machine, Move

STATES = {
    "prepared": Label("已准备", "Prepared"),
    "handed": Label("工程师已领", "With the engineer"),
    "delivered": Label("客户已签收", "Delivered"),
    "brought_back": Label("已带回", "Brought back"),
}
_ASSISTANT = frozenset({"technical_assistant"})
_BOTH = frozenset({"technical_assistant", "engineer"})

INVOICE = Machine(
    Label("这张发票", "This invoice"),
    STATES,
    [
        Move(
            "hand_over", ("prepared", "brought_back"), "handed", _ASSISTANT, Label("交给工程师", "Hand over")
        ),
        Move("deliver", ("handed",), "delivered", _BOTH, Label("客户签收", "Deliver")),
        Move("bring_back", ("handed",), "brought_back", _BOTH, Label("带回", "Bring back")),
    ],
)
