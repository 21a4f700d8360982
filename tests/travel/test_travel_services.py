"""Map services against a double of them on loopback: right answers, wrong ones, none; cache and chain."""

import http.server
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from backend.adapters.geocoders import AmapGeocoder, BaiduGeocoder, CachedGeocoder, FallbackGeocoder
from backend.travel.datum import wgs84_to_bd09, wgs84_to_gcj02
from backend.travel.gazetteer import OfflineGeocoder
from backend.travel.geocoding import GeocodeResult, GeocoderUnavailable, Place
from backend.travel.speeds import great_circle_m

KEY = "secret/key+7f3a"
TRUE = (39.9100, 116.4530)


class MapService:
    """Answers every request with what the test sets, and keeps the requests."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.status = 200
        self.body: bytes = b"{}"
        self.wait_s = 0.0
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                service.asked.append((parts.path, {k: v[0] for k, v in parse_qs(parts.query).items()}))
                time.sleep(service.wait_s)
                try:
                    self.send_response(service.status)
                    self.send_header("Content-Length", str(len(service.body)))
                    self.end_headers()
                    self.wfile.write(service.body)
                except ConnectionError:
                    pass  # whoever asked has given up

            def log_message(self, *_: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def says(self, page: Any) -> None:
        self.body = page if isinstance(page, bytes) else json.dumps(page).encode()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def service() -> Iterator[MapService]:
    double = MapService()
    yield double
    double.close()


def amap_place(**more: Any) -> dict[str, Any]:
    lat, lon = wgs84_to_gcj02(*TRUE)
    place = {
        "formatted_address": "北京市朝阳区国贸大厦A座",
        "district": "朝阳区",
        "location": f"{lon:.6f},{lat:.6f}",
        "level": "兴趣点",
    }
    return place | more


def amap_page(*places: dict[str, Any]) -> dict[str, Any]:
    return {"status": "1", "info": "OK", "infocode": "10000", "count": str(len(places)), "geocodes": places}


def baidu_page(**more: Any) -> dict[str, Any]:
    lat, lon = wgs84_to_bd09(*TRUE)
    result = {"location": {"lng": lon, "lat": lat}, "precise": 1, "confidence": 80, "comprehension": 100}
    return {"status": 0, "result": result | {"level": "门址"} | more}


def amap(service: MapService, timeout_s: float = 2.0) -> AmapGeocoder:
    return AmapGeocoder(KEY, timeout_s=timeout_s, base_url=service.url)


def baidu(service: MapService, timeout_s: float = 2.0) -> BaiduGeocoder:
    return BaiduGeocoder(KEY, timeout_s=timeout_s, base_url=service.url)


Make = Callable[[MapService, float], AmapGeocoder | BaiduGeocoder]
BOTH = pytest.mark.parametrize("make", [amap, baidu])


def test_amap_gives_wgs84(service: MapService) -> None:
    service.says(amap_page(amap_place()))
    result = amap(service).geocode("北京市朝阳区国贸大厦 A座")
    assert result.status == "found"
    assert result.place is not None
    assert great_circle_m(TRUE, (result.place.lat, result.place.lon)) < 1
    assert (result.place.name, result.place.district, result.place.precision) == (
        "国贸大厦A座",
        "朝阳区",
        "building",
    )
    path, asked = service.asked[0]
    assert path == "/v3/geocode/geo"
    assert asked == {"key": KEY, "address": "北京市朝阳区国贸大厦A座", "city": "北京", "output": "JSON"}


def test_baidu_gives_wgs84(service: MapService) -> None:
    service.says(baidu_page())
    result = baidu(service).geocode("朝阳区国贸大厦A座")
    assert result.status == "found"
    assert result.place is not None
    assert great_circle_m(TRUE, (result.place.lat, result.place.lon)) < 1
    assert result.place.precision == "building"
    path, asked = service.asked[0]
    assert path == "/geocoding/v3/"
    assert asked == {"ak": KEY, "output": "json", "address": "北京市朝阳区国贸大厦A座"}


@pytest.mark.parametrize(
    ("level", "status", "precision"),
    [
        ("区县", "not_found", "district"),
        ("道路", "found", "area"),
        ("门牌号", "found", "street"),
        ("新词", "found", "area"),
    ],
)
def test_levels_of_amap(service: MapService, level: str, status: str, precision: str) -> None:
    service.says(amap_page(amap_place(level=level)))
    result = amap(service).geocode("某处")
    assert (result.status, result.places[0].precision) == (status, precision)


@pytest.mark.parametrize(
    ("more", "status", "precision"),
    [
        ({"level": "区县"}, "not_found", "district"),
        ({"comprehension": 20}, "not_found", "district"),
        ({"confidence": 10, "precise": 0}, "not_found", "district"),
        ({"confidence": 50, "precise": 0}, "found", "area"),
        ({"level": "道路"}, "found", "area"),
    ],
)
def test_what_baidu_guessed_is_not_found(
    service: MapService, more: dict[str, Any], status: str, precision: str
) -> None:
    service.says(baidu_page(**more))
    result = baidu(service).geocode("某处")
    assert (result.status, result.places[0].precision) == (status, precision)


def test_two_places_of_amap_far_apart_are_a_question(service: MapService) -> None:
    lat, lon = wgs84_to_gcj02(39.98, 116.31)
    service.says(amap_page(amap_place(), amap_place(location=f"{lon},{lat}", district="海淀区")))
    result = amap(service).geocode("幸福里")
    assert (result.status, result.reason, len(result.places)) == ("ambiguous", "several", 2)
    service.says(amap_page(amap_place(), amap_place()))
    assert amap(service).geocode("幸福里").status == "found"


def test_a_place_outside_beijing_is_not_found(service: MapService) -> None:
    service.says(amap_page(amap_place(location="121.47,31.23")))
    assert amap(service).geocode("某处").reason == "outside_beijing"


@BOTH
def test_addresses_elsewhere_or_empty_are_not_even_asked(service: MapService, make: Make) -> None:
    assert make(service, 2.0).geocode("上海市徐汇区1号").reason == "outside_beijing"
    assert make(service, 2.0).geocode("  ").reason == "empty"
    assert service.asked == []


def test_an_empty_answer_is_not_found(service: MapService) -> None:
    service.says(amap_page())
    assert amap(service).geocode("某处") == GeocodeResult("not_found", (), "unknown")
    service.says({"status": 0, "result": {}})
    assert baidu(service).geocode("某处") == GeocodeResult("not_found", (), "unknown")


@pytest.mark.parametrize(
    ("make", "page", "word"),
    [
        (amap, {"status": "0", "info": "DAILY_QUERY_OVER_LIMIT", "infocode": "10003"}, "quota"),
        (amap, {"status": "0", "info": "INVALID_USER_KEY", "infocode": "10001"}, "key refused"),
        (amap, {"status": "0", "info": "ENGINE", "infocode": "30001"}, "GeocoderServiceError"),
        (amap, {"status": "0"}, "GeocoderServiceError"),
        (baidu, {"status": 302, "message": "天配额超限"}, "quota"),
        (baidu, {"status": 4}, "quota"),
        (baidu, {"status": 200}, "key refused"),
        (baidu, {"status": 1}, "GeocoderServiceError"),
        (baidu, {"message": "no status"}, "TypeError"),
    ],
)
def test_a_service_that_refuses(service: MapService, make: Make, page: dict[str, Any], word: str) -> None:
    service.says(page)
    with pytest.raises(GeocoderUnavailable, match=word):
        make(service, 2.0).geocode("国贸")


NOT_READABLE = (b"<html>busy</html>", b"", b"[]", b"null", b"\xff\xfe")
NOT_AMAPS = (
    b'{"status": "1"}',
    b'{"status": "1", "geocodes": [{"location": "x"}]}',
    b'{"status": "1", "geocodes": [{"location": []}]}',
    b'{"status": "1", "geocodes": 3}',
)
NOT_BAIDUS = (
    b'{"status": 0, "result": {"location": {}}}',
    b'{"status": 0, "result": {"location": {"lat": "a", "lng": 1}}}',
    b'{"status": 0, "result": {"location": {"lat": 39.9, "lng": 116.4}, "confidence": "x"}}',
    b'{"status": 0, "result": 7}',
)


@pytest.mark.parametrize(
    ("make", "body"),
    [(amap, body) for body in NOT_READABLE + NOT_AMAPS]
    + [(baidu, body) for body in NOT_READABLE + NOT_BAIDUS],
)
def test_an_answer_that_cannot_be_read(service: MapService, make: Make, body: bytes) -> None:
    service.says(body)
    with pytest.raises(GeocoderUnavailable):
        make(service, 2.0).geocode("国贸")


@BOTH
@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_http_errors(service: MapService, make: Make, status: int) -> None:
    service.status = status
    with pytest.raises(GeocoderUnavailable):
        make(service, 2.0).geocode("国贸")


@BOTH
def test_a_slow_service_is_given_up_in_time(service: MapService, make: Make) -> None:
    service.wait_s = 1.0
    begun = time.monotonic()
    with pytest.raises(GeocoderUnavailable, match="timed out"):
        make(service, 0.2).geocode("国贸")
    assert time.monotonic() - begun < 0.9


@BOTH
def test_nobody_listening(make: Make) -> None:
    service = MapService()
    service.close()
    with pytest.raises(GeocoderUnavailable):
        make(service, 0.5).geocode("国贸")


@BOTH
def test_keys_are_in_no_log_and_no_error(
    service: MapService, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    errors: list[str] = []
    chain = FallbackGeocoder([make(service, 0.3), OfflineGeocoder()])
    for status, body in (
        (200, b"{}"),
        (200, b"no"),
        (403, KEY.encode()),
        (500, b"x"),
        (200, b'{"status": 200}'),
    ):
        service.status, service.body = status, body
        chain.geocode("国贸")
        with pytest.raises(GeocoderUnavailable) as caught:
            make(service, 0.3).geocode("国贸")
        errors.append(repr(caught.value.fields) + str(caught.value) + repr(caught.value.__cause__))
    sent = {value for _, asked in service.asked for value in asked.values()}
    assert KEY in sent
    text = caplog.text + "".join(errors)
    assert "did not answer" in caplog.text
    for secret in (KEY, "7f3a", "secret%2Fkey"):
        assert secret not in text


class Kept:
    """A cache in a dict."""

    def __init__(self) -> None:
        self.places: dict[str, list[Place]] = {}

    def get(self, key: str) -> list[Place] | None:
        return self.places.get(key)

    def put(self, key: str, places: list[Place]) -> None:
        self.places[key] = places


def test_an_address_is_asked_once(service: MapService) -> None:
    service.says(amap_page(amap_place()))
    kept = Kept()
    geocoder = CachedGeocoder(amap(service), kept)
    first = geocoder.geocode("北京市朝阳区国贸大厦A座")
    assert geocoder.geocode("朝阳区 国贸大厦　Ａ座") == first
    assert len(service.asked) == 1
    assert list(kept.places) == ["amap:朝阳区国贸大厦A座"]
    assert Place.from_data(json.loads(json.dumps(first.places[0].to_data()))) == first.places[0]
    geocoder.geocode("长" * 1000)
    assert max(map(len, kept.places)) == 300


def test_ambiguous_stays_ambiguous_in_the_cache() -> None:
    geocoder = CachedGeocoder(OfflineGeocoder(), Kept(), name="offline")
    first = geocoder.geocode("万达广场")
    assert first.status == "ambiguous"
    assert geocoder.geocode("万达广场") == first


def test_what_failed_or_was_not_found_is_not_kept(service: MapService) -> None:
    kept = Kept()
    geocoder = CachedGeocoder(amap(service), kept)
    service.says(amap_page())
    assert geocoder.geocode("国贸").status == "not_found"
    service.status = 500
    with pytest.raises(GeocoderUnavailable):
        geocoder.geocode("国贸")
    service.status = 200
    service.says(amap_page(amap_place()))
    assert geocoder.geocode("国贸").status == "found"
    assert len(service.asked) == 3


def test_the_next_geocoder_is_asked_where_one_is_broken(service: MapService) -> None:
    service.status = 503
    chain = FallbackGeocoder([amap(service), baidu(service), OfflineGeocoder()])
    result = chain.geocode("望京SOHO")
    assert result.place is not None
    assert result.place.name == "望京SOHO"
    assert [path for path, _ in service.asked] == ["/v3/geocode/geo", "/geocoding/v3/"]


def test_not_found_is_an_answer(service: MapService) -> None:
    service.says(amap_page())
    assert FallbackGeocoder([amap(service), OfflineGeocoder()]).geocode("望京SOHO").status == "not_found"


def test_a_chain_of_broken_ones_says_so(service: MapService) -> None:
    service.status = 503
    with pytest.raises(GeocoderUnavailable, match="baidu"):
        FallbackGeocoder([amap(service), baidu(service)]).geocode("国贸")
    with pytest.raises(ValueError, match="no geocoder"):
        FallbackGeocoder([])
