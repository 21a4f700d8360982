"""What turns an address into a position: the values and the interfaces. Implementations are in `adapters`."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

from backend.core.errors import DomainError

Precision = Literal["district", "area", "street", "building"]
Status = Literal["found", "ambiguous", "not_found"]
Reason = Literal["", "empty", "unknown", "only_district", "several", "other_district", "outside_beijing"]

# What the reviewer reads beside an address that was not found for certain.
REASONS: dict[Reason, tuple[str, str]] = {
    "": ("", ""),
    "empty": ("没有写地址", "There is no address"),
    "unknown": ("地图上没有找到这个地址", "The address was not found on the map"),
    "only_district": (
        "只认出了城区，认不出街道或楼宇",
        "Only the district is known, not the street or building",
    ),
    "several": ("有几处叫这个名字，请选一处", "Several places have this name; please choose"),
    "other_district": ("地址里的城区和地点对不上", "The district in the address is not the one of the place"),
    "outside_beijing": ("地址不在北京", "The address is not in Beijing"),
}


class GeocoderUnavailable(DomainError):
    """The map service did not answer, refused, or answered nonsense. ``reason`` never holds a key."""

    code = "geocoder_unavailable"
    kind = "unavailable"
    zh = "地图服务现在用不了：{reason}"
    en = "The map service cannot be used now: {reason}"


@dataclass(frozen=True, slots=True)
class Place:
    """A position in WGS-84 with the name, the district and how exactly it is known; score from 0 to 1."""

    lat: float
    lon: float
    name: str
    district: str
    precision: Precision
    score: float

    def to_data(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> "Place":
        """The place that ``to_data`` wrote. Raises ``TypeError`` where fields are missing or unknown."""
        return cls(**data)


@dataclass(frozen=True, slots=True)
class GeocodeResult:
    """The answer for one address.

    ``found``: ``places[0]`` can be used. ``ambiguous``: a person chooses from ``places``. ``not_found``: a
    person sets a pin; ``places`` may hold a suggestion where to begin. ``reason`` is a key of ``REASONS``.
    """

    status: Status
    places: tuple[Place, ...] = ()
    reason: Reason = ""

    @property
    def place(self) -> Place | None:
        """The one place, where it was found."""
        return self.places[0] if self.status == "found" else None

    def sentence(self, lang: str = "zh") -> str:
        """Why it was not found for certain, in Chinese ("zh") or English ("en"); empty where it was."""
        return REASONS[self.reason][1 if lang == "en" else 0]


class Geocoder(Protocol):
    """Finds addresses in Beijing."""

    def geocode(self, address: str) -> GeocodeResult:
        """The places of an address. Raises GeocoderUnavailable where a service did not answer."""
        ...


class GeocodeCache(Protocol):
    """Keeps what a service answered. The key is at most 300 characters."""

    def get(self, key: str) -> list[Place] | None:
        """The places kept under a key; None where nothing is known of it."""
        ...

    def put(self, key: str, places: list[Place]) -> None:
        """Keep places under a key; an earlier answer is replaced."""
        ...
