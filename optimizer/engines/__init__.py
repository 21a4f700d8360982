"""Engines; only they load solvers.

Each module has `run(instance, watch) -> (sequences of tasks by engineer, iterations)`.
"""
