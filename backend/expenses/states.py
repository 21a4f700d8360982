"""The life of a transport claim."""

from backend.core.states import Label, Machine, Move

STATES = {
    "open": Label("未提交", "Open"),
    "submitted": Label("待核对", "To check"),
    "returned": Label("已退回", "Returned"),
    "checked": Label("已核对", "Checked"),
}
CLAIM = Machine(
    Label("这张交通费报销", "This claim"),
    STATES,
    [
        Move("submit", ("open", "returned"), "submitted", frozenset({"engineer"}), Label("提交", "Submit")),
        Move(
            "return", ("submitted",), "returned", frozenset({"technical_assistant"}), Label("退回", "Return")
        ),
        Move(
            "check", ("submitted",), "checked", frozenset({"technical_assistant"}), Label("核对通过", "Pass")
        ),
        # Only the system does: a trip that came later is not passed by a check that came before it.
        Move("reopen", ("submitted", "checked"), "open", frozenset(), Label("又有行程", "A trip came later")),
    ],
)
