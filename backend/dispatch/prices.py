"""Travel modes and prices that the optimizer is given."""

from backend.travel import speeds
from optimizer.model import Mode, Period, Prices, Travel

PUBLIC_MODE = "metro"
UNDONE_FEN = {"install": 80_000, "repair": 120_000, "maintenance": 20_000, "other": 50_000}
URGENT_FACTOR = 3.0
STANDBY_FACTOR = 3.0
"""An hour of somebody who stands by is so much dearer: he is called in where nobody else can, or for what is urgent."""
ACCEPTED_UNDONE_FEN = 5_000_000
"""Not keeping a visit that its engineer has accepted is dearer than anything else."""


def travel_mode(mode: str) -> str:
    """The name of an engineer's mode in the travel tables; unknown ones go by metro."""
    return mode if mode in speeds.MODES else PUBLIC_MODE


def travel() -> Travel:
    """Every travel mode in the optimizer's form: great circle × road factor, speeds by time of day."""
    return Travel(modes={code: _mode(mode) for code, mode in speeds.MODES.items()})


def prices() -> Prices:
    """The exchange rates of the sum, in fen."""
    return Prices(undone_fen=dict(UNDONE_FEN), urgent_factor=URGENT_FACTOR)


def _mode(mode: speeds.TravelMode) -> Mode:
    # The day is laid out twice, because a plan may run over midnight.
    twice = [
        Period(from_s=day * speeds.DAY_S + from_s, to_s=day * speeds.DAY_S + to_s, speed_kmh=speed_kmh)
        for day in (0, 1)
        for from_s, to_s, speed_kmh in mode.periods
    ]
    return Mode(
        periods=tuple(twice),
        factor=speeds.ROAD_FACTOR,
        fixed_s=mode.fixed_s,
        fare_fen=mode.plan_fare_fen or mode.fixed_fen,
        km_fen=mode.plan_km_fen or mode.km_fen,
    )
