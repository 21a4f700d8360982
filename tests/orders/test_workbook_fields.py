"""Values of cells: what each kind of field takes, refuses and writes back."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from backend.core.fields import SENTENCES, FieldError, clean, format_value, parse, tidy
from backend.orders.fields import BY_CODE, INSTALL_ORDER_FIELDS

TODAY = date(2026, 11, 24)


def read(code: str, raw: Any) -> Any:
    return parse(BY_CODE[code], raw, today=TODAY)[0]


def refused(code: str, raw: Any) -> str:
    with pytest.raises(FieldError) as caught:
        parse(BY_CODE[code], raw, today=TODAY)
    found = caught.value.problem
    assert found.message("zh") and found.message("en")
    return found.code


@pytest.mark.parametrize(
    ("code", "raw", "value"),
    [
        ("contact_phone", 13800005562.0, "138-0000-5562"),
        ("contact_phone", " １３８ ００００ ５５６２ ", "138-0000-5562"),
        ("contact_phone", "+86 138-0000-5562", "138-0000-5562"),
        ("contact_phone", "+86 10 5555 6601", "010-55556601"),
        ("contact_phone", "(010)5555-6601转801", "010-55556601转801"),
        ("contact_phone", "010-55556601-801", "010-55556601转801"),
        ("contact_phone", 1055556601, "010-55556601"),
        ("contact_phone", "0311-8555660", "0311-8555660"),
        ("contact_phone", "4008001234", "400-800-1234"),
        ("line_count", "4 线", 4),
        ("line_count", 480.0, 480),
        ("access_mode", "数字中继 e1", "e1"),
        ("access_mode", "外线侧", "pbx_trunk"),
        ("requested_window", "下午", "afternoon"),
        ("urgent", True, True),
        ("urgent", "否", False),
        ("urgent", "", None),
        ("price_fen", 2680.1, 268010),
        ("price_fen", "￥2,680.00 元", 268000),
        ("price_fen", 2680, 268000),
        ("requested_on", datetime.fromisoformat("2026-11-26T14:00"), date(2026, 11, 26)),
        ("requested_on", "2026/11/26", date(2026, 11, 26)),
        ("requested_on", "2026年11月26日（周四）", date(2026, 11, 26)),
        ("requested_on", "20261126", date(2026, 11, 26)),
        ("requested_on", "11月26日", date(2026, 11, 26)),
        ("requested_on", "1月5日", date(2027, 1, 5)),
        ("requested_on", 46352, date(2026, 11, 26)),
        ("line_numbers", "010-5555-6601 至 6604", [f"010-5555-660{n}" for n in range(1, 5)]),
        ("line_numbers", "01055556609～01055556611", ["01055556609", "01055556610", "01055556611"]),
        ("line_numbers", "010-55556601、010-55556603", ["010-55556601", "010-55556603"]),
        ("customer_name", " 北京云帆（中国）\n有限公司\u200b", "北京云帆（中国） 有限公司"),
        ("division_number", "ＨＢ－００１", "HB-001"),
    ],
)
def test_values_that_people_write(code: str, raw: Any, value: Any) -> None:
    assert read(code, raw) == value


@pytest.mark.parametrize(
    ("code", "raw", "why"),
    [
        ("customer_name", "  \u3000", "required"),
        ("customer_name", "长" * 121, "too_long"),
        ("contact_phone", "5555-6601", "not_a_phone"),
        ("contact_phone", "1380000556", "not_a_phone"),
        ("contact_phone", "13800005562/13800005563", "not_a_phone"),
        ("line_count", 0, "not_whole"),
        ("line_count", 4.5, "not_whole"),
        ("line_count", 481, "not_whole"),
        ("access_mode", "光纤", "not_a_choice"),
        ("price_fen", "面议", "not_money"),
        ("price_fen", 2680.123, "not_money"),
        ("price_fen", "1E+999999", "not_money"),
        ("price_fen", float("nan"), "not_money"),
        ("price_fen", -5, "not_positive"),
        ("requested_on", "2026-11-23", "date_past"),
        ("requested_on", "2027-11-26", "date_far"),
        ("requested_on", "2026-02-30", "not_a_date"),
        ("requested_on", "下周三", "not_a_date"),
        ("tax_number", "91110105MA01A2B", "not_uscc"),
        ("tax_number", "9111O105MA01A2B3C4", "not_uscc"),
        ("tax_number", 911101050000000016.0, "digits_lost"),
        ("bank_account", 6222020200012345678, "digits_lost"),
    ],
)
def test_values_that_are_refused_with_a_sentence(code: str, raw: Any, why: str) -> None:
    assert refused(code, raw) == why


def test_a_wrong_check_digit_and_odd_line_numbers_only_warn() -> None:
    value, warnings = parse(BY_CODE["tax_number"], "91110105ma01a2b3c5", today=TODAY)
    assert (value, [w.code for w in warnings]) == ("91110105MA01A2B3C5", ["bad_check_digit"])
    assert (
        uscc.is_valid("91110105MA01A2B3C4")
        and not parse(BY_CODE["tax_number"], "91110105MA01A2B3C4", today=TODAY)[1]
    )
    value, warnings = parse(BY_CODE["line_numbers"], "待定", today=TODAY)
    assert (value, [w.code for w in warnings]) == (["待定"], ["odd_number"])


_TEXT = st.text(st.characters(codec="utf-8"), max_size=60).map(tidy).filter(bool)
_BODY = st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=8, max_size=8)
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": st.text(st.characters(exclude_categories=["Cs"]), max_size=30).map(tidy).filter(bool),
    "code": _TEXT.map(clean).filter(lambda text: 0 < len(text) <= 30),
    "int": st.integers(1, 480),
    "money": st.integers(1, 99_999_999_999),
    "date": st.integers(0, 366).map(lambda days: TODAY + timedelta(days=days)),
    "flag": st.booleans(),
    "phone": st.from_regex(r"1[3-9][0-9]-[0-9]{4}-[0-9]{4}|010-[0-9]{8}(转[0-9]{1,6})?", fullmatch=True),
    "lines": st.lists(st.from_regex(r"010-[0-9]{8}", fullmatch=True), min_size=1, max_size=40),
    "uscc": _BODY.map(lambda body: "911101050" + body).map(lambda base: base + uscc.calc_check_digit(base)),
}


@given(st.data(), st.sampled_from(INSTALL_ORDER_FIELDS), st.sampled_from(["zh", "en"]))
def test_what_is_written_is_read_back(data: st.DataObject, field: Any, lang: str) -> None:
    codes = st.sampled_from([choice.code for choice in field.choices] or [""])
    value = data.draw(codes if field.kind == "choice" else _VALUES[field.kind])
    assert parse(field, format_value(field, value, lang), today=TODAY)[0] == value


_ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.text("0123456789-至~、/.年月日 E+（）转x", max_size=40),
    st.datetimes(),
    st.dates(),
    st.times(),
    st.timedeltas(),
)


@given(_ANYTHING, st.sampled_from(INSTALL_ORDER_FIELDS))
def test_any_cell_gives_a_value_or_a_sentence(raw: Any, field: Any) -> None:
    try:
        value, warnings = parse(field, raw, today=TODAY)
    except FieldError as error:
        assert error.problem.column == field.zh
        assert error.problem.message("zh") and error.problem.message("en")
        return
    assert all(warning.message("zh") and warning.message("en") for warning in warnings)
    assert "\x00" not in str(value)
    if value is not None:
        # A value that was taken once is taken again, and stays as it is.
        assert parse(field, format_value(field, value), today=TODAY)[0] == value


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)
    assert clean(clean(text)) == clean(text)


def test_sentences_and_help_stand_in_both_languages() -> None:
    assert all(zh and en and zh != en for zh, en in SENTENCES.values())
    for field in INSTALL_ORDER_FIELDS:
        assert field.help("zh") and field.help("en") and field.example, field.code
        assert parse(field, field.example, today=TODAY)[1] == [], field.code
