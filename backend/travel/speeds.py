"""How long a trip takes and what it costs, by mode and time of day.

A stand-in until real networks are used: the road is 1.32 times the great circle, the speed depends on the
mode and the hour. A trip that crosses into another period goes on at that period's speed, so that whoever
leaves later never arrives earlier. The table ``MODES`` holds every number; the optimizer's travel modes are
built from the same table (``plan_fare_fen`` and ``plan_km_fen`` are its fares as a straight line).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import asin, ceil, cos, radians, sin, sqrt

Position = tuple[float, float]
SpeedPeriod = tuple[int, int, float]

EARTH_M = 6_371_000.0
ROAD_FACTOR = 1.32
DAY_S = 86_400
_NOISE = 1e-6


def _at(hour: int, minute: int = 0) -> int:
    return hour * 3600 + minute * 60


@dataclass(frozen=True, slots=True)
class TravelMode:
    """One way of travelling.

    ``periods`` are (from_s, to_s, speed_kmh), seconds since local midnight, without gaps over one day; the
    day repeats. ``fixed_s`` is added to every trip. ``fare_bands`` are (up to metres, fen) in order, beyond
    the last each ``fare_beyond`` (metres, fen) begun is added; ``km_fen`` is the price of a kilometre,
    ``fixed_fen`` of every trip.
    """

    code: str
    zh: str
    en: str
    periods: tuple[SpeedPeriod, ...]
    fixed_s: int = 0
    fixed_fen: int = 0
    km_fen: int = 0
    fare_bands: tuple[tuple[int, int], ...] = ()
    fare_beyond: tuple[int, int] = (20_000, 100)
    plan_fare_fen: int = 0
    plan_km_fen: int = 0

    def cost_fen(self, metres: int) -> int:
        """Price of one trip of that length along the road; nothing for no trip."""
        if metres <= 0:
            return 0
        return self.fixed_fen + (metres * self.km_fen + 500) // 1000 + self._fare_fen(metres)

    def _fare_fen(self, metres: int) -> int:
        for up_to_m, fen in self.fare_bands:
            if metres <= up_to_m:
                return fen
        if not self.fare_bands:
            return 0
        last_m, last_fen = self.fare_bands[-1]
        step_m, step_fen = self.fare_beyond
        return last_fen + ceil((metres - last_m) / step_m) * step_fen


@dataclass(frozen=True, slots=True)
class Leg:
    """One trip: whole seconds with parking and the like, metres along the road, price in fen."""

    seconds: int
    metres: int
    cost_fen: int


_CAR = (
    (0, _at(7), 32.0),
    (_at(7), _at(9, 30), 22.0),
    (_at(9, 30), _at(17), 28.0),
    (_at(17), _at(19, 30), 22.0),
    (_at(19, 30), DAY_S, 32.0),
)

MODES: Mapping[str, TravelMode] = {
    mode.code: mode
    for mode in (
        # Five minutes to find a place and walk to the door; 0.80 yuan of fuel a kilometre, 5 yuan of parking.
        TravelMode("car", "公司车", "Company car", _CAR, 300, 500, 80, plan_fare_fen=500, plan_km_fen=80),
        # 18 km/h is from door to door: walking and waiting are in it. The town's distance fares.
        TravelMode(
            "metro",
            "地铁",
            "Metro",
            ((0, DAY_S, 18.0),),
            fare_bands=((6_000, 300), (12_000, 400), (22_000, 500), (32_000, 600)),
            fare_beyond=(20_000, 100),
            plan_fare_fen=280,
            plan_km_fen=10,
        ),
        # Full fare: 2 yuan for the first 10 km, then 1 yuan for each 5 km begun.
        TravelMode(
            "bus",
            "公交",
            "Bus",
            ((0, DAY_S, 18.0),),
            fare_bands=((10_000, 200),),
            fare_beyond=(5_000, 100),
            plan_fare_fen=110,
            plan_km_fen=18,
        ),
        # A minute to park and lock; electricity and wear.
        TravelMode("ebike", "电动车", "E-bike", ((0, DAY_S, 17.0),), 60, 0, 5, plan_km_fen=5),
    )
}


def great_circle_m(a: Position, b: Position) -> float:
    """Metres as the crow flies between two (lat, lon) positions in WGS-84."""
    lat_a, lon_a, lat_b, lon_b = (radians(value) for value in (*a, *b))
    half = sin((lat_a - lat_b) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin((lon_a - lon_b) / 2) ** 2
    return 2 * EARTH_M * asin(sqrt(min(half, 1.0)))


def distance_m(a: Position, b: Position) -> int:
    """Metres along the road between two (lat, lon) positions: great circle × 1.32, rounded."""
    return round(great_circle_m(a, b) * ROAD_FACTOR)


def periods(mode: str) -> tuple[SpeedPeriod, ...]:
    """The mode's (from_s, to_s, speed_kmh) over one day. Raises ``KeyError`` for an unknown mode."""
    return MODES[mode].periods


def leg(mode: str, a: Position, b: Position, depart_s: int) -> Leg:
    """The trip from ``a`` to ``b`` leaving ``depart_s`` seconds after local midnight.

    ``depart_s`` may lie in the next day (or the one before). No trip, no seconds, no cost where both are the
    same place. Raises ``KeyError`` for an unknown mode.
    """
    chosen = MODES[mode]
    metres = distance_m(a, b)
    if metres == 0:
        return Leg(0, 0, 0)
    moving_s = _moving_s(chosen.periods, metres, depart_s)
    return Leg(ceil(moving_s - _NOISE) + chosen.fixed_s, metres, chosen.cost_fen(metres))


def _moving_s(day: tuple[SpeedPeriod, ...], metres: float, depart_s: int) -> float:
    """Seconds on the way, at the speed of each period that the trip lies in."""
    midnight_s = depart_s // DAY_S * DAY_S
    at_s = float(depart_s)
    left_m = float(metres)
    while True:
        for from_s, to_s, speed_kmh in day:
            begin_s, end_s = midnight_s + from_s, midnight_s + to_s
            if at_s >= end_s:
                continue
            speed_ms = speed_kmh / 3.6
            room_m = (end_s - max(at_s, begin_s)) * speed_ms
            if left_m <= room_m:
                return at_s + left_m / speed_ms - depart_s
            left_m -= room_m
            at_s = float(end_s)
        midnight_s += DAY_S
