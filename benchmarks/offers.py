"""Answers while the customer is on the telephone: windows over several days, room for an urgent task, risks.

    .venv/bin/python -m benchmarks.offers [--days 8] [--engineers 32] [--tasks 300]

Generated days (`optimizer.bench.beijing`), from overfull today to quiet next week, planned with a fixed number
of iterations. Each figure is of one core, warm: the books are made, the kernels compiled. `ms` is wall time,
`cpu_ms` processor time, for a machine that is not idle. The plain search answers some of the same questions in
the same run, and must say the same.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import optimizer
from optimizer import Limits, OfferBook, Plan, Problem, UrgentBook, best_insertions
from optimizer.bench.beijing import generate
from optimizer.days import compiled_ready
from optimizer.model import BaselineVisit, Frozen, Task
from optimizer.risk import risk

HOUR = 3600
WINDOWS = tuple((a * HOUR, b * HOUR) for a, b in ((9, 11), (11, 13), (13, 15), (15, 17), (9, 12), (13, 17)))
FIRST = datetime.date(2026, 11, 24)
NOW_S = 11 * HOUR


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=8)
    parser.add_argument("--engineers", type=int, default=32)
    parser.add_argument("--tasks", type=int, default=300, help="questions asked")
    parser.add_argument("--plain", type=int, default=20, help="questions that the plain search gets as well")
    parser.add_argument("--iterations", type=int, default=3000, help="of each plan")
    options = parser.parse_args()
    asked = [dataclasses.replace(one, id="new", windows=()) for one in generate(options.tasks, 1, 99).tasks]
    figures = {
        "compiled": compiled_ready(),
        "offers": offers(options, asked),
        "urgent": urgent(options, asked),
        "risk": lived(options),
    }
    print(json.dumps(figures, indent=2))


def timed(answer: Callable[[Task], Any], tasks: list[Task]) -> tuple[list[Any], dict[str, float]]:
    """The answers, and how long they took in milliseconds of wall and of processor time."""
    for one in tasks[:5]:
        answer(one)
    wall, cpu, found = [], [], []
    for one in tasks:
        start, busy = time.perf_counter(), time.process_time()
        found.append(answer(one))
        cpu.append((time.process_time() - busy) * 1000)
        wall.append((time.perf_counter() - start) * 1000)
    figures: dict[str, float] = {"asked": len(tasks)}
    for name, took in (("ms", wall), ("cpu_ms", cpu)):
        cuts = statistics.quantiles(took, n=100, method="inclusive")
        figures |= {f"p{cut}_{name}": round(cuts[cut - 1], 2) for cut in (50, 95, 99)}
    return found, figures


def offers(options: argparse.Namespace, asked: list[Task]) -> dict[str, Any]:
    """Six windows on each of the days."""
    plans: list[tuple[Problem, Plan]] = []
    for n in range(options.days):
        name = str(FIRST + datetime.timedelta(days=n))
        day = generate(200 - 20 * n, options.engineers, n + 1, day=name)
        plans.append((day, optimizer.solve(day, Limits(None, options.iterations))))
    began = time.perf_counter()
    book = OfferBook(plans)
    made_ms = (time.perf_counter() - began) * 1000
    found, quick = timed(lambda one: book.offers(one, WINDOWS), asked)

    def plainly(one: Task) -> list[Any]:
        return [best_insertions(day, plan, one, WINDOWS) for day, plan in plans]

    few = asked[: options.plain]
    plain_found, plain = timed(plainly, few)
    for one, answers, ours in zip(few, plain_found, found, strict=False):
        best = {
            (day.day, place.window): place
            for (day, _), places in zip(plans, answers, strict=True)
            for place in reversed(places)
        }
        told = {(offer.day, offer.window): (offer.engineer, offer.extra_fen) for offer in ours}
        assert told == {key: (place.engineer, place.extra_fen) for key, place in best.items()}, one
    return {
        "routes": options.days * options.engineers,
        "visits": [plan.summary.served for _, plan in plans],
        "offers_each": round(statistics.mean(map(len, found)), 1),
        "book_ms": round(made_ms, 1),
        "book": quick,
        "plain": plain,
        "plain_to_book_p50": round(plain["p50_ms"] / quick["p50_ms"], 1),
    }


def at_eleven(day: Problem, plan: Plan) -> Problem:
    """The same day at 11 o'clock: what has begun, or whoever is on the way to it, is a fact; all was told."""
    visits = {stop.task: (route.engineer, stop) for route in plan.routes for stop in route.stops}
    begun = {
        name: Frozen(who, stop.start_s)
        for name, (who, stop) in visits.items()
        if stop.arrive_s - stop.travel_s <= NOW_S
    }
    return dataclasses.replace(
        day,
        tasks=tuple(dataclasses.replace(one, frozen=begun.get(one.id)) for one in day.tasks),
        baseline=tuple(
            BaselineVisit(name, who, stop.start_s, told=True) for name, (who, stop) in visits.items()
        ),
        now_s=NOW_S,
    )


def urgent(options: argparse.Namespace, asked: list[Task]) -> dict[str, Any]:
    """An urgent repair that may begin between 11 and 17 o'clock, on an overfull and on an easier day."""
    tasks = [
        dataclasses.replace(one, kind="repair", urgent=True, windows=((NOW_S, 17 * HOUR),))
        for one in asked[:100]
    ]
    result: dict[str, Any] = {}
    for name, count in (("overfull", 240), ("full", 200), ("easier", 150)):
        day = generate(count, 30, 1)
        plan = optimizer.solve(day, Limits(None, options.iterations))
        day = at_eleven(day, plan)
        began = time.perf_counter()
        book = UrgentBook(day, plan)
        row: dict[str, Any] = {
            "visits": plan.summary.served,
            "book_ms": round((time.perf_counter() - began) * 1000, 1),
        }
        sums: dict[int, list[int | None]] = {}
        for moves in range(4):
            found, figures = timed(lambda one, k=moves, b=book: b.places(one, moves=k, put_off=False), tasks)  # type: ignore[misc]
            sums[moves] = [places[0].extra_fen if places else None for places in found]
            row[f"{moves} moves"] = {
                **figures,
                "with_a_place": sum(fen is not None for fen in sums[moves]),
                "places_each": round(statistics.mean(map(len, found)), 2),
            }
        _, row["2 moves or another day"] = timed(lambda one, b=book: b.places(one, moves=2), tasks)  # type: ignore[misc]
        both = [(a, b) for a, b in zip(sums[0], sums[2], strict=True) if a is not None and b is not None]
        if both:
            saved = statistics.mean(a - b for a, b in both)
            row["cheaper_by_two_moves_fen"] = round(saved)
        few = tasks[: options.plain]
        _, row["plain, no moves"] = timed(lambda one, d=day, p=plan: best_insertions(d, p, one), few)  # type: ignore[misc]
        result[name] = row
    return result


def lived(options: argparse.Namespace) -> dict[str, Any]:
    """A day of about 200 visits, lived 10,000 times; a third of them with a spread of their own."""
    day = generate(215, 40, 1)
    day = dataclasses.replace(
        day,
        tasks=tuple(
            dataclasses.replace(one, duration_spread_s=0 if n % 3 else 900) for n, one in enumerate(day.tasks)
        ),
    )
    plan = optimizer.solve(day, Limits(None, options.iterations))
    took = []
    for _ in range(5):
        began = time.perf_counter()
        found = risk(day, plan)
        took.append(time.perf_counter() - began)
    return {"visits": len(found.visits), "runs": found.runs, "median_s": round(statistics.median(took), 2)}


if __name__ == "__main__":
    main()
