"""The fields of an install order, in the order of the divisions' sheet."""

from backend.core.fields import Choice, Field

ACCESS_MODES = (
    Choice("direct", "直线", "Direct line"),
    Choice("pbx_trunk", "集团电话外线侧", "PBX trunk side", ("外线侧", "集团电话外线")),
    Choice("pbx_extension", "分机侧", "PBX extension side", ("集团电话分机侧",)),
    Choice("e1", "数字中继E1", "Digital trunk E1", ("E1", "数字中继")),
)
YES_NO = (
    Choice("yes", "是", "Yes", ("y", "1", "true", "加急")),
    Choice("no", "否", "No", ("n", "0", "false", "不")),
)

INSTALL_ORDER_FIELDS = (
    Field(
        "division_number",
        "单号",
        "Order number",
        required=True,
        longest=40,
        aliases=("订单号", "安装单号"),
        help_zh="事业部自己的单号，不能重复",
        help_en="The division's own number, used once",
        example="HB-20261124-007",
    ),
    Field(
        "division", "事业部", "Division", required=True, longest=40, aliases=("部门",), example="华北事业部"
    ),
    Field(
        "customer_name",
        "客户名称",
        "Customer",
        required=True,
        aliases=("公司名称", "客户", "单位名称"),
        example="北京云帆新能源科技有限公司",
    ),
    Field(
        "tax_number",
        "税号",
        "Tax number",
        "uscc",
        required=True,
        aliases=("统一社会信用代码", "纳税人识别号"),
        help_zh="统一社会信用代码，18 位",
        help_en="Unified social credit code, 18 characters",
        example="91110105MA01ABCD2X",
    ),
    Field("contact_name", "联系人", "Contact", required=True, longest=40, personal=True, example="赵文博"),
    Field(
        "contact_phone",
        "电话",
        "Telephone",
        "phone",
        required=True,
        aliases=("联系电话", "手机", "联系人电话"),
        help_zh="手机 11 位，或带区号的座机",
        help_en="A mobile number, or a landline with its area code",
        personal=True,
        example="138-0000-5562",
    ),
    Field(
        "address",
        "安装地址",
        "Address",
        required=True,
        longest=200,
        aliases=("地址", "客户地址"),
        help_zh="写到楼号和房间",
        help_en="Down to building and room",
        example="朝阳区望京SOHO T1 1206",
    ),
    Field(
        "access_mode",
        "接入方式",
        "Access mode",
        "choice",
        required=True,
        choices=ACCESS_MODES,
        example="集团电话外线侧",
    ),
    Field(
        "line_count",
        "线路数",
        "Lines",
        "int",
        required=True,
        low=1,
        high=480,
        aliases=("线数", "线路"),
        example="4",
    ),
    Field(
        "line_numbers",
        "线路号码",
        "Line numbers",
        "lines",
        aliases=("号码", "电话号码"),
        example="010-5555-6601 至 6604",
    ),
    Field(
        "device_model",
        "设备型号",
        "Device model",
        required=True,
        longest=30,
        aliases=("型号", "拨号器型号"),
        example="DL4-C",
    ),
    Field(
        "pbx_model", "集团电话型号", "PBX model", longest=60, aliases=("交换机型号",), example="松下 TDA100"
    ),
    Field(
        "requested_on",
        "要求日期",
        "Wanted on",
        "date",
        aliases=("安装日期", "要求安装日期"),
        example="2026-11-26",
    ),
    Field(
        "requested_window",
        "要求时段",
        "Time of day",
        "choice",
        choices=(
            Choice("morning", "上午", "Morning"),
            Choice("afternoon", "下午", "Afternoon"),
            Choice("any", "全天", "Any time", ("都行",)),
        ),
    ),
    Field(
        "price_fen",
        "价格",
        "Price",
        "money",
        required=True,
        unit="元",
        aliases=("金额", "价格元"),
        example="2680.00",
    ),
    Field(
        "invoice_type",
        "发票类型",
        "Invoice",
        "choice",
        choices=(
            Choice("special", "专票", "Special VAT", ("增值税专用发票", "专用发票")),
            Choice("normal", "普票", "Normal", ("增值税普通发票", "普通发票")),
        ),
    ),
    Field("bank_account", "开户行及账号", "Bank account", aliases=("开户行", "开户行账号")),
    Field("urgent", "加急", "Urgent", "flag", choices=YES_NO, example="否"),
    Field("remarks", "备注", "Remarks", longest=400, aliases=("说明",)),
)
BY_CODE = {field.code: field for field in INSTALL_ORDER_FIELDS}
