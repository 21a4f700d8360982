"""What can go wrong with a problem, a plan or a child process: each error is one sentence."""

from __future__ import annotations


class OptimizerError(Exception):
    """Any refusal of the optimizer; `str()` of it is one sentence for a person."""


class ProblemError(OptimizerError):
    """A problem or plan that is not well formed.

    `path` names the field (`tasks[3].windows[0]`), `what` says what is wrong with it.
    """

    def __init__(self, path: str, what: str) -> None:
        self.path = path
        self.what = what
        super().__init__(f"{path or '(top)'}: {what}")


class SolverFailed(OptimizerError):
    """The child process ended without a plan."""


class SolverTimeout(SolverFailed):
    """The child process was ended because it ran longer than its hard limit."""


class SolverCancelled(SolverFailed):
    """The child process was ended because its caller no longer wants the plan."""
