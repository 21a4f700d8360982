"""What is said about a wrong or odd value: what is wrong and what to do, in Chinese and English."""

SENTENCES: dict[str, tuple[str, str]] = {
    "required": ("没有填{zh}", "{en} is empty; fill it in"),
    "too_long": ("{zh}太长了，最多 {high} 个字", "{en} is too long; {high} characters at most"),
    "not_a_choice": ("{zh}只能写：{choices}", "{en} must be one of: {choices}"),
    "not_whole": ("{zh}要写整数，从 {low} 到 {high}", "{en} must be a whole number from {low} to {high}"),
    "not_money": ("{zh}要写成金额，比如 2680.00", "{en} must be an amount such as 2680.00"),
    "not_positive": ("{zh}要大于 0", "{en} must be more than 0"),
    "not_a_date": ("{zh}要写成日期，比如 2026-11-26", "{en} must be a date such as 2026-11-26"),
    "date_past": ("{zh}已经过了", "{en} has passed"),
    "date_far": ("{zh}在一年以后，请核对", "{en} is more than a year away; check it"),
    "not_a_phone": (
        "{zh}不是电话号码，手机写 11 位，座机带区号，比如 010-55556601，只写一个",
        "{en} is not a telephone number; 11 digits, or with an area code such as 010-55556601, one only",
    ),
    "not_uscc": (
        "{zh}应是 18 位数字和大写字母，没有 I、O、S、V、Z",
        "{en} must have 18 digits and capitals without I, O, S, V, Z",
    ),
    "bad_check_digit": ("{zh}的校验位对不上，请核对", "The check digit of {en} does not fit; check it"),
    "digits_lost": (
        "{zh}太长，Excel 当成数字存，末尾几位已经丢了。请把这一格设成文本，再重新填",
        "{en} was kept by Excel as a number and has lost its last digits; format the cell as text, type it again",
    ),
    "unknown_model": ("{zh}「{value}」不在型号表里{hint}", "{en} “{value}” is not a known model{hint}"),
    "line_mismatch": ("写了 {count} 个号码，线路数是 {lines}", "{count} numbers are given for {lines} lines"),
    "odd_number": ("「{value}」不像电话号码，请核对", "“{value}” does not look like a telephone number; check it"),
    "price_differs": ("和价目表的 {list} 元不一样", "It differs from the list price of {list} yuan"),
    "duplicate_in_file": ("和第 {first} 行的{zh}重复", "The same {en} stands in row {first}"),
    "formula": (
        "这一格是没有算出结果的公式，请改成值",
        "This cell is a formula without a result; put in the value",
    ),
    "formula_value": (
        "这一格是公式，按算出来的「{value}」读的，请核对",
        "This cell is a formula; its result “{value}” was read; check it",
    ),
    "excel_error": (
        "这一格是 Excel 的错误值 {value}，请改成值",
        "This cell holds Excel's error {value}; put in the value",
    ),
    "merged_cell": (
        "这一格和别的格合并了，{zh}没有读到。请取消合并，每一行都填",
        "This cell is merged with another, so {en} is empty; unmerge it and fill in each row",
    ),
    "unknown_column": (
        "「{value}」这一列不认识，没有读",
        "The column “{value}” is not known and was not read",
    ),
    "other_sheets": (
        "只读了「{value}」这一张表，没有读：{others}",
        "Only the sheet “{value}” was read; not read: {others}",
    ),
    "long_gap": (
        "第 {first} 行以后是一大片空行，空行后面没有再读",
        "A very long stretch of empty rows follows row {first}; what comes after it was not read",
    ),
    "row_skipped": (
        "第 {first} 行「{value}」不像安装单，没有读",
        "Row {first}, “{value}”, does not look like an order and was not read",
    ),
}  # fmt: skip
