"""A seeded generator of days like those of a Beijing department.

Customers sit where offices are, engineers live further out; trips follow the measured paces of the town
(car slower in the peaks, metro and bus door to door, e-bikes for short ways). The same arguments give the
same day.

`python -m optimizer.bench.beijing 200 30 1 > day.json` writes one.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass

from optimizer.model import Engineer, Lunch, Mode, Period, Prices, Problem, Task, Travel, Window

HOUR = 3600


@dataclass(frozen=True, slots=True)
class _Area:
    name: str
    lat: float
    lon: float
    spread: float  # degrees
    weight: float


OFFICES = (
    _Area("国贸", 39.9087, 116.4605, 0.012, 18),
    _Area("金融街", 39.9153, 116.3605, 0.008, 12),
    _Area("中关村", 39.9834, 116.3160, 0.014, 15),
    _Area("望京", 39.9965, 116.4720, 0.013, 10),
    _Area("上地", 40.0335, 116.3080, 0.012, 9),
    _Area("亚运村", 39.9990, 116.4070, 0.012, 7),
    _Area("三元桥", 39.9620, 116.4560, 0.010, 7),
    _Area("丰台科技园", 39.8270, 116.2890, 0.012, 6),
    _Area("亦庄", 39.7900, 116.5060, 0.020, 6),
    _Area("崇文门", 39.9000, 116.4180, 0.012, 5),
    _Area("石景山", 39.9060, 116.2220, 0.018, 3),
    _Area("通州", 39.9040, 116.6570, 0.020, 2),
)
HOMES = (
    _Area("回龙观", 40.0720, 116.3400, 0.015, 5),
    _Area("天通苑", 40.0700, 116.4200, 0.012, 4),
    _Area("通州", 39.9040, 116.6570, 0.020, 5),
    _Area("大兴", 39.7300, 116.3380, 0.018, 4),
    _Area("方庄", 39.8650, 116.4340, 0.010, 3),
    _Area("石景山", 39.9060, 116.2050, 0.015, 3),
    _Area("清河", 40.0300, 116.3450, 0.012, 3),
    _Area("良乡", 39.7330, 116.1430, 0.012, 1),
)
SKILLS = ("pbx", "isdn", "fibre", "router")
PEAKS = ((0, 7 * HOUR, 32.0), (7 * HOUR, 9 * HOUR + 1800, 22.0), (9 * HOUR + 1800, 16 * HOUR + 1800, 28.0),
         (16 * HOUR + 1800, 19 * HOUR, 22.0), (19 * HOUR, 24 * HOUR, 32.0))  # fmt: skip


def travel() -> Travel:
    """Car, metro and bus, e-bike: great circle × 1.32 at the paces of the town."""
    day = 24 * HOUR
    return Travel(
        modes={
            "car": Mode(
                periods=tuple(Period(a, b, speed) for a, b, speed in PEAKS),
                factor=1.32,
                fixed_s=300,
                km_fen=80,
            ),
            "metro": Mode(periods=(Period(0, day, 18.0),), factor=1.32, fare_fen=400),
            "ebike": Mode(periods=(Period(0, day, 17.0),), factor=1.32, fixed_s=60, km_fen=5),
        }
    )


def _somewhere(rng: random.Random, areas: tuple[_Area, ...]) -> tuple[float, float]:
    area = rng.choices(areas, [area.weight for area in areas])[0]
    lat, lon = rng.gauss(area.lat, area.spread), rng.gauss(area.lon, area.spread * 1.3)
    return round(lat, 5), round(lon, 5)


def _windows(rng: random.Random) -> tuple[Window, ...]:
    kind = rng.random()
    if kind < 0.45:
        begin = rng.choice([9, 10, 11, 13, 14, 15, 16]) * HOUR
        return ((begin, begin + 2 * HOUR - (HOUR if begin >= 16 * HOUR else 0)),)
    if kind < 0.75:
        return ((9 * HOUR, 12 * HOUR),) if rng.random() < 0.5 else ((13 * HOUR, 17 * HOUR),)
    if kind < 0.83:
        return ((9 * HOUR, 10 * HOUR + 1800), (15 * HOUR, 17 * HOUR))
    return ()


def _task(rng: random.Random, number: int) -> Task:
    lat, lon = _somewhere(rng, OFFICES)
    kind = rng.choices(("install", "repair", "maintenance"), (45, 35, 20))[0]
    minutes = {"install": (60, 75, 90, 120), "repair": (30, 45, 60, 90), "maintenance": (30, 40, 50)}[kind]
    skills = tuple(sorted(rng.sample(SKILLS, rng.choices((0, 1, 2), (40, 50, 10))[0])))
    return Task(
        id=f"T{number:03d}",
        lat=lat,
        lon=lon,
        duration_s=rng.choice(minutes) * 60,
        windows=_windows(rng),
        skills=skills,
        kind=kind,
        urgent=rng.random() < 0.05,
    )


def _engineer(rng: random.Random, number: int) -> Engineer:
    lat, lon = _somewhere(rng, HOMES)
    early = rng.random() < 0.7
    return Engineer(
        id=f"E{number:02d}",
        start_lat=lat,
        start_lon=lon,
        end_lat=lat,
        end_lon=lon,
        shift_start_s=8 * HOUR if early else 9 * HOUR,
        shift_end_s=(8 if early else 9) * HOUR + 9 * HOUR + 1800,
        mode=rng.choices(("car", "metro", "ebike"), (35, 45, 20))[0],
        max_overtime_s=HOUR if rng.random() < 0.5 else 0,
        lunch=Lunch(2700, 11 * HOUR, 13 * HOUR + 1800),
        skills=tuple(sorted(rng.sample(SKILLS, rng.choices((1, 2, 3, 4), (15, 40, 30, 15))[0]))),
        max_visits=rng.choice((None, None, 8)),
    )


def generate(tasks: int = 200, engineers: int = 30, seed: int = 1, day: str = "2026-11-24") -> Problem:
    """A day with more work than fits at 200 × 30; every choice comes from `seed`."""
    rng = random.Random(f"{seed}/{tasks}/{engineers}")
    return Problem(
        day=day,
        tasks=tuple(_task(rng, n + 1) for n in range(tasks)),
        engineers=tuple(_engineer(rng, n + 1) for n in range(engineers)),
        travel=travel(),
        prices=Prices(),
    )


if __name__ == "__main__":
    how_many, crew, chosen = map(int, sys.argv[1:4])
    print(generate(how_many, crew, chosen).to_json())
