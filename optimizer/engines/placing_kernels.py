"""Compiled places for a task in the days of a plan: `insertion.py` over again, to the second and the fen.

`R` is `Days`: the sequences of a plan with their labels and prices, one row for each engineer. A question is
(task, engineer, gone, gone too, added, at): where is the task cheapest in his day, without one or two of its
visits and with another task as visit number `at`, all of them -1 where there is no such change. Times and
prices are those of the clock kernels.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

from numba import njit

from optimizer.engines.clock_kernels import (
    BIG,
    DEMAND,
    DURATION,
    END,
    FIRST,
    FROZEN,
    LAST,
    LUNCH,
    LUNCH_FROM,
    MODE,
    NEVER,
    ORIGIN,
    PLACE,
    READY,
    arrive,
    backward,
    break_from,
    evaluate,
    fits,
    forward,
    home_at_last,
    home_time,
    priced,
    start_from,
    walk_cost,
)

Days = namedtuple("Days", "seq count cost labels room capacity line longer own spare")
QUESTION = 6

_options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}
_jit: Any = njit(**{**_options, "no_cpython_wrapper": True, "no_cfunc_wrapper": True})
_entry: Any = njit(**{**_options, "cache": True, "no_cfunc_wrapper": True})


@_jit
def load(D, seq, n):
    """What the visits demand together."""
    found = 0
    for k in range(n):
        found += D.task[seq[k], DEMAND]
    return found


@_jit
def price(D, R, w, seq, n, labels):
    """Exact price in fen of a day, or `BIG`; fills `labels`."""
    if n > R.room[w] or (n > 0 and load(D, seq, n) > R.capacity[w]):
        return BIG
    return evaluate(D, w, seq, n, labels, R.spare)


@_jit
def changed(R, w, gone, gone_too, added, at, line):
    """The changed day in `line`; how many visits there are."""
    n = 0
    for k in range(R.count[w]):
        if k != gone and k != gone_too:
            line[n] = R.seq[w, k]
            n += 1
    if added >= 0:
        for i in range(n, at, -1):
            line[i] = line[i - 1]
        line[at] = added
        n += 1
    return n


@_jit
def insert(line, n, t, k, longer):
    """`line` with `t` as visit number `k`."""
    for i in range(k):
        longer[i] = line[i]
    longer[k] = t
    for i in range(k, n):
        longer[i + 1] = line[i]


@_entry
def places(D, R, asked, prices, at, fresh):
    """For each question the price of the changed day before and with the task, and the place.

    Prices are `BIG` where nothing fits. With `fresh` the labels and prices of all days are made first.
    Questions about the same changed day should follow each other: its labels are made once.
    """
    if fresh:
        for w in range(len(R.count)):
            R.cost[w] = price(D, R, w, R.seq[w], R.count[w], R.labels[w])
    n, before = 0, BIG
    for q in range(asked.shape[0]):
        t, w = asked[q, 0], asked[q, 1]
        same = q > 0
        plain = True
        for c in range(1, QUESTION):
            same = same and asked[q, c] == asked[q - 1, c]
        for c in range(2, QUESTION - 1):
            plain = plain and asked[q, c] < 0
        labels = R.labels[w] if plain else R.own
        if not same:
            n = changed(R, w, asked[q, 2], asked[q, 3], asked[q, 4], asked[q, 5], R.line)
            before = R.cost[w] if plain else price(D, R, w, R.line, n, labels)
        prices[q, 0], prices[q, 1], at[q] = before, BIG, -1
        if t < 0 or before >= BIG or n >= R.room[w]:
            continue
        if load(D, R.line, n) + D.task[t, DEMAND] > R.capacity[w]:
            continue
        place = D.worker[w, ORIGIN]
        for k in range(n + 1):
            to = D.task[R.line[k], PLACE] if k < n else D.worker[w, END]
            # Two cheap looks at the clock spare most of the travel times.
            if min(labels[k, 0], labels[k, 1]) > D.task[t, LAST]:
                break
            early = max(labels[k, 2], labels[k, 3]) < D.task[t, FIRST] + D.task[t, DURATION]
            if not early and fits(D, w, labels, place, to, t, k):
                insert(R.line, n, t, k, R.longer)
                cost = priced(D, w, R.longer, n + 1, R.labels[-1], R.spare, False)
                if cost < prices[q, 1]:
                    prices[q, 1], at[q] = cost, k
            place = to


@_jit
def trace(D, w, seq, n, labels, left_s, hungry, home_s, starts):
    """Starts of the services when leaving at `left_s`; seconds on the way (`timing._walk`, `timing._trace`)."""
    m = D.worker[w, MODE]
    if D.worker[w, FROZEN]:
        hungry = D.worker[w, LUNCH] >= 0
    if hungry:
        forward(D, w, seq, n, labels, left_s, NEVER)
    else:
        forward(D, w, seq, n, labels, NEVER, left_s)
    at = D.task[seq[n - 1], PLACE] if n else D.worker[w, ORIGIN]
    ahead, taken = labels[n, 0], labels[n, 1]
    state, left = 0, ahead
    if taken < NEVER and arrive(D, m, at, D.worker[w, END], taken) == home_s:
        state, left = 1, taken
    elif ahead < NEVER:
        before = break_from(D, w, ahead)
        if before < NEVER and arrive(D, m, at, D.worker[w, END], before) == home_s:
            left = before
    travel = home_s - left
    for k in range(n - 1, -1, -1):
        t = seq[k]
        here = D.task[t, PLACE]
        at = D.task[seq[k - 1], PLACE] if k else D.worker[w, ORIGIN]
        finish = labels[k + 1, state]
        ahead, taken = labels[k, 0], labels[k, 1]
        starts[k] = finish - D.task[t, DURATION]
        left = ahead
        if state == 1:
            left = taken
            if (
                taken >= NEVER
                or start_from(D, t, arrive(D, m, at, here, taken)) + D.task[t, DURATION] != finish
            ):
                state, left = 0, ahead
                over = break_from(D, w, arrive(D, m, at, here, ahead))
                if over >= NEVER or start_from(D, t, over) + D.task[t, DURATION] != finish:
                    left = break_from(D, w, ahead)
        travel += arrive(D, m, at, here, left) - left
    return travel


@_entry
def times(D, R, asked, starts, ways, latest):
    """For each (task, engineer, gone, position) the starts of the day, its seconds on the way, the latest start.

    With a task below 0 the day as it is; seconds below 0 where it does not hold.
    """
    labels = R.labels[-1]
    for q in range(asked.shape[0]):
        t, k = asked[q, 0], asked[q, 3]
        ways[q] = day_times(D, R, t, asked[q, 1], asked[q, 2], k, starts[q], labels)
        if t >= 0:
            latest[q] = max(starts[q, k], labels[k, 2], labels[k, 3])


@_jit
def day_times(D, R, t, w, gone, k, starts, labels):
    """Starts of the day with `t` as visit number `k`, and labels; seconds on the way."""
    n = changed(R, w, gone, -1, -1, -1, R.line)
    if t >= 0:
        insert(R.line, n, t, k, R.longer)
        n += 1
    else:
        insert(R.line, n, 0, n, R.longer)
    seq = R.longer
    if evaluate(D, w, seq, n, labels, R.spare) >= BIG:
        return -1
    if n == 0 and not D.worker[w, FROZEN]:
        return 0
    last = D.task[seq[n - 1], PLACE] if n else D.worker[w, ORIGIN]
    home = home_time(D, w, last, labels[n, 0], labels[n, 1])
    if home >= NEVER:
        home = home_at_last(D, w, last, labels[n, 0], labels[n, 1])
    if D.worker[w, FROZEN]:
        return trace(D, w, seq, n, R.spare, D.worker[w, READY], False, home, starts)
    by_ahead, by_taken = backward(D, w, seq, n, R.spare, home, False)
    best = -1
    left, hungry = D.worker[w, READY], False
    if D.worker[w, LUNCH] >= 0 and by_ahead >= D.worker[w, READY]:
        best, _ = walk_cost(D, w, seq, n, R.spare, by_ahead, True, home, False)
        left, hungry = by_ahead, True
    eaten = D.worker[w, READY]
    if D.worker[w, LUNCH] >= 0:
        eaten = max(eaten, D.worker[w, LUNCH_FROM] + D.worker[w, LUNCH])
    if by_taken >= eaten:
        pay, _ = walk_cost(D, w, seq, n, R.spare, by_taken, False, home, False)
        if pay >= 0 and (best < 0 or pay < best):
            best, left, hungry = pay, by_taken, False
    if best < 0:
        return -1
    return trace(D, w, seq, n, R.spare, left, hungry, home, starts)
