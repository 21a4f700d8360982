"""The eleven roles of the department."""

from backend.core.states import Label

ROLES: dict[str, Label] = {
    "manager": Label("客户服务部经理", "Customer service manager"),
    "desk_supervisor": Label("受理服务组主管", "Service desk supervisor"),
    "rep_care": Label("受理服务代表（一）", "Service representative (1)"),
    "rep_onboarding": Label("受理服务代表（二）", "Service representative (2)"),
    "stock_assistant": Label("物控助理", "Materials assistant"),
    "technical_assistant": Label("技术助理", "Technical assistant"),
    "technical_supervisor": Label("技术支持组主管", "Technical support supervisor"),
    "engineer": Label("售后工程师", "After-sales engineer"),
    "sales": Label("事业部销售代表", "Sales of a division"),
    "finance": Label("财务部", "Finance"),
    "admin": Label("系统管理员", "Administrator"),
}
