"""Chooses the best set of routes from a pool: set partitioning with CP-SAT."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """A route that some engineer of a kind could drive; `gain` is what it saves against leaving all out."""

    kind: int
    tasks: tuple[int, ...]
    gain: int


def choose(
    columns: list[Column], room: dict[int, int], hint: set[int], effort: float, seconds: float
) -> list[int] | None:
    """Numbers of the columns with the largest gain together, or None where nothing beat the hint.

    Each task is in at most one of them, each kind at most `room` times. `effort` is in CP-SAT's
    deterministic time, so that the answer is the same on any machine unless `seconds` cut it short.
    """
    # Loading it takes a quarter of a second, which a solve of few rounds need not wait for.
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    chosen = [model.new_bool_var("") for _ in columns]
    by_task: dict[int, list[cp_model.IntVar]] = {}
    by_kind: dict[int, list[cp_model.IntVar]] = {}
    for column, variable in zip(columns, chosen, strict=True):
        for t in column.tasks:
            by_task.setdefault(t, []).append(variable)
        by_kind.setdefault(column.kind, []).append(variable)
    for variables in by_task.values():
        if len(variables) > 1:
            model.add_at_most_one(variables)
    for kind, variables in by_kind.items():
        if len(variables) <= room[kind]:
            continue
        if room[kind] == 1:
            model.add_at_most_one(variables)
        else:
            model.add(sum(variables) <= room[kind])
    model.maximize(cp_model.LinearExpr.weighted_sum(chosen, [column.gain for column in columns]))
    for n, variable in enumerate(chosen):
        model.add_hint(variable, n in hint)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.linearization_level = 2
    solver.parameters.max_deterministic_time = effort
    solver.parameters.max_time_in_seconds = seconds
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return [n for n, variable in enumerate(chosen) if solver.boolean_value(variable)]
