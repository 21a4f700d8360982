"""Says of any plan which rules it breaks, and recomputes its sum.

Written apart from the engines: it shares no code with them, has its own travel times, and walks each day
plainly from event to event. It believes nothing that the plan says of itself.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from typing import Any

from optimizer.model import NEEDED, Engineer, Mode, Problem, Task
from optimizer.plan import TERMS, Plan, Route, Stop


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule: a code for programs, a sentence for people, the data that it was made from."""

    code: str
    message: str
    engineer: str | None = None
    task: str | None = None
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Point:
    lat: float
    lon: float
    place: str | None


@dataclass(frozen=True, slots=True)
class _Trip:
    metres: int
    money: int
    arrive_s: int


def check(problem: Problem, plan: Plan) -> list[Violation]:
    """Every rule that the plan breaks; an empty list means that it is valid."""
    return _Checker(problem, plan).run()


def _clock(at_s: float) -> str:
    return f"{int(at_s) // 3600:02d}:{int(at_s) % 3600 // 60:02d}:{int(at_s) % 60:02d}"


def _travel(problem: Problem, mode: Mode, a: _Point, b: _Point, leave_s: int) -> _Trip:
    """Walk a trip through the periods of the day, each at its own pace."""
    if a == b:
        return _Trip(0, 0, leave_s)
    names = problem.travel.places
    row = names.index(a.place) if a.place in names else 0
    column = names.index(b.place) if b.place in names else 0
    if mode.metres is not None:
        metres = mode.metres[row][column]
    else:
        p, q = math.radians(a.lat), math.radians(b.lat)
        across = math.radians(a.lon - b.lon)
        chord = math.sin((p - q) / 2) ** 2 + math.cos(p) * math.cos(q) * math.sin(across / 2) ** 2
        metres = round(2 * 6_371_000.0 * math.asin(min(1.0, math.sqrt(chord))) * mode.factor)
    whole = [
        float(period.seconds[row][column]) if period.seconds else metres / (period.speed_kmh or 1.0) * 3.6
        for period in mode.periods
    ]
    if metres == 0 and not any(whole):
        return _Trip(0, 0, leave_s)
    at, done = float(leave_s), 0.0
    for n, (period, takes) in enumerate(zip(mode.periods, whole, strict=True)):
        last = n == len(whole) - 1
        if not last and at >= period.to_s:
            continue
        finish = at + (1.0 - done) * takes
        if last or finish <= period.to_s:
            at = finish
            break
        done += (period.to_s - at) / takes
        at = float(period.to_s)
    begun = next((period for period in mode.periods if leave_s < period.to_s), mode.periods[-1])
    fares = mode.fares if begun.fares is None else begun.fares
    money = mode.fare_fen + (metres * mode.km_fen + 500) // 1000 if fares is None else fares[row][column]
    return _Trip(metres, money, math.ceil(at - 1e-6) + mode.fixed_s)


class _Checker:
    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.problem, self.plan = problem, plan
        self.tasks = {task.id: task for task in problem.tasks}
        self.engineers = {engineer.id: engineer for engineer in problem.engineers}
        self.found: list[Violation] = []
        self.visits: dict[str, tuple[str, int]] = {}
        self.by: dict[str, str] = {}
        self.terms = dict.fromkeys(TERMS, 0)
        self.travel_s = self.distance_m = 0

    def say(
        self, code: str, message: str, engineer: str | None = None, task: str | None = None, **data: Any
    ) -> None:
        self.found.append(Violation(code, message, engineer, task, data))

    def run(self) -> list[Violation]:
        seen: set[str] = set()
        for route in self.plan.routes:
            engineer = self.engineers.get(route.engineer)
            if engineer is None:
                self.say("unknown_engineer", f"There is no engineer {route.engineer}.", route.engineer)
                continue
            if route.engineer in seen:
                self.say("engineer_twice", f"{route.engineer} has two routes.", route.engineer)
            seen.add(route.engineer)
            self.route(route, engineer)
        self.pools()
        self.links()
        self.everyone_once()
        self.frozen_kept()
        self.sums()
        return self.found

    # Ways of travelling

    def way(self, route: Route, engineer: Engineer) -> None:
        """The way of the day: a known one, not barred where the visits are, and its price."""
        who, way = engineer.id, route.way
        begun = any(task.frozen is not None and task.frozen.engineer == who for task in self.problem.tasks)
        choices = [None, *engineer.ways] if engineer.way is None and not begun else [engineer.way]
        if way not in choices:
            message = f"{who} cannot travel by {engineer.mode if way is None else way.mode} that day."
            self.say("wrong_way", message, who)
            way = choices[0]
        self.by[who] = engineer.mode if way is None else way.mode
        if way is None:
            return
        self.terms["travel"] += way.fen
        for stop in route.stops:
            task = self.tasks.get(stop.task)
            if task is not None and task.frozen is None and task.zone in way.barred_zones:
                message = f"{who} cannot go to {task.id} by {way.mode}: {task.zone} is barred that day."
                self.say("zone", message, who, task.id, zone=task.zone)

    def pools(self) -> None:
        """Vehicles that are given out already are counted even where nobody drives them."""
        taken: dict[str, int] = {}
        ways = {route.engineer: route.way for route in self.plan.routes}
        for engineer in self.problem.engineers:
            way = engineer.way or ways.get(engineer.id)
            if way is not None and way.pool is not None:
                taken[way.pool] = taken.get(way.pool, 0) + 1
        for pool, count in taken.items():
            if count > self.problem.pools.get(pool, 0):
                message = f"{count} of {pool} are in use, there are {self.problem.pools.get(pool, 0)}."
                self.say("pool", message, pool=pool, count=count)

    # Tasks that depend on each other

    def links(self) -> None:
        for link in self.problem.links:
            first, second = self.tasks[link.first], self.tasks[link.second]
            if second.frozen is not None or (first.frozen is not None and link.kind not in NEEDED):
                continue
            one, two = self.visits.get(link.first), self.visits.get(link.second)
            if (one is None) != (two is None) and (link.kind not in NEEDED or one is None):
                done, left = (link.first, link.second) if two is None else (link.second, link.first)
                self.say("link_half", f"{done} is not done without {left}.", None, done, other=left)
            if one is None or two is None:
                continue
            if link.kind == "fetched" and one[0] != two[0]:
                message = f"{second.id} needs what is fetched in {first.id}, by the same engineer."
                self.say("link_fetched", message, two[0], second.id, other=first.id)
            if link.kind in NEEDED:
                ended = one[1] + first.duration_s + link.gap_s
                if two[1] < ended:
                    message = f"{second.id} starts at {_clock(two[1])}; after {first.id} it may from {_clock(ended)}."
                    self.say("link_before", message, two[0], second.id, other=first.id, from_s=ended)
            elif link.kind == "together" and (one[1] != two[1] or one[0] == two[0]):
                message = f"{first.id} and {second.id} should begin together, with two engineers."
                self.say("link_together", message, two[0], second.id, other=first.id)
            elif link.kind == "joined" and (one[0] != two[0] or one[1] + first.duration_s != two[1]):
                message = f"{second.id} should begin when {first.id} ends, with the same engineer."
                self.say("link_joined", message, two[0], second.id, other=first.id)
        for engineer in self.problem.engineers:
            self.sequence(engineer)

    def sequence(self, engineer: Engineer) -> None:
        done = [name for name in engineer.sequence if name in self.visits and self.tasks[name].frozen is None]
        for name in done:
            if self.visits[name][0] != engineer.id:
                message = f"{name} is in the sequence of {engineer.id}, not of {self.visits[name][0]}."
                self.say("pin_engineer", message, self.visits[name][0], name)
        for before, after in itertools.pairwise(done):
            if self.visits[before][1] + self.tasks[before].duration_s > self.visits[after][1]:
                message = f"{engineer.id} should do {before} before {after}."
                self.say("sequence", message, engineer.id, after, other=before)

    # One engineer's day

    def route(self, route: Route, engineer: Engineer) -> None:
        who = engineer.id
        self.way(route, engineer)
        busy: list[tuple[int, int, str, str | None]] = []
        at = _Point(engineer.start_lat, engineer.start_lon, engineer.start_place)
        free_s = route.start_s
        facts = 0
        if not route.stops:
            self.say("empty_route", f"{who} has a route without a visit.", who)
        for stop in route.stops:
            task = self.tasks.get(stop.task)
            if task is None:
                self.say("unknown_task", f"There is no task {stop.task}.", who, stop.task)
                continue
            if stop.task in self.visits:
                self.say("task_twice", f"{stop.task} is visited twice.", who, stop.task)
            self.visits[stop.task] = (who, stop.start_s)
            here = _Point(task.lat, task.lon, task.place)
            fact = task.frozen is not None and task.frozen.engineer == who
            facts += fact
            if fact and facts <= route.stops.index(stop):
                self.say(
                    "frozen_order",
                    f"{stop.task} is under way, but stands after planned visits.",
                    who,
                    stop.task,
                )
            self.leg(engineer, at, here, free_s, stop, fact)
            self.service(engineer, task, stop, fact)
            if not fact:
                busy.append((stop.arrive_s - stop.travel_s, stop.arrive_s, "trip", stop.task))
                busy.append((stop.start_s, stop.end_s, "service", stop.task))
            at, free_s = here, max(free_s, stop.end_s) if fact else stop.end_s
        self.home(route, engineer, at, busy)
        self.shift(route, engineer, facts)
        if engineer.max_visits is not None and len(route.stops) > max(engineer.max_visits, facts):
            message = f"{who} has {len(route.stops)} visits, at most {engineer.max_visits} are allowed."
            self.say("max_visits", message, who, visits=len(route.stops), limit=engineer.max_visits)
        load = sum(self.tasks[stop.task].demand for stop in route.stops if stop.task in self.tasks)
        if engineer.capacity is not None and load > engineer.capacity and facts < len(route.stops):
            message = f"{who} has a load of {load}, at most {engineer.capacity} is allowed."
            self.say("capacity", message, who, load=load, limit=engineer.capacity)
        inside_s = self.lunch(route, engineer, busy, facts)
        self.hours(route, engineer, inside_s)

    def is_fact(self, stop: Stop, who: str) -> bool:
        task = self.tasks.get(stop.task)
        return task is not None and task.frozen is not None and task.frozen.engineer == who

    def leg(self, engineer: Engineer, a: _Point, b: _Point, free_s: int, stop: Stop, fact: bool) -> None:
        who = engineer.id
        if stop.mode != self.by[who]:
            message = f"{who} travels by {self.by[who]}, not by {stop.mode}."
            self.say("wrong_mode", message, who, stop.task, mode=stop.mode)
        mode = self.problem.travel.modes[self.by[who]]
        leave_s = stop.arrive_s - stop.travel_s
        trip = _travel(self.problem, mode, a, b, leave_s)
        self.distance_m += trip.metres
        self.terms["travel"] += trip.money
        self.travel_s += stop.travel_s
        if abs(stop.travel_m - trip.metres) > 1:
            message = f"It is {trip.metres} m to {stop.task}, not {stop.travel_m} m."
            self.say("travel_distance", message, who, stop.task, metres=trip.metres)
        if stop.travel_fen != trip.money:
            message = f"The trip to {stop.task} costs {trip.money} fen, not {stop.travel_fen}."
            self.say("travel_price", message, who, stop.task, fen=trip.money)
        if fact:
            return
        if leave_s < free_s:
            message = (
                f"{who} would leave for {stop.task} at {_clock(leave_s)}, free is only from {_clock(free_s)}."
            )
            self.say("overlap", message, who, stop.task, leave_s=leave_s, free_s=free_s)
        if self.problem.now_s is not None and leave_s < self.problem.now_s:
            message = f"{who} would leave for {stop.task} at {_clock(leave_s)}, which is past."
            self.say("in_the_past", message, who, stop.task, leave_s=leave_s)
        if abs(trip.arrive_s - stop.arrive_s) > 1:
            message = (
                f"{who} leaves for {stop.task} at {_clock(leave_s)} and arrives at {_clock(trip.arrive_s)}, "
                f"not at {_clock(stop.arrive_s)}."
            )
            self.say("travel_time", message, who, stop.task, arrive_s=trip.arrive_s)

    def service(self, engineer: Engineer, task: Task, stop: Stop, fact: bool) -> None:
        who, name = engineer.id, task.id
        if stop.end_s != stop.start_s + task.duration_s:
            message = f"{name} takes {task.duration_s} s, the plan has {stop.end_s - stop.start_s} s."
            self.say("duration", message, who, name, duration_s=task.duration_s)
        if fact:
            return
        if stop.start_s < stop.arrive_s:
            message = (
                f"{name} starts at {_clock(stop.start_s)}, before {who} is there at {_clock(stop.arrive_s)}."
            )
            self.say("before_arrival", message, who, name, start_s=stop.start_s, arrive_s=stop.arrive_s)
        if task.windows and not any(a <= stop.start_s <= b for a, b in task.windows):
            spans = ", ".join(f"{_clock(a)} to {_clock(b)}" for a, b in task.windows)
            message = f"{name} starts at {_clock(stop.start_s)}; allowed is {spans}."
            self.say("window", message, who, name, start_s=stop.start_s)
        missing = sorted(set(task.skills) - set(engineer.skills))
        if missing:
            self.say("skill", f"{who} lacks {', '.join(missing)} for {name}.", who, name, skills=missing)
        for skill, least in task.skill_levels.items():
            level = engineer.skill_levels.get(skill, 1) if skill in engineer.skills else 0
            if level < least:
                message = f"{name} needs {skill} of level {least}, {who} has level {level}."
                self.say("skill_level", message, who, name, skill=skill, level=level, least=least)
        self.soft(task, who, stop.start_s)
        if task.pin_engineer is not None and task.pin_engineer != who:
            self.say("pin_engineer", f"{name} is pinned to {task.pin_engineer}, not {who}.", who, name)
        if task.pin_start_s is not None and task.pin_start_s != stop.start_s:
            message = f"{name} is pinned to {_clock(task.pin_start_s)}, not {_clock(stop.start_s)}."
            self.say("pin_start", message, who, name, pin_start_s=task.pin_start_s)
        if who in task.forbidden_engineers or (task.allowed_engineers and who not in task.allowed_engineers):
            self.say("not_allowed", f"{who} may not do {name}.", who, name)

    def soft(self, task: Task, who: str, start_s: int) -> None:
        """What a promise, a wish and a stranger cost."""
        prices = self.problem.prices
        if task.promised_window is not None:
            begin, end = task.promised_window
            off = begin - start_s if start_s < begin else start_s - end if start_s > end else 0
            dear = max(0, off - prices.late_first_s)
            fen_seconds = (off - dear) * prices.late_fen + dear * prices.late_more_fen
            self.terms["lateness"] += (fen_seconds + 30) // 60
        if task.preferred_window is not None:
            begin, end = task.preferred_window
            off = begin - start_s if start_s < begin else start_s - end if start_s > end else 0
            self.terms["wishes"] += (off * task.preferred_fen + 30) // 60
        if task.preferred_engineers and who not in task.preferred_engineers:
            self.terms["wishes"] += prices.stranger_fen

    def home(
        self, route: Route, engineer: Engineer, at: _Point, busy: list[tuple[int, int, str, str | None]]
    ) -> None:
        who = engineer.id
        leave_s = route.home_s - route.home_travel_s
        end = _Point(engineer.end_lat, engineer.end_lon, engineer.end_place)
        trip = _travel(self.problem, self.problem.travel.modes[self.by[who]], at, end, leave_s)
        busy.append((leave_s, route.home_s, "trip", None))
        self.terms["travel"] += trip.money
        self.travel_s += route.home_travel_s
        self.distance_m += trip.metres
        if abs(trip.arrive_s - route.home_s) > 1:
            message = (
                f"{who} leaves the last visit at {_clock(leave_s)} and is home at {_clock(trip.arrive_s)}."
            )
            self.say("travel_time", message, who, home_s=trip.arrive_s)
        if abs(route.home_travel_m - trip.metres) > 1:
            self.say("travel_distance", f"{who} has {trip.metres} m home.", who, metres=trip.metres)
        if route.home_travel_fen != trip.money:
            self.say("travel_price", f"The trip home of {who} costs {trip.money} fen.", who, fen=trip.money)
        last = max((stop.end_s for stop in route.stops), default=route.start_s)
        if leave_s < last:
            message = f"{who} would go home at {_clock(leave_s)}, but is busy until {_clock(last)}."
            self.say("overlap", message, who, leave_s=leave_s, free_s=last)

    def shift(self, route: Route, engineer: Engineer, facts: int) -> None:
        who = engineer.id
        if facts == 0 and route.start_s < engineer.shift_start_s:
            begin = _clock(engineer.shift_start_s)
            message = f"{who} leaves at {_clock(route.start_s)}, the shift begins at {begin}."
            self.say("shift_start", message, who, start_s=route.start_s)
        by = engineer.shift_end_s + engineer.max_overtime_s
        # A day that holds only facts is as long as it was.
        if facts < len(route.stops) and route.home_s > by:
            message = f"{who} is home at {_clock(route.home_s)}, the longest day ends at {_clock(by)}."
            self.say("shift_end", message, who, home_s=route.home_s, by_s=by)

    def lunch(
        self, route: Route, engineer: Engineer, busy: list[tuple[int, int, str, str | None]], facts: int
    ) -> int:
        """Checks the break and returns how much of it lies within the route, in seconds."""
        who, rule, placed = engineer.id, engineer.lunch, route.lunch
        if rule is None:
            if placed is not None:
                self.say("lunch_unasked", f"{who} has no break, the plan has one.", who)
            return 0
        if placed is None:
            ends = [stop.end_s for stop in route.stops if self.is_fact(stop, who)]
            free_s = max([*ends, self.problem.now_s or 0]) if facts else 0
            if not facts or max(free_s, rule.from_s) + rule.length_s <= rule.to_s:
                self.say("lunch_missing", f"{who} has no break.", who)
            return 0
        if placed.end_s - placed.start_s != rule.length_s:
            message = f"The break of {who} lasts {placed.end_s - placed.start_s} s, not {rule.length_s} s."
            self.say("lunch_length", message, who, length_s=rule.length_s)
        if placed.start_s < rule.from_s or placed.end_s > rule.to_s:
            message = (
                f"The break of {who} is {_clock(placed.start_s)} to {_clock(placed.end_s)}; "
                f"allowed is {_clock(rule.from_s)} to {_clock(rule.to_s)}."
            )
            self.say("lunch_window", message, who, start_s=placed.start_s, end_s=placed.end_s)
        for from_s, to_s, what, task in busy:
            if placed.start_s < to_s and from_s < placed.end_s:
                to = f"the {what} {'to' if what == 'trip' else 'of'} {task}" if task else "the trip home"
                message = f"The break of {who} at {_clock(placed.start_s)} cuts {to}."
                self.say("lunch_cuts", message, who, task, start_s=placed.start_s)
        if facts:
            ends = [stop.end_s for stop in route.stops if self.is_fact(stop, who)]
            if placed.start_s < max([*ends, self.problem.now_s or 0]):
                self.say("lunch_past", f"The break of {who} at {_clock(placed.start_s)} is past.", who)
        return max(0, min(placed.end_s, route.home_s) - max(placed.start_s, route.start_s))

    def hours(self, route: Route, engineer: Engineer, inside_s: int) -> None:
        prices = self.problem.prices
        hour = prices.hour_fen if engineer.hourly_fen is None else engineer.hourly_fen
        factor = prices.overtime_factor if engineer.overtime_factor is None else engineer.overtime_factor
        worked = route.home_s - route.start_s - inside_s
        over = min(worked, max(0, route.home_s - engineer.shift_end_s))
        self.terms["hours"] += ((worked - over) * hour + 1800) // 3600
        self.terms["overtime"] += (over * math.floor(hour * factor + 0.5) + 1800) // 3600
        if prices.fair_s is not None and worked > prices.fair_s:
            self.terms["unfairness"] += ((worked - prices.fair_s) * prices.unfair_fen + 1800) // 3600

    # The whole plan

    def everyone_once(self) -> None:
        left: set[str] = set()
        for unserved in self.plan.unserved:
            name = unserved.task
            if name not in self.tasks:
                self.say("unknown_task", f"There is no task {name}.", None, name)
            elif name in left:
                self.say("task_twice", f"{name} is left out twice.", None, name)
            elif name in self.visits:
                self.say("task_twice", f"{name} is both visited and left out.", None, name)
            left.add(name)
        for name in self.tasks:
            if name not in self.visits and name not in left:
                self.say("task_lost", f"{name} is neither visited nor left out.", None, name)

    def frozen_kept(self) -> None:
        for task in self.tasks.values():
            if task.frozen is not None and self.visits.get(task.id) != (
                task.frozen.engineer,
                task.frozen.start_s,
            ):
                message = (
                    f"{task.id} is under way with {task.frozen.engineer} since {_clock(task.frozen.start_s)}."
                )
                self.say("frozen", message, task.frozen.engineer, task.id)

    def sums(self) -> None:
        problem, summary = self.problem, self.plan.summary
        for task in self.tasks.values():
            if task.id not in self.visits:
                price = task.undone_fen
                if price is None:
                    kinds = problem.prices.undone_fen
                    price = kinds[task.kind] if task.kind in kinds else kinds.get("other", 0)
                    if task.urgent:
                        price = round(price * problem.prices.urgent_factor)
                if task.due is not None and task.due <= problem.day:
                    price = round(price * problem.prices.due_factor)
                self.terms["undone"] += price
        for visit in problem.baseline:
            now = self.visits.get(visit.task)
            shift = None if now is None else abs(now[1] - visit.start_s)
            if now is None or now[0] != visit.engineer or (shift or 0) > problem.prices.moved_after_s:
                price = problem.prices.moved_told_fen if visit.told else problem.prices.moved_fen
                self.terms["disturbance"] += price
        true = {
            "cost_fen": sum(self.terms.values()),
            "travel_s": self.travel_s,
            "distance_m": self.distance_m,
            "served": len(self.visits),
            "unserved": len(self.tasks) - len(set(self.visits) & set(self.tasks)),
        }
        for name, value in true.items():
            if getattr(summary, name) != value:
                message = f"The summary says {name} = {getattr(summary, name)}, it is {value}."
                self.say("summary", message, field=name, value=value)
        if dict(summary.terms) != self.terms:
            self.say("terms", f"The terms are {self.terms}, not {dict(summary.terms)}.", terms=self.terms)
