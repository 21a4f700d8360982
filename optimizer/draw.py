"""A plan as one HTML file: the sum, a map and a Gantt chart as SVG, and the same as a table.

Nothing is fetched: colours, text and shapes are in the file. Every name from the problem is escaped.
Shapes carry their meaning in words as well (titles, labels, the table), not in colour alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from html import escape

from optimizer.model import Engineer, Problem, Task
from optimizer.plan import Plan, Route
from optimizer.units import OURS, Units

# Dark enough for white text (contrast at least 4.5 : 1); the thirteenth engineer begins again, with dashes.
COLOURS = (
    "#1f5fa8", "#a3471f", "#2b7a4b", "#7a3f8f", "#8a6100", "#b0305c",
    "#00727a", "#5b5f1a", "#4a4fb5", "#8c2f2f", "#356b0f", "#54626f",
)  # fmt: skip
MAP_WIDTH, MAP_HEIGHT = 1080, 620
ROW, LEFT, CHART_WIDTH = 32, 132, 1080

STYLE = """
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5a6675;--line:#d5dbe3;--ground:#fff;--band:#f4f6f9;--wait:#c9d1db}
@media (prefers-color-scheme:dark){:root{--ink:#e6ebf2;--soft:#a7b2c0;--line:#3a4452;--ground:#151a21;--band:#1d242d;
--wait:#4b5765}}
*{box-sizing:border-box}body{margin:0 auto;padding:24px;max-width:1280px;background:var(--ground);color:var(--ink);
font:15px/1.5 system-ui,"Noto Sans CJK SC","PingFang SC",sans-serif}
h1{font-size:22px;margin:0 0 8px}h2{font-size:17px;margin:32px 0 8px}p{margin:0 0 8px}.soft{color:var(--soft)}
.wide{overflow-x:auto}svg{display:block;background:var(--ground);font:12px system-ui,"Noto Sans CJK SC",sans-serif}
svg text{fill:var(--ink)}svg text.on{fill:#fff}svg text.soft{fill:var(--soft)}.grid{stroke:var(--line)}
svg.map{max-width:100%;height:auto}.band{fill:var(--band)}.wait{fill:var(--wait)}.lunch{fill:var(--ground);stroke:var(--soft);stroke-dasharray:3 2}
.trip{stroke-width:2}.left{fill:var(--ground);stroke:var(--ink);stroke-width:1.5}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:4px 12px 4px 0;border-bottom:1px solid var(--line);
vertical-align:top}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.key{display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:8px;vertical-align:-1px}
dl{display:flex;flex-wrap:wrap;gap:8px 32px;margin:8px 0}dt{color:var(--soft)}dd{margin:0;font-variant-numeric:tabular-nums}
"""


def draw(problem: Problem, plan: Plan, units: Units = OURS) -> str:
    """The HTML text; raises KeyError where the plan speaks of what the problem does not have."""
    page = _Page(problem, plan, units)
    title = f"Plan for {escape(problem.day)}"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{title}</title><style>{STYLE}</style></head><body>\n"
        f"<h1>{title}</h1>\n{page.summary()}\n<h2>Map</h2>\n{page.map()}\n<h2>The day</h2>\n{page.gantt()}\n"
        f"{page.left_out()}<h2>Visits</h2>\n{page.table()}\n</body></html>\n"
    )


class _Page:
    def __init__(self, problem: Problem, plan: Plan, units: Units) -> None:
        self.problem, self.plan, self.units = problem, plan, units
        self.clock = units.clock
        self.tasks = {task.id: task for task in problem.tasks}
        self.engineers = {engineer.id: engineer for engineer in problem.engineers}
        self.number = {engineer.id: n for n, engineer in enumerate(problem.engineers)}
        self.routes = [(route, self.engineers[route.engineer]) for route in plan.routes]

    def _colour(self, engineer: str) -> str:
        return COLOURS[self.number[engineer] % len(COLOURS)]

    def _dash(self, engineer: str) -> str:
        again = self.number[engineer] // len(COLOURS)
        return f' stroke-dasharray="{8 - 2 * min(again, 3)} {2 + again}"' if again else ""

    def summary(self) -> str:
        """The sum, its terms, and what was planned."""
        s = self.plan.summary
        facts = {
            "visits": f"{s.served}",
            "left out": f"{s.unserved}",
            "engineers on the road": f"{len(self.routes)} of {len(self.engineers)}",
            "on the way": f"{s.travel_s / 3600:.1f} h, {s.distance_m / 1000:,.0f} km"
            if self.units.timed
            else self.units.number(s.distance_m),
            "sum": self.units.money(s.cost_fen),
        }
        facts |= {name: self.units.money(fen) for name, fen in s.terms.items() if fen}
        items = "".join(
            f"<div><dt>{escape(name)}</dt><dd>{value}</dd></div>" for name, value in facts.items()
        )
        engine = f"{escape(self.plan.engine)}, seed {self.plan.seed}, {self.plan.iterations} iterations"
        return f'<dl>{items}</dl><p class="soft">Engine {engine}</p>'

    # The map

    def map(self) -> str:
        """Homes, routes and visits on a plain projection, north up; tasks left out are hollow."""
        place = self._projection()
        shapes = []
        for route, engineer in self.routes:
            colour, dash = self._colour(engineer.id), self._dash(engineer.id)
            points = [place(engineer.start_lat, engineer.start_lon)]
            points += [place(self.tasks[stop.task].lat, self.tasks[stop.task].lon) for stop in route.stops]
            points.append(place(engineer.end_lat, engineer.end_lon))
            line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            about = f"{engineer.id}: {len(route.stops)} visits, home at {self.clock(route.home_s)}"
            shapes.append(
                f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5" stroke-opacity=".75"{dash}>'
                f"<title>{escape(about)}</title></polyline>"
            )
            x, y = points[0]
            shapes.append(
                f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" fill="{colour}">'
                f"<title>{escape(engineer.id)} begins here</title></rect>"
            )
            for k, (stop, (x, y)) in enumerate(zip(route.stops, points[1:], strict=False), 1):
                about = f"{stop.task}: {engineer.id}, visit {k}, {self.clock(stop.start_s)} to {self.clock(stop.end_s)}"
                shapes.append(
                    f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="{colour}"><title>{escape(about)}</title></circle>'
                    f'<text class="on" x="{x:.1f}" y="{y + 3.5:.1f}" text-anchor="middle" font-size="9">{k}</text>'
                )
        for left in self.plan.unserved:
            task = self.tasks[left.task]
            x, y = place(task.lat, task.lon)
            shapes.append(
                f'<circle class="left" cx="{x:.1f}" cy="{y:.1f}" r="5"><title>{escape(task.id)}: left out</title></circle>'
            )
        label = f"Map of {len(self.routes)} routes; squares are homes, numbered discs visits, hollow discs left out"
        return (
            f'<div class="wide"><svg class="map" role="img" aria-label="{label}" width="{MAP_WIDTH}" height="{MAP_HEIGHT}" '
            f'viewBox="0 0 {MAP_WIDTH} {MAP_HEIGHT}"><rect class="band" width="{MAP_WIDTH}" height="{MAP_HEIGHT}" '
            f'rx="8"/>{"".join(shapes)}</svg></div>'
            '<p class="soft">Squares are homes, numbered discs are visits in their order, hollow discs are left out.</p>'
        )

    def _projection(self) -> Callable[[float, float], tuple[float, float]]:
        spots = [(task.lat, task.lon) for task in self.problem.tasks]
        spots += [(e.start_lat, e.start_lon) for e in self.problem.engineers]
        spots += [(e.end_lat, e.end_lon) for e in self.problem.engineers]
        lats, lons = [lat for lat, _ in spots] or [0.0], [lon for _, lon in spots] or [0.0]
        low_lat, high_lat, low_lon, high_lon = min(lats), max(lats), min(lons), max(lons)
        shrink = max(0.05, math.cos(math.radians((low_lat + high_lat) / 2)))
        tall, broad = (high_lat - low_lat) or 0.01, ((high_lon - low_lon) or 0.01) * shrink
        scale = min((MAP_WIDTH - 48) / broad, (MAP_HEIGHT - 48) / tall)
        left, top = (MAP_WIDTH - broad * scale) / 2, (MAP_HEIGHT - tall * scale) / 2

        def place(lat: float, lon: float) -> tuple[float, float]:
            return left + (lon - low_lon) * shrink * scale, top + (high_lat - lat) * scale

        return place

    # The chart

    def gantt(self) -> str:
        """One row for each engineer: trips as lines, services as bars, breaks dashed, the shift as a band."""
        ends = [e.shift_end_s for e in self.problem.engineers] + [route.home_s for route, _ in self.routes]
        begins = [e.shift_start_s for e in self.problem.engineers] + [
            route.start_s for route, _ in self.routes
        ]
        hour = 3600 if self.units.timed else 10 * self.units.per_unit
        first = min(begins, default=0) // hour * hour
        last = max(first + hour, -(-max(ends, default=hour) // hour) * hour)
        step = hour * max(1, math.ceil((last - first) / hour / 16))

        def x(at_s: float) -> float:
            return LEFT + (at_s - first) / (last - first) * (CHART_WIDTH - LEFT - 16)

        height = 28 + ROW * len(self.problem.engineers) + 8
        shapes = []
        for at in range(first, last + 1, step):
            shapes.append(
                f'<line class="grid" x1="{x(at):.1f}" x2="{x(at):.1f}" y1="22" y2="{height}"/>'
                f'<text class="soft" x="{x(at):.1f}" y="14" text-anchor="middle">{self.clock(at)}</text>'
            )
        routes = {route.engineer: route for route, _ in self.routes}
        for n, engineer in enumerate(self.problem.engineers):
            shapes.append(self._row(engineer, routes.get(engineer.id), 28 + n * ROW, x))
        return (
            f'<div class="wide"><svg role="img" aria-label="Gantt chart of {len(self.problem.engineers)} engineers" '
            f'width="{CHART_WIDTH}" height="{height}" viewBox="0 0 {CHART_WIDTH} {height}">{"".join(shapes)}</svg></div>'
            '<p class="soft">Bars are visits, lines between them trips, grey is waiting, dashed is the break; '
            "the pale band is the shift.</p>"
        )

    def _row(self, engineer: Engineer, route: Route | None, y: int, x: Callable[[float], float]) -> str:
        colour = self._colour(engineer.id)
        visits = len(route.stops) if route else 0
        name = engineer.id if len(engineer.id) <= 12 else engineer.id[:11] + "…"
        parts = [
            f'<rect class="band" x="{x(engineer.shift_start_s):.1f}" y="{y}" height="{ROW - 4}" rx="3" '
            f'width="{max(0, x(engineer.shift_end_s) - x(engineer.shift_start_s)):.1f}"/>',
            f'<rect x="4" y="{y + 8}" width="10" height="10" rx="2" fill="{colour}"/>'
            f'<text x="20" y="{y + 18}">{escape(name)}<title>{escape(engineer.id)}</title></text>'
            f'<text class="soft" x="{LEFT - 8}" y="{y + 18}" text-anchor="end">{visits}</text>',
        ]
        if route is None:
            return "".join(parts)
        middle = y + (ROW - 4) / 2
        legs = [
            (stop.arrive_s - stop.travel_s, stop.arrive_s, f"trip to {stop.task}") for stop in route.stops
        ]
        legs.append((route.home_s - route.home_travel_s, route.home_s, "trip home"))
        for begin, end, what in legs:
            if end > begin:
                about = f"{what}, {self.clock(begin)} to {self.clock(end)}"
                parts.append(
                    f'<line class="trip" x1="{x(begin):.1f}" x2="{x(end):.1f}" y1="{middle}" y2="{middle}" '
                    f'stroke="{colour}"><title>{escape(about)}</title></line>'
                )
        for stop in route.stops:
            if stop.start_s > stop.arrive_s:
                parts.append(
                    f'<rect class="wait" x="{x(stop.arrive_s):.1f}" y="{middle - 3}" height="6" '
                    f'width="{x(stop.start_s) - x(stop.arrive_s):.1f}"><title>waits for {escape(stop.task)}</title></rect>'
                )
            broad = max(1.5, x(stop.end_s) - x(stop.start_s))
            about = f"{stop.task}, {self.clock(stop.start_s)} to {self.clock(stop.end_s)}{self._promise(self.tasks[stop.task])}"
            parts.append(
                f'<rect x="{x(stop.start_s):.1f}" y="{y + 3}" height="{ROW - 10}" width="{broad:.1f}" rx="3" '
                f'fill="{colour}"><title>{escape(about)}</title></rect>'
            )
            if broad > 7 * len(stop.task) + 4:
                parts.append(
                    f'<text class="on" x="{x(stop.start_s) + broad / 2:.1f}" y="{y + 18}" text-anchor="middle" '
                    f'font-size="11">{escape(stop.task)}</text>'
                )
        if route.lunch is not None:
            begin, end = route.lunch.start_s, route.lunch.end_s
            parts.append(
                f'<rect class="lunch" x="{x(begin):.1f}" y="{y + 5}" height="{ROW - 14}" rx="3" '
                f'width="{max(1, x(end) - x(begin)):.1f}"><title>break, {self.clock(begin)} to {self.clock(end)}</title></rect>'
            )
        return "".join(parts)

    # Words

    def left_out(self) -> str:
        """The tasks that are in no route, with what bars them."""
        if not self.plan.unserved:
            return ""
        rows = "".join(
            f"<tr><td>{escape(left.task)}</td><td>{escape(self._windows(self.tasks[left.task]))}</td><td>"
            + escape(
                ", ".join(f"{reason.count} × {reason.code.replace('_', ' ')}" for reason in left.reasons)
            )
            + "</td></tr>"
            for left in self.plan.unserved
        )
        return (
            f"<h2>Left out ({len(self.plan.unserved)})</h2><table><thead><tr><th>task</th><th>windows</th>"
            f"<th>what bars it, by number of engineers</th></tr></thead><tbody>{rows}</tbody></table>\n"
        )

    def table(self) -> str:
        """Every visit in words."""
        rows = []
        for route, engineer in self.routes:
            key = f'<span class="key" style="background:{self._colour(engineer.id)}"></span>'
            for k, stop in enumerate(route.stops, 1):
                rows.append(
                    f"<tr><td>{key}{escape(engineer.id)}</td><td class=n>{k}</td><td>{escape(stop.task)}</td>"
                    f"<td class=n>{self.clock(stop.arrive_s)}</td><td class=n>{self.clock(stop.start_s)}</td>"
                    f"<td class=n>{self.clock(stop.end_s)}</td><td>{escape(self._windows(self.tasks[stop.task]))}</td>"
                    f"<td class=n>{self._trip(stop.travel_s)}</td></tr>"
                )
        heads = "".join(
            f"<th{' class=n' if number else ''}>{name}</th>"
            for name, number in (
                ("engineer", 0), ("no.", 1), ("task", 0), ("arrives", 1), ("starts", 1), ("ends", 1),
                ("windows", 0), ("trip", 1),
            )
        )  # fmt: skip
        return f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'

    def _trip(self, seconds: int) -> str:
        return f"{math.ceil(seconds / 60)} min" if self.units.timed else self.units.number(seconds)

    def _windows(self, task: Task) -> str:
        return ", ".join(f"{self.clock(a)}–{self.clock(b)}" for a, b in task.windows) or "any time"

    def _promise(self, task: Task) -> str:
        return f" (may start {self._windows(task)})" if task.windows else ""
