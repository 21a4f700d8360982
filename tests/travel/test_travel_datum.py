"""The three datums: the published test vector, and there and back again anywhere in Beijing."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.travel import datum
from backend.travel.speeds import great_circle_m

Convert = Callable[[float, float], tuple[float, float]]
LAT = st.floats(39.4, 41.1)
LON = st.floats(115.4, 117.6)


def test_the_published_vector_of_gcj02() -> None:
    lat, lon = datum.wgs84_to_gcj02(39.915, 116.404)
    assert lat == pytest.approx(39.9164043, abs=1e-7)
    assert lon == pytest.approx(116.4102445, abs=1e-7)


def test_baidu_lies_north_east_of_gcj02_by_its_known_shift() -> None:
    lat, lon = datum.gcj02_to_bd09(39.915, 116.404)
    assert (lat, lon) == pytest.approx((39.92133699351022, 116.41036949371029), abs=1e-9)


@pytest.mark.parametrize(
    ("there", "back"),
    [
        (datum.wgs84_to_gcj02, datum.gcj02_to_wgs84),
        (datum.gcj02_to_bd09, datum.bd09_to_gcj02),
        (datum.wgs84_to_bd09, datum.bd09_to_wgs84),
    ],
)
@given(lat=LAT, lon=LON)
def test_there_and_back_is_within_half_a_metre(there: Convert, back: Convert, lat: float, lon: float) -> None:
    assert great_circle_m((lat, lon), back(*there(lat, lon))) < 0.5


@given(lat=LAT, lon=LON)
def test_in_beijing_gcj02_is_some_500_metres_away(lat: float, lon: float) -> None:
    assert 300 < great_circle_m((lat, lon), datum.wgs84_to_gcj02(lat, lon)) < 800


def test_outside_china_nothing_is_shifted() -> None:
    london = (51.5, -0.12)
    assert datum.wgs84_to_bd09(*london) == london
    assert datum.bd09_to_wgs84(*london) == london
