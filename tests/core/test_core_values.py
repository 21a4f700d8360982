"""Money, time, cursors, lists, settings: small laws that everything else stands on."""

import base64
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core import clock, paging, settings
from backend.core.money import LARGEST_FEN, BadAmount, fen_from_yuan, yuan_display, yuan_from_fen

FEN = st.integers(-LARGEST_FEN, LARGEST_FEN)


@given(FEN)
def test_money_comes_back_as_it_went(fen: int) -> None:
    assert fen_from_yuan(yuan_from_fen(fen)) == fen
    assert fen_from_yuan(yuan_display(fen)) == fen
    assert Decimal(yuan_from_fen(fen)) * 100 == fen


@given(st.lists(FEN, max_size=30))
def test_sums_of_money_do_not_drift(amounts: list[int]) -> None:
    total = sum(Decimal(yuan_from_fen(fen)) for fen in amounts)
    assert Decimal(yuan_from_fen(sum(amounts))) == total


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("2,680.00", 268000), ("0.1", 10), ("1.", 100), ("12.50元", 1250), ("￥12.50", 1250), ("¥ 3", 300),
        ("１２．５０", 1250), ("1，234", 123400), ("−5.00", -500), ("2.10000", 210),
    ],
)  # fmt: skip
def test_amounts_as_people_write_them(text: str, fen: int) -> None:
    assert fen_from_yuan(text) == fen


@pytest.mark.parametrize(
    "text",
    ["", "元", "1.005", "1.0" + "0" * 40 + "1", "1e3", "1e999999999", "1_000", "NaN", "Infinity", "--1", "1.2.3",
     "0x10", "十二", "9" * 5000, "1;DROP"],
)  # fmt: skip
def test_what_is_no_amount_is_refused_in_words(text: str) -> None:
    with pytest.raises(BadAmount) as refusal:
        fen_from_yuan(text)
    assert len(refusal.value.sentence("zh")) < 100 and len(refusal.value.sentence("en")) < 100


# From 1992 on: before, Beijing had summer time.
@given(st.integers(700_000_000, 4_000_000_000), st.integers(-14, 14))
def test_beijing_and_utc_are_the_same_moment(seconds_since_1970: int, hours: int) -> None:
    moment = datetime.fromtimestamp(seconds_since_1970 + 0.5, tz=timezone(timedelta(hours=hours)))
    assert clock.require_aware(moment) == moment and clock.require_aware(moment).tzinfo is UTC
    day = clock.local_date(moment)
    seconds = clock.seconds_of_day(moment, day)
    assert 0 <= seconds < 86_400
    assert clock.at_local(day, seconds) == moment.replace(microsecond=0)
    assert (moment + timedelta(hours=8)).astimezone(UTC).date() == day


def test_naive_moments_are_refused_and_midnight_is_beijings() -> None:
    with pytest.raises(ValueError, match="time zone"):
        clock.require_aware(datetime(2026, 11, 24, tzinfo=UTC).replace(tzinfo=None))
    assert clock.at_local(date(2026, 11, 24), 0) == datetime(2026, 11, 23, 16, tzinfo=UTC)
    assert clock.local_date(datetime(2026, 11, 23, 15, 59, 59, tzinfo=UTC)) == date(2026, 11, 23)
    assert clock.local_date(datetime(2026, 11, 23, 16, tzinfo=UTC)) == date(2026, 11, 24)
    assert clock.at_local(date(2026, 11, 24), 86_400) == clock.at_local(date(2026, 11, 25), 0)


@given(st.text(max_size=60))
def test_a_cursor_of_ones_own_is_refused_in_words(text: str) -> None:
    try:
        paging.decode(text)
    except paging.BadCursor as refusal:
        assert refusal.sentence("zh") and refusal.sentence("en")


def cursor_of(value: object) -> str:
    """A cursor that holds any JSON value."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


BAD_SETTINGS = {
    "PAIDAN_PORT": ["-1", "65536", "acht", "80.5", "²"],
    "PAIDAN_WEB_THREADS": ["0", "257", "viele"],
    "PAIDAN_SECURE_COOKIES": ["yes", "2"],
    "PAIDAN_GEOCODER": ["google", "Offline"],
    "PAIDAN_TILES_DATUM": ["bd09"],
    "PAIDAN_PLAN_SECONDS": ["0", "601", "nan", "inf", "schnell"],
    "PAIDAN_LOG_LEVEL": ["LOUD", "debug"],
    "PAIDAN_PROT": ["8000"],
}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, values in BAD_SETTINGS.items() for v in values])
def test_a_bad_setting_is_named_with_its_value(name: str, value: str) -> None:
    with pytest.raises(settings.BadSetting) as refusal:
        settings.load({name: value})
    for lang in ("zh", "en"):
        sentence = refusal.value.sentence(lang)
        assert name in sentence and value in sentence and "\n" not in sentence


def test_settings_that_are_empty_or_of_others_count_as_unset() -> None:
    plain = settings.load({})
    assert settings.load({name.name: "" for name in settings.TABLE} | {"PATH": "/bin"}) == plain
    assert {s.name for s in settings.TABLE} >= {"PAIDAN_DATA_DIR", "PAIDAN_DATABASE_URL", "PAIDAN_REDIS_URL"}
    assert plain.database_url.startswith("sqlite:///") and plain.embedded_redis
