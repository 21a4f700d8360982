"""Geocoders over map services, a cache and a chain of them; all give WGS-84.

The key of a service is put into the request by the HTTP adapter, after geopy has logged the address it is
about to ask: so no key is ever in a log line or in an error.
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from geopy.adapters import AdapterHTTPError, URLLibAdapter
from geopy.exc import (
    GeocoderAuthenticationFailure,
    GeocoderParseError,
    GeocoderQueryError,
    GeocoderQuotaExceeded,
    GeocoderServiceError,
    GeocoderTimedOut,
    GeopyError,
)
from geopy.geocoders import BaiduV3
from geopy.geocoders.base import DEFAULT_SENTINEL
from geopy.geocoders.base import Geocoder as GeopyGeocoder
from geopy.location import Location

from backend.travel.address import elsewhere, normalise
from backend.travel.datum import bd09_to_wgs84, gcj02_to_wgs84
from backend.travel.geocoding import (
    GeocodeCache,
    Geocoder,
    GeocodeResult,
    GeocoderUnavailable,
    Place,
    Precision,
)
from backend.travel.speeds import great_circle_m

log = logging.getLogger(__name__)

TIMEOUT_S = 4.0
SAME_PLACE_M = 1_500.0
_KEY_STANDS_HERE = "KEY-STANDS-HERE"
_LAT, _LON = (39.4, 41.1), (115.4, 117.6)

# What the services call their levels. Whatever is not named here is no more exact than an area.
_BAIDU_LEVELS: Mapping[str, Precision] = {
    "城市": "district",
    "区县": "district",
    "UNKNOWN": "district",
    "道路": "area",
    "门址": "building",
    "POI": "building",
    "NoClass": "building",
    "餐饮": "building",
    "购物": "building",
    "酒店": "building",
    "宾馆": "building",
    "公司企业": "building",
    "写字楼": "building",
    "商务大厦": "building",
    "房地产": "building",
    "教育": "building",
    "医疗": "building",
    "政府机构": "building",
    "金融": "building",
}
_AMAP_LEVELS: Mapping[str, Precision] = {
    "国家": "district",
    "省": "district",
    "市": "district",
    "区县": "district",
    "道路": "area",
    "道路交叉路口": "street",
    "门牌号": "street",
    "门址": "street",
    "楼栋号": "building",
    "单元号": "building",
    "兴趣点": "building",
}
_SCORES: Mapping[Precision, float] = {"district": 0.2, "area": 0.6, "street": 0.8, "building": 0.95}


class AMap(GeopyGeocoder):
    """AMap's (高德) geocoding service, version 3, as a geopy geocoder. Positions are in GCJ-02."""

    api_path = "/v3/geocode/geo"
    _QUOTA = frozenset(
        {"10003", "10004", "10010", "10014", "10015", "10019", "10020", "10021", "10029", "10044"}
    )
    _KEY = frozenset(
        {"10001", "10002", "10005", "10006", "10007", "10008", "10009", "10012", "10026", "10041"}
    )
    _QUERY = frozenset({"20000", "20001", "20002", "20012"})

    def __init__(
        self,
        api_key: str,
        *,
        city: str = "北京",
        scheme: str | None = None,
        timeout: Any = DEFAULT_SENTINEL,
        proxies: Any = DEFAULT_SENTINEL,
        user_agent: str | None = None,
        ssl_context: Any = DEFAULT_SENTINEL,
        adapter_factory: Any = None,
        domain: str = "restapi.amap.com",
    ) -> None:
        super().__init__(
            scheme=scheme,
            timeout=timeout,
            proxies=proxies,
            user_agent=user_agent,
            ssl_context=ssl_context,
            adapter_factory=adapter_factory,
        )
        self.api_key = api_key
        self.city = city
        self.api = f"{self.scheme}://{domain}{self.api_path}"

    def geocode(
        self, query: str, *, exactly_one: bool = True, timeout: Any = DEFAULT_SENTINEL
    ) -> Location | list[Location] | None:
        """The location(s) of an address; None where there is none. Raises geopy's errors."""
        asked = {"key": self.api_key, "address": query, "city": self.city, "output": "JSON"}
        url = f"{self.api}?{urlencode(asked)}"

        def read(page: dict[str, Any]) -> Location | list[Location] | None:
            found = self._parse(page)
            return (found[0] if exactly_one else found) if found else None

        return self._call_geocoder(url, read, timeout=timeout)

    def _parse(self, page: dict[str, Any]) -> list[Location]:
        if str(page["status"]) != "1":
            raise self._error(str(page.get("infocode", "")))
        found = []
        for place in page["geocodes"]:
            lon, lat = place["location"].split(",")
            found.append(Location(place.get("formatted_address") or "", (float(lat), float(lon)), place))
        return found

    def _error(self, code: str) -> GeopyError:
        if code in self._QUOTA:
            return GeocoderQuotaExceeded(f"quota, code {code}")
        if code in self._KEY:
            return GeocoderAuthenticationFailure(f"key refused, code {code}")
        if code in self._QUERY:
            return GeocoderQueryError(f"request refused, code {code}")
        return GeocoderServiceError(f"service error, code {code}")


class BaiduGeocoder:
    """Baidu's geocoding service. It gives one place; its BD-09 positions are converted."""

    name = "baidu"

    def __init__(
        self, key: str, *, timeout_s: float = TIMEOUT_S, base_url: str = "https://api.map.baidu.com"
    ) -> None:
        """``base_url`` is another scheme and host to ask, for a gateway or a test."""
        keyed = _keyed(key, "https://api.map.baidu.com", base_url)
        self._service = BaiduV3(_KEY_STANDS_HERE, scheme="https", timeout=timeout_s, adapter_factory=keyed)

    def geocode(self, address: str) -> GeocodeResult:
        """The place of an address in Beijing. Raises GeocoderUnavailable."""
        query = normalise(address)
        if not query or elsewhere(query):
            return GeocodeResult("not_found", (), "outside_beijing" if query else "empty")
        location = _asked(self.name, lambda: self._service.geocode(f"北京市{query}"))
        return _read(self.name, lambda: [self._place(location, query)] if location else [])

    def _place(self, location: Location, query: str) -> Place:
        raw = location.raw
        lat, lon = bd09_to_wgs84(float(location.latitude), float(location.longitude))
        precision = _BAIDU_LEVELS.get(raw.get("level") or "UNKNOWN", "area")
        trust = int(raw.get("confidence", 0))
        # Baidu always answers something: a low confidence or comprehension means that it guessed.
        if int(raw.get("comprehension", 100)) < 50 or trust < 20:
            precision = "district"
        elif precision == "building" and not raw.get("precise") and trust < 70:
            precision = "area"
        return Place(lat, lon, query, "", precision, round(min(_SCORES[precision], trust / 100), 2))


class AmapGeocoder:
    """AMap's geocoding service; its GCJ-02 positions are converted."""

    name = "amap"

    def __init__(
        self, key: str, *, timeout_s: float = TIMEOUT_S, base_url: str = "https://restapi.amap.com"
    ) -> None:
        """``base_url`` is another scheme and host to ask, for a gateway or a test."""
        keyed = _keyed(key, "https://restapi.amap.com", base_url)
        self._service = AMap(_KEY_STANDS_HERE, scheme="https", timeout=timeout_s, adapter_factory=keyed)

    def geocode(self, address: str) -> GeocodeResult:
        """The places of an address in Beijing. Raises GeocoderUnavailable."""
        query = normalise(address)
        if not query or elsewhere(query):
            return GeocodeResult("not_found", (), "outside_beijing" if query else "empty")
        found = _asked(self.name, lambda: self._service.geocode(f"北京市{query}", exactly_one=False))
        return _read(self.name, lambda: [self._place(location) for location in found or []])

    def _place(self, location: Location) -> Place:
        raw = location.raw
        lat, lon = gcj02_to_wgs84(location.latitude, location.longitude)
        precision = _AMAP_LEVELS.get(raw.get("level") or "", "area")
        # AMap writes an empty list where there is no district.
        district = raw.get("district")
        district = district if isinstance(district, str) else ""
        name = location.address.removeprefix("北京市").removeprefix(district) or location.address
        return Place(lat, lon, name, district, precision, _SCORES[precision])


class CachedGeocoder:
    """Asks the cache first and keeps what was found; an address not found is asked again the next time."""

    def __init__(self, inner: Geocoder, cache: GeocodeCache, *, name: str = "") -> None:
        """``name`` parts the answers of different services; by default the inner one's own."""
        self._inner = inner
        self._cache = cache
        self._name = name or getattr(inner, "name", type(inner).__name__)

    @property
    def name(self) -> str:
        """The inner service's name."""
        return self._name

    def geocode(self, address: str) -> GeocodeResult:
        """The places of an address, kept or asked. Raises what the inner geocoder raises."""
        key = f"{self._name}:{normalise(address)}"[:300]
        kept = self._cache.get(key)
        if kept:
            return GeocodeResult("found", tuple(kept)) if len(kept) == 1 else _several(kept)
        result = self._inner.geocode(address)
        if result.status in ("found", "ambiguous"):
            self._cache.put(key, list(result.places))
        return result


class FallbackGeocoder:
    """Asks one geocoder after another until one answers. Not found is an answer; a broken service is not."""

    name = "fallback"

    def __init__(self, geocoders: Sequence[Geocoder]) -> None:
        if not geocoders:
            raise ValueError("no geocoder to ask")
        self._geocoders = tuple(geocoders)

    def geocode(self, address: str) -> GeocodeResult:
        """The first answer. Raises the last GeocoderUnavailable where none answered."""
        *first, last = self._geocoders
        for geocoder in first:
            try:
                return geocoder.geocode(address)
            except GeocoderUnavailable as error:
                log.warning("geocoder did not answer, the next is asked: %s", error.fields.get("reason"))
        return last.geocode(address)


def _keyed(key: str, service_url: str, base_url: str) -> Callable[..., URLLibAdapter]:
    """A geopy adapter that puts the key in when the request is made, and never into an error."""

    class KeyedAdapter(URLLibAdapter):
        def get_text(self, url: str, *, timeout: float, headers: Mapping[str, str]) -> str:
            real = url.replace(service_url, base_url.rstrip("/"), 1)
            real = real.replace(_KEY_STANDS_HERE, quote(key, safe=""), 1)
            try:
                text: str = super().get_text(real, timeout=timeout, headers=headers)
            except AdapterHTTPError as error:
                # geopy logs the body of an error; a gateway may write the request, and so the key, into it.
                raise AdapterHTTPError(
                    f"HTTP status {error.status_code}",
                    status_code=error.status_code,
                    headers=error.headers,
                    text=None,
                ) from None
            return text

        def get_json(self, url: str, *, timeout: float, headers: Mapping[str, str]) -> Any:
            try:
                page = json.loads(self.get_text(url, timeout=timeout, headers=headers))
            except ValueError as error:
                raise GeocoderParseError("the answer is not JSON") from error
            if not isinstance(page, dict):
                raise GeocoderParseError("the answer is not a JSON object")
            return page

    return KeyedAdapter


def _asked(name: str, ask: Callable[[], Any]) -> Any:
    """What the service answers, its errors as GeocoderUnavailable with a reason free of keys."""
    try:
        return ask()
    except GeopyError as error:
        raise GeocoderUnavailable(reason=_reason(name, error)) from None
    except (KeyError, TypeError, ValueError, AttributeError, OSError) as error:
        raise GeocoderUnavailable(reason=f"{name}: {type(error).__name__} in the answer") from None


def _reason(name: str, error: GeopyError) -> str:
    words = {
        GeocoderTimedOut: "timed out",
        GeocoderQuotaExceeded: "quota used up",
        GeocoderAuthenticationFailure: "key refused",
        GeocoderParseError: "answer cannot be read",
    }
    said = next((text for kind, text in words.items() if isinstance(error, kind)), type(error).__name__)
    return f"{name}: {said}"


def _read(name: str, read: Callable[[], list[Place]]) -> GeocodeResult:
    """One answer from the places of a service: outside Beijing or too coarse is not found."""
    places = _asked(name, read)
    here = [p for p in places if _LAT[0] <= p.lat <= _LAT[1] and _LON[0] <= p.lon <= _LON[1]]
    if not here:
        return GeocodeResult("not_found", (), "outside_beijing" if places else "unknown")
    exact = [place for place in here if place.precision != "district"]
    if not exact:
        return GeocodeResult("not_found", (here[0],), "only_district")
    apart: list[Place] = []
    for place in exact:
        if all(great_circle_m((place.lat, place.lon), (p.lat, p.lon)) > SAME_PLACE_M for p in apart):
            apart.append(place)
    return GeocodeResult("found", (apart[0],)) if len(apart) == 1 else _several(apart)


def _several(places: list[Place]) -> GeocodeResult:
    return GeocodeResult("ambiguous", tuple(places), "several")
