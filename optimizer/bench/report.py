"""Tables of results, as Markdown for people and as data for programs."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from statistics import fmean
from typing import Any

from optimizer.bench.peers import CONTENDERS
from optimizer.bench.runner import Row, engine_name, machine, version
from optimizer.bench.suites import Suite


def _mean(rows: list[Row], value: Callable[[Row], float]) -> float | None:
    return fmean(value(row) for row in rows) if rows else None


def _of(rows: list[Row], contender: str, case: str | None = None, what: str = "") -> list[Row]:
    return [
        row
        for row in rows
        if row["contender"] == contender and row["what"] == what and case in (None, row["case"])
    ]


def data(
    suite: Suite, rows: list[Row], contenders: list[str], seconds: float, seeds: list[int]
) -> dict[str, Any]:
    """Everything about a suite's run."""
    means: dict[str, Any] = {}
    for contender in contenders:
        mine = _of(rows, contender)
        if suite.distance:
            means[contender] = {"gap": _mean(mine, itemgetter("gap"))}
        else:
            names = ("undone_fen", "unserved", "cost_fen", "hours")
            means[contender] = {name: _mean(mine, itemgetter(name)) for name in names}
    found: dict[str, Any] = {
        "suite": suite.name,
        "seconds": seconds,
        "seeds": seeds,
        "machine": machine(),
        "versions": {name: version(name) for name in contenders},
        "engine": engine_name(),
        "means": means,
        "rows": [{key: value for key, value in row.items() if key != "served"} for row in rows],
    }
    if not suite.distance:
        own = means["paidan"]["undone_fen"]
        found["undone_ratio"] = {
            name: round(own / means[name]["undone_fen"], 3)
            for name in contenders
            if name != "paidan" and means[name]["undone_fen"]
        }
        found |= _same_tasks(rows)
    return found


def _same_tasks(rows: list[Row]) -> dict[str, Any]:
    """Price of hours for the tasks that VROOM served, over the days on which all were served again."""
    peers = {(row["case"], row["seed"]): row for row in _of(rows, "vroom")}
    pairs = [(row, peers[row["case"], row["seed"]]) for row in _of(rows, "paidan", None, "same tasks")]
    again = [(own, peer) for own, peer in pairs if not own["unserved"]]
    if not pairs:
        return {}
    found: dict[str, Any] = {"same_tasks_days": len(pairs), "same_tasks_days_complete": len(again)}
    if again:
        ratio = sum(own["work_fen"] for own, _ in again) / sum(peer["work_fen"] for _, peer in again)
        found["same_tasks_hours_ratio_vroom"] = round(ratio, 4)
    return found


def markdown(suite: Suite, rows: list[Row], found: dict[str, Any]) -> str:
    """The same as a table: a line for each case, then the mean and the ratios."""
    contenders = list(found["versions"])
    cases = list(dict.fromkeys(row["case"] for row in rows))
    if suite.distance:
        lines = [_line(["instance", *(f"{name} distance | gap %" for name in contenders)])]
        lines.append("|---|" + "--:|--:|" * len(contenders))
    else:
        lines = [_line(["day", *(f"{name} undone yuan | tasks | cost yuan" for name in contenders)])]
        lines.append("|---|" + "--:|--:|--:|" * len(contenders))
    for case in [*cases, None]:
        cells = [case or "**mean**"]
        for name in contenders:
            mine = _of(rows, name, case)
            if suite.distance:
                distance = "" if case is None else f"{fmean(r['distance'] for r in mine):,.1f}"
                cells += [distance, f"{100 * fmean(r['gap'] for r in mine):.2f}" + _unserved(mine)]
            else:
                cells += [
                    f"{fmean(r['undone_fen'] for r in mine) / 100:,.0f}",
                    f"{fmean(r['unserved'] for r in mine):.1f}",
                    f"{fmean(r['cost_fen'] for r in mine) / 100:,.0f}",
                ]
        lines.append(_line(cells))
    return "\n".join([*lines, "", *_notes(rows, found)])


def _unserved(rows: list[Row]) -> str:
    left = sum(row["unserved"] for row in rows)
    return f" ({left} unserved)" if left else ""


def _notes(rows: list[Row], found: dict[str, Any]) -> list[str]:
    lines = []
    for name, ratio in found.get("undone_ratio", {}).items():
        lines.append(f"* undone work, paidan ÷ {name}: **{ratio:.2f}**")
    if "same_tasks_days" in found:
        days = f"{found['same_tasks_days_complete']} of {found['same_tasks_days']} days"
        line = f"* the tasks that VROOM served, alone: all served again on {days}"
        if "same_tasks_hours_ratio_vroom" in found:
            line += (
                f"; there, price of hours, paidan ÷ vroom: **{found['same_tasks_hours_ratio_vroom']:.3f}**"
            )
        lines.append(line)
    versions = ", ".join(f"{name} {number}" for name, number in found["versions"].items())
    lines.append(
        f"* {found['seconds']:g} s for each run, seeds {', '.join(map(str, found['seeds']))}; {versions}"
    )
    lines.append(f"* engine of paidan: {found['engine']}; machine: {found['machine']}")
    for name in found["versions"]:
        mine = _of(rows, name)
        walls, cpus = fmean(r["wall_s"] for r in mine), fmean(r["cpu_s"] for r in mine)
        memory, lost = max(r["memory_mb"] for r in mine), fmean(r["repaired"] for r in mine)
        note = f"* {name}: {walls:.1f} s wall, {cpus:.1f} s of processor on average, at most {memory} MB"
        if CONTENDERS[name][2] and any("gap" not in r for r in mine):
            note += f"; cannot say: {CONTENDERS[name][2]} (repair took out {lost:.1f} tasks a day, then filled up)"
        lines.append(note)
    return lines


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
