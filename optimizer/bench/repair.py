"""Makes anybody's sequences exact: what breaks a rule is taken out, what pays is put in again.

This helps the peers: they get the optimizer's own exact insertion for what their models cannot say.
"""

from __future__ import annotations

from optimizer.building import Routes
from optimizer.instance import Instance
from optimizer.solving import fill
from optimizer.timing import schedule


def repair(instance: Instance, routes: Routes) -> tuple[Routes, int]:
    """Sequences that keep every rule, and how many tasks had to be taken out on the way."""
    kept: Routes = []
    seen: set[int] = set()
    lost = 0
    for number, route in enumerate(routes):
        able = [n for n in route if number in instance.jobs[n].engineers and n not in seen]
        lost += len(route) - len(able)
        seen.update(able)
        while able and schedule(instance, number, able) is None:
            able.remove(_culprit(instance, number, able))
            lost += 1
        kept.append(able)
    fill(instance, kept)
    return kept, lost


def _culprit(instance: Instance, number: int, route: list[int]) -> int:
    """The cheapest task without which the route holds, or the cheapest of the part that does not."""
    ways = [n for n in route if schedule(instance, number, [m for m in route if m != n]) is not None]
    if not ways:
        longest = next(k for k in range(len(route)) if schedule(instance, number, route[: k + 1]) is None)
        ways = route[: longest + 1]
    return min(ways, key=lambda n: (instance.absence(instance.jobs[n]), n))
