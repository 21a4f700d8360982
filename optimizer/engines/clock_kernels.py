"""Compiled times of a route: `timing.py` and `travel.py` over again, for the search only.

The search must not be wrong about a route, so these follow the plain versions to the second and to the fen
(a test compares them). Positions are task numbers of the engine, not of the problem; columns of the arrays
have names at the top. `D` is `Data`, made by `hybrid_data`.
"""

from __future__ import annotations

import math
from collections import namedtuple
from typing import Any

from numba import njit

NEVER = 10**9
BIG = 1e15
NOISE = 1e-6

# Columns of `D.task`.
PLACE, DURATION, DEMAND, ABSENT, FIRST, LAST, WINDOWS, TIMED, BASE, MOVED, BASE_WORKER = range(11)
PREFER_FROM, PREFER_TO, PREFER_RATE, PROMISE_FROM, PROMISE_TO, PROMISED = range(11, 17)
TASK_COLUMNS = 17
# Columns of `D.worker`.
MODE, ORIGIN, END, READY, SHIFT_END, HOME_BY, LUNCH, LUNCH_FROM, LUNCH_TO, ROOM, CAPACITY = range(11)
HOUR, OVERTIME, FROZEN, LEFT, KIND, EMPTY_COST, PLAIN, FAIR, DAY = range(11, 20)
WORKER_COLUMNS = 20
# Columns of `D.mode`, entries of `D.price`.
STEADY, CUTS, FIXED, FARES = range(4)
MOVED_AFTER, LATE_FIRST, LATE_RATE, LATE_MORE, UNFAIR = range(5)

Data = namedtuple(
    "Data",
    "task windows assign worker mode ends full whole usual money fares rate price near related keys weights salt",
)

# Nothing in here makes an array, so that counting references can be left out: it costs more than the work.
_options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}
_jit: Any = njit(**{**_options, "no_cpython_wrapper": True, "no_cfunc_wrapper": True})


@_jit
def arrive(D, m, i, j, leave_s):
    """`Legs.arrive`."""
    if D.mode[m, STEADY]:
        return leave_s + D.whole[m, i, j]
    if D.full[m, i, j, 0] < 0.0:
        return leave_s
    cuts = D.mode[m, CUTS]
    p = 0
    while p < cuts and D.ends[m, p] <= leave_s:
        p += 1
    at = float(leave_s)
    left = 1.0
    while p < cuts:
        full = D.full[m, i, j, p]
        end = float(D.ends[m, p])
        if at + left * full <= end:
            break
        left -= (end - at) / full
        at = end
        p += 1
    return math.ceil(at + left * D.full[m, i, j, p] - NOISE) + D.mode[m, FIXED]


@_jit
def leave(D, m, i, j, arrive_s):
    """`Legs.leave`."""
    if D.mode[m, STEADY]:
        return arrive_s - D.whole[m, i, j]
    if D.full[m, i, j, 0] < 0.0:
        return arrive_s
    target = arrive_s - D.mode[m, FIXED]
    cuts = D.mode[m, CUTS]
    p = 0
    while p < cuts and D.ends[m, p] <= target:
        p += 1
    at = float(target)
    left = 1.0
    while p > 0:
        full = D.full[m, i, j, p]
        begin = float(D.ends[m, p - 1])
        if at - left * full >= begin:
            break
        left -= (at - begin) / full
        at = begin
        p -= 1
    found = math.floor(at - left * D.full[m, i, j, p] + NOISE)
    while arrive(D, m, i, j, found) > arrive_s:
        found -= 1
    while arrive(D, m, i, j, found + 1) <= arrive_s:
        found += 1
    return found


@_jit
def fare(D, m, i, j, leave_s):
    """`Legs.fare`, in a mode whose prices depend on the time."""
    p = 0
    while p < D.mode[m, CUTS] and D.ends[m, p] <= leave_s:
        p += 1
    return D.fares[m, p, i, j]


@_jit
def start_from(D, t, at_s):
    """`Job.start_from`."""
    for k in range(D.task[t, WINDOWS]):
        if at_s <= D.windows[t, k, 1]:
            return max(D.windows[t, k, 0], at_s)
    return NEVER


@_jit
def start_by(D, t, at_s):
    """`Job.start_by`."""
    for k in range(D.task[t, WINDOWS] - 1, -1, -1):
        if at_s >= D.windows[t, k, 0]:
            return min(D.windows[t, k, 1], at_s)
    return -NEVER


@_jit
def break_from(D, w, at_s):
    """The earliest end of the break of worker `w` when free from `at_s`, or `NEVER`."""
    length = D.worker[w, LUNCH]
    if length < 0:
        return NEVER
    end = max(at_s, D.worker[w, LUNCH_FROM]) + length
    return end if end <= D.worker[w, LUNCH_TO] else NEVER


@_jit
def break_by(D, w, end_s):
    """The latest moment from which the break can be over by `end_s`, or `-NEVER`."""
    length = D.worker[w, LUNCH]
    if length < 0:
        return -NEVER
    end = min(end_s, D.worker[w, LUNCH_TO])
    return end - length if D.worker[w, LUNCH_FROM] + length <= end else -NEVER


@_jit
def step(D, w, at, t, ahead, taken):
    """`timing.step`."""
    m, here, duration = D.worker[w, MODE], D.task[t, PLACE], D.task[t, DURATION]
    next_taken = NEVER
    if taken < NEVER:
        start = start_from(D, t, arrive(D, m, at, here, taken))
        if start < NEVER:
            next_taken = start + duration
    if ahead >= NEVER or D.worker[w, LUNCH] < 0:
        return NEVER, next_taken
    arrived = arrive(D, m, at, here, ahead)
    start = start_from(D, t, arrived)
    next_ahead = start + duration if start < NEVER else NEVER
    on_arrival = break_from(D, w, arrived)
    if on_arrival < NEVER:
        start = start_from(D, t, on_arrival)
        if start < NEVER and start + duration < next_taken:
            next_taken = start + duration
    before = break_from(D, w, ahead)
    if before < NEVER:
        start = start_from(D, t, arrive(D, m, at, here, before))
        if start < NEVER and start + duration < next_taken:
            next_taken = start + duration
    return next_ahead, next_taken


@_jit
def forward(D, w, seq, n, labels, ahead, taken):
    """Fill the first two columns of `labels`, beginning with the given ones."""
    labels[0, 0], labels[0, 1] = ahead, taken
    at = D.worker[w, ORIGIN]
    for k in range(n):
        t = seq[k]
        ahead, taken = step(D, w, at, t, ahead, taken)
        labels[k + 1, 0], labels[k + 1, 1] = ahead, taken
        at = D.task[t, PLACE]
        if ahead >= NEVER and taken >= NEVER:
            return False
    return True


@_jit
def first_labels(D, w):
    """Labels before the first visit when nothing is decided about leaving."""
    ready = D.worker[w, READY]
    if D.worker[w, LUNCH] < 0:
        return NEVER, ready
    taken = break_from(D, w, ready if D.worker[w, FROZEN] else 0)
    return ready, max(taken, ready) if taken < NEVER else taken


@_jit
def home_at_last(D, w, at, ahead, taken):
    """The earliest coming home, however late, or `NEVER`."""
    m, end = D.worker[w, MODE], D.worker[w, END]
    home = NEVER
    if taken < NEVER:
        home = arrive(D, m, at, end, taken)
    if ahead < NEVER and D.worker[w, LUNCH] >= 0:
        after = arrive(D, m, at, end, ahead)
        if break_from(D, w, after) < NEVER:
            home = min(home, after)
        before = break_from(D, w, ahead)
        if before < NEVER:
            home = min(home, arrive(D, m, at, end, before))
    return home


@_jit
def home_time(D, w, at, ahead, taken):
    """The earliest coming home within the longest day, or `NEVER`."""
    home = home_at_last(D, w, at, ahead, taken)
    return home if home <= D.worker[w, HOME_BY] else NEVER


@_jit
def backward(D, w, seq, n, labels, home_by, keep):
    """The latest leaving for (ahead, taken); with `keep` columns 2 and 3 of `labels` are filled."""
    m, end = D.worker[w, MODE], D.worker[w, END]
    length = D.worker[w, LUNCH]
    hungry = length >= 0
    at = D.task[seq[n - 1], PLACE] if n else D.worker[w, ORIGIN]
    by_after = min(home_by, D.worker[w, LUNCH_TO] - length) if hungry else -NEVER
    if keep:
        labels[n, 2], labels[n, 3] = by_after, home_by
    taken = leave(D, m, at, end, home_by)
    ahead = -NEVER
    if hungry:
        ahead = max(leave(D, m, at, end, by_after), break_by(D, w, taken))
    for k in range(n - 1, -1, -1):
        t = seq[k]
        here, duration = D.task[t, PLACE], D.task[t, DURATION]
        at = D.task[seq[k - 1], PLACE] if k else D.worker[w, ORIGIN]
        late_taken = start_by(D, t, taken - duration)
        late_ahead = -NEVER
        if hungry:
            late_ahead = max(start_by(D, t, ahead - duration), break_by(D, w, late_taken))
        if keep:
            labels[k, 2], labels[k, 3] = late_ahead, late_taken
        taken = leave(D, m, at, here, late_taken) if late_taken >= 0 else -NEVER
        ahead = -NEVER
        if hungry:
            ahead = max(
                leave(D, m, at, here, late_ahead) if late_ahead >= 0 else -NEVER, break_by(D, w, taken)
            )
    return ahead, taken


@_jit
def fits(D, w, labels, at, to, t, k):
    """Whether `t` can be visit number `k`, between places `at` and `to` (`Labels.fits`)."""
    late_ahead, late_taken = labels[k, 2], labels[k, 3]
    m, here = D.worker[w, MODE], D.task[t, PLACE]
    ahead, taken = step(D, w, at, t, labels[k, 0], labels[k, 1])
    if taken < NEVER and arrive(D, m, here, to, taken) <= late_taken:
        return True
    if ahead < NEVER:
        if arrive(D, m, here, to, ahead) <= late_ahead:
            return True
        after = break_from(D, w, ahead)
        if after < NEVER and arrive(D, m, here, to, after) <= late_taken:
            return True
    return False


@_jit
def start_price(D, w, t, start_s):
    """Price in fen of the moment of a start: lateness, wishes, disturbance (`Instance.start_prices`)."""
    cost = 0
    row = D.task[t]
    if row[MOVED] and row[BASE_WORKER] == w and abs(start_s - row[BASE]) > D.price[MOVED_AFTER]:
        cost += row[MOVED]
    if row[PREFER_RATE]:
        off = max(row[PREFER_FROM] - start_s, start_s - row[PREFER_TO], 0)
        cost += (off * row[PREFER_RATE] + 30) // 60
    if row[PROMISED]:
        off = max(row[PROMISE_FROM] - start_s, start_s - row[PROMISE_TO], 0)
        first = min(off, D.price[LATE_FIRST])
        cost += (first * D.price[LATE_RATE] + (off - first) * D.price[LATE_MORE] + 30) // 60
    return cost


@_jit
def walk_cost(D, w, seq, n, labels, left_s, hungry, home_s, timed):
    """(hours, overtime and fares by time, prices of the starts) when leaving at `left_s`, or (-1, 0) (`timing._walk`)."""
    m, end = D.worker[w, MODE], D.worker[w, END]
    if D.worker[w, FROZEN]:
        hungry = D.worker[w, LUNCH] >= 0
    if hungry:
        forward(D, w, seq, n, labels, left_s, NEVER)
    else:
        forward(D, w, seq, n, labels, NEVER, left_s)
    at = D.task[seq[n - 1], PLACE] if n else D.worker[w, ORIGIN]
    ahead, taken = labels[n, 0], labels[n, 1]
    inside = max(0, D.worker[w, LUNCH]) if hungry else 0
    fared = D.mode[m, FARES] > 1
    state = 0
    leaving = ahead
    if taken < NEVER and arrive(D, m, at, end, taken) == home_s:
        state, leaving = 1, taken
    elif ahead < NEVER:
        before = break_from(D, w, ahead)
        if before < NEVER and arrive(D, m, at, end, before) == home_s:
            leaving = before
        else:
            if arrive(D, m, at, end, ahead) == home_s and break_from(D, w, home_s) < NEVER:
                inside = 0
            else:
                return -1, 0
    else:
        return -1, 0
    left = D.worker[w, LEFT] if D.worker[w, LEFT] >= 0 else left_s
    worked = home_s - left - inside
    over = min(worked, max(0, home_s - D.worker[w, SHIFT_END]))
    pay = ((worked - over) * D.worker[w, HOUR] + 1800) // 3600 + (over * D.worker[w, OVERTIME] + 1800) // 3600
    if D.worker[w, FAIR] >= 0:
        pay += (max(0, worked - D.worker[w, FAIR]) * D.price[UNFAIR] + 1800) // 3600
    cost = 0
    if fared:
        pay += fare(D, m, at, end, leaving)
    if timed or fared:
        for k in range(n - 1, -1, -1):
            t = seq[k]
            here, duration = D.task[t, PLACE], D.task[t, DURATION]
            finish = labels[k + 1, state]
            if timed:
                cost += start_price(D, w, t, finish - duration)
            at = D.task[seq[k - 1], PLACE] if k else D.worker[w, ORIGIN]
            leaving, taken = labels[k, 0], labels[k, 1]
            if state:
                if taken < NEVER and start_from(D, t, arrive(D, m, at, here, taken)) + duration == finish:
                    leaving = taken
                else:
                    state = 0
                    if fared:
                        over = break_from(D, w, arrive(D, m, at, here, leaving))
                        if over >= NEVER or start_from(D, t, over) + duration != finish:
                            leaving = break_from(D, w, leaving)
            if fared:
                pay += fare(D, m, at, here, leaving)
    return pay, cost


@_jit
def evaluate(D, w, seq, n, labels, spare):
    """Exact price in fen of a sequence, or `BIG`; fills `labels`, uses `spare` (`timing.time_jobs`)."""
    return priced(D, w, seq, n, labels, spare, True)


@_jit
def priced(D, w, seq, n, labels, spare, keep):
    """`evaluate`, which keeps the backward labels only with `keep`."""
    if n == 0:
        ahead, taken = first_labels(D, w)
        labels[0, 0], labels[0, 1] = ahead, taken
        if keep:
            backward(D, w, seq, n, labels, D.worker[w, HOME_BY], True)
        return float(D.worker[w, EMPTY_COST])
    ahead, taken = first_labels(D, w)
    if not forward(D, w, seq, n, labels, ahead, taken):
        return BIG
    last = D.task[seq[n - 1], PLACE]
    home = home_time(D, w, last, labels[n, 0], labels[n, 1])
    if home >= NEVER:
        return BIG
    if keep:
        backward(D, w, seq, n, labels, D.worker[w, HOME_BY], True)
    m = D.worker[w, MODE]
    at = D.worker[w, ORIGIN]
    fixed = D.worker[w, DAY]
    fared = D.mode[m, FARES] > 1
    timed = False
    for k in range(n):
        t = seq[k]
        fixed += D.assign[t, w]
        if not fared:
            fixed += D.money[m, at, D.task[t, PLACE]]
        timed = timed or D.task[t, TIMED] != 0
        at = D.task[t, PLACE]
    if not fared:
        fixed += D.money[m, at, D.worker[w, END]]
    if D.worker[w, PLAIN] and not timed:
        return float(fixed)
    if D.worker[w, FROZEN]:
        pay, more = walk_cost(D, w, seq, n, spare, D.worker[w, READY], False, home, timed)
        return float(fixed + pay + more) if pay >= 0 else BIG
    by_ahead, by_taken = backward(D, w, seq, n, spare, home, False)
    best, best_more = -1, 0
    hungry = D.worker[w, LUNCH] >= 0
    if hungry and by_ahead >= D.worker[w, READY]:
        best, best_more = walk_cost(D, w, seq, n, spare, by_ahead, True, home, timed)
    eaten = D.worker[w, READY]
    if hungry:
        eaten = max(eaten, D.worker[w, LUNCH_FROM] + D.worker[w, LUNCH])
    if by_taken >= eaten:
        pay, more = walk_cost(D, w, seq, n, spare, by_taken, False, home, timed)
        if pay >= 0 and (best < 0 or pay < best):
            best, best_more = pay, more
    return float(fixed + best + best_more) if best >= 0 else BIG
