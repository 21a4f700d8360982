"""What a user would take instead, each with every constraint that it can express.

A contender's `run(view, seconds, seed)` gives sequences of task numbers by engineer. Nothing that it claims
of times or costs is believed: `repair` makes its sequences exact with the true travel, and the checker
recomputes the plan.
"""

# name -> (module, package whose version is told, what has to be left to the repair)
CONTENDERS = {
    "paidan": ("optimizer.bench.peers.own", "paidan", ""),
    "pyvrp": (
        "optimizer.bench.peers.with_pyvrp",
        "pyvrp",
        "lunch (its days are shorter by the break), travel by time of day",
    ),
    "vroom": ("optimizer.bench.peers.with_vroom", "pyvroom", "travel by time of day, price of overtime"),
    "ortools": ("optimizer.bench.peers.with_ortools", "ortools", "travel by time of day"),
}
