"""Positions in the three datums of Chinese maps, converted into each other.

WGS-84 is what GPS gives and what this project keeps. GCJ-02 is what AMap, Tencent and mainland tile servers
use, BD-09 is Baidu's. Every function takes and gives ``(lat, lon)`` in degrees. The shift of GCJ-02 is a
published approximation, good to about a metre; its inverse is found by iteration to within a centimetre of
that approximation. Outside China's bounding box the three are the same.
"""

from collections.abc import Callable
from math import atan2, cos, hypot, pi, sin, sqrt

Position = tuple[float, float]

_SEMI_MAJOR_M = 6378245.0
_ECCENTRICITY_2 = 0.00669342162296594323
_BAIDU_TURN = pi * 3000.0 / 180.0
_CLOSE_DEG = 1e-8  # about a millimetre
_ROUNDS = 30


def wgs84_to_gcj02(lat: float, lon: float) -> Position:
    """A WGS-84 position in GCJ-02."""
    if not _in_china(lat, lon):
        return lat, lon
    x, y = lon - 105.0, lat - 35.0
    waves = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    phi = lat / 180.0 * pi
    magic = 1.0 - _ECCENTRICITY_2 * sin(phi) ** 2
    d_lat = north * 180.0 / (_SEMI_MAJOR_M * (1.0 - _ECCENTRICITY_2) / (magic * sqrt(magic)) * pi)
    d_lon = east * 180.0 / (_SEMI_MAJOR_M / sqrt(magic) * cos(phi) * pi)
    return lat + d_lat, lon + d_lon


def gcj02_to_wgs84(lat: float, lon: float) -> Position:
    """A GCJ-02 position in WGS-84."""
    return _inverse(wgs84_to_gcj02, lat, lon)


def gcj02_to_bd09(lat: float, lon: float) -> Position:
    """A GCJ-02 position in BD-09."""
    if not _in_china(lat, lon):
        return lat, lon
    radius = hypot(lon, lat) + 0.00002 * sin(lat * _BAIDU_TURN)
    angle = atan2(lat, lon) + 0.000003 * cos(lon * _BAIDU_TURN)
    return radius * sin(angle) + 0.006, radius * cos(angle) + 0.0065


def bd09_to_gcj02(lat: float, lon: float) -> Position:
    """A BD-09 position in GCJ-02."""
    return _inverse(gcj02_to_bd09, lat, lon)


def wgs84_to_bd09(lat: float, lon: float) -> Position:
    """A WGS-84 position in BD-09."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lat, lon))


def bd09_to_wgs84(lat: float, lon: float) -> Position:
    """A BD-09 position in WGS-84."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lat, lon))


def _in_china(lat: float, lon: float) -> bool:
    return 0.8293 <= lat <= 55.8271 and 72.004 <= lon <= 137.8347


def _inverse(shift: Callable[[float, float], Position], lat: float, lon: float) -> Position:
    """The position that ``shift`` moves to (lat, lon); the shift changes so slowly that few rounds do."""
    found_lat, found_lon = lat, lon
    for _ in range(_ROUNDS):
        there_lat, there_lon = shift(found_lat, found_lon)
        off_lat, off_lon = lat - there_lat, lon - there_lon
        found_lat += off_lat
        found_lon += off_lon
        if abs(off_lat) < _CLOSE_DEG and abs(off_lon) < _CLOSE_DEG:
            break
    return found_lat, found_lon
