"""Field-service scheduling as a library: values in, values out; no database, no web, no clock of the day.

    problem = optimizer.Problem.from_json(text)
    plan = optimizer.solve(problem, optimizer.Limits(seconds=10, seed=1))
    assert not optimizer.check(problem, plan)

`docs/optimizer.md` names every field with its unit, default and meaning.
"""

from optimizer.checker import Violation, check
from optimizer.errors import (
    OptimizerError,
    ProblemError,
    SolverCancelled,
    SolverFailed,
    SolverTimeout,
)
from optimizer.explain import explain
from optimizer.insertion import Insertion, best_insertions
from optimizer.limits import Limits
from optimizer.model import Problem
from optimizer.offers import Offer, OfferBook
from optimizer.plan import Plan
from optimizer.reserve import Arisen, with_room
from optimizer.solving import solve
from optimizer.subprocess_solver import run_in_child
from optimizer.urgent import UrgentBook, UrgentPlace

__all__ = [
    "Arisen",
    "Insertion",
    "Limits",
    "Offer",
    "OfferBook",
    "OptimizerError",
    "Plan",
    "Problem",
    "ProblemError",
    "SolverCancelled",
    "SolverFailed",
    "SolverTimeout",
    "UrgentBook",
    "UrgentPlace",
    "Violation",
    "best_insertions",
    "check",
    "explain",
    "run_in_child",
    "solve",
    "with_room",
]
